// The first program in a sandbox: starts display, session bus and sshd, waits for the program to run, and tells how it ended.

/**
 * Reads the argument vector from standard input as NUL-terminated words (mapfile), so nothing is ever parsed by a shell.
 * Writes lines to standard output: `ready`, then `exit CODE`.
 * Environment: EBP_SIZE (WxH, empty for no display), EBP_CLIPBOARD (1 or 0).
 */
export const sandboxInit = `#!/bin/bash
set -u
# A handler and not "ignore", which the program would inherit: with the core gone, writing must fail and the end below be reached.
trap : PIPE
private=/run/user/1000
# Connections that an X client has open: state 03 is "connected", the listening sockets are in state 01 (proc(5)).
x_clients() { grep -c ' 03 [0-9]* @*/tmp/.X11-unix/X1$' /proc/net/unix; }
socat UNIX-LISTEN:/run/ebp/sock/ssh,fork,mode=600,max-children=32 EXEC:"/usr/sbin/sshd -i -e -f /run/ebp/conf/sshd_config",nofork 2>/dev/null </dev/null &
if command -v dbus-daemon >/dev/null; then
  export DBUS_SESSION_BUS_ADDRESS=unix:path=$private/bus
  dbus-daemon --session --address="$DBUS_SESSION_BUS_ADDRESS" --nofork --nopidfile >/dev/null 2>&1 </dev/null &
fi
if [ -n "$EBP_SIZE" ]; then
  mkfifo -m 600 "$private/display" && exec 3<>"$private/display"
  Xvnc :1 -displayfd 3 -SecurityTypes None -rfbport -1 -rfbunixpath /run/ebp/sock/display -rfbunixmode 384 \\
    -AcceptSetDesktopSize=1 -AlwaysShared=1 -geometry "$EBP_SIZE" -depth 24 -dpi 96 -nolisten tcp -noreset \\
    -AcceptCutText="$EBP_CLIPBOARD" -SendCutText="$EBP_CLIPBOARD" -SendPrimary=0 -SetPrimary=0 \\
    -desktop eBrainPool >/tmp/.xvnc.log 2>&1 </dev/null &
  xvnc=$!
  for attempt in $(seq 100); do
    # What a read that timed out had got is lost for the next one: any part of the answer is the answer.
    read -r -t 0.1 number <&3 && break
    [ -n "$number" ] && break
    if [ "$attempt" = 100 ] || ! kill -0 "$xvnc" 2>/dev/null; then
      echo "failed the display did not start: $(tail -n 1 /tmp/.xvnc.log)"
      exit 1
    fi
  done
  exec 3>&-
  export DISPLAY=:1
  if command -v matchbox-window-manager >/dev/null; then
    matchbox-window-manager -use_titlebar no >/dev/null 2>&1 </dev/null &
  elif command -v openbox >/dev/null; then
    openbox >/dev/null 2>&1 </dev/null &
  fi
  # Ready means that the window manager manages: its connection is there, and is not taken for the program's below.
  for _ in $(seq 100); do [ "$(x_clients)" -gt 0 ] && break; sleep 0.01; done
fi
echo ready
mapfile -d '' -t program
# The core is gone: nothing may stay, also when bwrap was killed before it had tied this tree's life to its own.
[ "\${#program[@]}" -gt 1 ] || { kill -KILL -1; exit 0; }
cd -- "\${program[0]}" 2>/dev/null || cd
program=("\${program[@]:1}")
if [ -n "$EBP_SIZE" ]; then
  idle=$(x_clients)
  "\${program[@]}" </dev/null >&2
  code=$?
  # A launcher may return while its windows live on in another process: wait until the last window's connection is closed.
  if [ "$code" -eq 0 ]; then
    while [ "$(x_clients)" -gt "$idle" ]; do sleep 0.1; done
  fi
else
  mkfifo -m 600 "$private/exit"
  printf '%s\\0' "\${program[@]}" >"$private/program.new" && mv "$private/program.new" "$private/program"
  echo armed
  read -r code <>"$private/exit"
  # So that the visitor's ssh still hears the exit status.
  sleep 0.2
fi
echo "exit $code"
`;

/** What sshd runs for every login, whatever command the client sends (authorized_keys \`command=\`). */
export const sandboxLogin = `#!/bin/bash
set -u
private=/run/user/1000
export XDG_RUNTIME_DIR=$private DBUS_SESSION_BUS_ADDRESS=unix:path=$private/bus
for _ in $(seq 100); do [ -e "$private/program" ] && break; sleep 0.05; done
if ! mapfile -d '' -t program <"$private/program"; then echo 'eBrainPool: the program was not started in time. Ask again.' >&2; exit 1; fi
if [ -z "\${DISPLAY:-}" ]; then
  echo 'eBrainPool: no X display was forwarded. Connect with "ssh -X", from a computer that has an X display.' >&2
  exit 1
fi
"\${program[@]}" </dev/null
code=$?
echo "$code" >"$private/exit"
exit "$code"
`;
