// `npm start`: sets up on the first run, then opens the app in Electron or, where that cannot be, in the browser shell.
import { join } from 'node:path';
import { fetchElectron } from './electron-binary.mjs';
import { ensureSetUp } from './setup.mjs';
import { hasDisplay, isRoot, node24, projectPath, readText, root, runHere, runMain, say } from './tools.mjs';

const usage = `Usage: npm start -- [options]

Sets up what is missing, then opens eBrainPool: in its own window, or in the browser where that cannot be.

Options:
  --profile <dir>  folder of the identity to use; another folder is another computer to the others
  --port <port>    browser: port of the page on 127.0.0.1
  --no-open        browser: do not open a window
  --name <name>    browser: your name as others see it; counts at the first run
  --share-all      browser: share every application; counts at the first run
  -h, --help       print this

Everything else is done on the command line: bin/ebp --help
`;

runMain(async () => {
  const args = process.argv.slice(2);
  if (args.some((arg) => arg === '--help' || arg === '-h')) {
    process.stdout.write(usage);
    return 0;
  }
  endWithNpm();
  await ensureSetUp();
  const env = { ...process.env, PATH: projectPath() };
  const { electron, why } = await chooseShell();
  if (electron) return runHere(electron, [root, ...args], { env });
  say(`${why} eBrainPool opens in the browser instead.`);
  return runHere(node24, [join(root, 'src', 'headless', 'main.ts'), ...args], { env });
});

/** Whoever ends only npm means all of it. Without npm, as from a shell that is closed later, nothing is watched. */
function endWithNpm() {
  if (process.env.npm_lifecycle_event !== 'start') return;
  const atStart = findNpm();
  const timer = setInterval(() => {
    if (findNpm() === atStart) return;
    clearInterval(timer);
    // While the app runs, `runHere` passes this on to it.
    process.kill(process.pid, 'SIGTERM');
  }, 1000);
  timer.unref();
}

/** The process id of npm: the parent, or, where /proc tells it, the parent of the shell in which npm runs a script. */
function findNpm() {
  const status = readText(`/proc/${process.ppid}/status`) ?? '';
  const [, name] = /^Name:\s*(.*)$/m.exec(status) ?? [];
  const [, parent] = /^PPid:\s*(\d+)$/m.exec(status) ?? [];
  return name?.endsWith('sh') && parent ? Number(parent) : process.ppid;
}

async function chooseShell() {
  if (isRoot()) return { why: 'Electron does not run as root.' };
  if (!hasDisplay()) return { why: 'There is no display for an Electron window.' };
  const electron = await fetchElectron();
  if (electron) return { electron };
  return { why: 'The Electron binary is not here and could not be fetched.' };
}
