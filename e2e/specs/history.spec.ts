// The history on both sides: every way in which a question ends, what ran, a core that was killed, search, check and export.
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sandboxProcesses } from '../../lab/processes.ts';
import type { ActivityEntry, ActivityFilter } from '../../src/contract/activity.ts';
import { startActivity } from '../../src/core/activity/activity.ts';
import { silentLog } from '../../src/core/lib/log.ts';
import type { Computer } from '../computers/computer.ts';
import { expect, soon, test, timed, useLan } from '../computers/fixtures.ts';

const lan = useLan({ alice: {}, bob: { apps: { xcalc: 'xcalc', xterm: 'xterm' } } });

async function read(computer: Computer, filter: ActivityFilter = {}): Promise<readonly ActivityEntry[]> {
  const core = await computer.core();
  return (await core.call('activity.read', { ...filter, limit: 500 })).entries.toReversed();
}

/** The lines after a number, as short words. */
async function wordsSince(computer: Computer, seq: number): Promise<readonly string[]> {
  const entries = (await read(computer)).filter((entry) => entry.seq > seq);
  return entries.map(({ event, role, peerName, offerName }) => {
    const detail =
      event.kind === 'answered'
        ? `${event.answer} by ${event.by}`
        : event.kind === 'ended'
          ? `ended ${event.reason}`
          : event.kind;
    return [role, peerName, offerName, detail].filter((word) => word !== null).join(' ');
  });
}

async function lastSeq(computer: Computer): Promise<number> {
  return (await computer.core()).read('activity')?.lastSeq ?? 0;
}

async function ask() {
  const viewer = await (await lan.alice.mainPage()).launch('Bob', 'xcalc');
  return { viewer, popup: await (await lan.bob.popup()).shown() };
}

test('one session leaves the same story on both sides, in the right order', async () => {
  const before = { alice: await lastSeq(lan.alice), bob: await lastSeq(lan.bob) };
  const { viewer, popup } = await ask();
  await popup.allow();
  await viewer.running();
  const bob = await lan.bob.mainPage();
  await bob.page.getByRole('button', { name: 'End xcalc (Alice)' }).click();
  await soon(() => wordsSince(lan.bob, before.bob)).toEqual([
    'host Alice xcalc requested',
    'host Alice xcalc allowed by person',
    'host Alice xcalc started',
    'host Alice xcalc ended host',
  ]);
  await soon(() => wordsSince(lan.alice, before.alice)).toEqual([
    'visitor Bob xcalc requested',
    'visitor Bob xcalc allowed by peer',
    'visitor Bob xcalc started',
    'visitor Bob xcalc ended host',
  ]);
  const [requested, answered, started, ended] = (await read(lan.bob)).filter(({ seq }) => seq > before.bob);
  expect(requested).toMatchObject({ isVerified: false, offerId: 'app:xcalc', event: { view: 'viewer' } });
  expect(answered?.event).toMatchObject({ lasts: 'once', ruleId: null, powers: { network: 'none' } });
  if (started?.event.kind !== 'started' || ended?.event.kind !== 'ended') throw new Error('not what was awaited');
  expect(ended.event.sessionId).toBe(started.event.sessionId);
  expect(ended.event.bytesToVisitor).toBeGreaterThan(1000);
  expect(ended.event.durationMs).toBeGreaterThan(0);
  // What was copied, typed or drawn is nowhere in it, and no key but its fingerprint.
  const folder = join(lan.bob.profileDir, 'activity');
  const text = readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('');
  expect(text).not.toMatch(/ssh-ed25519|PRIVATE|token/);
});

test('no, no answer, taken back, a rule, quiet, paused, not shared: each is there with who said so', async () => {
  test.setTimeout(120_000);
  const core = await lan.bob.core();
  const since = await lastSeq(lan.bob);
  const sinceAlice = await lastSeq(lan.alice);
  const denied = await ask();
  await denied.popup.deny.click();
  await expect(denied.viewer.says('Bob said no')).toBeVisible();
  await denied.viewer.page.close();
  await lan.bob.set({ answerTimeoutS: 2 });
  const unanswered = await ask();
  await expect(unanswered.viewer.says('Bob did not answer')).toBeVisible();
  await unanswered.viewer.page.close();
  await lan.bob.set({ answerTimeoutS: 60 });
  const back = await ask();
  await back.viewer.cancel.click();
  await back.popup.gone();
  await back.viewer.page.close();
  const ruled = await ask();
  const [request] = core.read('requests') ?? [];
  await core.call('requests.answer', { requestId: request?.id as never, answer: 'deny', lasts: 'always' });
  await expect(ruled.viewer.says('Bob said no')).toBeVisible();
  await ruled.viewer.page.close();
  const peerId = core.read('self')?.id as never;
  const alice = await lan.alice.core();
  const create = (offerId: string) => alice.call('asks.create', { peerId, offerId: offerId as never, view: 'viewer' });
  await create('app:xcalc');
  await soon(() => core.read('activity')?.lastSeq).toBeGreaterThan(since + 9);
  const rule = core.read('rules')?.[0];
  await core.call('rules.remove', { ruleId: rule?.id as never });
  await lan.bob.set({ isDoNotDisturb: true });
  await create('app:xcalc');
  await soon(() => wordsSince(lan.bob, since)).toContain('host Alice xcalc denied by do-not-disturb');
  await lan.bob.set({ isDoNotDisturb: false });
  await create('app:nothing-of-the-kind');
  await soon(() => wordsSince(lan.bob, since)).toContain('host Alice denied by not-shared');
  await lan.bob.set({ isPaused: true });
  await create('app:xcalc');
  await soon(() => wordsSince(lan.bob, since)).toContain('host Alice xcalc denied by pause');
  await lan.bob.set({ isPaused: false });
  const requested = 'host Alice xcalc requested';
  await soon(() => wordsSince(lan.bob, since)).toEqual([
    ...[requested, 'host Alice xcalc denied by person'],
    ...[requested, 'host Alice xcalc expired by timeout'],
    ...[requested, 'host Alice xcalc cancelled by peer'],
    ...[requested, 'host Alice xcalc rule-made', 'host Alice xcalc denied by person'],
    ...[requested, 'host Alice xcalc denied by rule'],
    'Alice xcalc rule-removed',
    ...[requested, 'host Alice xcalc denied by do-not-disturb'],
    ...['host Alice requested', 'host Alice denied by not-shared'],
    ...['paused', requested, 'host Alice xcalc denied by pause', 'resumed'],
  ]);
  const byRule = (await read(lan.bob)).find(({ event }) => event.kind === 'answered' && event.by === 'rule');
  expect(byRule?.event).toMatchObject({ ruleId: rule?.id });
  expect(await wordsSince(lan.alice, sinceAlice)).toEqual(
    expect.arrayContaining([
      'visitor Bob xcalc denied by peer',
      'visitor Bob xcalc expired by peer',
      'visitor Bob xcalc cancelled by person',
      'visitor Bob xcalc failed by peer',
    ]),
  );
});

test('a core that was killed: the next start closes what was open', async () => {
  test.setTimeout(90_000);
  const { viewer, popup } = await ask();
  await popup.allow();
  await viewer.running();
  const since = await lastSeq(lan.bob);
  await lan.bob.kill();
  await soon(() => sandboxProcesses('bob'), 5000).toEqual([]);
  await lan.bob.restart();
  expect(await wordsSince(lan.bob, since)).toEqual(['host Alice xcalc ended lost']);
  const bob = await lan.bob.mainPage();
  await bob.goToHistory();
  await expect(bob.history('ended').first()).toContainText(
    'Alice used xcalc. eBrainPool, or the computer, stopped while it ran.',
  );
  expect((await lan.bob.cli('activity', '--check')).code).toBe(0);
  await viewer.page.close();
});

test('the page: sentences by day, search, person, check; ebp says the same', async () => {
  test.setTimeout(120_000);
  const allowed = await ask();
  await allowed.popup.allow();
  await allowed.viewer.running();
  await (await lan.bob.core()).call('sessions.endAll', {});
  await expect(allowed.viewer.says('Bob ended it')).toBeVisible();
  await allowed.viewer.page.close();
  const denied = await ask();
  await denied.popup.deny.click();
  await expect(denied.viewer.says('Bob said no')).toBeVisible();
  await denied.viewer.page.close();
  await lan.bob.set({ isPaused: true });
  await lan.bob.set({ isPaused: false });
  const bob = await lan.bob.mainPage();
  await bob.goToHistory();
  await expect(bob.page.getByRole('heading', { level: 2, name: 'Today' })).toBeVisible();
  await expect(bob.history('answered').last()).toContainText('You allowed Alice to use xcalc, this once.');
  const all = await bob.history().count();
  await bob.page.screenshot({ path: test.info().outputPath('history.png') });

  await test.step('search, a person, a kind', async () => {
    await bob.page.getByRole('searchbox', { name: 'Search the history' }).fill('alice denied');
    await expect(bob.page.getByText(/^\d+ lines? fits?$/)).toBeVisible();
    const found = await bob.history().count();
    expect(found).toBeGreaterThan(0);
    expect(found).toBeLessThan(all);
    await bob.page.getByRole('searchbox', { name: 'Search the history' }).fill('nothing like this');
    await expect(bob.page.getByText('Nothing fits')).toBeVisible();
    await bob.page.getByRole('searchbox', { name: 'Search the history' }).fill('');
    await bob.history('ended').first().getByRole('button', { name: 'Only what concerns Alice' }).click();
    await expect(bob.history('paused')).toHaveCount(0);
    await expect(bob.page.getByRole('combobox', { name: 'Person' })).toHaveValue('Alice');
    await bob.page.getByRole('combobox', { name: 'What happened' }).click();
    await bob.page.getByRole('option', { name: 'Use', exact: true }).click();
    await expect(bob.history('answered')).toHaveCount(0);
    await expect(bob.history('started').first()).toBeVisible();
  });

  await test.step('a new line comes by itself', async () => {
    await bob.home.click();
    await bob.goToHistory();
    await lan.bob.set({ isPaused: true });
    await expect(bob.history().first()).toContainText('You paused sharing.');
    await lan.bob.set({ isPaused: false });
    await expect(bob.history().first()).toContainText('Sharing went on.');
  });

  await test.step('ebp activity', async () => {
    const { out, code } = await lan.bob.cli('activity', '--peer', 'Alice', '--search', 'xcalc ended', '--limit', '2');
    expect(code).toBe(0);
    expect(out).toMatch(/Alice used xcalc for .* You ended it\./);
    expect(JSON.parse((await lan.bob.cli('activity', '--json', '-n', '3')).out)).toHaveLength(3);
  });

  await test.step('check: as it was written, and then not', async () => {
    await bob.page.getByRole('button', { name: 'Check', exact: true }).click();
    await expect(bob.page.getByTestId('history-check')).toContainText(/All \d+ lines of the history are as they were/);
    await bob.page.screenshot({ path: test.info().outputPath('checked.png') });
    const path = join(lan.bob.profileDir, 'activity', 'activity-000001.jsonl');
    const text = readFileSync(path, 'utf8');
    const line = text.split('\n').findIndex((one) => one.includes('"by":"person"')) + 1;
    writeFileSync(path, text.replace('"by":"person"', '"by":"rule"'));
    await bob.page.getByRole('button', { name: 'Check', exact: true }).click();
    await expect(bob.page.getByTestId('history-check')).toContainText(
      `line ${line} of activity-000001.jsonl is not as it was`,
    );
    await bob.page.screenshot({ path: test.info().outputPath('changed.png') });
    const checked = await lan.bob.cli('activity', '--check');
    expect([checked.code, checked.out]).toEqual([3, expect.stringContaining(`line ${line} of activity-000001.jsonl`)]);
    writeFileSync(path, text);
    expect((await lan.bob.cli('activity', '--check')).code).toBe(0);
  });
});

// Electron has its own way to save what a page gives.
test('the export is what ebp says', { tag: '@electron-too' }, async () => {
  for (let times = 0; times < 4; times += 1) {
    await lan.bob.set({ isPaused: true });
    await lan.bob.set({ isPaused: false });
  }
  const bob = await lan.bob.mainPage();
  await bob.goToHistory();
  for (const [item, extension] of [
    ['Table (CSV)', 'csv'],
    ['With its proof (JSON Lines)', 'jsonl'],
  ] as const) {
    const downloaded = bob.page.waitForEvent('download');
    await bob.page.getByRole('button', { name: 'Export' }).click();
    await bob.page.getByRole('menuitem', { name: item }).click();
    const download = await downloaded;
    expect(download.suggestedFilename()).toMatch(new RegExp(`^ebrainpool-history-.*\\.${extension}$`));
    const path = test.info().outputPath(`history.${extension}`);
    await download.saveAs(path);
    const { out } = await lan.bob.cli('activity', '--export', extension);
    expect(readFileSync(path, 'utf8')).toBe(out);
    expect(out.trim().split('\n').length).toBeGreaterThan(7);
  }
});

test('50,000 lines: the start, the page and a search are quick', async () => {
  test.setTimeout(180_000);
  await lan.alice.stop();
  const startedAt = performance.now();
  await lan.alice.start();
  const usualMs = performance.now() - startedAt;
  await lan.alice.stop();
  const folder = join(lan.alice.profileDir, 'activity');
  {
    await using log = await startActivity({ folder, log: silentLog });
    const peerId = `SHA256:${'b'.repeat(43)}` as never;
    for (let i = 0; i < 50_000; i += 1) {
      const party = { role: 'host', peerId, peerName: `Person ${i % 50}`, isVerified: true } as const;
      const amounts = { durationMs: i * 1000, bytesToHost: i, bytesToVisitor: 2 * i, exitCode: null };
      const sessionId = crypto.randomUUID() as never;
      const event = { kind: 'ended', sessionId, reason: 'program', ...amounts } as const;
      void log.record({ ...party, offerId: 'app:xcalc' as never, offerName: `Program ${i % 7}`, event });
    }
  }
  // As a crash leaves it.
  const newest = readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .at(-1);
  appendFileSync(join(folder, newest ?? ''), '{"seq":');
  // The start is its computer's: the same one, a minute ago, is what it is compared with.
  await timed('start with 50,000 lines', 3 * usualMs + 5000, () => lan.alice.start());
  const alice = await lan.alice.mainPage();
  await timed('history opened', 4000, async () => {
    await alice.goToHistory();
    await alice.history().first().waitFor();
  });
  await expect(alice.history('log-torn').first()).toContainText('cut through by a crash');
  await timed('search in 50,000 lines', 6000, async () => {
    await alice.page.getByRole('searchbox', { name: 'Search the history' }).fill('person 17 program ended');
    await expect(alice.page.getByText('1,000 lines fit')).toBeVisible();
  });
  await alice.page.getByRole('button', { name: 'Show earlier ones' }).click();
  await soon(() => alice.history().count()).toBeGreaterThan(100);
  await timed('check of 50,000 lines', 10_000, async () => {
    await alice.page.getByRole('button', { name: 'Check', exact: true }).click();
    await expect(alice.page.getByTestId('history-check')).toContainText(/All 50,?\d\d\d lines/);
  });
});
