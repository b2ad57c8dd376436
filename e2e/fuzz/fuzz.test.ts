import { describe, expect, it } from 'vitest';
import { bytesOf, claim, type Fuzzer } from './fuzzer.ts';
import { runLoop } from './loop.ts';
import { fuzzers } from './table.ts';

/** The same search each time, so that a change breaks it and not the day; `npm run fuzz` searches where nobody has been. */
const seed = Number(process.env['FUZZ_SEED'] ?? 1);
const DURATION_MS = 300;

describe(`parsers of what comes from outside (FUZZ_SEED=${seed})`, () => {
  it.each(fuzzers.map((fuzzer) => [fuzzer.name, fuzzer] as const))('%s', async (_name, fuzzer) => {
    const result = await runLoop(fuzzer, { seed, durationMs: DURATION_MS, isGuided: false, shrinkMs: 1500 });
    const told = result.findings.map(
      ({ message, input }) =>
        `FUZZ_SEED=${seed} found ${JSON.stringify(Buffer.from(input.subarray(0, 500)).toString('latin1'))}\n${message}`,
    );
    expect(told.join('\n\n')).toBe('');
    expect(result.executions).toBeGreaterThan(0);
  });
});

describe('the search', () => {
  const fuzzer = (run: (text: string) => void): Fuzzer => ({
    name: 'made up',
    covers: ['fuzz.test.ts'],
    maxBytes: 4096,
    seeds: () => [bytesOf('hello world')],
    start: () => ({ run: (input) => run(Buffer.from(input).toString('latin1')) }),
  });
  const options = { seed: 1, durationMs: 3000, isGuided: false, shrinkMs: 1000 };

  it('finds what breaks a claim, and makes it small', async () => {
    const { findings } = await runLoop(
      fuzzer((text) => claim(!text.includes('\0'), 'has no NUL')),
      options,
    );
    expect(findings.map(({ input }) => [...input])).toEqual([[0]]);
  });

  it('finds what takes more time than its size allows', async () => {
    const { findings } = await runLoop(
      fuzzer((text) => void /( +)+x$/.test(text.slice(0, 26))),
      options,
    );
    expect(findings[0]?.message).toMatch(/^slow/);
  });

  it('repeats itself for the same seed', async () => {
    const inputs = async () => {
      const all: string[] = [];
      const stop = new AbortController();
      await runLoop(
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
