// `npm test [-- --only SECTION,…] [--changed[=COMMIT]]`: sets up, runs every check and ends with one line of counts.
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { changedFiles, testFilesIn, touchedBy } from './changed.mjs';
import { ensureSetUp } from './setup.mjs';
import { asRefusal, exitCodeOf, node24, out, projectPath, Refusal, readText, root, runMain, say } from './tools.mjs';

const results = join(out, 'test');
const unitResults = join(results, 'unit.json');
const e2eResults = join(results, 'e2e.json');
const tool = (...path) => join(root, 'node_modules', ...path);
const biome = tool('@biomejs', 'biome', 'bin', 'biome');
const tsc = tool('typescript', 'bin', 'tsc');
const vitest = tool('vitest', 'vitest.mjs');
const vitestReports = ['--reporter=default', '--reporter=json', `--outputFile.json=${unitResults}`];
const colors = process.stdout.isTTY && process.env.NO_COLOR === undefined;

/** What each section runs, and how its result is counted. */
const sections = {
  format: { steps: [[biome, 'format', '.']], count: countCheck },
  lint: { steps: [[biome, 'check', '--formatter-enabled=false', '.']], count: countCheck },
  types: {
    steps: [
      [tsc, '-p', 'tsconfig.node.json'],
      [tsc, '-p', 'tsconfig.web.json'],
    ],
    count: countCheck,
  },
  unit: {
    steps: [[vitest, 'run', ...vitestReports]],
    count: countUnit,
  },
  e2e: {
    steps: [[join(root, 'scripts', 'e2e.mjs'), '--labs', '2']],
    env: { PLAYWRIGHT_JSON_OUTPUT_FILE: e2eResults },
    count: countE2e,
  },
};

const usage = `Usage: npm test [-- [--only SECTION,…] [--changed[=COMMIT]]]

--only     runs some sections alone: ${Object.keys(sections).join(', ')}
--changed  runs what a change can touch: that of the working tree, or of all since COMMIT`;

/** The quick checks run beside the unit tests; the lab's specs, which watch the clock, run alone. */
const stages = [[['format', 'lint', 'types'], ['unit']], [['e2e']]];

runMain(async () => {
  if (process.argv.some((arg) => arg === '--help' || arg === '-h')) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  const { chosen, since } = readArguments(process.argv.slice(2));
  if (since !== undefined) await leaveOut(chosen, since);
  try {
    await ensureSetUp({ forTests: true });
    rmSync(results, { recursive: true, force: true });
    mkdirSync(results, { recursive: true });
  } catch (error) {
    say(asRefusal(error).message);
    return close([{ passed: 0, failed: 1, skipped: 0 }]);
  }

  const counts = [];
  for (const stage of stages) {
    const lanes = stage.map((names) => names.filter((name) => chosen.includes(name)));
    const printer = createPrinter(lanes.flat());
    const runLane = async (names) => {
      for (const name of names) counts.push(await runSection(name, printer));
    };
    await Promise.all(lanes.map(runLane));
  }
  return close(counts);
});

/** The sections to run, and the commit since which changes count; undefined for all. */
function readArguments(args) {
  let options;
  try {
    // As a flag it stands for the working tree.
    const spelledOut = args.map((arg) => (arg === '--changed' ? '--changed=HEAD' : arg));
    options = parseArgs({ args: spelledOut, options: { only: { type: 'string' }, changed: { type: 'string' } } });
  } catch (error) {
    throw new Refusal(`${error.message}\n\n${usage}`, 2);
  }
  const all = Object.keys(sections);
  const chosen = options.values.only?.split(',') ?? all;
  const unknown = chosen.find((name) => !all.includes(name));
  if (unknown !== undefined) throw new Refusal(`There is no section "${unknown}". Sections: ${all.join(', ')}`, 2);
  return { chosen, since: options.values.changed };
}

/** Takes out of the sections what a change cannot touch. */
async function leaveOut(chosen, since) {
  const files = await changedFiles(since);
  const { specs, tests } = touchedBy(files);
  if (tests !== 'all') {
    const named = await testFilesIn(tests);
    sections.unit.steps = [[vitest, 'related', '--run', '--passWithNoTests', ...vitestReports, ...files, ...named]];
  }
  const names = specs === 'all' ? [] : specs.filter((spec) => typeof spec === 'string');
  const projects = specs === 'all' ? [] : specs.filter((spec) => typeof spec !== 'string');
  if (specs.length === 0) chosen.splice(0, chosen.length, ...chosen.filter((name) => name !== 'e2e'));
  // One call cannot name a whole project beside single files of another: then all of both run.
  else if (projects.length === 0 || names.length === 0)
    sections.e2e.steps[0].push(...names, ...projects.map(({ project }) => `--project=${project}`));
  const left = specs === 'all' ? 'every spec' : specs.length === 0 ? 'no spec' : `these specs: ${describe(specs)}`;
  say(`${files.length} files differ from ${since}. What they can touch: ${left}.`);
}

const describe = (specs) => specs.map((spec) => spec.project ?? spec).join(' ');

/** The closing line, always the last. A run without a single test is a failure. */
function close(counts) {
  const sum = (key) => counts.reduce((total, count) => total + count[key], 0);
  const [passed, failed, skipped] = [sum('passed'), sum('failed'), sum('skipped')];
  const line = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`;
  const code = failed === 0 && passed > 0 ? 0 : 1;
  return new Promise((resolve) => process.stdout.write(line, () => resolve(code)));
}

async function runSection(name, printer) {
  const { steps, env, count } = sections[name];
  const startedMs = performance.now();
  const print = (text) => printer.print(name, text);
  print(`\n── ${name} ──\n`);
  let code = 0;
  for (const step of steps) if (code === 0) code = await runStep(step, env, print);
  const result = count(code);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const skipped = result.skipped > 0 ? `, ${result.skipped} skipped` : '';
  print(
    `── ${name}: ${result.failed > 0 ? 'FAILED' : 'ok'}, ${result.passed} passed, ${result.failed} failed${skipped}, ${seconds} s\n`,
  );
  printer.end(name);
  return result;
}

function runStep(args, env, print) {
  return new Promise((resolve) => {
    const color = colors ? { FORCE_COLOR: '1' } : {};
    const child = spawn(node24, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...color, ...env, PATH: projectPath() },
    });
    const passOn = () => child.kill('SIGTERM');
    process.once('SIGTERM', passOn);
    child.stdout.on('data', print);
    child.stderr.on('data', print);
    child.on('close', (code, signal) => {
      process.off('SIGTERM', passOn);
      resolve(exitCodeOf(code, signal));
    });
  });
}

/** Sections that run side by side are printed one after the other: the first one live, the next when its turn comes. */
function createPrinter(names) {
  const waiting = new Map(names.map((name) => [name, []]));
  const ended = new Set();
  const flush = () => {
    for (const [name, chunks] of waiting) {
      for (const chunk of chunks.splice(0)) process.stdout.write(chunk);
      if (!ended.has(name)) return;
      waiting.delete(name);
    }
  };
  return {
    print(name, chunk) {
      waiting.get(name).push(chunk);
      flush();
    },
    end(name) {
      ended.add(name);
      flush();
    },
  };
}

function countCheck(code) {
  return code === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
}

/** A runner that failed without a failed test (it could not load a file, or died) counts as one failure. */
function countRunner(code, passed, failed, skipped) {
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed, skipped };
}

function countUnit(code) {
  const report = JSON.parse(readText(unitResults) ?? '{}');
  const unloadable = (report.testResults ?? []).filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length;
  const skipped = (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0);
  return countRunner(code, report.numPassedTests ?? 0, (report.numFailedTests ?? 0) + unloadable, skipped);
}

function countE2e(code) {
  const { stats } = JSON.parse(readText(e2eResults) ?? '{}');
  return countRunner(code, (stats?.expected ?? 0) + (stats?.flaky ?? 0), stats?.unexpected ?? 0, stats?.skipped ?? 0);
}
