// Where a peer that means no good sits: a computer of the lab, from which her connections leave.
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endChild, until } from '../../bench/computers.ts';
import { folderOf, spawnOn } from '../../lab/hosts.ts';
import { type Identity, openIdentity } from '../../src/core/identity/identity.ts';
import type { Computer } from '../computers/computer.ts';
import { Visit } from './visit.ts';

/** The place of an attacker on a computer of the lab; everything she sends leaves from there. */
export class Mallory implements AsyncDisposable {
  readonly host: string;
  readonly #stack = new AsyncDisposableStack();
  readonly #bridges = new Map<string, Promise<string>>();
  readonly #visits = new Set<Visit>();
  #folder = '';

  constructor(host: string) {
    this.host = host;
  }

  async start(): Promise<void> {
    this.#folder = await mkdtemp(join(folderOf(this.host, 'tmp'), 'mallory-'));
    this.#stack.defer(() => rm(this.#folder, { recursive: true, force: true }));
  }

  /** A key: as many as she likes cost her nothing. */
  makeKey(name = 'mallory'): Promise<Identity> {
    return openIdentity(join(this.#folder, `key-${name}`));
  }

  /** A TCP connection that leaves from her computer. */
  async connect(address: string, port: number): Promise<Socket> {
    const target = address.includes(':') ? `TCP6:[${address}]:${port}` : `TCP4:${address}:${port}`;
    const path = await (this.#bridges.get(target) ?? this.#build(target));
    let socket = connect(path);
    // A socket is there for a moment before anybody listens on it.
    for (let times = 0; times < 100 && !(await isConnected(socket)); times += 1) {
      await sleep(10);
      socket = connect(path);
    }
    socket.on('error', () => socket.destroy());
    return socket;
  }

  #build(target: string): Promise<string> {
    const path = join(this.#folder, `bridge-${this.#bridges.size}`);
    const built = (async () => {
      const argv = [
        'socat',
        '-lf',
        '/dev/null',
        `UNIX-LISTEN:${path},fork,mode=0666,backlog=1000`,
        `${target},nodelay`,
      ];
      const child = spawnOn(this.host, argv, { stdio: 'ignore' });
      this.#stack.defer(() => endChild(child));
      await until(() => existsSync(path), 'the way out of her computer');
      return path;
    })();
    this.#bridges.set(target, built);
    return built;
  }

  /** Connects and proves a key; says hello unless told not to. */
  async visit(target: Computer, options: { key?: Identity; name?: string; isMute?: boolean } = {}): Promise<Visit> {
    const key = options.key ?? (await this.makeKey());
    const port = (await target.core()).read('self')?.peerPort ?? 0;
    const socket = await this.connect(target.address, port);
    const visit = await Visit.open(socket, key);
    this.#visits.add(visit);
    if (options.isMute !== true) await visit.hello(options.name);
    return visit;
  }

  /** Ends all her connections: a host lets a key have a few only. */
  leave(): void {
    for (const visit of this.#visits) visit[Symbol.dispose]();
    this.#visits.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.leave();
    await this.#stack.disposeAsync();
  }
}

function isConnected(socket: Socket): Promise<boolean> {
  return once(socket, 'connect').then(
    () => true,
    () => false,
  );
}
