// Runs the Playwright specs on several labs at once: who is done takes the next files, the longest first.
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { exitCodeOf, node24, out, projectPath, Refusal, readText, root, runQuietly, say } from './tools.mjs';

const results = join(out, 'test', 'labs');
const playwright = [
  node24,
  join(root, 'node_modules', '@playwright', 'test', 'cli.js'),
  'test',
  '-c',
  join(root, 'e2e', 'playwright.config.ts'),
];

/** In the lab everybody is uid 0: in the default folder, below /tmp, users of this computer would be in each other's way. */
export const playwrightEnvironment = () => ({
  ...process.env,
  PWTEST_CACHE_DIR: join(out, '.playwright'),
  PATH: projectPath(),
});

/** The command line that runs Playwright in a lab of its own. */
export const onLab = (args) => [join(root, 'lab', 'lab.mjs'), '--hosts', '3', ...playwright, ...args];

/**
 * These files wait for slow things, about this many seconds in each test. They come first, so that nobody waits for them at the
 * end. A file that is not named here counts with 3 s.
 */
const SECONDS_A_TEST = {
  'specs/recovery.spec.ts': 25,
  'specs/full-disk.spec.ts': 20,
  'specs/history.spec.ts': 16,
  'specs/discovery.spec.ts': 9,
};
/** They measure how soon something happens: nothing else runs meanwhile. */
const ALONE = ['attacks/flood.spec.ts', 'attacks/revocation.spec.ts'];
/** What starting Playwright, a browser and three computers costs. */
const SECONDS_A_FILE = 6;

/**
 * @param args file names and options for Playwright, but no reporter
 * @param labs how many at a time
 * @param reportPath where the report goes, in the form of Playwright's JSON reporter
 * @returns the exit code
 */
export async function runSideBySide(args, labs, reportPath) {
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  const all = await listFiles(args);
  const startedMs = performance.now();
  const chunks = [];
  const stop = new AbortController();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  const onSignal = (signal) => stop.abort(signal);
  for (const signal of signals) process.on(signal, onSignal);
  let started = 0;
  const run = async (lab, chunk) => {
    if (!stop.signal.aborted) chunks.push(await runChunk({ lab, number: started++, args, chunk, stop: stop.signal }));
  };

  const waiting = all.filter(({ file }) => !ALONE.includes(file)).sort((a, b) => b.seconds - a.seconds);
  const workers = Array.from({ length: labs }, async (_, index) => {
    const lab = String.fromCharCode(65 + index);
    while (waiting.length > 0 && !stop.signal.aborted) await run(lab, takeChunk(waiting, labs));
  });
  await Promise.all(workers);
  for (const one of all.filter(({ file }) => ALONE.includes(file))) await run('A', [one]);

  for (const signal of signals) process.off(signal, onSignal);
  if (stop.signal.aborted) return exitCodeOf(null, stop.signal.reason);
  const report = merge(chunks, (performance.now() - startedMs) / 1000);
  if (reportPath !== undefined) writeFileSync(reportPath, JSON.stringify(report));
  return printEnd(report, chunks);
}

/** The files of each project, with the time that they are expected to take. */
async function listFiles(args) {
  const { code, output } = await runQuietly(
    playwright[0],
    [...playwright.slice(1), ...args, '--list', '--reporter=json'],
    // An empty name means no file: the list is printed.
    { env: { ...playwrightEnvironment(), PLAYWRIGHT_JSON_OUTPUT_FILE: '' } },
  );
  if (code !== 0) throw new Refusal(`Playwright cannot list these specs:\n${output.slice(0, 2000)}`, code);
  const { suites } = JSON.parse(output.slice(output.indexOf('{')));
  const counts = new Map();
  const count = (file, suite) => {
    for (const inner of suite.suites ?? []) count(file, inner);
    for (const { tests } of suite.specs ?? [])
      for (const { projectName } of tests) {
        const key = `${projectName} ${file}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
  };
  for (const suite of suites) count(suite.file, suite);
  return [...counts].map(([key, tests]) => {
    const [project, file] = key.split(' ');
    return { project, file, seconds: SECONDS_A_FILE + tests * (SECONDS_A_TEST[file] ?? 3) };
  });
}

/** The longest file, and others of its project as long as it stays a small part of what is left: then all end at the same time. */
function takeChunk(waiting, labs) {
  const fairSeconds = waiting.reduce((sum, { seconds }) => sum + seconds, 0) / labs / 4;
  const [first] = waiting.splice(0, 1);
  const chunk = [first];
  for (const next of [...waiting]) {
    const sum = chunk.reduce((total, { seconds }) => total + seconds, 0);
    if (next.project !== first.project || sum + next.seconds > fairSeconds) continue;
    chunk.push(next);
    waiting.splice(waiting.indexOf(next), 1);
  }
  return chunk;
}

/** Runs some files of one project in a lab of its own, each line with the lab's letter before it. */
function runChunk({ lab, number, args, chunk, stop }) {
  const options = args.filter((arg, at) => arg.startsWith('-') || args[at - 1] === '--grep' || args[at - 1] === '-g');
  const json = join(results, `${number}.json`);
  const command = onLab([
    ...chunk.map(({ file }) => `e2e/${file}`),
    ...options.filter((option) => !option.startsWith('--project')),
    `--project=${chunk[0].project}`,
    '--reporter=list,json',
    `--output=${join(out, 'test', 'e2e', String(number))}`,
  ]);
  return new Promise((resolve) => {
    const env = { ...playwrightEnvironment(), PLAYWRIGHT_JSON_OUTPUT_FILE: json };
    const child = spawn(node24, command, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env });
    // The terminal gives Ctrl+C to the lab by itself.
    const passOn = () => stop.reason !== 'SIGINT' && child.kill(stop.reason);
    stop.addEventListener('abort', passOn, { once: true });
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => {
        if (line.trim() !== '') process.stdout.write(`${lab} │ ${line}\n`);
      });
    child.on('close', (code, signal) => {
      stop.removeEventListener('abort', passOn);
      resolve({ chunk, code: exitCodeOf(code, signal), report: JSON.parse(readText(json) ?? 'null') });
    });
  });
}

/** One report of all; a chunk that left none, or failed without a failed test, counts as a failure. */
function merge(chunks, seconds) {
  const sum = (key) => chunks.reduce((total, { report }) => total + (report?.stats[key] ?? 0), 0);
  const broken = chunks.filter(({ code, report }) => code !== 0 && !(report?.stats.unexpected > 0));
  return {
    suites: chunks.flatMap(({ report }) => report?.suites ?? []),
    stats: {
      duration: seconds * 1000,
      expected: sum('expected'),
      flaky: sum('flaky'),
      unexpected: sum('unexpected') + broken.length,
      skipped: sum('skipped'),
    },
  };
}

function printEnd({ suites, stats }, chunks) {
  const tests = suites.flatMap((suite) => testsOf(suite, []));
  const name = ({ project, titles }) => `[${project}] ${titles.join(' › ')}`;
  for (const test of tests.filter(({ status }) => status === 'flaky'))
    process.stdout.write(`needed a second try: ${name(test)}\n`);
  for (const test of tests.filter(({ status }) => status === 'unexpected'))
    process.stdout.write(`failed: ${name(test)}\n`);
  for (const { chunk, code, report } of chunks)
    if (code !== 0 && !(report?.stats.unexpected > 0))
      process.stdout.write(`ended with ${code}: ${chunk.map(({ file }) => file).join(' ')}\n`);
  say(`${chunks.length} labs, ${Math.round(stats.duration / 1000)} s.`);
  return stats.unexpected > 0 ? 1 : 0;
}

function testsOf({ title, suites = [], specs = [] }, above) {
  const titles = [...above, title];
  return [
    ...specs.flatMap((spec) =>
      spec.tests.map(({ projectName, status }) => ({
        project: projectName,
        status,
        titles: [...titles, spec.title],
      })),
    ),
    ...suites.flatMap((suite) => testsOf(suite, titles)),
  ];
}
