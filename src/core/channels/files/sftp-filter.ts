// What a visitor asks of the SFTP server in a container, held to the folder to exchange files: the requests of sftp-packets.ts alone.
import { Transform, type TransformCallback } from 'node:stream';
import { isFileName } from '../../../contract/exchange.ts';
import { EXCHANGE_PATH } from './exchange-folder.ts';
import { MAX_PACKET_BYTES, REQUEST as TYPE } from './sftp-packets.ts';

/** Two paths and flags; only the data of a file is longer. */
const MAX_ASKED_BYTES = 2048;
/** Its length and its type. */
const HEAD_BYTES = 5;

/** Requests by a handle that an earlier one gave. */
const BY_HANDLE: ReadonlySet<number> = new Set([TYPE.close, TYPE.read, TYPE.fileAttributes, TYPE.readFolder]);
/** How many paths come after the number of a request, and whether the folder itself may be one. */
const BY_PATH: ReadonlyMap<number, { readonly count: number; readonly takesFolder: boolean }> = new Map([
  [TYPE.open, { count: 1, takesFolder: false }],
  [TYPE.openFolder, { count: 1, takesFolder: true }],
  [TYPE.remove, { count: 1, takesFolder: false }],
  [TYPE.removeFolder, { count: 1, takesFolder: false }],
  [TYPE.rename, { count: 2, takesFolder: false }],
]);

/**
 * Passes whole requests for the folder and what is in it. Destroyed with an error by any other.
 *
 * Security: this runs at the host. OpenSSH's server knows no folder: it opens whatever its user may. Through it a visitor could
 * change the program's settings, and by /proc/PID/mem the programs themselves, also one who may only watch.
 */
export class SftpFilter extends Transform {
  #pending: Buffer = Buffer.alloc(0);
  /** How many bytes of a file's data are still to come. */
  #restBytes = 0;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let bytes: Buffer = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    try {
      while (bytes.length > 0) {
        if (this.#restBytes === 0) {
          const passedBytes = judge(bytes);
          if (passedBytes === undefined) break;
          this.#restBytes = passedBytes;
        }
        const part = bytes.subarray(0, this.#restBytes);
        this.#restBytes -= part.length;
        this.push(part);
        bytes = bytes.subarray(part.length);
      }
    } catch (error) {
      done(error as Error);
      return;
    }
    this.#pending = bytes;
    done();
  }
}

/** The length of the first request if it may pass; undefined when more bytes are needed. @throws Error when it may not */
function judge(bytes: Buffer): number | undefined {
  if (bytes.length < HEAD_BYTES) return undefined;
  const bodyBytes = bytes.readUInt32BE(0);
  const type = bytes.readUInt8(4);
  const wholeBytes = 4 + bodyBytes;
  if (bodyBytes < 5 || bodyBytes > MAX_PACKET_BYTES) throw new Error('SFTP: a request has a wrong size');
  if (type === TYPE.write) return wholeBytes;
  if (bodyBytes > MAX_ASKED_BYTES) throw new Error('SFTP: a request is too long');
  if (bytes.length < wholeBytes) return undefined;
  const fields = bytes.subarray(HEAD_BYTES, wholeBytes);
  const { count, takesFolder } = BY_PATH.get(type) ?? { count: 0, takesFolder: false };
  let at = 4;
  const next = (): string => {
    const end = at + 4 > fields.length ? Number.POSITIVE_INFINITY : at + 4 + fields.readUInt32BE(at);
    if (end > fields.length) throw new Error('SFTP: a request ends too early');
    const text = fields.toString('utf8', at + 4, end);
    at = end;
    return text;
  };
  if (type === TYPE.init || BY_HANDLE.has(type)) return wholeBytes;
  if (type === TYPE.extended && next() === 'statvfs@openssh.com' && next() === EXCHANGE_PATH) return wholeBytes;
  if (count === 0) throw new Error(`SFTP: a request of type ${type}`);
  for (let left = count; left > 0; left -= 1) {
    const path = next();
    const isInside = path.startsWith(`${EXCHANGE_PATH}/`) && isFileName(path.slice(EXCHANGE_PATH.length + 1));
    if (!isInside && !(takesFolder && path === EXCHANGE_PATH)) throw new Error('SFTP: a path outside of the folder');
  }
  return wholeBytes;
}
