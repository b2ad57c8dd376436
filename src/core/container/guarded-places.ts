// The places of this computer that no container may see, whatever folder its owner mounts: each with the reason that a person is told.
import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { MountNote } from '../../contract/containers.ts';

export interface GuardedPlace {
  readonly path: string;
  readonly reason: MountNote['reason'];
  /** Whether what lies in it is closed as well; a folder that contains it always is. */
  readonly isClosedWithin: boolean;
}

export interface WhatIsOurs {
  readonly profileDir: string;
  readonly runtimeDir: string;
  /** Where the homes of the peers' containers are. */
  readonly containersDir: string;
  /** Null for an account without one. */
  readonly home: string | null;
  readonly temporaryDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Guard {
  readonly places: readonly GuardedPlace[];
  /** People's homes, this person's first; without links where they are there. */
  readonly homes: readonly string[];
}

/**
 * Security: below a home, what holds keys, passwords or signed-in sessions, or is a way to an agent that has them. All of it is refused
 * and not only warned of: each alone is worth the person's whole account somewhere, and no shared program needs one. Mail and
 * messengers are among them because a lost password is sent there. Settings that hold no secret by their purpose (hidden folders
 * in general) are warned of.
 */
const KEYS = [
  ...['.ssh', '.gnupg', '.pki', '.password-store', '.netrc', '.git-credentials', '.Xauthority', '.ICEauthority'],
  ...['.local/share/keyrings', '.local/share/kwalletd', '.local/share/gnupg', '.config/keepassxc', '.config/Bitwarden'],
  ...['.config/1Password', '.config/op', '.config/git', '.config/sops', '.config/age', '.vault-token', '.terraform.d'],
  ...['.aws', '.azure', '.config/gcloud', '.config/gh', '.config/hub', '.config/glab-cli', '.config/doctl', '.oci'],
  ...[
    '.kube',
    '.minikube',
    '.docker',
    '.config/containers',
    '.local/share/containers',
    '.config/helm',
    '.config/rclone',
  ],
  ...['.npmrc', '.yarnrc.yml', '.pypirc', '.cargo/credentials.toml', '.cargo/credentials', '.gem/credentials', '.m2'],
  ...['.pgpass', '.my.cnf', '.mylogin.cnf', '.config/filezilla', '.config/remmina', '.local/share/remmina'],
  ...[
    '.mozilla',
    '.librewolf',
    '.waterfox',
    '.config/mozilla',
    '.cache/mozilla',
    '.config/google-chrome',
    '.config/chromium',
  ],
  ...[
    '.config/google-chrome-beta',
    '.config/google-chrome-unstable',
    '.config/BraveSoftware',
    '.config/microsoft-edge',
  ],
  ...['.config/vivaldi', '.config/opera', '.local/share/epiphany', '.local/share/qutebrowser', '.config/falkon'],
  ...[
    '.thunderbird',
    '.config/evolution',
    '.local/share/evolution',
    '.config/geary',
    '.local/share/geary',
    '.config/Signal',
  ],
  ...[
    '.config/discord',
    '.config/Slack',
    '.config/Element',
    '.local/share/TelegramDesktop',
    '.purple',
    '.config/goa-1.0',
  ],
  ...['.bitcoin', '.ethereum', '.electrum', '.config/Ledger Live', '.var/app', 'snap'],
] as const;

/** Words of the environment that say where else such a thing lies. */
const KEY_VARIABLES = [
  ...['GNUPGHOME', 'PASSWORD_STORE_DIR', 'DOCKER_CONFIG', 'KUBECONFIG', 'AWS_SHARED_CREDENTIALS_FILE', 'XAUTHORITY'],
  ...['GOOGLE_APPLICATION_CREDENTIALS', 'NETRC', 'PGPASSFILE', 'VAULT_TOKEN_PATH', 'REGISTRY_AUTH_FILE'],
] as const;
const SOCKET_VARIABLES = [
  'SSH_AUTH_SOCK',
  'DBUS_SESSION_BUS_ADDRESS',
  'WAYLAND_DISPLAY',
  'PULSE_SERVER',
  'DOCKER_HOST',
] as const;

/** More homes than this are not looked for. */
const MAX_HOMES = 200;

/** The list as it is now; a home that is made later is in the next one. */
export async function findGuard(ours: WhatIsOurs): Promise<Guard> {
  const { env } = ours;
  const ownHomes = [...new Set([ours.home, env['HOME'] ?? ours.home])].filter(
    (home): home is string => home?.startsWith('/') === true && home !== '/',
  );
  const others = await readdir('/home').catch(() => []);
  const named = [...ownHomes, '/root', ...others.slice(0, MAX_HOMES).map((name) => `/home/${name}`)];
  const homes = await Promise.all(named.map((home) => realpath(home).catch(() => home)));
  const all = (reason: GuardedPlace['reason'], paths: readonly (string | undefined)[], isClosedWithin = true) =>
    [...new Set(paths)].flatMap((path) => (path?.startsWith('/') ? [{ path, reason, isClosedWithin }] : []));
  const elsewhere = (folder: string | undefined, prefix: string) =>
    folder?.startsWith('/')
      ? KEYS.filter((name) => name.startsWith(prefix)).map((name) => join(folder, name.slice(prefix.length)))
      : [];
  const places: readonly GuardedPlace[] = [
    ...all('profile', [ours.profileDir]),
    ...all('containers', [ours.containersDir]),
    ...all('kernel', ['/proc', '/sys', '/dev']),
    ...all('session', [ours.runtimeDir, env['XDG_RUNTIME_DIR'], '/run', '/var/run']),
    ...all(
      'session',
      SOCKET_VARIABLES.map((name) => socketIn(env[name] ?? '')),
    ),
    ...all('temporary', [ours.temporaryDir, '/tmp', '/var/tmp']),
    ...all('system', ['/etc', '/boot', '/efi', ...(ownHomes.includes('/root') ? [] : ['/root'])]),
    ...all('programs', ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32']),
    // What lies in it may be wanted writable.
    ...all('programs', ['/opt'], false),
    ...all(
      'keys',
      KEY_VARIABLES.flatMap((name) => (env[name] ?? '').split(':')),
    ),
    ...all('keys', elsewhere(env['XDG_CONFIG_HOME'], '.config/')),
    ...all('keys', elsewhere(env['XDG_DATA_HOME'], '.local/share/')),
    ...ownHomes.flatMap(keysOf),
  ];
  return { places, homes: [...new Set(homes)] };
}

/** Where keys lie in a home. */
export function keysOf(home: string): readonly GuardedPlace[] {
  return KEYS.map((name) => ({ path: join(home, name), reason: 'keys', isClosedWithin: true }));
}

/** `unix:path=/run/user/1000/bus,guid=…`, `unix:///run/docker.sock`, `/tmp/ssh-x/agent` → the path. */
function socketIn(value: string): string | undefined {
  return /^(?:unix:(?:path=|\/\/)?)?(\/[^,;]*)/.exec(value)?.[1];
}
