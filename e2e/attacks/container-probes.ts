// What a program in a container tries, and what it is told: one table for container-probes.test.ts and container-probes.md.

/** `tries` completes "A program in a container …". Scripts are Perl, which every Debian has, over the words of container-perl.ts. */
export interface Probe {
  readonly id: string;
  readonly tries: string;
  readonly script: string;
  /** What it is told: an error of errno(3), several with "or" between them, or "nothing" where it finds nothing. */
  readonly refusal: string;
  /** What shows that the probe can fail: the same script outside succeeds, or this one inside does. */
  readonly control?: 'outside' | { readonly inside: string };
}

const outside = 'outside' as const;

const files: readonly Probe[] = [
  {
    id: 'owner-home',
    tries: 'reads a file in the owner’s home, and lists the home',
    script: 'each_of(sub { can_read($_[0]) || can_list($_[0]) }, $fact{secret}, $fact{owners_home})',
    refusal: 'ENOENT',
    control: outside,
  },
  {
    id: 'profile',
    tries: 'reads the private key of this computer',
    script: 'told(can_read($fact{key}))',
    refusal: 'ENOENT',
    control: outside,
  },
  {
    id: 'other-peer-home',
    tries: 'reads a file in another peer’s home',
    script: 'told(can_read($fact{other_secret}))',
    refusal: 'ENOENT',
    control: outside,
  },
  {
    id: 'system-folders',
    tries: 'lists /root, /boot, /srv, /mnt, /media, /var/log, /var/spool',
    script: 'each_of(sub { can_list($_[0]) }, qw(/root /boot /srv /mnt /media /var/log /var/spool))',
    refusal: 'ENOENT',
    control: { inside: 'told(can_list("/usr"))' },
  },
  {
    id: 'passwords-and-keys',
    tries: 'reads /etc/shadow, the host’s SSH keys, network passwords',
    script:
      'each_of(sub { can_read($_[0]) || can_list($_[0]) }, qw(/etc/shadow /etc/gshadow /etc/sudoers /etc/ssh /etc/ssl/private /etc/NetworkManager /etc/wpa_supplicant))',
    refusal: 'ENOENT',
    control: { inside: 'told(can_read("/etc/passwd"))' },
  },
  {
    id: 'walk-up',
    tries: 'walks up from the folders that are mounted for it',
    script:
      'each_of(sub { chdir $_[0]; can_read("../../../../../..$fact{secret}") || can_read("..$fact{secret}") }, qw(/run/ebp/sock /run/ebp/conf /home/ebp /usr/share))',
    refusal: 'ENOENT',
  },
  {
    id: 'root-of-processes',
    tries: 'reads through the root and working folders of all processes, its first one included',
    script:
      'each_of(sub { can_read("$_[0]$fact{secret}") }, map { ("$_/root", "$_/cwd/..") } grep { !/self/ } glob("/proc/[0-9]*"))',
    refusal: 'EACCES or ENOENT',
  },
  {
    id: 'watch-files',
    tries: 'watches a file of the owner (inotify)',
    script: 'my $i = result_of("inotify_init1", 0); told(call("inotify_add_watch", $i, $fact{secret}, 0xfff))',
    refusal: 'ENOENT',
    control: outside,
  },
  {
    id: 'watch-file-systems',
    tries: 'watches a whole file system (fanotify), opens files by their number (“Shocker”)',
    script: 'tried(sub { call("fanotify_init", 0, 0) }, sub { call("open_by_handle_at", 0, pack("L2Q", 8, 1, 2), 0) })',
    refusal: 'EPERM',
  },
  {
    id: 'write-system',
    tries: 'writes to /usr, /bin, /lib, /etc, /opt and /',
    script:
      'each_of(sub { can_write($_[0]) }, grep { m{^(.*)/} && -d ($1 || "/") } qw(/usr/x /usr/bin/x /bin/x /lib/x /etc/x /etc/passwd /opt/x /x /var/x))',
    refusal: 'EROFS',
    control: { inside: 'told(can_write("/home/ebp/x"))' },
  },
  {
    id: 'write-conf',
    tries: 'changes its own first program, its sshd’s configuration and accepted keys',
    script:
      'each_of(sub { my $f = "/run/ebp/conf/$_[0]"; can_write($f) || chmod(0777, $f) || unlink($f) || rename($f, "$f.x") }, qw(init session sshd/login sshd/sshd_config sshd/authorized_keys sshd/host_key passwd))',
    refusal: 'EROFS',
    control: { inside: 'told(can_read("/run/ebp/conf/sshd/sshd_config"))' },
  },
  {
    id: 'move-out',
    tries: 'moves a folder out of its socket folder while it stands in it, or links a file out of it',
    script:
      'mkdir "/run/ebp/sock/d"; chdir "/run/ebp/sock/d"; tried(sub { rename("/run/ebp/sock/d", "/home/ebp/d") }, sub { link("/run/ebp/sock/ssh", "/home/ebp/ssh") })',
    refusal: 'EXDEV',
    control: { inside: 'mkdir "/home/ebp/a"; told(rename("/home/ebp/a", "/home/ebp/b"))' },
  },
  {
    id: 'setuid-file',
    tries: 'starts a setuid program that it finds in its home (as root it is put there by root)',
    script: 'my $id = qx{/home/ebp/setuid-id -u}; found($id != 1000 || !mount_has("/home/ebp", "nosuid", "nodev"))',
    refusal: 'nothing',
    control: { inside: 'told(qx{/home/ebp/setuid-id -u} == 1000)' },
  },
  {
    id: 'shared-setuid',
    tries: 'starts a setuid program that it finds in a folder that the owner mounted',
    script:
      'my $id = qx{$fact{shared}/setuid-id -u}; found($id != 1000 || !mount_has($fact{shared}, "nosuid", "nodev"))',
    refusal: 'nothing',
    control: { inside: 'told(qx{$fact{shared}/setuid-id -u} == 1000)' },
  },
  {
    id: 'shared-device',
    tries: 'makes a device file in a folder that the owner mounted',
    script: 'told(call("mknodat", -100, "$fact{shared}/disk", 0060600, 0x800))',
    refusal: 'EPERM',
    control: { inside: 'told(can_write("$fact{shared}/file"))' },
  },
  {
    id: 'shared-link',
    tries: 'follows links in a folder that the owner mounted to the owner’s files',
    script: 'each_of(sub { can_read($_[0]) }, "$fact{shared}/absolute", "$fact{shared}/all$fact{secret}")',
    refusal: 'ENOENT',
    control: outside,
  },
  {
    id: 'shared-walk',
    tries: 'walks up from a folder that the owner mounted',
    script:
      'chdir $fact{shared}; each_of(sub { can_read($_[0]) }, "../owner/secret", "../../../../../../..$fact{secret}")',
    refusal: 'ENOENT',
    control: outside,
  },
];

const ownersSockets: readonly Probe[] = [
  ...(
    [
      ['ssh-agent', 'the SSH agent', 'ssh-agent'],
      ['gpg-agent', 'the GnuPG agent', 'gpg-agent'],
      ['session-bus', 'the session bus', 'bus'],
      ['wayland', 'the Wayland compositor', 'wayland-0'],
      ['pipewire', 'PipeWire', 'pipewire-0'],
      ['pulse', 'PulseAudio', 'pulse'],
      ['core-socket', 'the core’s own socket, on which the CLI answers requests', 'ebp'],
    ] as const
  ).map(
    ([id, what, name]): Probe => ({
      id,
      tries: `connects to ${what} of the owner`,
      script: `told(can_connect(pack_sockaddr_un("$fact{sockets}/${name}")))`,
      refusal: 'ENOENT',
      control: outside,
    }),
  ),
  {
    id: 'x-socket',
    tries: 'connects to the owner’s X server by its socket',
    script: 'told(can_connect(pack_sockaddr_un("/tmp/.X11-unix/X$fact{display}")))',
    refusal: 'ENOENT',
    control: outside,
  },
  {
    id: 'x-abstract',
    tries: 'connects to the owner’s X server by its abstract socket',
    script: 'told(can_connect(pack_sockaddr_un("\\0/tmp/.X11-unix/X$fact{display}")))',
    refusal: 'ECONNREFUSED',
    control: outside,
  },
  {
    id: 'abstract',
    tries: 'connects to an abstract socket of the owner',
    script: 'told(can_connect(pack_sockaddr_un("\\0$fact{abstract}")))',
    refusal: 'ECONNREFUSED',
    control: outside,
  },
  {
    id: 'list-sockets',
    tries: 'looks for the owner’s sockets in /proc/net/unix',
    script: 'found(scalar grep { /\\Q$fact{abstract}/ } lines_of("/proc/net/unix"))',
    refusal: 'nothing',
    control: outside,
  },
  {
    id: 'system-bus',
    tries: 'connects to the system bus, systemd, the journal',
    script:
      'each_of(sub { can_connect(pack_sockaddr_un($_[0])) }, qw(/run/dbus/system_bus_socket /var/run/dbus/system_bus_socket /run/systemd/private /run/systemd/notify /run/systemd/journal/socket /run/systemd/journal/stdout /dev/log))',
    refusal: 'ENOENT',
  },
  {
    id: 'docker',
    tries: 'connects to Docker, Podman, containerd, libvirt, snapd, CUPS',
    script:
      'each_of(sub { can_connect(pack_sockaddr_un($_[0])) }, qw(/run/docker.sock /var/run/docker.sock /run/podman/podman.sock /run/user/1000/podman/podman.sock /run/containerd/containerd.sock /run/libvirt/libvirt-sock /run/snapd.socket /run/cups/cups.sock))',
    refusal: 'ENOENT',
  },
  {
    id: 'bus-is-its-own',
    tries: 'asks who is behind the session bus that it is given: a process of the owner?',
    script:
      'socket(my $s, AF_UNIX, SOCK_STREAM, 0); connect($s, pack_sockaddr_un("/run/user/1000/bus")) or found(0), exit; my ($pid) = unpack("i3", getsockopt($s, SOL_SOCKET, 17)); found($pid == 0)',
    refusal: 'nothing',
  },
  {
    id: 'other-peer-socket',
    tries: 'connects to the screen of another peer’s program',
    script: 'told(can_connect(pack_sockaddr_un($fact{other_display})))',
    refusal: 'ENOENT',
    control: outside,
  },
  {
    id: 'core-socket-mounted',
    tries: 'asks the owner’s core for something, over its socket that was mounted by mistake',
    script:
      '$SIG{PIPE} = "IGNORE"; socket(my $s, AF_UNIX, SOCK_STREAM, 0); connect($s, pack_sockaddr_un($fact{core_socket})); syswrite($s, "1\\n"); my $said = <$s> // ""; found($said !~ /"other-namespace"/ || <$s>)',
    refusal: 'nothing',
    control: { inside: 'told(can_connect(pack_sockaddr_un($fact{core_socket})))' },
  },
  {
    id: 'socket-swap',
    tries: 'puts a link to a socket of the owner in place of its screen, and waits for the core to connect',
    // The core tries the other half; see container-owner.ts.
    script:
      'unlink "/run/ebp/sock/display"; symlink "$fact{sockets}/bus", "/run/ebp/sock/display"; open(my $f, ">", "/home/ebp/swapped"); for (1 .. 100) { last if -s "/home/ebp/answer"; select(undef, undef, undef, 0.1) } print lines_of("/home/ebp/answer")',
    refusal: 'container-failed',
  },
];

const processes: readonly Probe[] = [
  {
    id: 'list-processes',
    tries: 'looks for a program of the owner in /proc',
    script: 'found(scalar grep { contents_of("$_/cmdline") =~ /\\Q$fact{owners_program}/ } glob("/proc/[0-9]*"))',
    refusal: 'nothing',
    control: outside,
  },
  {
    id: 'list-other-peer',
    tries: 'looks for a program of another peer in /proc',
    script: 'found(scalar grep { contents_of("$_/cmdline") =~ /\\Q$fact{others_program}/ } glob("/proc/[0-9]*"))',
    refusal: 'nothing',
    control: outside,
  },
  {
    id: 'environment',
    tries: 'looks for the owner’s environment in its own and in that of every process',
    script:
      'found(scalar grep { /\\Q$fact{owners_word}/ } %ENV, map { contents_of("$_/environ") } glob("/proc/[0-9]*"))',
    refusal: 'nothing',
    control: outside,
  },
  {
    id: 'open-files',
    tries: 'reads what the core had open when it started (files, sockets, pipes)',
    script: 'each_of(sub { defined POSIX::dup($_[0]) }, 3 .. 1023)',
    refusal: 'EBADF',
    control: { inside: 'told(defined POSIX::dup(0))' },
  },
  {
    id: 'open-files-of-others',
    tries: 'looks for what the core had open in what its first processes have open',
    script: 'found(scalar grep { (readlink($_) // "") =~ /ebp-left-open/ } glob("/proc/[0-9]*/fd/*"))',
    refusal: 'nothing',
    control: {
      inside:
        'open(my $f, ">", "/home/ebp/ebp-left-open"); told(scalar grep { (readlink($_) // "") =~ /ebp-left-open/ } glob("/proc/$$/fd/*"))',
    },
  },
  {
    id: 'signal',
    tries: 'sends a signal to a process of the owner',
    script: 'each_of(sub { kill $_[0], $fact{owners_pid} }, 0, "TERM", "KILL")',
    refusal: 'ESRCH',
    control: outside,
  },
  {
    id: 'renice',
    tries: 'changes the priority of a process of the owner',
    script: 'told(setpriority(0, $fact{owners_pid}, 19))',
    refusal: 'ESRCH',
    control: outside,
  },
  {
    id: 'ptrace',
    tries: 'attaches to a process of the owner (ptrace)',
    script:
      'tried(sub { call("ptrace", 0x4206, $fact{owners_pid}, 0, 0) }, sub { call("ptrace", 16, $fact{owners_pid}, 0, 0) })',
    refusal: 'EPERM',
  },
  {
    id: 'ptrace-own',
    tries: 'lets a process of its own be traced (ptrace)',
    script: 'told(call("ptrace", 0, 0, 0, 0))',
    refusal: 'EPERM',
    control: outside,
  },
  {
    id: 'read-memory',
    tries: 'reads and writes memory of processes (process_vm_readv, process_vm_writev)',
    script:
      'my ($here, $there) = ("-" x 8, "secret!!"); my @v = map { pack("JJ", unpack("J", pack("p", $_)), 8) } $here, $there; tried(sub { call("process_vm_readv", $$, $v[0], 1, $v[1], 1, 0) }, sub { call("process_vm_writev", $$, $v[0], 1, $v[1], 1, 0) })',
    refusal: 'EPERM',
    control: outside,
  },
  {
    id: 'take-descriptor',
    tries: 'takes an open file out of another process (pidfd_getfd)',
    script: 'my $p = result_of("pidfd_open", $$, 0); told(call("pidfd_getfd", $p, 0, 0))',
    refusal: 'EPERM',
    control: outside,
  },
  {
    id: 'shared-memory',
    tries: 'opens shared memory of the owner (System V)',
    script: 'told(defined shmget($fact{memory_key}, 0, 0))',
    refusal: 'ENOENT',
    control: outside,
  },
  {
    id: 'session',
    tries: 'belongs to the owner’s session of processes, and so to the owner’s terminal',
    script: 'found(result_of("getsid", 0) == 0)',
    refusal: 'nothing',
  },
  {
    id: 'terminal',
    tries: 'opens the terminal from which eBrainPool was started',
    script: 'told(sysopen(my $t, "/dev/tty", O_RDWR))',
    refusal: 'ENXIO',
  },
  {
    id: 'tiocsti',
    tries: 'pushes input into a terminal (TIOCSTI)',
    script: 'my $t = own_terminal(); my $x = "x"; told(ioctl($t, 0x5412, $x))',
    refusal: 'EPERM',
    control: { inside: 'my $t = own_terminal(); my $size = "\\0" x 8; told(ioctl($t, 0x5413, $size))' },
  },
  {
    id: 'tioclinux',
    tries: 'pastes into a console (TIOCLINUX)',
    script: 'my $t = own_terminal(); my $x = "\\3"; told(ioctl($t, 0x541c, $x))',
    refusal: 'EPERM',
    control: { inside: 'my $t = own_terminal(); my $size = "\\0" x 8; told(ioctl($t, 0x5413, $size))' },
  },
  {
    id: 'fork-bomb',
    tries: 'starts itself without end (Linux 5.14 or newer: a limit of 2,048 threads)',
    script:
      'my @kids; for (1 .. 3000) { my $pid = fork; if (!defined $pid) { last } if ($pid == 0) { sleep 60; POSIX::_exit(0) } push @kids, $pid } my $why = @kids < 3000 ? name_of_error() : "succeeded"; kill "KILL", @kids; waitpid $_, 0 for @kids; print $why',
    refusal: 'EAGAIN',
    control: { inside: 'my $pid = fork; POSIX::_exit(0) if defined $pid && $pid == 0; told(defined $pid)' },
  },
];

const identity: readonly Probe[] = [
  {
    id: 'account-names',
    tries: 'looks for the owner’s name among the accounts',
    script: 'found(scalar grep { /^\\Q$fact{owners_login}:/ } lines_of("/etc/passwd"), lines_of("/etc/group"))',
    refusal: 'nothing',
    control: { inside: 'told(scalar grep { /^ebp:/ } lines_of("/etc/passwd"))' },
  },
  {
    id: 'machine-id',
    tries: 'looks for the identity of the owner’s computer, or another container’s',
    script:
      'my $own = contents_of("/etc/machine-id") =~ s/\\s//gr; found($own eq "" || grep { $_ eq $own } $fact{machine_id}, $fact{other_machine_id})',
    refusal: 'nothing',
    control: { inside: 'told(can_read("/etc/machine-id"))' },
  },
  {
    id: 'serial-numbers',
    tries: 'reads the machine’s serial numbers',
    script:
      'each_of(sub { can_read($_[0]) }, qw(/etc/hostid /sys/class/dmi/id/product_uuid /sys/class/dmi/id/product_name /sys/class/net/eth0/address))',
    refusal: 'ENOENT',
  },
  {
    id: 'host-name',
    tries: 'asks for the computer’s name',
    script: 'found((POSIX::uname())[1] eq $fact{host_name} || contents_of("/etc/hostname") ne "")',
    refusal: 'nothing',
    control: outside,
  },
  {
    id: 'keyring',
    tries: 'uses the owner’s kernel keyrings',
    script:
      'tried(sub { call("keyctl", 0, -3, 1) }, sub { call("add_key", "user", "ebp-probe", "x", 1, -2) }, sub { call("request_key", "user", "ebp-probe", 0, -2) })',
    refusal: 'EPERM',
    control: outside,
  },
  {
    id: 'list-keys',
    tries: 'lists the owner’s kernel keys in /proc/keys and /proc/key-users',
    script: 'each_of(sub { open(my $f, "<", $_[0]) }, qw(/proc/keys /proc/key-users))',
    refusal: 'EACCES or ENOENT',
    control: outside,
  },
  {
    id: 'cgroup-path',
    tries: 'reads in which unit of the owner’s session it runs',
    script: 'found(scalar grep { !m{:/$} } lines_of("/proc/self/cgroup"))',
    refusal: 'nothing',
  },
];

const powers: readonly Probe[] = [
  {
    id: 'user-namespace',
    tries: 'makes a user namespace (unshare)',
    script: 'told(call("unshare", 0x10000000))',
    refusal: 'EPERM',
    control: outside,
  },
  {
    id: 'clone-namespace',
    tries: 'starts a process in a user namespace (clone)',
    script: 'my $r = result_of("clone", 0x10000011, 0, 0, 0, 0); POSIX::_exit(0) if $r == 0; told($r != -1)',
    refusal: 'EPERM',
    control: outside,
  },
  {
    id: 'clone3-namespace',
    tries: 'starts a process in a user namespace (clone3)',
    script:
      'my $r = result_of("clone3", pack("Q8", 0x10000000, 0, 0, 0, 17, 0, 0, 0), 64); POSIX::_exit(0) if $r == 0; told($r != -1)',
    refusal: 'ENOSYS',
    control: outside,
  },
  {
    id: 'other-namespaces',
    tries: 'makes mount, network, PID, IPC, UTS, cgroup and time namespaces',
    script:
      'each_of(sub { call("unshare", $_[0]) }, 0x20000, 0x40000000, 0x20000000, 0x8000000, 0x4000000, 0x2000000, 0x80)',
    refusal: 'EPERM',
  },
  {
    id: 'setns',
    tries: 'enters a namespace of a process (setns)',
    script:
      'each_of(sub { my $n; open($n, "<", $_[0]) && call("setns", fileno($n), 0) }, glob("/proc/1/ns/* /proc/self/ns/*"))',
    refusal: 'EACCES or EPERM',
  },
  {
    id: 'mount',
    tries: 'mounts a file system, another folder, or /usr writable',
    script:
      'tried(sub { call("mount", "none", "/tmp", "tmpfs", 0, 0) }, sub { call("mount", "/home/ebp", "/usr", "", 4096, 0) }, sub { call("mount", "none", "/usr", "", 32 | 4096, 0) }, sub { call("mount", "proc", "/tmp", "proc", 0, 0) })',
    refusal: 'EPERM',
  },
  {
    id: 'mount-new',
    tries: 'the same by the newer calls (fsopen, open_tree, move_mount, mount_setattr)',
    script:
      'tried(sub { call("fsopen", "tmpfs", 0) }, sub { call("open_tree", -100, "/usr", 1) }, sub { call("move_mount", -1, "", -100, "/tmp", 4) }, sub { call("fspick", -100, "/usr", 0) }, sub { call("mount_setattr", -100, "/usr", 0, pack("Q4", 0, 1, 0, 0), 32) })',
    refusal: 'ENOSYS',
  },
  {
    id: 'umount',
    tries: 'takes mounts away, to see what is below',
    script: 'each_of(sub { call("umount2", $_[0], 2) }, qw(/tmp /usr /etc/passwd /proc /proc/keys /run/ebp/conf /))',
    refusal: 'EPERM',
  },
  {
    id: 'root-folder',
    tries: 'changes its root folder (pivot_root, chroot)',
    script: 'tried(sub { call("pivot_root", "/tmp", "/tmp") }, sub { chroot "/tmp" })',
    refusal: 'EPERM',
  },
  {
    id: 'setuid-programs',
    tries: 'gets to be root by su, sudo, mount, pkexec, newgrp',
    script:
      'found(scalar grep { /^0$/m } map { qx{timeout 5 $_ </dev/null 2>&1} } "su root -c id\\\\ -u", "sudo -n id -u", "pkexec id -u", "sh -c \'mount -t tmpfs x /tmp && echo 0\'", "newgrp root -c id\\\\ -u")',
    refusal: 'nothing',
  },
  {
    id: 'become-root',
    tries: 'becomes another user or group',
    script:
      'tried(sub { call("setuid", 0) }, sub { call("setgid", 0) }, sub { call("setuid", 65534) }, sub { call("setgroups", 1, pack("L", 0)) })',
    refusal: 'EINVAL or EPERM',
  },
  {
    id: 'capabilities',
    tries: 'takes capabilities, lifts no_new_privs or the filter',
    script:
      'tried(sub { call("capset", pack("LL", 0x20080522, 0), pack("L6", (0xffffffff) x 6)) }, sub { call("prctl", 47, 2, 21, 0, 0) }, sub { call("prctl", 38, 0, 0, 0, 0) }, sub { call("prctl", 22, 0, 0, 0, 0) })',
    refusal: 'EINVAL or EPERM',
  },
];

const kernel: readonly Probe[] = [
  {
    id: 'kernel-log',
    tries: 'reads the kernel’s log (dmesg)',
    script:
      'my $b = "\\0" x 4096; tried(sub { call("syslog", 3, $b, 4096) }, sub { can_read("/dev/kmsg") }, sub { can_read("/proc/kmsg") })',
    refusal: 'EACCES or ENOENT or EPERM',
  },
  {
    id: 'kernel-addresses',
    tries: 'reads the kernel’s addresses (/proc/kallsyms)',
    script: 'told(open(my $f, "<", "/proc/kallsyms"))',
    refusal: 'EACCES',
    control: outside,
  },
  {
    id: 'kernel-memory',
    tries: 'reads the memory of the kernel and of the computer',
    script: 'each_of(sub { can_read($_[0]) }, qw(/proc/kcore /dev/mem /dev/kmem /dev/port /proc/vmcore))',
    refusal: 'EACCES or ENOENT',
  },
  {
    id: 'kernel-settings',
    tries: 'changes settings of the kernel (core_pattern, modprobe, the host’s network)',
    script:
      'each_of(sub { can_write($_[0]) }, grep { -e } map { "/proc/sys/$_" } qw(kernel/core_pattern kernel/modprobe kernel/randomize_va_space fs/protected_symlinks vm/drop_caches kernel/hostname))',
    refusal: 'EACCES or EROFS',
  },
  {
    id: 'sysrq',
    tries: 'writes to /proc/sysrq-trigger',
    script: 'told(can_write("/proc/sysrq-trigger"))',
    refusal: 'EACCES or ENOENT or EROFS',
  },
  {
    id: 'sysfs',
    tries: 'reads /sys',
    script: 'each_of(sub { can_list($_[0]) || can_read($_[0]) }, qw(/sys /sys/kernel /sys/power/state /sys/class/net))',
    refusal: 'ENOENT',
  },
  {
    id: 'cgroup-files',
    tries: 'reads and changes control groups',
    script:
      'each_of(sub { can_list($_[0]) || can_read($_[0]) }, qw(/sys/fs/cgroup /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/release_agent))',
    refusal: 'ENOENT',
  },
  {
    id: 'kernel-modules',
    tries: 'loads and removes kernel modules',
    script:
      'tried(sub { call("init_module", "x", 1, "") }, sub { call("finit_module", 0, "", 0) }, sub { call("delete_module", "x", 0) })',
    refusal: 'EPERM',
  },
  {
    id: 'bpf',
    tries: 'loads programs into the kernel (bpf)',
    script:
      'tried(sub { call("bpf", 0, pack("L5 x80", 2, 4, 4, 1, 0), 100) }, sub { call("bpf", 5, "\\0" x 120, 120) })',
    refusal: 'EPERM',
  },
  {
    id: 'perf',
    tries: 'measures the kernel (perf_event_open)',
    script: 'told(call("perf_event_open", pack("LLQ x96", 1, 112, 0), 0, -1, -1, 0))',
    refusal: 'EPERM',
  },
  {
    id: 'io-uring',
    tries: 'uses io_uring',
    script: 'told(call("io_uring_setup", 1, "\\0" x 120))',
    refusal: 'ENOSYS',
  },
  {
    id: 'userfaultfd',
    tries: 'uses userfaultfd',
    script: 'tried(sub { call("userfaultfd", 1) }, sub { can_read("/dev/userfaultfd") })',
    refusal: 'ENOENT or EPERM',
  },
  {
    id: 'personality',
    tries: 'switches off the randomising of addresses, emulates another system (personality)',
    script: 'each_of(sub { call("personality", $_[0]) }, 0x40000, 0x8, 0x400000)',
    refusal: 'EPERM',
    control: { inside: 'told(call("personality", 0))' },
  },
  {
    id: 'unknown-calls',
    tries: 'makes system calls that are newer than the filter, and those of x32',
    script: 'each_of(sub { syscall($_[0], 0, 0, 0) != -1 }, 470, 471, 500, 1000, 0x40000000 + 39)',
    refusal: 'ENOSYS',
    control: { inside: 'told(call("getsid", 0))' },
  },
  {
    id: 'reboot',
    tries: 'restarts the computer, or loads another kernel',
    script:
      'tried(sub { call("reboot", 0xfee1dead, 672274793, 0x89abcdef, 0) }, sub { call("kexec_load", 0, 0, 0, 0) }, sub { call("kexec_file_load", 0, 0, 1, "", 0) })',
    refusal: 'EPERM',
  },
  {
    id: 'swap',
    tries: 'switches swap on and off',
    script: 'tried(sub { call("swapon", "/home/ebp/x", 0) }, sub { call("swapoff", "/dev/sda1") })',
    refusal: 'EPERM',
  },
  {
    id: 'clock',
    tries: 'sets the clock',
    script:
      'tried(sub { call("clock_settime", 0, pack("q2", time, 0)) }, sub { call("settimeofday", pack("q2", time, 0), 0) })',
    refusal: 'EPERM',
  },
  {
    id: 'set-host-name',
    tries: 'changes the computer’s name',
    script: 'tried(sub { call("sethostname", "x", 1) }, sub { call("setdomainname", "x", 1) })',
    refusal: 'EPERM',
  },
  {
    id: 'quota-and-accounting',
    tries: 'reads quotas, switches accounting off',
    script: 'tried(sub { call("quotactl", 0x80000100, 0, 0, 0) }, sub { call("acct", 0) })',
    refusal: 'EPERM',
  },
];

const devices: readonly Probe[] = [
  ...(
    [
      ['disks', 'disks', 'sda sda1 vda vda1 nvme0n1 mmcblk0 sr0 loop0 loop-control mapper/control dm-0 fuse'],
      ['input', 'keyboards, mice and consoles', 'input/event0 input/mice uinput hidraw0 tty0 tty1 vcs vcs1 console'],
      [
        'screen-and-sound',
        'graphics, cameras and sound',
        'dri/card0 dri/renderD128 fb0 nvidia0 video0 snd/controlC0 snd/seq',
      ],
      [
        'virtual-machines',
        'virtual machines, network tunnels, USB',
        'kvm vhost-net vhost-vsock vsock net/tun bus/usb/001/001 ppp',
      ],
      ['chips', 'clock, watchdog, security chip', 'rtc0 watchdog tpm0 tpmrm0 hpet cpu_dma_latency'],
    ] as const
  ).map(
    ([id, what, names]): Probe => ({
      id: `device-${id}`,
      tries: `opens devices: ${what}`,
      script: `each_of(sub { sysopen(my $f, "/dev/$_[0]", O_RDONLY | O_NONBLOCK) }, qw(${names}))`,
      refusal: 'ENOENT',
      control: { inside: 'told(sysopen(my $f, "/dev/null", O_RDONLY))' },
    }),
  ),
  {
    id: 'make-device',
    tries: 'makes a device file for memory, disk or console',
    script:
      'each_of(sub { call("mknodat", -100, "/home/ebp/device-$_[0]", $_[0] == 8 ? 060666 : 020666, $_[0] << 8 | 1) }, 1, 4, 8, 10)',
    refusal: 'EPERM',
    control: { inside: 'told(call("mknodat", -100, "/home/ebp/pipe", 010666, 0))' },
  },
];

const network: readonly Probe[] = [
  {
    id: 'inet',
    tries: 'connects to computers on the internet and on the local network (TCP)',
    script:
      'each_of(sub { can_connect(pack_sockaddr_in(80, inet_aton($_[0])), AF_INET) }, "192.0.2.1", @{$fact{addresses}})',
    refusal: 'ENETUNREACH',
  },
  {
    id: 'inet-datagrams',
    tries: 'sends datagrams, to everybody (broadcast) and to mDNS (multicast) too',
    script:
      'socket(my $s, AF_INET, SOCK_DGRAM, 0); setsockopt($s, SOL_SOCKET, SO_BROADCAST, 1); each_of(sub { defined send($s, "x", 0, pack_sockaddr_in(5353, inet_aton($_[0]))) }, "192.0.2.1", "255.255.255.255", "224.0.0.251", @{$fact{addresses}})',
    refusal: 'ENETUNREACH',
    control: {
      inside:
        'socket(my $s, AF_INET, SOCK_DGRAM, 0); told(send($s, "x", 0, pack_sockaddr_in(5353, inet_aton("127.0.0.1"))))',
    },
  },
  {
    id: 'inet6',
    tries: 'connects over IPv6',
    script:
      'each_of(sub { can_connect(pack_sockaddr_in6(80, Socket::inet_pton(AF_INET6, $_[0])), AF_INET6) }, "2001:db8::1", "fe80::1", "ff02::fb")',
    refusal: 'EADDRNOTAVAIL or EAFNOSUPPORT or EINVAL or ENETUNREACH',
  },
  {
    id: 'loopback',
    tries: 'connects to a service on the owner’s loopback',
    script: 'told(can_connect(pack_sockaddr_in($fact{port}, inet_aton("127.0.0.1")), AF_INET))',
    refusal: 'ECONNREFUSED',
    control: outside,
  },
  {
    id: 'interfaces',
    tries: 'looks for the owner’s network interfaces',
    script: 'found(scalar grep { /^\\s*(\\S+):/ && $1 ne "lo" } lines_of("/proc/net/dev"))',
    refusal: 'nothing',
  },
  {
    id: 'raw',
    tries: 'makes raw IPv4, IPv6 and ping sockets',
    // The fourth is AF_PACKET by its old name, the type SOCK_PACKET.
    script:
      'tried(sub { socket(my $s, 2, 3, 1) }, sub { socket(my $s, 10, 3, 58) }, sub { socket(my $s, 2, 2, 1) }, sub { socket(my $s, 2, 10, 768) })',
    refusal: 'EACCES or EAFNOSUPPORT or EPERM',
  },
  {
    id: 'netlink-change',
    tries: 'gives its network interface another address (netlink)',
    script: 'told(netlink(20, 0x605, pack("CCCCL S2 a4", 2, 8, 0, 0, 1, 8, 2, inet_aton("192.0.2.7"))))',
    refusal: 'EPERM',
    control: { inside: 'told(netlink(22, 0x301, pack("C x15", 0)))' },
  },
  {
    id: 'netlink-others',
    tries: 'uses other netlink protocols (audit, crypto, xfrm, netfilter, socket tables)',
    script: 'each_of(sub { socket(my $s, 16, 3, $_[0]) }, 1 .. 14, 16 .. 22)',
    refusal: 'EPROTONOSUPPORT',
    control: { inside: 'told(socket(my $s, 16, 3, 0))' },
  },
  ...(
    [
      ['packet', 'raw network frames (AF_PACKET)', '17'],
      ['vsock', 'the hypervisor (AF_VSOCK)', '40'],
      ['bluetooth', 'Bluetooth and NFC', '31, 39'],
      ['can', 'the buses of cars and machines (AF_CAN)', '29'],
      ['x25', 'X.25, AX.25, IPX, AppleTalk, DECnet, ATM', '3, 4, 5, 9, 12, 8, 20'],
      ['kernel-crypto', 'the kernel’s cryptography (AF_ALG)', '38'],
      ['xdp', 'XDP, TIPC, RDS, SMC, KCM, QRTR', '44, 30, 21, 43, 41, 42'],
      ['other-families', 'every other family up to 63', '6, 7, 11, 13 .. 15, 18, 19, 22 .. 28, 32 .. 37, 45 .. 63'],
    ] as const
  ).map(
    ([id, what, families]): Probe => ({
      id: `family-${id}`,
      tries: `makes sockets for ${what}`,
      script: `each_of(sub { my $f = $_[0]; grep { socket(my $s, $f, $_, 0) } 1, 2, 3, 5 }, ${families})`,
      refusal: 'EAFNOSUPPORT',
      control: { inside: 'told(socket(my $s, AF_UNIX, SOCK_STREAM, 0))' },
    }),
  ),
];

/** Every probe. The one that exchanges sockets comes last: it breaks the screen. */
export const PROBES: readonly Probe[] = [
  ...files,
  ...processes,
  ...identity,
  ...powers,
  ...kernel,
  ...devices,
  ...network,
  ...ownersSockets,
];
