// The folder Exchange of a container, served to a visitor by OpenSSH's own SFTP server inside: no login, one process for each transfer.
import { STREAM_SERVER } from '../../container/desktop/stream-server.ts';
import type { Process, Sandbox, SandboxFile } from '../../container/engine.ts';
import { CONF, socketOf } from '../../container/inside.ts';
import { asService, type SandboxPart } from '../../container/sandbox-part.ts';
import { EXCHANGE_PATH, UPLOAD_PREFIX } from './exchange-folder.ts';

const SOCKET = 'files';
const MAX_RUNS = 24;
/** Speaks SFTP. */
export const FILES_SOCKET = socketOf(SOCKET);
const OPEN = 'open-files';
const CLOSE = 'close-files';

/** Its argument is the size of the largest file in KiB. A link in the folder leads only to where the program could get by itself. */
const openScript = `#!/bin/bash
set -u
folder=${EXCHANGE_PATH}
for sftp in /usr/lib/openssh /usr/libexec/openssh /usr/lib/ssh /usr/libexec/ssh /usr/libexec /usr/lib; do
  [ -x "$sftp/sftp-server" ] && break
done
{
  # What a program left in its place.
  [ -d "$folder" ] || mv -fT "$folder" "$folder.old"
  mkdir -p "$folder" && [ -x "$sftp/sftp-server" ]
} 2>/dev/null || { echo 'its folder to exchange files cannot be served'; exit 1; }
exec >/dev/null 2>&1
# What an upload left that was broken off; one that is under way is written to all the time.
find "$folder/" -maxdepth 1 -type f -name '${UPLOAD_PREFIX}*' -mmin +10 -delete
# A file that grows too large is told, and kills nobody.
trap '' XFSZ
ulimit -f "$1"
exec ${STREAM_SERVER} ${SOCKET} ${MAX_RUNS} "$sftp/sftp-server"
`;

/** Removes unfinished uploads, even one of another session of this peer (its sender is told): better than gigabytes left behind. */
const closeScript = `#!/bin/bash
rm -f ${FILES_SOCKET} ${EXCHANGE_PATH}/${UPLOAD_PREFIX}*
`;

const files: readonly SandboxFile[] = [
  { name: OPEN, text: openScript, mode: 0o755 },
  { name: CLOSE, text: closeScript, mode: 0o755 },
];

export const sftpPart: SandboxPart = { name: 'sftp', files: async () => files };

/**
 * Makes the folder Exchange in the home, and serves it.
 * @throws AppError `container-failed` when it cannot be made or served
 */
export async function openFiles(sandbox: Sandbox, maxFileBytes: number): Promise<Process> {
  const kib = String(Math.ceil(maxFileBytes / 1024));
  return sandbox.serve({ argv: asService(`${CONF}/${OPEN}`, kib), readyAt: SOCKET });
}

/** Ends every transfer, and nothing is served any more. */
export async function closeFiles(sandbox: Sandbox, served: Process): Promise<void> {
  served.kill();
  await sandbox.run({ argv: asService(`${CONF}/${CLOSE}`), workingDirectory: null });
}
