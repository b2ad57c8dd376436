// Whoever quits says so first: the other side reads it within a second, with the reason, and so do both histories.

import { sandboxProcesses } from '../../lab/processes.ts';
import type { ActivityEntry } from '../../src/contract/activity.ts';
import type { Computer } from '../computers/computer.ts';
import { expect, soon, test, timed, useLan } from '../computers/fixtures.ts';
import type { Viewer } from '../pages/viewer.ts';

const lan = useLan({ alice: {}, bob: { apps: { xcalc: 'xcalc', xterm: 'xterm' } } });

/** The word must be there by then. */
const SAID_MS = 1000;
/** The core waits so long for peers that do not listen. */
const GOODBYE_MS = 500;

/** Alice uses xterm, and waits for an answer to xcalc. */
async function openAndAsk(): Promise<{ viewer: Viewer; waiting: Viewer }> {
  const alice = await lan.alice.mainPage();
  const viewer = await alice.launch('Bob', 'xterm');
  await (await (await lan.bob.popup()).shown()).allow();
  await viewer.running();
  const waiting = await alice.openViewer(() => alice.app('xcalc').click());
  await (await lan.bob.popup()).shown();
  return { viewer, waiting };
}

/** The last lines of the history about both programs, as `offer kind reason`. */
async function history(computer: Computer): Promise<string[]> {
  const { entries } = await (await computer.core()).call('activity.read', { limit: 6 });
  return entries.map(toLine);
}

function toLine({ offerName, event }: ActivityEntry): string {
  if (event.kind === 'ended') return `${offerName} ended ${event.reason}`;
  if (event.kind === 'answered') return `${offerName} ${event.answer} by ${event.by} ${event.problem}`;
  return `${offerName} ${event.kind}`;
}

/** Resolves to the milliseconds until the computer's eBrainPool has ended. */
async function endedMs(computer: Computer, end: () => Promise<unknown> | unknown): Promise<number> {
  const startedAt = performance.now();
  const { ended } = computer.shell;
  await end();
  await ended;
  return performance.now() - startedAt;
}

const ways: Readonly<Record<string, () => Promise<unknown> | unknown>> = {
  'by SIGTERM': () => process.kill(lan.bob.shell.corePid(), 'SIGTERM'),
  'by Ctrl+C': () => process.kill(lan.bob.shell.corePid(), 'SIGINT'),
  'by ebp stop': () => lan.bob.cli('stop'),
};

for (const [way, quit] of Object.entries(ways)) {
  test(`a host quits ${way}: its visitor reads so within a second, for what ran and for what waited`, async () => {
    test.setTimeout(90_000);
    const { viewer, waiting } = await openAndAsk();
    const core = await lan.alice.core();
    const ofViewer = () => core.read('sessions')?.find(({ offer }) => offer.name === 'xterm');
    const ended = endedMs(lan.bob, quit);
    // The command takes its own time to start.
    await timed(`said, ${way}`, way === 'by ebp stop' ? 10_000 : SAID_MS, async () => {
      await soon(() => ofViewer()?.endReason).toBe('quit');
      await soon(() => core.read('asks')?.at(-1)?.problem?.code).toBe('peer-quit');
    });
    await expect(viewer.says('Bob quit eBrainPool')).toBeVisible({ timeout: 2000 });
    const sentence = 'eBrainPool was quit on that computer. Ask again when it runs there.';
    await expect(waiting.page.getByText(sentence)).toBeVisible();
    for (const { page } of [viewer, waiting]) await expect(page.getByText(/Trying again|firewall/)).toHaveCount(0);
    test.info().annotations.push({ type: `ended, ${way}`, description: `${Math.round(await ended)} ms` });
    await soon(() => sandboxProcesses('bob'), 3000).toEqual([]);
    const alices = await history(lan.alice);
    expect(alices).toContain('xterm ended quit');
    expect(alices).toContain('xcalc failed by peer peer-quit');
    await lan.bob.restart();
    const bobs = await history(lan.bob);
    expect(bobs).toContain('xterm ended quit');
    expect(bobs).toContain('xcalc denied by quit null');
    await viewer.page.close();
    await waiting.page.close();
    await (await lan.alice.mainPage()).page.getByRole('button', { name: 'eBrainPool, start page' }).click();
  });
}

test('a visitor that does not read does not hold up a host that quits', async () => {
  test.setTimeout(90_000);
  const { viewer, waiting } = await openAndAsk();
  const pid = lan.alice.shell.corePid();
  process.kill(pid, 'SIGSTOP');
  try {
    const ms = await endedMs(lan.bob, () => process.kill(lan.bob.shell.corePid(), 'SIGTERM'));
    test.info().annotations.push({ type: 'ended beside a stopped visitor', description: `${Math.round(ms)} ms` });
    expect(ms).toBeGreaterThan(GOODBYE_MS - 50);
    expect(ms).toBeLessThan(GOODBYE_MS + 2500);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  // It reads it as soon as it goes on.
  await expect(viewer.says('Bob quit eBrainPool')).toBeVisible({ timeout: 5000 });
  await lan.bob.restart();
  await viewer.page.close();
  await waiting.page.close();
  await (await lan.alice.mainPage()).page.getByRole('button', { name: 'eBrainPool, start page' }).click();
});

test('a visitor quits: the host reads within a second that it ended what it used, and took back what it asked for', async () => {
  test.setTimeout(90_000);
  const { viewer, waiting } = await openAndAsk();
  const core = await lan.bob.core();
  const ended = endedMs(lan.alice, () => process.kill(lan.alice.shell.corePid(), 'SIGTERM'));
  await timed('said by a visitor', SAID_MS, async () => {
    await soon(() => core.read('sessions')).toEqual([]);
    await soon(() => core.read('requests')).toEqual([]);
  });
  test.info().annotations.push({ type: 'the visitor ended', description: `${Math.round(await ended)} ms` });
  for (const one of [viewer, waiting]) {
    await expect(one.says('eBrainPool is not running on this computer')).toBeVisible({ timeout: 5000 });
    await expect(one.page.getByText(/Trying again|running on Bob|Waiting for/)).toHaveCount(0);
  }
  await viewer.page.screenshot({ path: test.info().outputPath('no-core.png') });
  await soon(() => sandboxProcesses('bob'), 3000).toEqual([]);
  const bobs = await history(lan.bob);
  expect(bobs).toContain('xterm ended visitor');
  expect(bobs).toContain('xcalc cancelled by peer null');
  await lan.alice.restart();
  const alices = await history(lan.alice);
  expect(alices).toContain('xterm ended visitor');
  expect(alices).toContain('xcalc cancelled by person null');
});
