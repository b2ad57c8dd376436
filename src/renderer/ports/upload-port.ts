// Sends files over one MessagePort, several at a time: each in pieces, and no faster than they are taken.
import { z } from 'zod';
import { AppError, problemSchema } from '../../contract/errors.ts';
import type { Upload } from './carrier.ts';

/** What the main process says of an upload. */
const toPageSchema = z.discriminatedUnion('kind', [
  z.object({ upload: z.number(), kind: z.literal('ack'), sizeBytes: z.number() }),
  z.object({ upload: z.number(), kind: z.literal('done'), name: z.string() }),
  z.object({ upload: z.number(), kind: z.literal('failed'), problem: problemSchema }),
]);

export interface UploadPort {
  send(upload: Upload): Promise<string>;
  /** Ends every upload. */
  close(): void;
}

const PIECE_BYTES = 256 * 1024;
/** What may be on its way: enough to keep the connection busy, little in memory. */
const WINDOW_BYTES = 2 * 1024 * 1024;

interface Sending {
  ack(sizeBytes: number): void;
  readonly done: PromiseWithResolvers<string>;
}

export function createUploadPort(endpoint: MessagePort): UploadPort {
  const sendings = new Map<number, Sending>();
  let nextUpload = 1;

  endpoint.onmessage = (event) => {
    const told = toPageSchema.parse(event.data);
    const sending = sendings.get(told.upload);
    if (told.kind === 'ack') sending?.ack(told.sizeBytes);
    else if (told.kind === 'done') sending?.done.resolve(told.name);
    else sending?.done.reject(new AppError(told.problem.code, told.problem.params));
  };

  async function send({ sessionId, name, file, signal, onProgress }: Upload): Promise<string> {
    if (signal.aborted) throw new AppError('cancelled');
    const upload = nextUpload++;
    const done = Promise.withResolvers<string>();
    let sentBytes = 0;
    let takenBytes = 0;
    let wake = () => {};
    let isOver = false;
    sendings.set(upload, {
      done,
      ack: (sizeBytes) => {
        takenBytes += sizeBytes;
        onProgress(takenBytes);
        wake();
      },
    });
    const abort = () => done.reject(new AppError('cancelled'));
    signal.addEventListener('abort', abort, { once: true });
    endpoint.postMessage({ upload, kind: 'open', sessionId, name, sizeBytes: file.size });
    const pump = async () => {
      while (sentBytes < file.size && !isOver) {
        if (sentBytes - takenBytes >= WINDOW_BYTES) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          continue;
        }
        const bytes = new Uint8Array(await file.slice(sentBytes, sentBytes + PIECE_BYTES).arrayBuffer());
        sentBytes += bytes.byteLength;
        if (!isOver) endpoint.postMessage({ upload, kind: 'data', bytes });
      }
      if (!isOver) endpoint.postMessage({ upload, kind: 'end' });
    };
    // A file that went away while it was read.
    pump().catch(() => done.reject(new AppError('not-found', { what: name })));
    try {
      return await done.promise;
    } catch (error) {
      endpoint.postMessage({ upload, kind: 'cancel' });
      throw error;
    } finally {
      isOver = true;
      wake();
      sendings.delete(upload);
      signal.removeEventListener('abort', abort);
    }
  }

  return {
    send,
    close: () => {
      for (const { done } of sendings.values()) done.reject(new AppError('transfer-broken'));
      endpoint.close();
    },
  };
}
