// Web servers of an attacker on the loopback of a person's computer, and the person's own browser, signed in.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from '@playwright/test';
import { programOn, spawnOn } from '../../lab/hosts.ts';
import type { Computer } from '../computers/computer.ts';

/** A port of the attacker's. */
const PORT = 47999;

/** Of the same site and another port, by the other name, by IPv6, and of another site. */
export const hostileOrigins = [
  `http://127.0.0.1:${PORT}`,
  `http://localhost:${PORT}`,
  `http://[::1]:${PORT}`,
  `http://evil.test:${PORT}`,
] as const;

/** `/toss?NAME` sets cookies under that name, and as many others as a browser keeps for a host. */
const SERVER = `
const answer = (request, response) => {
  const url = new URL(request.url, 'http://x');
  if (url.pathname === '/toss') {
    const name = url.search.slice(1);
    const others = Array.from({ length: 200 }, (_, at) => 'junk' + at + '=1; Path=/; Max-Age=9999');
    const own = ['/', '/contract', '/display'].map((path) => name + '=tossed; Path=' + path + '; Max-Age=9999');
    response.setHeader('Set-Cookie', [...others, ...own]);
  }
  const isScript = url.pathname.endsWith('.js');
  response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html');
  response.end(isScript ? '' : '<!doctype html><title>hostile</title><body></body>');
};
let waiting = 2;
for (const host of ['127.0.0.1', '::1'])
  require('node:http').createServer(answer).listen(${PORT}, host, () => { if (--waiting === 0) console.log('ready'); });
`;

export async function startHostileWeb(host: string): Promise<ChildProcess> {
  const server = spawnOn(host, [process.execPath, '-e', SERVER], { stdio: ['ignore', 'pipe', 'inherit'] });
  if (server.stdout !== null) await once(server.stdout, 'data');
  return server;
}

export interface PersonsBrowser extends AsyncDisposable {
  readonly browser: Browser;
  readonly context: BrowserContext;
  /** The person's own page, signed in. */
  readonly own: Page;
  /** Where it is. */
  readonly origin: string;
}

/**
 * A browser of its own on the computer. Names under `.test` lead to its loopback, as after DNS rebinding, and Chromium's own
 * protection of the loopback is off: ours must hold without it, because not every browser has one.
 */
export async function startPersonsBrowser(computer: Computer): Promise<PersonsBrowser> {
  await using stack = new AsyncDisposableStack();
  const browser = await chromium.launch({
    executablePath: programOn(computer.host, 'chromium'),
    chromiumSandbox: false,
    args: [
      '--disable-dev-shm-usage',
      '--host-resolver-rules=MAP *.test 127.0.0.1',
      '--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests',
      '--disable-popup-blocking',
    ],
  });
  stack.defer(() => browser.close());
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 800 } });
  const own = await context.newPage();
  await own.goto(signInAddress(computer));
  await own.getByRole('button', { name: 'Settings', exact: true }).waitFor();
  const kept = stack.move();
  return {
    browser,
    context,
    own,
    origin: new URL(own.url()).origin,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** The address with a token that opens once. */
export function signInAddress(computer: Computer): string {
  return JSON.parse(readFileSync(join(computer.profileDir, 'browser.json'), 'utf8')).url;
}

/** Sends bytes to a port of the computer's loopback and gives what comes back until it is closed, or for some seconds. */
export function sendRaw(host: string, port: number, bytes: string): Promise<string> {
  const script = `
const socket = require('node:net').connect(${port}, '127.0.0.1');
socket.on('error', () => {});
process.stdin.pipe(socket, { end: false });
socket.pipe(process.stdout);
socket.on('close', () => process.exit(0));
setTimeout(() => socket.destroy(), 3000);
`;
  const child = spawnOn(host, [process.execPath, '-e', script], { stdio: ['pipe', 'pipe', 'ignore'] });
  child.stdin?.on('error', () => {});
  child.stdin?.end(bytes, 'latin1');
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk) => {
      text += chunk;
    });
    child.once('error', reject);
    child.once('close', () => resolve(text));
  });
}
