// One conversation with an SFTP server over a stream: numbers the requests, finds the answer to each, and ends with the stream.
import type { Duplex } from 'node:stream';
import { AppError } from '../../../contract/errors.ts';
import { type Answer, AnswerReader, initPacket, SftpFault } from './sftp-packets.ts';

type AnswerKind = Exclude<Answer['kind'], 'version'>;
type AnswerOf<K extends AnswerKind> = Extract<Answer, { kind: K }>;

/** The other end said no, in the words of SFTP (`STATUS` in sftp-packets.ts). */
export class SftpRefusal extends Error {
  override readonly name = 'SftpRefusal';
  readonly code: number;

  constructor(code: number) {
    super(`SFTP status ${code}`);
    this.code = code;
  }
}

export interface SftpClient {
  /**
   * Sends a request, and resolves with its answer.
   * @throws SftpRefusal for a status that is not `ok`; AppError `transfer-broken` when the stream ended, `bad-files` for nonsense
   */
  ask<K extends AnswerKind>(kind: K, toPacket: (id: number) => Buffer): Promise<AnswerOf<K>>;
  /** Resolves when more may be sent. */
  drained(): Promise<void>;
  close(): void;
}

/** Security: a program in the container can make open(2) wait for ever (a FIFO), or pose as the server. */
const ANSWER_TIMEOUT_MS = 30_000;

/** Says hello. @throws AppError `bad-files`, `transfer-broken` */
export async function startSftp(stream: Duplex, answerTimeoutMs = ANSWER_TIMEOUT_MS): Promise<SftpClient> {
  const reader = new AnswerReader();
  const waiting = new Map<
    number,
    { readonly kind: AnswerKind; resolve(answer: Answer): void; reject(error: unknown): void }
  >();
  const hello = Promise.withResolvers<void>();
  hello.promise.catch(() => {});
  const drains = new Set<() => void>();
  let hasHello = false;
  let ended: AppError | undefined;
  let nextId = 1;
  let timer: NodeJS.Timeout | undefined;

  function end(error: AppError): void {
    if (ended !== undefined) return;
    ended = error;
    clearTimeout(timer);
    stream.destroy();
    hello.reject(error);
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
    for (const drain of drains) drain();
  }

  /** Restarts with each whole answer, so a slow transfer goes on. Security: an answer that trickles in byte by byte does time out. */
  function watch(): void {
    clearTimeout(timer);
    if (hasHello && waiting.size === 0) return;
    timer = setTimeout(() => end(new AppError('timeout')), answerTimeoutMs);
  }

  function take(answer: Answer): void {
    if (answer.kind === 'version') {
      if (hasHello || answer.version !== 3) throw new SftpFault('another version than 3');
      hasHello = true;
      hello.resolve();
      return;
    }
    const asked = waiting.get(answer.id);
    if (!hasHello || asked === undefined) throw new SftpFault('an answer to nothing');
    waiting.delete(answer.id);
    if (answer.kind === asked.kind && (answer.kind !== 'status' || answer.code === 0)) asked.resolve(answer);
    else if (answer.kind === 'status') asked.reject(new SftpRefusal(answer.code));
    else throw new SftpFault('an answer to another question');
  }

  stream.on('data', (chunk: Buffer) => {
    if (ended !== undefined) return;
    try {
      for (const answer of reader.take(chunk)) {
        take(answer);
        watch();
      }
    } catch (error) {
      if (!(error instanceof SftpFault)) throw error;
      end(new AppError('bad-files', {}, { cause: error }));
    }
  });
  stream.on('error', () => end(new AppError('transfer-broken')));
  stream.once('end', () => end(new AppError('transfer-broken')));
  stream.once('close', () => end(new AppError('transfer-broken')));
  if (stream.destroyed) end(new AppError('transfer-broken'));
  else {
    stream.write(initPacket);
    watch();
  }
  await hello.promise;

  return {
    ask: (kind, toPacket) => {
      if (ended !== undefined) return Promise.reject(ended);
      const { promise, resolve, reject } = Promise.withResolvers<Answer>();
      // A caller with many requests looks only at the first failure. The others must not count as unhandled.
      promise.catch(() => {});
      const id = nextId++;
      waiting.set(id, { kind, resolve, reject });
      stream.write(toPacket(id));
      if (waiting.size === 1) watch();
      return promise as Promise<never>;
    },
    drained: () =>
      new Promise((resolve) => {
        if (ended !== undefined || !stream.writableNeedDrain) {
          resolve();
          return;
        }
        const done = () => {
          drains.delete(done);
          stream.off('drain', done);
          resolve();
        };
        drains.add(done);
        stream.once('drain', done);
      }),
    close: () => end(new AppError('transfer-broken')),
  };
}
