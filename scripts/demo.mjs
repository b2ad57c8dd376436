// `npm run demo`: two computers, Alice's and Bob's, on a simulated network, with both user interfaces on this screen.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startRelay } from '../lab/relay.mjs';
import { ensureSetUp } from './setup.mjs';
import {
  asksForHelp,
  exitCodeOf,
  findProgram,
  hasDisplay,
  isRoot,
  node24,
  projectPath,
  Refusal,
  readOptions,
  root,
  runMain,
  runQuietly,
  say,
} from './tools.mjs';

const computers = [
  { host: 'alice', usualPort: 47001 },
  { host: 'bob', usualPort: 47002 },
];
const startTimeoutMs = 60_000;

runMain(async () => {
  const args = process.argv.slice(2);
  if (asksForHelp(args)) {
    process.stdout.write(
      'Usage: npm run demo. It starts two computers on a simulated network and opens both; Ctrl+C ends them.\n',
    );
    return 0;
  }
  readOptions('demo', args);
  await ensureSetUp({ purpose: 'demo' });
  // Not os.tmpdir(): the lab hides /run, where a person's may be, and a socket's path has 107 characters at most.
  const folder = mkdtempSync('/tmp/ebp-demo-');
  const started = [];
  const relays = [];
  try {
    return await run(folder, started, relays);
  } finally {
    for (const relay of relays) relay.end();
    await Promise.all(started.map(end));
    // What a browser started may still write for a moment after the browser itself has gone.
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
});

function end(child) {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  return new Promise((resolve) => {
    child.once('exit', resolve);
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), 4000).unref();
  });
}

/** The second Ctrl+C waits for nothing; what the lab is made of ends with its own process. */
function endAtOnce(folder, started) {
  for (const child of started) child.kill('SIGKILL');
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // A browser may still write; what is left in the temporary folder harms nobody.
  }
  process.exit(130);
}

async function run(folder, started, relays) {
  const ports = [];
  for (const { host, usualPort } of computers) {
    // The same number outside as inside: a page's address, and the checks of it, hold on both sides.
    const port = await findPort(usualPort, ports);
    ports.push(port);
    relays.push(await startRelay(String(port), join(folder, `${host}.sock`)));
  }
  say('Starting two computers on a simulated network…');
  const lab = startLab(folder, ports);
  started.push(lab);
  const ended = new Promise((resolve) => lab.on('close', (code, signal) => resolve(exitCodeOf(code, signal))));
  let isInterrupted = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (isInterrupted) endAtOnce(folder, started);
      isInterrupted = true;
      lab.kill('SIGTERM');
    });
  }
  const pages = await Promise.race([readPages(lab), ended.then((code) => ({ code }))]);
  if (isInterrupted) return 0;
  if (pages.code !== undefined) throw new Refusal('The demo could not start; the reason is above.', pages.code || 1);
  const isOpen = await openSideBySide(pages, folder, started);
  sayWhatToDo(pages, isOpen);
  const code = await ended;
  return code >= 128 ? 0 : code;
}

function startLab(folder, ports) {
  const inside = [node24, join(root, 'scripts', 'demo-inside.ts'), folder, ...ports.map(String)];
  return spawn(node24, [join(root, 'lab', 'lab.mjs'), '--hosts', String(computers.length), ...inside], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PATH: projectPath() },
  });
}

/** Waits until every computer has said where its page is. */
function readPages(lab) {
  const pages = new Map();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Refusal('The two computers did not start within a minute.')),
      startTimeoutMs,
    );
    createInterface(lab.stdout).on('line', (line) => {
      const page = JSON.parse(line);
      pages.set(page.host, page);
      if (pages.size < computers.length) return;
      clearTimeout(timer);
      resolve(computers.map(({ host }) => pages.get(host)));
    });
    lab.on('close', () => clearTimeout(timer));
  });
}

async function openSideBySide(pages, folder, started) {
  const browser = findBrowser();
  if (!hasDisplay() || !browser) return false;
  const { width, height } = await screenSize();
  const own = Math.floor(width / pages.length);
  for (const [index, { host, address }] of pages.entries()) {
    const args = [
      `--app=${address}`,
      `--user-data-dir=${join(folder, `${host}-browser`)}`,
      `--window-position=${index * own},0`,
      `--window-size=${own},${height}`,
      '--no-first-run',
      '--no-default-browser-check',
      // Chromium refuses to sandbox itself for root.
      ...(isRoot() ? ['--no-sandbox'] : []),
    ];
    const child = spawn(browser, args, { stdio: 'ignore' });
    child.on('error', () => {});
    started.push(child);
  }
  return true;
}

const findBrowser = () =>
  ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'brave-browser', 'microsoft-edge']
    .map(findProgram)
    .find((path) => path !== undefined);

async function screenSize() {
  const { output } = await runQuietly('xwininfo', ['-root'], { timeoutMs: 2000 });
  const [, width, height] = /-geometry (\d+)x(\d+)/.exec(output) ?? [];
  return { width: Number(width ?? 1920), height: Number(height ?? 1000) };
}

function sayWhatToDo(pages, isOpen) {
  const lines = pages.map(({ name, address }) => `  ${name.padEnd(6)} ${address}`).join('\n');
  say(`
Two computers, Alice's and Bob's, are on one network${isOpen ? ' and open side by side' : '. Open both in a browser'}:

${lines}

In Alice's window click Bob, then Calculator; say yes in Bob's window.
Ctrl+C here ends both.
`);
}

function findPort(usual, taken) {
  return listenOnce(usual)
    .catch(() => listenOnce(0))
    .then((port) => (taken.includes(port) ? findPort(0, taken) : port));
}

function listenOnce(port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const found = server.address().port;
      server.close(() => resolve(found));
    });
  });
}
