// app://ebp/: the one origin of the shell. Serves the built page from a fixed list of files, and icons by their hash.
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { Readable } from 'node:stream';
import { downloadHeaders, parseFilePath } from '../contract/exchange.ts';
import { permissionsPolicy } from '../contract/permissions-policy.ts';
import { rowOfWindow, type WindowName, windowOf } from '../contract/windows.ts';
import type { Core } from '../core/core.ts';

export const appOrigin = 'app://ebp';

/** To be registered before the app is ready: makes `app://ebp` an origin like an https one. */
export const appScheme = {
  scheme: 'app',
  privileges: { standard: true, secure: true, supportFetchAPI: true },
} as const;

/** Whether a URL is a file of the folder Exchange: saved, and never shown as a page. */
export function isFileUrl(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, host, username, password, pathname } = new URL(url);
  return `${protocol}//${host}` === appOrigin && `${username}${password}` === '' && parseFilePath(pathname) !== null;
}

/** Which of our own windows a URL belongs to; null for every other URL. */
export function windowOfUrl(url: string): WindowName | null {
  // Security: whoever is told "ours" here gets the contract.
  if (!URL.canParse(url)) return null;
  const { protocol, host, username, password, pathname, searchParams } = new URL(url);
  if (protocol !== 'app:' || host !== 'ebp' || username !== '' || password !== '' || pathname !== '/') return null;
  return windowOf(searchParams);
}

/** Whether what a page of ours wants to save was made by such a page, or is a file of the folder Exchange. */
export function isOwnDownload(url: string, pageUrl: string): boolean {
  // Security: a save dialog is trusted more than a link, so nothing from elsewhere may bring one up.
  if (windowOfUrl(pageUrl) === null) return false;
  return isFileUrl(url) || url.startsWith(`blob:${appOrigin}/`);
}

const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "img-src 'self' data: blob:",
  "style-src 'self' 'unsafe-inline'",
  "script-src 'self'",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "object-src 'none'",
].join('; ');

const SECURITY_HEADERS = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': permissionsPolicy(false),
};

/** An icon comes from a peer: opened by itself it may do nothing, not even as an SVG with a script in it. */
const ICON_HEADERS = {
  ...SECURITY_HEADERS,
  'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'",
  'Cache-Control': 'max-age=31536000, immutable',
};

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webp': 'image/webp',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
};

/** Answers every request below app://. `rendererDir` is read once: a file that is not there at the start is never served. */
export function createAppHandler(
  rendererDir: string,
  core: Pick<Core, 'readIcon' | 'openFile'>,
): (request: Request) => Promise<Response> {
  const files = listFiles(rendererDir);
  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return refusal(405);
    const { host, pathname } = new URL(request.url);
    if (host !== 'ebp') return refusal(404);

    const iconHash = /^\/icons\/([0-9a-f]{64})$/.exec(pathname)?.[1];
    if (iconHash !== undefined) {
      const icon = await core.readIcon(iconHash);
      if (icon === null || !/^image\/(png|svg\+xml)$/.test(icon.type)) return refusal(404);
      return new Response(Uint8Array.from(icon.bytes), { headers: { ...ICON_HEADERS, 'Content-Type': icon.type } });
    }

    const place = parseFilePath(pathname);
    if (place !== null && request.method === 'GET') {
      const opened = await core.openFile(place.sessionId, place.name).catch(() => null);
      if (opened === null) return refusal(404);
      const headers = { ...SECURITY_HEADERS, ...downloadHeaders(place.name, opened.sizeBytes) };
      return new Response(Readable.toWeb(opened.stream) as ReadableStream, { headers });
    }

    // Security: the path of the URL is only ever a key of this map, never part of a file name.
    const file = (await files).get(pathname === '/' ? '/index.html' : pathname);
    const type = file === undefined ? undefined : CONTENT_TYPES[extname(file)];
    if (file === undefined || type === undefined) return refusal(404);
    return new Response(Uint8Array.from(await readFile(file)), {
      headers: {
        ...SECURITY_HEADERS,
        'Permissions-Policy': permissionsPolicy(rowOfWindow(windowOfUrl(request.url)).hasCamera),
        'Cache-Control': 'no-cache',
        'Content-Type': type,
      },
    });
  };
}

function refusal(status: number): Response {
  return new Response(null, { status, headers: SECURITY_HEADERS });
}

/** Paths in URLs to paths on disk. Walks by itself: `recursive` does not work in every version of Electron's asar. */
async function listFiles(folder: string, prefix = ''): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const url = `${prefix}/${entry.name}`;
    if (entry.isDirectory()) for (const [key, value] of await listFiles(path, url)) files.set(key, value);
    else if (entry.isFile()) files.set(url, path);
  }
  return files;
}
