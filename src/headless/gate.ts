// What every request of the browser shell must pass before anything else, and the headers that every answer carries.
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { endianness } from 'node:os';
import { permissionsPolicy } from '../contract/permissions-policy.ts';

/** Names under which this server may be addressed: a page that reached it by DNS rebinding has another Host. */
export function hostsOf(port: number): readonly string[] {
  return [`127.0.0.1:${port}`, `localhost:${port}`];
}

/**
 * Security: refuses what no page of ours and no address bar sends. Returns the reason, for the log of whoever debugs it, or null.
 * `mustHaveOrigin`: for what is not a plain GET, and for WebSockets, where browsers always send it.
 */
export function findRefusal(request: IncomingMessage, port: number, mustHaveOrigin: boolean): string | null {
  const { host, origin } = request.headers;
  if (host === undefined || !hostsOf(port).includes(host)) return 'wrong Host';
  // RFC 9112, section 3.2: of two Host headers Node takes the first, and a proxy before us may have taken the other.
  if (request.rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host').length > 1)
    return 'two Hosts';
  if (origin === undefined ? mustHaveOrigin : origin !== `http://${host}`) return 'wrong Origin';
  const site = request.headers['sec-fetch-site'];
  const isNavigation =
    request.headers['sec-fetch-mode'] === 'navigate' && request.headers['sec-fetch-dest'] === 'document';
  // A link in a web page may lead here: it brings no SameSite=Strict cookie, so it sees no more than the page that asks to sign in.
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !isNavigation) return 'another site';
  if (!isOwnUser(request.socket)) return 'another user of this computer';
  return null;
}

/** Headers of every answer; `host` has passed `findRefusal`. */
export function securityHeaders(host: string): Readonly<Record<string, string>> {
  return {
    'Content-Security-Policy': [
      "default-src 'self'",
      "img-src 'self' data: blob:",
      "style-src 'self' 'unsafe-inline'",
      "script-src 'self'",
      `connect-src 'self' ws://${host}`,
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "form-action 'none'",
      "object-src 'none'",
    ].join('; '),
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': permissionsPolicy(false),
  };
}

const knownSockets = new WeakMap<Socket, boolean>();

/**
 * Security: 127.0.0.1 is open to every user of the computer, and an address with its token can be seen for an instant in the list of
 * processes. Linux tells whose a connection is. Root may pass, and a core of root serves the person who has its token.
 */
function isOwnUser(socket: Socket): boolean {
  const known = knownSockets.get(socket);
  if (known !== undefined) return known;
  const ownUid = process.getuid?.() ?? 0;
  let isOwn = true;
  if (process.platform === 'linux' && ownUid !== 0) {
    const owner = findOwner(socket.remotePort ?? 0, socket.localPort ?? 0);
    isOwn = owner === 'unknown' || owner === ownUid || owner === 0;
  }
  knownSockets.set(socket, isOwn);
  return isOwn;
}

/**
 * Looks up the uid of the other end of a loopback connection in the kernel's tables (proc(5), /proc/net/tcp). `unknown` where the
 * kernel does not show them; `nobody` where it shows our end of the connection and not the other.
 */
export function findOwner(
  remotePort: number,
  localPort: number,
  readTable: (name: string) => string = (name) => readFileSync(`/proc/net/${name}`, 'latin1'),
): number | 'nobody' | 'unknown' {
  const there = portInTable(remotePort);
  const here = portInTable(localPort);
  let isShown = false;
  // A program may reach an IPv4 address through an IPv6 socket.
  for (const table of ['tcp', 'tcp6']) {
    let rows: readonly string[];
    try {
      rows = readTable(table).split('\n');
    } catch {
      continue;
    }
    for (const row of rows) {
      // Columns: slot, local address, remote address, state, queues, timer, retransmits, uid.
      const [, local = '', remote = '', , , , , uid = ''] = row.trim().split(/\s+/);
      if (local.endsWith(there) && remote.endsWith(here)) return /^\d{1,10}$/.test(uid) ? Number(uid) : 'nobody';
      isShown ||= local.endsWith(here) && remote.endsWith(there);
    }
  }
  return isShown ? 'nobody' : 'unknown';
}

/** 127.0.0.1 as the kernel prints it, which is in the byte order of the machine; of IPv6 the end. */
function portInTable(port: number): string {
  const address = endianness() === 'LE' ? '0100007F' : '7F000001';
  return `${address}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
}
