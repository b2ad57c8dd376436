import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ClientId } from '../../contract/contract.ts';
import { AppError } from '../../contract/errors.ts';
import type { OfferId, PeerId, RequestId, SessionId } from '../../contract/ids.ts';
import type { Powers } from '../../contract/powers.ts';
import { noPowers } from '../../contract/powers.ts';
import type { View } from '../../contract/views.ts';
import { createRecording, type Recording } from '../activity/activity.test-support.ts';
import { silentLog } from '../lib/log.ts';
import { State } from '../lib/state.ts';
import type { Peers } from '../peers/peers.ts';
import { createNotices, type Notices } from '../wire/notices.ts';
import type { HostConnection } from '../wire/peer-client.ts';
import { hostNotices } from '../wire/peer-protocol.ts';
import { type Asks, type Granted, startAsks } from './asks.ts';

const bob = `SHA256:${'B'.repeat(43)}` as PeerId;
const requestId = '3b241101-e2bb-4255-8caf-4136c566a962' as RequestId;
const sessionId = '3b241101-e2bb-4255-8caf-4136c566a963' as SessionId;
const everything: Powers = { ...noPowers, clipboardIn: true, clipboardOut: true, network: 'internet', files: true };
/** A fake of the connection port: it takes every request in. */
const connection = {
  peerId: bob,
  hello: { capabilities: ['viewer', 'native', 'classic'] },
  call: async () => ({ requestId, answerTimeoutMs: 1000 }),
  onClose: () => () => {},
} as unknown as HostConnection;
let asks: Asks;
let recording: Recording;
let notices: Notices;
let granted: Granted[];

beforeEach(() => {
  granted = [];
  const peers = {
    state: new State([{ id: bob, claimedName: 'Bob' }]),
    faceOf: () => ({ name: 'Bob', isVerified: false, warning: null }),
    catalogues: new State({}),
    hold: async () => ({ connection, release: () => {} }),
  } as unknown as Peers;
  const onGranted = (one: Granted) => {
    granted.push(one);
    return sessionId;
  };
  notices = createNotices();
  recording = createRecording();
  asks = startAsks({ peers, notices, activity: recording, log: silentLog, onGranted });
});
afterEach(() => asks[Symbol.dispose]());

/** What this side takes for granted when it asked with `asked` and the host says that it gave `given`. */
async function take(asked: Powers, given: Powers, view: View = 'viewer'): Promise<Powers | undefined> {
  asks.create({ peerId: bob, offerId: 'app:xcalc' as OfferId, view, powers: asked }, 1 as ClientId);
  await expect.poll(() => asks.state.value.at(-1)?.state).toBe('waiting');
  const none = { containerHostKey: null, classicPort: null, remainingMs: null, maxUploadBytes: null };
  const session = { sessionId, powers: given, ...none };
  notices.take('request.answered', { requestId, answer: 'granted', session, problem: null }, connection);
  return granted.at(-1)?.session.powers;
}

test('a host cannot give what was not asked for', async () => {
  expect(await take(noPowers, everything)).toEqual(noPowers);
});

test('a host can give less', async () => {
  const less = { ...everything, clipboardIn: false, isViewOnly: true, timeLimitMin: 5 };
  expect(await take(everything, less)).toEqual(less);
});

test.each([
  ['a yes in a word of a newer version', { answer: 'from-the-future' }],
  ['a yes of a host that quits', { answer: 'granted', isQuit: true }],
])('%s has failed, and leaves no session at the host', async (_, said) => {
  const call = vi.spyOn(connection, 'call');
  asks.create({ peerId: bob, offerId: 'app:xcalc' as OfferId, view: 'viewer' }, 1 as ClientId);
  await expect.poll(() => asks.state.value.at(-1)?.state).toBe('waiting');
  const told = { requestId, session: { sessionId, powers: noPowers }, problem: null, ...said };
  notices.take('request.answered', hostNotices['request.answered'].parse(told), connection);
  expect(asks.state.value.at(-1)?.state).toBe('failed');
  expect(granted).toEqual([]);
  expect(call.mock.lastCall).toEqual(['session.end', { sessionId }]);
});

test('a native window takes part in the clipboard, whatever was asked for', async () => {
  expect(await take(noPowers, everything, 'native')).toEqual({ ...noPowers, clipboardIn: true, clipboardOut: true });
});

test('what this version does not know is not asked for, whatever its peer calls it', () => {
  const ask = (offerId: string, view: string) =>
    asks.create({ peerId: bob, offerId: offerId as OfferId, view: view as View, powers: noPowers }, 1 as ClientId);
  expect(() => ask('hologram:x', 'viewer')).toThrow(expect.objectContaining({ code: 'offer-unsupported' }));
  expect(() => ask('app:xcalc', 'hologram')).toThrow(expect.objectContaining({ code: 'not-allowed' }));
  expect(asks.state.value).toEqual([]);
});

/** Connections of which each fails the first call as it says: closed by then, or open. */
function peersOf(...connections: readonly ('dying' | 'refusing' | 'well')[]) {
  const asked: string[] = [];
  let held = 0;
  const left = [...connections];
  const hold: Peers['hold'] = async () => {
    const kind = left.shift() ?? 'well';
    let isOpen = true;
    const listeners = new Set<() => void>();
    const one = {
      peerId: bob,
      hello: connection.hello,
      get isOpen() {
        return isOpen;
      },
      onClose: (listener: () => void) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      call: async (name: string) => {
        asked.push(`${kind} ${name}`);
        if (kind === 'well') return { requestId, answerTimeoutMs: 1000 };
        if (kind === 'dying')
          setTimeout(() => {
            isOpen = false;
            for (const listener of listeners) listener();
          }, 5);
        throw new AppError('peer-unreachable');
      },
    } as unknown as HostConnection;
    held += 1;
    return {
      connection: one,
      release: () => {
        held -= 1;
      },
    };
  };
  const peers = {
    state: new State([{ id: bob, claimedName: 'Bob' }]),
    catalogues: new State({}),
    faceOf: () => ({ name: 'Bob', isVerified: false, warning: null }),
    hold,
  } as unknown as Peers;
  const notices = createNotices();
  const own = startAsks({ peers, notices, activity: createRecording(), log: silentLog, onGranted: () => sessionId });
  own.create({ peerId: bob, offerId: 'app:xcalc' as OfferId, view: 'viewer' }, 1 as ClientId);
  return { own, asked, held: () => held };
}

test('the history says what was asked for as the host reads it: with what the view has in any case', () => {
  for (const view of ['viewer', 'ssh-command'] as const)
    asks.create({ peerId: bob, offerId: 'app:xcalc' as OfferId, view }, 1 as ClientId);
  const asked = recording.notes.map(({ event }) => event.kind === 'requested' && event.powers.clipboardIn);
  expect(asked).toEqual([false, true]);
});

test('a connection that was just dying when it was asked on is no answer: it is asked once more on another', async () => {
  const { own, asked, held } = peersOf('dying', 'well');
  await expect.poll(() => own.state.value[0]?.state).toBe('waiting');
  expect(asked).toEqual(['dying request.create', 'well request.create']);
  expect(held()).toBe(1);
});

test('it is asked no third time, and not again where the connection lives', async () => {
  const twice = peersOf('dying', 'dying', 'well');
  await expect
    .poll(() => twice.own.state.value[0])
    .toMatchObject({ state: 'failed', problem: { code: 'peer-unreachable' } });
  expect(twice.asked).toHaveLength(2);
  const refused = peersOf('refusing', 'well');
  await expect.poll(() => refused.own.state.value[0]?.state, { timeout: 3000 }).toBe('failed');
  expect(refused.asked).toEqual(['refusing request.create']);
  expect([twice.held(), refused.held()]).toEqual([0, 0]);
});

test('what is cancelled in that moment is not asked again', async () => {
  const { own, asked } = peersOf('dying', 'well');
  await expect.poll(() => asked.length).toBe(1);
  own.cancelAll();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(asked).toEqual(['dying request.create']);
  expect(own.state.value).toMatchObject([{ state: 'cancelled' }]);
});

test('a view that the host’s version does not have is not asked for, and the person is told', async () => {
  const { capabilities } = connection.hello;
  capabilities.splice(0, capabilities.length, 'view.viewer', 'view.hologram');
  asks.create({ peerId: bob, offerId: 'app:xcalc' as OfferId, view: 'native', powers: noPowers }, 1 as ClientId);
  await expect.poll(() => asks.state.value.at(-1)?.problem?.code).toBe('view-unknown');
  capabilities.splice(0, capabilities.length, 'viewer', 'native', 'classic');
});
