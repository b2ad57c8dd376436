#!/bin/sh
# cut HOST: takes the cable of one of the computers out.
if ! number=$(cat "/run/lab/${1:-}.number" 2>/dev/null); then
  echo "cut: this lab has no computer \"${1:-}\"; it has: $EBP_LAB_HOSTS" >&2
  exit 2
fi
exec ip link set "v$number" down
