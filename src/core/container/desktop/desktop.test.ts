// What every sandbox has that no program brings along.
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestSandboxes, type TestSandboxes } from '../sandboxes.test-support.ts';

let sandboxes: TestSandboxes;
beforeAll(async () => {
  sandboxes = await openTestSandboxes();
});
afterAll(() => sandboxes[Symbol.asyncDispose]());

test('the machine id is the container’s own, and lasts with it', async () => {
  const read = 'cat /etc/machine-id /var/lib/dbus/machine-id; echo x >/etc/machine-id';
  const kept = { keep: async () => '7'.repeat(32) };
  const [first, again, other] = await Promise.all([
    sandboxes.runScript(read, kept),
    sandboxes.runScript(read, kept),
    sandboxes.runScript(read),
  ]);
  const id = /^([0-9a-f]{32})\n\1\n.*Read-only/.exec(first ?? '')?.[1];
  expect(id).toBeDefined();
  expect(again).toBe(first);
  expect(other).not.toContain(id);
  expect(id).not.toBe((await readFile('/etc/machine-id', 'utf8').catch(() => '')).trim());
});

test('/var/tmp is there for a program, private, and gone with the sandbox', async () => {
  const script = 'echo large >/var/tmp/file; ls -A /var/tmp >~/out';
  await using sandbox = await sandboxes.start(['bash', '-c', script]);
  await sandbox.ended;
  expect(await readFile(join(sandbox.homePath, 'out'), 'utf8')).toBe('file\n');
  expect(await readdir(dirname(sandbox.homePath))).toEqual(['home']);
});
