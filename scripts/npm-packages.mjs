// npm packages: installed when node_modules is missing or was made from another package-lock.json.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { node24, Refusal, readText, root, runQuietly, say, writeStamp } from './tools.mjs';

const stamp = join(root, 'node_modules', '.ebrainpool-stamp');

export async function ensureNpmPackages() {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const wanted = createHash('sha256').update(lock).digest('hex');
  if (readText(stamp) === wanted && existsSync(node24)) return;
  if (!isInstalledByHand(lock)) await install();
  await checkNode24();
  writeStamp(stamp, wanted);
}

/** Whether somebody's own `npm ci` or `npm install` has put exactly what the lock file names. */
function isInstalledByHand(lock) {
  const installed = readText(join(root, 'node_modules', '.package-lock.json'));
  if (!installed) return false;
  const have = JSON.parse(installed).packages;
  const want = JSON.parse(lock).packages;
  return Object.entries(want).every(
    ([path, entry]) => path === '' || have[path]?.version === entry.version || (entry.optional && !have[path]),
  );
}

async function install() {
  say('Installing npm packages (about a minute, once)…');
  // node_modules/.bin holds the very Node that npm is about to replace: npm runs with the computer's own.
  const path = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.endsWith(join('node_modules', '.bin')))
    .join(delimiter);
  const npm = (command) =>
    runQuietly('npm', [...command, '--no-audit', '--no-fund', '--loglevel=error', '--no-update-notifier'], {
      env: { ...process.env, PATH: path },
      shell: process.platform === 'win32',
    });
  let { code, output } = await npm(['ci']);
  // `npm ci` refuses a lock file that lacks another system's optional packages, as one has that was written behind a
  // registry without them. `npm install` keeps to the locked versions as well.
  if (code !== 0 && output.includes('EUSAGE')) ({ code, output } = await npm(['install', '--no-save']));
  if (code === 0) return;
  throw new Refusal(
    `The npm packages could not be installed (npm ci):\n${firstLines(output)}\nStart again when the cause is mended.`,
  );
}

/** npm begins with the reason and ends with its help. */
const firstLines = (output) =>
  output
    .split('\n')
    .filter((line) => line.startsWith('npm error'))
    .slice(0, 6)
    .map((line) => `  ${line}`)
    .join('\n');

async function checkNode24() {
  const { code, output } = await runQuietly(node24, ['--version'], { shell: process.platform === 'win32' });
  if (code === 0 && output.startsWith('v24.')) return;
  throw new Refusal(
    'Node 24 is missing from node_modules: npm was kept from running the install script of the package "node". ' +
      'Run: npm rebuild node --foreground-scripts',
  );
}
