// What a fuzzer is: one entry of the table, from bytes that nobody made with care to claims about what a parser makes of them.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Random } from './random.ts';

export interface Fuzzer {
  readonly name: string;
  /** The largest input that is tried. */
  readonly maxBytes: number;
  /** Words of the format, for the mutator. */
  readonly dictionary?: readonly string[];
  /** Real inputs to begin with. */
  readonly seeds: () => Promise<readonly Uint8Array[]> | readonly Uint8Array[];
  /** A new input by the grammar of the format. */
  readonly generate?: (random: Random) => Uint8Array;
  /** A change that knows the format, tried as often as the changes of bytes. */
  readonly mutate?: (random: Random, input: Uint8Array) => Uint8Array;
  /** More than the usual allowance for one input, for what waits for a disk or a socket. */
  readonly allowanceMs?: number;
  readonly start: () => Promise<Target> | Target;
}

export interface Target extends Partial<AsyncDisposable> {
  /** Whatever this throws is a finding. Must not depend on earlier inputs, so that it can be run again. */
  readonly run: (input: Uint8Array) => void | Promise<void>;
}

/** A promise of a parser that did not hold. */
export class BrokenClaim extends Error {
  override readonly name = 'BrokenClaim';
}

export function claim(isTrue: boolean, what: string): asserts isTrue {
  if (!isTrue) throw new BrokenClaim(what);
}

export function claimEqual(actual: unknown, expected: unknown, what: string): void {
  const [one, other] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (one !== other) throw new BrokenClaim(`${what}: ${one?.slice(0, 300)} is not ${other?.slice(0, 300)}`);
}

/** Runs the work; the documented error is as good as a result, any other is a finding. */
export function allow<T>(isDocumented: (error: unknown) => boolean, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (isDocumented(error)) return undefined;
    throw error;
  }
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
/** As a program would read a file: wrong bytes become U+FFFD. */
export const textOf = (bytes: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);

/** Characters that no line shown to a person may have: controls, what reorders or hides, line ends, lone surrogates. */
const UNSHOWABLE =
  /(?!\u200c|\u200d|\ufe0f)[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\u061c\u200e\u200f\u202a-\u202e\u2800]/u;

export function claimShowable(text: string, what: string): void {
  const match = UNSHOWABLE.exec(text);
  claim(match === null, `${what} has U+${match?.[0].codePointAt(0)?.toString(16)}`);
}

/** A folder that goes with the target. */
export async function temporaryFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'ebp-fuzz-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
