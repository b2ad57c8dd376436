// What a visitor does with the folder Exchange of its container: each thing on a channel of its own, so that none waits for another.
import { randomBytes } from 'node:crypto';
import { type Duplex, Readable } from 'node:stream';
import { AppError } from '../../../contract/errors.ts';
import { type FileEntry, isFileName, MAX_FILES_LISTED, MIB, numberedName } from '../../../contract/exchange.ts';
import { EXCHANGE_PATH, UPLOAD_PREFIX } from './exchange-folder.ts';
import { readBlocks, writeBlocks } from './sftp-blocks.ts';
import { type SftpClient, SftpRefusal, startSftp } from './sftp-client.ts';
import { type Attributes, OPEN, parseFreeSpace, requests, SftpFault, STATUS } from './sftp-packets.ts';

export interface FileList {
  readonly entries: FileEntry[];
  /** Entries whose names cannot be shown, links and the like, and those beyond the limit. */
  readonly leftOutCount: number;
}

export interface OpenFile {
  readonly sizeBytes: number;
  /** Its bytes. Destroying it ends the transfer. */
  readonly stream: Readable;
}

const MAX_NUMBERED_NAMES = 100;
/** Security: a server could say without end that there is more. */
const MAX_FOLDER_READS = 500;
/** With less free space than this the disk counts as full. */
const FULL_BYTES = 1024 * 1024;
/** Short, because the person who cancelled an upload waits for it. */
const REMOVE_TIMEOUT_MS = 3000;
const TYPE_MASK = 0o170000;
const FOLDER = 0o040000;
const FILE = 0o100000;

type OpenStream = () => Promise<Duplex>;

/** The folder of one session. Each method throws AppError: see the functions below. */
export interface Exchange {
  list(): Promise<FileList>;
  remove(name: string): Promise<void>;
  open(name: string): Promise<OpenFile>;
  /** @param sizeBytes where it is known before */
  put(name: string, source: AsyncIterable<Uint8Array>, sizeBytes?: number): Promise<{ readonly name: string }>;
}

/**
 * @param openStream a new tunnel channel to the SFTP server of the session's container
 * @param maxBytes the largest file that the host takes; null where it has not said
 */
export function createExchange(openStream: OpenStream, maxBytes: number | null): Exchange {
  return {
    list: () => listFiles(openStream),
    remove: (name) => removeFile(openStream, name),
    open: (name) => openFile(openStream, name),
    put: async (name, source, sizeBytes) => {
      if (sizeBytes !== undefined) checkSize(name, sizeBytes, maxBytes);
      return putFile(openStream, name, withinLimit(name, source, maxBytes));
    },
  };
}

/** @throws AppError `transfer-broken`, `bad-files`, `timeout`, `file-refused`, and what `openStream` throws */
async function listFiles(openStream: OpenStream): Promise<FileList> {
  return withClient(openStream, async (client) => {
    const { handle } = await client.ask('handle', (id) => requests.openFolder(id, EXCHANGE_PATH));
    const entries = new Map<string, FileEntry>();
    let leftOutCount = 0;
    for (let reads = 0; reads < MAX_FOLDER_READS; reads += 1) {
      const answer = await client.ask('names', (id) => requests.readFolder(id, handle)).catch(orEndOfFile);
      if (answer === null) break;
      for (const { name, attributes } of answer.entries) {
        if (name === '.' || name === '..' || name?.startsWith(UPLOAD_PREFIX)) continue;
        const entry = toEntry(name, attributes);
        if (entry === null || entries.has(entry.name) || entries.size >= MAX_FILES_LISTED) leftOutCount += 1;
        else entries.set(entry.name, entry);
      }
    }
    return { entries: [...entries.values()], leftOutCount };
  });
}

/** Removes a file, or a folder with nothing in it. @throws AppError as `listFiles`, and `not-found` */
async function removeFile(openStream: OpenStream, name: string): Promise<void> {
  const path = pathOf(name);
  await withClient(
    openStream,
    async (client) => {
      const removed = await client.ask('status', (id) => requests.remove(id, path)).catch((error) => error as unknown);
      if (!(removed instanceof Error)) return;
      // It may be a folder: OpenSSH reports that as a general failure.
      if (!(removed instanceof SftpRefusal) || removed.code === STATUS.noSuchFile) throw removed;
      await client.ask('status', (id) => requests.removeFolder(id, path));
    },
    name,
  );
}

/** @throws AppError as `listFiles`, and `not-found` for what is no file */
async function openFile(openStream: OpenStream, name: string): Promise<OpenFile> {
  const path = pathOf(name);
  const client = await startSftp(await openStream());
  try {
    const { handle } = await client.ask('handle', (id) => requests.open(id, path, OPEN.read));
    const { attributes } = await client.ask('attributes', (id) => requests.fileAttributes(id, handle));
    const { sizeBytes, mode } = attributes;
    if (sizeBytes === null || ((mode ?? 0) & TYPE_MASK) !== FILE) throw new SftpRefusal(STATUS.noSuchFile);
    const stream = Readable.from(readBlocks(client, handle, sizeBytes), { objectMode: false });
    // `close` also comes when the stream is destroyed before it was read.
    stream.once('close', () => client.close());
    return { sizeBytes, stream };
  } catch (error) {
    client.close();
    throw toAppError(error, name);
  }
}

/** @throws AppError `file-over-limit` at once, because the host would refuse the file only after gigabytes */
function checkSize(name: string, sizeBytes: number, maxBytes: number | null): void {
  if (maxBytes !== null && sizeBytes > maxBytes)
    throw new AppError('file-over-limit', { name, limitMib: Math.floor(maxBytes / MIB) });
}

/** The same for a source whose size is not known before. */
async function* withinLimit(
  name: string,
  source: AsyncIterable<Uint8Array>,
  maxBytes: number | null,
): AsyncGenerator<Uint8Array> {
  let sizeBytes = 0;
  for await (const chunk of source) {
    sizeBytes += chunk.length;
    checkSize(name, sizeBytes, maxBytes);
    yield chunk;
  }
}

/**
 * Writes a new file: under a name of its own until it is whole, and then under the wanted one, or the next that is free.
 * @throws AppError as `listFiles`, `exchange-full`, `file-too-large`, and whatever `source` fails with; then nothing is left of it
 */
async function putFile(
  openStream: OpenStream,
  name: string,
  source: AsyncIterable<Uint8Array>,
): Promise<{ readonly name: string }> {
  pathOf(name);
  const partPath = `${EXCHANGE_PATH}/${UPLOAD_PREFIX}${randomBytes(12).toString('hex')}`;
  const client = await startSftp(await openStream());
  let isThere = false;
  try {
    const flags = OPEN.write | OPEN.create | OPEN.exclusive;
    const { handle } = await client.ask('handle', (id) => requests.open(id, partPath, flags));
    isThere = true;
    await writeBlocks(client, handle, source);
    await client.ask('status', (id) => requests.close(id, handle));
    return { name: await giveName(client, partPath, name) };
  } catch (error) {
    const problem = error instanceof SftpRefusal ? await explainRefusal(client, error, name) : toAppError(error, name);
    client.close();
    if (isThere) await removePart(openStream, partPath);
    throw problem;
  } finally {
    client.close();
  }
}

/** The rename of SFTP fails when the name is taken, so no file is ever replaced. */
async function giveName(client: SftpClient, partPath: string, wanted: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const name = numberedName(wanted, number);
    try {
      await client.ask('status', (id) => requests.rename(id, partPath, pathOf(name)));
      return name;
    } catch (error) {
      const isTaken = error instanceof SftpRefusal && error.code === STATUS.failure && number < MAX_NUMBERED_NAMES;
      if (!isTaken) throw error;
    }
  }
}

/** SFTP has the same error for a full disk and for a file over the owner's limit. The free space tells which it was. */
async function explainRefusal(client: SftpClient, refusal: SftpRefusal, name: string): Promise<unknown> {
  if (refusal.code !== STATUS.failure) return toAppError(refusal, name);
  try {
    const { data } = await client.ask('extended', (id) => requests.freeSpace(id, EXCHANGE_PATH));
    return new AppError(parseFreeSpace(data) < FULL_BYTES ? 'exchange-full' : 'file-too-large', { name });
  } catch {
    return toAppError(refusal, name);
  }
}

async function removePart(openStream: OpenStream, partPath: string): Promise<void> {
  try {
    const client = await startSftp(await openStream(), REMOVE_TIMEOUT_MS);
    await client.ask('status', (id) => requests.remove(id, partPath)).finally(() => client.close());
  } catch {
    // If no channel can be opened any more, the host removes it (sftp-server.ts).
  }
}

async function withClient<T>(openStream: OpenStream, work: (client: SftpClient) => Promise<T>, name = ''): Promise<T> {
  const client = await startSftp(await openStream());
  try {
    return await work(client);
  } catch (error) {
    throw toAppError(error, name);
  } finally {
    client.close();
  }
}

function toAppError(error: unknown, name: string): unknown {
  if (error instanceof SftpFault) return new AppError('bad-files', {}, { cause: error });
  if (!(error instanceof SftpRefusal)) return error;
  const code = error.code === STATUS.noSuchFile ? 'not-found' : 'file-refused';
  return new AppError(code, code === 'not-found' ? { what: name } : { name }, { cause: error });
}

function orEndOfFile(error: unknown): null {
  if (error instanceof SftpRefusal && error.code === STATUS.endOfFile) return null;
  throw error;
}

/** Null for what is not shown: links, devices, and names that look like others. */
function toEntry(name: string | null, { sizeBytes, mode, modifiedAtS }: Attributes): FileEntry | null {
  const type = (mode ?? 0) & TYPE_MASK;
  // Security: a name from another computer is shown only when it looks like what it is.
  if (name === null || !isFileName(name) || (type !== FILE && type !== FOLDER)) return null;
  return { name, sizeBytes: sizeBytes ?? 0, modifiedAt: (modifiedAtS ?? 0) * 1000, isFolder: type === FOLDER };
}

/** Security: one checked name and no deeper path. A link there is opened inside the container, so it leads to nothing outside of it. */
function pathOf(name: string): string {
  if (!isFileName(name)) throw new AppError('bad-input', { where: 'name', why: 'is not a name of a file' });
  return `${EXCHANGE_PATH}/${name}`;
}
