// A browser server with a small page and a core that does nothing by itself, for each test of a file.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { WebSocket } from 'ws';
import { silentLog } from '../core/lib/log.ts';
import { FakeCore } from './fake-core.test-support.ts';
import { readPageFiles } from './page-files.ts';
import { type BrowserServer, startBrowserServer } from './server.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export class BrowserServerFixture {
  folder = '';
  core = new FakeCore();
  #server: BrowserServer | null = null;

  constructor() {
    beforeEach(async () => {
      this.folder = await mkdtemp(join(tmpdir(), 'browser-server-'));
      await mkdir(join(this.folder, 'renderer', 'assets'), { recursive: true });
      await writeFile(join(this.folder, 'renderer', 'index.html'), '<p>page</p>');
      await writeFile(join(this.folder, 'renderer', 'assets', 'main-1a2b.js'), 'run()');
      await writeFile(join(this.folder, 'secret.html'), 'secret');
      this.core = new FakeCore();
      await this.start();
    });
    afterEach(async () => {
      await this.stop();
      await rm(this.folder, { recursive: true, force: true });
    });
  }

  get server(): BrowserServer {
    if (this.#server === null) throw new Error('it does not run');
    return this.#server;
  }

  get base(): string {
    return `http://127.0.0.1:${this.server.port}`;
  }

  /** The address with the token, without its origin. */
  get tokenPath(): string {
    const { pathname, search } = new URL(this.server.url);
    return pathname + search;
  }

  async start(port: number | null = 0): Promise<void> {
    const files = await readPageFiles(join(this.folder, 'renderer'));
    if (files === null) throw new Error('no page');
    const { core, folder } = this;
    this.#server = await startBrowserServer({ core, profileDir: join(folder, 'profile'), files, port, log: silentLog });
  }

  async stop(): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
  }

  /** Sends exactly this: `fetch` would correct the path and forbid the headers. */
  get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
    const { port } = this.server;
    return new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port, path, headers, method, agent: false }, (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (text: string) => {
          body += text;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
      });
      sent.on('error', reject);
      sent.end();
    });
  }

  async signIn(): Promise<{ Cookie: string }> {
    const answer = await this.get(this.tokenPath);
    return { Cookie: answer.headers['set-cookie']?.[0]?.split(';')[0] ?? '' };
  }

  /** Resolves with the open socket, or with the status that refused it. */
  openSocket(path: string, headers: Record<string, string>): Promise<WebSocket | number> {
    return new Promise((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${this.server.port}${path}`, { headers });
      socket.on('open', () => resolve(socket));
      socket.on('unexpected-response', (sent, response) => {
        resolve(response.statusCode ?? 0);
        sent.destroy();
      });
      socket.on('error', () => {});
    });
  }

  async openGoodSocket(path: string): Promise<WebSocket> {
    const socket = await this.openSocket(path, { ...(await this.signIn()), Origin: this.base });
    if (typeof socket === 'number') throw new Error(`refused with ${socket}`);
    return socket;
  }
}
