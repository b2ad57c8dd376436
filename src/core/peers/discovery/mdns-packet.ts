// Reads a multicast DNS packet record by record, so that one odd record takes no good one with it.
import { SocketAddress } from 'node:net';

export interface Question {
  readonly name: string;
  readonly type: string;
}

/** Of the types that are used here. */
export type IncomingRecord = { readonly name: string; readonly ttl: number; readonly flush: boolean } & RecordData;

type RecordData =
  | { readonly type: 'A' | 'AAAA' | 'PTR'; readonly data: string }
  | { readonly type: 'SRV'; readonly data: { readonly port: number; readonly target: string } }
  | { readonly type: 'TXT'; readonly data: readonly Buffer[] };

/** What a packet says, as far as it can be understood. */
export interface IncomingPacket {
  readonly type: 'query' | 'response';
  /** More of it follows in the next packet (RFC 6762 §18.5). */
  readonly isTruncated: boolean;
  readonly questions: readonly Question[];
  readonly answers: readonly IncomingRecord[];
  readonly additionals: readonly IncomingRecord[];
  /** Questions and records that are not as their format says, in any section. Those behind a broken length cannot be counted and are one. */
  readonly brokenCount: number;
}

const HEADER_BYTES = 12;
const QUESTION_BYTES = 4;
const RECORD_BYTES = 10;
/** RFC 1035 §2.3.4: with its length bytes and the last zero. */
const MAX_NAME_BYTES = 255;
/** A name has at most 127 labels, and who points to a pointer saves nothing: real packets need two or three. */
const MAX_POINTERS = 32;
const CLASS_INTERNET = 1;
/** The cache-flush bit of a record, the unicast bit of a question (RFC 6762 §10.2, §5.4). */
const CLASS_MASK = 0x7fff;

const types: ReadonlyMap<number, string> = new Map([
  [1, 'A'],
  [12, 'PTR'],
  [16, 'TXT'],
  [28, 'AAAA'],
  [33, 'SRV'],
  [255, 'ANY'],
]);

/**
 * Everything in the packet that can be understood, also behind what cannot: each record is read by itself, within the length that it
 * states (RDLENGTH). Types and classes that are not used here are passed over unread. null for what has no header.
 * Security: bounded by the size of the packet; no name leads through more than 32 pointers, each to before the last.
 */
export function readPacket(message: Buffer): IncomingPacket | null {
  if (message.length < HEADER_BYTES) return null;
  const flags = message.readUInt16BE(2);
  const questions: Question[] = [];
  const answers: IncomingRecord[] = [];
  const additionals: IncomingRecord[] = [];
  const packet = { questions, answers, additionals, isTruncated: (flags & 0x0200) !== 0 } as const;
  const type = (flags & 0x8000) === 0 ? 'query' : 'response';
  let brokenCount = 0;
  let at = HEADER_BYTES;

  for (let left = message.readUInt16BE(4); left > 0; left--) {
    const name = readName(message, at);
    if (name === null || name.end + QUESTION_BYTES > message.length)
      return { ...packet, type, brokenCount: brokenCount + 1 };
    at = name.end + QUESTION_BYTES;
    const asked = types.get(message.readUInt16BE(name.end));
    if (name.text === null) brokenCount++;
    else if (asked !== undefined) questions.push({ name: name.text, type: asked });
  }
  // Authorities are what a prober claims (RFC 6762 §8.2): of no use here, and in the way of the additionals.
  for (const [countAt, records] of [
    [6, answers],
    [8, null],
    [10, additionals],
  ] as const) {
    for (let left = message.readUInt16BE(countAt); left > 0; left--) {
      const name = readName(message, at);
      const dataAt = (name?.end ?? message.length) + RECORD_BYTES;
      const end = dataAt <= message.length ? dataAt + message.readUInt16BE(dataAt - 2) : Number.POSITIVE_INFINITY;
      if (name === null || end > message.length) return { ...packet, type, brokenCount: brokenCount + 1 };
      const record = readRecord(message, name, end);
      if (record === 'broken') brokenCount++;
      else if (record !== 'unused') records?.push(record);
      at = end;
    }
  }
  return { ...packet, type, brokenCount };
}

function readRecord(message: Buffer, { text, end: headAt }: Name, end: number): IncomingRecord | 'unused' | 'broken' {
  const type = types.get(message.readUInt16BE(headAt));
  const klass = message.readUInt16BE(headAt + 2);
  if (type === undefined || type === 'ANY' || (klass & CLASS_MASK) !== CLASS_INTERNET) return 'unused';
  const data = readData(message, type, headAt + RECORD_BYTES, end);
  if (text === null || data === null) return 'broken';
  return { name: text, ttl: message.readUInt32BE(headAt + 4), flush: (klass & ~CLASS_MASK) !== 0, ...data };
}

/** Null where the data is not just as long as its record says, or not as its type says. */
function readData(message: Buffer, type: string, at: number, end: number): RecordData | null {
  if (type === 'A') return end - at === 4 ? { type, data: message.subarray(at, end).join('.') } : null;
  if (type === 'AAAA') return end - at === 16 ? { type, data: ipv6Text(message, at) } : null;
  if (type === 'TXT') {
    const data = stringsUpTo(message, at, end);
    return data === null ? null : { type, data };
  }
  const name = readName(message, type === 'SRV' ? at + 6 : at);
  if (name === null || name.text === null || name.end !== end) return null;
  if (type === 'SRV') return { type, data: { port: message.readUInt16BE(at + 4), target: name.text } };
  return { type: 'PTR', data: name.text };
}

function stringsUpTo(message: Buffer, start: number, end: number): readonly Buffer[] | null {
  const strings: Buffer[] = [];
  let at = start;
  while (at < end) {
    const next = at + 1 + message.readUInt8(at);
    strings.push(message.subarray(at + 1, next));
    at = next;
  }
  return at === end && strings.length > 0 ? strings : null;
}

function ipv6Text(message: Buffer, at: number): string {
  const groups = Array.from({ length: 8 }, (_, index) => message.readUInt16BE(at + 2 * index).toString(16));
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address;
}

interface Name {
  /** Null where its labels or pointers are wrong. */
  readonly text: string | null;
  /** Behind it; its pointers are not followed. */
  readonly end: number;
}

/** RFC 1035 §4.1.4; null where not even its end can be known. */
function readName(message: Buffer, start: number): Name | null {
  const labels: string[] = [];
  let at = start;
  let end: number | null = null;
  let pointers = 0;
  let bytes = 0;
  let before = start;
  for (;;) {
    const length = message[at];
    if (length === 0) return { end: end ?? at + 1, text: bytes < MAX_NAME_BYTES ? labels.join('.') || '.' : null };
    if (length !== undefined && length < 0x40) {
      labels.push(message.toString('utf8', at + 1, at + 1 + length));
      at += 1 + length;
      bytes += 1 + length;
      if (end !== null && bytes >= MAX_NAME_BYTES) return { end, text: null };
      continue;
    }
    const low = message[at + 1];
    if (length === undefined || length < 0xc0 || low === undefined) return end === null ? null : { end, text: null };
    end ??= at + 2;
    const target = ((length & 0x3f) << 8) | low;
    if (target >= before || ++pointers > MAX_POINTERS) return { end, text: null };
    at = target;
    before = target;
  }
}
