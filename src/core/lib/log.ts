// The log: one JSON line for each event, rotated by size, with nothing secret in it.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { createStream } from 'rotating-file-stream';

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

/** Opens `ebrainpool.log` in the folder: at most 5 files of 2 MB each. */
export function startFileLog(folder: string, level: LogLevel): FileLog {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stream = createStream('ebrainpool.log', { path: folder, size: '2M', maxFiles: 4, mode: 0o600 });
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact: SECRET_FIELDS }, stream);
  // A log that cannot be written must not end the program that it serves.
  stream.on('error', () => {});
  return {
    error: (fields, message) => logger.error(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    info: (fields, message) => logger.info(fields, message),
    debug: (fields, message) => logger.debug(fields, message),
    setLevel: (newLevel) => {
      logger.level = newLevel;
    },
    path: join(folder, 'ebrainpool.log'),
    [Symbol.asyncDispose]: () => new Promise((resolve) => stream.end(() => resolve())),
  };
}

/** Logs nowhere: for tests. */
export const silentLog: Log = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };
