// What the scripts share: where things are, how to say a line, how to run a program. Node 20, no dependencies.
import { spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { constants as osConstants } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
export const out = join(root, 'out');
const binFolder = join(root, 'node_modules', '.bin');

/** Node 24, a development dependency: it runs the sources as they are. */
export const node24 = join(binFolder, 'node');

/** Debian keeps sshd and ip out of an ordinary user's PATH. */
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** PATH for the project's own programs: Node 24 and the tools of node_modules first. */
export function projectPath() {
  const given = (process.env.PATH ?? '/usr/bin:/bin').split(delimiter);
  return [...new Set([binFolder, ...given, ...systemFolders])].join(delimiter);
}

/** Where a program is, or undefined. */
export function findProgram(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...systemFolders];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export const isRoot = () => process.getuid?.() === 0;

export const hasDisplay = () =>
  process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);

export const say = (line) => process.stderr.write(`${line}\n`);

/** What a person is told; the script ends with it and without a stack. */
export class Refusal extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The error as a Refusal: its own, or that of a file that another user left; everything else is a bug. */
export function asRefusal(error) {
  if (error instanceof Refusal) return error;
  if (error.code !== 'EACCES' || !error.path?.startsWith(root)) throw error;
  return new Refusal(
    `This user may not write ${error.path}; an earlier start as another user, such as root, made it. ` +
      `Mend it with: sudo chown -R "$USER" "${root}"`,
  );
}

export const asksForHelp = (args) => args.some((arg) => arg === '--help' || arg === '-h');

/**
 * The options of a script, in the form of parseArgs.
 * @throws Refusal of one line for everything that the script does not know
 */
export function readOptions(name, args, options = {}) {
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    // The rest of the message is for the author of the script.
    throw new Refusal(`${error.message.split(/[.\n] ?/)[0]}. See: npm run ${name} -- --help`, 2);
  }
}

/** Runs a script's main function: a Refusal is one line, everything else is a bug and shows its stack. */
export async function runMain(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    const refusal = asRefusal(error);
    say(refusal.message);
    process.exitCode = refusal.exitCode;
  }
}

/**
 * Runs a program with this terminal, passes signals on and resolves to its exit code (128 + n after signal n).
 * Ctrl+C reaches the program by itself, since it is in the terminal's foreground group.
 */
export function runHere(command, args, options = {}) {
  return new Promise((resolveRun, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', cwd: root, ...options });
    const passOn = (signal) => child.kill(signal);
    const ignore = () => {};
    process.on('SIGINT', ignore);
    process.on('SIGTERM', passOn);
    process.on('SIGHUP', passOn);
    const settle = () => {
      process.off('SIGINT', ignore);
      process.off('SIGTERM', passOn);
      process.off('SIGHUP', passOn);
    };
    child.on('error', (error) => {
      settle();
      reject(new Refusal(`${command} could not be started: ${error.message}`));
    });
    child.on('close', (code, signal) => {
      settle();
      resolveRun(exitCodeOf(code, signal));
    });
  });
}

/** Runs a program silently and resolves to its exit code, all that it printed, and whether its time was over. */
export function runQuietly(command, args, { timeoutMs, ...options } = {}) {
  return new Promise((resolveRun) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: root, ...options });
    let output = '';
    let isTimedOut = false;
    const giveUp = () => {
      isTimedOut = true;
      child.kill('SIGKILL');
      // What the program started may hold these open long after it.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const timer = timeoutMs && setTimeout(giveUp, timeoutMs);
    child.stdout.on('data', (data) => {
      output += data;
    });
    child.stderr.on('data', (data) => {
      output += data;
    });
    child.on('error', (error) => {
      clearTimeout(timer);
      resolveRun({ code: 127, output: error.message, isTimedOut });
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolveRun({ code: exitCodeOf(code, signal), output, isTimedOut });
    });
  });
}

export const exitCodeOf = (code, signal) => code ?? 128 + (osConstants.signals[signal] ?? 0);

/** The last lines of a program's output, indented: enough to see why it failed. */
export const lastLines = (output, count = 8) =>
  output
    .trimEnd()
    .split('\n')
    .slice(-count)
    .map((line) => `  ${line}`)
    .join('\n');

export function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Writes a stamp; a folder that belongs to somebody else only costs the next start some time. */
export function writeStamp(path, text) {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  } catch {
    // The work is done either way.
  }
}

/** Runs `work` while no other start of this clone sets up, so that two do not install or build into each other. */
export async function whileAlone(work) {
  const lock = join(out, '.setup-lock');
  let isOurs = false;
  try {
    mkdirSync(out, { recursive: true });
  } catch {
    // A clone that belongs to somebody else is used as it is.
  }
  for (let saidWaiting = false; !isOurs; ) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      isOurs = true;
    } catch (error) {
      if (error.code !== 'EEXIST') break;
      if (isStale(lock)) {
        rmSync(lock, { force: true });
        continue;
      }
      if (!saidWaiting) say('Waiting for another start that is setting up…');
      saidWaiting = true;
      await new Promise((wake) => setTimeout(wake, 200));
    }
  }
  try {
    return await work();
  } finally {
    if (isOurs) rmSync(lock, { force: true });
  }
}

/** A lock is left behind by a start that was killed; its number may meanwhile be another program's. */
function isStale(lock) {
  const limitMs = 15 * 60 * 1000;
  const stat = statSync(lock, { throwIfNoEntry: false });
  if (!stat || Date.now() - stat.mtimeMs > limitMs) return true;
  const pid = Number(readText(lock));
  if (!pid) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}
