// What a stock `ssh` with a proved key asks for at the peer port of a real core, where nothing of SSH is for it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { firstMatch, until } from '../../bench/computers.ts';
import {
  type Answer,
  type AttackedHost,
  type KeyInFile,
  makeVisitor,
  pass,
  runProgram,
  startAttackedHost,
  stockSsh,
} from './ssh-host.ts';

let host: AttackedHost;
let mallory: KeyInFile;
const where = 'ebp@127.0.0.1';
let forwardCount = 0;

beforeAll(async () => {
  host = await startAttackedHost();
  mallory = await makeVisitor(host, 'mallory');
}, 60_000);
afterAll(() => host?.[Symbol.asyncDispose]());

/** With what ssh says of the protocol, because it keeps most refusals to itself. */
const ssh = (...rest: string[]): Promise<Answer> =>
  host.run([...stockSsh(host.peerPort, mallory.keyPath), '-v', ...rest]);

/** Leaves the connection open while `use` works through what ssh opened at its own end. Resolves to what ssh said. */
async function whileForwarding(kind: string, target: string, use: (path: string) => Promise<void>): Promise<string> {
  forwardCount += 1;
  const path = join(host.folder, `forward-${forwardCount}`);
  const done = new AbortController();
  const argv = [...stockSsh(host.peerPort, mallory.keyPath), '-v', '-N', kind, `${path}${target}`, where];
  const ended = host.run(argv, {}, done.signal);
  await until(() => existsSync(path), 'the forward');
  await use(path);
  done.abort();
  return (await ended).out;
}

const readFrom = async (path: string) =>
  (await runProgram('socat', ['-T', '3', '-u', `UNIX-CONNECT:${path}`, '-'])).out;

test('a stranger with a stock ssh proves its key at the peer port, so that what is refused below is not for the want of one', async () => {
  expect((await ssh(where, 'true')).out).toContain(`Authenticated to 127.0.0.1`);
});

test('a stranger asks the peer port for a command', async () => {
  const { code, out } = await ssh(where, `touch ${host.folder}/pwned`);
  expect(out).toContain('exec request failed');
  expect(code).toBe(255);
  await expect(readFile(join(host.folder, 'pwned'))).rejects.toThrow();
});

test('a stranger asks the peer port for a shell', async () => {
  expect((await ssh('-T', where)).out).toContain('shell request failed');
});

test('a stranger asks the peer port for a terminal', async () => {
  expect((await ssh('-tt', where)).out).toContain('PTY allocation request failed');
});

test.each(['sftp', 'netconf', 'ebrainpool-control2', 'publickey'])(
  'a stranger asks the peer port for the subsystem %s',
  async (name) => {
    expect((await ssh('-s', where, name)).out).toContain('subsystem request failed');
  },
);

test('a stranger asks the peer port for a connection to a port of the host (ssh -W)', async () => {
  const { code, out } = await ssh('-W', `127.0.0.1:${host.peerPort}`, where);
  expect(out).toMatch(/open failed|forwarding failed/);
  expect(out).not.toContain('SSH-2.0-eBrainPool\n');
  expect(code).toBe(255);
});

test('a stranger forwards a port of its own through the peer port to one of the host (ssh -L)', async () => {
  let got = 'nothing yet';
  const said = await whileForwarding('-L', `:127.0.0.1:${host.peerPort}`, async (path) => {
    got = await readFrom(path);
  });
  expect(said).toMatch(/open failed/);
  expect(got).toBe('');
});

test('a stranger makes the peer port its proxy to anywhere (ssh -D)', async () => {
  let got = 'nothing yet';
  const said = await whileForwarding('-D', '', async (path) => {
    // SOCKS5 without authentication, CONNECT 127.0.0.1 to the peer port (RFC 1928).
    const port = host.peerPort.toString(16).padStart(4, '0').replace(/../g, '\\x$&');
    const request = `printf '\\x05\\x01\\x00\\x05\\x01\\x00\\x01\\x7f\\x00\\x00\\x01${port}'; sleep 2`;
    got = (await runProgram('bash', ['-c', `(${request}) | socat -T 3 - UNIX-CONNECT:${path}`])).out;
  });
  expect(said).toMatch(/open failed/);
  expect(got).not.toContain('SSH-2.0');
});

test('a stranger has the host listen on a TCP port for it (ssh -R)', async () => {
  const { code, out } = await ssh('-N', '-o', 'ExitOnForwardFailure=yes', '-R', '0:127.0.0.1:1', where);
  expect(out).toContain('remote port forwarding failed');
  expect(code).toBe(255);
});

test('a stranger reaches through the peer port for a Unix socket of the owner', async () => {
  const busPath = join(host.folder, 'run', 'bus');
  const bus = createServer((socket) => socket.end('secrets of the owner')).listen(busPath);
  await once(bus, 'listening');
  expect(await readFrom(busPath)).toBe('secrets of the owner');
  let got = 'nothing yet';
  const said = await whileForwarding('-L', `:${busPath}`, async (path) => {
    got = await readFrom(path);
  });
  bus.close();
  expect(said).toMatch(/open failed/);
  expect(got).toBe('');
});

test('a stranger has the host listen on a Unix socket for it', async () => {
  const path = join(host.folder, 'planted');
  const { out } = await ssh('-N', '-o', 'ExitOnForwardFailure=yes', '-R', `${path}:127.0.0.1:1`, where);
  expect(out).toContain('remote port forwarding failed');
  expect((await runProgram('test', ['-e', path])).code).toBe(1);
});

test('a stranger asks the peer port for a network tunnel', async () => {
  expect(await openChannel('session')).toBe('opened');
  expect(await openChannel('tun@openssh.com')).toBe('refused');
});

test('a stranger asks the peer port for X11 without a grant', async () => {
  const { code, out } = await host.run([...stockSsh(host.peerPort, mallory.keyPath), '-v', '-Y', where, 'true'], {
    DISPLAY: ':77',
  });
  expect(out).toMatch(/X11 forwarding request failed/);
  expect(code).toBe(255);
});

test('a stranger sends its agent and its environment to the peer port', async () => {
  const agentPath = join(host.folder, 'agent');
  const agent = spawn('ssh-agent', ['-D', '-a', agentPath], { stdio: ['ignore', 'pipe', 'ignore'] });
  await firstMatch(agent, /SSH_AUTH_SOCK/);
  const { code, out } = await host.run(
    [...stockSsh(host.peerPort, mallory.keyPath), '-v', '-A', '-o', 'SetEnv=LD_PRELOAD=/x', where, 'true'],
    { SSH_AUTH_SOCK: agentPath },
  );
  agent.kill();
  expect(out).toContain('Requesting authentication agent forwarding');
  // The host would open it with this.
  expect(out).not.toContain('auth-agent@openssh.com');
  expect(code).toBe(255);
  const environment = await readFile(`/proc/${host.pid}/environ`, 'utf8');
  expect(environment).not.toContain('LD_PRELOAD=/x');
});

test('a stranger logs in at the peer port with a password, by keyboard, or with nothing', async () => {
  for (const method of ['password', 'keyboard-interactive', 'none']) {
    const { out } = await ssh('-o', `PreferredAuthentications=${method}`, where, 'true');
    expect(out).toContain('Permission denied (publickey)');
    expect(out).not.toContain('Authenticated to');
  }
});

test.each([
  ['ecdsa', '256'],
  ['rsa', '2048'],
])('a stranger logs in at the peer port with a key of another kind, %s', async (kind, bits) => {
  const path = join(host.folder, `key-${kind}`);
  await runProgram('ssh-keygen', ['-q', '-N', '', '-t', kind, '-b', bits, '-f', path]);
  const { out } = await host.run([...stockSsh(host.peerPort, path), where, 'true']);
  expect(out).toContain('Permission denied (publickey)');
});

test('a computer with another host key stands in for the host before a visitor that knows the true one', async () => {
  const knownHosts = join(host.folder, 'known_hosts');
  await runProgram('bash', ['-c', `echo "[127.0.0.1]:${host.peerPort} ${mallory.publicKey}" >${knownHosts}`]);
  const known = ['-o', 'StrictHostKeyChecking=yes', '-o', `UserKnownHostsFile=${knownHosts}`];
  // Of two answers for one option, ssh takes the first.
  const [program = '', ...rest] = stockSsh(host.peerPort, mallory.keyPath);
  const { out } = await host.run([program, ...known, ...rest, where, 'true']);
  expect(out).toContain('Host key verification failed');
});

/** Opens a channel of any type, which no program with a name does. */
async function openChannel(type: string): Promise<'opened' | 'refused'> {
  const port = await host.openDoor((socket) => pass(socket, host.connect('127.0.0.1')));
  const client = new ssh2.Client();
  client.connect({ host: '127.0.0.1', port, username: 'ebp', privateKey: mallory.privateKey, strictVendor: false });
  await once(client, 'ready');
  const { promise, resolve, reject } = Promise.withResolvers<'opened' | 'refused'>();
  client.once('error', reject).once('close', () => reject(new Error('closed')));
  const { _protocol: protocol } = client as unknown as {
    _protocol: {
      _handlers: Record<string, unknown>;
      _packetRW: { write: { alloc(size: number): Buffer; allocStart: number; finalize(packet: Buffer): Buffer } };
      _cipher: { encrypt(packet: Buffer): void };
    };
  };
  protocol._handlers['CHANNEL_OPEN_FAILURE'] = () => resolve('refused');
  protocol._handlers['CHANNEL_OPEN_CONFIRMATION'] = () => resolve('opened');
  // SSH_MSG_CHANNEL_OPEN (RFC 4254 section 5.1) with the two numbers of OpenSSH's tunnels: mode and unit.
  const payload = Buffer.concat([
    Buffer.from([90]),
    uint32(type.length),
    Buffer.from(type),
    ...[0, 2 ** 20, 2 ** 15, 1, 0x7fffffff].map(uint32),
  ]);
  const packet = protocol._packetRW.write.alloc(payload.length);
  packet.set(payload, protocol._packetRW.write.allocStart);
  protocol._cipher.encrypt(protocol._packetRW.write.finalize(packet));
  return promise.finally(() => client.destroy());
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
