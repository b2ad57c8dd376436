#!/bin/sh
# The lab from the inside: process 1 of its namespaces. Lays the cables, runs the command, and ends everything with it.
# Called by lab.mjs: inside.sh HOSTS FAMILIES SCRIPTS COMMAND… with a pipe of control at fd 3
set -eu
hosts=$1
families=$2
scripts=$3
shift 3

mount -t tmpfs -o mode=755 lab /run
mount -t proc proc /proc
mkdir -p /run/netns /run/lab/bin /run/lab/etc
# The computers' own /etc: a mount over a file of the machine ends when that file is replaced, as useradd does.
# What this user may not read is left out.
cp -dR --preserve=mode /etc/. /run/lab/etc 2>/dev/null || true
# X servers of ordinary users do not make this folder; each computer gets its own mounted over it.
if [ ! -d /tmp/.X11-unix ]; then mkdir -m 1777 /tmp/.X11-unix; fi

# Signals for everything in the lab arrive on fd 3; its end means that lab.mjs is gone, however it went.
(
  while read -r signal <&3; do kill -s "$signal" -- -1 || true; done
  kill -s KILL -- -1
) 2>/dev/null &
exec 3<&-

has() { case " $families " in *" $1 "*) true ;; *) false ;; esac; }

ip link set lo up
# Without a router that asks, snooping would sooner or later stop multicast.
ip link add lan type bridge mcast_snooping 0
# No duplicate can exist here, and detecting none takes two seconds.
echo 0 >/proc/sys/net/ipv6/conf/lan/accept_dad || true
if has 4; then ip addr add 192.168.77.1/24 dev lan; fi
if has 6; then ip addr add fd00:77::1/64 dev lan nodad; fi
ip link set lan up
echo "0 0" >/proc/sys/net/ipv4/ping_group_range || true

{
  echo "127.0.0.1 localhost"
  echo "::1 localhost"
  number=0
  for host in $hosts; do
    number=$((number + 1))
    if has 4; then echo "192.168.77.$((number + 10)) $host"; fi
    if has 6; then echo "fd00:77::$((number + 10)) $host"; fi
  done
} >/run/lab/hosts

number=0
for host in $hosts; do
  number=$((number + 1))
  ip netns add "$host"
  ip link add "v$number" type veth peer name eth0 netns "$host"
  ip link set "v$number" master lan up
  echo "$number" >"/run/lab/$host.number"
  # A disk of its own, which can be full: mount -o remount,size=… sets how much it holds.
  mkdir -p "/run/lab/$host/home"
  mount -t tmpfs -o mode=700 "$host" "/run/lab/$host/home"
  nsenter --net="/run/netns/$host" unshare --mount --uts \
    sh "$scripts/host.sh" "$host" "$number" "$families" </dev/null >/dev/null &
done

tries=0
for host in $hosts; do
  until [ -s "/run/lab/$host/pid" ]; do
    tries=$((tries + 1))
    if [ "$tries" -gt 1000 ]; then
      echo "lab: the computer $host did not start" >&2
      exit 1
    fi
    sleep 0.01
  done
done

for tool in on cut mend; do ln -s "$scripts/$tool.sh" "/run/lab/bin/$tool"; done
export EBP_LAB=1 EBP_LAB_HOSTS="$hosts" EBP_LAB_FAMILIES="$families" PATH="/run/lab/bin:$PATH"
# What belongs to the person must not reach the lab's computers: screen, session bus, agent, folders.
unset DISPLAY WAYLAND_DISPLAY XAUTHORITY DBUS_SESSION_BUS_ADDRESS SSH_AUTH_SOCK XDG_RUNTIME_DIR XDG_SESSION_ID \
  XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME XDG_STATE_HOME || true

set +e
"$@"
