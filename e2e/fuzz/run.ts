// `npm run fuzz`: every fuzzer of the table for its share of the time, two at a time, each in a process of its own.
import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Fuzzer } from './fuzzer.ts';
import { faultOf } from './search.ts';
import { fuzzers } from './table.ts';
import type { WorkerMessage } from './worker.ts';

const PROCESSES = 2;
/** A process that says nothing for so long is stuck in one input. */
const SILENCE_MS = 30_000;
const MAX_HEAP_MIB = 768;
const findingsDir = join(import.meta.dirname, '../../out/fuzz');

interface Job {
  readonly fuzzer: Fuzzer;
  readonly seed: number;
  readonly seconds: number;
}

interface Outcome {
  executions: number;
  findings: number;
}

const say = (line: string) => process.stdout.write(`${line}\n`);

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    only: { type: 'string' },
    seed: { type: 'string' },
    input: { type: 'string' },
    list: { type: 'boolean' },
  },
});
process.exitCode = await main();

async function main(): Promise<number> {
  if (values.list) {
    for (const { name } of fuzzers) say(name);
    return 0;
  }
  const names = values.only?.split(',');
  const chosen = fuzzers.filter(({ name }) => names === undefined || names.includes(name));
  const unknown = names?.find((name) => !fuzzers.some((fuzzer) => fuzzer.name === name));
  const [totalSeconds, seed] = [Number(values.seconds), Number(values.seed ?? Date.now() % 2 ** 31)];
  if (unknown !== undefined || !(totalSeconds > 0) || !Number.isSafeInteger(seed)) {
    say(unknown === undefined ? 'Seconds and seed must be numbers.' : `There is no fuzzer "${unknown}".`);
    say(
      `npm run fuzz -- [--seconds N] [--only NAME,…] [--seed N]; names: ${fuzzers.map(({ name }) => name).join(', ')}`,
    );
    return 2;
  }
  if (values.input !== undefined) return await runOne(chosen, values.input);

  await using folder = await makeFolder();
  const stop = new AbortController();
  process.on('SIGINT', () => stop.abort());
  process.on('SIGTERM', () => stop.abort());
  // A single fuzzer has both processes, with a seed for each.
  const each = chosen.length === 1 ? Array.from({ length: PROCESSES }, () => chosen).flat() : chosen;
  const seconds = (totalSeconds * PROCESSES) / each.length;
  const jobs = each.map((fuzzer, index): Job => ({ fuzzer, seed: seed + index, seconds }));
  say(`${chosen.length} fuzzers, ${seconds.toFixed(1)} s each in ${PROCESSES} processes, seed ${seed}`);
  let findings = 0;
  const waiting = [...jobs];
  const lane = async (number: number) => {
    for (let job = waiting.shift(); job !== undefined && !stop.signal.aborted; job = waiting.shift()) {
      findings += (await runJob(job, join(folder.path, `input-${number}`), stop.signal)).findings;
    }
  };
  await Promise.all(Array.from({ length: PROCESSES }, (_, number) => lane(number)));
  say(`${findings} ${findings === 1 ? 'finding' : 'findings'}${stop.signal.aborted ? ', stopped early' : ''}`);
  return findings === 0 ? 0 : 1;
}

/** One input again, from a file. */
async function runOne(chosen: readonly Fuzzer[], path: string): Promise<number> {
  const input = await readFile(path);
  let isGood = true;
  for (const fuzzer of chosen) {
    const target = await fuzzer.start();
    const fault = await faultOf(fuzzer, target, input);
    await target[Symbol.asyncDispose]?.();
    say(`${fuzzer.name}: ${fault === null ? 'nothing wrong' : (fault.stack ?? fault.message)}`);
    isGood &&= fault === null;
  }
  return isGood ? 0 : 1;
}

async function makeFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'ebp-fuzz-run-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

async function runJob(job: Job, inputPath: string, signal: AbortSignal): Promise<Outcome> {
  const { fuzzer, seed, seconds } = job;
  const outcome: Outcome = { executions: 0, findings: 0 };
  const startedAt = performance.now();
  const child = fork(join(import.meta.dirname, 'worker.ts'), [fuzzer.name, String(seed), String(seconds), inputPath], {
    execArgv: [`--max-old-space-size=${MAX_HEAP_MIB}`],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const stop = () => child.connected && child.send('stop');
  signal.addEventListener('abort', stop);
  const reports: Promise<void>[] = [];
  const report = (message: string, input: Uint8Array) => {
    outcome.findings += 1;
    reports.push(tellFinding(job, message, input));
  };
  let isDone = false;
  let silence: NodeJS.Timeout | undefined;
  const listen = () => {
    clearTimeout(silence);
    silence = setTimeout(() => child.kill('SIGKILL'), SILENCE_MS);
  };
  listen();
  child.on('message', (message: WorkerMessage) => {
    listen();
    if (message.kind === 'finding') report(message.message, Buffer.from(message.input, 'base64'));
    else outcome.executions = message.executions;
    isDone ||= message.kind === 'done';
  });
  const why = await ended(child);
  clearTimeout(silence);
  signal.removeEventListener('abort', stop);
  if (!isDone) report(`the process ended in this input: ${why}`, await readLastInput(inputPath));
  await Promise.all(reports);
  const elapsedS = (performance.now() - startedAt) / 1000;
  say(
    [
      fuzzer.name.padEnd(18),
      `${String(outcome.executions).padStart(9)} runs`,
      `${String(Math.round(outcome.executions / elapsedS)).padStart(7)}/s`,
      `${outcome.findings} findings`,
    ].join('  '),
  );
  return outcome;
}

function ended(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) =>
      resolve(signal === 'SIGKILL' ? `nothing was heard for ${SILENCE_MS / 1000} s` : `exit ${code ?? signal}`),
    );
  });
}

async function readLastInput(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch(() => Buffer.alloc(0));
  return bytes.length < 4 ? bytes : bytes.subarray(4, 4 + bytes.readUInt32BE());
}

async function tellFinding({ fuzzer, seed }: Job, message: string, input: Uint8Array): Promise<void> {
  const hash = createHash('sha256').update(input).digest('hex').slice(0, 12);
  await mkdir(findingsDir, { recursive: true });
  const path = join(findingsDir, `${fuzzer.name}-${hash}`);
  await writeFile(path, input);
  const shown = JSON.stringify(Buffer.from(input).toString('latin1'));
  say(`\nFINDING in ${fuzzer.name} (seed ${seed}), ${input.length} bytes:`);
  say(message.split('\n').slice(0, 8).join('\n'));
  say(`  ${shown.length > 600 ? `${shown.slice(0, 600)}…` : shown}`);
  say(`  again: npm run fuzz -- --only ${fuzzer.name} --input ${path}\n`);
}
