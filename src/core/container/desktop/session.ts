// A session bus and a keyring: a desktop starts them when a person signs in, and in a sandbox nobody else would.
import type { SandboxFile, Service } from '../engine.ts';
import { CONF, SOCKETS } from '../inside.ts';
import { asService, UNMARK } from '../sandbox-part.ts';

const READY = 'session-ready';

const script = `#!/bin/bash
set -u
private=$XDG_RUNTIME_DIR
# No screen reader is in the sandbox. What WebKitGTK starts for one is an X client that never ends, and so its session never would.
mkdir -p "$private/dbus-1/services"
printf '[D-BUS Service]\\nName=org.a11y.Bus\\nExec=/bin/false\\n' >"$private/dbus-1/services/org.a11y.Bus.service"
# A keyring without a password, as long as there is none. Else the first program that keeps one, Chromium at its start, asks for it in
# a window that covers its own. Whoever reads the home can read the password as well.
keyrings=$HOME/.local/share/keyrings
if [ ! -e "$keyrings" ] && mkdir -p "$keyrings" 2>/dev/null && chmod 700 "$keyrings"; then
  printf '[keyring]\\ndisplay-name=Default\\nlock-on-idle=false\\nlock-after=false\\n' >"$keyrings/default.keyring"
  printf default >"$keyrings/default"
fi 2>/dev/null
# The bus gives its own environment to every program that it starts.
${UNMARK}
: >${SOCKETS}/${READY}
command -v dbus-daemon >/dev/null || exec sleep infinity
exec dbus-daemon --session --address="$DBUS_SESSION_BUS_ADDRESS" --nofork --nopidfile >/dev/null 2>&1 </dev/null
`;

export const sessionFiles: readonly SandboxFile[] = [{ name: 'session', text: script, mode: 0o755 }];
export const sessionServices: readonly Service[] = [{ argv: asService(`${CONF}/session`), readyAt: READY }];
