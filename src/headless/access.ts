// Who may use the browser shell: whoever brings the one-time token, and after that the cookie that it was exchanged for.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { browserFileName } from '../contract/profile.ts';
import { JsonFile } from '../core/lib/json-file.ts';
import type { Log } from '../core/lib/log.ts';
import { replaceFile } from '../core/lib/replace-file.ts';

const SECRET_BYTES = 32;
const MAX_SESSIONS = 20;
const SESSION_DAYS = 30;
const DAY_MS = 24 * 60 * 60 * 1000;

const accessFileSchema = z.object({
  /** The port of last time, taken again so that a bookmark and the cookie stay good; null before the first. */
  port: z.number().int().min(1).max(65535).nullable(),
  /** Browsers that are signed in: only a hash of what each knows, so that reading the file does not sign in. */
  sessions: z.array(
    z.object({ hash: z.string().regex(/^[0-9a-f]{64}$/), port: z.number().int(), createdAt: z.number().int() }),
  ),
});
type AccessFile = JsonFile<typeof accessFileSchema>;

/** Opens the list of the browsers that are signed in. */
export function openAccessFile(profileDir: string, log: Log): Promise<AccessFile> {
  return JsonFile.open({
    path: join(profileDir, 'browser-sessions.json'),
    schema: accessFileSchema,
    initial: { port: null, sessions: [] },
    log,
  });
}

export interface Access extends AsyncDisposable {
  /** The address with a token that is still good. */
  readonly url: string;
  readonly cookieName: string;
  readonly cookieMaxAgeS: number;
  /** Whether a request with this `Cookie` header may do everything. */
  isSignedIn(cookieHeader: string | undefined): boolean;
  /** Uses the token up. Returns the cookie's value for a good one, null for any other. */
  exchange(token: string): Promise<string | null>;
}

/**
 * Makes the token for this start and writes the address into `browser.json` (mode 0600), where `ebp open` finds it.
 * `takenPorts` were wanted and belong to somebody else: cookies for them may have been sent there and are worth nothing from now on.
 */
export async function startAccess(
  profileDir: string,
  file: AccessFile,
  port: number,
  takenPorts: readonly number[],
  log: Log,
): Promise<Access> {
  const cookieName = `ebp-${port}`;
  const browserFilePath = join(profileDir, browserFileName);
  let token = '';
  let url = '';
  /** Hashes of the browsers that signed in since the start: they stay signed in when the disk is full. */
  const signedIn = new Set<string>();
  const onDiskTrouble = (error: unknown) => log.warn({ error: String(error) }, 'browser access was not stored');

  async function renewToken(): Promise<void> {
    token = randomBytes(SECRET_BYTES).toString('base64url');
    url = `http://127.0.0.1:${port}/?token=${token}`;
    await replaceFile(browserFilePath, `${JSON.stringify({ url, pid: process.pid })}\n`).catch(onDiskTrouble);
  }
  /** Security: the port is part of the hash, so a cookie that another program on another port got to see opens nothing here. */
  const hashOf = (secret: string) => createHash('sha256').update(`${port}:${secret}`).digest('hex');
  const isAlive = (session: { createdAt: number }) => Date.now() - session.createdAt < SESSION_DAYS * DAY_MS;

  await file
    .update((value) => ({
      port,
      sessions: value.sessions.filter((session) => isAlive(session) && !takenPorts.includes(session.port)),
    }))
    .catch(onDiskTrouble);
  await renewToken();

  return {
    get url() {
      return url;
    },
    cookieName,
    cookieMaxAgeS: (SESSION_DAYS * DAY_MS) / 1000,
    isSignedIn: (cookieHeader) =>
      readCookies(cookieHeader, cookieName).some((secret) => {
        const hash = hashOf(secret);
        if (signedIn.has(hash)) return true;
        return file.value.sessions.some(
          (session) => session.port === port && isAlive(session) && isSame(session.hash, hash),
        );
      }),
    exchange: async (given) => {
      if (!isSame(given, token)) return null;
      // Security: from here on the token is worth nothing, also for a request that comes while the disk is written.
      token = '';
      await renewToken();
      const secret = randomBytes(SECRET_BYTES).toString('base64url');
      const hash = hashOf(secret);
      signedIn.add(hash);
      await file
        .update((value) => ({
          ...value,
          sessions: [...value.sessions, { hash, port, createdAt: Date.now() }].slice(-MAX_SESSIONS),
        }))
        .catch(onDiskTrouble);
      return secret;
    },
    [Symbol.asyncDispose]: () => rm(browserFilePath, { force: true }),
  };
}

/** Security: takes the same time wherever the two differ, and tells nothing about the length. An empty text never matches. */
function isSame(given: string, expected: string): boolean {
  if (expected === '') return false;
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(expected));
}

/** RFC 6265, section 4.2: every value that the header has for the name. */
function readCookies(header: string | undefined, name: string): readonly string[] {
  return (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
}
