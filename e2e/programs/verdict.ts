// What is said of a program that was tried: an outcome, and why, out of what was measured.
import type { Program } from './table.ts';
import type { Window } from './windows.ts';

export interface Trial {
  readonly program: Program;
  /** Why it could not even be asked for; else null. */
  readonly notOffered: string | null;
  /** Milliseconds from the yes until its window had something in it; null when it never had. */
  readonly paintedMs: number | null;
  readonly titles: readonly string[];
  readonly livedTenSeconds: boolean;
  readonly exitCode: number | null;
  /** The sentence that its visitor reads when it fails. */
  readonly sentence: string | null;
  /** What the program itself said at last. */
  readonly lastWords: readonly string[];
  /** Of our own log, while it ran. */
  readonly warnings: readonly string[];
  /** Share of a processor's time over five seconds in which nobody did anything, without its display's. */
  readonly idleShare: number | null;
  readonly memoryMiB: number | null;
  /** asks: it opened another window, as for something that is not saved. */
  readonly closes: 'yes' | 'asks' | 'no' | null;
  /** What the sentence was without a sandbox of its own, where it is tried with one. */
  readonly without: string | null;
  /**
   * What it showed at the next start, and at the one after that, which it had not shown at the first: a window that speaks of what
   * was not saved. Null for none; undefined where that was not tried.
   */
  readonly greeting?: string | null;
  /** Of what is done with it. */
  readonly deed: { readonly isDone: boolean; readonly words: string } | null;
}

export type Outcome = 'works' | 'works with' | 'cannot';

/** Titles of windows that say that something went wrong. Documentation and tips have other ones. */
const ERROR_TITLE =
  /\b(errors?|fail(ed|ure)|fatal|crash(ed)?|exception|traceback|unable|cannot|can't|could not|couldn't|not found|missing|problem|sorry|abort(ed)?)\b/i;

export function errorTitle(titles: readonly string[]): string | undefined {
  return titles.find((title) => ERROR_TITLE.test(title));
}

export function judge(trial: Trial): { readonly outcome: Outcome; readonly why: string } {
  const { notOffered, paintedMs, livedTenSeconds, exitCode, deed, program, closes, greeting } = trial;
  const cannot = (why: string) => ({ outcome: 'cannot', why }) as const;
  if (notOffered !== null) return cannot(notOffered);
  if (paintedMs === null) return cannot(inFull(trial) ?? `no window with anything in it within ${program.seconds} s`);
  const error = errorTitle(trial.titles);
  if (error !== undefined) return cannot(`it shows “${error}”`);
  if (!livedTenSeconds) return cannot(inFull(trial) ?? `it ended within 10 s with exit code ${exitCode}`);
  if (deed !== null && !deed.isDone) return cannot(deed.words);
  if (program.discard !== undefined && closes !== 'asks')
    return cannot(closes === 'yes' ? 'with a text that is not saved it does not ask' : '“Don’t save” does not end it');
  if (greeting) return cannot(`after “Don’t save” it starts with “${greeting}”`);
  const notes = [
    ...(deed === null ? [] : [deed.words]),
    ...(closes === 'no' ? ['does not end when its windows are closed'] : []),
  ].join('; ');
  return program.ownSandbox === true
    ? { outcome: 'works with', why: ['the setting “Own sandbox”', notes].filter(Boolean).join('; ') }
    : { outcome: 'works', why: notes };
}

/** The first title that was not there at the first start. */
export function newTitle(first: readonly string[], later: readonly string[]): string | null {
  return later.find((title) => !first.includes(title)) ?? null;
}

function inFull({ sentence, lastWords }: Trial): string | null {
  const last = lastWords.at(-1);
  return sentence === null || last === undefined ? sentence : `${sentence} Its last words: “${last}”`;
}

/** How far from its place a pointer is drawn, at most. */
const POINTER = 40;

/** How many pixels of a window, without the pointer, are of another colour than most of it: a window that is there and empty has none. */
export function inkOfWindow(
  { width, height, rgb }: { readonly width: number; readonly height: number; readonly rgb: Buffer },
  window: Pick<Window, 'x' | 'y' | 'width' | 'height'>,
  pointer: { readonly x: number; readonly y: number },
): number {
  const counts = new Map<number, number>();
  const [left, top] = [Math.max(0, window.x), Math.max(0, window.y)];
  const [right, bottom] = [Math.min(width, window.x + window.width), Math.min(height, window.y + window.height)];
  let total = 0;
  for (let y = top; y < bottom; y += 1) {
    for (let x = left; x < right; x += 1) {
      if (Math.abs(x - pointer.x) <= POINTER && Math.abs(y - pointer.y) <= POINTER) continue;
      const colour = rgb.readUIntBE((y * width + x) * 3, 3);
      counts.set(colour, (counts.get(colour) ?? 0) + 1);
      total += 1;
    }
  }
  return total - Math.max(0, ...counts.values());
}
