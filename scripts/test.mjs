// `npm test [-- --only SECTION,…]`: sets up, runs every check and ends with one line of counts.
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureSetUp } from './setup.mjs';
import { asRefusal, exitCodeOf, node24, out, projectPath, Refusal, readText, root, runMain, say } from './tools.mjs';

const results = join(out, 'test');
const unitResults = join(results, 'unit.json');
const e2eResults = join(results, 'e2e.json');
const tool = (...path) => join(root, 'node_modules', ...path);
const biome = tool('@biomejs', 'biome', 'bin', 'biome');
const tsc = tool('typescript', 'bin', 'tsc');
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
    steps: [
      [
        tool('vitest', 'vitest.mjs'),
        'run',
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${unitResults}`,
      ],
    ],
    count: countUnit,
  },
  e2e: {
    steps: [[join(root, 'scripts', 'e2e.mjs'), '--reporter=list,json']],
    env: { PLAYWRIGHT_JSON_OUTPUT_FILE: e2eResults },
    count: countE2e,
  },
};

/** The quick checks run beside the unit tests; the lab's specs, which watch the clock, run alone. */
const stages = [[['format', 'lint', 'types'], ['unit']], [['e2e']]];

runMain(async () => {
  const chosen = readChosen(process.argv.slice(2));
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

function readChosen(args) {
  const all = Object.keys(sections);
  const at = args.findIndex((arg) => arg === '--only' || arg.startsWith('--only='));
  if (at < 0) {
    if (args.length > 0) throw new Refusal(`npm test knows no ${args[0]}. It takes: --only ${all.join(',')}`, 2);
    return all;
  }
  const chosen = (args[at].split('=')[1] ?? args[at + 1] ?? '').split(',');
  const unknown = chosen.find((name) => !all.includes(name));
  if (unknown === undefined) return chosen;
  throw new Refusal(`There is no section "${unknown}". Sections: ${all.join(', ')}`, 2);
}

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
