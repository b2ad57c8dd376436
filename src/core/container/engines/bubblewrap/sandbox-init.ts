// The first program in a sandbox: starts display, session bus and sshd, waits for the program to run, and tells how it ended.
import { EXCHANGE_PATH, UPLOAD_PREFIX } from '../../exchange-folder.ts';
import { waitForWindows } from './sandbox-end.ts';
import { prepareSession } from './sandbox-session.ts';

/**
 * Reads NUL-terminated words from standard input, so nothing is ever parsed by a shell: `files` opens the folder to exchange files,
 * with the size of the largest in KiB as the next word, and `no-files` closes it; `terminate` asks the program to end; a number is how
 * many words follow, which are the working directory and the argument vector. The end of the input is the end of the core.
 * Writes lines to standard output: `ready`, `files`, `armed`, then `exit CODE`; and what the program writes to standard error.
 * Environment: that of environment.ts, and EBP_SIZE (WxH, empty for no display), which no program is given.
 */
export const sandboxInit = `#!/bin/bash
set -u
export -n EBP_SIZE
# A handler and not "ignore", which the program would inherit: with the core gone, writing must fail and the end below be reached.
trap : PIPE
# Its answer to the program's end is to be heard, also when the program was asked to end.
trap : TERM
# Security: what the core was started with open, and Node does not close, is open here too. All but this script is closed.
for open in /proc/self/fd/*; do
  number=\${open##*/}
  [ "$number" -gt 2 ] && ! [ "$open" -ef "$0" ] && exec {number}>&-
done
# Security: a program that starts itself without end. From Linux 5.14 on the limit counts the threads of this sandbox alone;
# before, it would count all that the owner runs.
IFS=.- read -r major minor _ </proc/sys/kernel/osrelease
[ $((major * 1000 + minor)) -ge 5014 ] && ulimit -u 2048
private=$XDG_RUNTIME_DIR
# Connections that an X client has open: state 03 is "connected", the listening sockets are in state 01 (proc(5)).
x_clients() { grep -c ' 03 [0-9]* @*/tmp/.X11-unix/X1$' /proc/net/unix; }
${waitForWindows}
socat UNIX-LISTEN:/run/ebp/sock/ssh,fork,mode=600,max-children=32 EXEC:"/usr/sbin/sshd -i -e -f /run/ebp/conf/sshd_config",nofork 2>/dev/null </dev/null &
own=" 1 $$ $! "
# Before the session bus, which gives its own environment to every program that it starts.
[ -n "$EBP_SIZE" ] && export DISPLAY=:1
${prepareSession}
if command -v dbus-daemon >/dev/null; then
  dbus-daemon --session --address="$DBUS_SESSION_BUS_ADDRESS" --nofork --nopidfile >/dev/null 2>&1 </dev/null &
  own+="$! "
fi
if [ -n "$EBP_SIZE" ]; then
  # The display takes and gives every text: it is the program's. What is not granted, the host takes out of its stream.
  mkfifo -m 600 "$private/display" && exec 3<>"$private/display"
  Xvnc :1 -displayfd 3 -SecurityTypes None -rfbport -1 -rfbunixpath /run/ebp/sock/display -rfbunixmode 384 \\
    -AcceptSetDesktopSize=1 -AlwaysShared=1 -geometry "$EBP_SIZE" -depth 24 -dpi 96 -nolisten tcp -noreset \\
    -AcceptCutText=1 -SendCutText=1 -SendPrimary=0 -SetPrimary=1 -AllowOverride=desktop \\
    -desktop eBrainPool >/tmp/.xvnc.log 2>&1 </dev/null &
  xvnc=$!
  own+="$! "
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
  if command -v openbox >/dev/null; then
    openbox --config-file /run/ebp/conf/openbox.xml >/dev/null 2>&1 </dev/null &
  elif command -v matchbox-window-manager >/dev/null; then
    matchbox-window-manager -use_titlebar no >/dev/null 2>&1 </dev/null &
  fi
  own+="$! "
  # Ready means that the window manager manages: its connection is there, and is not taken for the program's below.
  for _ in $(seq 100); do [ "$(x_clients)" -gt 0 ] && break; sleep 0.01; done
fi
# Ready means also that sshd's door is open, not only that it was sent for: its socket listens (SO_ACCEPTCON in proc(5)).
for _ in $(seq 100); do grep -q ' 00010000 .* /run/ebp/sock/ssh$' /proc/net/unix && break; sleep 0.01; done
# The folder's SFTP server, one process for each transfer. What is in the folder, links too, leads to where the program can get itself.
open_files() {
  local sftp folder=${EXCHANGE_PATH}
  for sftp in /usr/lib/openssh /usr/libexec/openssh /usr/lib/ssh /usr/libexec/ssh /usr/libexec /usr/lib; do
    [ -x "$sftp/sftp-server" ] && break
  done
  # What a program left in its place.
  [ -d "$folder" ] || mv -fT "$folder" "$folder.old" 2>/dev/null
  mkdir -p "$folder" 2>/dev/null && [ -x "$sftp/sftp-server" ] || { echo no-files; return; }
  # What an upload left that was broken off; one that is under way is written to all the time.
  find "$folder/" -maxdepth 1 -type f -name '${UPLOAD_PREFIX}*' -mmin +10 -delete 2>/dev/null
  # A group of its own, to be ended at once with every transfer. A file that grows too large is told, and kills nobody.
  set -m
  (trap '' XFSZ; ulimit -f "$1"; exec socat UNIX-LISTEN:/run/ebp/sock/files,fork,mode=600,max-children=24 EXEC:"$sftp/sftp-server",nofork) >/dev/null 2>&1 </dev/null &
  files=$!
  set +m
  for _ in $(seq 100); do grep -q ' 00010000 .* /run/ebp/sock/files$' /proc/net/unix && break; sleep 0.01; done
  echo files
}
close_files() {
  [ -n "$files" ] && kill -KILL -- "-$files" 2>/dev/null
  files=
  rm -f /run/ebp/sock/files
  # What was broken off now. One of another session of this peer would go as well, and its sender is told: better than gigabytes left.
  rm -f ${EXCHANGE_PATH}/${UPLOAD_PREFIX}*
}
# SIGTERM to all but what this script started itself: what saves when it is asked to end still has its display and its bus.
terminate() {
  local folder pid name
  for folder in /proc/[0-9]*; do
    pid=\${folder#/proc/}
    IFS= read -r name <"$folder/comm" 2>/dev/null || continue
    [[ $own == *" $pid "* || $pid == "$BASHPID" || $pid == "$files" || $name == sshd || $name == login || $name == tee ]] || kill -TERM "$pid" 2>/dev/null
  done
}
# Words that may come at any time. Fails for any other.
obey() {
  case "$1" in
    files) IFS= read -r -d '' size && open_files "$size" ;;
    no-files) close_files ;;
    terminate) terminate ;;
    *) return 1 ;;
  esac
  return 0
}
echo ready
files=
count=
program=()
while IFS= read -r -d '' count && obey "$count"; do :; done
[ -n "$count" ] && mapfile -d '' -n "$count" -t program
# The core is gone: nothing may stay, also when bwrap was killed before it had tied this tree's life to its own.
[ "\${#program[@]}" -gt 1 ] || { kill -KILL -1; exit 0; }
exec 4<&0 0</dev/null
{
  while IFS= read -r -d '' word; do obey "$word"; done
  kill -KILL -1
} <&4 4<&- &
exec 4<&-
cd -- "\${program[0]}" 2>/dev/null || cd
program=("\${program[@]:1}")
if [ -n "$EBP_SIZE" ]; then
  idle=$(x_clients)
  SECONDS=0
  # What a shell says of a program that was killed is not the program's.
  { "\${program[@]}" </dev/null >&5 2>&5 5>&-; code=$?; } 5>&2 2>/dev/null
  [ "$code" -eq 0 ] && wait_for_windows "$idle"
else
  mkfifo -m 600 "$private/exit" "$private/output"
  # So that xauth has nothing to say to whoever logs in.
  >"$private/Xauthority"
  cat <>"$private/output" >&2 &
  own+="$! "
  printf '%s\\0' "\${program[@]}" >"$private/program.new" && mv "$private/program.new" "$private/program"
  echo armed
  read -r code <>"$private/exit"
  # So that the visitor's ssh still hears the exit status.
  sleep 0.2
fi
echo "exit $code"
`;
