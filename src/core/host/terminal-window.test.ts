// A program of the console in a real sandbox: its kind puts the terminal window around it, and here that window is looked at.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { login } from '../channels/x11/logins.test-support.ts';
import { openTestSandboxes, type TestSandboxes } from '../container/sandboxes.test-support.ts';
import { insideTerminal } from '../offers/app/terminal.ts';

let sandboxes: TestSandboxes;
beforeAll(async () => {
  sandboxes = await openTestSandboxes();
});
afterAll(() => sandboxes[Symbol.asyncDispose]());

async function xdotool(display: string, ...words: string[]): Promise<void> {
  const child = spawn('xdotool', words, { env: { PATH: process.env['PATH'], DISPLAY: display }, stdio: 'ignore' });
  expect((await once(child, 'close'))[0], words.join(' ')).toBe(0);
}

test('stays to be read where the program failed at once', async () => {
  const inTerminal = (script: string) => insideTerminal('It’s "a" title', ['bash', '-c', script]);
  await using session = await login(sandboxes, inTerminal('echo no such file; exit 4'));
  const isOver = session.ended.then(() => 'over');
  const find = ['search', '--sync', '--name', 'It’s "a" title'];
  await xdotool(session.display, ...find);
  expect(await Promise.race([isOver, sleep(1500, 'open')])).toBe('open');
  await xdotool(session.display, ...find, 'windowfocus', '--sync', 'key', '--clearmodifiers', 'Return');
  expect(await isOver).toBe('over');
  await using well = await login(sandboxes, inTerminal('exit 0'));
  expect((await well.ended).exitCode).toBe(0);
});
