// A socket of a sandbox at which each connection gets a run of a program: how a server of standard input and output is reached.

import type { NeededProgram } from '../../health/programs.ts';
import type { SandboxFile, Service } from '../engine.ts';
import { CONF, SOCKETS } from '../inside.ts';
import { asService } from '../sandbox-part.ts';

const NAME = 'stream-server';
/** Of socat(1). In scripts of other parts. */
export const STREAM_SERVER = `${CONF}/${NAME}`;

export const streamServerProgram: NeededProgram = {
  ...{ id: 'socat', programs: ['socat'], debian: 'socat', level: 'error', blocks: ['sharing'] },
};

/** Its arguments: the socket's name, how many runs at a time, and the command. The socket appears when it listens (SO_ACCEPTCON in proc(5)). */
const script = `#!/bin/bash
set -u
path=${SOCKETS}/$1
socat UNIX-LISTEN:"$path.new",fork,mode=600,max-children="$2" EXEC:"$3",nofork 2>/dev/null </dev/null &
until grep -q " 00010000 .* $path.new$" /proc/net/unix; do
  kill -0 $! 2>/dev/null || exit 1
  sleep 0.01
done
mv -fT "$path.new" "$path"
wait
`;

export const streamServerFiles: readonly SandboxFile[] = [{ name: NAME, text: script, mode: 0o755 }];

/** @param command words without spaces, with paths of the sandbox; it is ours, and no shell reads it */
export function streamServer(socketName: string, maxRuns: number, command: readonly string[]): Service {
  return { argv: asService(STREAM_SERVER, socketName, String(maxRuns), command.join(' ')), readyAt: socketName };
}
