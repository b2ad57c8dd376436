import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import decodeQR from 'qr/decode.js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { activityEntrySchema } from '../contract/activity.ts';
import { AppError } from '../contract/errors.ts';
import { noPowers } from '../contract/powers.ts';
import { formatLine, linesAfter } from './commands/logs.ts';
import { FakeCore } from './fake-core.ts';
import {
  getAsk,
  getComparison,
  getOffer,
  getPeer,
  getRequest,
  getRule,
  getSession,
  peerIdOf,
  uuidOf,
} from './fixtures.ts';
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

async function ebp(args: readonly string[], signal = new AbortController().signal, said?: string): Promise<Result> {
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
    ...(said !== undefined && { ask: () => Promise.resolve(said) }),
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

  test('asks for no more than the flags say', async () => {
    answerWith({ state: 'denied' });
    await ebp(['launch', 'bbbb', 'xcalc', '--clipboard-in', '--internet', '--time-limit', '15']);
    expect(called('asks.create')).toEqual([
      {
        peerId: peerIdOf('b'),
        offerId: 'app:xcalc',
        view: 'viewer',
        powers: { ...noPowers, clipboardIn: true, network: 'internet', timeLimitMin: 15 },
      },
    ]);
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
      /^ID +WHO +WHAT +VIEW +MAY TOUCH +ANSWER WITHIN\naaaaaaaa +Bob’s desktop +Calculator +viewer +clipboard in, clipboard out +(60|59) sec\n/,
    );
  });

  test.each([
    [['accept', 'aaaaaaaa'], { requestId: uuidOf('aaaaaaaa'), answer: 'allow', lasts: 'once' }],
    [['accept', 'AAAAB', '--always'], { requestId: uuidOf('aaaabbbb'), answer: 'allow', lasts: 'always' }],
    [['accept', '--latest'], { requestId: uuidOf('aaaabbbb'), answer: 'allow', lasts: 'once' }],
    [['deny', uuidOf('aaaaaaaa')], { requestId: uuidOf('aaaaaaaa'), answer: 'deny', lasts: 'once' }],
  ])('%o', async (args, input) => {
    expect((await ebp(args)).code).toBe(0);
    expect(called('requests.answer')).toEqual([input]);
  });

  const both = { clipboardIn: true, clipboardOut: true };
  test.each([
    [['--until-quit'], { lasts: 'until-quit' }],
    [['--for', '90'], { lasts: 'time', minutes: 90 }],
    [['--no-clipboard-in'], { lasts: 'once', powers: { ...noPowers, clipboardOut: true } }],
    [['--no-internet'], { lasts: 'once' }],
    [
      ['--always', '--view-only', '--time-limit', '15'],
      { lasts: 'always', powers: { ...noPowers, ...both, isViewOnly: true, timeLimitMin: 15 } },
    ],
  ])('accept %o', async (args, more) => {
    expect((await ebp(['accept', 'aaaaaaaa', ...args])).code).toBe(0);
    expect(called('requests.answer')).toEqual([{ requestId: uuidOf('aaaaaaaa'), answer: 'allow', ...more }]);
  });

  test('accept gives no more than was asked for', async () => {
    core.set('requests', [getRequest({ powers: { ...noPowers, isViewOnly: true, timeLimitMin: 10 } })]);
    expect((await ebp(['accept', '--time-limit', '60', '--no-files'])).code).toBe(0);
    expect(called('requests.answer')).toEqual([{ requestId: uuidOf('aaaaaaaa'), answer: 'allow', lasts: 'once' }]);
  });

  test('deny --always, and what cannot be kept', async () => {
    const { out } = await ebp(['deny', 'aaaaaaaa', '--always']);
    expect(out).toContain('you are not asked for Calculator by it again');
    expect(called('requests.answer')).toEqual([{ requestId: uuidOf('aaaaaaaa'), answer: 'deny', lasts: 'always' }]);
    core.answers['requests.answer'] = () => {
      throw new AppError('not-verified');
    };
    expect(await ebp(['accept', 'aaaab', '--always'])).toMatchObject({
      code: 1,
      error: expect.stringContaining('This is for verified computers only.'),
    });
  });

  test.each([[['--for', '0']], [['--for', '1.5']], [['--time-limit', '']], [['--always', '--until-quit']]])(
    'accept refuses %o',
    async (args) => {
      expect((await ebp(['accept', 'aaaaaaaa', ...args])).code).toBe(2);
      expect(called('requests.answer')).toEqual([]);
    },
  );

  test('requests say what does not fit', async () => {
    core.set('requests', [getRequest({ warning: 'name-of-another', ruleNote: 'changed', isVerified: false })]);
    const { out } = await ebp(['requests']);
    expect(out).toContain('aaaaaaaa: you know another computer by the name Bob’s desktop');
    expect(out).toContain('aaaaaaaa: there is a rule, but what would run has changed');
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
      { requestId: uuidOf('aaaaaaaa'), answer: 'allow', lasts: 'once' },
      { requestId: uuidOf('aaaaaaaa'), answer: 'deny', lasts: 'once' },
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
    core.set('rules', [
      getRule({ powers: { ...noPowers, files: true, timeLimitMin: 15 } }),
      getRule({ id: uuidOf('eeeeeeee'), answer: 'deny', isUntilQuit: true, peerId: peerIdOf('d') }),
    ]);
    const { out } = await ebp(['rules']);
    expect(out).toMatch(/^ffffffff +Bob’s desktop +Calculator +allow +files, 15 min +always +Jan/m);
    expect(out).toMatch(/^eeeeeeee +Bob’s old name \(not verified\) +Calculator +deny +quit +Jan/m);
    expect(JSON.parse((await ebp(['rules', '--json'])).out)).toHaveLength(2);
  });

  test('rules remove', async () => {
    core.set('rules', [getRule()]);
    expect((await ebp(['rules', 'remove', 'ffff'])).out).toMatch(/^Removed: /);
    expect(JSON.parse((await ebp(['rules', 'remove', 'ffff', '--json'])).out).id).toBe(uuidOf('ffffffff'));
    expect(called('rules.remove')[0]).toEqual({ ruleId: uuidOf('ffffffff') });
    expect(await ebp(['rules', 'remove', 'abcdef'])).toMatchObject({
      code: 1,
      error: 'The rule “abcdef” does not exist, or not any more. “ebp rules” lists the rules.\n',
    });
    expect((await ebp(['rules', 'remove'])).code).toBe(2);
  });

  test('narrow', async () => {
    const powers = { ...noPowers, clipboardIn: true, files: true };
    // The one in which this computer is the visitor is none that could be meant.
    core.set('sessions', [getSession({ id: uuidOf('eeeeeeee') }), getSession({ role: 'host', powers })]);
    const { code, out } = await ebp(['narrow', '--no-files', '--view-only']);
    expect([code, out]).toEqual([0, 'Calculator, Bob’s desktop: left is clipboard in, view only.\n']);
    expect(called('sessions.narrow')).toEqual([
      { sessionId: uuidOf('dddddddd'), powers: { ...noPowers, clipboardIn: true, isViewOnly: true } },
    ]);
    expect(await ebp(['narrow', 'dddd', '--no-internet'])).toMatchObject({
      code: 2,
      error: expect.stringContaining('It may touch: clipboard in, files.'),
    });
    expect((await ebp(['narrow', 'eeee', '--view-only'])).code).toBe(1);
  });

  test.each([
    [['block', 'Carol'], 'peers.block', { peerId: peerIdOf('c'), isBlocked: true }],
    [['unblock', 'Carol'], 'peers.block', { peerId: peerIdOf('c'), isBlocked: false }],
    [['rename', 'Carol', 'Mum'], 'peers.rename', { peerId: peerIdOf('c'), name: 'Mum' }],
    [['rename', 'Carol'], 'peers.rename', { peerId: peerIdOf('c'), name: null }],
    [['forget', 'Carol'], 'peers.forget', { peerId: peerIdOf('c') }],
  ])('%o', async (args, method, input) => {
    expect((await ebp(args)).code).toBe(0);
    expect(JSON.parse((await ebp([...args, '--json'])).out).id).toBe(peerIdOf('c'));
    expect(called(method)[0]).toEqual(input);
    expect((await ebp([args[0] ?? '', 'nobody'])).code).toBe(1);
  });

  test('peers say who is blocked, renamed, and not who they seem', async () => {
    core.set('peers', [
      getPeer({ isBlocked: true, warning: 'address-of-another' }),
      getPeer({ id: peerIdOf('c'), name: 'Mum', claimedName: 'Laptop', isRenamed: true }),
    ]);
    const { out } = await ebp(['peers']);
    expect(out).toMatch(/Bob’s desktop +blocked/);
    expect(out).toContain('Bob’s desktop: its address was the one of another computer');
    expect(out).toContain('Mum calls itself Laptop.');
  });

  test('share --to', async () => {
    expect((await ebp(['share', 'xcalc', '--to', 'verified'])).out).toBe(
      'Shared: Calculator.\nSeen by: verified computers only.\n',
    );
    expect((await ebp(['share', 'xcalc', '--to', 'Carol, bbbb'])).out).toContain('Seen by: 2 chosen computers.');
    expect((await ebp(['share', 'app:xcalc', '--to', 'default'])).code).toBe(0);
    expect((await ebp(['share', '--to', 'everybody'])).code).toBe(0);
    const offerIds = ['app:xcalc'];
    // Only the entries that change: the core keeps all others as they are then.
    expect(called('offers.setAudience')).toEqual([
      { offerIds, audience: { who: 'verified' } },
      { offerIds, audience: { who: 'chosen', peerIds: [peerIdOf('c'), peerIdOf('b')] } },
      { offerIds, audience: null },
    ]);
    expect(called('settings.update')).toEqual([{ audience: { who: 'everybody' } }]);
    expect(called('offers.share')).toHaveLength(3);
    // What is hidden from somebody is hidden before it is shared.
    expect(core.calls.findIndex(({ method }) => method === 'offers.setAudience')).toBeLessThan(
      core.calls.findIndex(({ method }) => method === 'offers.share'),
    );
    expect((await ebp(['share', 'xcalc', '--to', 'nobody here'])).code).toBe(1);
    expect((await ebp(['share', '--to', 'default'])).code).toBe(2);
    expect([...called('offers.setAudience'), ...called('settings.update')]).toHaveLength(4);
  });

  test('dnd', async () => {
    expect((await ebp(['dnd', 'on'])).out).toBe('Do not disturb is on: nobody can ask you anything.\n');
    expect((await ebp(['dnd', 'off'])).out).toBe('Do not disturb is off.\n');
    expect((await ebp(['dnd', 'perhaps'])).code).toBe(2);
    expect(called('settings.update')).toEqual([{ isDoNotDisturb: true }, { isDoNotDisturb: false }]);
    core.set('settings', { ...core.get('settings'), isDoNotDisturb: true });
    expect(JSON.parse((await ebp(['dnd', '--json'])).out)).toMatchObject({ isDoNotDisturb: true, isQuiet: true });
    expect((await ebp(['status'])).out).toContain('Do not disturb is on');
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
    expect(formatLine('{"level":{"toString":1},"msg":{"toString":1},"time":[]}', plain)).toBe(
      '[] {"toString":1} {"toString":1}',
    );
    expect(formatLine(`{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, plain)).toContain('a=…');
    for (const other of ['null', '[1]', '5', '{']) expect(formatLine(other, plain)).toBe(other);
  });

  test('a word of the command line that is told back moves no cursor', async () => {
    const { code, error } = await ebp(['apps', 'x', 'y\r\u009b2J\u202e']);
    expect([code, /\p{Cc}|\u202e/u.exec(error.replaceAll('\n', ''))]).toEqual([2, null]);
  });

  describe('activity', () => {
    const entry = (seq: number, over: object = {}) =>
      activityEntrySchema.parse({
        ...{ seq, at: 1_700_000_000_000, role: 'host', peerId: peerIdOf('b'), peerName: 'Bob\u202e', isVerified: true },
        ...{ offerId: 'app:xcalc', offerName: 'Calculator', previous: '0'.repeat(64), hash: '1'.repeat(64) },
        event: {
          ...{ kind: 'ended', sessionId: uuidOf('dddddddd'), reason: 'host', durationMs: 720_000 },
          ...{ bytesToHost: 1, bytesToVisitor: 2_000_000, exitCode: null },
        },
        ...over,
      });

    test('is told in sentences, the newest last, or as it is', async () => {
      core.answers['activity.read'] = () => ({
        entries: [entry(2, { event: { kind: 'paused' } }), entry(1)],
        total: 7,
      });
      const { out } = await ebp(['activity', '--search', 'a b', '--peer', 'bob’s desktop', '-n', '2']);
      const lines = out.trimEnd().split('\n');
      expect(lines[0]).toMatch(
        /Nov \d+, 2023.* {2}Bob +used Calculator for 12 min. You ended it. \(2 MB to the visitor, 1 byte to the host\)$/,
      );
      expect(lines.slice(1)).toEqual([expect.stringMatching(/ {2}You paused sharing\.$/), '2 of 7 lines.']);
      expect(called('activity.read')).toEqual([{ search: 'a b', peerId: peerIdOf('b'), limit: 2 }]);
      expect(JSON.parse((await ebp(['activity', '--json', '-n', '2'])).out)).toHaveLength(2);
      core.answers['activity.read'] = () => ({ entries: [], total: 0 });
      expect(await ebp(['activity'])).toMatchObject({ code: 0, out: 'The history has no such line.\n' });
    });

    test('reads as many pages as are asked for', async () => {
      core.answers['activity.read'] = ({ beforeSeq = 1201, limit }) => ({
        entries: Array.from({ length: Math.min(limit, beforeSeq - 1) }, (_, i) => entry(beforeSeq - 1 - i)),
        total: 1200,
      });
      expect(JSON.parse((await ebp(['activity', '-n', '1100', '--json'])).out)).toHaveLength(1100);
      expect(JSON.parse((await ebp(['activity', '-n', '5000', '--json'])).out)).toHaveLength(1200);
    });

    test('is checked, and the exit code says how', async () => {
      core.answers['activity.check'] = () => ({ isSound: true, count: 2, lastSeq: 2, lastHash: 'a'.repeat(64) });
      const sound = await ebp(['activity', '--check']);
      expect(sound.code).toBe(0);
      expect(sound.out).toContain('a'.repeat(64));
      core.answers['activity.check'] = () => ({
        isSound: false,
        file: 'activity-000001.jsonl',
        line: 7,
        what: 'changed',
      });
      const changed = await ebp(['activity', '--check']);
      expect(changed.code).toBe(3);
      expect(changed.out).toContain('line 7 of activity-000001.jsonl');
      expect(JSON.parse((await ebp(['activity', '--check', '--json'])).out)).toMatchObject({ line: 7 });
    });

    test('is exported, to standard output or into a private file', async () => {
      core.answers['activity.export'] = ({ afterSeq }) =>
        afterSeq === 0 ? { text: 'one\n', nextAfterSeq: 1 } : { text: 'two\n', nextAfterSeq: null };
      expect((await ebp(['activity', '--export', 'jsonl'])).out).toBe('one\ntwo\n');
      const path = join(core.profileDir, 'export.csv');
      expect((await ebp(['activity', '--export', 'csv', path])).out).toBe(`Written to ${path}.\n`);
      expect(await readFile(path, 'utf8')).toBe('one\ntwo\n');
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      expect(await ebp(['activity', '--export', 'csv', '/nowhere/x'])).toMatchObject({
        code: 1,
        error: expect.stringContaining('/nowhere/x could not be written'),
      });
    });

    test.each([[['--export', 'xml']], [['--check', '--search', 'x']], [['file.csv']], [['-n', '0']]])(
      'refuses %o',
      async (flags) => {
        expect((await ebp(['activity', ...flags])).code).toBe(2);
      },
    );
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

describe('ebp verify', () => {
  const peerId = peerIdOf('c');
  beforeEach(() => {
    core.answers['comparisons.start'] = () => core.set('comparisons', [getComparison()]);
    core.answers['comparisons.answer'] = ({ peerId, isSame }) =>
      core.set('comparisons', [getComparison({ peerId, state: isSame ? 'verified' : 'different', code: null })]);
    core.answers['comparisons.cancel'] = () => core.set('comparisons', []);
  });

  test('begins, prints code and words, and answers what the person says', async () => {
    const { code, out } = await ebp(['verify', 'Carol'], undefined, 'y');
    expect(code).toBe(0);
    expect(out).toContain('Code:   001 002');
    expect(out).toContain('Words:  ability able');
    expect(out).toContain('Verified: Carol.');
    expect(called('comparisons.answer')).toEqual([{ peerId, code: '001002', isSame: true }]);
  });

  test('“no” is said to be different, and anything else answers nothing', async () => {
    const { code, error } = await ebp(['verify', 'Carol'], undefined, 'no');
    expect([code, error]).toEqual([1, expect.stringContaining('Somebody may be between you and Carol')]);
    core.calls.length = 0;
    expect((await ebp(['verify', 'Carol'], undefined, '')).out).toContain(`ebp verify ${peerId} --same`);
    expect(called('comparisons.answer')).toEqual([]);
  });

  test('takes the answer in a second call, from either side', async () => {
    core.set('comparisons', [getComparison({ role: 'asked', peerId: peerIdOf('d'), peerName: 'Dave' })]);
    expect((await ebp(['verify', '--same'])).code).toBe(0);
    expect(called('comparisons.answer')).toEqual([{ peerId: peerIdOf('d'), code: '001002', isSame: true }]);
    core.set('comparisons', []);
    expect(await ebp(['verify', 'Carol', '--same'])).toMatchObject({
      code: 1,
      error: expect.stringContaining('No code is being compared.'),
    });
    expect((await ebp(['verify', '--same', '--different'])).code).toBe(2);
  });

  test('--key trusts a key, and no other peer’s', async () => {
    core.answers['peers.verifyKey'] = () => ({ peerId });
    core.set('peers', [getPeer(), getPeer({ id: peerId, name: 'Carol' })]);
    expect((await ebp(['verify', 'Carol', '--key', `ebrainpool:${peerId}`])).out).toContain('Verified: Carol.');
    core.calls.length = 0;
    const { code, error } = await ebp(['verify', 'Carol', '--key', `ebrainpool:${peerIdOf('d')}`]);
    expect([code, error]).toEqual([1, expect.stringContaining('This key is not the one of Carol.')]);
    expect(called('peers.verifyKey')).toEqual([]);
    await ebp(['verify', 'Carol', '--undo']);
    expect(called('peers.unverify')).toEqual([{ peerId }]);
  });

  test('ebp key prints a code that can be scanned, and the same as text', async () => {
    const { out } = await ebp(['key']);
    const text = `ebrainpool:${peerIdOf('a')}`;
    expect(out).toContain(`\n${text}\n`);
    // Two rows of squares in each line: a full block is light.
    const lines = out.slice(0, out.indexOf(text)).trimEnd().split('\n');
    const rows = lines.flatMap((line) => [
      [...line].map((square) => square === ' ' || square === '▄'),
      [...line].map((square) => square === ' ' || square === '▀'),
    ]);
    const [scale, width] = [4, rows[0]?.length ?? 0];
    const size = { width: width * scale, height: rows.length * scale };
    const data = new Uint8ClampedArray(size.width * size.height * 4).fill(255);
    for (let y = 0; y < size.height; y += 1) {
      for (let x = 0; x < size.width; x += 1) {
        if (rows[Math.floor(y / scale)]?.[Math.floor(x / scale)])
          data.fill(0, (y * size.width + x) * 4, (y * size.width + x) * 4 + 3);
      }
    }
    expect(decodeQR({ ...size, data })).toBe(text);
    expect(JSON.parse((await ebp(['key', '--json'])).out)).toEqual({ id: peerIdOf('a'), keyText: text });
  });
});
