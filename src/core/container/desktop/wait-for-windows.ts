// When a program in a sandbox has ended: a launcher may return while its windows live on in another process. For both scripts.

/** How long a process that was left has to open a window. */
const FIRST_WINDOW_S = 5;
/** A program that ran longer than this was no launcher: what it left behind is a daemon, and not waited for. */
const LAUNCHER_S = 15;

/**
 * Defines `wait_for_windows IDLE`: returns when at most IDLE connections of X clients are open. The script defines `x_clients`, which
 * counts them, and has set SECONDS to 0 when it started the program. A launcher may return before its window is there: the process that it
 * left behind gets some time to open one.
 */
export const waitForWindows = `
# Whether something runs on that nobody waits for: whose parent is the first process. Not what the session bus started for others.
has_left_some() {
  local stat line pid
  for stat in /proc/[0-9]*/stat; do
    { read -r line <"$stat"; } 2>/dev/null || continue
    pid=\${line%% *} line=\${line##*) }
    # The state, then the parent (proc(5)). The first process is bwrap, and its child the script that starts everything.
    [ "$pid" -gt 2 ] && [[ "$line" == [!Z]' 1 '* ]] || continue
    grep -qz '^DBUS_STARTER_ADDRESS=' "/proc/$pid/environ" 2>/dev/null || return 0
  done
  return 1
}
wait_for_windows() {
  local until=$((SECONDS < ${LAUNCHER_S} ? SECONDS + ${FIRST_WINDOW_S} : 0))
  while [ "$(x_clients)" -le "$1" ] && [ "$SECONDS" -lt "$until" ] && has_left_some; do sleep 0.1; done
  while [ "$(x_clients)" -gt "$1" ]; do sleep 0.1; done
}`;
