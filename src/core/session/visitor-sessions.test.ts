import { expect, test } from 'vitest';
import type { OfferId, PeerId, RequestId, SessionId } from '../../contract/models.ts';
import { noPowers } from '../../contract/powers.ts';
import { createRecording } from '../activity/testing.ts';
import type { Identity } from '../identity/identity.ts';
import { silentLog } from '../lib/log.ts';
import type { Peers } from '../peers/peers.ts';
import type { HostConnection } from '../tunnel/peer-client.ts';
import type { Granted } from './asks.ts';
import { startVisitorSessions } from './visitor-sessions.ts';

const bob = `SHA256:${'B'.repeat(43)}` as PeerId;
const hostSessionId = '3b241101-e2bb-4255-8caf-4136c566a963' as SessionId;

test('a host can take powers away while it runs, and cannot give any', async () => {
  const connection = {
    peerId: bob,
    call: async () => ({}),
    onClose: () => () => {},
  } as unknown as HostConnection;
  const ask = {
    id: '3b241101-e2bb-4255-8caf-4136c566a962' as RequestId,
    peerId: bob,
    peerName: 'Bob',
    isVerified: false,
    offer: { id: 'app:xcalc' as OfferId, kind: 'app', name: 'Calculator' },
    view: 'viewer',
  } as unknown as Granted['ask'];
  const powers = { ...noPowers, clipboardOut: true, timeLimitMin: 10 };
  const session = { sessionId: hostSessionId, containerHostKey: null, classicPort: null, powers, remainingMs: 600_000 };
  await using sessions = startVisitorSessions({
    identity: {} as Identity,
    peers: { nameOf: () => 'Bob' } as unknown as Peers,
    runtimeDir: '',
    activity: createRecording(),
    log: silentLog,
  });
  sessions.begin({ ask, session, connection, release: () => {} });
  const told = { ...noPowers, clipboardIn: true, files: true, network: 'internet', isViewOnly: true } as const;
  sessions.takeChange({ sessionId: hostSessionId, powers: told, remainingMs: 60_000 }, connection);
  expect(sessions.state.value).toMatchObject([{ powers: { ...noPowers, isViewOnly: true, timeLimitMin: 10 } }]);
  sessions.takeChange({ sessionId: hostSessionId, powers, remainingMs: 60_000 }, connection);
  expect(sessions.state.value).toMatchObject([{ powers: { clipboardOut: false, isViewOnly: true } }]);
});
