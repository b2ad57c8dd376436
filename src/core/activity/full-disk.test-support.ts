// Run by activity.test.ts on a tmpfs of its own at /mnt: fills it up beside the log, and frees it.
import { rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLog } from '../lib/log.ts';
import { startActivity } from './activity.ts';

const activity = await startActivity({ folder: '/mnt/activity', log: silentLog, retryMs: 50 });
let written = 0;
let longestMs = 0;
async function record(count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    const startedAt = performance.now();
    await activity.record({ peerName: `line ${written}`, event: { kind: 'paused' } });
    longestMs = Math.max(longestMs, performance.now() - startedAt);
    written += 1;
  }
}
await record(20);
for (let size = 65_536; size >= 1; size = Math.floor(size / 2)) {
  for (let i = 0; i < 4; i += 1) {
    try {
      writeFileSync(`/mnt/ballast-${size}-${i}`, Buffer.alloc(size));
    } catch {
      rmSync(`/mnt/ballast-${size}-${i}`, { force: true });
    }
  }
}
await record(60);
const problem = activity.state.value.problem?.code ?? null;
for (let size = 65_536; size >= 1; size = Math.floor(size / 2)) {
  for (let i = 0; i < 4; i += 1) rmSync(`/mnt/ballast-${size}-${i}`, { force: true });
}
for (let i = 0; i < 100 && activity.state.value.problem !== null; i += 1) {
  await sleep(50);
}
await record(5);
const { entries } = await activity.read({ limit: 500 });
const names = new Set(entries.map(({ peerName }) => peerName));
const missing = Array.from({ length: written }, (_, i) => `line ${i}`).filter((name) => !names.has(name));
const result = {
  problem,
  longestMs,
  missing,
  problemAfter: activity.state.value.problem,
  resumed: entries.find(({ event }) => event.kind === 'log-resumed')?.event,
  check: await activity.check(),
};
await activity[Symbol.asyncDispose]();
console.log(JSON.stringify(result));
