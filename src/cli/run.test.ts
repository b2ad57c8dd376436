import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../contract/errors.ts';
import { formatLine, linesAfter } from './commands/logs.ts';
import { FakeCore } from './fake-core.ts';
import { getAsk, getOffer, getPeer, getRequest, getSession, peerIdOf, uuidOf } from './fixtures.ts';
import { createOutput, formatBytes } from './output.ts';
import { runCli } from './run.ts';

let core: FakeCore;
beforeEach(async () => {
  core = await FakeCore.start();
});
afterEach(() => core[Symbol.asyncDispose]());

interface Result {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

async function ebp(args: readonly string[], signal = new AbortController().signal): Promise<Result> {
  let out = '';
  let error = '';
  const code = await runCli(args, {
    version: '0.1.0',
    defaultProfileDir: core.profileDir,
    hasColours: false,
    writeOut: (text) => {
      out += text;
    },
    writeError: (text) => {
      error += text;
    },
    signal,
  });
  return { code, out, error };
}

const called = (method: string) => core.calls.filter((call) => call.method === method).map((call) => call.input);

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
      /missing required argument 'app'\n+See “ebp launch --help”\.\n$/,
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
});

describe('ebp status', () => {
  test('is 0 when nothing is missing', async () => {
    const { code, out } = await ebp(['status']);
    expect(code).toBe(0);
    expect(out).toContain('Alice’s laptop, eBrainPool 0.1.0 (browser)');
    expect(out).toContain('Sharing:   on, one application');
    expect(out).toContain('Nothing is missing.');
    expect(called('health.check')).toHaveLength(1);
  });

  test('is 3 when something is, and shows the command', async () => {
    core.set('health', [{ id: 'sshd', level: 'error', params: {}, command: 'sudo apt install openssh-server' }]);
    const { code, out } = await ebp(['status']);
    expect(code).toBe(3);
    expect(out).toContain('mend it with: sudo apt install openssh-server');
    const json = await ebp(['status', '--json']);
    expect(JSON.parse(json.out)).toMatchObject({
      self: { name: 'Alice’s laptop' },
      health: [{ id: 'sshd' }],
      isPaused: false,
    });
    expect(json.code).toBe(3);
  });
});

describe('ebp peers and apps', () => {
  test('align, and mark who is not verified', async () => {
    const { code, out } = await ebp(['peers']);
    expect(code).toBe(0);
    expect(out.split('\n').slice(0, 3)).toEqual([
      'NAME                  PRESENCE  ADDRESS            ID',
      `Bob’s desktop         online    192.168.0.7:20101  ${peerIdOf('b')}`,
      `Carol (not verified)  online    [fe80::1]:20101    ${peerIdOf('c')}`,
    ]);
  });

  test('let no name move the cursor, also in JSON', async () => {
    core.set('peers', [getPeer({ name: 'x\u001b[2J\u202e\u009by' })]);
    const plain = await ebp(['peers']);
    expect(plain.out).toContain('x [2J y ');
    const json = await ebp(['--json', 'peers']);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
    for (const { out } of [plain, json]) expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(JSON.parse(json.out)[0].name).toBe('x\u001b[2J\u202e\u009by');
  });

  test('say what to do when nobody is there', async () => {
    core.set('peers', []);
    expect((await ebp(['peers'])).out).toContain('ebp add ADDRESS');
    expect((await ebp(['peers', '--json'])).out).toBe('[]\n');
  });

  test('list one’s own applications', async () => {
    expect((await ebp(['apps'])).out.split('\n').slice(0, 3)).toEqual([
      'SHARED  NAME        ID         SUMMARY',
      'yes     Calculator  app:xcalc  Reckons',
      'no      Terminal    app:xterm  Reckons',
    ]);
  });

  test.each([
    ['Bob’s desktop'],
    ['bob’s DESKTOP'],
    [peerIdOf('b')],
    ['bbbb'],
    ['SHA256:bbbbb'],
    ['192.168.0.7'],
    ['192.168.0.7:20101'],
  ])('find a computer by %s', async (text) => {
    core.answers['peers.open'] = () => core.set('catalogues', { [peerIdOf('b')]: [getOffer()] });
    const { code, out } = await ebp(['apps', text, '--json']);
    expect([code, JSON.parse(out)[0].name]).toEqual([0, 'Calculator']);
  });

  test('find a computer by its IPv6 address', async () => {
    core.answers['peers.open'] = () => core.set('catalogues', { [peerIdOf('c')]: [] });
    expect((await ebp(['apps', 'fe80::1'])).out).toBe('Carol shares nothing at the moment. Ask the person there.\n');
  });

  test('list the candidates when a name fits several', async () => {
    core.set('peers', [getPeer(), getPeer({ id: peerIdOf('c') })]);
    const { code, error } = await ebp(['apps', 'Bob’s desktop']);
    expect(code).toBe(2);
    expect(error).toContain(peerIdOf('b'));
    expect(error).toContain(peerIdOf('c'));
  });

  test('say when there is no such computer, and why one cannot be reached', async () => {
    expect(await ebp(['apps', 'Dora'])).toMatchObject({
      code: 1,
      error: 'The computer “Dora” does not exist, or not any more. “ebp peers” lists the computers.\n',
    });
    core.answers['peers.open'] = () => {
      throw new AppError('peer-unreachable');
    };
    expect((await ebp(['apps', 'Carol'])).error).toMatch(/^That computer cannot be reached/);
  });
});

describe('ebp launch', () => {
  const askId = uuidOf('cccccccc');
  beforeEach(() => {
    core.answers['peers.open'] = () =>
      core.set('catalogues', { [peerIdOf('b')]: [getOffer(), getOffer({ id: 'app:xclock', name: 'Clock' })] });
    core.answers['asks.create'] = () => {
      core.set('asks', [getAsk({ state: 'connecting' })]);
      setTimeout(() => core.set('asks', [getAsk()]), 5);
      return { askId };
    };
  });
  const answerWith = (part: Record<string, unknown>) => {
    const create = core.answers['asks.create'];
    core.answers['asks.create'] = (input) => {
      setTimeout(() => core.set('asks', [getAsk(part)]), 20);
      return create?.(input, core);
    };
  };

  test('tells that it was accepted, and where the window is', async () => {
    core.set('sessions', [getSession()]);
    await writeFile(
      join(core.profileDir, 'browser.json'),
      JSON.stringify({ url: 'http://127.0.0.1:47800/?token=t', pid: 1 }),
    );
    answerWith({ state: 'granted', sessionId: uuidOf('dddddddd') });
    const { code, out } = await ebp(['launch', 'Bob’s desktop', 'xcalc']);
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual([
      'Asking Bob’s desktop for Calculator…',
      'Waiting for an answer at Bob’s desktop. Ctrl+C cancels.',
      `Bob’s desktop accepted. Session ${uuidOf('dddddddd')}.`,
      `Its window: http://127.0.0.1:47800/?token=t&window=viewer&session=${uuidOf('dddddddd')}`,
      '',
    ]);
    expect(called('asks.create')).toEqual([{ peerId: peerIdOf('b'), offerId: 'app:xcalc', view: 'viewer' }]);
    expect(called('asks.dismiss')).toEqual([{ askId }]);
  });

  test.each([
    [{ state: 'denied' }, 5, /said no/],
    [{ state: 'expired' }, 6, /Nobody answered/],
    [{ state: 'cancelled' }, 7, /cancelled/],
    [{ state: 'failed', problem: { code: 'offer-gone', params: {} } }, 1, /no longer shared/],
  ])('ends with %o', async (part, expected, sentence) => {
    answerWith(part);
    const { code, error } = await ebp(['launch', 'bbbb', 'Clock']);
    expect(code).toBe(expected);
    expect(error).toMatch(sentence);
  });

  test('prints the ask and the session for programs', async () => {
    core.set('sessions', [getSession()]);
    answerWith({ state: 'granted', sessionId: uuidOf('dddddddd') });
    const { out } = await ebp(['launch', 'bbbb', 'xcalc', '--json']);
    expect(JSON.parse(out)).toMatchObject({ ask: { state: 'granted' }, session: { id: uuidOf('dddddddd') } });
  });

  test('cancels on Ctrl+C, and when the time is over', async () => {
    core.answers['asks.cancel'] = () => core.set('asks', [getAsk({ state: 'cancelled' })]);
    const interrupt = new AbortController();
    setTimeout(() => interrupt.abort(), 100);
    expect((await ebp(['launch', 'bbbb', 'xcalc'], interrupt.signal)).code).toBe(7);
    const { code, error } = await ebp(['launch', 'bbbb', 'xcalc', '--wait', '0.1']);
    expect([code, error]).toEqual([6, expect.stringMatching(/Nobody answered/)]);
    expect(called('asks.cancel')).toEqual([{ askId }, { askId }]);
  });

  test('takes a yes that overtakes the cancelling', async () => {
    core.set('sessions', [getSession()]);
    core.answers['asks.cancel'] = () => {
      core.set('asks', [getAsk({ state: 'granted', sessionId: uuidOf('dddddddd') })]);
      throw new AppError('not-found', { what: 'x' });
    };
    expect((await ebp(['launch', 'bbbb', 'xcalc', '--wait', '0.1'])).code).toBe(0);
  });

  test('--ssh prints the line to type', async () => {
    answerWith({ state: 'granted', view: 'classic', sessionId: uuidOf('dddddddd') });
    core.set('sessions', [getSession({ view: 'classic' })]);
    setTimeout(
      () =>
        core.set('sessions', [
          getSession({ view: 'classic', classic: { port: 4321, command: 'ssh -p 4321 ebp@h -X xcalc' } }),
        ]),
      60,
    );
    expect((await ebp(['launch', 'bbbb', 'xcalc', '--ssh'])).out).toContain('ssh -p 4321 ebp@h -X xcalc');
  });

  test('--follow stays until the session has ended', async () => {
    core.set('sessions', [getSession({ view: 'native' })]);
    answerWith({ state: 'granted', view: 'native', sessionId: uuidOf('dddddddd') });
    setTimeout(() => core.set('sessions', [getSession({ view: 'native', state: 'ended', endReason: 'host' })]), 150);
    const { code, out } = await ebp(['launch', 'bbbb', 'xcalc', '--native', '--follow']);
    expect([code, out]).toEqual([0, expect.stringContaining('The session has ended: Bob’s desktop ended it.')]);
  });

  test('--follow ends the session on Ctrl+C', async () => {
    core.set('sessions', [getSession()]);
    answerWith({ state: 'granted', sessionId: uuidOf('dddddddd') });
    core.answers['sessions.end'] = () => core.set('sessions', [getSession({ state: 'ended', endReason: 'visitor' })]);
    const interrupt = new AbortController();
    setTimeout(() => interrupt.abort(), 150);
    expect((await ebp(['launch', 'bbbb', 'xcalc', '--follow'], interrupt.signal)).code).toBe(0);
    expect(called('sessions.end')).toEqual([{ sessionId: uuidOf('dddddddd') }]);
  });

  test('says that there is nothing to ask for, or where the names are', async () => {
    expect(await ebp(['launch', 'bbbb', 'nothing'])).toMatchObject({
      code: 1,
      error: expect.stringContaining('“ebp apps PEER” lists its applications.'),
    });
    core.answers['peers.open'] = () => core.set('catalogues', { [peerIdOf('b')]: [] });
    expect(await ebp(['launch', 'bbbb', 'xcalc'])).toMatchObject({
      code: 1,
      error: 'Bob’s desktop shares nothing at the moment. Ask the person there.\n',
    });
  });

  test('lists the candidates when an application fits several', async () => {
    const { code, error } = await ebp(['launch', 'bbbb', 'xc']);
    expect([code, error]).toEqual([2, expect.stringContaining('app:xclock')]);
    expect(called('asks.create')).toEqual([]);
  });
});

describe('ebp requests, accept and deny', () => {
  beforeEach(() => {
    core.set('requests', [
      getRequest(),
      getRequest({ id: uuidOf('aaaabbbb'), askedAt: 2, peerName: 'Carol', isVerified: false }),
    ]);
  });

  test('list', async () => {
    const { out } = await ebp(['requests']);
    expect(out).toMatch(
      /^ID +WHO +WHAT +VIEW +ANSWER WITHIN\naaaaaaaa +Bob’s desktop +Calculator +viewer +(60|59) sec\n/,
    );
  });

  test.each([
    [['accept', 'aaaaaaaa'], { requestId: uuidOf('aaaaaaaa'), answer: 'once' }],
    [['accept', 'AAAAB', '--always'], { requestId: uuidOf('aaaabbbb'), answer: 'always' }],
    [['accept', '--latest'], { requestId: uuidOf('aaaabbbb'), answer: 'once' }],
    [['deny', uuidOf('aaaaaaaa')], { requestId: uuidOf('aaaaaaaa'), answer: 'deny' }],
  ])('%o', async (args, input) => {
    expect((await ebp(args)).code).toBe(0);
    expect(called('requests.answer')).toEqual([input]);
  });

  test('answer nothing when it is not clear what', async () => {
    expect((await ebp(['accept', 'aaaa'])).error).toContain(uuidOf('aaaabbbb'));
    expect((await ebp(['accept', 'aaa'])).code).toBe(2);
    expect((await ebp(['accept', ''])).code).toBe(2);
    expect((await ebp(['deny', 'ffff'])).code).toBe(1);
    core.set('requests', []);
    for (const args of [['accept'], ['deny'], ['accept', '--latest'], ['deny', '--latest']]) {
      expect(await ebp(args)).toMatchObject({ code: 1, error: 'No request waits for an answer.\n' });
    }
    expect(called('requests.answer')).toEqual([]);
  });

  test('need no id when only one waits', async () => {
    expect((await ebp(['accept'])).code).toBe(2);
    core.set('requests', [getRequest()]);
    expect((await ebp(['accept'])).code).toBe(0);
    expect((await ebp(['deny'])).code).toBe(0);
    expect(called('requests.answer')).toEqual([
      { requestId: uuidOf('aaaaaaaa'), answer: 'once' },
      { requestId: uuidOf('aaaaaaaa'), answer: 'deny' },
    ]);
  });
});

describe('ebp sessions, end, rules, share, pause and logs', () => {
  test('sessions', async () => {
    core.set('sessions', [getSession()]);
    expect((await ebp(['sessions'])).out).toMatch(/dddddddd +Calculator +using +Bob’s desktop +running +.* 1\.5 MB\n$/);
    expect(JSON.parse((await ebp(['sessions', '--json'])).out)[0].bytesToVisitor).toBe(1_500_000);
  });

  test('end', async () => {
    core.set('sessions', [getSession()]);
    expect((await ebp(['end', 'dddd'])).out).toBe('Ended: Calculator, Bob’s desktop.\n');
    expect((await ebp(['end', '--all'])).code).toBe(0);
    expect([called('sessions.end'), called('sessions.endAll')]).toEqual([[{ sessionId: uuidOf('dddddddd') }], [{}]]);
  });

  test('end needs no id when only one runs', async () => {
    expect(await ebp(['end'])).toMatchObject({ code: 1, error: 'Nothing is in use.\n' });
    expect(await ebp(['end', '--all'])).toMatchObject({ code: 0, out: 'Nothing is in use.\n' });
    core.set('sessions', [getSession(), getSession({ id: uuidOf('eeeeeeee'), state: 'ended' })]);
    expect((await ebp(['end'])).out).toBe('Ended: Calculator, Bob’s desktop.\n');
    core.set('sessions', [getSession(), getSession({ id: uuidOf('eeeeeeee') })]);
    expect((await ebp(['end'])).code).toBe(2);
    expect(called('sessions.end')).toEqual([{ sessionId: uuidOf('dddddddd') }]);
  });

  test('rules', async () => {
    expect((await ebp(['rules'])).out).toContain('no standing answers');
  });

  test('share and unshare', async () => {
    expect((await ebp(['share', 'terminal', 'app:xcalc'])).out).toBe('Shared: Terminal and Calculator.\n');
    expect((await ebp(['unshare', '--all'])).code).toBe(0);
    expect((await ebp(['share', 'xcalc', 'nothing'])).code).toBe(1);
    expect(called('offers.share')).toEqual([
      { offerIds: ['app:xterm', 'app:xcalc'], isShared: true },
      { offerIds: 'all', isShared: false },
    ]);
  });

  test('pause and resume', async () => {
    await ebp(['pause']);
    await ebp(['resume']);
    expect(called('settings.update')).toEqual([{ isPaused: true }, { isPaused: false }]);
  });

  test('logs', async () => {
    core.answers['logs.read'] = () => ({ lines: ['one', 'two\u001b[2J'] });
    expect((await ebp(['logs', '-n', '2'])).out).toBe('one\ntwo [2J\n');
    expect(called('logs.read')).toEqual([{ maxLines: 2 }]);
    const lines = ['one'];
    core.answers['logs.read'] = () => ({ lines: [...lines] });
    const interrupt = new AbortController();
    setTimeout(() => lines.push('two'), 100);
    setTimeout(() => interrupt.abort(), 1200);
    expect((await ebp(['logs', '-f'], interrupt.signal)).out).toBe('one\ntwo\n');
    expect([linesAfter([], ['a']), linesAfter(['a'], ['a']), linesAfter(['x'], ['a'])]).toEqual([['a'], [], ['a']]);
  });

  test('logs are sentences for people, and as they are for programs', async () => {
    const line =
      '{"level":40,"time":"2026-03-04T05:06:07.000Z","peer":"a b","port":7,"err":{"type":"E","message":"m","stack":"s"},"msg":"it\\u001bfell"}';
    core.answers['logs.read'] = () => ({ lines: [line] });
    expect((await ebp(['logs'])).out).toMatch(/^2026-03-0\d \d\d:\d\d:07 warning it fell peer="a b" port=7 err=m\n$/);
    expect(JSON.parse((await ebp(['logs', '--json'])).out)).toEqual([line]);
    const plain = { paint: (_style: string, text: string) => text };
    expect(formatLine('{"level":99,"time":"x"}', plain)).toBe('x 99');
    for (const other of ['null', '[1]', '5', '{']) expect(formatLine(other, plain)).toBe(other);
  });

  test('open prints the address', async () => {
    expect((await ebp(['open', '--no-open'])).code).toBe(1);
    await writeFile(
      join(core.profileDir, 'browser.json'),
      JSON.stringify({ url: 'http://127.0.0.1:47800/?token=t', pid: 1 }),
    );
    expect((await ebp(['open', '--no-open'])).out).toBe('http://127.0.0.1:47800/?token=t\n');
  });

  test('stop waits until it is gone', async () => {
    core.answers['core.stop'] = () => setTimeout(() => core.drop(), 50) && {};
    expect(await ebp(['stop'])).toMatchObject({ code: 0, out: 'eBrainPool was stopped.\n' });
  });
});

describe('what is printed', () => {
  test('has colours only where they are wanted, and room for wide characters', () => {
    let out = '';
    const writeOut = (text: string) => {
      out += text;
    };
    const output = createOutput({ isJson: false, hasColours: true, writeOut, writeError: () => {} });
    expect(output.paint('red', 'x')).toBe('\u001b[31mx\u001b[0m');
    createOutput({ isJson: false, hasColours: false, writeOut, writeError: () => {} }).table(
      ['A', 'B'],
      [
        ['日本', '1'],
        ['abcd', '2'],
        ['é🦊', '3'],
      ],
      '',
    );
    expect(out).toBe('A     B\n日本  1\nabcd  2\né🦊   3\n');
  });

  test('has sizes that are read easily', () => {
    expect([0, 999, 1000, 1_500_000, 2e13].map(formatBytes)).toEqual(['0 byte', '999 byte', '1 kB', '1.5 MB', '20 TB']);
  });
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
