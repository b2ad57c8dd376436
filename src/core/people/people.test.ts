import { expect, test } from 'vitest';
import { AppError } from '../../contract/errors.ts';
import type { PeerId, RuleId } from '../../contract/ids.ts';
import { createRecording } from '../activity/activity.test-support.ts';
import { createPeople } from './people.ts';

const alice = `SHA256:${'A'.repeat(43)}` as PeerId;

test('blocking ends what runs, also where the disk is full and the decision cannot be kept', async () => {
  const ended: string[] = [];
  const note = (what: string) => () => {
    ended.push(what);
  };
  const people = createPeople({
    book: {
      update: async () => {
        throw new AppError('disk-full', { path: '/home' });
      },
    },
    peers: { claimedNameOf: () => 'Alice', drop: note('peer') },
    consent: { denyAllOf: note('requests') },
    hostSessions: { endAllOf: note('host') },
    visitorSessions: { endAllOf: note('visitor') },
    disconnect: note('connections'),
    activity: createRecording(),
  } as unknown as Parameters<typeof createPeople>[0]);
  await expect(people.block(alice, true)).rejects.toMatchObject({ code: 'disk-full' });
  // At once, and again for what began while the decision was written.
  const all = ['requests', 'host', 'visitor', 'connections', 'peer'];
  expect(ended).toEqual([...all, ...all]);
});

test('forgetting on a full disk forgets what it can, and makes room', async () => {
  const done: string[] = [];
  const people = createPeople({
    book: {
      faceOf: () => ({ name: 'Alice', isVerified: false, warning: null }),
      remove: async () => {
        throw new AppError('disk-full', { path: '/home' });
      },
    },
    peers: { claimedNameOf: () => 'Alice', drop: () => {} },
    consent: { denyAllOf: () => {} },
    rules: { state: { value: [] }, removeAllOf: async () => done.push('rules') },
    containers: { state: { value: [{ peerId: alice }] }, reset: async () => done.push('container') },
    hostSessions: { endAllOf: () => {} },
    visitorSessions: { endAllOf: () => {} },
    disconnect: () => {},
    activity: createRecording(),
  } as unknown as Parameters<typeof createPeople>[0]);
  await expect(people.forget(alice)).rejects.toMatchObject({ code: 'disk-full' });
  expect(done).toEqual(['rules', 'container']);
});

test('blocking and removing a rule end what runs without waiting for the disk', async () => {
  const ended: string[] = [];
  const slow = Promise.withResolvers<void>();
  const people = createPeople({
    book: { update: () => slow.promise, faceOf: () => ({ name: 'Alice', isVerified: false, warning: null }) },
    peers: { claimedNameOf: () => 'Alice', drop: () => {} },
    consent: { denyAllOf: () => {} },
    rules: { state: { value: [] }, remove: () => slow.promise },
    hostSessions: { endAllOf: () => ended.push('peer'), endAllUnder: () => ended.push('rule') },
    visitorSessions: { endAllOf: () => {} },
    disconnect: () => ended.push('connections'),
    activity: createRecording(),
  } as unknown as Parameters<typeof createPeople>[0]);
  const done = [people.block(alice, true), people.removeRule('r' as RuleId)];
  expect(ended).toEqual(['peer', 'connections', 'rule']);
  slow.resolve();
  await Promise.all(done);
  expect(ended.sort()).toEqual(['connections', 'connections', 'peer', 'peer', 'rule', 'rule']);
});

test('what was allowed always ends with the verification, and nothing else does', async () => {
  const ended: string[] = [];
  const carol = `SHA256:${'C'.repeat(43)}` as PeerId;
  const rule = { peerId: alice, expiresAt: null, isUntilQuit: false };
  const rules = [
    { ...rule, id: 'always' },
    { ...rule, id: 'an hour', expiresAt: 1 },
    { ...rule, id: 'until quit', isUntilQuit: true },
    { ...rule, id: 'always, of Carol', peerId: carol },
  ];
  const people = createPeople({
    book: {
      update: async () => {
        throw new AppError('disk-full', { path: '/home' });
      },
    },
    peers: { claimedNameOf: () => 'Alice' },
    rules: { state: { value: rules } },
    hostSessions: { endAllUnder: (ruleId: string) => ended.push(ruleId) },
    activity: createRecording(),
  } as unknown as Parameters<typeof createPeople>[0]);
  await expect(people.unverify(alice)).rejects.toMatchObject({ code: 'disk-full' });
  expect(ended).toEqual(['always', 'always']);
});
