#!/bin/sh
# One computer of the lab, in its own network, mount and host name namespaces: puts its things in place, then becomes
# the process that keeps it up, as an ordinary user. Called by inside.sh: host.sh HOST NUMBER FAMILIES
set -eu
host=$1
number=$2
families=$3
here=/run/lab/$host

has() { case " $families " in *" $1 "*) true ;; *) false ;; esac; }

hostname "$host"
for interface in all default eth0; do echo 0 >"/proc/sys/net/ipv6/conf/$interface/accept_dad" || true; done
# Lets the ordinary user ping; group 0 of this namespace is that user's group.
echo "0 0" >/proc/sys/net/ipv4/ping_group_range || true
ip link set lo up
if has 4; then ip addr add "192.168.77.$((number + 10))/24" dev eth0; fi
if has 6; then
  ip addr add "fd00:77::$((number + 10))/64" dev eth0 nodad
else
  echo 1 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6 || true
fi
ip link set eth0 up
if has 4; then ip route add default dev eth0; fi
if has 6; then ip -6 route add default dev eth0; fi
until [ "$(cat /sys/class/net/eth0/carrier 2>/dev/null || ip -br link show eth0 | grep -c LOWER_UP)" = 1 ]; do sleep 0.01; done

mkdir -p "$here/home" "$here/run" "$here/tmp"
chmod 700 "$here/home" "$here/run" "$here/tmp"
title="$(printf %s "$host" | cut -c1 | tr a-z A-Z)$(printf %s "$host" | cut -c2-)"
echo "root:x:0:0:root:/root:/bin/sh
$host:x:1000:1000:$title,,,:$here/home:/bin/bash
sshd:x:100:65534::/run/sshd:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin" >"$here/passwd"
echo "root:x:0:
$host:x:1000:
nogroup:x:65534:" >"$here/group"
echo "$host" >"$here/hostname"
mount --bind /run/lab/etc /etc
for file in passwd group hostname hosts; do [ -e "/etc/$file" ] || : >"/etc/$file"; done
for file in passwd group hostname; do mount --bind "$here/$file" "/etc/$file"; done
mount --bind /run/lab/hosts /etc/hosts
# Each computer has displays of its own; the rest of /tmp is shared, so that files can be handed in.
mkdir -p "$here/x11" && chmod 1777 "$here/x11"
mount --bind "$here/x11" /tmp/.X11-unix
# /sys shows the network of who mounted it; where that is forbidden (in some containers) it shows the lab's.
mount -t sysfs sysfs /sys 2>/dev/null || true

exec unshare --user --map-user=1000 --map-group=1000 sh -c "echo \$\$ >$here/pid; exec sleep infinity"
