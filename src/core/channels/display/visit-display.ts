// The visitor's end of `display`: streams for viewer windows, and the end of a session that nobody looks at.
import type { Duplex } from 'node:stream';
import type { VisitedSession, VisitorEnd } from '../channel.ts';
import { titleOfWindow, withSureParents } from './window-titles.ts';

export interface DisplayEnd extends VisitorEnd {
  /** The RFB stream for one window. @throws AppError `peer-unreachable`, `not-allowed`, `timeout` */
  openStream(): Promise<Duplex>;
}

/** A viewer whose window was closed and not opened again for this long is over (a reload takes less). */
const WINDOW_GONE_MS = 4000;
/** A viewer session whose window nobody opens is over after this. */
const WINDOW_NEVER_MS = 60_000;

export function visitDisplay(session: VisitedSession): DisplayEnd {
  const streams = new Set<Duplex>();
  let timer: NodeJS.Timeout | undefined;

  function closeUnlessSeen(afterMs: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (streams.size === 0 && session.model.state === 'running') session.close();
    }, afterMs);
  }

  closeUnlessSeen(WINDOW_NEVER_MS);
  return {
    openStream: async () => {
      const stream = await session.openStream('display');
      clearTimeout(timer);
      streams.add(stream);
      stream.once('close', () => {
        streams.delete(stream);
        if (streams.size === 0 && session.model.state === 'running') closeUnlessSeen(WINDOW_GONE_MS);
      });
      return stream;
    },
    // Its window may have been closed a while ago, or by the lost connection.
    goOn: () => {
      if (streams.size === 0) closeUnlessSeen(WINDOW_NEVER_MS);
    },
    takeWindows: (told) => {
      // Security: a stranger's titles; the host may not have cleaned them.
      const windows = withSureParents([...new Map(told.map((window) => [window.id, window])).values()]);
      session.showSoon({ windows: windows.map((window) => ({ ...window, title: titleOfWindow(window.title) })) });
    },
    [Symbol.asyncDispose]: async () => clearTimeout(timer),
  };
}
