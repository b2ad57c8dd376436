// Each health item of a real core has a name, and a sentence for every level, that a person can read.
import { execFile, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { type HealthItem, healthItemSchema } from '../contract/health.ts';
import { checkHost } from '../core/container/engines/bubblewrap/health.ts';
import { describeRoot } from '../core/container/owner.ts';
import { messages, sayHealthItem } from '../messages/messages.ts';

const words = ['--user', '--map-user=54321', '--map-group=54321', '--net'];
const canUnshare = spawnSync('unshare', [...words, 'true']).status === 0;
const core = `
  import { createCore } from ${JSON.stringify(join(import.meta.dirname, '../core/core.ts'))};
  import { createClient } from ${JSON.stringify(join(import.meta.dirname, '../contract/client.ts'))};
  import { createPortPair } from ${JSON.stringify(join(import.meta.dirname, '../contract/port.ts'))};
  const core = await createCore({ profileDir: process.argv[1], shell: 'browser', version: '0', secrets: null });
  const [own, served] = createPortPair();
  const client = createClient(own);
  core.attach(served);
  await client.ready;
  await client.call('health.check', {});
  console.log(JSON.stringify(client.read('health')));
  await core[Symbol.asyncDispose]();
  process.exit();`;

/** The items of a core that is alone, with every file of decisions damaged. */
async function readItems(): Promise<readonly HealthItem[]> {
  const folder = await mkdtemp(join(tmpdir(), 'ebp-health-'));
  try {
    await chmod(folder, 0o777);
    for (const name of ['settings', 'peers', 'rules']) await writeFile(join(folder, `${name}.json`), '{"x": [{"id": ');
    const argv = [...words, process.execPath, '--input-type=module', '-e', core, folder];
    const env = { ...process.env, HOME: folder, TMPDIR: folder };
    const { stdout } = await promisify(execFile)('unshare', argv, { env, timeout: 20_000 });
    return JSON.parse(stdout);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test.runIf(canUnshare)('every item that a core reports has its sentences, damaged files included', async () => {
  const reported = await readItems();
  for (const [id, file] of [
    ['settings', 'settings.json'],
    ['people', 'peers.json'],
    ['rules', 'rules.json'],
  ])
    expect(reported).toContainEqual(
      expect.objectContaining({
        id,
        level: 'warning',
        params: expect.objectContaining({ path: expect.stringContaining(file ?? '') }),
      }),
    );
  expect(reported).toContainEqual({ id: 'network', level: 'warning', params: {}, command: null });
  expect(reported).toContainEqual(expect.objectContaining({ id: 'multicast', params: { context: 'offline' } }));
  expect(new Set(reported.map(({ id }) => id)).size).toBe(reported.length);
  for (const item of [...reported, ...describeRoot(true), ...(await checkHost(null, 'darwin'))]) {
    expect(messages.exists(`ui.health.item.${item.id}`), item.id).toBe(true);
    for (const level of healthItemSchema.shape.level.options)
      expect(messages.exists(`health.${item.id}.${level}`), `${item.id} ${level}`).toBe(true);
    expect(sayHealthItem(item)).not.toMatch(/\{\{/);
  }
});
