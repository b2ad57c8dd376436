// What a sandbox sees of this computer: the command line of bwrap(1), and the same in words for the owner.
import { existsSync } from 'node:fs';
import type { MountInfo, SandboxMount, SandboxSpec } from '../../engine.ts';
import { CONF, HOME, PRIVATE } from '../../inside.ts';
import type { SandboxFiles } from './sandbox-files.ts';
import { systemFiles } from './system-files.ts';

/** Security: files in /proc that tell the owner's keys and the kernel's addresses. No namespace hides them. */
const KERNEL_FILES = ['/proc/kallsyms', '/proc/key-users', '/proc/keys'] as const;

export function describeMounts(
  homePath: string,
  mounts: readonly Pick<SandboxMount, 'source' | 'target' | 'mode'>[],
): readonly MountInfo[] {
  return [
    { path: '/usr', target: '/usr', mode: 'ro' },
    ...(existsSync('/opt') ? [{ path: '/opt', target: '/opt', mode: 'ro' } as const] : []),
    ...Object.entries(systemFiles()).map(([folder, names]) => ({
      path: `/${folder}/{${names.filter((name) => existsSync(`/${folder}/${name}`)).join(',')}}`,
      target: `/${folder}`,
      mode: 'ro' as const,
    })),
    { path: homePath, target: HOME, mode: 'rw' },
    { path: 'tmpfs', target: '/tmp', mode: 'tmpfs' },
    { path: 'tmpfs', target: '/var/tmp', mode: 'tmpfs' },
    { path: 'tmpfs', target: '/run', mode: 'tmpfs' },
    ...mounts.map(({ source, target, mode }) => ({ path: source, target, mode })),
  ];
}

/** The whole command line of bwrap(1), in the order in which it mounts. */
export function bubblewrapArguments(spec: SandboxSpec, files: SandboxFiles): string[] {
  return [
    // Security: all namespaces; no further user namespaces inside, unless the owner allowed them for this offer; no terminal to push
    // input into (CVE-2017-5226).
    ...['--unshare-all', '--unshare-user', ...(spec.allowsOwnSandbox ? [] : ['--disable-userns'])],
    ...['--uid', '1000', '--gid', '1000'],
    ...['--die-with-parent', '--new-session', '--hostname', 'ebp', '--info-fd', '3', '--clearenv', '--cap-drop', 'ALL'],
    // Security: what the kernel refuses besides, see seccomp-rules.ts.
    ...['--seccomp', '4'],
    ...Object.entries(spec.environment).flatMap(([name, value]) => ['--setenv', name, value]),
    ...['--ro-bind', '/usr', '/usr', '--ro-bind-try', '/opt', '/opt'],
    ...['bin', 'lib', 'lib32', 'lib64', 'libx32', 'sbin'].flatMap((name) =>
      existsSync(`/usr/${name}`) ? ['--symlink', `usr/${name}`, `/${name}`] : [],
    ),
    ...Object.entries(systemFiles()).flatMap(([folder, names]) =>
      names.flatMap((name) => ['--ro-bind-try', `/${folder}/${name}`, `/${folder}/${name}`]),
    ),
    // Links, because every mount makes a start slower.
    ...files.files.flatMap(({ name, alsoAt = [] }) => alsoAt.flatMap((at) => ['--symlink', `${CONF}/${name}`, at])),
    ...['--proc', '/proc'],
    ...KERNEL_FILES.flatMap((path) => (existsSync(path) ? ['--ro-bind', '/dev/null', path] : [])),
    ...['--dev', '/dev', '--tmpfs', '/tmp'],
    ...['--tmpfs', '/run', '--perms', '0700', '--dir', PRIVATE, '--bind', spec.homePath, HOME],
    // Security: a mount of its own cannot be renamed. Else a program could put another folder there, and the links to our files would lead into it.
    ...['--tmpfs', '/run/ebp', '--ro-bind', files.confPath, CONF],
    ...[...files.socketFolders].flatMap(([folder, path]) => ['--bind', path, folder]),
    ...['--bind', files.tmpPath, '/var/tmp'],
    // The outer ones first, so that each is seen. bwrap mounts all of them nosuid and nodev, with what is mounted below.
    ...spec.mounts
      .toSorted((one, other) => one.target.length - other.target.length)
      .flatMap(({ source, target, mode }) => [mode === 'ro' ? '--ro-bind' : '--bind', source, target]),
    // Says that this is a container, as podman does. WebKitGTK then tries whether it can build a sandbox of its own before it needs one.
    ...['--ro-bind', '/dev/null', '/run/.containerenv'],
    ...['--remount-ro', '/run/ebp', '--remount-ro', '/', '--chdir', HOME],
    ...['--', `${CONF}/init`, String(spec.limits.threads)],
  ];
}
