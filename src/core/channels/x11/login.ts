// What sshd runs for every login into a sandbox, whatever command the client sends: the program of the grant, on the visitor's display.
import { waitForWindows } from '../../container/desktop/wait-for-windows.ts';
import { CONF } from '../../container/inside.ts';
import { UNMARK } from '../../container/sandbox-part.ts';

/** Prepares the main program for a login, waits until it has run, and ends with its exit code. */
export const offerScript = `#!/bin/bash
set -u
# Its answer to the program's end is to be heard, also when the program was asked to end.
trap : TERM
private=$XDG_RUNTIME_DIR
mkfifo -m 600 "$private/exit" "$private/output"
# So that xauth has nothing to say to whoever logs in.
>"$private/Xauthority"
EBP_SERVICE=1 cat <>"$private/output" >&2 &
printf '%s\\0' "$@" >"$private/program.new" && mv "$private/program.new" "$private/program"
read -r code <>"$private/exit"
# So that the visitor's ssh still hears the exit status.
sleep 0.2
exit "$code"
`;

/** Started by ForceCommand (sshd_config(5)). Tells the script above how the program ended. */
export const loginScript = `#!/bin/bash
set -u
${UNMARK}
# sshd gives a login an environment of its own: what all programs here have is put in its place.
while IFS= read -r -d '' pair; do export "$pair"; done <${CONF}/sshd/environment
unset SSH_CLIENT SSH_CONNECTION SSH_TTY
private=$XDG_RUNTIME_DIR
for _ in $(seq 100); do [ -e "$private/program" ] && break; sleep 0.05; done
if ! mapfile -d '' -t program <"$private/program"; then echo 'eBrainPool: the program was not started in time. Ask again.' >&2; exit 1; fi
if [ -z "\${DISPLAY:-}" ]; then
  echo 'eBrainPool: no X display was forwarded. Connect with "ssh -X", from a computer that has an X display.' >&2
  exit 1
fi
# What the session bus starts from now on has this login's display.
[ -S "$private/bus" ] && timeout 2 dbus-update-activation-environment DISPLAY XAUTHORITY >/dev/null 2>&1 </dev/null
number=\${DISPLAY#*:}
port=$(printf '%04X' $((6000 + \${number%%.*})))
# Connections to the forwarded display that sshd holds: state 01 is "established" (proc(5)).
x_clients() { grep -c "^ *[0-9]*: [0-9A-F]*:$port [0-9A-F:]* 01 " /proc/net/tcp; }
${waitForWindows}
SECONDS=0
# What it writes goes to whoever logged in, and to the first program, which passes it on to the owner's log.
"\${program[@]}" </dev/null > >(EBP_SERVICE=1 exec tee -p "$private/output") 2> >(EBP_SERVICE=1 exec tee -p "$private/output" >&2)
code=$?
[ "$code" -eq 0 ] && wait_for_windows 0
echo "$code" >"$private/exit"
exit "$code"
`;
