// One program, tried as a visitor has it: asked for, allowed, started in its container, looked at, left alone, closed.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Computer, until, waitFor } from '../../bench/computers.ts';
import { cpuSeconds, nameOf, pssMiB, treeOf } from '../../bench/processes.ts';
import { offerIdSchema, type PeerId, type SessionId } from '../../src/contract/ids.ts';
import type { Session } from '../../src/contract/sessions.ts';
import { sayProblem } from '../../src/messages/messages.ts';
import { toPng } from '../computers/picture.ts';
import { takePicture } from './rfb-picture.ts';
import type { Program } from './table.ts';
import { inkOfWindow, judge, newTitle, type Trial } from './verdict.ts';
import { type Window, Windows } from './windows.ts';

const LIVES_MS = 10_000;
const IDLE_MS = 5000;
const CLOSES_WITHIN_MS = 8000;
const PRINTS_WITHIN_MS = 15_000;
/** After a tip of the day was sent away. */
const TEXT = ['Escape', 't', 'e', 'x', 't', 'Return'];
/** Pixels of another colour than most of the window: some letters. */
const MIN_INK = 60;
const WARNING = 40;

export interface Place {
  readonly host: Computer;
  readonly visitor: Computer;
  readonly hostId: PeerId;
  /** Where pictures go. */
  readonly folder: string;
}

interface Started {
  readonly sessionId: SessionId;
  readonly sandboxPath: string;
  readonly at: number;
}

/** One launch at a time, so that it is known which sandbox is whose. */
let turn: Promise<unknown> = Promise.resolve();
let displays = 9000;

export async function tryProgram(place: Place, program: Program): Promise<Trial> {
  const { host } = place;
  if (program.discard !== undefined) return tryUnsaved(place, program);
  if (program.ownSandbox !== true) return tryOnce(place, program);
  const offerIds = [offerIdSchema.parse(`app:${program.entry}`)];
  const without: Program = { ...program, ownSandbox: false };
  const first = await tryOnce(place, without);
  if (judge(first).outcome === 'works') return first;
  await host.client.call('offers.allowOwnSandbox', { offerIds, isAllowed: true });
  await until(
    () =>
      (host.client.read('offers')?.offers ?? []).some(
        ({ id, details }) => id === offerIds[0] && details.kind === 'app' && details.ownSandbox === 'allowed',
      ),
    'the setting',
  );
  return { ...(await tryOnce(place, program)), without: first.sentence };
}

/** Closed with a text that is not saved, then without one: neither may come back to it. */
async function tryUnsaved(place: Place, program: Program): Promise<Trial> {
  const first = await tryOnce(place, program);
  if (judge(first).outcome === 'cannot') return first;
  const { discard: _, ...plain } = program;
  const later: string[] = [];
  for (let start = 0; start < 2; start += 1) {
    const again = await tryOnce(place, plain);
    if (judge(again).outcome === 'cannot') return again;
    later.push(...again.titles);
  }
  return { ...first, greeting: newTitle(first.titles, later) };
}

async function tryOnce(place: Place, program: Program): Promise<Trial> {
  const { host, visitor } = place;
  const nothing: Trial = {
    ...{
      program,
      notOffered: null,
      paintedMs: null,
      titles: [],
      livedTenSeconds: false,
      exitCode: null,
      sentence: null,
      lastWords: [],
    },
    ...{ warnings: [], idleShare: null, memoryMiB: null, closes: null, without: null, deed: null },
  };
  const notOffered = whyNotOffered(host, program);
  if (notOffered !== null) return { ...nothing, notOffered };
  const logFrom = Date.now();
  const launched = turn.then(() => launch(place, program));
  turn = launched.catch(() => {});
  const started = await launched;
  if (typeof started === 'string')
    return { ...nothing, sentence: started, warnings: await warningsSince(place.host, program, logFrom) };
  const ended = () =>
    visitor.client.read('sessions')?.find(({ id, state }) => id === started.sessionId && state === 'ended');
  const seen = await look(place, program, started, () => ended() !== undefined).catch(async (error: Error) => {
    // It ended under our eyes, and its display with it.
    await until(() => ended() !== undefined, error.message, 5000);
    return {};
  });
  await endSession(visitor, started, ended);
  return { ...nothing, ...seen, ...howItEnded(ended()), warnings: await warningsSince(place.host, program, logFrom) };
}

function whyNotOffered(host: Computer, { entry }: Program): string | null {
  const { offers = [], broken = [] } = host.client.read('offers') ?? {};
  if (offers.some(({ id }) => id === `app:${entry}`)) return null;
  const found = broken.find(({ source }) => source.endsWith(`/${entry}.desktop`));
  return found === undefined
    ? 'not in the catalogue: not installed, or hidden by its entry'
    : `not offered: ${found.reason}`;
}

/** The sentence that the visitor reads, when nothing comes of it. */
async function launch({ host, visitor, hostId }: Place, { entry }: Program): Promise<Started | string> {
  const offerId = offerIdSchema.parse(`app:${entry}`);
  const before = new Set(sandboxPaths(host));
  const { askId } = await visitor.client.call('asks.create', { peerId: hostId, offerId, view: 'viewer' });
  const requestId = await waitFor(
    host.client,
    'requests',
    (all) => all.find(({ offer }) => offer.id === offerId)?.id,
    entry,
  );
  await until(() => sandboxPaths(host).some((path) => !before.has(path)), 'its sandbox', 5000).catch(() => {});
  const at = performance.now();
  await host.client.call('requests.answer', { requestId, answer: 'allow' });
  const ask = await waitFor(
    visitor.client,
    'asks',
    (all) => all.find(({ id, state }) => id === askId && state !== 'waiting' && state !== 'connecting'),
    'the answer',
  );
  await visitor.client.call('asks.dismiss', { askId });
  if (ask.sessionId === null) return ask.problem === null ? ask.state : sayProblem(ask.problem);
  const sandboxPath = sandboxPaths(host).find((path) => !before.has(path)) ?? '';
  return { sessionId: ask.sessionId, sandboxPath, at };
}

async function look(
  place: Place,
  program: Program,
  started: Started,
  hasEnded: () => boolean,
): Promise<Partial<Trial>> {
  const display = join(started.sandboxPath, 'display');
  const pid = await sandboxPid(started.sandboxPath);
  const xvnc = () => treeOf(pid).find((one) => nameOf(one) === 'Xvnc');
  await until(() => xvnc() !== undefined || hasEnded(), 'its display', 5000);
  displays += 1;
  using windows = await Windows.open(xvnc() ?? 0, displays);
  const picturePath = join(place.folder, `${program.entry}.png`);
  let shown: readonly Window[] = [];
  let paintedMs: number | null = null;
  for (const giveUpAt = performance.now() + program.seconds * 1000; performance.now() < giveUpAt && !hasEnded(); ) {
    shown = await windows.list();
    const [picture, pointer] = [await takePicture(display), await windows.pointer()];
    if (shown.some((window) => inkOfWindow(picture, window, pointer) >= MIN_INK)) {
      paintedMs = Math.round(performance.now() - started.at);
      break;
    }
    writeFileSync(picturePath, toPng(picture));
    await sleep(250);
  }
  if (paintedMs === null) return { titles: shown.map(({ title }) => title) };
  await idle((program.startsFor ?? 0) * 1000, hasEnded);
  const paintedAt = performance.now();
  await idle(LIVES_MS - IDLE_MS, hasEnded);
  const own = () => treeOf(pid).filter((one) => nameOf(one) !== 'Xvnc');
  const before = new Map(own().map((one) => [one, cpuSeconds(one)]));
  await idle(IDLE_MS, hasEnded);
  const idleShare =
    own().reduce((sum, one) => sum + Math.max(0, cpuSeconds(one) - (before.get(one) ?? cpuSeconds(one))), 0) /
    (IDLE_MS / 1000);
  const livedTenSeconds = !hasEnded() && performance.now() - paintedAt >= LIVES_MS - 50;
  if (!livedTenSeconds) return { paintedMs, titles: shown.map(({ title }) => title) };
  const memoryMiB = own().reduce((sum, one) => sum + pssMiB(one), 0);
  shown = await windows.list();
  writeFileSync(picturePath, toPng(await takePicture(display)));
  const titles = shown.map(({ title }) => title);
  const deed = program.act === 'print' ? await print(windows, place.host) : null;
  if (program.discard !== undefined) await windows.type(...TEXT);
  let closes = await close(place.visitor, started.sessionId, hasEnded);
  if (closes === 'asks' && program.discard !== undefined) {
    writeFileSync(join(place.folder, `${program.entry}-asks.png`), toPng(await takePicture(display)));
    await windows.type(...program.discard);
    await idle(CLOSES_WITHIN_MS, hasEnded);
    if (!hasEnded()) closes = 'no';
  }
  return { paintedMs, titles, livedTenSeconds, idleShare, memoryMiB, closes, deed };
}

/** As its visitor closes it. */
async function close(visitor: Computer, sessionId: SessionId, hasEnded: () => boolean): Promise<Trial['closes']> {
  const isAsking = () =>
    visitor.client.read('sessions')?.some(({ id, closing }) => id === sessionId && closing === 'asking') === true;
  await visitor.client.call('sessions.end', { sessionId });
  await idle(CLOSES_WITHIN_MS, () => hasEnded() || isAsking());
  return hasEnded() ? 'yes' : isAsking() ? 'asks' : 'no';
}

/** To a file, as GTK offers it where there is no printer. */
async function print(windows: Windows, host: Computer): Promise<Trial['deed']> {
  await windows.type('ctrl+p');
  await sleep(2000);
  // To the list of printers, and the only one in it.
  await windows.type('Tab', 'Down', 'Return');
  const giveUpAt = performance.now() + PRINTS_WITHIN_MS;
  while (performance.now() < giveUpAt) {
    for (const home of homesOf(host)) {
      const path = readdirSync(home).find((name) => name.endsWith('.pdf'));
      if (path !== undefined && readFileSync(join(home, path), 'latin1').startsWith('%PDF-'))
        return { isDone: true, words: `prints to ${path} in its home` };
    }
    await sleep(250);
  }
  return { isDone: false, words: 'printing to a file left none' };
}

async function idle(ms: number, isOver: () => boolean): Promise<void> {
  for (const until = performance.now() + ms; performance.now() < until && !isOver(); ) await sleep(100);
}

async function endSession(visitor: Computer, { sessionId, sandboxPath }: Started, ended: () => unknown): Promise<void> {
  if (ended() === undefined) await visitor.client.call('sessions.end', { sessionId, isNow: true }).catch(() => {});
  await until(() => ended() !== undefined && !existsSync(sandboxPath), `the end of ${sandboxPath}`);
}

function howItEnded(session: Session | undefined): Partial<Trial> {
  if (session === undefined) return {};
  const { exitCode, problem, lastWords } = session;
  return { exitCode, sentence: problem === null ? null : sayProblem(problem), lastWords };
}

/** Lines that are about another program are not its own. */
async function warningsSince(host: Computer, { entry }: Program, fromMs: number): Promise<readonly string[]> {
  const { lines } = await host.client.call('logs.read', { maxLines: 500 });
  return lines.flatMap((line) => {
    const { level, time, msg, offer } = JSON.parse(line) as {
      level: number;
      time: number;
      msg: string;
      offer?: string;
    };
    return level >= WARNING && (offer === undefined || offer === `app:${entry}`) && new Date(time).getTime() >= fromMs
      ? [msg]
      : [];
  });
}

/** The homes of the host's containers. */
export function homesOf({ profileDir }: Computer): readonly string[] {
  const folder = join(profileDir, 'containers');
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name, 'home')) : [];
}

function sandboxPaths(host: Computer): readonly string[] {
  return homesOf(host).flatMap((home) => {
    const folder = join(home, '..');
    return readdirSync(folder)
      .filter((name) => /^sandbox-[0-9a-f]+$/.test(name))
      .map((name) => join(folder, name));
  });
}

/** The outermost bwrap of a sandbox: the path is on its command line. */
async function sandboxPid(path: string): Promise<number> {
  const found = () =>
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .sort((one, other) => one - other)
      .find((pid) => {
        try {
          const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
          return words[0]?.endsWith('bwrap') === true && words.includes(path);
        } catch {
          return false;
        }
      });
  await until(() => path !== '' && found() !== undefined, `the process of ${path}`, 5000);
  return found() ?? 0;
}
