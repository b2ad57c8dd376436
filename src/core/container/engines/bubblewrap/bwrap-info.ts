// What bwrap(1) says of the sandbox that it made, on the descriptor of --info-fd.
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { AppError } from '../../../../contract/errors.ts';

const infoSchema = z
  .object({ 'child-pid': z.number().int().positive(), 'pid-namespace': z.number().int().positive() })
  .transform((info) => ({ childPid: info['child-pid'], pidNamespace: info['pid-namespace'] }));

/** The first process in it, as this computer numbers it, and the inode number of its PID namespace. */
export type BwrapInfo = z.output<typeof infoSchema>;

/** @throws AppError `container-failed` with that reason where it made none */
export async function readBwrapInfo(stream: Readable, whyNot: () => string): Promise<BwrapInfo> {
  const info = infoSchema.safeParse(parseJson(await text(stream).catch(() => '')));
  if (info.success) return info.data;
  throw new AppError('container-failed', { why: whyNot() });
}

function parseJson(said: string): unknown {
  try {
    return JSON.parse(said);
  } catch {
    return undefined;
  }
}
