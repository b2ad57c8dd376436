// The demo, really started: Ctrl+C ends all of it, whatever is still open to its pages.
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const demo = resolve(import.meta.dirname, 'demo.mjs');

test('Ctrl+C ends the demo within seconds while a page stays open', { timeout: 150_000 }, async () => {
  const { DISPLAY: _x, WAYLAND_DISPLAY: _wayland, ...env } = process.env;
  const child = spawn(process.execPath, [demo], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = new Promise<number | null>((done) => child.on('close', done));
  let said = '';
  await new Promise<void>((done) => {
    child.stderr.on('data', (data: Buffer) => {
      said += data.toString();
      if (said.includes('Ctrl+C here ends both')) done();
    });
    void ended.then(() => done());
  });
  const port = Number(/http:\/\/127\.0\.0\.1:(\d+)/.exec(said)?.[1]);
  // As a browser that keeps its connection: it does not answer an end with its own.
  const page = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  onTestFinished(() => void page.destroy());
  page.on('error', () => {});
  page.write('GET / HTTP/1.1\r\n');
  await new Promise((done) => page.once('connect', done));
  const before = Date.now();
  child.kill('SIGINT');
  expect(await ended).toBe(0);
  expect(Date.now() - before).toBeLessThan(15_000);
});
