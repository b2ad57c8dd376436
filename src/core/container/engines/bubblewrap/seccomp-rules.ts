// Which system calls a program in a sandbox is refused, what it is told, and why. Flatpak's list (setup_seccomp in its
// common/flatpak-run.c) and, from Docker's default profile, what an ordinary program has no use for either.

export type Architecture = 'x64' | 'arm64';

/** EPERM: you may not. ENOSYS: this kernel does not have it, so that a program falls back to an older call. */
export type Answer = 'EPERM' | 'ENOSYS' | 'EAFNOSUPPORT' | 'EPROTONOSUPPORT';

/** Only the lower 32 bits of an argument are compared: the kernel reads no more of the arguments below (CVE-2019-10063). */
export type Condition = { readonly argument: number } & (
  | { readonly isAnyOf: readonly number[] }
  | { readonly isNoneOf: readonly number[] }
  | { readonly hasAnyBitOf: number }
);

export interface Rule {
  readonly why: string;
  readonly answer: Answer;
  /** The numbers on x86_64 and on aarch64; null where there is no such call. */
  readonly calls: Readonly<Record<string, readonly [x64: number, arm64: number | null]>>;
  /** Refused only where all of these hold. */
  readonly when?: readonly Condition[];
  /** `strict`: not for a program whose owner lets it build its own sandbox. `own-sandbox`: only for such a program. */
  readonly only?: Profile;
}

/**
 * strict: no namespace of any kind. own-sandbox: user, PID, IPC and network namespaces and chroot(2), of which browsers build a sandbox
 * for each page. A program has all powers in a user namespace of its own, so what those reach of the kernel is refused instead.
 */
export type Profile = 'strict' | 'own-sandbox';

const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;
/** SIOCGIFBR, SIOCSIFBR, SIOCGIFVLAN, SIOCSIFVLAN, SIOCBRADDBR, SIOCBRDELBR, SIOCBRADDIF, SIOCBRDELIF of linux/sockios.h. */
const BRIDGES_AND_VLANS = [0x8940, 0x8941, 0x8982, 0x8983, 0x89a0, 0x89a1, 0x89a2, 0x89a3];
/**
 * SOCK_RAW, and SOCK_PACKET, which of the family AF_INET the kernel takes for AF_PACKET (its __sock_create); with and without SOCK_NONBLOCK
 * and SOCK_CLOEXEC.
 */
const RAW_SOCKETS = [0x3, 0xa].flatMap((type) => [0, 0x800, 0x80000, 0x80800].map((flags) => type | flags));
/** SOL_IP and SOL_IPV6; then what x_tables, arptables and ebtables take there (IPT_BASE_CTL, ARPT_BASE_CTL, EBT_BASE_CTL). */
const [SOL_IP, SOL_IPV6, PACKET_FILTERS] = [0, 41, [64, 65, 96, 97, 128, 129]];
/** Every CLONE_NEW… of clone(2): mount, cgroup, UTS, IPC, user, PID and network namespaces. */
const CLONE_NEW_ANY = 0x7e020000;
/** CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS and, for unshare(2) alone, CLONE_NEWTIME. */
const CLONE_NEW_OTHER = 0x06020000;
const CLONE_NEWTIME = 0x80;
const PER_LINUX = 0;
const [AF_UNSPEC, AF_UNIX, AF_INET, AF_INET6, AF_NETLINK] = [0, 1, 2, 10, 16];
const [NETLINK_ROUTE, NETLINK_KOBJECT_UEVENT] = [0, 15];

/** The newest call of Linux 6.18, up to which every call was looked at. */
export const NEWEST_KNOWN_CALL = 469;

export const RULES: readonly Rule[] = [
  {
    why: 'pushes input into a terminal, which whoever owns it then runs (CVE-2017-5226, CVE-2023-28100)',
    answer: 'EPERM',
    calls: { ioctl: [16, 29] },
    when: [{ argument: 1, isAnyOf: [TIOCSTI, TIOCLINUX] }],
  },
  {
    why: 'sockets that no network namespace confines, or that only ever load seldom used kernel modules (vsock, Bluetooth, CAN, X.25 …)',
    answer: 'EAFNOSUPPORT',
    calls: { socket: [41, 198], socketpair: [53, 199] },
    when: [{ argument: 0, isNoneOf: [AF_UNSPEC, AF_UNIX, AF_INET, AF_INET6, AF_NETLINK] }],
  },
  {
    why: 'of netlink, programs need the list of interfaces and udev’s events; audit, crypto, xfrm and netfilter are attack surface',
    answer: 'EPROTONOSUPPORT',
    calls: { socket: [41, 198] },
    when: [
      { argument: 0, isAnyOf: [AF_NETLINK] },
      { argument: 2, isNoneOf: [NETLINK_ROUTE, NETLINK_KOBJECT_UEVENT] },
    ],
  },
  {
    why: 'a new user namespace would give powers in it, and with them most of the kernel that only root reaches',
    answer: 'EPERM',
    calls: { clone: [56, 220] },
    when: [{ argument: 0, hasAnyBitOf: CLONE_NEW_ANY }],
    only: 'strict',
  },
  {
    why: 'powers over mounts reach every file system that the kernel knows, and what lies below our own mounts; no browser needs them',
    answer: 'EPERM',
    calls: { clone: [56, 220] },
    when: [{ argument: 0, hasAnyBitOf: CLONE_NEW_OTHER }],
    only: 'own-sandbox',
  },
  {
    why: 'the same by unshare',
    answer: 'EPERM',
    calls: { unshare: [272, 97] },
    when: [{ argument: 0, hasAnyBitOf: CLONE_NEW_OTHER | CLONE_NEWTIME }],
    only: 'own-sandbox',
  },
  {
    why: 'in a network namespace of its own a program may set up all that netlink can: traffic control was the source of many ways out',
    answer: 'EAFNOSUPPORT',
    calls: { socket: [41, 198], socketpair: [53, 199] },
    when: [{ argument: 0, isAnyOf: [AF_NETLINK] }],
    only: 'own-sandbox',
  },
  {
    why: 'there it may also use raw sockets',
    answer: 'EPERM',
    calls: { socket: [41, 198] },
    when: [{ argument: 1, isAnyOf: RAW_SOCKETS }],
    only: 'own-sandbox',
  },
  {
    why: 'there it may also load packet filters into the kernel (CVE-2021-22555)',
    answer: 'EPERM',
    calls: { setsockopt: [54, 208] },
    when: [
      { argument: 1, isAnyOf: [SOL_IP, SOL_IPV6] },
      { argument: 2, isAnyOf: PACKET_FILTERS },
    ],
    only: 'own-sandbox',
  },
  {
    why: 'there it may also make bridges and virtual networks, which load modules',
    answer: 'EPERM',
    calls: { ioctl: [16, 29] },
    when: [{ argument: 1, isAnyOf: BRIDGES_AND_VLANS }],
    only: 'own-sandbox',
  },
  {
    why: 'its flags are in memory, where a filter cannot look; programs fall back to clone (CVE-2021-41133)',
    answer: 'ENOSYS',
    calls: { clone3: [435, 435] },
  },
  {
    why: 'namespaces, as above',
    answer: 'EPERM',
    calls: { unshare: [272, 97] },
    only: 'strict',
  },
  {
    why: 'enters the namespaces of others',
    answer: 'EPERM',
    calls: { setns: [308, 268] },
  },
  {
    why: 'what is mounted where is decided before the program starts',
    answer: 'EPERM',
    calls: { mount: [165, 40], umount2: [166, 39], pivot_root: [155, 41] },
  },
  {
    why: 'another root folder, the oldest way to hide from a program where it is',
    answer: 'EPERM',
    calls: { chroot: [161, 51] },
    only: 'strict',
  },
  {
    why: 'the same by the newer calls (CVE-2021-41133)',
    answer: 'ENOSYS',
    calls: {
      open_tree: [428, 428],
      move_mount: [429, 429],
      fsopen: [430, 430],
      fsconfig: [431, 431],
      fsmount: [432, 432],
      fspick: [433, 433],
      mount_setattr: [442, 442],
      open_tree_attr: [467, 467],
    },
  },
  {
    why: 'looks into and changes other processes; a debugger is no use case here',
    answer: 'EPERM',
    calls: {
      ptrace: [101, 117],
      process_vm_readv: [310, 270],
      process_vm_writev: [311, 271],
      process_madvise: [440, 440],
      pidfd_getfd: [438, 438],
    },
  },
  {
    why: 'the kernel’s keyrings are per user and not per namespace: the owner’s keys are in them',
    answer: 'EPERM',
    calls: { add_key: [248, 217], request_key: [249, 218], keyctl: [250, 219] },
  },
  {
    why: 'the kernel’s log tells addresses and what the owner’s hardware does',
    answer: 'EPERM',
    calls: { syslog: [103, 116] },
  },
  {
    why: 'loads programs into the kernel, or measures it; the source of many ways out',
    answer: 'EPERM',
    calls: { bpf: [321, 280], perf_event_open: [298, 241] },
  },
  {
    why: 'makes races in the kernel easy to win',
    answer: 'EPERM',
    calls: { userfaultfd: [323, 282] },
  },
  {
    why: 'reaches the kernel past this filter, and was the source of many ways out; programs fall back to epoll',
    answer: 'ENOSYS',
    calls: { io_uring_setup: [425, 425], io_uring_enter: [426, 426], io_uring_register: [427, 427] },
  },
  {
    why: 'memory of several processors’ nodes: seldom used, often wrong',
    answer: 'EPERM',
    calls: {
      move_pages: [279, 239],
      mbind: [237, 235],
      get_mempolicy: [239, 236],
      set_mempolicy: [238, 237],
      set_mempolicy_home_node: [450, 450],
      migrate_pages: [256, 238],
    },
  },
  {
    why: 'emulates other systems, with other rules for memory',
    answer: 'EPERM',
    calls: { personality: [135, 92] },
    when: [{ argument: 0, isNoneOf: [PER_LINUX] }],
  },
  {
    why: '16-bit code and libraries of before ELF: unused, and leaky in the past',
    answer: 'EPERM',
    calls: { modify_ldt: [154, null], uselib: [134, null] },
  },
  {
    why: 'watches, or opens by number, files of a whole file system, also those outside of the sandbox (“Shocker”)',
    answer: 'EPERM',
    calls: { fanotify_init: [300, 262], open_by_handle_at: [304, 265] },
  },
  {
    why: 'changes the computer itself, which is root’s alone in any case',
    answer: 'EPERM',
    calls: {
      acct: [163, 89],
      quotactl: [179, 60],
      quotactl_fd: [443, 443],
      kexec_load: [246, 104],
      kexec_file_load: [320, 294],
      init_module: [175, 105],
      finit_module: [313, 273],
      delete_module: [176, 106],
      iopl: [172, null],
      ioperm: [173, null],
      swapon: [167, 224],
      swapoff: [168, 225],
      reboot: [169, 142],
      sethostname: [170, 161],
      setdomainname: [171, 162],
      settimeofday: [164, 170],
      clock_settime: [227, 112],
      vhangup: [153, 58],
    },
  },
];
