// A few computers on a LAN of network namespaces, each running discovery in a process of its own. Three roles in one file:
// TestLan (in the test), the supervisor (inside the namespaces, as their root) and the computer (in one of them).
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Bonjour } from 'bonjour-service';
import { peerIdSchema } from '../../../contract/ids.ts';
import { State } from '../../lib/state.ts';
import type { Advert, OwnAdvert } from './advert.ts';
import { startDiscovery } from './discovery.ts';

const THIS_FILE = fileURLToPath(import.meta.url);

/** What the supervisor is told. `run` is a shell line; the others are about a process named `id`. */
type Order =
  | { readonly do: 'run'; readonly order: number; readonly line: string }
  | { readonly do: 'start'; readonly id: string; readonly netns: string; readonly args: readonly string[] }
  | { readonly do: 'signal'; readonly id: string; readonly signal: NodeJS.Signals }
  | { readonly do: 'tell'; readonly id: string; readonly command: Command };

/** What a computer is told. */
export type Command =
  | { readonly do: 'own'; readonly own: OwnAdvert | null }
  | { readonly do: 'usage' }
  | { readonly do: 'stop' };

/** What comes back; `at` is in milliseconds since the epoch, with fractions. */
export type LanEvent = { readonly id: string; readonly at: number } & (
  | { readonly event: 'starting' | 'ready' | 'stopped' }
  | { readonly event: 'seen'; readonly advert: Advert }
  | { readonly event: 'gone'; readonly peerId: string }
  | { readonly event: 'problem'; readonly problem: string | null }
  | { readonly event: 'ran'; readonly order: number; readonly code: number | null; readonly output: string }
  | { readonly event: 'exit'; readonly code: number | null }
  | { readonly event: 'usage'; readonly cpuMs: number; readonly memoryMiB: number }
  | { readonly event: 'text'; readonly text: string }
);

export function testPeerId(name: string) {
  return peerIdSchema.parse(`SHA256:${Buffer.from(name.padEnd(32, '.')).toString('base64').slice(0, 43)}`);
}

export function testOwn(name: string, change: Partial<OwnAdvert> = {}): OwnAdvert {
  return { peerId: testPeerId(name), name, protocol: 1, port: 4300, catalogueDigest: 'd1', ...change };
}

export interface LanOptions {
  readonly hosts: readonly string[];
  readonly hasIpv4?: boolean;
  readonly hasIpv6?: boolean;
}

/** A bridge with one network namespace for each host name. Everything in it ends with it. */
export class TestLan implements AsyncDisposable {
  readonly events: LanEvent[] = [];
  readonly #child: ChildProcess;
  readonly #waiting = new Set<() => void>();
  #orders = 0;
  #failure: string | null = null;
  #stderr = '';

  private constructor() {
    const arguments_ = ['--user', '--map-root-user', '--net', '--mount', '--pid', '--fork', '--kill-child'];
    this.#child = spawn('unshare', [...arguments_, process.execPath, THIS_FILE, 'supervisor'], { stdio: 'pipe' });
    this.#child.on('error', (error) => this.#fail(error.message));
    this.#child.on('exit', (code) => this.#fail(`unshare ended with ${code}: ${this.#stderr.trim()}`));
    this.#child.stderr?.on('data', (data) => {
      this.#stderr = (this.#stderr + data).slice(-2000);
    });
    if (this.#child.stdout) {
      createInterface(this.#child.stdout).on('line', (line) => {
        this.events.push(JSON.parse(line));
        this.#wake();
      });
    }
    this.#child.stdin?.on('error', () => {});
  }

  /** Throws with a plain sentence where user namespaces are not permitted. */
  static async start({ hosts, hasIpv4 = true, hasIpv6 = true }: LanOptions): Promise<TestLan> {
    const lan = new TestLan();
    try {
      await lan.run('mount -t tmpfs none /run && mkdir /run/netns && mount -t proc proc /proc && ip link set lo up');
      await lan.run('ip link add lan type bridge && ip link set lan up');
      for (const [index, host] of hosts.entries()) {
        const inHost = `ip netns exec ${host}`;
        await lan.run(`ip netns add ${host} && ${inHost} ip link set lo up`);
        if (!hasIpv6)
          await lan.run(`${inHost} sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1`);
        await lan.run(`ip link add v-${host} type veth peer name eth0 netns ${host}`);
        await lan.run(`ip link set v-${host} master lan up && ${inHost} ip link set eth0 up`);
        if (hasIpv4)
          await lan.run(
            `${inHost} ip addr add 10.7.0.${index + 1}/24 dev eth0 && ${inHost} ip route add default dev eth0`,
          );
      }
      if (hasIpv6) {
        const isTentative = hosts
          .map((host) => `ip netns exec ${host} ip -6 addr show tentative | grep -q inet6`)
          .join(' || ');
        await lan.run(`for i in $(seq 100); do { ${isTentative}; } || break; sleep 0.1; done`);
      }
      return lan;
    } catch (error) {
      await lan[Symbol.asyncDispose]();
      throw new Error(
        `This test makes a small network of user and network namespaces (unshare, ip), and this computer does not let it: ${error}`,
      );
    }
  }

  /** Runs a shell line as the root of the namespaces. */
  async run(line: string): Promise<string> {
    const order = ++this.#orders;
    this.#send({ do: 'run', order, line });
    const ran = await this.wait((event) => event.event === 'ran' && event.order === order, 20_000, line);
    if (ran.event !== 'ran' || ran.code !== 0) throw new Error(`${line}: ${ran.event === 'ran' ? ran.output : ''}`);
    return ran.output;
  }

  /** Starts discovery on a computer; resolves when it is ready, with the moment at which it began. */
  async startPeer(id: string, netns: string, own: OwnAdvert | null): Promise<number> {
    this.startProcess(id, netns, ['computer', JSON.stringify(own)]);
    const since = this.events.length;
    await this.wait((event) => event.id === id && event.event === 'ready', 20_000, `${id} ready`, since);
    const starting = this.events.findLast((event) => event.id === id && event.event === 'starting');
    return starting?.at ?? 0;
  }

  /** Runs a Node program with this process's flags in one of the namespaces. */
  startProcess(id: string, netns: string, args: readonly string[], file = THIS_FILE): void {
    this.#send({ do: 'start', id, netns, args: [file, ...args] });
  }

  tell(id: string, command: Command): void {
    this.#send({ do: 'tell', id, command });
  }

  signal(id: string, signal: NodeJS.Signals): void {
    this.#send({ do: 'signal', id, signal });
  }

  /** The first event after `since` (an index) that is meant; throws after the time, with what was seen instead. */
  async wait(isMeant: (event: LanEvent) => boolean, timeoutMs: number, what: string, since = 0): Promise<LanEvent> {
    const endsAt = performance.now() + timeoutMs;
    for (;;) {
      const found = this.events.slice(since).find(isMeant);
      if (found) return found;
      if (this.#failure !== null) throw new Error(this.#failure);
      const leftMs = endsAt - performance.now();
      if (leftMs <= 0) {
        throw new Error(
          `waited ${timeoutMs} ms in vain: ${what}\n${this.events
            .slice(-20)
            .map((each) => JSON.stringify(each))
            .join('\n')}`,
        );
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, leftMs);
        const waiting = this.#waiting;
        function done() {
          clearTimeout(timer);
          waiting.delete(done);
          resolve();
        }
        waiting.add(done);
      });
    }
  }

  waitSeen(id: string, peer: string, timeoutMs: number, since = 0, isMeant: (advert: Advert) => boolean = () => true) {
    return this.wait(
      (event) =>
        event.id === id && event.event === 'seen' && event.advert.peerId === testPeerId(peer) && isMeant(event.advert),
      timeoutMs,
      `${id} sees ${peer}`,
      since,
    );
  }

  waitGone(id: string, peer: string, timeoutMs: number, since = 0) {
    return this.wait(
      (event) => event.id === id && event.event === 'gone' && event.peerId === testPeerId(peer),
      timeoutMs,
      `${id} loses ${peer}`,
      since,
    );
  }

  #send(order: Order): void {
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
  }

  #fail(reason: string): void {
    this.#failure ??= reason;
    this.#wake();
  }

  #wake(): void {
    for (const done of [...this.#waiting]) done();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined) return;
    const exited = once(this.#child, 'exit');
    // The supervisor is the first process of its PID namespace: the kernel ends the others with it.
    this.#child.stdin?.end();
    await exited;
  }
}

/** Milliseconds since the epoch, finer than Date.now(), comparable between processes. */
export function preciseNow(): number {
  return performance.timeOrigin + performance.now();
}

export function printEvent(event: object): void {
  process.stdout.write(`${JSON.stringify({ at: preciseNow(), ...event })}\n`);
}

function supervise(): void {
  const children = new Map<string, ChildProcess>();
  createInterface(process.stdin)
    .on('line', (line) => {
      const order: Order = JSON.parse(line);
      if (order.do === 'run') {
        const child = spawn('sh', ['-c', order.line], { stdio: ['ignore', 'pipe', 'pipe'] });
        let output = '';
        child.stdout.on('data', (data) => (output += data));
        child.stderr.on('data', (data) => (output += data));
        child.on('close', (code) => printEvent({ id: '', event: 'ran', order: order.order, code, output }));
      } else if (order.do === 'start') {
        const { id } = order;
        const child = spawn('ip', ['netns', 'exec', order.netns, process.execPath, ...order.args], { stdio: 'pipe' });
        children.set(id, child);
        createInterface(child.stdout).on('line', (text) =>
          process.stdout.write(`${JSON.stringify({ id, ...JSON.parse(text) })}\n`),
        );
        createInterface(child.stderr).on('line', (text) => printEvent({ id, event: 'text', text }));
        child.on('exit', (code) => printEvent({ id, event: 'exit', code }));
      } else if (order.do === 'signal') children.get(order.id)?.kill(order.signal);
      else children.get(order.id)?.stdin?.write(`${JSON.stringify(order.command)}\n`);
    })
    .on('close', () => process.exit(0));
}

async function beComputer(own: State<OwnAdvert | null>): Promise<void> {
  printEvent({ event: 'starting' });
  const log = (fields: object, text: string) =>
    printEvent({ event: 'text', text: `${text} ${JSON.stringify(fields)}` });
  const discovery = await startDiscovery({
    log: { error: log, warn: log, info: log, debug: log },
    own,
    onSeen: (advert) => printEvent({ event: 'seen', advert }),
    onGone: (peerId) => printEvent({ event: 'gone', peerId }),
  });
  discovery.problem.follow((problem) => printEvent({ event: 'problem', problem }));
  printEvent({ event: 'ready' });
  for await (const line of createInterface(process.stdin)) {
    const command: Command = JSON.parse(line);
    if (command.do === 'own') own.set(command.own);
    else break;
  }
  await discovery[Symbol.asyncDispose]();
  printEvent({ event: 'stopped' });
  process.exit(0);
}

/** The same advert by another implementation of DNS-SD, which also prints what it finds. */
function beBonjour(own: OwnAdvert): void {
  const bonjour = new Bonjour();
  const txt = { v: String(own.protocol), id: own.peerId, n: own.name, d: own.catalogueDigest };
  bonjour.publish({ name: own.name, type: 'ebrainpool', port: own.port, txt, disableIPv6: true });
  const print = ({ name, port, txt: text }: { name: string; port: number; txt?: object }) =>
    printEvent({ event: 'text', text: JSON.stringify({ name, port, txt: text }) });
  bonjour
    .find({ type: 'ebrainpool' }, print)
    .on('down', ({ name }) => printEvent({ event: 'text', text: `down ${name}` }));
  process.stdin.once('data', () => bonjour.unpublishAll(() => process.exit(0)));
}

if (process.argv[1] === THIS_FILE) {
  const [role, own] = process.argv.slice(2);
  if (role === 'supervisor') supervise();
  else if (role === 'computer') await beComputer(new State(JSON.parse(own ?? 'null')));
  else if (role === 'bonjour') beBonjour(JSON.parse(own ?? 'null'));
  else if (role === 'occupier') createSocket({ type: 'udp4' }).bind(5353, () => printEvent({ event: 'ready' }));
}
