// Which libraries a program asks for (DT_NEEDED of the ELF format). They tell what it can draw on; desktop entries do not.
import { type FileHandle, open } from 'node:fs/promises';

const HEADER_BYTES = 64;
const MAX_SEGMENTS = 128;
const MAX_DYNAMIC_BYTES = 64 * 1024;
const MAX_LIBRARIES = 512;
const MAX_NAME_BYTES = 256;

const SEGMENT_LOAD = 1;
const SEGMENT_DYNAMIC = 2;
const TAG_NEEDED = 1n;
const TAG_STRINGS = 5n;
const TAG_STRINGS_SIZE = 10n;

interface Segment {
  readonly type: number;
  readonly offset: bigint;
  readonly address: bigint;
  readonly bytes: bigint;
}

/**
 * The names of the libraries that stand in the program itself, as `libX11.so.6`; not those that its libraries ask for in turn. Empty for what asks
 * for none; null for what is no ELF file (a script) or is not as the format says.
 * Security: whatever the file says of itself, no more than about 200 KB of it are read.
 */
export async function readNeededLibraries(path: string): Promise<readonly string[] | null> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    return await readNeeded(file);
  } catch {
    return null;
  } finally {
    await file?.close();
  }
}

async function readNeeded(file: FileHandle): Promise<readonly string[] | null> {
  const header = await readAt(file, 0n, HEADER_BYTES);
  if (header?.getUint32(0) !== 0x7f454c46) return null;
  const is64 = header.getUint8(4) === 2;
  const format: Format = { is64, isLittle: header.getUint8(5) === 1 };
  const segmentsAt = wordAt(header, is64 ? 32 : 28, format);
  const segmentBytes = header.getUint16(is64 ? 54 : 42, format.isLittle);
  const count = header.getUint16(is64 ? 56 : 44, format.isLittle);
  if (count > MAX_SEGMENTS || segmentBytes !== (is64 ? 56 : 32)) return null;
  const table = await readAt(file, segmentsAt, count * segmentBytes);
  if (!table) return null;
  const segments = Array.from({ length: count }, (_, index) => segmentAt(table, index * segmentBytes, format));
  const dynamic = segments.find(({ type }) => type === SEGMENT_DYNAMIC);
  if (!dynamic) return [];
  if (dynamic.bytes > MAX_DYNAMIC_BYTES) return null;
  const entries = await readAt(file, dynamic.offset, Number(dynamic.bytes));
  if (!entries) return null;
  const nameOffsets: bigint[] = [];
  let stringsAddress: bigint | undefined;
  let stringsBytes = 0n;
  const step = is64 ? 8 : 4;
  for (let at = 0; at + 2 * step <= entries.byteLength; at += 2 * step) {
    const tag = wordAt(entries, at, format);
    const value = wordAt(entries, at + step, format);
    if (tag === 0n) break;
    if (tag === TAG_NEEDED && nameOffsets.length < MAX_LIBRARIES) nameOffsets.push(value);
    else if (tag === TAG_STRINGS) stringsAddress = value;
    else if (tag === TAG_STRINGS_SIZE) stringsBytes = value;
  }
  if (nameOffsets.length === 0) return [];
  const home = segments.find(
    ({ type, address, bytes }) =>
      type === SEGMENT_LOAD &&
      stringsAddress !== undefined &&
      stringsAddress >= address &&
      stringsAddress < address + bytes,
  );
  if (!home || stringsAddress === undefined) return null;
  const stringsAt = stringsAddress - home.address + home.offset;
  const names: string[] = [];
  for (const offset of nameOffsets) {
    const name = offset < stringsBytes ? await nameAt(file, stringsAt + offset) : null;
    if (name !== null) names.push(name);
  }
  return names;
}

interface Format {
  readonly is64: boolean;
  readonly isLittle: boolean;
}

function wordAt(view: DataView, at: number, { is64, isLittle }: Format): bigint {
  return is64 ? view.getBigUint64(at, isLittle) : BigInt(view.getUint32(at, isLittle));
}

function segmentAt(view: DataView, at: number, format: Format): Segment {
  const { is64, isLittle } = format;
  return {
    type: view.getUint32(at, isLittle),
    offset: wordAt(view, at + (is64 ? 8 : 4), format),
    address: wordAt(view, at + (is64 ? 16 : 8), format),
    bytes: wordAt(view, at + (is64 ? 32 : 16), format),
  };
}

async function nameAt(file: FileHandle, position: bigint): Promise<string | null> {
  const bytes = await readSome(file, position, MAX_NAME_BYTES);
  const end = bytes.indexOf(0);
  return end <= 0 ? null : bytes.toString('latin1', 0, end);
}

/** null where the file ends before. */
async function readAt(file: FileHandle, position: bigint, bytes: number): Promise<DataView | null> {
  const read = await readSome(file, position, bytes);
  return read.length === bytes ? new DataView(read.buffer, read.byteOffset, bytes) : null;
}

async function readSome(file: FileHandle, position: bigint, bytes: number): Promise<Buffer> {
  if (position > BigInt(Number.MAX_SAFE_INTEGER)) return Buffer.alloc(0);
  const { bytesRead, buffer } = await file.read(Buffer.alloc(bytes), 0, bytes, Number(position));
  return buffer.subarray(0, bytesRead);
}
