import { describe, expect, it } from 'vitest';
import { bytesOf, claim, type Fuzzer } from './fuzzer.ts';
import { search } from './search.ts';
import { fuzzers } from './table.ts';

/** The same search each time, so that only a change can break it; `npm run fuzz` searches where nobody has been. */
const seed = Number(process.env['FUZZ_SEED'] ?? 1);
const DURATION_MS = 300;
/** Whole cores start before the search, which takes its time where the computer is busy. */
const TIMEOUT_MS = 60_000;

describe(`parsers of what comes from outside (FUZZ_SEED=${seed})`, () => {
  it.each(fuzzers.map((fuzzer) => [fuzzer.name, fuzzer] as const))(
    '%s',
    async (_name, fuzzer) => {
      const result = await search(fuzzer, { seed, durationMs: DURATION_MS, shrinkMs: 1500 });
      const told = result.findings.map(
        ({ message, input }) =>
          `FUZZ_SEED=${seed} found ${JSON.stringify(Buffer.from(input.subarray(0, 500)).toString('latin1'))}\n${message}`,
      );
      expect(told.join('\n\n')).toBe('');
      expect(result.executions).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );
});

describe('the search', () => {
  const fuzzer = (run: (text: string) => void): Fuzzer => ({
    name: 'made up',
    maxBytes: 4096,
    seeds: () => [bytesOf('hello world')],
    start: () => ({ run: (input) => run(Buffer.from(input).toString('latin1')) }),
  });
  const options = { seed: 1, durationMs: 3000, shrinkMs: 1000 };

  it('finds what breaks a claim, and makes it small', async () => {
    const { findings } = await search(
      fuzzer((text) => claim(!text.includes('\0'), 'has no NUL')),
      options,
    );
    expect(findings.map(({ input }) => [...input])).toEqual([[0]]);
  });

  it('finds what takes more time than its size allows', async () => {
    const { findings } = await search(
      fuzzer((text) => void /( +)+x$/.test(text.slice(0, 26))),
      options,
    );
    expect(findings[0]?.message).toMatch(/^slow/);
  });

  it('repeats itself for the same seed', async () => {
    const inputs = async () => {
      const all: string[] = [];
      const stop = new AbortController();
      await search(
        fuzzer((text) => {
          if (all.push(text) === 500) stop.abort();
        }),
        { ...options, signal: stop.signal },
      );
      return all;
    };
    expect(await inputs()).toEqual(await inputs());
  });
});
