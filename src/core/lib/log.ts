// The log: one JSON line for each event, rotated by size, with nothing secret in it.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { createStream, type RotatingFileStream } from 'rotating-file-stream';

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** What every part logs with. Fields are facts; the message is a short constant sentence. */
export interface Log {
  error(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  info(fields: object, message: string): void;
  debug(fields: object, message: string): void;
}

export interface FileLog extends Log, AsyncDisposable {
  setLevel(level: LogLevel): void;
  readonly path: string;
}

/** Fields that never reach the disk, wherever they stand. */
const SECRET_FIELDS = [
  'token',
  'password',
  'privateKey',
  'cookie',
  '*.token',
  '*.password',
  '*.privateKey',
  '*.cookie',
];

/** How long a log that could not be written rests before it is tried again. */
const REST_MS = 5000;

/** Lines with the same message in a minute. A peer may cause them. */
const MAX_OF_A_KIND = 300;
const MINUTE_MS = 60_000;

/** Opens `ebrainpool.log` in the folder: at most 5 files of 2 MB each. While the disk is full, lines are counted instead. */
export function startFileLog(folder: string, level: LogLevel): FileLog {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  let stream: RotatingFileStream | undefined;
  let failedAt = 0;
  let lostLines = 0;

  function open(): RotatingFileStream {
    const opened = createStream('ebrainpool.log', { path: folder, size: '2M', maxFiles: 4, mode: 0o600 });
    // A log that cannot be written must not end the program that it serves. A stream that failed once never writes again.
    opened.on('error', () => {
      if (stream !== opened) return;
      stream = undefined;
      failedAt = performance.now();
      lostLines += 1;
    });
    return opened;
  }

  function write(line: string): void {
    if (stream === undefined && performance.now() - failedAt > REST_MS) {
      stream = open();
      // The line that failed may have got there in part.
      stream.write('\n');
      logger.warn({ lostLines }, 'the log goes on, lines before this one could not be written');
      lostLines = 0;
    }
    if (stream === undefined) lostLines += 1;
    else stream.write(line);
  }

  stream = open();
  const logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact: SECRET_FIELDS },
    { write },
  );
  const counts = new Map<string, number>();
  let countedSince = performance.now();
  /** Security: whoever causes the same message without end must not push out the older lines. */
  function hasRoomFor(message: string): boolean {
    if (performance.now() - countedSince > MINUTE_MS) {
      for (const [about, count] of counts)
        if (count > MAX_OF_A_KIND)
          logger.warn({ about, leftOut: count - MAX_OF_A_KIND }, 'too many lines of one kind were left out');
      counts.clear();
      countedSince = performance.now();
    }
    const count = (counts.get(message) ?? 0) + 1;
    counts.set(message, count);
    if (count === MAX_OF_A_KIND + 1)
      logger.warn({ about: message }, 'more lines of this kind are left out for a minute');
    return count <= MAX_OF_A_KIND;
  }
  const at = (kind: LogLevel) => (fields: object, message: string) => {
    if (logger.isLevelEnabled(kind) && hasRoomFor(message)) logger[kind](fields, message);
  };
  return {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    setLevel: (newLevel) => {
      logger.level = newLevel;
    },
    path: join(folder, 'ebrainpool.log'),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        if (stream === undefined) resolve();
        else stream.end(() => resolve());
      }),
  };
}

/** Logs nowhere: for tests. */
export const silentLog: Log = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };
