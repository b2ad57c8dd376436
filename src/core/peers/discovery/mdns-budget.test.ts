import { expect, test } from 'vitest';
import { ReadingBudget } from './mdns-budget.ts';
import { readPacket } from './mdns-packet.ts';

/** As many pointers to the longest name as fit, each record with two of them. */
function slowPacket(): Buffer {
  const labels = Buffer.concat(Array.from({ length: 126 }, (_, index) => Buffer.from([1, 0x61 + (index % 26)])));
  const packet = Buffer.alloc(9000);
  packet.writeUInt16BE(0x8400, 2);
  labels.copy(packet, 12);
  let at = 12 + labels.length + 1;
  packet.writeUInt16BE(65_280, at);
  packet.writeUInt16BE(1, at + 2);
  at += 10;
  let count = 1;
  for (; at + 14 <= packet.length; at += 14, count++) {
    packet.writeUInt16BE(0xc00c, at);
    packet.writeUInt16BE(12, at + 2);
    packet.writeUInt16BE(1, at + 4);
    packet.writeUInt16BE(2, at + 10);
    packet.writeUInt16BE(0xc00c, at + 12);
  }
  packet.writeUInt16BE(count, 6);
  return packet.subarray(0, at);
}

/** The names of half of the packet each follow the pointers of the other half: found by a fuzzer when the library read them all. */
function chainedPacket(): Buffer {
  const packet = Buffer.alloc(9000);
  packet.writeUInt16BE(0x8400, 2);
  const chainBytes = 4500;
  const chainAt = 23;
  packet.writeUInt16BE(65_280, 13);
  packet.writeUInt16BE(1, 15);
  packet.writeUInt16BE(chainBytes, 21);
  for (let at = chainAt + 2; at < chainAt + chainBytes; at += 2) packet.writeUInt16BE(0xc000 | (at - 2), at);
  let count = 1;
  let at = chainAt + chainBytes;
  for (; at + 12 <= packet.length; at += 12, count++) {
    packet.writeUInt16BE(0xc000 | (chainAt + chainBytes - 2), at);
    packet.writeUInt16BE(65_280, at + 2);
    packet.writeUInt16BE(1, at + 4);
  }
  packet.writeUInt16BE(count, 6);
  return packet.subarray(0, at);
}

test('a second of packets that are slow to read costs a part of it, and the next second is free', () => {
  const budget = new ReadingBudget();
  const packet = slowPacket();
  let readMs = 0;
  for (let sent = 0; sent < 3000; sent++) {
    if (!budget.has(`10.7.0.${sent % 100}`, sent / 3)) continue;
    // Processor time: others may be busy meanwhile.
    const startedAt = process.cpuUsage();
    const read = readPacket(packet);
    const tookMs = process.cpuUsage(startedAt).user / 1000;
    expect(read?.answers.length).toBeGreaterThan(500);
    budget.spend(`10.7.0.${sent % 100}`, tookMs);
    readMs += tookMs;
  }
  // The last one may begin just before the end.
  expect(readMs).toBeLessThan(1000);
  expect(budget.has('10.7.0.1', 1001)).toBe(true);
});

test('so many ordinary packets a second are read, and no more; who floods hides no other', () => {
  const budget = new ReadingBudget();
  const readOf = (sender: string, packets: number) => {
    let count = 0;
    for (; count < packets && budget.has(sender, 5); count++) budget.spend(sender, 0.05);
    return count;
  };
  expect(readOf('10.7.0.66', 5000)).toBeCloseTo(3000, -1);
  expect(readOf('10.7.0.2', 300)).toBe(300);
  const others = Array.from({ length: 250 }, (_, index) => readOf(`10.7.1.${index}`, 5000));
  expect(others.reduce((sum, count) => sum + count, 0)).toBeLessThan(1750);
});

test('whose packet was read while the computer was busy is heard all the same', () => {
  const budget = new ReadingBudget();
  for (const sender of ['10.7.0.2', '10.7.0.2', '10.7.0.3']) {
    expect(budget.has(sender, 5)).toBe(true);
    budget.spend(sender, 5000);
  }
  expect(budget.has('10.7.0.2', 6)).toBe(true);
});

test('a chain of pointers is given up early', () => {
  const packet = chainedPacket();
  const startedAt = process.cpuUsage();
  for (let read = 0; read < 100; read++) expect(readPacket(packet)?.answers).toEqual([]);
  // Some 0.1 ms each; 3 ms when every pointer is followed.
  expect(process.cpuUsage(startedAt).user / 1000).toBeLessThan(150);
});
