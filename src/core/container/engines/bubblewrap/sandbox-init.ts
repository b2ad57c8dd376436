// The first program in a sandbox of bubblewrap: runs what it is told to run, and says how that ended.

/**
 * Its argument is the limit of threads. Reads NUL-terminated words from standard input, so nothing is ever parsed by a shell:
 *   run ID COUNT WORD…   or main ID COUNT WORD…, where the words are the working directory and the argument vector
 *   kill ID              what was run, with its whole process group
 * The end of the input is the end of the core. Writes lines to standard output: `ready`, and `exit ID CODE` for each that has ended;
 * what programs write goes to standard error. With the end of `main` everything ends.
 */
export const sandboxInit = `#!/bin/bash
set -u
# A handler and not "ignore", which programs would inherit: with the core gone, writing must fail and the end below be reached.
trap : PIPE
# Security: what the core was started with open, and Node does not close, is open here too. All but this script is closed.
for open in /proc/self/fd/*; do
  number=\${open##*/}
  [ "$number" -gt 2 ] && ! [ "$open" -ef "$0" ] && exec {number}>&-
done
# What a shell says of a program that was killed is not the program's.
exec 5>&2 2>/dev/null
# Security: a program that starts itself without end. From Linux 5.14 on the limit counts the threads of this sandbox alone;
# before, it would count all that the owner runs.
IFS=.- read -r major minor _ </proc/sys/kernel/osrelease
[ $((major * 1000 + minor)) -ge 5014 ] && ulimit -u "$1"
declare -A started
# Each in a process group of its own (set -m), which can be killed as a whole; what waits for it is asked to do that by SIGTERM.
start() {
  local how=$1 id=$2
  shift 2
  set -m
  (
    cd -- "$1" || cd
    shift
    killed=
    set -m
    "$@" </dev/null >&5 2>&5 5>&- &
    program=$!
    trap 'killed=yes; kill -KILL -- "-$program"' TERM
    wait "$program"
    code=$?
    [ -n "$killed" ] && { wait "$program"; code=$?; }
    echo "exit $id $code"
    [ "$how" = main ] && kill -KILL $$
  ) </dev/null &
  started[$id]=$!
  set +m
}
echo ready
while IFS= read -r -d '' word && IFS= read -r -d '' id; do
  case "$word" in
    run|main)
      IFS= read -r -d '' count && mapfile -d '' -n "$count" -t words && start "$word" "$id" "\${words[@]}" ;;
    kill) kill -TERM "\${started[$id]}" ;;
  esac
done
# The core is gone: nothing may stay, also when bwrap was killed before it had tied this tree's life to its own.
kill -KILL -1
`;
