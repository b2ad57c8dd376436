// `npm run attacks`: everything under e2e/attacks alone, a line for each attack and probe, and their count at the end.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureSetUp } from './setup.mjs';
import {
  asksForHelp,
  lastLines,
  node24,
  out,
  projectPath,
  readOptions,
  readText,
  root,
  runMain,
  runQuietly,
  say,
} from './tools.mjs';

const folder = join(root, 'e2e', 'attacks');
const results = join(out, 'attacks');

runMain(async () => {
  const args = process.argv.slice(2);
  if (asksForHelp(args)) {
    process.stdout.write(
      'Usage: npm run attacks. It runs every attack under e2e/attacks on this computer alone, prints a line for each, and\n' +
        'their count. A single one: npm run e2e -- e2e/attacks/NAME.spec.ts, or npm run unit -- e2e/attacks/NAME.test.ts\n',
    );
    return 0;
  }
  readOptions('attacks', args);
  await ensureSetUp({ forTests: true });
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  const kinds = [
    { ending: '.test.ts', what: 'on programs in a container, and on parts of the core', run: runVitest },
    { ending: '.spec.ts', what: 'on the lab', run: runPlaywright },
  ];
  const names = readdirSync(folder);
  const attacks = [];
  for (const { ending, what, run } of kinds) {
    if (!names.some((name) => name.endsWith(ending))) continue;
    say(`Attacks ${what}…`);
    const found = await run();
    for (const { name, state, why } of found) {
      process.stdout.write(`${state.padEnd(7)} ${name}\n`);
      if (state === 'failed') process.stdout.write(`${lastLines(why, 12)}\n`);
    }
    attacks.push(...found);
  }
  const count = (state) => attacks.filter((attack) => attack.state === state).length;
  const skipped = count('skipped');
  process.stdout.write(
    `${count('passed')} passed, ${count('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`,
  );
  return count('failed') === 0 && count('passed') > 0 ? 0 : 1;
});

async function runVitest() {
  const file = join(results, 'vitest.json');
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const { code, output } = await runTool([vitest, 'run', folder, '--reporter=json', `--outputFile.json=${file}`], {});
  const files = JSON.parse(readText(file) ?? '{}').testResults ?? [];
  const found = files.flatMap(({ assertionResults }) =>
    assertionResults.map(({ ancestorTitles, title, status, failureMessages }) => ({
      name: [...ancestorTitles, title].join(' › '),
      state: status === 'passed' || status === 'failed' ? status : 'skipped',
      why: failureMessages.join('\n'),
    })),
  );
  const unloadable = files.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  found.push(...unloadable.map(({ name, message }) => ({ name, state: 'failed', why: message })));
  return withFailureOf('vitest', code, output, found);
}

async function runPlaywright() {
  const file = join(results, 'playwright.json');
  const script = join(root, 'scripts', 'e2e.mjs');
  const env = { PLAYWRIGHT_JSON_OUTPUT_FILE: file };
  const { code, output } = await runTool([script, 'e2e/attacks/', '--reporter=json'], env);
  const states = { expected: 'passed', flaky: 'passed', unexpected: 'failed', skipped: 'skipped' };
  const specsOf = ({ suites = [], specs = [] }, titles) => [
    ...specs.map((spec) => ({ spec, titles })),
    ...suites.flatMap((suite) => specsOf(suite, [...titles, suite.title])),
  ];
  const found = (JSON.parse(readText(file) ?? '{}').suites ?? []).flatMap((suite) =>
    specsOf(suite, []).flatMap(({ spec, titles }) =>
      spec.tests.map(({ projectName, status, results: runs }) => ({
        name: [`[${projectName}]`, ...titles, spec.title].join(' › '),
        state: states[status] ?? 'failed',
        why: runs.flatMap(({ errors }) => errors.map(({ message }) => message)).join('\n'),
      })),
    ),
  );
  return withFailureOf('playwright', code, output, found);
}

const runTool = (args, env) => runQuietly(node24, args, { env: { ...process.env, ...env, PATH: projectPath() } });

/** A runner that failed without a failed test could not start, or died: that is a failure too. */
function withFailureOf(name, code, output, found) {
  const isExplained = code === 0 || found.some(({ state }) => state === 'failed');
  return isExplained ? found : [...found, { name: `${name} ended with ${code}`, state: 'failed', why: output }];
}
