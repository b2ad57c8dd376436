#!/bin/sh
# on HOST COMMAND…: runs a command on one of the lab's computers, as its ordinary user. Replaces itself by the command,
# so that a signal to this process reaches it.
host=${1:-}
if ! pid=$(cat "/run/lab/$host/pid" 2>/dev/null); then
  echo "on: this lab has no computer \"$host\"; it has: $EBP_LAB_HOSTS" >&2
  exit 2
fi
shift
if [ $# -eq 0 ]; then set -- bash; fi
here=/run/lab/$host
# The mount namespace brings its own working directory, hence the cd.
exec nsenter --target "$pid" --user --mount --net --uts --preserve-credentials \
  env HOME="$here/home" USER="$host" LOGNAME="$host" XDG_RUNTIME_DIR="$here/run" TMPDIR="$here/tmp" \
  sh -c 'cd "$1" 2>/dev/null || cd; shift; exec "$@"' on "$PWD" "$@"
