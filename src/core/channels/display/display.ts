// The channel `display`: the sandbox's screen as RFB, held to the powers message by message, and the program's windows.
import type { Channel } from '../channel.ts';
import { screenPart } from './screen-part.ts';
import { serveDisplay } from './serve-display.ts';
import { visitDisplay } from './visit-display.ts';

export function createDisplay() {
  return {
    name: 'display',
    needs: null,
    holds: ['clipboardIn', 'clipboardOut', 'isViewOnly'],
    programs: [
      { id: 'xvnc', programs: ['Xvnc'], debian: 'tigervnc-standalone-server', level: 'error', blocks: ['sharing'] },
      { id: 'window-manager', programs: ['openbox', 'matchbox-window-manager'], debian: 'openbox', level: 'warning' },
    ],
    host: { part: ({ size }) => screenPart(size), open: serveDisplay },
    visitor: { open: visitDisplay },
  } as const satisfies Channel;
}
