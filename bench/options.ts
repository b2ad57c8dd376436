// The options of `npm run bench`.
import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** The topics to measure; all when empty. */
  readonly only: readonly string[];
  /** How often each thing is measured. */
  readonly runs: number;
  /** Few runs of small size: whether it works, not how fast it is. */
  readonly isShort: boolean;
  /** Prints when each step of a launch happened. */
  readonly isTraced: boolean;
}

export const usage = (
  topics: readonly string[],
) => `Usage: npm run bench -- [--only TOPIC]… [--runs N] [--short] [--trace]

Measures the product beside the alternatives, on three computers of the lab, and writes bench/results/latest.json.
  --only TOPIC  measures this alone, or several: --only launch,tunnel; discovery only so (it compares libraries, for 25 minutes)
  --runs N      how often each thing is measured, from 1 to 100 (7)
  --short       few runs of small size: whether it works, not how fast it is
  --trace       prints when each step of a launch happened

Topics: ${topics.join(', ')}`;

/** @throws Error with a message of one line */
export function parseOptions(args: readonly string[], topics: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true },
      runs: { type: 'string' },
      short: { type: 'boolean' },
      trace: { type: 'boolean' },
    },
  });
  const isShort = values.short === true;
  const runs = Number(values.runs ?? (isShort ? 1 : 7));
  if (!Number.isInteger(runs) || runs < 1 || runs > 100) throw new Error('--runs: expected a number from 1 to 100');
  const only = (values.only ?? []).flatMap((names) => names.split(','));
  const unknown = only.find((name) => !topics.includes(name));
  if (unknown !== undefined) throw new Error(`--only: there is no ${unknown}; there are ${topics.join(', ')}`);
  return { only, runs, isShort, isTraced: values.trace === true };
}
