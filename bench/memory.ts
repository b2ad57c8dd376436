// Memory of an idle core, and of one session beside Xvnc and the program run bare.
import { setTimeout as sleep } from 'node:timers/promises';
import { folderOf, spawnOn } from '../lab/hosts.ts';
import { endChild, startComputer } from './computers.ts';
import type { BenchOptions } from './options.ts';
import { pssMiB, rssMiB, treeOf } from './processes.ts';
import { type Result, toResult } from './report.ts';
import { endSessions, meet, startSession } from './session.ts';

const SETTLE_MS = 3000;
const BARE_DISPLAY = ':95';

export const memoryNotes = [
  "Memory: PSS. A session: all processes of its sandbox, the core's growth not counted; bare: Xvnc and xcalc started by hand, without window manager, bus and sshd.",
];

export async function measureMemory({ runs, isShort }: BenchOptions): Promise<Result[]> {
  const settleMs = isShort ? 1000 : SETTLE_MS;
  const pss: number[] = [];
  const rss: number[] = [];
  const growth: number[] = [];
  const session: number[] = [];
  const bare: number[] = [];
  await using bob = await startComputer('bob', { profile: 'memory' });
  await sleep(settleMs);
  pss.push(pssMiB(bob.pid));
  rss.push(rssMiB(bob.pid));
  await using alice = await startComputer('alice', { profile: 'memory' });
  const bobId = await meet(alice, bob);
  for (let round = 0; round < Math.min(runs, 3); round += 1) {
    const before = pssMiB(bob.pid);
    await startSession(alice, bob, bobId, 'viewer');
    await sleep(settleMs);
    const inSandbox = treeOf(bob.pid).filter((pid) => pid !== bob.pid);
    session.push(sum(inSandbox.map(pssMiB)));
    growth.push(Math.max(0, pssMiB(bob.pid) - before));
    await endSessions(alice, bob);
    bare.push(await measureBare(settleMs));
  }
  return [
    toResult({ name: 'memory, idle core (PSS)', unit: 'MiB', ours: pss }),
    toResult({ name: 'memory, idle core (RSS)', unit: 'MiB', ours: rss }),
    toResult({
      name: 'memory, session, its sandbox',
      unit: 'MiB',
      ours: session,
      other: bare,
      otherName: 'Xvnc and xcalc, bare',
    }),
    toResult({ name: "memory, session, the core's growth", unit: 'MiB', ours: growth }),
  ];
}

async function measureBare(settleMs: number): Promise<number> {
  const socket = `${folderOf('bob', 'run')}/bare-display`;
  const options = [
    '-SecurityTypes',
    'None',
    '-rfbport',
    '-1',
    '-rfbunixpath',
    socket,
    '-geometry',
    '1024x720',
    '-depth',
    '24',
  ];
  const xvnc = spawnOn('bob', ['Xvnc', BARE_DISPLAY, ...options], { stdio: 'ignore' });
  await sleep(1000);
  const xcalc = spawnOn('bob', ['xcalc'], { stdio: 'ignore', env: { ...process.env, DISPLAY: BARE_DISPLAY } });
  await sleep(settleMs);
  const total = sum([xvnc.pid, xcalc.pid].map((pid) => pssMiB(pid as number)));
  await endChild(xcalc);
  await endChild(xvnc);
  return total;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
