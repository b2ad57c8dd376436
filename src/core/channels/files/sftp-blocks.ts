// The bytes of one file over SFTP, in blocks of which many are under way at a time.
import { AppError } from '../../../contract/errors.ts';
import { type SftpClient, SftpRefusal } from './sftp-client.ts';
import { requests } from './sftp-packets.ts';

/** Bytes in one request: what every version of OpenSSH's server answers whole. */
const BLOCK_BYTES = 64 * 1024;
/** Requests under way in one transfer: enough for a fast and distant network. */
const MAX_UNDER_WAY = 32;

/** Resolves when all of it is written. @throws what `source` fails with, and as `SftpClient.ask` */
export async function writeBlocks(
  client: SftpClient,
  handle: Buffer,
  source: AsyncIterable<Uint8Array>,
): Promise<void> {
  let underWay = 0;
  let failure: { readonly error: unknown } | undefined;
  let wake = () => {};
  let offset = 0;
  const settled = () => {
    underWay -= 1;
    wake();
  };
  const failed = (error: unknown) => {
    failure ??= { error };
    settled();
  };
  /** Waits until fewer than `limit` are under way, or throws when one has failed. */
  const fewerThan = async (limit: number) => {
    while (underWay >= limit && failure === undefined)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    if (failure !== undefined) throw failure.error;
  };
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; at += BLOCK_BYTES) {
      const block = chunk.subarray(at, at + BLOCK_BYTES);
      const blockOffset = offset;
      offset += block.length;
      await fewerThan(MAX_UNDER_WAY);
      await client.drained();
      underWay += 1;
      client.ask('status', (id) => requests.write(id, handle, blockOffset, block)).then(settled, failed);
    }
  }
  await fewerThan(1);
}

/** @throws AppError `bad-files`, `transfer-broken` */
export async function* readBlocks(client: SftpClient, handle: Buffer, sizeBytes: number): AsyncGenerator<Buffer> {
  const ask = (offset: number, length: number) => ({
    offset,
    length,
    answer: client.ask('data', (id) => requests.read(id, handle, offset, length)),
  });
  const queue: ReturnType<typeof ask>[] = [];
  let nextOffset = 0;
  try {
    for (;;) {
      while (queue.length < MAX_UNDER_WAY && nextOffset < sizeBytes) {
        const length = Math.min(BLOCK_BYTES, sizeBytes - nextOffset);
        queue.push(ask(nextOffset, length));
        nextOffset += length;
      }
      const first = queue.shift();
      if (first === undefined) return;
      const { data } = await first.answer;
      if (data.length === 0 || data.length > first.length) throw new AppError('bad-files');
      yield data;
      if (data.length < first.length) queue.unshift(ask(first.offset + data.length, first.length - data.length));
    }
  } catch (error) {
    // The program in the container made the file shorter meanwhile, so the announced size cannot be delivered.
    throw error instanceof SftpRefusal ? new AppError('transfer-broken', {}, { cause: error }) : error;
  } finally {
    client.close();
  }
}
