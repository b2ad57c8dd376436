import { expect, test } from 'vitest';
import {
  type ActivityEntry,
  type ActivityEvent,
  activityEntrySchema,
  activityEventSchema,
  activityGroups,
  answeredBySchema,
} from '../contract/activity.ts';
import { noPowers } from '../contract/powers.ts';
import { sayCheck, sayDetails, sayEntry } from './activity.ts';

const id = '12345678-0000-4000-8000-000000000000';
const formats = {
  duration: (ms: number) => `${ms / 60_000} min`,
  size: (bytes: number) => `${bytes} bytes`,
  instant: () => 'yesterday',
  number: String,
};

function entryOf(event: object, over: object = {}): ActivityEntry {
  return activityEntrySchema.parse({
    ...{ seq: 1, at: 1, role: 'host', peerId: `SHA256:${'b'.repeat(43)}`, peerName: 'Bob', isVerified: true },
    ...{ offerId: 'app:xcalc', offerName: 'Calculator', previous: '0'.repeat(64), hash: '1'.repeat(64) },
    ...over,
    event,
  });
}

const answered = {
  kind: 'answered',
  by: 'person',
  requestId: id,
  ruleId: null,
  lasts: 'once',
  minutes: null,
  powers: null,
};

/** At least one of each kind, with everything that a sentence depends on. */
function* everything(): Generator<ActivityEntry> {
  const powers = { ...noPowers, clipboardIn: true, timeLimitMin: 60 };
  for (const role of ['host', 'visitor'] as const) {
    const over = { role };
    yield entryOf({ kind: 'requested', view: 'viewer', powers }, over);
    yield entryOf({ kind: 'started', sessionId: id, ruleId: id, view: 'ssh-command', powers }, over);
    yield entryOf({ kind: 'narrowed', sessionId: id, powers }, over);
    for (const reason of ['visitor', 'host', 'program', 'expired', 'lost', 'failed']) {
      const amounts = { bytesToHost: 1, bytesToVisitor: 2, exitCode: 3 };
      yield entryOf({ kind: 'ended', sessionId: id, reason, durationMs: 720_000, ...amounts }, over);
      const none = { durationMs: null, bytesToHost: null, bytesToVisitor: null, exitCode: null };
      yield entryOf({ kind: 'ended', sessionId: id, reason, ...none }, over);
    }
    for (const answer of ['allowed', 'denied', 'expired', 'cancelled']) {
      yield entryOf({ ...answered, answer, by: 'peer', problem: null }, { role: 'visitor' });
      yield entryOf({ ...answered, answer, problem: null, ...(answer === 'expired' && { by: 'timeout' }) });
    }
  }
  yield entryOf({ ...answered, answer: 'failed', by: 'peer', problem: 'peer-unreachable' }, { role: 'visitor' });
  for (const lasts of ['once', 'until-quit', 'time', 'always'] as const) {
    for (const answer of ['allowed', 'denied'])
      yield entryOf({ ...answered, answer, lasts, minutes: 5, problem: null });
    for (const answer of ['allow', 'deny']) {
      yield entryOf({ kind: 'rule-made', ruleId: id, answer, lasts, minutes: null, view: 'native', powers });
      yield entryOf({ kind: 'rule-removed', ruleId: id, answer });
    }
  }
  yield entryOf({ ...answered, answer: 'allowed', by: 'rule', lasts: null, problem: null });
  for (const by of answeredBySchema.options) {
    if (by !== 'timeout' && by !== 'peer') yield entryOf({ ...answered, answer: 'denied', by, problem: null });
  }
  yield entryOf({ kind: 'not-started', requestId: id, problem: 'container-failed' });
  for (const how of ['comparison', 'key']) yield entryOf({ kind: 'peer-verified', how });
  for (const kind of ['peer-unverified', 'codes-differed', 'peer-blocked', 'peer-unblocked', 'paused', 'resumed'])
    yield entryOf({ kind });
  for (const name of ['Robert', null]) yield entryOf({ kind: 'peer-renamed', name });
  yield entryOf({ kind: 'peer-forgotten', ruleCount: 1 });
  yield entryOf({ kind: 'connection-refused', address: '192.168.0.7' });
  yield entryOf({ kind: 'left-out', count: 2 });
  yield entryOf({ kind: 'log-torn', sizeBytes: 1, keptAs: 'torn-1' });
  for (const what of ['cut', 'changed', 'head']) yield entryOf({ kind: 'log-damaged', what, count: 2 });
  yield entryOf({ kind: 'log-resumed', since: 1, lateCount: 2, lostCount: 3 });
}

test('every kind of line has a whole sentence, and belongs to a group', () => {
  const kinds = new Set<string>();
  for (const entry of everything()) {
    kinds.add(entry.event.kind);
    const said = [sayEntry(entry, formats), ...sayDetails(entry, formats)];
    for (const text of said) expect(text).not.toMatch(/\{\{|activity\.|undefined|null/);
    expect(said[0]).toMatch(/[.…]$/);
  }
  const all = activityEventSchema.options.map((option) => option.shape.kind.value);
  expect([...kinds].sort()).toEqual([...all].sort());
  expect(Object.values(activityGroups).flat().sort()).toEqual([...all].sort());
});

test('what another version wrote is said as it stands', () => {
  const event = { kind: 'unknown', name: 'teleported', text: 'teleported, to: "the moon"' } as const;
  expect(sayEntry({ ...entryOf({ kind: 'paused' }), event }, formats)).toBe(
    'Another version of eBrainPool wrote this about Bob: teleported, to: "the moon".',
  );
  const entry = entryOf({ kind: 'requested', view: 'hologram', powers: noPowers });
  expect(sayDetails(entry, formats)).toContain('hologram (of another version)');
});

test('sentences as a person reads them', () => {
  const event = { kind: 'ended', sessionId: id, reason: 'host', durationMs: 720_000 } as Partial<ActivityEvent>;
  const amounts = { bytesToHost: 1, bytesToVisitor: 2, exitCode: null };
  expect(sayEntry(entryOf({ ...event, ...amounts }), formats)).toBe('Bob used Calculator for 12 min. You ended it.');
  const denied = entryOf({ ...answered, answer: 'denied', by: 'rule', ruleId: id, lasts: null, problem: null });
  expect(sayEntry(denied, formats)).toBe('Your rule said no to Bob, who asked for Calculator.');
  expect(sayDetails(denied, formats)).toEqual(['rule 12345678']);
  const powers = { ...noPowers, clipboardOut: true };
  const request = entryOf({ kind: 'requested', view: 'viewer', powers }, { isVerified: false });
  expect(sayDetails(request, formats)).toEqual(['not verified', 'Viewer', 'clipboard out']);
  expect(sayCheck({ isSound: true, count: 2, lastSeq: 2, lastHash: '0'.repeat(64) })).toBe(
    'All 2 lines of the history are as they were written.',
  );
  expect(sayCheck({ isSound: false, file: 'activity-000001.jsonl', line: 7, what: 'removed' })).toContain('line 7 of');
});
