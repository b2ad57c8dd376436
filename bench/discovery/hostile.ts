// A neighbour that means no good: `node bench/discovery/hostile.ts KIND [ARG]` in a network namespace; ends by itself.
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { encode } from 'dns-packet';
import { SERVICE_NAME } from '../../src/core/peers/discovery/mdns-records.ts';
import { printEvent, testPeerId } from '../../src/core/peers/discovery/test-lan.test-support.ts';

const FLOOD_PER_SECOND = 700;
const FLOOD_SECONDS = 8;

const [kind, argument = ''] = process.argv.slice(2);
const socket = createSocket({ type: 'udp4', reuseAddr: true });
await new Promise<void>((done) => socket.bind(5353, done));
const send = (message: Buffer) => new Promise<void>((done) => socket.send(message, 5353, '224.0.0.251', () => done()));

if (kind === 'odd') {
  // PTR, SRV, TXT and A of a peer, then an NSEC that no decoder can read.
  const file = join(import.meta.dirname, '../../src/core/peers/discovery/fixtures/packets.json');
  const rows: readonly { packet: string }[] = JSON.parse(readFileSync(file, 'utf8'));
  for (const { packet } of rows.slice(-2)) await send(Buffer.from(packet, 'hex'));
} else if (kind === 'goodbye') {
  // In the name of somebody else.
  const data = `${argument}.${SERVICE_NAME}`;
  await send(encode({ type: 'response', answers: [{ name: SERVICE_NAME, type: 'PTR', ttl: 0, data }] }));
} else if (kind === 'flood') {
  for (let second = 0; second < FLOOD_SECONDS; second += 1) {
    const startedAt = performance.now();
    for (let index = 0; index < FLOOD_PER_SECOND; index += 1) {
      await send(advert(second * FLOOD_PER_SECOND + index));
      if (index % 20 === 19) await sleep(20);
    }
    await sleep(Math.max(0, startedAt + 1000 - performance.now()));
  }
} else if (kind === 'slow') {
  const packet = slowPacket();
  const endsAt = performance.now() + FLOOD_SECONDS * 1000;
  for (let sent = 1; performance.now() < endsAt; sent += 1) {
    await send(packet);
    if (sent % 4 === 0) await sleep(10);
  }
}
socket.close();
printEvent({ event: 'stopped' });

/** As many pointers to the longest name as fit: 9 ms each to read. */
function slowPacket(): Buffer {
  const labels = Buffer.concat(Array.from({ length: 126 }, (_, index) => Buffer.from([1, 0x61 + (index % 26)])));
  const record = Buffer.from([0xc0, 12, 0, 12, 0, 1, 0, 0, 0, 1, 0, 2, 0xc0, 12]);
  const records = Array.from({ length: 600 }, () => record);
  const answers = encode({ type: 'response', answers: [] });
  answers.writeUInt16BE(records.length + 1, 6);
  const first = Buffer.concat([labels, Buffer.from([0]), record.subarray(2)]);
  // Something of it must look like ours.
  const ours = encode({
    type: 'response',
    answers: [{ name: SERVICE_NAME, type: 'PTR', ttl: 1, data: `slow.${SERVICE_NAME}` }],
  }).subarray(12);
  answers.writeUInt16BE(records.length + 2, 6);
  return Buffer.concat([answers, first, ...records, ours]).subarray(0, 9000);
}

function advert(number: number): Buffer {
  const instance = `flood-${number}.${SERVICE_NAME}`;
  const host = `flood-${number}.local`;
  const text = ['v=1', `id=${testPeerId(`flood-${number}`)}`, `n=Flood ${number}`, 'd=0'].map((pair) =>
    Buffer.from(pair),
  );
  return encode({
    type: 'response',
    answers: [
      { name: SERVICE_NAME, type: 'PTR', ttl: 120, data: instance },
      { name: instance, type: 'SRV', ttl: 120, data: { port: 4300, target: host } },
      { name: instance, type: 'TXT', ttl: 120, data: text },
      { name: host, type: 'A', ttl: 120, data: '10.7.0.3' },
    ],
  });
}
