// Runs one fuzzer: inputs from its seeds, its grammar and the mutator; what reaches new code is kept and changed further.
import { type Coverage, startCoverage } from './coverage.ts';
import type { Fuzzer, Target } from './fuzzer.ts';
import { mutateBytes } from './mutate.ts';
import { createRandom, type Random } from './random.ts';
import { shrink } from './shrink.ts';

export interface Finding {
  readonly message: string;
  /** The smallest that was found. */
  readonly input: Uint8Array;
}

export interface LoopOptions {
  readonly seed: number;
  readonly durationMs: number;
  /** Whether V8's counters choose what is kept. */
  readonly isGuided: boolean;
  readonly shrinkMs: number;
  readonly signal?: AbortSignal;
  /** Called before each input, for whoever watches from outside. */
  readonly onInput?: (input: Uint8Array) => void;
  readonly onFinding?: (finding: Finding) => void;
  readonly onProgress?: (progress: LoopProgress) => void;
}

export interface LoopProgress {
  readonly executions: number;
  readonly corpusSize: number;
  readonly blocks: number;
}

export interface LoopResult extends LoopProgress {
  readonly findings: readonly Finding[];
}

const BATCH_MS = 150;
const MAX_BATCH = 512;
const MAX_CORPUS = 3000;
const MAX_FINDINGS = 10;
/** Generous, and far from what anything quadratic takes for the largest inputs. */
const ALLOWANCE_MS = 80;
const ALLOWANCE_MS_PER_KIB = 3;

export async function runLoop(fuzzer: Fuzzer, options: LoopOptions): Promise<LoopResult> {
  const random = createRandom(options.seed);
  const target = await fuzzer.start();
  const coverage = options.isGuided ? startCoverage(fuzzer.covers) : null;
  const seeds = await fuzzer.seeds();
  const corpus: Uint8Array[] = [...seeds];
  const findings = new Map<string, Finding>();
  const endsAt = performance.now() + options.durationMs;
  const isOver = () => performance.now() >= endsAt || options.signal?.aborted === true || findings.size >= MAX_FINDINGS;
  let executions = 0;
  let yieldedAt = performance.now();
  let toldAt = yieldedAt;
  const left = [...seeds];

  async function execute(input: Uint8Array): Promise<void> {
    options.onInput?.(input);
    executions += 1;
    const fault = await faultOf(fuzzer, target, input);
    if (fault === null) return;
    const kind = kindOf(fault);
    if (findings.has(kind)) return;
    const isFailing = async (candidate: Uint8Array) => {
      const other = await faultOf(fuzzer, target, candidate);
      return other !== null && kindOf(other) === kind;
    };
    const smallest = await shrink(input, isFailing, options.shrinkMs);
    const finding = { message: String(fault.stack ?? fault), input: smallest };
    findings.set(kind, finding);
    options.onFinding?.(finding);
  }

  try {
    while (!isOver()) {
      const batch = await runBatch();
      if (coverage !== null && coverage.takeNew().length > 0) await keepNew(batch, coverage);
    }
  } finally {
    coverage?.[Symbol.dispose]();
    await target[Symbol.asyncDispose]?.();
  }
  return { executions, corpusSize: corpus.length, blocks: coverage?.size ?? 0, findings: [...findings.values()] };

  async function runBatch(): Promise<readonly Uint8Array[]> {
    const batch: Uint8Array[] = [];
    const batchEndsAt = performance.now() + BATCH_MS;
    while (batch.length < MAX_BATCH && performance.now() < batchEndsAt && !isOver()) {
      const input = left.shift() ?? nextInput();
      batch.push(input);
      await execute(input);
      await breathe();
    }
    return batch;
  }

  /** Lets messages in, and tells how it goes. */
  async function breathe(): Promise<void> {
    const now = performance.now();
    if (now - yieldedAt < 100) return;
    yieldedAt = now;
    await new Promise(setImmediate);
    if (now - toldAt < 1000) return;
    toldAt = now;
    options.onProgress?.({ executions, corpusSize: corpus.length, blocks: coverage?.size ?? 0 });
  }

  /** Asking costs as much as many inputs: the batch that brought something new is halved until it is known which did. */
  async function keepNew(batch: readonly Uint8Array[], counters: Coverage): Promise<void> {
    if (isOver()) return;
    for (const input of batch) await execute(input);
    await breathe();
    const blocks = counters.takeNew();
    const [only] = batch;
    if (blocks.length === 0 || only === undefined) return;
    if (batch.length > 1) {
      await keepNew(batch.slice(0, batch.length >> 1), counters);
      await keepNew(batch.slice(batch.length >> 1), counters);
      return;
    }
    counters.keep(blocks);
    if (corpus.length < MAX_CORPUS) corpus.push(only);
    else corpus[random.below(corpus.length)] = only;
  }

  function nextInput(): Uint8Array {
    if (fuzzer.generate && (corpus.length === 0 || random.oneIn(4))) return cut(fuzzer.generate(random));
    const input = chosen(random);
    if (fuzzer.mutate && random.oneIn(2)) {
      let changed = input;
      for (let times = 1 + random.size(4); times > 0; times--) changed = fuzzer.mutate(random, changed);
      return cut(changed);
    }
    return mutateBytes(random, input, chosen(random), {
      maxBytes: fuzzer.maxBytes,
      dictionary: fuzzer.dictionary ?? [],
    });
  }

  function chosen(from: Random): Uint8Array {
    if (corpus.length === 0) return new Uint8Array();
    // What came last reached what is newest.
    const recent = Math.max(0, corpus.length - 20);
    return corpus[
      from.oneIn(3) ? recent + from.below(corpus.length - recent) : from.below(corpus.length)
    ] as Uint8Array;
  }

  function cut(input: Uint8Array): Uint8Array {
    return input.subarray(0, fuzzer.maxBytes);
  }
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
