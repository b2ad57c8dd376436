import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLog } from '../../../lib/log.ts';
import { testEngine } from '../../engine-conformance.test-support.ts';
import { openTestSandboxes, testOwner } from '../../sandboxes.test-support.ts';
import { createBubblewrap } from './bubblewrap.ts';

testEngine('bubblewrap', async () => {
  const sandboxes = await openTestSandboxes();
  const { engine, folder, spec } = sandboxes;
  return {
    engine,
    spec,
    again: () => createBubblewrap({ runtimeDir: folder, log: silentLog, owner: testOwner }),
    leftovers: async () => {
      const names = await readdir(folder, { recursive: true });
      return names.filter((name) => /^s\/|\/sandbox-[^/]+$/.test(name)).map((name) => join(folder, name));
    },
    [Symbol.asyncDispose]: () => sandboxes[Symbol.asyncDispose](),
  };
});
