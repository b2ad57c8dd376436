// 300 advertised peers: how long until all are shown, and what they cost afterwards.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawnOn } from '../lab/hosts.ts';
import { startBrowser } from './browser.ts';
import { endChild, firstMatch, root, startComputer, waitFor } from './computers.ts';
import type { BenchOptions } from './options.ts';
import { cpuSeconds, pssMiB } from './processes.ts';
import { type Result, toResult } from './report.ts';

const PEERS = 300;

export const manyPeersNotes = [
  `${PEERS} peers are advertised by real responders on a third computer. Shown: from their first packet until alice's topic, and her page, has all of them;`,
  'joining: from the start of her core with all of them there already. CPU: of her core, per cent of one processor, over the time that follows.',
];

export async function measureManyPeers({ runs, isShort }: BenchOptions): Promise<Result[]> {
  const watchMs = isShort ? 3000 : 20_000;
  const inTopic: number[] = [];
  const inPage: number[] = [];
  const joining: number[] = [];
  const cpu: number[] = [];
  const memory: number[] = [];
  const added: number[] = [];
  for (let round = 0; round < Math.min(runs, 3); round += 1) {
    await using stack = new AsyncDisposableStack();
    const alice = stack.use(await startComputer('alice', { profile: `peers-${round}` }));
    const { context } = stack.use(await startBrowser('alice'));
    const page = await context.newPage();
    await page.goto(alice.url);
    await sleep(1500);
    const before = pssMiB(alice.pid);
    const startedAt = performance.now();
    const argv = [process.execPath, join(root, 'src/core/peers/discovery/many-peers.test-support.ts'), String(PEERS)];
    const fakes = spawnOn('carol', argv, { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] });
    stack.defer(() => {
      fakes.stdin?.end();
      return endChild(fakes);
    });
    const ready = firstMatch(fakes, /ready/).then(() => performance.now());
    const shown = waitFor(alice.client, 'peers', (peers) => peers.length >= PEERS, 'all peers', 60_000);
    const seen = page
      .getByText('peer-', { exact: false })
      .nth(PEERS - 1)
      .waitFor({ state: 'attached', timeout: 60_000 });
    await shown;
    const topicAt = performance.now();
    await seen;
    const pageAt = performance.now();
    const beganAt = Math.max(startedAt, Math.min(await ready, topicAt));
    inTopic.push(topicAt - beganAt);
    inPage.push(pageAt - beganAt);
    const busyBefore = cpuSeconds(alice.pid);
    await sleep(watchMs);
    cpu.push(((cpuSeconds(alice.pid) - busyBefore) / (watchMs / 1000)) * 100);
    const after = pssMiB(alice.pid);
    memory.push(after);
    added.push(after - before);
    await alice[Symbol.asyncDispose]();
    await using again = await startComputer('alice', { profile: `peers-${round}-again` });
    const onlineAt = performance.now();
    await waitFor(again.client, 'peers', (peers) => peers.length >= PEERS, 'all peers', 60_000);
    joining.push(performance.now() - onlineAt + again.startMs);
  }
  const name = `${PEERS} peers`;
  return [
    toResult({ name: `${name}: until all are in the topic`, unit: 'ms', ours: inTopic }),
    toResult({ name: `${name}: until all are in the page`, unit: 'ms', ours: inPage }),
    toResult({ name: `${name}: joining, with the start`, unit: 'ms', ours: joining }),
    toResult({ name: `${name}: CPU over ${watchMs / 1000} s after`, unit: '%', ours: cpu }),
    toResult({ name: `${name}: memory of the core after`, unit: 'MiB', ours: memory }),
    toResult({ name: `${name}: memory that they added`, unit: 'MiB', ours: added }),
  ];
}
