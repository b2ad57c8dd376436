// What the measurements do with two computers: let them find each other, start sessions of xcalc, end them.

import { setTimeout as sleep } from 'node:timers/promises';
import { offerIdSchema, type PeerId, type SessionId } from '../src/contract/ids.ts';
import type { View } from '../src/contract/views.ts';
import { type Computer, waitFor } from './computers.ts';

export const XCALC = offerIdSchema.parse('app:xcalc');
/** As long as a person needs at least to read a request: the container warms meanwhile. */
const READING_MS = 2000;

/** Resolves with the host's id when the visitor has found it and read its catalogue. */
export async function meet(visitor: Computer, host: Computer): Promise<PeerId> {
  const hostId = host.client.read('self')?.id as PeerId;
  await waitFor(visitor.client, 'peers', (peers) => peers.some(({ id }) => id === hostId), `${host.host} is found`);
  await visitor.client.call('peers.open', { peerId: hostId });
  await waitFor(visitor.client, 'catalogues', (all) => all[hostId]?.some(({ id }) => id === XCALC), 'the catalogue');
  return hostId;
}

/** Resolves with the way to say yes, when the host's person has had the request in front of them for a while. */
export async function waitForRequest(host: Computer): Promise<() => Promise<unknown>> {
  const requestId = await waitFor(host.client, 'requests', (requests) => requests[0]?.id, 'the request');
  await sleep(READING_MS);
  return () => host.client.call('requests.answer', { requestId, answer: 'allow' });
}

/** A session's id on each side; neither knows the other's. */
export interface StartedSession {
  readonly atHost: SessionId;
  readonly atVisitor: SessionId;
}

/** Asks, says yes, and resolves when both sides have the session. */
export async function startSession(
  visitor: Computer,
  host: Computer,
  hostId: PeerId,
  view: View,
): Promise<StartedSession> {
  await visitor.client.call('asks.create', { peerId: hostId, offerId: XCALC, view });
  const accept = await waitForRequest(host);
  await accept();
  const [atHost, atVisitor] = await Promise.all(
    [host, visitor].map(({ client }) =>
      waitFor(client, 'sessions', (all) => all.find(({ state }) => state === 'running')?.id, 'the session'),
    ),
  );
  return { atHost: atHost as SessionId, atVisitor: atVisitor as SessionId };
}

/** The host ends everything, and the visitor forgets what has ended. */
export async function endSessions(visitor: Computer, host: Computer): Promise<void> {
  await host.client.call('sessions.endAll', {});
  await waitFor(visitor.client, 'sessions', (all) => all.every(({ state }) => state === 'ended'), 'the end');
  await waitFor(host.client, 'sessions', (all) => all.length === 0, 'the end');
  for (const { id } of visitor.client.read('sessions') ?? [])
    await visitor.client.call('sessions.dismiss', { sessionId: id });
  for (const { id } of visitor.client.read('asks') ?? []) await visitor.client.call('asks.dismiss', { askId: id });
  await sleep(300);
}
