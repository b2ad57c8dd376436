// SFTP version 3 on the wire (draft-ietf-secsh-filexfer-02): the requests that are used here, and every answer to them.
// ssh2 speaks SFTP too, but only on a subsystem of a connection of its own; here the packets are alone on a tunnel channel.

/** The other end sent something that the protocol does not allow. */
export class SftpFault extends Error {
  override readonly name = 'SftpFault';
}

/** The longest answer, as in OpenSSH (sftp-common.h). Security: checked before anything is stored. */
export const MAX_PACKET_BYTES = 256 * 1024;
/** The draft allows 256 bytes; OpenSSH's handles have four. */
const MAX_HANDLE_BYTES = 256;
const MAX_PATH_BYTES = 4096;

export const OPEN = { read: 1, write: 2, create: 8, truncate: 16, exclusive: 32 } as const;
export const STATUS = { ok: 0, endOfFile: 1, noSuchFile: 2, permissionDenied: 3, failure: 4 } as const;

/** Attributes that are used here (section 5). */
export interface Attributes {
  readonly sizeBytes: number | null;
  /** As in stat(2), with the type of the file. */
  readonly mode: number | null;
  /** Seconds since the Unix epoch. */
  readonly modifiedAtS: number | null;
}

export type Answer =
  | { readonly kind: 'version'; readonly version: number; readonly extensions: ReadonlySet<string> }
  | { readonly kind: 'status'; readonly id: number; readonly code: number }
  | { readonly kind: 'handle'; readonly id: number; readonly handle: Buffer }
  | { readonly kind: 'data'; readonly id: number; readonly data: Buffer }
  | { readonly kind: 'names'; readonly id: number; readonly entries: readonly NamedAttributes[] }
  | { readonly kind: 'attributes'; readonly id: number; readonly attributes: Attributes }
  | { readonly kind: 'extended'; readonly id: number; readonly data: Buffer };

export interface NamedAttributes {
  /** Null where it is not UTF-8. */
  readonly name: string | null;
  readonly attributes: Attributes;
}

/** The types of the requests that are used here. */
export const REQUEST = {
  init: 1,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  fileAttributes: 8,
  openFolder: 11,
  readFolder: 12,
  remove: 13,
  rename: 18,
  removeFolder: 15,
  extended: 200,
} as const;

export const initPacket: Buffer = packet(REQUEST.init, uint32(3));

/** The packets of the requests; each has a number by which it is answered. */
export const requests = {
  open: (id: number, path: string, flags: number) =>
    packet(REQUEST.open, uint32(id), string(path), uint32(flags), uint32(0)),
  close: (id: number, handle: Buffer) => packet(REQUEST.close, uint32(id), string(handle)),
  read: (id: number, handle: Buffer, offset: number, length: number) =>
    packet(REQUEST.read, uint32(id), string(handle), uint64(offset), uint32(length)),
  write: (id: number, handle: Buffer, offset: number, data: Uint8Array) =>
    packet(REQUEST.write, uint32(id), string(handle), uint64(offset), string(data)),
  fileAttributes: (id: number, handle: Buffer) => packet(REQUEST.fileAttributes, uint32(id), string(handle)),
  openFolder: (id: number, path: string) => packet(REQUEST.openFolder, uint32(id), string(path)),
  readFolder: (id: number, handle: Buffer) => packet(REQUEST.readFolder, uint32(id), string(handle)),
  remove: (id: number, path: string) => packet(REQUEST.remove, uint32(id), string(path)),
  removeFolder: (id: number, path: string) => packet(REQUEST.removeFolder, uint32(id), string(path)),
  /** Fails when the new name is taken. */
  rename: (id: number, from: string, to: string) => packet(REQUEST.rename, uint32(id), string(from), string(to)),
  /** statvfs@openssh.com (OpenSSH PROTOCOL section 4.4). */
  freeSpace: (id: number, path: string) =>
    packet(REQUEST.extended, uint32(id), string('statvfs@openssh.com'), string(path)),
} as const;

/** The bytes that the file system of an answer to `freeSpace` has left for an ordinary user. @throws SftpFault */
export function parseFreeSpace(data: Buffer): number {
  const reader = new Reader(data);
  reader.uint64();
  const fragmentBytes = reader.uint64();
  for (let field = 0; field < 2; field += 1) reader.uint64();
  return fragmentBytes * reader.uint64();
}

/** Cuts a stream of bytes into answers. */
export class AnswerReader {
  #chunks: Buffer[] = [];
  #sizeBytes = 0;
  /** Of the packet that is being collected; null while its length is not known. */
  #wantedBytes: number | null = null;

  /** The answers that end within this chunk. @throws SftpFault for bytes that are not an answer */
  *take(chunk: Buffer): Generator<Answer> {
    this.#chunks.push(chunk);
    this.#sizeBytes += chunk.length;
    for (;;) {
      if (this.#wantedBytes === null) {
        if (this.#sizeBytes < 4) return;
        this.#wantedBytes = this.#cut(4).readUInt32BE(0);
        if (this.#wantedBytes < 1 || this.#wantedBytes > MAX_PACKET_BYTES)
          throw new SftpFault('a packet has a wrong size');
      }
      if (this.#sizeBytes < this.#wantedBytes) return;
      const body = this.#cut(this.#wantedBytes);
      this.#wantedBytes = null;
      yield parseAnswer(body);
    }
  }

  #cut(sizeBytes: number): Buffer {
    const [first] = this.#chunks;
    const whole = first !== undefined && first.length >= sizeBytes ? first : Buffer.concat(this.#chunks);
    if (whole === first) {
      if (whole.length === sizeBytes) this.#chunks.shift();
      else this.#chunks[0] = whole.subarray(sizeBytes);
    } else this.#chunks = whole.length === sizeBytes ? [] : [whole.subarray(sizeBytes)];
    this.#sizeBytes -= sizeBytes;
    return whole.subarray(0, sizeBytes);
  }
}

/** @throws SftpFault */
export function parseAnswer(body: Buffer): Answer {
  const reader = new Reader(body);
  const type = reader.byte();
  if (type === 2) {
    const version = reader.uint32();
    const extensions = new Set<string>();
    while (reader.leftBytes > 0) {
      extensions.add(reader.string(256).toString('latin1'));
      reader.string(MAX_PATH_BYTES);
    }
    return { kind: 'version', version, extensions };
  }
  const id = reader.uint32();
  switch (type) {
    case 101:
      // The message in words is not read: another computer chose it.
      return { kind: 'status', id, code: reader.uint32() };
    case 102:
      return { kind: 'handle', id, handle: Buffer.from(reader.string(MAX_HANDLE_BYTES)) };
    case 103:
      return { kind: 'data', id, data: reader.string(MAX_PACKET_BYTES) };
    case 104: {
      const count = reader.uint32();
      // Security: each takes twelve bytes at the least.
      if (count * 12 > reader.leftBytes) throw new SftpFault('more names than bytes');
      const entries = Array.from({ length: count }, (): NamedAttributes => {
        const name = reader.string(MAX_PATH_BYTES);
        reader.string(MAX_PACKET_BYTES);
        return { name: toText(name), attributes: reader.attributes() };
      });
      return { kind: 'names', id, entries };
    }
    case 105:
      return { kind: 'attributes', id, attributes: reader.attributes() };
    case 201:
      return { kind: 'extended', id, data: reader.rest() };
    default:
      throw new SftpFault(`an answer of type ${type}`);
  }
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get leftBytes(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    return this.#bytes.readUInt8(this.#skip(1));
  }

  uint32(): number {
    return this.#bytes.readUInt32BE(this.#skip(4));
  }

  /** As a number: no real size is too large for that. */
  uint64(): number {
    return Number(this.#bytes.readBigUInt64BE(this.#skip(8)));
  }

  string(maxBytes: number): Buffer {
    const sizeBytes = this.uint32();
    if (sizeBytes > maxBytes) throw new SftpFault('a string is too long');
    const at = this.#skip(sizeBytes);
    return this.#bytes.subarray(at, at + sizeBytes);
  }

  rest(): Buffer {
    return this.#bytes.subarray(this.#skip(this.leftBytes));
  }

  attributes(): Attributes {
    const flags = this.uint32();
    const has = (flag: number) => (flags & flag) !== 0;
    const sizeBytes = has(0x1) ? this.uint64() : null;
    if (has(0x2)) this.#skip(8);
    const mode = has(0x4) ? this.uint32() : null;
    if (has(0x8)) this.#skip(4);
    const modifiedAtS = has(0x8) ? this.uint32() : null;
    if (has(0x80000000)) {
      const count = this.uint32();
      if (count * 8 > this.leftBytes) throw new SftpFault('more attributes than bytes');
      for (let index = 0; index < count * 2; index += 1) this.string(MAX_PACKET_BYTES);
    }
    if (sizeBytes !== null && !Number.isSafeInteger(sizeBytes)) throw new SftpFault('a size that no file has');
    return { sizeBytes, mode, modifiedAtS };
  }

  #skip(sizeBytes: number): number {
    if (sizeBytes > this.leftBytes) throw new SftpFault('a packet ends too early');
    const at = this.#at;
    this.#at += sizeBytes;
    return at;
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function toText(bytes: Buffer): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

/** A field: its bytes, after their number where the protocol has it there. */
type Part = Buffer | readonly Buffer[];

function packet(type: number, ...parts: readonly Part[]): Buffer {
  const buffers = parts.flat() as Buffer[];
  const bodyBytes = buffers.reduce((sum, { length }) => sum + length, 1);
  // Concatenated only once, because there may be many blocks.
  return Buffer.concat([uint32(bodyBytes), Buffer.of(type), ...buffers], bodyBytes + 4);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

function string(value: string | Uint8Array): readonly Buffer[] {
  const bytes =
    typeof value === 'string' ? Buffer.from(value) : Buffer.from(value.buffer, value.byteOffset, value.length);
  return [uint32(bytes.length), bytes];
}
