// `ebp` as a whole: its command line, its exit codes, and how it fails.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { AppError } from '../contract/errors.ts';
import { localRefusal } from '../contract/profile.ts';
import { core, ebp, useCore } from './ebp.test-support.ts';

useCore();

describe('ebp', () => {
  test('says what its exit codes mean', async () => {
    const { code, out } = await ebp(['--help']);
    expect(code).toBe(0);
    expect(out).toContain('5  launch: the other person said no');
    expect((await ebp(['launch', '--help'])).code).toBe(0);
    expect((await ebp(['--version'])).out).toBe('0.1.0\n');
  });

  test.each([
    [['nonsense']],
    [['peers', '--nonsense']],
    [['launch', 'Bob']],
    [['logs', '-n', '0']],
    [['share']],
    [['serve', '--port', 'abc']],
  ])('refuses the command line %o with one of its own', async (args) => {
    const { code, out, error } = await ebp(args);
    expect([code, out]).toEqual([2, '']);
    expect(error).not.toBe('');
    expect(error).not.toMatch(/ at .*\.ts/);
  });

  test('points at the help of the command whose line is wrong', async () => {
    expect((await ebp(['launch', 'Bob'])).error).toMatch(
      /missing required argument 'offer'\n+See “ebp launch --help”\.\n$/,
    );
    expect((await ebp(['nonsense'])).error).toContain('See “ebp --help”.');
  });

  test('says that nothing runs, in each of the ways in which nothing runs', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ebp-none-'));
    const expected = { code: 4, out: '', error: expect.stringMatching(/^eBrainPool is not running.*\n$/) };
    expect(await ebp(['peers', '--profile', folder])).toEqual(expected);
    for (const content of [
      '',
      '{}',
      '{"socketPath":5}',
      JSON.stringify({ socketPath: join(folder, 'x'), pid: 1, startedAt: 1 }),
    ]) {
      await writeFile(join(folder, 'core.json'), content);
      expect(await ebp(['status', '--profile', folder])).toEqual(expected);
    }
    await rm(folder, { recursive: true });
  });

  test('says why it is not answered where it comes out of a container', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ebp-refused-'));
    const socketPath = join(folder, 'core.sock');
    const server = createServer((socket) => socket.end(`${JSON.stringify(localRefusal)}\n`)).listen(socketPath);
    await writeFile(join(folder, 'core.json'), JSON.stringify({ socketPath, pid: 1, startedAt: 1 }));
    const { code, error } = await ebp(['status', '--profile', folder]);
    server.close();
    await rm(folder, { recursive: true });
    expect([code, error]).toEqual([
      1,
      expect.stringMatching(/^eBrainPool is running, but it does not answer .* container .*\n$/),
    ]);
  });

  test('tells what the core refuses in a sentence, or in JSON', async () => {
    core.answers['peers.add'] = () => {
      throw new AppError('peer-is-self', { address: 'me\u001b[31m' });
    };
    expect(await ebp(['add', 'me'])).toEqual({
      code: 1,
      out: '',
      error: 'me [31m is this computer. Enter the address of another one.\n',
    });
    expect(JSON.parse((await ebp(['add', 'me', '--json'])).error)).toMatchObject({ code: 'peer-is-self' });
  });

  test('ends with a sentence when the core goes away meanwhile', async () => {
    core.answers['logs.read'] = () => {
      core.drop();
      return new Promise(() => {});
    };
    expect((await ebp(['logs'])).code).toBe(4);
  });

  test('a word of the command line that is told back moves no cursor', async () => {
    const { code, error } = await ebp(['apps', 'x', 'y\r\u009b2J\u202e']);
    expect([code, /\p{Cc}|\u202e/u.exec(error.replaceAll('\n', ''))]).toEqual([2, null]);
  });

  test('the program itself runs and ends', async () => {
    const run = (args: readonly string[]) =>
      new Promise<{ code: number | null; out: string }>((resolve) => {
        let out = '';
        const child = spawn(process.execPath, [fileURLToPath(new URL('./main.ts', import.meta.url)), ...args]);
        child.stdout.on('data', (data) => {
          out += data;
        });
        child.on('exit', (code) => resolve({ code, out }));
      });
    const { code, out } = await run(['peers', '--json', '--profile', core.profileDir]);
    expect([code, JSON.parse(out)[0].name]).toEqual([0, 'Bob’s desktop']);
    expect((await run(['peers', '--profile', '/nowhere'])).code).toBe(4);
  });
});
