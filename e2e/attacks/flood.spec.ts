// One peer floods a host with all that it has; meanwhile another peer's launch and the host's own window stay at ease.
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { endChild, root } from '../../bench/computers.ts';
import { folderOf, spawnOn } from '../../lab/hosts.ts';
import { expect, soon, test, toggle, useLan } from '../computers/fixtures.ts';
import { expectWell } from './person.ts';

const lan = useLan({ alice: {}, bob: { apps: { xcalc: 'xcalc' } } });

/** Generous: the computers, their browsers and the flood share the machine. */
const MAX_LAUNCH_MS = 5000;
const MAX_CLICK_MS = 2000;
const MAX_TOPIC_MS = 1000;

interface Ease {
  /** From the click to the program's picture, at the other peer. */
  readonly launch: number;
  /** From a click in the host's window until it shows what was clicked. */
  readonly click: number;
  /** From a change at the host until a topic tells of it. */
  readonly topic: number;
}

test.beforeAll(async () => {
  // A rule answers, so that no person's time is measured.
  const alice = await lan.alice.mainPage();
  const viewer = await alice.launch('Bob', 'xcalc');
  await (await (await lan.bob.popup()).shown()).answer('Until I quit eBrainPool');
  await viewer.running();
  await viewer.close();
});

async function measureLaunch(): Promise<number> {
  const alice = await lan.alice.mainPage();
  const startedAt = performance.now();
  const viewer = await alice.openViewer(() => alice.app('xcalc').click());
  await viewer.running();
  const tookMs = performance.now() - startedAt;
  await viewer.close();
  return tookMs;
}

async function measureClick(): Promise<number> {
  const { page } = await lan.bob.mainPage();
  const popup = await lan.bob.popup();
  // Where a question is in front of everything else, a switch of it is what can be pressed.
  if (await popup.card.isVisible()) {
    const control = popup.power('Only watch');
    const wasChecked = await control.isChecked();
    const startedAt = performance.now();
    await toggle(control);
    await expect(control).toBeChecked({ checked: !wasChecked });
    return performance.now() - startedAt;
  }
  const button = page.getByRole('button', { name: 'Settings', exact: true });
  await button.hover();
  const startedAt = performance.now();
  await button.click();
  await page.getByRole('tab', { name: 'General', exact: true }).waitFor();
  const tookMs = performance.now() - startedAt;
  await (await lan.bob.mainPage()).home.click();
  return tookMs;
}

async function measureTopic(): Promise<number> {
  const core = await lan.bob.core();
  const answerTimeoutS = 60 + Math.floor(Math.random() * 500);
  const startedAt = performance.now();
  await core.call('settings.update', { answerTimeoutS });
  while (core.read('settings')?.answerTimeoutS !== answerTimeoutS) await sleep(1);
  return performance.now() - startedAt;
}

async function measure(count: number): Promise<Ease> {
  const [launch, click, topic]: [number[], number[], number[]] = [[], [], []];
  for (let times = 0; times < count; times += 1) {
    launch.push(await measureLaunch());
    click.push(await measureClick());
    topic.push(await measureTopic());
  }
  return { launch: median(launch), click: median(click), topic: median(topic) };
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}

/** Starts the flood on Carol's computer; resolves when it flows. */
async function flood(kind: string) {
  const folder = mkdtempSync(join(folderOf('carol', 'tmp'), 'flood-'));
  const port = (await lan.bob.core()).read('self')?.peerPort;
  const argv = [process.execPath, join(root, 'e2e/attacks/flooder.ts'), kind, lan.bob.address, String(port), folder];
  const child = spawnOn('carol', argv, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  let count = 0;
  createInterface({ input: child.stdout as never }).on('line', (line) => {
    count = Number(line);
  });
  await soon(() => count, 15_000).toBeGreaterThan(kind === 'messages' ? 3 : 20);
  return {
    count: () => count,
    [Symbol.asyncDispose]: async () => {
      await endChild(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

for (const [kind, what] of [
  ['requests', 'requests'],
  ['connections', 'connections'],
  ['reads', 'catalogue and icon reads'],
  ['messages', 'control messages of four megabytes'],
  ['adverts', 'adverts under 10,000 names and keys'],
] as const) {
  test(`a flood of ${what} leaves another peer’s launch and the host’s window at ease`, async () => {
    test.setTimeout(120_000);
    await (await lan.alice.mainPage()).openPeer('Bob');
    // All of this file stays under what one peer may ask in a minute.
    const quiet = await measure(2);
    await using flooding = await flood(kind);
    const startedAt = performance.now();
    const before = flooding.count();
    const flooded = await measure(3);
    const perSecond = ((flooding.count() - before) * 1000) / (performance.now() - startedAt);
    const figures = (['launch', 'click', 'topic'] as const).map(
      (one) =>
        `${one} ${quiet[one].toFixed(0)} → ${flooded[one].toFixed(0)} ms (× ${(flooded[one] / quiet[one]).toFixed(1)})`,
    );
    const description = `${figures.join(', ')}, at ${perSecond.toFixed(0)} a second`;
    test.info().annotations.push({ type: `flood of ${what}`, description });
    console.log(`    ${what}: ${description}`);
    expect(flooded.launch, description).toBeLessThan(MAX_LAUNCH_MS);
    expect(flooded.click, description).toBeLessThan(MAX_CLICK_MS);
    expect(flooded.topic, description).toBeLessThan(MAX_TOPIC_MS);
    await expectWell(lan.bob);
  });
}
