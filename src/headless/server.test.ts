import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { AppError } from '../contract/errors.ts';
import { silentLog } from '../core/lib/log.ts';
import { createEchoDisplay, FakeCore } from './fake-core.test-support.ts';
import { findOwner } from './gate.ts';
import { readPageFiles } from './page-files.ts';
import { type BrowserServer, startBrowserServer } from './server.ts';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let folder: string;
let core: FakeCore;
let server: BrowserServer;
let base: string;

async function start(port: number | null = 0): Promise<BrowserServer> {
  const files = await readPageFiles(join(folder, 'renderer'));
  if (files === null) throw new Error('no page');
  return await startBrowserServer({ core, profileDir: join(folder, 'profile'), files, port, log: silentLog });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'browser-server-'));
  await mkdir(join(folder, 'renderer', 'assets'), { recursive: true });
  await writeFile(join(folder, 'renderer', 'index.html'), '<p>page</p>');
  await writeFile(join(folder, 'renderer', 'assets', 'main-1a2b.js'), 'run()');
  await writeFile(join(folder, 'secret.html'), 'secret');
  core = new FakeCore();
  server = await start();
  base = `http://127.0.0.1:${server.port}`;
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Sends exactly this: `fetch` would correct the path and forbid the headers. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: server.port, path, headers, method, agent: false }, (response) => {
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

const tokenPath = () => new URL(server.url).pathname + new URL(server.url).search;
async function signIn(): Promise<{ Cookie: string }> {
  const answer = await get(tokenPath());
  return { Cookie: answer.headers['set-cookie']?.[0]?.split(';')[0] ?? '' };
}

/** Resolves with the open socket, or with the status that refused it. */
function openSocket(path: string, headers: Record<string, string>): Promise<WebSocket | number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers });
    socket.on('open', () => resolve(socket));
    socket.on('unexpected-response', (sent, response) => {
      resolve(response.statusCode ?? 0);
      sent.destroy();
    });
    socket.on('error', () => {});
  });
}
async function openGoodSocket(path: string): Promise<WebSocket> {
  const socket = await openSocket(path, { ...(await signIn()), Origin: base });
  if (typeof socket === 'number') throw new Error(`refused with ${socket}`);
  return socket;
}

describe('signing in', () => {
  test('exchanges the token for a cookie, and the page is there', async () => {
    const answer = await get(`${tokenPath()}&window=popup`);
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe('/?window=popup');
    expect(answer.headers['set-cookie']?.[0]).toMatch(
      new RegExp(`^ebp-${server.port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict; Max-Age=\\d+$`),
    );
    const page = await get('/?window=popup', { Cookie: answer.headers['set-cookie']?.[0]?.split(';')[0] ?? '' });
    expect([page.status, page.body, page.headers['content-type']]).toEqual([
      200,
      '<p>page</p>',
      'text/html; charset=utf-8',
    ]);
  });

  test('gives the camera to the main window alone, and the microphone to nobody', async () => {
    const cookie = await signIn();
    for (const [path, rule] of [
      ['/', 'camera=(self)'],
      ['/?window=popup', 'camera=()'],
      ['/?window=viewer', 'camera=()'],
      ['/none', 'camera=()'],
      [tokenPath(), 'camera=()'],
    ] as const) {
      const policy = String((await get(path, cookie)).headers['permissions-policy']).split(', ');
      expect(policy, path).toContain(rule);
      expect(policy, path).toContain('microphone=()');
    }
  });

  test('works once for each token, and makes a new one', async () => {
    const path = tokenPath();
    const both = await Promise.all([get(path), get(path)]);
    expect(both.map((answer) => answer.status).toSorted()).toEqual([303, 401]);
    expect((await get(path)).status).toBe(401);
    expect(tokenPath()).not.toBe(path);
    expect((await get(tokenPath())).status).toBe(303);
  });

  test('has a token of 256 bits, and the file that holds it is private', async () => {
    const path = join(folder, 'profile', 'browser.json');
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ url: server.url, pid: process.pid });
    expect(Buffer.from(new URL(server.url).searchParams.get('token') ?? '', 'base64url')).toHaveLength(32);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await signIn();
    expect(JSON.parse(await readFile(path, 'utf8')).url).toBe(server.url);
  });

  test('survives a restart, and nothing on the disk is a cookie', async () => {
    const cookie = await signIn();
    const { port } = server;
    await server[Symbol.asyncDispose]();
    expect(await readdir(join(folder, 'profile'))).toEqual(['browser-sessions.json']);
    const stored = await readFile(join(folder, 'profile', 'browser-sessions.json'), 'utf8');
    expect(stored).not.toContain(cookie.Cookie.split('=')[1]);
    server = await start(null);
    expect(server.port).toBe(port);
    expect((await get('/', cookie)).status).toBe(200);
  });

  test.each(['', 'x', 'a'.repeat(43), '%00', 'é'])('refuses the token “%s”', async (token) => {
    const answer = await get(`/?token=${encodeURIComponent(token)}`);
    expect([answer.status, answer.headers['set-cookie']]).toEqual([401, undefined]);
    expect((await get(tokenPath())).status).toBe(303);
  });

  test('refuses a cookie that is wrong, empty or of another port', async () => {
    const { Cookie } = await signIn();
    const value = Cookie.split('=')[1] ?? '';
    for (const bad of [`${Cookie}x`, Cookie.slice(0, -1), `ebp-${server.port}=`, `ebp-1=${value}`, `x${Cookie}`]) {
      expect((await get('/', { Cookie: bad })).status).toBe(401);
    }
    expect((await get('/', { Cookie: `other=1; ${Cookie}; more=2` })).status).toBe(200);
  });

  test('from a link in a web page goes on by a page of ours, since a redirect would not carry the cookie', async () => {
    const headers = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
    const answer = await get(tokenPath(), headers);
    expect([answer.status, answer.headers['refresh']]).toEqual([200, '0; url=/']);
    expect(answer.headers['set-cookie']).toHaveLength(1);
  });

  test.each(['/?window=viewer&launch=x', '/index.html?window=viewer', '/?token=guessed&window=viewer'])(
    'lets no page of another port decide what %s opens',
    async (path) => {
      const cookie = await signIn();
      const headers = { 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
      const answer = await get(path, { ...cookie, ...headers });
      expect([answer.status, answer.headers['refresh']]).toEqual([200, '0; url=/']);
      expect(answer.body).not.toContain('<script');
    },
  );
});

describe('without the cookie', () => {
  test.each(['/', '/index.html', '/assets/main-1a2b.js', `/icons/${'0'.repeat(64)}`, '/nothing', '/contract'])(
    'there is only an explanation at %s',
    async (path) => {
      core.icons.set('0'.repeat(64), { type: 'image/png', bytes: Buffer.from('icon') });
      const answer = await get(path);
      expect(answer.status).toBe(401);
      expect(answer.body).toContain('<code>ebp open</code>');
      expect(answer.body).not.toMatch(/run\(\)|icon|<script/);
    },
  );

  test('no WebSocket opens', async () => {
    core.displays.set(randomUUID(), createEchoDisplay());
    for (const path of ['/contract', `/display/${[...core.displays.keys()][0]}`]) {
      expect(await openSocket(path, { Origin: base })).toBe(401);
    }
    expect(core.ports).toEqual([]);
  });
});

describe('requests that no page of ours sends', () => {
  test.each([
    ['another Host (DNS rebinding)', { Host: 'evil.example' }],
    ['a Host without the port', { Host: '127.0.0.1' }],
    ['another port', { Host: '127.0.0.1:1' }],
    ['another Origin', { Origin: 'http://evil.example' }],
    ['the Origin of another port', { Origin: 'http://127.0.0.1:1' }],
    ['a null Origin', { Origin: 'null' }],
    ['another site', { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors' }],
    ['another port of this computer', { 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Mode': 'cors' }],
    ['a frame', { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'iframe' }],
  ])('are refused with the cookie too: %s', async (_what, headers) => {
    const cookie = await signIn();
    expect((await get('/', { ...cookie, ...(headers as Record<string, string>) })).status).toBe(403);
    expect(await openSocket('/contract', { Origin: base, ...cookie, ...(headers as Record<string, string>) })).toBe(
      403,
    );
  });

  test('do not use the token up', async () => {
    expect((await get(tokenPath(), { Host: 'evil.example' })).status).toBe(403);
    expect((await get(tokenPath())).status).toBe(303);
  });

  test('are taken from both names of this computer', async () => {
    const cookie = await signIn();
    const Host = `localhost:${server.port}`;
    expect((await get('/', { ...cookie, Host, Origin: `http://${Host}` })).status).toBe(200);
    expect((await get('/', { ...cookie, Host, Origin: base })).status).toBe(403);
  });

  test('a WebSocket without Origin is refused, and so is another method', async () => {
    const cookie = await signIn();
    expect(await openSocket('/contract', cookie)).toBe(403);
    expect((await get('/', cookie, 'POST')).status).toBe(403);
    expect((await get('/', { ...cookie, Origin: base }, 'POST')).status).toBe(405);
    expect((await get(tokenPath(), { Origin: base }, 'POST')).status).toBe(401);
  });

  test('no path leads out of the page', async () => {
    const cookie = await signIn();
    for (const path of [
      '/../secret.html',
      '/assets/../../secret.html',
      '/%2e%2e/secret.html',
      '/..%2fsecret.html',
      '/assets/..\\..\\secret.html',
      '//secret.html',
      `${base}/index.html`,
      '/index.html%00',
      '/__proto__',
      '/constructor',
    ]) {
      expect((await get(path, cookie)).status).toBe(404);
    }
  });

  test('an absurd request ends its connection and nothing else', async () => {
    const socket = connect(server.port, '127.0.0.1');
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.on('error', () => {});
    socket.write(`GET / HTTP/1.1\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`);
    socket.resume();
    await closed;
    expect((await get('/')).status).toBe(401);
  });
});

describe('the page', () => {
  test('comes with headers that shut everything else out', async () => {
    const cookie = await signIn();
    for (const answer of [
      await get('/', cookie),
      await get('/'),
      await get('/x', cookie),
      await get('/', { Host: 'x' }),
    ]) {
      expect(answer.headers['content-security-policy']).toBe(
        `default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; script-src 'self'; connect-src 'self' ws://127.0.0.1:${server.port}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; object-src 'none'`,
      );
      expect(answer.headers).toMatchObject({
        'x-frame-options': 'DENY',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      });
    }
  });

  test('is looked at anew, its assets are kept', async () => {
    const cookie = await signIn();
    expect((await get('/', cookie)).headers['cache-control']).toBe('no-cache');
    const asset = await get('/assets/main-1a2b.js', cookie);
    expect([asset.body, asset.headers['cache-control']]).toEqual(['run()', 'private, max-age=31536000, immutable']);
    expect((await get('/', cookie, 'HEAD')).body).toBe('');
  });

  test('is missing when it was not built', async () => {
    expect(await readPageFiles(join(folder, 'nowhere'))).toBeNull();
  });
});

describe('an icon', () => {
  test('is sent so that it can do nothing', async () => {
    const cookie = await signIn();
    const hash = 'ab'.repeat(32);
    core.icons.set(hash, { type: 'image/svg+xml', bytes: Buffer.from('<svg/>') });
    const answer = await get(`/icons/${hash}`, cookie);
    expect([answer.status, answer.body]).toEqual([200, '<svg/>']);
    expect(answer.headers).toMatchObject({
      'content-type': 'image/svg+xml',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, max-age=31536000, immutable',
    });
  });

  test('that nobody knows is not there', async () => {
    const cookie = await signIn();
    for (const name of ['0'.repeat(64), '..%2f..', 'x', ''])
      expect((await get(`/icons/${name}`, cookie)).status).toBe(404);
  });
});

describe('a file', () => {
  const path = `/files/${randomUUID()}/a%20%C3%BC.html`;
  /** Sends a body; resolves with the answer, or with the error of a connection that was cut. */
  const put = async (body: Buffer | null, headers: Record<string, string> = {}, target = path) =>
    new Promise<Answer | Error>((resolve) => {
      const options = { host: '127.0.0.1', port: server.port, path: target, method: 'PUT', headers, agent: false };
      const sent = request(options, (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
      });
      sent.on('error', resolve);
      if (body !== null) sent.end(body);
      else {
        // One that breaks off in the middle.
        sent.write(Buffer.alloc(100_000));
        setTimeout(() => sent.destroy(), 50);
      }
    });

  test('is put, and given to be saved and nothing else', async () => {
    const cookie = await signIn();
    const bytes = Buffer.alloc(3 * 1024 * 1024, 'x');
    expect(await put(bytes, { ...cookie, Origin: base })).toMatchObject({ status: 201, body: '{"name":"a ü.html"}' });
    expect(core.files.get('a ü.html')?.equals(bytes)).toBe(true);
    const answer = await get(path, cookie);
    expect([answer.status, answer.body.length]).toEqual([200, bytes.length]);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="a _.html"; filename*=UTF-8''a%20%C3%BC.html`,
      'content-security-policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
    });
    expect((await get(`${path}x`, cookie)).status).toBe(404);
  });

  test('is for the person alone: without cookie, Origin, or from elsewhere nothing is put or given', async () => {
    const cookie = await signIn();
    core.files.set('a ü.html', Buffer.from('secret'));
    const refused: [Record<string, string>, number][] = [
      [{ Origin: base }, 401],
      [{ ...cookie }, 403],
      [{ ...cookie, Origin: 'http://evil.example' }, 403],
      [{ ...cookie, Origin: base, Host: 'evil.example' }, 403],
      [{ ...cookie, Origin: base, 'Sec-Fetch-Site': 'cross-site' }, 403],
    ];
    for (const [headers, status] of refused) {
      expect(await put(Buffer.from('changed'), headers)).toMatchObject({ status });
      if (headers['Origin'] !== undefined) expect(await get(path, headers)).toMatchObject({ status });
    }
    expect(String(core.files.get('a ü.html'))).toBe('secret');
    for (const name of ['..%2fa', '%2e%2e', 'a%00b', 'a/b', '%ff']) {
      const target = `/files/${randomUUID()}/${name}`;
      expect(await put(Buffer.from('a'), { ...cookie, Origin: base }, target)).toMatchObject({ status: 405 });
      expect((await get(target, cookie)).status).toBe(404);
    }
    expect(core.files.size).toBe(1);
  });

  test('that fails in the middle is answered with the reason, and what still comes is dropped', async () => {
    const cookie = await signIn();
    core.putProblem = new AppError('exchange-full', { name: 'a' });
    const answer = await put(Buffer.alloc(20 * 1024 * 1024), { ...cookie, Origin: base });
    expect(answer).toMatchObject({
      status: 409,
      body: JSON.stringify({ problem: { code: 'exchange-full', params: { name: 'a' } } }),
    });
  });

  test('whose sender goes away is not kept', async () => {
    const cookie = await signIn();
    expect(await put(null, { ...cookie, Origin: base, 'Content-Length': '200000' })).toBeInstanceOf(Error);
    await sleep(100);
    expect(core.files.size).toBe(0);
    expect((await get('/', cookie)).status).toBe(200);
  });
});

describe('the contract', () => {
  test('is spoken in JSON text messages', async () => {
    const socket = await openGoodSocket('/contract');
    socket.send('{"a":"ü"}');
    expect(String(await new Promise((resolve) => socket.once('message', resolve)))).toBe('{"echo":{"a":"ü"}}');
    const closed = new Promise<void>((resolve) => core.ports[0]?.onClose(resolve));
    socket.close();
    await closed;
  });

  test.each([
    ['what is not JSON', 'nonsense', 1007],
    ['binary', Buffer.from('1'), 1007],
    ['more than the limit', 'x'.repeat(8 * 1024 * 1024 + 1), 1009],
  ])('ends that connection on %s', async (_what, data, code) => {
    const other = await openGoodSocket('/contract');
    const socket = await openGoodSocket('/contract');
    socket.send(data);
    expect(await new Promise((resolve) => socket.on('close', resolve))).toBe(code);
    other.send('1');
    expect(String(await new Promise((resolve) => other.once('message', resolve)))).toBe('{"echo":1}');
    other.terminate();
  });
});

describe('a display', () => {
  test('carries bytes both ways and ends on both sides', async () => {
    const id = randomUUID();
    const display = createEchoDisplay();
    core.displays.set(id, display);
    const socket = await openGoodSocket(`/display/${id}`);
    const bytes = Buffer.alloc(3_000_000, 'rfb');
    const received: Buffer[] = [];
    const all = new Promise<void>((resolve) =>
      socket.on('message', (data: Buffer) => {
        received.push(data);
        if (Buffer.concat(received).length >= bytes.length) resolve();
      }),
    );
    for (let start = 0; start < bytes.length; start += 100_000) socket.send(bytes.subarray(start, start + 100_000));
    await all;
    expect(Buffer.concat(received).equals(bytes)).toBe(true);
    const closed = new Promise((resolve) => display.on('close', resolve));
    socket.close();
    await closed;
  });

  test('closes the socket when the program ends', async () => {
    const id = randomUUID();
    const display = createEchoDisplay();
    core.displays.set(id, display);
    const socket = await openGoodSocket(`/display/${id}`);
    const closed = new Promise((resolve) => socket.on('close', resolve));
    display.end();
    // A clean end without a status; a broken one would be 1006.
    expect(await closed).toBe(1005);
  });

  test('is read no faster than the page reads', async () => {
    const id = randomUUID();
    let produced = 0;
    const { Readable, Duplex, Writable } = await import('node:stream');
    const source = new Readable({
      read() {
        produced += 65_536;
        this.push(Buffer.alloc(65_536));
      },
    });
    core.displays.set(
      id,
      Duplex.from({ readable: source, writable: new Writable({ write: (_c, _e, done) => done() }) }),
    );
    const socket = await openGoodSocket(`/display/${id}`);
    socket.pause();
    await sleep(500);
    const before = produced;
    await sleep(300);
    expect(produced).toBe(before);
    expect(produced).toBeLessThan(16_000_000);
    socket.resume();
    await expect.poll(() => produced).toBeGreaterThan(before);
    socket.terminate();
  });

  test('that is not there says why', async () => {
    const socket = await openSocket(`/display/${randomUUID()}`, { ...(await signIn()), Origin: base });
    if (typeof socket === 'number') throw new Error('refused');
    const [code, reason] = await new Promise<[number, Buffer]>((resolve) =>
      socket.on('close', (...parts: [number, Buffer]) => resolve(parts)),
    );
    expect([code, String(reason)]).toEqual([4000, 'not-found']);
    expect(await openSocket('/display/nonsense', { ...(await signIn()), Origin: base })).toBe(404);
  });
});

describe('the port', () => {
  test('is the next one when it is taken, and cookies for the taken one are worth nothing from then on', async () => {
    const cookie = await signIn();
    const { port } = server;
    await server[Symbol.asyncDispose]();
    const other = createServer().listen(port, '127.0.0.1');
    await new Promise((resolve) => other.on('listening', resolve));
    server = await start(null);
    expect([server.refusedPort, server.port > port]).toEqual([{ port, why: 'taken' }, true]);
    await server[Symbol.asyncDispose]();
    await new Promise((resolve) => other.close(resolve));
    server = await start(port);
    expect(server.port).toBe(port);
    expect((await get('/', cookie)).status).toBe(401);
  });

  test('is open on 127.0.0.1 alone', async () => {
    const socket = connect(server.port, '127.0.0.2');
    expect(await new Promise((resolve) => socket.on('error', () => resolve('refused')).on('connect', resolve))).toBe(
      'refused',
    );
  });
});

describe('the owner of a connection', () => {
  const header = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
  const row = (local: string, remote: string, uid: number) =>
    `   0: ${local} ${remote} 01 00000000:00000000 00:00000000 00000000  ${uid}        0 12345 1\n`;
  const there = '0100007F:9C40';
  const here = '0100007F:BAB8';

  test.each([
    ['an IPv4 socket', row(here, there, 0) + row(there, here, 1001), '', 1001],
    [
      'an IPv6 socket that reaches an IPv4 address',
      row(here, there, 0),
      row(`0000000000000000FFFF0000${there}`, `0000000000000000FFFF0000${here}`, 1002),
      1002,
    ],
    ['a socket that is gone', row(here, there, 0), '', 'nobody'],
    ['a kernel that shows nothing', '', '', 'unknown'],
  ])('is found for %s', (_what, tcp, tcp6, owner) => {
    const tables: Record<string, string> = { tcp: header + tcp, tcp6: header + tcp6 };
    expect(findOwner(0x9c40, 0xbab8, (name) => tables[name] ?? '')).toBe(owner);
  });

  test('is unknown where the table cannot be read', () => {
    const owner = findOwner(1, 2, () => {
      throw new Error('no such file');
    });
    expect(owner).toBe('unknown');
  });

  test('is nobody where the table says no number', () => {
    expect(findOwner(0xd431, 0xbab8, () => '0: 0100007F:D431 0100007F:BAB8 01 0 0 0 x')).toBe('nobody');
  });

  test('is this user for a real connection', async () => {
    const socket = connect(server.port, '127.0.0.1');
    await new Promise((resolve) => socket.on('connect', resolve));
    expect(findOwner(socket.localPort ?? 0, server.port)).toBe(process.getuid?.());
    socket.destroy();
  });
});
