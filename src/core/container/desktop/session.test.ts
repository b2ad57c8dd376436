// What a desktop would have prepared for programs is there in a real sandbox, and what has no end there is not.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestSandboxes, specOf, type TestSandboxes } from '../sandboxes.test-support.ts';

let sandboxes: TestSandboxes;
let home: string;

beforeAll(async () => {
  sandboxes = await openTestSandboxes();
  home = (await sandboxes.spec()).homePath;
});
afterAll(() => sandboxes[Symbol.asyncDispose]());

/** In the same home each time. */
async function run(script: string): Promise<string> {
  await using sandbox = await sandboxes.engine.startSandbox(await specOf(home));
  await sandbox.runMain({ argv: ['bash', '-c', `(${script}) >~/out 2>&1`], workingDirectory: null });
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
