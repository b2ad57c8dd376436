// Runs one fuzzer for a while: fast-check makes inputs of its seeds, its grammar and the mutator, and makes small what fails.
import fc from 'fast-check';
import type { Fuzzer, Target } from './fuzzer.ts';
import { mutateBytes } from './mutate.ts';
import { Made, type Random } from './random.ts';

export interface Finding {
  readonly message: string;
  /** The smallest that was found. */
  readonly input: Uint8Array;
}

export interface SearchOptions {
  readonly seed: number;
  readonly durationMs: number;
  readonly shrinkMs: number;
  readonly signal?: AbortSignal;
  /** Called before each input, for whoever watches from outside. */
  readonly onInput?: (input: Uint8Array) => void;
  readonly onFinding?: (finding: Finding) => void;
  readonly onProgress?: (executions: number) => void;
}

export interface SearchResult {
  readonly executions: number;
  readonly findings: readonly Finding[];
}

const BATCH = 100;
const MAX_FINDINGS = 10;
/** Generous, and far from what anything quadratic takes for the largest inputs. */
const ALLOWANCE_MS = 80;
const ALLOWANCE_MS_PER_KIB = 3;

export async function search(fuzzer: Fuzzer, options: SearchOptions): Promise<SearchResult> {
  const target = await fuzzer.start();
  const seeds = await fuzzer.seeds();
  const inputs = new Made((random) => nextInput(fuzzer, seeds, random));
  const findings = new Map<string, Finding>();
  const endsAt = performance.now() + options.durationMs;
  const isOver = () => performance.now() >= endsAt || options.signal?.aborted === true || findings.size >= MAX_FINDINGS;
  let executions = 0;

  const property = fc.asyncProperty(inputs, async (input) => {
    if (isOver()) return;
    await breathe();
    options.onInput?.(input);
    executions += 1;
    const fault = await faultOf(fuzzer, target, input);
    if (fault !== null && !findings.has(kindOf(fault))) await tell(fault, input);
  });

  async function tell(fault: Error, input: Uint8Array): Promise<void> {
    const kind = kindOf(fault);
    const smallest = await shrink(input, options.shrinkMs, async (candidate) => {
      const other = await faultOf(fuzzer, target, candidate);
      return other !== null && kindOf(other) === kind;
    });
    const finding = { message: String(fault.stack ?? fault), input: smallest };
    findings.set(kind, finding);
    options.onFinding?.(finding);
  }

  let breathedAt = performance.now();
  /** Lets messages in, and tells how it goes. */
  async function breathe(): Promise<void> {
    if (performance.now() - breathedAt < 100) return;
    await new Promise(setImmediate);
    breathedAt = performance.now();
    options.onProgress?.(executions);
  }

  try {
    for (let batch = 0; !isOver(); batch++) {
      const examples = batch === 0 ? seeds.map((input) => [input] as [Uint8Array]) : [];
      await fc.check(property, { seed: options.seed + batch * 1_000_003, numRuns: BATCH + examples.length, examples });
    }
  } finally {
    await target[Symbol.asyncDispose]?.();
  }
  return { executions, findings: [...findings.values()] };
}

function nextInput(fuzzer: Fuzzer, seeds: readonly Uint8Array[], random: Random): Uint8Array {
  const seed = () => (seeds.length === 0 ? new Uint8Array() : random.pick(seeds));
  const cut = (input: Uint8Array) => input.subarray(0, fuzzer.maxBytes);
  if (fuzzer.generate && random.oneIn(4)) return cut(fuzzer.generate(random));
  if (fuzzer.mutate && random.oneIn(2)) {
    let changed = seed();
    for (let times = 1 + random.size(4); times > 0; times--) changed = fuzzer.mutate(random, changed);
    return cut(changed);
  }
  return mutateBytes(random, seed(), seed(), { maxBytes: fuzzer.maxBytes, dictionary: fuzzer.dictionary ?? [] });
}

/** The smallest input that fails in the same way and is found in so much time. */
async function shrink(
  input: Uint8Array,
  limitMs: number,
  isFailing: (input: Uint8Array) => Promise<boolean>,
): Promise<Uint8Array> {
  const endsAt = performance.now() + limitMs;
  const isGood = async (candidate: Uint8Array) => {
    // fast-check begins with the input itself.
    if (candidate === input) return false;
    return performance.now() > endsAt || !(await isFailing(candidate));
  };
  const bytes = fc.uint8Array({ maxLength: input.length });
  const { counterexample } = await fc.check(fc.asyncProperty(bytes, isGood), { numRuns: 1, examples: [[input]] });
  return counterexample?.[0] ?? input;
}

/** What is wrong with this input: what was thrown, or that it took too long each of three times. */
export async function faultOf(fuzzer: Fuzzer, target: Target, input: Uint8Array): Promise<Error | null> {
  const allowedMs = (fuzzer.allowanceMs ?? ALLOWANCE_MS) + (input.length / 1024) * ALLOWANCE_MS_PER_KIB;
  let leastMs = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 3; attempt++) {
    const before = process.threadCpuUsage();
    const startedAt = performance.now();
    try {
      await target.run(input);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
    if (performance.now() - startedAt <= allowedMs) return null;
    // On a busy computer the clock goes on while nothing runs; the processor's time does not.
    const { user, system } = process.threadCpuUsage(before);
    leastMs = Math.min(leastMs, (user + system) / 1000);
    if (leastMs <= allowedMs) return null;
    if (leastMs > 10 * allowedMs) break;
  }
  const slow = new Error(`slow: ${Math.round(leastMs)} ms for ${input.length} bytes, ${Math.round(allowedMs)} allowed`);
  slow.name = 'Slow';
  slow.stack = slow.message;
  return slow;
}

/** Findings of one kind are told once: the same place, or the same claim. */
function kindOf(error: Error): string {
  if (error.name === 'Slow') return 'slow';
  if (error.name === 'BrokenClaim') return error.message.replace(/[:"].*$/s, '').replace(/\d+/g, 'N');
  const place = /\n\s+at (.*)/.exec(error.stack ?? '')?.[1] ?? '';
  return `${error.name} ${place}`;
}
