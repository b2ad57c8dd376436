// `npm run e2e -- [--labs N] [ARGS…]`: the Playwright specs on labs of three computers; ARGS go to Playwright.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureTestPackage } from './packaging.mjs';
import { ensureSetUp } from './setup.mjs';
import { onLab, playwrightEnvironment, runSideBySide } from './side-by-side.mjs';
import { node24, Refusal, root, runHere, runMain } from './tools.mjs';

const usage = `Usage: npm run e2e -- [--labs N] [ARGS…]

Runs the specs of e2e/ on labs of three computers each, two labs side by side when no ARGS are given, else one.
ARGS go to Playwright: names of files, --project browser|electron|package, --grep WORDS, --headed …`;

runMain(async () => {
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  const labs = takeLabs(args);
  await ensureSetUp({ forTests: true });
  const config = join(root, 'e2e', 'playwright.config.ts');
  if (!existsSync(config)) throw new Refusal('There is nothing to run: e2e/playwright.config.ts is missing.');
  if (isPackageAsked(args)) await ensureTestPackage();
  if (labs > 1) return runSideBySide(args, labs, process.env.PLAYWRIGHT_JSON_OUTPUT_FILE);
  return runHere(node24, onLab(args), { env: playwrightEnvironment() });
});

/** Packing takes half a minute: only who runs everything, or names it, waits for that. */
function isPackageAsked(args) {
  const isAll = !args.some((arg) => arg.includes('.spec') || arg.startsWith('--project'));
  return isAll || args.some((arg) => arg.includes('packag'));
}

/** Takes `--labs N` out of the arguments. */
function takeLabs(args) {
  const at = args.findIndex((arg) => arg === '--labs' || arg.startsWith('--labs='));
  if (at < 0) return args.length === 0 ? 2 : 1;
  const [word] = args.splice(at, 1);
  const count = Number(word.split('=')[1] ?? args.splice(at, 1)[0]);
  if (Number.isInteger(count) && count >= 1 && count <= 8) return count;
  throw new Refusal('--labs takes a number from 1 to 8.', 2);
}
