// npm packages: installed when node_modules is missing or was made from another package-lock.json.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { node24, Refusal, readText, root, runQuietly, say, writeStamp } from './tools.mjs';

const tellEveryMs = 20_000;
const installTimeoutMs = 5 * 60_000;

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
  const startedAt = Date.now();
  const npm = (command) =>
    runQuietly('npm', [...command, '--no-audit', '--no-fund', '--loglevel=error', '--no-update-notifier'], {
      env: { ...process.env, PATH: path },
      shell: process.platform === 'win32',
      timeoutMs: Math.max(1, startedAt + installTimeoutMs - Date.now()),
    });
  const teller = setInterval(() => say('Still installing…'), tellEveryMs);
  try {
    await runNpm(npm);
  } finally {
    clearInterval(teller);
  }
}

async function runNpm(npm) {
  let { code, output, isTimedOut } = await npm(['ci']);
  // `npm ci` refuses a lock file that lacks another system's optional packages, such as one that was written behind a
  // registry without them. `npm install` keeps to the locked versions as well.
  if (code !== 0 && output.includes('EUSAGE')) ({ code, output, isTimedOut } = await npm(['install', '--no-save']));
  if (isTimedOut) {
    throw new Refusal(
      'The npm packages did not come within 5 minutes: the npm registry does not answer, or the connection is slow. ' +
        'Look with: npm ping. When it answers, start again; over a slow connection run "npm ci" first, which has no limit.',
    );
  }
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
