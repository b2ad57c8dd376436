#!/bin/bash
# Installs, starts, upgrades and removes a .deb in a copy of this system that lies over it, and says how each went.
# Called in namespaces of its own by deb.test.ts: deb-inside.sh DEB
set -euo pipefail
deb=$1

base=$(mktemp -d)
mount -t tmpfs -o size=4g none "$base"
mkdir "$base/upper" "$base/work" "$base/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$base/upper,workdir=$base/work" "$base/root"
root=$base/root
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=1777 none "$root/tmp"
mount -t tmpfs none "$root/run"
mkdir -m 1777 "$root/tmp/.X11-unix"
# The next version, for the upgrade: the same files under another number.
cp "$deb" "$root/tmp/old.deb"
dpkg-deb -R "$deb" "$root/tmp/next"
sed -i 's/^Version: .*/&.1/' "$root/tmp/next/DEBIAN/control"
dpkg-deb --root-owner-group -Znone -b "$root/tmp/next" "$root/tmp/next.deb" >/dev/null
rm -r "$root/tmp/next"
ip link set lo up

# pivot_root and not chroot: in a chroot nobody can make a user namespace, and Electron's sandbox is one.
mkdir -p "$root/tmp/.before"
cd "$root"
pivot_root . tmp/.before
umount -l /tmp/.before
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

state() { dpkg-query -W -f='${Status}' ebrainpool; }
places() { find /opt /usr/bin /usr/share/applications /usr/share/icons /etc/alternatives /etc/apparmor.d -iname '*ebrainpool*' 2>/dev/null || true; }

dpkg -i /tmp/old.deb >/tmp/install.log 2>&1 || { cat /tmp/install.log; exit 1; }
echo "installed: $(state)"
echo "command: $(readlink -f "$(command -v ebrainpool)")"
desktop-file-validate /usr/share/applications/ebrainpool.desktop && echo 'desktop entry: valid'

useradd -m tester
as_tester() { setpriv --reuid="$(id -u tester)" --regid="$(id -g tester)" --clear-groups env -i HOME=/home/tester USER=tester PATH=/usr/bin:/bin DISPLAY=:77 "$@"; }
Xvfb :77 -screen 0 1280x800x24 -nolisten tcp >/dev/null 2>&1 &
server=$!
for _ in $(seq 100); do [ -S /tmp/.X11-unix/X77 ] && break; sleep 0.1; done
as_tester ebrainpool --disable-gpu >/tmp/run.log 2>&1 &
program=$!
title=
for _ in $(seq 300); do
  title=$(DISPLAY=:77 xwininfo -root -tree 2>/dev/null | sed -n 's/.*"\(eBrainPool\)": ("ebrainpool" "eBrainPool").*/\1/p' | head -n 1)
  [ -n "$title" ] && [ "$(pgrep -cu tester -f -- --type=renderer)" -gt 0 ] && break
  sleep 0.1
done
echo "window: $title"
renderers=$(pgrep -u tester -f -- --type=renderer || true)
# None at all would be nothing to look at.
bare=$([ -n "$renderers" ] && echo 0 || echo 1)
for pid in $renderers; do
  # In a PID namespace of its own, and behind a system call filter.
  [ "$(awk '/^NSpid:/ {print NF - 1}' "/proc/$pid/status")" -gt 1 ] && grep -q '^Seccomp:.*2$' "/proc/$pid/status" || bare=$((bare + 1))
done
echo "renderers without a sandbox: $bare"
kill -TERM "$(pgrep -ou tester -x ebrainpool)"
wait "$program" && code=0 || code=$?
echo "exit status: $code"
kill "$server"

dpkg -i /tmp/next.deb >/tmp/upgrade.log 2>&1 || { cat /tmp/upgrade.log; exit 1; }
echo "after the upgrade: $(state)"
echo "command: $(readlink -f "$(command -v ebrainpool)")"
dpkg -r ebrainpool >/tmp/remove.log 2>&1
dpkg -P ebrainpool >>/tmp/remove.log 2>&1
left=$(places)
echo "left after removal: ${left:-nothing}"
[ -n "$(find /home/tester -path '*ebrainpool*' -print -quit)" ] && echo 'what the person had: kept'
