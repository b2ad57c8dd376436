// What was given for an hour ends after an hour, whatever happens to the clock, the core and the computer.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { OfferId, PeerId } from '../../contract/ids.ts';
import { noPowers } from '../../contract/powers.ts';
import type { Clocks } from '../lib/elapsed.ts';
import { silentLog } from '../lib/log.ts';
import { createGrant } from './grant.ts';
import { openRules, type Rules } from './rules.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const peerId = `SHA256:${'A'.repeat(43)}` as PeerId;
const offerId = 'app:xcalc' as OfferId;
const question = { peerId, offerId, view: 'viewer', powers: noPowers, launchDigest: 'a'.repeat(64) } as const;

/** A computer whose clocks a test moves. */
class FakeClocks implements Clocks {
  wall = 1_800_000_000_000;
  monotonic = 5_000_000;
  up = 5_000_000;
  bootId: string | null = 'first';
  wallMs = () => this.wall;
  monotonicMs = () => this.monotonic;
  uptimeMs = () => this.up;
  pass(ms: number) {
    this.wall += ms;
    this.monotonic += ms;
    this.up += ms;
  }
  sleep(ms: number) {
    this.wall += ms;
    this.up += ms;
  }
  /** The core starts anew: its own clock begins again. */
  restartCore(offMs = 0) {
    this.pass(offMs);
    this.monotonic = 100;
  }
  reboot(offMs = 0) {
    this.wall += offMs;
    this.monotonic = 100;
    this.up = 10_000;
    this.bootId = 'second';
  }
}

let folder: string;
let clocks: FakeClocks;
let rules: Rules;
const open = async () => {
  rules = await openRules({ profileDir: folder, isVerified: () => true, log: silentLog, clocks });
};
const restart = async (how: () => void) => {
  await rules[Symbol.asyncDispose]();
  how();
  await open();
};
const allow = (minutes: number) =>
  rules.add({
    ...question,
    peerName: 'Alice',
    offerName: 'Calculator',
    asked: noPowers,
    answer: 'allow',
    isUntilQuit: false,
    expiresAt: clocks.wall + minutes * MINUTE,
  });
const isAllowed = () => rules.find(question).rule !== null;
/** Waits until the rules were looked through. */
const look = () => vi.advanceTimersByTimeAsync(1000);

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  folder = await mkdtemp(join(tmpdir(), 'ebp-rule-times-'));
  clocks = new FakeClocks();
  await open();
});
afterEach(async () => {
  await rules[Symbol.asyncDispose]();
  vi.useRealTimers();
  await rm(folder, { recursive: true });
});

test('it ends when its time has passed, and is off the list at once', async () => {
  await allow(60);
  clocks.pass(59 * MINUTE);
  await look();
  expect(isAllowed()).toBe(true);
  expect(rules.state.value).toHaveLength(1);
  clocks.pass(MINUTE);
  await look();
  expect(rules.state.value).toEqual([]);
  expect(isAllowed()).toBe(false);
});

test('a clock that is set back by a day does not lengthen it, and the list says when it really ends', async () => {
  await allow(60);
  clocks.pass(30 * MINUTE);
  clocks.wall -= DAY;
  await look();
  expect(rules.state.value[0]?.expiresAt).toBe(clocks.wall + 30 * MINUTE);
  clocks.pass(29 * MINUTE);
  await look();
  expect(isAllowed()).toBe(true);
  clocks.pass(MINUTE);
  await look();
  expect(rules.state.value).toEqual([]);
  expect(isAllowed()).toBe(false);
  // And the right time, or another start, does not bring it back.
  await restart(() => clocks.reboot());
  expect(isAllowed()).toBe(false);
});

test('a clock that is set forward ends it', async () => {
  await allow(60);
  clocks.wall += DAY;
  await look();
  expect(rules.state.value).toEqual([]);
});

test('the time during which the computer sleeps counts, also where its clock goes back meanwhile', async () => {
  await allow(60);
  clocks.sleep(61 * MINUTE);
  clocks.wall -= DAY;
  expect(isAllowed()).toBe(false);
});

test('the time during which the core is not running counts, also where its clock goes back meanwhile', async () => {
  await allow(60);
  clocks.pass(20 * MINUTE);
  await restart(() => {
    clocks.restartCore(30 * MINUTE);
    clocks.wall -= DAY;
  });
  expect(isAllowed()).toBe(true);
  clocks.pass(10 * MINUTE);
  expect(isAllowed()).toBe(false);
});

test('over a start of the computer with a clock that went back, what was used stays used', async () => {
  await allow(60);
  clocks.pass(50 * MINUTE);
  await restart(() => {
    clocks.reboot();
    clocks.wall -= DAY;
  });
  expect(isAllowed()).toBe(true);
  clocks.pass(10 * MINUTE);
  expect(isAllowed()).toBe(false);
});

test('and where the core was killed no more than the last minutes are given twice', async () => {
  await allow(60);
  clocks.pass(40 * MINUTE);
  await look();
  await vi.waitFor(async () => {
    const { rules: stored } = JSON.parse(await readFile(join(folder, 'rules.json'), 'utf8'));
    expect(stored[0].time.usedMs).toBe(40 * MINUTE);
  });
  clocks.reboot();
  clocks.wall -= DAY;
  await open();
  clocks.pass(20 * MINUTE);
  expect(isAllowed()).toBe(false);
});

test('a grant ends with its time, whatever the clock says', () => {
  const terms = { peerId, offerId, view: 'viewer', powers: noPowers, claimedName: 'Alice', ruleId: null } as const;
  const grant = createGrant({ ...terms, requestId: '' as never, expiresAt: clocks.wall + HOUR }, clocks);
  clocks.pass(30 * MINUTE);
  clocks.wall -= DAY;
  expect(grant.leftMs).toBe(30 * MINUTE);
  clocks.sleep(30 * MINUTE);
  expect(grant.isLive).toBe(false);
  const forever = createGrant({ ...terms, requestId: '' as never, expiresAt: null }, clocks);
  expect([forever.isLive, forever.leftMs]).toEqual([true, null]);
});
