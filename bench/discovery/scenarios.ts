// What is asked of each candidate, on a network of namespaces of its own each time. A cell is a figure, or what did not happen.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Advert, OwnAdvert } from '../../src/core/peers/discovery/advert.ts';
import {
  type LanEvent,
  preciseNow,
  TestLan,
  testOwn,
  testPeerId,
} from '../../src/core/peers/discovery/test-lan.test-support.ts';
import { median } from '../report.ts';

/** A figure with its unit, `yes`, or what failed. */
export type Cell = string;
export type Cells = Readonly<Record<string, Cell>>;
export type Scenario = (candidate: string) => Promise<Cells>;

const computerFile = join(import.meta.dirname, 'computer.ts');
const hostileFile = join(import.meta.dirname, 'hostile.ts');
const fakePeersFile = join(import.meta.dirname, '../../src/core/peers/discovery/many-peers.test-support.ts');
/** More than twice the time to live that we use. */
const PATIENCE_MS = 40_000;

class Measured {
  readonly lan: TestLan;
  readonly #candidate: string;

  constructor(lan: TestLan, candidate: string) {
    this.lan = lan;
    this.#candidate = candidate;
  }

  /** When it began, and that it is ready. */
  async start(id: string, host: string, own: OwnAdvert | null): Promise<number> {
    const since = this.lan.events.length;
    this.lan.startProcess(id, host, [this.#candidate, JSON.stringify(own)], computerFile);
    await this.lan.wait((event) => event.id === id && event.event === 'ready', 20_000, `${id} ready`, since);
    return this.lan.events.slice(since).find((event) => event.id === id && event.event === 'starting')?.at ?? 0;
  }

  /** Milliseconds from a moment until a computer sees a peer, or null. */
  async seen(
    id: string,
    peer: string,
    fromAt: number,
    timeoutMs: number,
    since = 0,
    isMeant?: (advert: Advert) => boolean,
  ) {
    return this.#at(this.lan.waitSeen(id, peer, timeoutMs, since, isMeant), fromAt);
  }

  async gone(id: string, peer: string, fromAt: number, timeoutMs: number, since: number) {
    return this.#at(this.lan.waitGone(id, peer, timeoutMs, since), fromAt);
  }

  async #at(event: Promise<LanEvent>, fromAt: number): Promise<number | null> {
    return event.then(
      ({ at }) => at - fromAt,
      () => null,
    );
  }

  async stop(id: string): Promise<void> {
    const since = this.lan.events.length;
    this.lan.tell(id, { do: 'stop' });
    await this.lan
      .wait((event) => event.id === id && event.event === 'exit', 5000, `${id} ends`, since)
      .catch(() => {});
  }

  async usage(id: string): Promise<{ cpuMs: number; memoryMiB: number }> {
    const since = this.lan.events.length;
    this.lan.tell(id, { do: 'usage' });
    const event = await this.lan.wait((one) => one.id === id && one.event === 'usage', 20_000, `usage of ${id}`, since);
    return event.event === 'usage' ? event : { cpuMs: 0, memoryMiB: 0 };
  }

  /** Packets that these computers have sent so far, of whatever kind. */
  async packets(hosts: readonly string[]): Promise<number> {
    const links: readonly { ifname: string; stats64: { rx: { packets: number } } }[] = JSON.parse(
      await this.lan.run('ip -s -j link'),
    );
    const names = new Set(hosts.map((host) => `v-${host}`));
    return links.filter(({ ifname }) => names.has(ifname)).reduce((sum, { stats64 }) => sum + stats64.rx.packets, 0);
  }
}

function ms(value: number | null, otherwise = 'no'): Cell {
  return value === null
    ? otherwise
    : value < 3000
      ? `${Math.max(0, value).toFixed(0)} ms`
      : `${(value / 1000).toFixed(1)} s`;
}

const yes = (isTrue: boolean): Cell => (isTrue ? 'yes' : 'no');

/** A second network between two hosts of the lab; `isLate` leaves the end of the first one for later. */
async function addSecondNetwork(lan: TestLan, hosts: readonly string[]): Promise<void> {
  await lan.run('ip link show lan2 || { ip link add lan2 type bridge && ip link set lan2 up; }');
  for (const host of hosts) {
    await lan.run(
      `ip link add w-${host} type veth peer name eth1 netns ${host} && ip link set w-${host} master lan2 up`,
    );
    await lan.run(
      `ip -n ${host} link set eth1 up && ip -n ${host} addr add 10.8.0.${host.charCodeAt(0) - 96}/24 dev eth1`,
    );
  }
}

const findsAndLoses: Scenario = async (candidate) => {
  await using lan = await TestLan.start({ hosts: ['a', 'b', 'c'] });
  const on = new Measured(lan, candidate);
  await on.start('a', 'a', testOwn('alice'));
  const found: number[] = [];
  const lost: (number | null)[] = [];
  let misses = 0;
  for (let round = 0; round < 5; round += 1) {
    const id = `b${round}`;
    const name = `bob-${round}`;
    const since = lan.events.length;
    const startedAt = await on.start(id, 'b', testOwn(name));
    const times = await Promise.all([
      on.seen('a', name, startedAt, 6000, since),
      on.seen(id, 'alice', startedAt, 6000, since),
    ]);
    found.push(...times.filter((time) => time !== null));
    misses += times.filter((time) => time === null).length;
    await sleep(500);
    const beforeStop = lan.events.length;
    const stoppedAt = preciseNow();
    await on.stop(id);
    lost.push(await on.gone('a', name, stoppedAt, 4000, beforeStop));
  }
  const losses = lost.filter((time) => time !== null);
  await on.start('c', 'c', testOwn('carol'));
  await on.seen('a', 'carol', 0, 6000);
  await sleep(4000);
  const beforeChange = lan.events.length;
  const changedAt = preciseNow();
  lan.tell('c', { do: 'own', own: testOwn('carol', { catalogueDigest: 'd2' }) });
  const digest = await on.seen(
    'a',
    'carol',
    changedAt,
    6000,
    beforeChange,
    (advert) => advert.catalogueDigest === 'd2',
  );
  const note = () =>
    lan.events.slice(beforeChange).some(({ id, event }) => id === 'a' && event === 'gone') ? ', gone in between' : '';
  const digestCell = ms(digest) + note();
  const renamedAt = preciseNow();
  lan.tell('c', { do: 'own', own: testOwn('carol', { catalogueDigest: 'd2', name: 'Caroline' }) });
  const name = await on.seen('a', 'carol', renamedAt, 6000, beforeChange, (advert) => advert.name === 'Caroline');
  await sleep(1000);
  return {
    'found, median of 10': `${ms(median(found))}${misses > 0 ? `, ${misses} not at all` : ''}`,
    'gone after its goodbye':
      losses.length < lost.length ? `${lost.length - losses.length} of 5 not` : ms(median(losses)),
    'a new catalogue is told': digestCell,
    'a new name is told': ms(name) + note(),
  };
};

const vanishes: Scenario = async (candidate) => {
  await using lan = await TestLan.start({ hosts: ['a', 'b', 'c'] });
  const on = new Measured(lan, candidate);
  await on.start('a', 'a', testOwn('alice'));
  await on.start('c', 'c', testOwn('carol'));
  await on.start('b', 'b', testOwn('bob'));
  await on.seen('a', 'bob', 0, 6000);
  await on.seen('a', 'carol', 0, 6000);
  await sleep(1000);
  const since = lan.events.length;
  const killedAt = preciseNow();
  lan.signal('b', 'SIGKILL');
  const lost = await on.gone('a', 'bob', killedAt, PATIENCE_MS, since);
  await sleep(Math.max(0, killedAt + PATIENCE_MS - preciseNow()));
  const others = lan.events
    .slice(since)
    .some((event) => event.event === 'gone' && event.peerId === testPeerId('carol'));
  return { 'gone without a goodbye': ms(lost, 'not in 40 s') + (others ? ', a living one too' : '') };
};

const twoNetworks: Scenario = async (candidate) => {
  await using lan = await TestLan.start({ hosts: ['a', 'b', 'c'] });
  const on = new Measured(lan, candidate);
  await lan.run('ip link set v-c down');
  await addSecondNetwork(lan, ['a', 'c']);
  await sleep(2500);
  for (const host of ['a', 'b', 'c']) await on.start(host, host, testOwn(`peer-${host}`));
  const pairs = [
    ['a', 'b'],
    ['b', 'a'],
    ['a', 'c'],
    ['c', 'a'],
  ] as const;
  const times = await Promise.all(pairs.map(([id, peer]) => on.seen(id, `peer-${peer}`, 0, 6000)));
  await sleep(1000);
  const told = (id: string) => {
    const event = lan.events.findLast(
      (one) => one.id === id && one.event === 'seen' && one.advert.peerId === testPeerId('peer-a'),
    );
    return event?.event === 'seen' ? event.advert.addresses : [];
  };
  const isTidy =
    !told('b').some((address) => address.startsWith('10.8.')) &&
    !told('c').some((address) => address.startsWith('10.7.'));
  const seen = times.filter((time) => time !== null).length;
  return {
    'two networks: finds and is found on both': seen === pairs.length ? 'yes' : `${seen} of 4`,
    'tells each network its own addresses': seen === pairs.length ? yes(isTidy) : isTidy ? '–' : 'no',
  };
};

const networkComesAndGoes: Scenario = async (candidate) => {
  await using lan = await TestLan.start({ hosts: ['a', 'c'] });
  const on = new Measured(lan, candidate);
  await lan.run('ip link set v-c down');
  await on.start('a', 'a', testOwn('alice'));
  await on.start('c', 'c', testOwn('carol'));
  await sleep(2000);
  const since = lan.events.length;
  await addSecondNetwork(lan, ['a', 'c']);
  const comesAt = preciseNow();
  const times = await Promise.all([
    on.seen('a', 'carol', comesAt, 15_000, since),
    on.seen('c', 'alice', comesAt, 15_000, since),
  ]);
  const worst = times.includes(null) ? null : Math.max(...times.map((time) => time ?? 0));
  return { 'a network that comes later': ms(worst, 'not in 15 s') };
};

const ipv6Alone: Scenario = async (candidate) => {
  await using lan = await TestLan.start({ hosts: ['a', 'b'], hasIpv4: false });
  const on = new Measured(lan, candidate);
  await on.start('a', 'a', testOwn('alice'));
  const startedAt = await on.start('b', 'b', testOwn('bob'));
  const times = await Promise.all([on.seen('a', 'bob', startedAt, 6000), on.seen('b', 'alice', startedAt, 6000)]);
  return { 'IPv6 alone': times.includes(null) ? 'no' : ms(Math.max(...times.map((time) => time ?? 0))) };
};

const sleeps: Scenario = async (candidate) => {
  await using lan = await TestLan.start({ hosts: ['a', 'b', 'c'] });
  const on = new Measured(lan, candidate);
  await on.start('a', 'a', testOwn('alice'));
  await on.start('b', 'b', testOwn('bob'));
  await Promise.all([on.seen('a', 'bob', 0, 6000), on.seen('b', 'alice', 0, 6000)]);
  // Nothing reaches who sleeps, and the kernel keeps nothing for it.
  lan.signal('b', 'SIGSTOP');
  await lan.run('ip link set v-b down');
  await on.start('c', 'c', testOwn('carol'));
  await on.stop('a');
  await sleep(22_000);
  await lan.run('ip link set v-b up');
  await sleep(1500);
  const since = lan.events.length;
  const wokenAt = preciseNow();
  lan.signal('b', 'SIGCONT');
  const [came, left, known] = await Promise.all([
    on.seen('b', 'carol', wokenAt, 15_000, since),
    on.gone('b', 'alice', wokenAt, 15_000, since),
    on.seen('c', 'bob', wokenAt, 15_000, since),
  ]);
  return {
    'woken: sees who came meanwhile': ms(came, 'not in 15 s'),
    'woken: drops who left meanwhile': ms(left, 'not in 15 s'),
    'woken: is seen': ms(known, 'not in 15 s'),
  };
};

const together: Scenario = async (candidate) => {
  await using lan = await TestLan.start({ hosts: ['a', 'b'] });
  const on = new Measured(lan, candidate);
  await on.start('c', 'b', testOwn('carol'));
  await on.start('zero', 'a', testOwn('zoe', { port: 4302 }));
  // Equal names, and keys that begin alike.
  await on.start('one', 'a', testOwn('robert-1', { name: 'Same' }));
  await on.start('two', 'b', testOwn('robert-2', { name: 'Same', port: 4301 }));
  const [one, two, first, second] = await Promise.all([
    on.seen('zero', 'robert-1', 0, 5000),
    on.seen('one', 'zoe', 0, 5000),
    on.seen('c', 'robert-1', 0, 5000),
    on.seen('c', 'robert-2', 0, 5000),
  ]);
  return {
    'two on one computer see each other': yes(one !== null && two !== null),
    'equal names: a third sees both': yes(first !== null && second !== null),
  };
};

const hostile: Scenario = async (candidate) => {
  await using lan = await TestLan.start({ hosts: ['a', 'b', 'c'] });
  const on = new Measured(lan, candidate);
  const act = async (id: string, args: readonly string[]) => {
    lan.startProcess(id, 'c', args, hostileFile);
    await lan.wait((event) => event.id === id && event.event === 'exit', 30_000, id);
  };
  await on.start('a', 'a', testOwn('alice'));
  await on.start('b', 'b', testOwn('bob'));
  await on.seen('a', 'bob', 0, 6000);
  await act('odd', ['odd']);
  await sleep(500);
  const isOddSeen = lan.events.some(
    (event) => event.id === 'a' && event.event === 'seen' && event.advert.instance === 'x',
  );
  const bob = lan.events.find((event) => event.event === 'seen' && event.advert.peerId === testPeerId('bob'));
  const since = lan.events.length;
  await act('goodbye', ['goodbye', bob?.event === 'seen' ? bob.advert.instance : '']);
  await sleep(500);
  const isTakenAway = lan.events.slice(since).some((event) => event.id === 'a' && event.event === 'gone');
  await on.stop('b');
  const before = await on.usage('a');
  const flooding = act('flood', ['flood']);
  await sleep(6000);
  const startedAt = await on.start('late', 'b', testOwn('late'));
  const late = await on.seen('a', 'late', startedAt, 5000);
  await flooding;
  const after = await on.usage('a');
  const entries = new Set(
    lan.events.flatMap((event) => (event.id === 'a' && event.event === 'seen' ? [event.advert.peerId] : [])),
  );
  return {
    'finds a peer behind a record that cannot be read': yes(isOddSeen),
    'another’s goodbye takes a peer away': yes(isTakenAway),
    'flood of 5,600 adverts by one sender in 8 s: kept': String(entries.size),
    'flood: a true one is found meanwhile': ms(late),
    'flood: processor': `${((after.cpuMs - before.cpuMs) / 1000).toFixed(1)} s`,
    'flood: memory': `+${(after.memoryMiB - before.memoryMiB).toFixed(0)} MiB`,
  };
};

const slowPackets: Scenario = async (candidate) => {
  await using lan = await TestLan.start({ hosts: ['a', 'b', 'c'] });
  const on = new Measured(lan, candidate);
  await on.start('a', 'a', testOwn('alice'));
  const before = await on.usage('a');
  lan.startProcess('slow', 'c', ['slow'], hostileFile);
  await sleep(4000);
  const startedAt = await on.start('late', 'b', testOwn('late'));
  const late = await on.seen('a', 'late', startedAt, 5000);
  await lan.wait((event) => event.id === 'slow' && event.event === 'exit', 30_000, 'slow');
  const after = await on.usage('a');
  return {
    'packets made to be slow to read, for 8 s: processor': `${((after.cpuMs - before.cpuMs) / 1000).toFixed(1)} s`,
    '… a true one is found meanwhile': ms(late),
  };
};

const manyPeers: Scenario = async (candidate) => {
  const peers = 300;
  const watchMs = 20_000;
  await using lan = await TestLan.start({ hosts: ['a', 'c'] });
  const on = new Measured(lan, candidate);
  lan.startProcess('fakes', 'c', [String(peers)], fakePeersFile);
  await lan.wait((event) => event.id === 'fakes' && event.event === 'ready', 20_000, 'the peers');
  await sleep(5000);
  const startedAt = await on.start('a', 'a', testOwn('alice'));
  const seen = () =>
    new Set(lan.events.flatMap((one) => (one.id === 'a' && one.event === 'seen' ? [one.advert.peerId] : []))).size;
  const all = await lan
    .wait((event) => event.id === 'a' && event.event === 'seen' && seen() >= peers, 20_000, 'all')
    .then(
      () => (lan.events.findLast(({ id, event }) => id === 'a' && event === 'seen')?.at ?? 0) - startedAt,
      () => null,
    );
  const before = await on.usage('a');
  const answersBefore = await on.packets(['c']);
  await sleep(watchMs);
  const after = await on.usage('a');
  const answers = ((await on.packets(['c'])) - answersBefore) / (watchMs / 1000);
  return {
    '300 peers: all found': all === null ? `${seen()} of 300` : ms(all),
    '300 peers: processor': `${(((after.cpuMs - before.cpuMs) / watchMs) * 100).toFixed(1)} %`,
    '300 peers: memory': `${after.memoryMiB.toFixed(0)} MiB`,
    '300 peers: answers that its questions cost': `${answers.toFixed(0)} /s`,
  };
};

const crowd: Scenario = async (candidate) => {
  const hosts = Array.from({ length: 12 }, (_, index) => `h${index + 1}`);
  await using lan = await TestLan.start({ hosts });
  const on = new Measured(lan, candidate);
  const counts: number[] = [];
  for (const host of hosts) await on.start(host, host, testOwn(`peer-${host}`));
  await sleep(15_000);
  for (const host of hosts) {
    const peers = lan.events.flatMap((one) => (one.id === host && one.event === 'seen' ? [one.advert.peerId] : []));
    counts.push(new Set(peers).size);
  }
  const before = await on.packets(hosts);
  await sleep(20_000);
  const sent = ((await on.packets(hosts)) - before) / 20 / hosts.length;
  const least = Math.min(...counts);
  return {
    'twelve computers: each sees': least === hosts.length - 1 ? 'all' : `${least} of 11`,
    'twelve computers: each sends': `${(sent * 60).toFixed(0)} /min`,
  };
};

export const scenarios: Readonly<Record<string, Scenario>> = {
  findsAndLoses,
  vanishes,
  twoNetworks,
  networkComesAndGoes,
  ipv6Alone,
  sleeps,
  together,
  hostile,
  slowPackets,
  manyPeers,
  crowd,
};
