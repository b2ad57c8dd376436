// The relay carries bytes both ways, passes the end on, and survives a target that is not there.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';

async function startRelayTo(port: number): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'ebp-relay-'));
  const socket = join(folder, 'a.sock');
  const relay = spawn(process.execPath, [resolve(import.meta.dirname, 'relay.mjs'), socket, String(port)]);
  onTestFinished(() => {
    relay.kill();
    rmSync(folder, { recursive: true });
  });
  for (let tries = 0; tries < 200; tries += 1) {
    const probe = connect(socket);
    const isUp = await new Promise((done) => probe.on('connect', () => done(true)).on('error', () => done(false)));
    probe.destroy();
    if (isUp) return socket;
    await sleep(20);
  }
  throw new Error('The relay did not start.');
}

test('bytes go both ways and the end is passed on', async () => {
  const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const socket = await startRelayTo((server.address() as AddressInfo).port);
  const sent = 'x'.repeat(1_000_000);
  const connection = connect(socket);
  connection.end(sent);
  expect(await text(connection)).toBe(sent);
});

test('a target that is not there ends the connection and not the relay', async () => {
  const socket = await startRelayTo(1);
  for (let round = 0; round < 2; round += 1) expect(await text(connect(socket))).toBe('');
});
