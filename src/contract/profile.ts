// Where a profile lies and the two small files in it by which the CLI finds a running core.
import { z } from 'zod';
import { AppError } from './errors.ts';

/** `core.json`: how to reach the core that runs with this profile. */
export const coreFileName = 'core.json';
export const coreFileSchema = z.object({
  /** Path of the Unix socket, or of the named pipe on Windows. */
  socketPath: z.string().min(1).max(4096),
  pid: z.number().int().positive(),
  /** Milliseconds since the Unix epoch. */
  startedAt: z.number().int().nonnegative(),
});
export type CoreFile = Readonly<z.infer<typeof coreFileSchema>>;

/** `browser.json`: the address of the browser shell with a token that is still good. Private: whoever has it is the person. */
export const browserFileName = 'browser.json';
export const browserFileSchema = z.object({
  url: z.url({ protocol: /^http$/, hostname: /^(127\.0\.0\.1|localhost)$/ }),
  pid: z.number().int().positive(),
});
export type BrowserFile = Readonly<z.infer<typeof browserFileSchema>>;

/** What the core says to a client that does not run beside it, before it closes. */
export const localRefusal = { jsonrpc: '2.0', method: 'refused', params: { code: 'other-namespace' } } as const;

/** The longest line on the local socket. */
export const maxLocalLineBytes = 8 * 1024 * 1024;

export interface ProfilePlace {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** As Node's `process.platform`. */
  readonly platform: string;
  /** The person's home folder; null where there is none, see `homeOf`. */
  readonly home: string | null;
  readonly isRoot: boolean;
}

/**
 * The home of this account. Null for one that the system does not know: containers and service managers make such accounts up.
 * @param ask `homedir` of Node, which throws for those
 */
export function homeOf(env: ProfilePlace['env'], ask: () => string): string | null {
  const { HOME: home } = env;
  if (home) return home;
  try {
    return ask();
  } catch {
    return null;
  }
}

/** @throws AppError `no-home` where it would lie in a home and there is none */
function homeIn({ home }: ProfilePlace): string {
  if (home === null) throw new AppError('no-home');
  return home;
}

/** The folder used when no `--profile` is given; XDG Base Directory Specification 0.8 on Linux. @throws AppError `no-home` */
export function defaultProfileDir(place: ProfilePlace): string {
  const { env, platform, isRoot } = place;
  const { LOCALAPPDATA: localAppData, XDG_DATA_HOME: dataHome } = env;
  if (platform === 'win32') return `${localAppData || `${homeIn(place)}\\AppData\\Local`}\\eBrainPool`;
  if (isRoot) return '/var/lib/ebrainpool';
  if (platform === 'darwin') return `${homeIn(place)}/Library/Application Support/eBrainPool`;
  // The specification: a relative path is to be ignored.
  return `${dataHome?.startsWith('/') ? dataHome.replace(/\/+$/, '') : `${homeIn(place)}/.local/share`}/ebrainpool`;
}
