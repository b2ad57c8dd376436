// The host's end of `files`: an SFTP server in the sandbox, and what visitors ask of it held to the folder.
import { MIB } from '../../../contract/exchange.ts';
import type { HostEnd, HostedSession } from '../channel.ts';
import { SftpFilter } from './sftp-filter.ts';

/** Transfers of one session at a time; each is a process in its sandbox. */
const MAX_TRANSFERS = 16;

export async function serveFiles({ sandbox }: HostedSession, maxUploadMib: number): Promise<HostEnd> {
  const maxUploadBytes = maxUploadMib * MIB;
  await sandbox.openFiles(maxUploadBytes);
  return {
    told: { maxUploadBytes },
    shown: { maxUploadBytes },
    tunnel: {
      maxStreams: MAX_TRANSFERS,
      connect: () => sandbox.connect('files'),
      filters: () => ({ toHost: new SftpFilter() }),
    },
    revoke: () => sandbox.closeFiles(),
    [Symbol.dispose]: () => {},
  };
}
