// The host's end of `display`: streams to the sandbox's screen, and the list of the program's windows for its visitor.
import type { Sandbox } from '../../container/engine.ts';
import type { Log } from '../../lib/log.ts';
import type { HostEnd, HostedSession } from '../channel.ts';
import { followProgramWindows, type ProgramWindows } from './program-windows.ts';
import { RfbClientFilter } from './rfb-client-filter.ts';
import { RfbServerFilter } from './rfb-server-filter.ts';
import { DISPLAY_SOCKET, X11_SOCKET } from './screen-part.ts';

export async function serveDisplay(session: HostedSession): Promise<HostEnd> {
  const { id: sessionId, sandbox, log } = session;
  // Connects before the program starts, so that this connection does not count as one that keeps the session alive.
  const windows = await windowsOf(sandbox, log);
  const greet = () => {
    if (windows !== undefined)
      session.tell('session.windows', { sessionId, windows: [...windows.state.value] }, 'windows');
  };
  const stopFollowing = windows?.state.follow(greet);
  const powers = () => session.powers;
  return {
    windows,
    greet,
    tunnel: {
      connect: () => sandbox.connect(DISPLAY_SOCKET),
      filters: () => ({
        toHost: new RfbClientFilter(powers, session.notePresence),
        toVisitor: new RfbServerFilter(powers),
      }),
    },
    [Symbol.dispose]: () => {
      stopFollowing?.();
      windows?.[Symbol.dispose]();
    },
  };
}

async function windowsOf(sandbox: Sandbox, log: Log): Promise<ProgramWindows | undefined> {
  try {
    return await followProgramWindows(await sandbox.connect(X11_SOCKET), log);
  } catch (error) {
    log.info({ error: String(error) }, 'the windows of a program cannot be followed');
    return undefined;
  }
}
