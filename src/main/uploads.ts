// Takes the files that one window sends over one message port, each in pieces: a piece is acknowledged when it has been passed on.
import { z } from 'zod';
import { AppError, type Problem, toProblem } from '../contract/errors.ts';
import { fileNameSchema } from '../contract/exchange.ts';
import { sessionIdSchema } from '../contract/ids.ts';
import type { Port } from '../contract/port.ts';
import type { Core } from '../core/core.ts';

const uploadSchema = z.number().int().nonnegative();
/** More than a page sends ahead (renderer/ports/upload-port.ts). */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;
const MAX_UPLOADS = 32;

const fromPageSchema = z.discriminatedUnion('kind', [
  z.object({
    upload: uploadSchema,
    kind: z.literal('open'),
    sessionId: sessionIdSchema,
    name: fileNameSchema,
    sizeBytes: z.number().int().nonnegative().optional(),
  }),
  z.object({ upload: uploadSchema, kind: z.literal('data'), bytes: z.instanceof(Uint8Array) }),
  z.object({ upload: uploadSchema, kind: z.literal('end') }),
  z.object({ upload: uploadSchema, kind: z.literal('cancel') }),
]);

export type UploadToPage =
  | { readonly upload: number; readonly kind: 'ack'; readonly sizeBytes: number }
  | { readonly upload: number; readonly kind: 'done'; readonly name: string }
  | { readonly upload: number; readonly kind: 'failed'; readonly problem: Problem };

/** Serves a page's uploads until the port closes; then what is under way breaks off. */
export function serveUploads(port: Port, putFile: Core['putFile']): void {
  const uploads = new Map<number, Pieces>();
  const post = (message: UploadToPage) => port.post(message);

  async function receive(upload: number, sessionId: string, name: string, sizeBytes?: number): Promise<void> {
    const pieces = new Pieces((sizeBytes) => post({ upload, kind: 'ack', sizeBytes }));
    uploads.set(upload, pieces);
    try {
      const put = await putFile(sessionId, name, pieces.read(), sizeBytes);
      post({ upload, kind: 'done', name: put.name });
    } catch (error) {
      post({ upload, kind: 'failed', problem: toProblem(error) });
    } finally {
      uploads.delete(upload);
    }
  }

  port.onMessage((message) => {
    const parsed = fromPageSchema.safeParse(message);
    if (!parsed.success) {
      port.close();
      return;
    }
    const { data: told } = parsed;
    if (told.kind === 'open') {
      if (uploads.has(told.upload)) return;
      if (uploads.size < MAX_UPLOADS) void receive(told.upload, told.sessionId, told.name, told.sizeBytes);
      else post({ upload: told.upload, kind: 'failed', problem: { code: 'too-many-requests', params: {} } });
      return;
    }
    const pieces = uploads.get(told.upload);
    if (told.kind === 'data') pieces?.add(told.bytes);
    else if (told.kind === 'end') pieces?.end();
    else pieces?.fail(new AppError('cancelled'));
  });
  port.onClose(() => {
    for (const pieces of uploads.values()) pieces.fail(new AppError('cancelled'));
  });
}

/** A stream of the pieces in the order in which they came. */
class Pieces {
  readonly #onTaken: (sizeBytes: number) => void;
  #pieces: Uint8Array[] = [];
  #waitingBytes = 0;
  #isEnded = false;
  #error: AppError | undefined;
  #wake: () => void = () => {};

  constructor(onTaken: (sizeBytes: number) => void) {
    this.#onTaken = onTaken;
  }

  add(bytes: Uint8Array): void {
    if (this.#error !== undefined) return;
    this.#pieces.push(bytes);
    this.#waitingBytes += bytes.byteLength;
    if (this.#waitingBytes > MAX_WAITING_BYTES)
      this.fail(new AppError('too-large', { where: 'upload', limit: MAX_WAITING_BYTES }));
    this.#wake();
  }

  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  fail(error: AppError): void {
    this.#error ??= error;
    this.#pieces = [];
    this.#wake();
  }

  async *read(): AsyncGenerator<Uint8Array> {
    for (;;) {
      if (this.#error !== undefined) throw this.#error;
      const piece = this.#pieces.shift();
      if (piece !== undefined) {
        yield piece;
        this.#waitingBytes -= piece.byteLength;
        this.#onTaken(piece.byteLength);
      } else if (this.#isEnded) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}
