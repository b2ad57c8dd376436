import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { TestLan, testOwn, testPeerId } from './test-lan.test-support.ts';

/** The time to live, the tick, and a busy machine. */
const GONE_MS = 19_000;

describe.concurrent('discovery on a LAN', { timeout: 60_000 }, () => {
  it('finds within a second, tells changes within a second, goes on goodbye, survives noise, expires', async () => {
    await using lan = await TestLan.start({ hosts: ['a', 'b', 'c'] });
    await lan.startPeer('a', 'a', testOwn('alice'));
    const startedAt = await lan.startPeer('b', 'b', testOwn('bob'));
    const [bob, alice] = await Promise.all([lan.waitSeen('a', 'bob', 3000), lan.waitSeen('b', 'alice', 3000)]);
    expect(bob.at - startedAt).toBeLessThan(1000);
    expect(alice.at - startedAt).toBeLessThan(1000);
    expect(bob).toMatchObject({
      advert: { ...testOwn('bob'), addresses: ['10.7.0.2', expect.stringMatching(/^fe80::[0-9a-f:]+%eth0$/)] },
    });

    for (const change of [{ catalogueDigest: 'd2' }, { catalogueDigest: 'd3' }, { name: 'Bob’s new name' }]) {
      const since = lan.events.length;
      const changedAt = performance.timeOrigin + performance.now();
      lan.tell('b', { do: 'own', own: testOwn('bob', change) });
      const seen = await lan.waitSeen('a', 'bob', 3000, since, (advert) =>
        Object.entries(change).every(([key, value]) => advert[key as 'name'] === value),
      );
      expect(seen.at - changedAt).toBeLessThan(1000);
    }

    const noise = lan.run(`ip netns exec c ${process.execPath} -e '${NOISE}'`);
    await noise;

    const since = lan.events.length;
    lan.tell('b', { do: 'own', own: null });
    const saidAt = performance.timeOrigin + performance.now();
    expect((await lan.waitGone('a', 'bob', 3000, since)).at - saidAt).toBeLessThan(1000);
    expect(lan.events.slice(0, since).filter(({ event }) => event === 'gone')).toEqual([]);
    lan.tell('b', { do: 'own', own: testOwn('bob') });
    await lan.waitSeen('a', 'bob', 1000, since);

    const beforeStop = lan.events.length;
    lan.tell('b', { do: 'stop' });
    await lan.waitGone('a', 'bob', 3000, beforeStop);

    await lan.startPeer('c', 'c', testOwn('carol'));
    await lan.waitSeen('a', 'carol', 3000);
    const beforeKill = lan.events.length;
    lan.signal('c', 'SIGKILL');
    await lan.waitGone('a', 'carol', GONE_MS, beforeKill);
    expect(lan.events.filter((each) => each.event === 'exit' && each.id === 'a')).toEqual([]);
  });

  it('finds a peer behind a record that cannot be read, and tries no address of its own for a peer', async () => {
    await using lan = await TestLan.start({ hosts: ['a', 'b', 'c'] });
    // The same bridge on both computers, as Docker makes it, and one of them answers with it on the network.
    await lan.run(
      'ip -n a link add br0 type bridge && ip -n a addr add 172.17.0.1/16 dev br0 && ip -n a link set br0 up',
    );
    await lan.run('ip -n a link add port0 type veth peer name port1 && ip -n a link set port1 up');
    await lan.run('ip -n a link set port0 master br0 up');
    await lan.run('ip -n a addr add fd17::1/64 dev br0 nodad && ip -n b addr add fd17::1/64 dev eth0 nodad');
    await lan.run('ip -n b addr add 172.17.0.1/16 dev eth0');
    await lan.startPeer('a', 'a', null);
    await lan.startPeer('b', 'b', testOwn('bob'));
    await lan.startPeer('c', 'c', null);
    const linkLocal = expect.stringMatching(/^fe80::[0-9a-f:]+%eth0$/);
    expect(await lan.waitSeen('a', 'bob', 3000)).toMatchObject({ advert: { addresses: ['10.7.0.2', linkLocal] } });
    // A computer without that bridge takes the address for one of the peer.
    const elsewhere = ['10.7.0.2', 'fd17::1', linkLocal, '172.17.0.1'];
    expect(await lan.waitSeen('c', 'bob', 3000)).toMatchObject({ advert: { addresses: elsewhere } });
    const since = lan.events.length;
    await lan.run('ip -n a link del br0');
    await lan.waitSeen('a', 'bob', 3000, since, ({ addresses }) => addresses.includes('172.17.0.1'));

    for (const packet of oddPackets) await lan.run(`ip netns exec c ${process.execPath} -e '${sendFrom5353(packet)}'`);
    const seen = await lan.wait((each) => each.event === 'seen' && each.advert.instance === 'x', 3000, 'x');
    expect(seen).toMatchObject({ advert: { port: 20_101, addresses: ['192.168.77.13'] } });
  });

  it('works with IPv6 alone', async () => {
    await using lan = await TestLan.start({ hosts: ['a', 'b'], hasIpv4: false });
    await lan.startPeer('a', 'a', testOwn('alice'));
    const startedAt = await lan.startPeer('b', 'b', testOwn('bob'));
    const [bob, alice] = await Promise.all([lan.waitSeen('a', 'bob', 3000), lan.waitSeen('b', 'alice', 3000)]);
    expect(bob.at - startedAt).toBeLessThan(1000);
    expect(alice.at - startedAt).toBeLessThan(1000);
    expect(bob).toMatchObject({ advert: { addresses: [expect.stringMatching(/^fe80::[0-9a-f:]+%eth0$/)] } });
    // They stay longer than the time to live, so they are asked again.
    await sleep(18_000);
    expect(lan.events.filter(({ event }) => event === 'gone')).toEqual([]);
    const since = lan.events.length;
    lan.tell('b', { do: 'stop' });
    await lan.waitGone('a', 'bob', 1000, since);
  });

  it('works with IPv4 alone; a cut cable is noticed and mended, and the others stay', async () => {
    await using lan = await TestLan.start({ hosts: ['a', 'b', 'c'], hasIpv6: false });
    await Promise.all(['a', 'b', 'c'].map((id) => lan.startPeer(id, id, testOwn(`peer-${id}`))));
    await Promise.all(
      ['a', 'b', 'c'].flatMap((id) =>
        ['a', 'b', 'c'].filter((each) => each !== id).map((each) => lan.waitSeen(id, `peer-${each}`, 2000)),
      ),
    );
    await lan.run('ip link set v-b down');
    await Promise.all([lan.waitGone('a', 'peer-b', GONE_MS), lan.waitGone('b', 'peer-a', GONE_MS)]);
    const since = lan.events.length;
    await lan.run('ip link set v-b up');
    await Promise.all([lan.waitSeen('a', 'peer-b', 4000, since), lan.waitSeen('b', 'peer-a', 4000, since)]);
    expect(
      lan.events.filter((each) => each.id === 'a' && each.event === 'gone' && each.peerId === testPeerId('peer-c')),
    ).toEqual([]);
  });

  it('comes back after sleep, at once and without losing who stayed', async () => {
    await using lan = await TestLan.start({ hosts: ['a', 'b'] });
    await Promise.all([lan.startPeer('a', 'a', testOwn('alice')), lan.startPeer('b', 'b', testOwn('bob'))]);
    await Promise.all([lan.waitSeen('a', 'bob', 2000), lan.waitSeen('b', 'alice', 2000)]);
    lan.signal('b', 'SIGSTOP');
    await lan.waitGone('a', 'bob', GONE_MS);
    await sleep(1000);
    const since = lan.events.length;
    lan.signal('b', 'SIGCONT');
    await lan.waitSeen('a', 'bob', 2500, since);
    await sleep(6000);
    expect(lan.events.filter((each) => each.id === 'b' && each.event === 'gone')).toEqual([]);
  });

  it('works for two on one computer, with and without a network; equal names and equal keys are told apart', async () => {
    await using lan = await TestLan.start({ hosts: ['a', 'b'], hasIpv6: false });
    // Their fingerprints begin with the same eight characters.
    await lan.startPeer('one', 'a', testOwn('robert-1', { name: 'Same' }));
    await lan.startPeer('two', 'a', testOwn('robert-2', { name: 'Same', port: 4301 }));
    await Promise.all([lan.waitSeen('one', 'robert-2', 1000), lan.waitSeen('two', 'robert-1', 1000)]);
    // Whoever hears the other first takes a longer name.
    await lan.wait(
      ({ event, ...rest }) => event === 'seen' && 'advert' in rest && /^Same \(.{16}\)$/.test(rest.advert.instance),
      1000,
      'a longer name',
    );
    // A third claims the key of the first.
    await lan.startPeer('thief', 'b', testOwn('robert-1', { name: 'Same', port: 4302 }));
    await lan.waitSeen(
      'two',
      'robert-1',
      2000,
      0,
      ({ port, addresses }) => port === 4300 && addresses.join() === '10.7.0.1,10.7.0.2:4302',
    );
    const beforeStop = lan.events.length;
    lan.tell('thief', { do: 'stop' });
    await lan.waitSeen('two', 'robert-1', 2000, beforeStop, ({ addresses }) => addresses.join() === '10.7.0.1');

    const since = lan.events.length;
    await lan.run('ip link set v-a down');
    await lan.waitSeen('one', 'robert-2', 8000, since, ({ addresses }) => addresses.includes('127.0.0.1'));
    expect(lan.events.slice(since).filter(({ event }) => event === 'gone')).toEqual([]);
  });

  it('understands other responders and is understood; says when the port is taken and goes on when it is free', async () => {
    await using lan = await TestLan.start({ hosts: ['a', 'b'], hasIpv6: false });
    lan.startProcess('occupier', 'a', ['occupier']);
    await lan.wait(({ id, event }) => id === 'occupier' && event === 'ready', 5000, 'occupier');
    await lan.startPeer('a', 'a', testOwn('alice'));
    await lan.wait(
      (each) => each.event === 'problem' && each.problem === 'bind EADDRINUSE 224.0.0.251:5353',
      1000,
      'the problem',
    );
    lan.startProcess('b', 'b', ['bonjour', JSON.stringify(testOwn('bonjour'))]);
    lan.signal('occupier', 'SIGKILL');
    await lan.wait((each) => each.event === 'problem' && each.problem === null, 13_000, 'no problem');
    const [seen, found] = await Promise.all([
      lan.waitSeen('a', 'bonjour', 3000),
      lan.wait(
        (each) => each.id === 'b' && each.event === 'text' && each.text.includes('"name":"alice'),
        3000,
        'alice',
      ),
    ]);
    expect(seen).toMatchObject({ advert: { ...testOwn('bonjour'), addresses: ['10.7.0.2'] } });
    const { peerId: id, port } = testOwn('alice');
    expect(JSON.parse('text' in found ? found.text : '')).toMatchObject({
      port,
      txt: { v: '1', id, n: 'alice', d: 'd1' },
    });
    lan.tell('b', { do: 'stop' });
    await lan.waitGone('a', 'bonjour', 1500);
  });
});

/** PTR, SRV, TXT and A, then an NSEC that no decoder can read. */
const oddPackets: readonly string[] = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures/packets.json'), 'utf8'),
)
  .slice(-2)
  .map(({ packet }: { packet: string }) => packet);

const sendFrom5353 = (hex: string) => `
  const socket = require("node:dgram").createSocket({ type: "udp4", reuseAddr: true });
  socket.bind(5353, () => socket.send(Buffer.from("${hex}", "hex"), 5353, "224.0.0.251", () => socket.close()));
`;

/** What a broken or hostile neighbour may send: nothing of it may be noticed. */
const NOISE = String.raw`
  const socket = require("node:dgram").createSocket({ type: "udp4", reuseAddr: true });
  socket.bind(5353, () => {
    const name = Buffer.from("\x0c_ebrainpool\x04_tcp\x05local\x00", "latin1");
    const packets = [Buffer.alloc(0), Buffer.from("_ebrainpool"), Buffer.alloc(8000, "_ebrainpool")];
    for (let seed = 1; seed < 400; seed++) {
      const header = Buffer.from([0, 0, seed & 1 ? 0x84 : 0, 0, 0, seed % 3, seed % 5, seed % 7, 0, 0, 0, seed % 11]);
      const rest = Buffer.from(Array.from({ length: seed * 3 }, (_, i) => (seed * 7919 + i * 104729) % 251));
      packets.push(Buffer.concat([header, name, rest]));
    }
    const pointer = Buffer.from([0, 0, 0x84, 0, 0, 0, 255, 255, 0, 0, 0, 0, 0xc0, 12]);
    packets.push(Buffer.concat([pointer, name]));
    let left = packets.length;
    for (const packet of packets) socket.send(packet, 5353, "224.0.0.251", () => --left || socket.close());
  });
`;
