import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../contract/errors.ts';
import { createAppHandler, isFileUrl, isOwnDownload, windowOfUrl } from './protocol.ts';

const sessionId = '2c5ea4c0-4067-11e9-8bad-9b1deb4d3b7d';

let folder = '';
let get: (url: string, method?: string) => Promise<Response>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebp-protocol-'));
  const renderer = join(folder, 'renderer');
  await mkdir(join(renderer, 'assets'), { recursive: true });
  await writeFile(join(renderer, 'index.html'), '<!doctype html>');
  await writeFile(join(renderer, 'assets', 'page.js'), 'page');
  await writeFile(join(renderer, 'run.exe'), 'no type for this');
  await writeFile(join(folder, 'secret.txt'), 'secret');
  await symlink(join(folder, 'secret.txt'), join(renderer, 'link.txt'));
  const icon = (type: string) => ({ type, bytes: Buffer.from('icon') });
  const handler = createAppHandler(renderer, {
    readIcon: async (hash) =>
      hash.startsWith('a') ? icon('image/svg+xml') : hash.startsWith('b') ? icon('text/html') : null,
    openFile: async (_sessionId, name) => {
      if (name !== 'page.html') throw new AppError('not-found', { what: name });
      const stream = Readable.from([Buffer.from('<script>alert(1)</script>')], { objectMode: false });
      return { sizeBytes: 25, stream };
    },
  });
  get = (url, method = 'GET') => handler(new Request(url, { method }));
});
afterAll(() => rm(folder, { recursive: true }));

describe('app://', () => {
  it.each([
    ['app://ebp/', 'text/html; charset=utf-8'],
    ['app://ebp/?window=popup', 'text/html; charset=utf-8'],
    ['app://ebp/assets/page.js', 'text/javascript; charset=utf-8'],
  ])('serves %s with its type and a strict policy', async (url, type) => {
    const response = await get(url);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(type);
    const policy = response.headers.get('content-security-policy');
    for (const rule of ["default-src 'self'", "script-src 'self'", "frame-ancestors 'none'", "object-src 'none'"]) {
      expect(policy).toContain(rule);
    }
    expect(policy).not.toContain('unsafe-eval');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it.each([
    ['app://ebp/', 'camera=(self)'],
    ['app://ebp/?window=popup', 'camera=()'],
    ['app://ebp/?window=viewer&session=x', 'camera=()'],
    [`app://ebp/icons/${'a'.repeat(64)}`, 'camera=()'],
    ['app://ebp/none', 'camera=()'],
  ])('%s: %s, and never a microphone', async (url, rule) => {
    const policy = (await get(url)).headers.get('permissions-policy')?.split(', ');
    expect(policy).toContain(rule);
    expect(policy).toContain('microphone=()');
  });

  it.each([
    'app://ebp/../secret.txt',
    'app://ebp/..%2fsecret.txt',
    'app://ebp/%2e%2e/secret.txt',
    'app://ebp/assets/..%5c..%5csecret.txt',
    'app://ebp/assets/../../secret.txt',
    'app://ebp//etc/passwd',
    'app://ebp/link.txt',
    'app://ebp/run.exe',
    'app://ebp/assets',
    'app://ebp/assets/',
    'app://ebp/__proto__',
    'app://ebp/constructor',
    'app://other/index.html',
    `app://ebp/icons/${'c'.repeat(64)}`,
    `app://ebp/icons/${'b'.repeat(64)}`,
    `app://ebp/icons/${'A'.repeat(64)}`,
    `app://ebp/icons/${'a'.repeat(63)}`,
    `app://ebp/icons/..%2f${'a'.repeat(64)}`,
  ])('has nothing at %s', async (url) => {
    const response = await get(url);
    expect(response.status).toBe(404);
    expect(await response.text()).toBe('');
  });

  it('serves an icon so that a script in it cannot run', async () => {
    const response = await get(`app://ebp/icons/${'a'.repeat(64)}`);
    expect(response.headers.get('content-type')).toBe('image/svg+xml');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(response.headers.get('content-security-policy')).toContain('sandbox');
    expect(await response.text()).toBe('icon');
  });

  it('gives a file of another computer to be saved, and never to be shown or run', async () => {
    const response = await get(`app://ebp/files/${sessionId}/page.html`);
    expect(await response.text()).toBe('<script>alert(1)</script>');
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': '25',
      'content-disposition': `attachment; filename="page.html"; filename*=UTF-8''page.html`,
      'content-security-policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
    });
    expect((await get(`app://ebp/files/${sessionId}/other`)).status).toBe(404);
    expect((await get(`app://ebp/files/${sessionId}/..%2fsecret.txt`)).status).toBe(404);
    expect((await get(`app://ebp/files/${sessionId}/page.html`, 'PUT')).status).toBe(405);
  });

  it('takes nothing but reads', async () => {
    expect((await get('app://ebp/', 'POST')).status).toBe(405);
  });
});

describe('isFileUrl', () => {
  it.each([
    [`app://ebp/files/${sessionId}/a.txt`, true],
    [`app://ebp/files/${sessionId}/..%2fa`, false],
    [`app://other/files/${sessionId}/a.txt`, false],
    [`https://ebp/files/${sessionId}/a.txt`, false],
    ['app://ebp/', false],
    ['', false],
  ])('%s: %s', (url, isOne) => expect(isFileUrl(url)).toBe(isOne));
});

describe('windowOfUrl', () => {
  it.each([
    ['app://ebp/', 'main'],
    ['app://ebp/?peer=x#y', 'main'],
    ['app://ebp/?window=popup', 'popup'],
    ['app://ebp/?window=viewer&ask=1', 'viewer'],
    ['app://ebp/?window=other', null],
    ['app://ebp/index.html', null],
    ['app://ebp.example/', null],
    ['app://user@ebp/', null],
    ['app://ebp:80/', null],
    ['https://ebp/', null],
    ['file:///', null],
    ['', null],
  ])('%s is %s', (url, kind) => expect(windowOfUrl(url)).toBe(kind));
});

describe('what a page may save', () => {
  it.each([
    ['blob:app://ebp/6f9c2a1e-0000-4000-8000-000000000000', 'app://ebp/', true],
    [`app://ebp/files/${sessionId}/x`, 'app://ebp/?window=viewer&session=1', true],
    [`app://ebp/files/${sessionId}/x`, 'https://example.org/', false],
    ['app://ebp/index.html', 'app://ebp/', false],
    ['blob:app://ebp.example.org/x', 'app://ebp/', false],
    ['blob:app://ebp/x', 'https://example.org/', false],
    ['blob:app://ebp/x', '', false],
    ['blob:app://other/x', 'app://ebp/', false],
    ['blob:null/x', 'app://ebp/', false],
    ['blob:https://example.org/x', 'app://ebp/', false],
    ['data:text/plain,x', 'app://ebp/', false],
    ['file:///etc/passwd', 'app://ebp/', false],
    ['app://user@ebp/x', 'app://ebp/', false],
    ['app://ebp.example.org/x', 'app://ebp/', false],
    ['', 'app://ebp/', false],
  ])('%s on %s: %s', (url, pageUrl, isOwn) => {
    expect(isOwnDownload(url, pageUrl)).toBe(isOwn);
  });
});
