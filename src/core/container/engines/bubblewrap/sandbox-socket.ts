// A stream to a socket that a program of a sandbox made.
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { AppError } from '../../../../contract/errors.ts';

/** Linux's O_PATH, which Node does not name: a handle on the file itself, not on what it leads to. */
const O_PATH = 0o10000000;

/**
 * @param path on this computer
 * @param name for who is told that nothing listens there
 * @throws AppError `container-failed`
 */
export async function connectSocket(path: string, name: string): Promise<Duplex> {
  // Security: a program in the sandbox may put a symbolic link here that leads to another socket of the owner. The handle is of
  // the file itself, must be a socket, and is what we connect to, so that nothing can be exchanged in between.
  const handle = await open(path, O_PATH | constants.O_NOFOLLOW).catch((error) => {
    throw new AppError('container-failed', { why: `nothing listens on ${name}` }, { cause: error });
  });
  try {
    if (!(await handle.stat()).isSocket()) throw new AppError('container-failed', { why: `${name} is not a socket` });
    return await new Promise((resolve, reject) => {
      const socket = connect({ path: `/proc/self/fd/${handle.fd}`, allowHalfOpen: true });
      socket.once('error', (error) =>
        reject(new AppError('container-failed', { why: error.message }, { cause: error })),
      );
      socket.once('connect', () => resolve(socket.on('error', () => socket.destroy())));
    });
  } finally {
    await handle.close();
  }
}
