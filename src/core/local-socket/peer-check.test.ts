import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '../lib/log.ts';
import { ASKERS, type PeerCheck, startPeerCheck } from './peer-check.ts';

const path = `\0ebp-peer-check-${process.pid}`;
let stack: AsyncDisposableStack;
let server: ReturnType<typeof createServer>;
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  server = createServer();
  stack.defer(() => void server.close());
  server.listen(path);
  await once(server, 'listening');
});
afterEach(() => stack.disposeAsync());

async function accept(): Promise<Socket> {
  const client = connect(path);
  stack.defer(() => void client.destroy());
  const [socket] = (await once(server, 'connection')) as [Socket];
  stack.defer(() => void socket.destroy());
  return socket;
}

/** What the check says of a connection that comes out of a user namespace with the network that is shared. */
async function findInUserNamespace(check: PeerCheck): Promise<unknown> {
  const script = `use Socket; socket(my $s, 1, 1, 0); connect($s, pack("S a*", 1, "\\0${path.slice(1)}")) or die $!; sleep 5;`;
  const child = spawn('unshare', ['--user', 'perl', '-e', script], { stdio: ['ignore', 'ignore', 'inherit'] });
  stack.defer(() => void child.kill('SIGKILL'));
  const [socket] = (await once(server, 'connection')) as [Socket];
  stack.defer(() => void socket.destroy());
  return await check.findStranger(socket);
}

const there = ASKERS.filter(([command]) => spawnSync(command, ['--version']).status === 0);

describe.each(there.map((asker) => [asker[0], asker] as const))('asked by %s, the kernel', (_name, asker) => {
  test('tells a program beside the core from one in a user namespace of its own', async () => {
    const check = await startPeerCheck(silentLog, [asker]);
    expect(await check.findStranger(await accept())).toBeNull();
    expect(await findInUserNamespace(check)).toBe('user');
  });
});

test('without anything to ask, the network is told apart all the same, and that is said', async () => {
  const said: string[] = [];
  const check = await startPeerCheck({ ...silentLog, warn: (_fields, message) => said.push(message) }, []);
  expect(said).toEqual(['neither perl nor python3: local clients are told apart by their network alone']);
  expect(await check.findStranger(await accept())).toBeNull();
});

test('a connection that is gone is nobody’s', async () => {
  const check = await startPeerCheck(silentLog);
  const socket = await accept();
  socket.destroy();
  expect(await check.findStranger(socket)).toBe('unknown');
});
