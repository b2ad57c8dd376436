// From the yes to the window: the viewer and the native window beside `ssh -X` and xpra, interleaved.

import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from '@playwright/test';
import { addressOf, spawnOn } from '../lab/hosts.ts';
import type { PeerId } from '../src/contract/ids.ts';
import type { View } from '../src/contract/views.ts';
import { clockOffset, startBrowser } from './browser.ts';
import { type Computer, endChild, firstMatch, startComputer, startXvfb } from './computers.ts';
import { type MappedWindows, watchMappedWindows } from './mapped-windows.ts';
import { makeKey, type SshKey, sshOptions, startPlainSshd } from './open-ssh.ts';
import type { BenchOptions } from './options.ts';
import { allPids, nameOf } from './processes.ts';
import { markDisplaySocket, markProgramPixels } from './program-pixels.ts';
import { type Result, toResult } from './report.ts';
import { endSessions, meet, waitForRequest, XCALC } from './session.ts';
import { startTrace, type Trace } from './trace.ts';

const SANDBOX_PORT = 2201;
/** What ssh and xpra have to say, for those who look for a failure. */
const errors = process.env['BENCH_DEBUG'] === undefined ? 'ignore' : 'inherit';
const isCalculator = /calc/i;

export async function measureLaunch({ runs, isShort, isTraced }: BenchOptions): Promise<Result[]> {
  await using stack = new AsyncDisposableStack();
  const { display } = stack.use(await startXvfb('alice'));
  const windows = stack.use(await watchMappedWindows('alice', display));
  const bob = stack.use(await startComputer('bob'));
  const alice = stack.use(await startComputer('alice', { display }));
  const { context } = stack.use(await startBrowser('alice'));
  await context.addInitScript({ content: markProgramPixels });
  if (isTraced) await context.addInitScript({ content: markDisplaySocket });
  const page = await context.newPage();
  await page.goto(alice.url);
  const bobId = await meet(alice, bob);

  const trace = isTraced ? startTrace(alice, bob) : undefined;
  const key = makeKey('alice', 'bench');
  const ssh = stack.use(await startSandboxSsh(key, display));
  let xpra = isShort && process.env['BENCH_DEBUG'] === undefined ? undefined : stack.use(await startXpra(key, display));

  /** Installed without what it needs it says so on every try: then there is nothing to compare with. */
  const isUnable = (error: Error) => {
    console.error(`xpra could not be measured (${error.message}); BENCH_DEBUG=1 shows what it says.`);
    xpra = undefined;
    return undefined;
  };
  const viewer: { first: number; program: number }[] = [];
  const native: number[] = [];
  const sshX: number[] = [];
  const xpraTimes: number[] = [];
  // The first round warms caches on all sides and does not count.
  for (let round = -1; round < runs; round += 1) {
    const ours = await launchViewer(alice, bob, bobId, page, trace);
    const ournative = await launchNative(alice, bob, bobId, windows, trace);
    const theirs = await ssh.launch(windows);
    const xpras = await xpra?.launch(windows).catch(isUnable);
    if (round < 0) continue;
    viewer.push(ours);
    native.push(ournative);
    sshX.push(theirs);
    if (xpras !== undefined) xpraTimes.push(xpras);
  }
  const program = viewer.map((one) => one.program);
  const sshName = 'ssh -X: call → mapped window [1]';
  const xpraName = 'xpra start ssh: → mapped window [2]';
  return [
    toResult({
      name: "viewer: yes → program's first pixel",
      unit: 'ms',
      ours: program,
      other: sshX,
      otherName: sshName,
      target: { of: 'ratio', sign: '≤', value: 1.5 },
    }),
    toResult({
      name: 'viewer: yes → first pixel of any kind',
      unit: 'ms',
      ours: viewer.map((one) => one.first),
      other: sshX,
      otherName: sshName,
    }),
    toResult({
      name: "viewer: yes → program's first pixel",
      unit: 'ms',
      ours: program,
      other: xpraTimes,
      otherName: xpraName,
    }),
    toResult({
      name: 'native: yes → mapped window',
      unit: 'ms',
      ours: native,
      other: sshX,
      otherName: sshName,
      target: { of: 'ratio', sign: '≤', value: 1.1 },
    }),
    toResult({ name: 'native: yes → mapped window', unit: 'ms', ours: native, other: xpraTimes, otherName: xpraName }),
  ];
}

export const launchNotes = [
  'xcalc each time. Yes: the call of requests.answer at the host, 2 s after the request arrived there (a person reads; the container warms).',
  '[1] From the start of `ssh -X -p PORT ebp@bob` to MapNotify of the window, into a sandbox of the same engine that was started and given its program',
  '    beforehand, its sshd on a TCP port as the view ssh-command opens it; no consent, no session, nothing else to do.',
  '[2] From the start of `xpra start ssh://… --start-child=xcalc` through a plain sshd on the host, without a container, to MapNotify of the window.',
];

async function launchViewer(alice: Computer, bob: Computer, bobId: PeerId, page: Page, trace: Trace | undefined) {
  const query = new URLSearchParams({ window: 'viewer', launch: bobId, offer: XCALC, view: 'viewer' satisfies View });
  await page.goto(new URL(`/?${query}`, alice.url).href);
  const accept = await waitForRequest(bob);
  await page.waitForSelector('html[data-viewer="waiting"]', { timeout: 5000 });
  const offset = await clockOffset(page);
  trace?.begin();
  const startedAt = performance.now();
  await accept();
  const isShown = () => performance.getEntriesByName('program-pixel').length > 0;
  await page.waitForFunction(isShown, undefined, { timeout: 20_000, polling: 50 });
  const marks = await page.evaluate(() =>
    performance.getEntriesByType('mark').map(({ name, startTime }) => [name, startTime] as const),
  );
  const at = (name: string) => (marks.find((mark) => mark[0] === name)?.[1] ?? Number.NaN) + offset - startedAt;
  trace?.end(
    'viewer',
    startedAt,
    marks.map(([name, time]) => [`page: ${name}`, time + offset]),
  );
  await endSessions(alice, bob);
  return { first: at('first-pixel'), program: at('program-pixel') };
}

async function launchNative(
  alice: Computer,
  bob: Computer,
  bobId: PeerId,
  windows: MappedWindows,
  trace: Trace | undefined,
): Promise<number> {
  await alice.client.call('asks.create', { peerId: bobId, offerId: XCALC, view: 'native' });
  const accept = await waitForRequest(bob);
  const mapped = windows.next(isCalculator);
  trace?.begin();
  const startedAt = performance.now();
  await accept();
  const at = await mapped;
  trace?.end('native', startedAt, [['window mapped', at]]);
  await endSessions(alice, bob);
  return at - startedAt;
}

interface Other extends AsyncDisposable {
  launch(windows: MappedWindows): Promise<number>;
}

async function startSandboxSsh(key: SshKey, display: string): Promise<Other> {
  const argv = [
    process.execPath,
    `${import.meta.dirname}/sandbox-host.ts`,
    String(SANDBOX_PORT),
    key.publicKey,
    'xcalc',
  ];
  const host = spawnOn('bob', argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  const hostKey = (await firstMatch(host, /(?<=^host-key )ssh-ed25519 \S+/)) as string;
  const options = sshOptions(key, hostKey);
  const lines = createInterface({ input: host.stdout as Readable });
  const order = async (word: string) => {
    const done = once(lines, 'line');
    host.stdin?.write(`${word}\n`);
    await done;
  };
  return {
    launch: async (windows) => {
      await order('start');
      await sleep(500);
      const mapped = windows.next(isCalculator);
      const startedAt = performance.now();
      // As Debian's ssh_config has it, -X is trusted: the same as the product's own.
      const trusted = ['-o', 'ForwardX11=yes', '-o', 'ForwardX11Trusted=yes'];
      const child = spawnOn(
        'alice',
        ['ssh', ...options, ...trusted, '-p', String(SANDBOX_PORT), `ebp@${addressOf('bob')}`],
        {
          stdio: ['ignore', 'ignore', errors],
          env: { ...process.env, DISPLAY: display },
        },
      );
      const at = await mapped;
      await endChild(child);
      await order('stop');
      return at - startedAt;
    },
    [Symbol.asyncDispose]: () => {
      host.stdin?.end();
      return endChild(host);
    },
  };
}

/** Undefined where xpra is not installed. */
async function startXpra(key: SshKey, display: string): Promise<Other | undefined> {
  try {
    execFileSync('sh', ['-c', 'command -v xpra']);
  } catch {
    return undefined;
  }
  const sshd = await startPlainSshd('bob', key);
  const ssh = ['ssh', ...sshOptions(key, sshd.hostKey)].join(' ');
  let child: ChildProcess | undefined;
  return {
    launch: async (windows) => {
      const mapped = windows.next(isCalculator);
      const startedAt = performance.now();
      const address = `ssh://bob@${addressOf('bob')}:${sshd.port}/`;
      const options = [
        '--start-child=xcalc',
        '--exit-with-children=yes',
        '--terminate-children=yes',
        '--opengl=no',
        '--mmap=no',
      ];
      const audio = [
        '--speaker=off',
        '--microphone=off',
        '--printing=no',
        '--webcam=no',
        '--notifications=no',
        '--tray=no',
      ];
      child = spawnOn(
        'alice',
        ['xpra', 'start', address, `--ssh=${ssh}`, ...options, ...audio, '--mdns=no', '--pulseaudio=no'],
        {
          stdio: ['ignore', 'ignore', errors],
          env: { ...process.env, DISPLAY: display },
        },
      );
      try {
        return (await mapped) - startedAt;
      } finally {
        await endChild(child);
        await endXpraServers();
      }
    },
    [Symbol.asyncDispose]: async () => {
      if (child !== undefined) await endChild(child);
      await sshd[Symbol.asyncDispose]();
    },
  };
}

/** The server is a daemon and outlives its client; in the lab there is no other than ours. */
async function endXpraServers(): Promise<void> {
  const servers = () => allPids().filter((pid) => /^xpra/.test(nameOf(pid)));
  for (const pid of servers()) process.kill(pid, 'SIGTERM');
  const giveUpAt = performance.now() + 5000;
  while (servers().length > 0 && performance.now() < giveUpAt) await sleep(50);
  for (const pid of servers()) process.kill(pid, 'SIGKILL');
}
