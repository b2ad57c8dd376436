import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { AppError } from '../contract/errors.ts';
import { type Answer, BrowserServerFixture } from './browser-server.test-support.ts';
import { readPageFiles } from './page-files.ts';

const shell = new BrowserServerFixture();

describe('the page', () => {
  test('comes with headers that shut everything else out', async () => {
    const cookie = await shell.signIn();
    for (const answer of [
      await shell.get('/', cookie),
      await shell.get('/'),
      await shell.get('/x', cookie),
      await shell.get('/', { Host: 'x' }),
    ]) {
      expect(answer.headers['content-security-policy']).toBe(
        `default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; script-src 'self'; connect-src 'self' ws://127.0.0.1:${shell.server.port}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; object-src 'none'`,
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
    const cookie = await shell.signIn();
    expect((await shell.get('/', cookie)).headers['cache-control']).toBe('no-cache');
    const asset = await shell.get('/assets/main-1a2b.js', cookie);
    expect([asset.body, asset.headers['cache-control']]).toEqual(['run()', 'private, max-age=31536000, immutable']);
    expect((await shell.get('/', cookie, 'HEAD')).body).toBe('');
  });

  test('is missing when it was not built', async () => {
    expect(await readPageFiles(join(shell.folder, 'nowhere'))).toBeNull();
  });
});

describe('an icon', () => {
  test('is sent so that it can do nothing', async () => {
    const cookie = await shell.signIn();
    const hash = 'ab'.repeat(32);
    shell.core.icons.set(hash, { type: 'image/svg+xml', bytes: Buffer.from('<svg/>') });
    const answer = await shell.get(`/icons/${hash}`, cookie);
    expect([answer.status, answer.body]).toEqual([200, '<svg/>']);
    expect(answer.headers).toMatchObject({
      'content-type': 'image/svg+xml',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, max-age=31536000, immutable',
    });
  });

  test('that nobody knows is not there', async () => {
    const cookie = await shell.signIn();
    for (const name of ['0'.repeat(64), '..%2f..', 'x', ''])
      expect((await shell.get(`/icons/${name}`, cookie)).status).toBe(404);
  });
});

describe('a file', () => {
  const path = `/files/${randomUUID()}/a%20%C3%BC.html`;
  /** Sends a body; resolves with the answer, or with the error of a connection that was cut. */
  const put = async (body: Buffer | null, headers: Record<string, string> = {}, target = path) =>
    new Promise<Answer | Error>((resolve) => {
      const options = {
        host: '127.0.0.1',
        port: shell.server.port,
        path: target,
        method: 'PUT',
        headers,
        agent: false,
      };
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
    const cookie = await shell.signIn();
    const bytes = Buffer.alloc(3 * 1024 * 1024, 'x');
    expect(await put(bytes, { ...cookie, Origin: shell.base })).toMatchObject({
      status: 201,
      body: '{"name":"a ü.html"}',
    });
    expect(shell.core.files.get('a ü.html')?.equals(bytes)).toBe(true);
    const answer = await shell.get(path, cookie);
    expect([answer.status, answer.body.length]).toEqual([200, bytes.length]);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="a _.html"; filename*=UTF-8''a%20%C3%BC.html`,
      'content-security-policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
    });
    expect((await shell.get(`${path}x`, cookie)).status).toBe(404);
  });

  test('is for the person alone: without cookie, Origin, or from elsewhere nothing is put or given', async () => {
    const cookie = await shell.signIn();
    shell.core.files.set('a ü.html', Buffer.from('secret'));
    const refused: [Record<string, string>, number][] = [
      [{ Origin: shell.base }, 401],
      [{ ...cookie }, 403],
      [{ ...cookie, Origin: 'http://evil.example' }, 403],
      [{ ...cookie, Origin: shell.base, Host: 'evil.example' }, 403],
      [{ ...cookie, Origin: shell.base, 'Sec-Fetch-Site': 'cross-site' }, 403],
    ];
    for (const [headers, status] of refused) {
      expect(await put(Buffer.from('changed'), headers)).toMatchObject({ status });
      if (headers['Origin'] !== undefined) expect(await shell.get(path, headers)).toMatchObject({ status });
    }
    expect(String(shell.core.files.get('a ü.html'))).toBe('secret');
    for (const name of ['..%2fa', '%2e%2e', 'a%00b', 'a/b', '%ff']) {
      const target = `/files/${randomUUID()}/${name}`;
      expect(await put(Buffer.from('a'), { ...cookie, Origin: shell.base }, target)).toMatchObject({ status: 405 });
      expect((await shell.get(target, cookie)).status).toBe(404);
    }
    expect(shell.core.files.size).toBe(1);
  });

  test('that fails in the middle is answered with the reason, and what still comes is dropped', async () => {
    const cookie = await shell.signIn();
    shell.core.putProblem = new AppError('exchange-full', { name: 'a' });
    const answer = await put(Buffer.alloc(20 * 1024 * 1024), { ...cookie, Origin: shell.base });
    expect(answer).toMatchObject({
      status: 409,
      body: JSON.stringify({ problem: { code: 'exchange-full', params: { name: 'a' } } }),
    });
  });

  test('whose sender goes away is not kept', async () => {
    const cookie = await shell.signIn();
    expect(await put(null, { ...cookie, Origin: shell.base, 'Content-Length': '200000' })).toBeInstanceOf(Error);
    await sleep(100);
    expect(shell.core.files.size).toBe(0);
    expect((await shell.get('/', cookie)).status).toBe(200);
  });
});
