// Reads a multicast DNS packet record by record, so that one odd record takes no good one with it. The formats of names and data are dns-packet's.
import {
  a as ipv4Codec,
  aaaa as ipv6Codec,
  name as nameCodec,
  ptr as pointerCodec,
  type Question,
  type RecordCodec,
  type ResourceRecord,
  srv as serverCodec,
  txt as textCodec,
} from 'dns-packet';

/** What a packet says, as far as it can be understood. */
export interface IncomingPacket {
  readonly type: 'query' | 'response';
  /** More of it follows in the next packet (RFC 6762 §18.5). */
  readonly isTruncated: boolean;
  readonly questions: readonly Question[];
  /** Of the types that are used here. */
  readonly answers: readonly ResourceRecord[];
  readonly additionals: readonly ResourceRecord[];
  /** Questions and records that are not as their format says, in any section. Those behind a broken length cannot be counted and are one. */
  readonly brokenCount: number;
}

/** How much of the packet a name takes, its pointers not followed. */
interface NameSpan {
  readonly end: number;
  /** Whether the library can be trusted with it. */
  readonly isSound: boolean;
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

interface RecordKind {
  readonly type: string;
  readonly codec: RecordCodec;
  /** Where a name stands in the data, or how long the data is. */
  readonly form: { readonly nameAt: number } | { readonly bytes: number } | 'strings';
}

const kinds: ReadonlyMap<number, RecordKind> = new Map([
  [1, { type: 'A', codec: ipv4Codec, form: { bytes: 4 } }],
  [12, { type: 'PTR', codec: pointerCodec, form: { nameAt: 0 } }],
  [16, { type: 'TXT', codec: textCodec, form: 'strings' }],
  [28, { type: 'AAAA', codec: ipv6Codec, form: { bytes: 16 } }],
  [33, { type: 'SRV', codec: serverCodec, form: { nameAt: 6 } }],
]);
const questionTypes: ReadonlyMap<number, string> = new Map([
  ...[...kinds].map(([number, { type }]) => [number, type] as const),
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
  const answers: ResourceRecord[] = [];
  const additionals: ResourceRecord[] = [];
  const packet = { questions, answers, additionals, isTruncated: (flags & 0x0200) !== 0 } as const;
  const type = (flags & 0x8000) === 0 ? 'query' : 'response';
  let brokenCount = 0;
  let at = HEADER_BYTES;

  for (let left = message.readUInt16BE(4); left > 0; left--) {
    const span = spanName(message, at);
    if (span === null || span.end + QUESTION_BYTES > message.length)
      return { ...packet, type, brokenCount: brokenCount + 1 };
    const name = span.isSound ? decodeName(message, at) : null;
    at = span.end + QUESTION_BYTES;
    const asked = questionTypes.get(message.readUInt16BE(span.end));
    if (name === null) brokenCount++;
    else if (asked !== undefined) questions.push({ name, type: asked });
  }
  // Authorities are what a prober claims (RFC 6762 §8.2): of no use here, and in the way of the additionals.
  for (const [countAt, records] of [
    [6, answers],
    [8, null],
    [10, additionals],
  ] as const) {
    for (let left = message.readUInt16BE(countAt); left > 0; left--) {
      const span = spanName(message, at);
      const dataAt = (span?.end ?? message.length) + RECORD_BYTES;
      const end = dataAt <= message.length ? dataAt + message.readUInt16BE(dataAt - 2) : Number.POSITIVE_INFINITY;
      if (span === null || end > message.length) return { ...packet, type, brokenCount: brokenCount + 1 };
      const record = readRecord(message, at, span, end);
      if (record === 'broken') brokenCount++;
      else if (record !== 'unused') records?.push(record);
      at = end;
    }
  }
  return { ...packet, type, brokenCount };
}

function readRecord(message: Buffer, at: number, span: NameSpan, end: number): ResourceRecord | 'unused' | 'broken' {
  const kind = kinds.get(message.readUInt16BE(span.end));
  const klass = message.readUInt16BE(span.end + 2);
  if (!kind || (klass & CLASS_MASK) !== CLASS_INTERNET) return 'unused';
  const name = span.isSound ? decodeName(message, at) : null;
  if (name === null || !isWhole(message, kind, span.end + RECORD_BYTES, end)) return 'broken';
  try {
    // The library begins at the length, and sees nothing behind the record.
    const data = kind.codec.decode(message.subarray(0, end), span.end + RECORD_BYTES - 2);
    return { name, type: kind.type, ttl: message.readUInt32BE(span.end + 4), flush: (klass & ~CLASS_MASK) !== 0, data };
  } catch {
    return 'broken';
  }
}

/** Whether the data is just as long as its record says, and a name in it can be read. */
function isWhole(message: Buffer, { form }: RecordKind, dataAt: number, end: number): boolean {
  // The library looks at each string's length itself.
  if (form === 'strings') return end > dataAt;
  if ('bytes' in form) return end - dataAt === form.bytes;
  const span = spanName(message, dataAt + form.nameAt);
  return span?.isSound === true && span.end === end;
}

function decodeName(message: Buffer, at: number): string | null {
  try {
    return nameCodec.decode(message, at);
  } catch {
    return null;
  }
}

/** Where a name ends, and whether its labels and pointers (RFC 1035 §4.1.4) are right; null where not even its end can be known. */
function spanName(message: Buffer, start: number): NameSpan | null {
  let at = start;
  let end: number | null = null;
  let pointers = 0;
  let bytes = 0;
  let before = start;
  for (;;) {
    const length = message[at];
    if (length === undefined) return end === null ? null : { end, isSound: false };
    if (length === 0) return { end: end ?? at + 1, isSound: bytes < MAX_NAME_BYTES };
    if (length < 0x40) {
      at += 1 + length;
      bytes += 1 + length;
      if (end !== null && bytes >= MAX_NAME_BYTES) return { end, isSound: false };
      continue;
    }
    const low = message[at + 1];
    if (length < 0xc0 || low === undefined) return end === null ? null : { end, isSound: false };
    end ??= at + 2;
    const target = ((length & 0x3f) << 8) | low;
    if (target >= before || ++pointers > MAX_POINTERS) return { end, isSound: false };
    at = target;
    before = target;
  }
}
