// The filter's bytes, run as the kernel runs them. What the kernel makes of them: bubblewrap.test.ts and e2e/attacks.
import { describe, expect, test } from 'vitest';
import { isKnownArchitecture, systemCallFilter } from './seccomp.ts';
import { type Architecture, RULES } from './seccomp-rules.ts';

const AUDIT = { x64: 0xc000003e, arm64: 0xc00000b7 } as const;
const AUDIT_I386 = 0x40000003;
const AUDIT_ARM = 0x40000028;
const allow = 'allow';
const numbers = { EPERM: 1, ENOSYS: 38, EPROTONOSUPPORT: 93, EAFNOSUPPORT: 97 } as const;

/** Classic BPF over struct seccomp_data, with the bounds that the kernel's checker wants (net/core/filter.c). */
function answerOf(filter: Uint8Array, architecture: number, call: number, args: readonly bigint[] = []): string {
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, call, true);
  data.setUint32(4, architecture, true);
  args.forEach((value, index) => {
    data.setBigUint64(16 + index * 8, value, true);
  });
  const program = new DataView(filter.buffer, filter.byteOffset, filter.byteLength);
  let accumulator = 0;
  for (let at = 0; ; at += 1) {
    const [code, value] = [program.getUint16(at * 8, true), program.getUint32(at * 8 + 4, true)];
    const skip = (holds: boolean) => program.getUint8(at * 8 + (holds ? 2 : 3));
    if (code === 0x20) accumulator = data.getUint32(value, true);
    else if (code === 0x15) at += skip(accumulator === value);
    else if (code === 0x25) at += skip(accumulator > value);
    else if (code === 0x45) at += skip((accumulator & value) !== 0);
    else if (code === 0x06) {
      if (value === 0x7fff0000) return allow;
      if (value === 0x80000000) return 'kill';
      const found = Object.entries(numbers).find(([, number]) => (0x00050000 | number) === value);
      return found?.[0] ?? `unknown ${value}`;
    } else throw new Error(`instruction ${code} at ${at}`);
  }
}

describe.each<Architecture>(['x64', 'arm64'])('on %s', (architecture) => {
  const filter = systemCallFilter(architecture, 'strict');
  const pick = architecture === 'x64' ? 0 : 1;
  const ask = (call: number, ...args: bigint[]) => answerOf(filter, AUDIT[architecture], call, args);
  const numberOf = (name: string) =>
    RULES.map(({ calls }) => calls[name]?.[pick]).find((number) => number != null) ?? -1;

  test('is a program that the kernel takes: whole instructions, no more than 4096', () => {
    expect(filter.length % 8).toBe(0);
    expect(filter.length / 8).toBeLessThan(4096);
  });

  test('every call of the list gets its answer', () => {
    for (const { calls, when, answer } of RULES.filter((rule) => rule.when === undefined)) {
      expect(when).toBeUndefined();
      for (const [name, pair] of Object.entries(calls)) {
        if (pair[pick] !== null) expect([name, ask(pair[pick])]).toEqual([name, answer]);
      }
    }
  });

  test('no number stands for two calls', () => {
    const pairs = new Map(
      RULES.flatMap(({ calls }) => Object.entries(calls).map(([name, pair]) => [name, pair[pick]])),
    );
    const used = [...pairs.values()].filter((number) => number !== null);
    expect(new Set(used).size).toBe(used.length);
  });

  test('what is on no list is allowed; what is newer than the list, or of x32, does not exist', () => {
    const refused = new Set(RULES.flatMap(({ calls }) => Object.values(calls).map((pair) => pair[pick])));
    for (let call = 0; call <= 469; call += 1) if (!refused.has(call)) expect([call, ask(call)]).toEqual([call, allow]);
    for (const call of [470, 512, 1000, 0x40000000, 0x40000000 + 165, 0xffffffff]) expect(ask(call)).toBe('ENOSYS');
  });

  test('programs of another architecture are killed', () => {
    for (const other of [AUDIT_I386, AUDIT_ARM, AUDIT[architecture === 'x64' ? 'arm64' : 'x64'], 0]) {
      expect(answerOf(filter, other, 1)).toBe('kill');
    }
  });

  test('ioctl: TIOCSTI and TIOCLINUX only, whatever is in the upper half that the kernel does not read', () => {
    const ioctl = numberOf('ioctl');
    for (const upper of [0n, 1n << 32n, 0xffffffffn << 32n]) {
      expect(ask(ioctl, 0n, upper | 0x5412n)).toBe('EPERM');
      expect(ask(ioctl, 0n, upper | 0x541cn)).toBe('EPERM');
      expect(ask(ioctl, 0n, upper | 0x5413n)).toBe(allow);
    }
  });

  test('clone: threads and processes, but no namespace of any kind', () => {
    const clone = numberOf('clone');
    expect(ask(clone, 0x3d0f00n)).toBe(allow);
    expect(ask(clone, 17n)).toBe(allow);
    for (const bit of [17n, 25n, 26n, 27n, 28n, 29n, 30n]) expect(ask(clone, (1n << bit) | 17n)).toBe('EPERM');
  });

  test('personality: Linux only', () => {
    expect(ask(numberOf('personality'), 0n)).toBe(allow);
    for (const other of [1n, 0x0040000n, 0xffffffffn]) expect(ask(numberOf('personality'), other)).toBe('EPERM');
  });

  test('socket: Unix, IPv4, IPv6; of netlink the interfaces and udev; no other family', () => {
    const [socket, socketpair] = [numberOf('socket'), numberOf('socketpair')];
    for (let family = 0n; family < 64n; family += 1n) {
      const expected = [0n, 1n, 2n, 10n, 16n].includes(family) ? allow : 'EAFNOSUPPORT';
      expect([family, ask(socket, family, 1n, 0n)]).toEqual([family, expected]);
      expect([family, ask(socketpair, family, 1n, 0n)]).toEqual([family, expected]);
    }
    for (let protocol = 0n; protocol < 32n; protocol += 1n) {
      const expected = [0n, 15n].includes(protocol) ? allow : 'EPROTONOSUPPORT';
      expect([protocol, ask(socket, 16n, 3n, protocol)]).toEqual([protocol, expected]);
      expect(ask(socket, 2n, 3n, protocol)).toBe(allow);
    }
  });
});

describe.each<Architecture>(['x64', 'arm64'])('with a sandbox of its own, on %s', (architecture) => {
  const pick = architecture === 'x64' ? 0 : 1;
  const filters = {
    strict: systemCallFilter(architecture, 'strict'),
    own: systemCallFilter(architecture, 'own-sandbox'),
  };
  const numberOf = (name: string) =>
    RULES.map(({ calls }) => calls[name]?.[pick]).find((number) => number != null) ?? -1;
  const ask = (name: string, ...args: bigint[]) => answerOf(filters.own, AUDIT[architecture], numberOf(name), args);
  const [mount, cgroup, uts, ipc, user, pid, network] = [17n, 25n, 26n, 27n, 28n, 29n, 30n].map((bit) => 1n << bit);

  test('user, PID, IPC and network namespaces, and another root folder; no mounts, no other namespace', () => {
    for (const flag of [user, pid, ipc, network] as bigint[]) {
      expect([flag, ask('clone', flag | 17n)]).toEqual([flag, allow]);
      expect([flag, ask('unshare', flag)]).toEqual([flag, allow]);
    }
    for (const flag of [mount, cgroup, uts] as bigint[]) {
      expect([flag, ask('clone', flag | (user as bigint) | 17n)]).toEqual([flag, 'EPERM']);
      expect([flag, ask('unshare', flag | (user as bigint))]).toEqual([flag, 'EPERM']);
    }
    expect(ask('unshare', 0x80n)).toBe('EPERM');
    expect(ask('clone3')).toBe('ENOSYS');
    expect(ask('chroot')).toBe(allow);
    for (const name of ['setns', 'mount', 'umount2', 'pivot_root', 'ptrace', 'bpf', 'keyctl'])
      expect([name, ask(name)]).toEqual([name, 'EPERM']);
  });

  test('what powers over a network reach: no netlink, raw sockets, packet filters, bridges', () => {
    for (let family = 0n; family < 64n; family += 1n)
      expect([family, ask('socket', family, 1n, 0n)]).toEqual([
        family,
        [0n, 1n, 2n, 10n].includes(family) ? allow : 'EAFNOSUPPORT',
      ]);
    for (const flags of [0n, 0x800n, 0x80000n, 0x80800n]) {
      expect(ask('socket', 2n, 1n | flags, 0n)).toBe(allow);
      expect(ask('socket', 2n, 3n | flags, 1n)).toBe('EPERM');
      expect(ask('socket', 10n, 3n | flags, 58n)).toBe('EPERM');
      // SOCK_PACKET.
      expect(ask('socket', 2n, 10n | flags, 0x300n)).toBe('EPERM');
    }
    for (const level of [0n, 41n])
      for (const name of [64n, 65n, 96n, 128n]) expect(ask('setsockopt', 3n, level, name)).toBe('EPERM');
    expect(ask('setsockopt', 3n, 1n, 64n)).toBe(allow);
    expect(ask('setsockopt', 3n, 41n, 26n)).toBe(allow);
    expect(ask('ioctl', 3n, 0x89a0n)).toBe('EPERM');
    expect(ask('ioctl', 3n, 0x5412n)).toBe('EPERM');
    expect(ask('ioctl', 3n, 0x8912n)).toBe(allow);
  });

  test('everything else is refused as without', () => {
    const differing = new Set(
      RULES.filter(({ only }) => only !== undefined).flatMap(({ calls }) => Object.keys(calls)),
    );
    expect([...differing].sort()).toEqual([
      'chroot',
      'clone',
      'ioctl',
      'setsockopt',
      'socket',
      'socketpair',
      'unshare',
    ]);
    for (let call = 0; call <= 480; call += 1) {
      if (
        RULES.some(({ only, calls }) => only !== undefined && Object.values(calls).some((pair) => pair[pick] === call))
      )
        continue;
      const [one, other] = [filters.strict, filters.own].map((filter) =>
        answerOf(filter, AUDIT[architecture], call, [1n, 2n, 3n]),
      );
      expect([call, other]).toEqual([call, one]);
    }
  });
});

test('there is no filter for a processor that the list was not made for', () => {
  expect(['x64', 'arm64', 'ia32', 'riscv64', 'toString'].filter(isKnownArchitecture)).toEqual(['x64', 'arm64']);
});
