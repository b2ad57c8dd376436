// How long it takes until nothing of a session is left, from the moment when the host ends it.
import { setTimeout as sleep } from 'node:timers/promises';
import { startComputer, startXvfb, waitFor } from './computers.ts';
import type { BenchOptions } from './options.ts';
import { isThere, treeOf } from './processes.ts';
import { type Result, toResult } from './report.ts';
import { endSessions, meet, startSession } from './session.ts';

const POLL_MS = 2;

export const revokeNotes = [
  'End: from the call of sessions.end at the host until no process of the sandbox is in /proc and the visitor shows it as ended; a native session also its ssh.',
];

export async function measureRevoke({ runs }: BenchOptions): Promise<Result[]> {
  await using stack = new AsyncDisposableStack();
  const { display } = stack.use(await startXvfb('alice'));
  const bob = stack.use(await startComputer('bob', { profile: 'revoke' }));
  const alice = stack.use(await startComputer('alice', { profile: 'revoke', display }));
  const bobId = await meet(alice, bob);
  const results: Result[] = [];
  for (const view of ['viewer', 'native'] as const) {
    const gone: number[] = [];
    const told: number[] = [];
    for (let round = 0; round < runs; round += 1) {
      const { atHost, atVisitor } = await startSession(alice, bob, bobId, view);
      await sleep(1000);
      const processes = [bob, alice].flatMap(({ pid }) => treeOf(pid).filter((one) => one !== pid));
      const startedAt = performance.now();
      const onEnd = waitFor(
        alice.client,
        'sessions',
        (all) => all.some(({ id, state }) => id === atVisitor && state === 'ended'),
        'the end',
      ).then(() => performance.now() - startedAt);
      const answered = bob.client.call('sessions.end', { sessionId: atHost });
      const onGone = untilGone(processes).then(() => performance.now() - startedAt);
      const [, goneMs, toldMs] = await Promise.all([answered, onGone, onEnd]);
      gone.push(goneMs);
      told.push(toldMs);
      await endSessions(alice, bob);
    }
    results.push(
      toResult({
        name: `end, ${view}: all processes gone`,
        unit: 'ms',
        ours: gone,
        target: { of: 'ours', sign: '<', value: 1000 },
      }),
      toResult({
        name: `end, ${view}: visitor told`,
        unit: 'ms',
        ours: told,
        target: { of: 'ours', sign: '<', value: 1000 },
      }),
    );
  }
  return results;
}

async function untilGone(pids: readonly number[]): Promise<void> {
  while (pids.some(isThere)) await sleep(POLL_MS);
}
