// What a desktop would have prepared for programs is there in a real sandbox, and what has no end there is not.
import { chmod, chown, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLog } from '../../../lib/log.ts';
import { generateKey } from '../../../lib/ssh-key.ts';
import { createBubblewrap } from './bubblewrap.ts';

const owner = process.getuid?.() === 0 ? { uid: 70_731, gid: 70_731 } : null;
let folder: string;
let home: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebp-prepared-'));
  if (owner !== null) await chmod(folder, 0o711);
  home = join(folder, 'home');
  await mkdir(home, { mode: 0o700 });
  if (owner !== null) await chown(home, owner.uid, owner.gid);
});
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));

async function run(script: string): Promise<string> {
  const engine = createBubblewrap({ runtimeDir: folder, log: silentLog, owner });
  const display = { size: { width: 320, height: 240 } };
  await using sandbox = await engine.startSandbox({
    ...{ homePath: home, mounts: [], display, canHaveNetwork: false, hostKey: generateKey('test') },
  });
  await sandbox.run({ argv: ['bash', '-c', `(${script}) >~/out 2>&1`], workingDirectory: null });
  await sandbox.ended;
  return readFile(join(home, 'out'), 'utf8');
}

test('there is a keyring without a password, and one that is there stays as it is', async () => {
  const path = '.local/share/keyrings';
  expect(await run(`cat ~/${path}/default; stat -c %a ~/${path}; cat ~/${path}/default.keyring`)).toMatch(
    /^default700\n\[keyring\]\ndisplay-name=Default\n/,
  );
  expect(await run(`echo mine >~/${path}/default`)).toBe('');
  expect(await run(`cat ~/${path}/default`)).toBe('mine\n');
});

test('nothing is started for a screen reader, which would hold the session open for ever', async () => {
  const ask = 'dbus-send --session --print-reply --dest=org.a11y.Bus /org/a11y/bus org.a11y.Bus.GetAddress';
  const out = await run(`${ask}; ls /proc/[0-9]*/exe -l | grep -c at-spi`);
  expect(out).toMatch(/exited with status 1/);
  expect(out).toMatch(/^0$/m);
});

test('it says that it is a container, in the way that WebKitGTK asks', async () => {
  expect(await run('test -e /run/.containerenv && echo yes')).toBe('yes\n');
});
