// SSH messages of the connection protocol (RFC 4254) as bytes, and a way to send any through ssh2, whatever it thinks of them.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import ssh2, { type Connection } from 'ssh2';
import { CONTROL_SUBSYSTEM } from '../../src/core/wire/peer-protocol.ts';

export const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
};
export const string = (value: string | Uint8Array): Buffer => Buffer.concat([uint32(value.length), Buffer.from(value)]);
const bytes = (...parts: readonly (number | Uint8Array)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'number' ? Uint8Array.of(part) : part)));

export const MAX_UINT32 = 2 ** 32 - 1;
export const WINDOW = 2 * 1024 * 1024;
export const PACKET = 32 * 1024;

export const message = {
  ignore: (data: Uint8Array) => bytes(2, string(data)),
  globalRequest: (name: string, isReplyWanted: boolean, rest: Uint8Array = Buffer.alloc(0)) =>
    bytes(80, string(name), isReplyWanted ? 1 : 0, rest),
  open: (type: string, sender: number, window = WINDOW, packet = PACKET, rest: Uint8Array = Buffer.alloc(0)) =>
    bytes(90, string(type), uint32(sender), uint32(window), uint32(packet), rest),
  /** A tunnel channel (OpenSSH PROTOCOL section 2.4). */
  openTunnel: (path: string, sender: number, window = WINDOW, packet = PACKET) =>
    message.open('direct-streamlocal@openssh.com', sender, window, packet, bytes(string(path), string(''), uint32(0))),
  confirm: (recipient: number, sender: number, window = WINDOW, packet = PACKET) =>
    bytes(91, uint32(recipient), uint32(sender), uint32(window), uint32(packet)),
  adjust: (recipient: number, amount: number) => bytes(93, uint32(recipient), uint32(amount)),
  data: (recipient: number, data: string | Uint8Array) => bytes(94, uint32(recipient), string(data)),
  stderr: (recipient: number, data: string | Uint8Array) => bytes(95, uint32(recipient), uint32(1), string(data)),
  eof: (recipient: number) => bytes(96, uint32(recipient)),
  close: (recipient: number) => bytes(97, uint32(recipient)),
  request: (recipient: number, type: string, isReplyWanted: boolean, rest: Uint8Array = Buffer.alloc(0)) =>
    bytes(98, uint32(recipient), string(type), isReplyWanted ? 1 : 0, rest),
  subsystem: (recipient: number, name = CONTROL_SUBSYSTEM) =>
    message.request(recipient, 'subsystem', true, string(name)),
  success: (recipient: number) => bytes(99, uint32(recipient)),
};

interface Protocol {
  _onPayload: (payload: Buffer) => unknown;
  readonly _destruct?: unknown;
  readonly _cipher: { encrypt(packet: Buffer): void };
  readonly _packetRW: {
    readonly write: { readonly allocStart: number; alloc(size: number): Buffer; finalize(packet: Buffer): Buffer };
  };
  rekey(): void;
}

/** A connection of an attacker's own: the keys are proved, and from then on ssh2 only encrypts. */
export interface RawPeer extends Disposable {
  readonly socket: Socket;
  /** Every message of the other side, from the first of the connection protocol on. */
  onMessage: (payload: Buffer) => void;
  send(payload: Uint8Array): void;
  /** Waits while the other side does not read, at most so long. */
  flush(timeoutMs?: number): Promise<void>;
  rekey(): void;
  readonly isOpen: boolean;
  closed(timeoutMs: number): Promise<boolean>;
}

function rawPeer(connection: object, socket: Socket): RawPeer {
  const protocol = (connection as { _protocol: Protocol })._protocol;
  const pass = protocol._onPayload;
  const peer: RawPeer = {
    socket,
    onMessage: () => {},
    send: (payload) => {
      if (!peer.isOpen) return;
      const { write } = protocol._packetRW;
      const at = write.allocStart;
      const packet = write.alloc(payload.length);
      packet.set(payload, at);
      protocol._cipher.encrypt(write.finalize(packet));
    },
    flush: async (timeoutMs = 500) => {
      const until = performance.now() + timeoutMs;
      while (peer.isOpen && socket.writableLength > 1024 * 1024 && performance.now() < until) await sleep(2);
      await new Promise((resolve) => setImmediate(resolve));
    },
    rekey: () => peer.isOpen && protocol.rekey(),
    get isOpen() {
      return !socket.destroyed && socket.writable && protocol._destruct !== undefined;
    },
    closed: async (timeoutMs) => {
      const until = performance.now() + timeoutMs;
      while (!socket.closed && performance.now() < until) await sleep(5);
      return socket.closed;
    },
    [Symbol.dispose]: () => socket.destroy(),
  };
  // Of the decipher too, which was told before this could be: nothing of the connection protocol reaches ssh2.
  const take = (payload: Buffer) => {
    if ((payload[0] ?? 0) < 80) return pass(payload);
    // A sign of life for the sign of life that is asked for: else the connection would end by itself after some seconds.
    if (payload[0] === 80) peer.send(Uint8Array.of(82));
    peer.onMessage(Buffer.from(payload));
    return undefined;
  };
  protocol._onPayload = take;
  (connection as { _protocol: { _decipher: { _onPayload: unknown } } })._protocol._decipher._onPayload = take;
  return peer;
}

/** Visits a host with a key. @throws when it does not let her in */
export async function visitRaw(socket: Socket, privateKey: string): Promise<RawPeer> {
  const client = new ssh2.Client().on('error', () => {});
  client.connect({ sock: socket, username: 'ebp', privateKey, strictVendor: false, keepaliveInterval: 0 });
  await Promise.race([
    once(client, 'ready'),
    once(client, 'close').then(() => {
      throw new Error('not let in');
    }),
  ]);
  return rawPeer(client, socket);
}

/** A hostile host on 127.0.0.1: `serve` decides what becomes of each visitor whose key was proved. */
export async function hostRaw(
  privateKey: string,
  serve: (peer: RawPeer) => void,
): Promise<{ readonly port: number } & AsyncDisposable> {
  const sockets = new Map<string, Socket>();
  const ssh = new ssh2.Server({ hostKeys: [privateKey], keepaliveInterval: 0 }, (connection: Connection, info) => {
    connection.on('error', () => {});
    connection.on('authentication', (context) => context.accept());
    connection.on('ready', () => serve(rawPeer(connection, sockets.get(String(info.port)) as Socket)));
  });
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.set(
      String(socket.remotePort),
      socket.on('error', () => socket.destroy()),
    );
    ssh.injectSocket(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets.values()) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
