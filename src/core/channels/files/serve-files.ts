// The host's end of `files`: an SFTP server in the sandbox, and what visitors ask of it held to the folder.
import { MIB } from '../../../contract/exchange.ts';
import type { HostEnd, HostedSession } from '../channel.ts';
import { SftpFilter } from './sftp-filter.ts';
import { closeFiles, FILES_SOCKET, openFiles } from './sftp-server.ts';

/** Transfers of one session at a time; each is a process in its sandbox. */
const MAX_TRANSFERS = 16;

export async function serveFiles({ sandbox }: HostedSession, maxUploadMib: number): Promise<HostEnd> {
  const maxUploadBytes = maxUploadMib * MIB;
  const served = await openFiles(sandbox, maxUploadBytes);
  return {
    told: { maxUploadBytes },
    shown: { maxUploadBytes },
    tunnel: {
      maxStreams: MAX_TRANSFERS,
      connect: () => sandbox.connect(FILES_SOCKET),
      filters: () => ({ toHost: new SftpFilter() }),
    },
    // Fails when the sandbox has ended, which then serves nothing anyway.
    revoke: () => void closeFiles(sandbox, served).catch(() => {}),
    [Symbol.dispose]: () => {},
  };
}
