// The screen that a viewer shows: Xvnc and a window manager, brought along into the sandbox, and how a program is run on it.
import type { Size } from '../../../contract/sessions.ts';
import { waitForWindows } from '../../container/desktop/wait-for-windows.ts';
import { CONF, socketOf } from '../../container/inside.ts';
import { asService, type SandboxPart } from '../../container/sandbox-part.ts';
import { windowManagerFiles, XDG_CONFIG_DIRS } from './window-manager.ts';

const SOCKET = 'display';
const X11_FOLDER = '/tmp/.X11-unix';
/** Speaks RFB (RFC 6143). */
export const DISPLAY_SOCKET = socketOf(SOCKET);
/** Speaks X11. */
export const X11_SOCKET = `${X11_FOLDER}/X1`;

/** Connections that an X client has open: state 03 is "connected", the listening sockets are in state 01 (proc(5)). */
const xClients = `x_clients() { grep -c ' 03 [0-9]* @*${X11_SOCKET}$' /proc/net/unix; }`;

/** Its argument is the size, WxH. The socket appears when the window manager manages. */
const screenScript = `#!/bin/bash
set -u
${xClients}
private=$XDG_RUNTIME_DIR
# The display takes and gives every text: it is the program's. What is not granted, the host takes out of its stream.
mkfifo -m 600 "$private/display" && exec 3<>"$private/display"
Xvnc :1 -displayfd 3 -SecurityTypes None -rfbport -1 -rfbunixpath ${DISPLAY_SOCKET}.new -rfbunixmode 384 \\
  -AcceptSetDesktopSize=1 -AlwaysShared=1 -geometry "$1" -depth 24 -dpi 96 -nolisten tcp -noreset \\
  -AcceptCutText=1 -SendCutText=1 -SendPrimary=0 -SetPrimary=1 -AllowOverride=desktop \\
  -desktop eBrainPool >/tmp/.xvnc.log 2>&1 </dev/null &
xvnc=$!
for attempt in $(seq 100); do
  # What a read that timed out had got is lost for the next one: any part of the answer is the answer.
  read -r -t 0.1 number <&3 && break
  [ -n "$number" ] && break
  if [ "$attempt" = 100 ] || ! kill -0 "$xvnc" 2>/dev/null; then
    echo "the display did not start: $(tail -n 1 /tmp/.xvnc.log)"
    exit 1
  fi
done
exec 3>&-
if command -v openbox >/dev/null; then
  openbox --config-file ${CONF}/openbox.xml >/dev/null 2>&1 </dev/null &
elif command -v matchbox-window-manager >/dev/null; then
  matchbox-window-manager -use_titlebar no >/dev/null 2>&1 </dev/null &
fi
# Ready means that the window manager manages: its connection is there, and is not taken for the program's below.
for _ in $(seq 100); do [ "$(x_clients)" -gt 0 ] && break; sleep 0.01; done
mv -fT ${DISPLAY_SOCKET}.new ${DISPLAY_SOCKET}
exec >/dev/null 2>&1
wait
`;

/** Its arguments are the program and the program's arguments. It ends when the windows are gone. */
const onScreenScript = `#!/bin/bash
set -u
# Its answer to the program's end is to be heard, also when the program was asked to end.
trap : TERM
${xClients}
${waitForWindows}
idle=$(x_clients)
SECONDS=0
# What a shell says of a program that was killed is not the program's.
{ "$@" </dev/null >&5 2>&5 5>&-; code=$?; } 5>&2 2>/dev/null
[ "$code" -eq 0 ] && wait_for_windows "$idle"
exit "$code"
`;

export function screenPart({ width, height }: Size): SandboxPart {
  return {
    name: 'screen',
    files: async () => [
      { name: 'screen', text: screenScript, mode: 0o755 },
      { name: 'on-screen', text: onScreenScript, mode: 0o755 },
      ...windowManagerFiles,
    ],
    // Only for viewers: native windows use the visitor's own desktop.
    environment: { DISPLAY: ':1', XDG_CONFIG_DIRS },
    socketFolders: [X11_FOLDER],
    services: [{ argv: asService(`${CONF}/screen`, `${width}x${height}`), readyAt: SOCKET }],
    wrap: (program) => ({ ...program, argv: [`${CONF}/on-screen`, ...program.argv] }),
  };
}
