// The rules of eBrainPool 0.1 (fixtures/0.1), as they were written by its own code, and rules of a version that is still to come.
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { OfferId, PeerId } from '../../contract/ids.ts';
import { noPowers, type Powers } from '../../contract/powers.ts';
import { powerNames } from '../../contract/views.ts';
import { silentLog } from '../lib/log.ts';
import { openRules, type Rules } from './rules.ts';

const fixture = join(import.meta.dirname, 'fixtures', '0.1', 'rules.json');
const alice = `SHA256:${'A'.repeat(43)}` as PeerId;
const launchDigest = 'd'.repeat(64);
const everything: Powers = {
  ...{ clipboardIn: true, clipboardOut: true, network: 'internet', files: true },
  ...{ isViewOnly: false, timeLimitMin: 60 },
};

let profileDir: string;
let stack: AsyncDisposableStack;
beforeEach(async () => {
  profileDir = await mkdtemp(join(tmpdir(), 'ebp-rules-'));
  stack = new AsyncDisposableStack();
  stack.defer(() => rm(profileDir, { recursive: true }));
});
afterEach(() => stack.disposeAsync());

const path = () => join(profileDir, 'rules.json');
const open = async (): Promise<Rules> =>
  stack.use(await openRules({ profileDir, log: silentLog, isVerified: () => true }));
const ask = (rules: Rules, program: string, view: string, powers = noPowers) =>
  rules.find({ peerId: alice, offerId: `app:${program}` as OfferId, view, powers, launchDigest });

test('the rules of version 0.1 answer as they did', async () => {
  await cp(fixture, path());
  const written = JSON.parse(await readFile(fixture, 'utf8')).rules;
  const rules = await open();
  expect(rules.damage).toBeNull();
  expect(rules.state.value.map(({ id }) => id)).toEqual(written.map(({ id }: { id: string }) => id));
  expect(ask(rules, 'gimp', 'viewer', everything).rule).toMatchObject({ powers: { ...everything, network: 'none' } });
  expect(ask(rules, 'gimp', 'native')).toEqual({ rule: null, note: null });
  expect(ask(rules, 'xcalc', 'viewer').rule?.answer).toBe('deny');
  // Stored as `classic`.
  expect(ask(rules, 'xterm', 'ssh-command').rule?.answer).toBe('allow');
  expect(ask(rules, 'inkscape', 'viewer', everything).rule?.expiresAt).toBe(Date.UTC(2099, 0, 1));
  await rules.remove(written[0].id);
  const stored = JSON.parse(await readFile(path(), 'utf8'));
  expect(stored.version).toBe(2);
  expect(stored.rules.map(({ view }: { view: string }) => view)).toEqual(['ssh-command', 'native', 'viewer']);
});

describe('of another version', () => {
  const rule = async () => JSON.parse(await readFile(fixture, 'utf8')).rules[0];
  const put = (version: number, rules: readonly unknown[]) => writeFile(path(), JSON.stringify({ version, rules }));

  test('a power that this version does not know is only absent, and in a file of a newer version asks a person', async () => {
    const known = await rule();
    const powers = { ...known.powers, microphone: true };
    const told = [{ ...known, asked: { ...known.asked, microphone: true }, powers }];
    await put(2, told);
    const rules = await open();
    expect(rules.damage).toBeNull();
    expect(ask(rules, 'gimp', 'viewer', everything).rule?.powers).toEqual(known.powers);
    await put(3, told);
    expect(ask(await open(), 'gimp', 'viewer')).toEqual({ rule: null, note: 'changed' });
  });

  test.each(powerNames)(
    'a rule of before there was %s does not give it, and asks when it is wished for',
    async (name) => {
      const known = await rule();
      const without = ({ [name]: _, ...powers }: Powers) => powers;
      await put(2, [{ ...known, asked: without(known.asked), powers: without(known.powers) }]);
      const rules = await open();
      expect(rules.damage).toBeNull();
      expect(ask(rules, 'gimp', 'viewer', { ...noPowers, timeLimitMin: 60 }).rule?.powers[name]).toBe(noPowers[name]);
      expect(ask(rules, 'gimp', 'viewer', everything)).toEqual({ rule: null, note: 'wider' });
    },
  );

  test('a rule with a view that this version does not have is shown, answers nothing, and is kept', async () => {
    await put(3, [{ ...(await rule()), view: 'hologram' }]);
    const rules = await open();
    expect(rules.state.value.map(({ view }) => view)).toEqual(['hologram']);
    expect(ask(rules, 'gimp', 'viewer')).toEqual({ rule: null, note: null });
    await rules.removeAllOf(`SHA256:${'B'.repeat(43)}` as PeerId);
    expect((await open()).state.value.map(({ view }) => view)).toEqual(['hologram']);
  });

  test('a yes with a condition that this version does not know asks a person, and a no stays a no', async () => {
    const known = await rule();
    await put(3, [{ ...known, onlyWhile: 'charging' }]);
    expect(ask(await open(), 'gimp', 'viewer')).toEqual({ rule: null, note: 'changed' });
    await put(3, [{ ...known, answer: 'deny', onlyWhile: 'charging' }]);
    expect(ask(await open(), 'gimp', 'viewer').rule?.answer).toBe('deny');
  });

  test('a yes of a newer version with a condition further down asks a person, also after it was written; a no stays a no', async () => {
    const known = await rule();
    const powers = { ...known.powers, isFilesReadOnly: true, maxDownloadMib: 1 };
    await put(3, [{ ...known, powers }]);
    const rules = await open();
    expect([rules.damage, rules.state.value.map(({ id }) => id)]).toEqual([null, [known.id]]);
    await rules.removeAllOf(`SHA256:${'B'.repeat(43)}` as PeerId);
    await rules.add({ ...rules.state.value[0], offerId: 'app:other' as OfferId } as Parameters<Rules['add']>[0]);
    for (const opened of [rules, await open()])
      expect(ask(opened, 'gimp', 'viewer')).toEqual({ rule: null, note: 'changed' });
    await put(3, [{ ...known, answer: 'deny', powers }]);
    expect(ask(await open(), 'gimp', 'viewer').rule?.answer).toBe('deny');
    await writeFile(path(), '{"version":3}');
    expect((await open()).damage).toBeNull();
  });

  test('the file is kept as it was before it is overwritten', async () => {
    const known = await rule();
    await put(3, [{ ...known, onlyWhile: 'charging' }]);
    const before = await readFile(path(), 'utf8');
    const rules = await open();
    await rules.remove(known.id);
    const kept = (await readdir(profileDir)).filter((name) => name.startsWith('rules.json.version-3-'));
    expect(await readFile(join(profileDir, kept[0] ?? ''), 'utf8')).toBe(before);
  });
});
