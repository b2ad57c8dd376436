// Tells whether an input reached a block of code that none before it reached: V8's own counters, asked through the inspector.
import { type Profiler, Session } from 'node:inspector';

export interface Coverage extends Disposable {
  /** Blocks reached since the last call and never before. */
  takeNew(): readonly string[];
  /** From now on these count as reached. */
  keep(blocks: readonly string[]): void;
  readonly size: number;
}

/** Counts the blocks of the files whose path ends with one of these. */
export function startCoverage(covers: readonly string[]): Coverage {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  const known = new Set<string>();
  const isWanted = new Map<string, boolean>();

  function takeNew(): string[] {
    let scripts: readonly Profiler.ScriptCoverage[] = [];
    // Within one thread the answer comes before `post` returns.
    session.post('Profiler.takePreciseCoverage', (_error, answer) => {
      scripts = answer.result;
    });
    const blocks: string[] = [];
    for (const { url, scriptId, functions } of scripts) {
      const isCounted = isWanted.get(url) ?? covers.some((end) => url.endsWith(end));
      isWanted.set(url, isCounted);
      if (!isCounted) continue;
      for (const { ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          const block = `${scriptId} ${startOffset} ${endOffset}`;
          if (count > 0 && !known.has(block)) blocks.push(block);
        }
      }
    }
    return blocks;
  }

  return {
    takeNew,
    keep: (blocks) => {
      for (const block of blocks) known.add(block);
    },
    get size() {
      return known.size;
    },
    [Symbol.dispose]: () => session.disconnect(),
  };
}
