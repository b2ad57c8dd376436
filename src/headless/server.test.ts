import { randomUUID } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BrowserServerFixture } from './browser-server.test-support.ts';
import { createEchoDisplay } from './fake-core.test-support.ts';

const shell = new BrowserServerFixture();

describe('signing in', () => {
  test('exchanges the token for a cookie, and the page is there', async () => {
    const answer = await shell.get(`${shell.tokenPath}&window=popup`);
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe('/?window=popup');
    expect(answer.headers['set-cookie']?.[0]).toMatch(
      new RegExp(`^ebp-${shell.server.port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict; Max-Age=\\d+$`),
    );
    const page = await shell.get('/?window=popup', { Cookie: answer.headers['set-cookie']?.[0]?.split(';')[0] ?? '' });
    expect([page.status, page.body, page.headers['content-type']]).toEqual([
      200,
      '<p>page</p>',
      'text/html; charset=utf-8',
    ]);
  });

  test('gives the camera to the main window alone, and the microphone to nobody', async () => {
    const cookie = await shell.signIn();
    for (const [path, rule] of [
      ['/', 'camera=(self)'],
      ['/?window=popup', 'camera=()'],
      ['/?window=viewer', 'camera=()'],
      ['/none', 'camera=()'],
      [shell.tokenPath, 'camera=()'],
    ] as const) {
      const policy = String((await shell.get(path, cookie)).headers['permissions-policy']).split(', ');
      expect(policy, path).toContain(rule);
      expect(policy, path).toContain('microphone=()');
    }
  });

  test('works once for each token, and makes a new one', async () => {
    const path = shell.tokenPath;
    const both = await Promise.all([shell.get(path), shell.get(path)]);
    expect(both.map((answer) => answer.status).toSorted()).toEqual([303, 401]);
    expect((await shell.get(path)).status).toBe(401);
    expect(shell.tokenPath).not.toBe(path);
    expect((await shell.get(shell.tokenPath)).status).toBe(303);
  });

  test('has a token of 256 bits, and the file that holds it is private', async () => {
    const path = join(shell.folder, 'profile', 'browser.json');
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ url: shell.server.url, pid: process.pid });
    expect(Buffer.from(new URL(shell.server.url).searchParams.get('token') ?? '', 'base64url')).toHaveLength(32);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await shell.signIn();
    expect(JSON.parse(await readFile(path, 'utf8')).url).toBe(shell.server.url);
  });

  test('survives a restart, and nothing on the disk is a cookie', async () => {
    const cookie = await shell.signIn();
    const { port } = shell.server;
    await shell.stop();
    expect(await readdir(join(shell.folder, 'profile'))).toEqual(['browser-sessions.json']);
    const stored = await readFile(join(shell.folder, 'profile', 'browser-sessions.json'), 'utf8');
    expect(stored).not.toContain(cookie.Cookie.split('=')[1]);
    await shell.start(null);
    expect(shell.server.port).toBe(port);
    expect((await shell.get('/', cookie)).status).toBe(200);
  });

  test.each(['', 'x', 'a'.repeat(43), '%00', 'é'])('refuses the token “%s”', async (token) => {
    const answer = await shell.get(`/?token=${encodeURIComponent(token)}`);
    expect([answer.status, answer.headers['set-cookie']]).toEqual([401, undefined]);
    expect((await shell.get(shell.tokenPath)).status).toBe(303);
  });

  test('refuses a cookie that is wrong, empty or of another port', async () => {
    const { Cookie } = await shell.signIn();
    const value = Cookie.split('=')[1] ?? '';
    for (const bad of [
      `${Cookie}x`,
      Cookie.slice(0, -1),
      `ebp-${shell.server.port}=`,
      `ebp-1=${value}`,
      `x${Cookie}`,
    ]) {
      expect((await shell.get('/', { Cookie: bad })).status).toBe(401);
    }
    expect((await shell.get('/', { Cookie: `other=1; ${Cookie}; more=2` })).status).toBe(200);
  });

  test('from a link in a web page goes on by a page of ours, since a redirect would not carry the cookie', async () => {
    const headers = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
    const answer = await shell.get(shell.tokenPath, headers);
    expect([answer.status, answer.headers['refresh']]).toEqual([200, '0; url=/']);
    expect(answer.headers['set-cookie']).toHaveLength(1);
  });

  test.each(['/?window=viewer&launch=x', '/index.html?window=viewer', '/?token=guessed&window=viewer'])(
    'lets no page of another port decide what %s opens',
    async (path) => {
      const cookie = await shell.signIn();
      const headers = { 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
      const answer = await shell.get(path, { ...cookie, ...headers });
      expect([answer.status, answer.headers['refresh']]).toEqual([200, '0; url=/']);
      expect(answer.body).not.toContain('<script');
    },
  );
});

describe('without the cookie', () => {
  test.each(['/', '/index.html', '/assets/main-1a2b.js', `/icons/${'0'.repeat(64)}`, '/nothing', '/contract'])(
    'there is only an explanation at %s',
    async (path) => {
      shell.core.icons.set('0'.repeat(64), { type: 'image/png', bytes: Buffer.from('icon') });
      const answer = await shell.get(path);
      expect(answer.status).toBe(401);
      expect(answer.body).toContain('<code>ebp open</code>');
      expect(answer.body).not.toMatch(/run\(\)|icon|<script/);
    },
  );

  test('no WebSocket opens', async () => {
    shell.core.displays.set(randomUUID(), createEchoDisplay());
    for (const path of ['/contract', `/display/${[...shell.core.displays.keys()][0]}`]) {
      expect(await shell.openSocket(path, { Origin: shell.base })).toBe(401);
    }
    expect(shell.core.ports).toEqual([]);
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
    const cookie = await shell.signIn();
    expect((await shell.get('/', { ...cookie, ...(headers as Record<string, string>) })).status).toBe(403);
    expect(
      await shell.openSocket('/contract', { Origin: shell.base, ...cookie, ...(headers as Record<string, string>) }),
    ).toBe(403);
  });

  test('do not use the token up', async () => {
    expect((await shell.get(shell.tokenPath, { Host: 'evil.example' })).status).toBe(403);
    expect((await shell.get(shell.tokenPath)).status).toBe(303);
  });

  test('are taken from both names of this computer', async () => {
    const cookie = await shell.signIn();
    const Host = `localhost:${shell.server.port}`;
    expect((await shell.get('/', { ...cookie, Host, Origin: `http://${Host}` })).status).toBe(200);
    expect((await shell.get('/', { ...cookie, Host, Origin: shell.base })).status).toBe(403);
  });

  test('a WebSocket without Origin is refused, and so is another method', async () => {
    const cookie = await shell.signIn();
    expect(await shell.openSocket('/contract', cookie)).toBe(403);
    expect((await shell.get('/', cookie, 'POST')).status).toBe(403);
    expect((await shell.get('/', { ...cookie, Origin: shell.base }, 'POST')).status).toBe(405);
    expect((await shell.get(shell.tokenPath, { Origin: shell.base }, 'POST')).status).toBe(401);
  });

  test('no path leads out of the page', async () => {
    const cookie = await shell.signIn();
    for (const path of [
      '/../secret.html',
      '/assets/../../secret.html',
      '/%2e%2e/secret.html',
      '/..%2fsecret.html',
      '/assets/..\\..\\secret.html',
      '//secret.html',
      `${shell.base}/index.html`,
      '/index.html%00',
      '/__proto__',
      '/constructor',
    ]) {
      expect((await shell.get(path, cookie)).status).toBe(404);
    }
  });

  test('an absurd request ends its connection and nothing else', async () => {
    const socket = connect(shell.server.port, '127.0.0.1');
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.on('error', () => {});
    socket.write(`GET / HTTP/1.1\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`);
    socket.resume();
    await closed;
    expect((await shell.get('/')).status).toBe(401);
  });
});

describe('the port', () => {
  test('is the next one when it is taken, and cookies for the taken one are worth nothing from then on', async () => {
    const cookie = await shell.signIn();
    const { port } = shell.server;
    await shell.stop();
    const other = createServer().listen(port, '127.0.0.1');
    await new Promise((resolve) => other.on('listening', resolve));
    await shell.start(null);
    expect([shell.server.refusedPort, shell.server.port > port]).toEqual([{ port, why: 'taken' }, true]);
    await shell.stop();
    await new Promise((resolve) => other.close(resolve));
    await shell.start(port);
    expect(shell.server.port).toBe(port);
    expect((await shell.get('/', cookie)).status).toBe(401);
  });

  test('is open on 127.0.0.1 alone', async () => {
    const socket = connect(shell.server.port, '127.0.0.2');
    expect(await new Promise((resolve) => socket.on('error', () => resolve('refused')).on('connect', resolve))).toBe(
      'refused',
    );
  });
});
