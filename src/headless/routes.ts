// What the browser shell answers to a request: the way in, files of the folder Exchange, the page, and icons.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseFilePath } from '../contract/exchange.ts';
import { iconHashSchema } from '../contract/ids.ts';
import { permissionsPolicy } from '../contract/permissions-policy.ts';
import { rowOfWindow, windowOf } from '../contract/windows.ts';
import type { Core } from '../core/core.ts';
import type { Log } from '../core/lib/log.ts';
import type { Access } from './access.ts';
import { receiveFile, sendFile, sizeOf } from './file-transfer.ts';
import { findRefusal, securityHeaders } from './gate.ts';
import type { PageFile } from './page-files.ts';
import { isFromElsewhere, parseTarget, type RequestTarget } from './request-target.ts';
import { arrivalPage, refusalPage, signInPage } from './small-pages.ts';

export interface RoutesOptions {
  readonly core: Pick<Core, 'readIcon' | 'openFile' | 'putFile'>;
  readonly files: ReadonlyMap<string, PageFile>;
  readonly access: Access;
  readonly port: number;
  readonly log: Log;
}

type Send = (status: number, headers: Record<string, string>, body: string | Uint8Array) => void;

const HTML = { 'Content-Type': 'text/html; charset=utf-8' };
const IMMUTABLE = 'private, max-age=31536000, immutable';
const ICON_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/** Answers one request after the other; rejects where it has failed and nothing may be said of it. */
export function createRoutes(
  options: RoutesOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { core, files, access, port, log } = options;

  return async (request, response) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const refusal = findRefusal(request, port, !isRead);
    const host = refusal === null ? (request.headers.host ?? '') : `127.0.0.1:${port}`;
    const send: Send = (status, headers, body) => {
      response.writeHead(status, { ...securityHeaders(host), 'Cache-Control': 'no-store', ...headers });
      response.end(request.method === 'HEAD' ? undefined : body);
    };
    if (refusal !== null) {
      log.debug({ refusal }, 'browser request refused');
      send(403, HTML, refusalPage());
      return;
    }
    const target = parseTarget(request);
    const token = target.searchParams.get('token');
    if (isRead && target.pathname === '/' && token !== null) {
      await signIn(access, request, token, target.searchParams, send);
      return;
    }
    if (!access.isSignedIn(request.headers.cookie)) {
      send(401, HTML, signInPage());
      return;
    }
    const place = parseFilePath(target.pathname);
    if (place !== null && request.method === 'GET') {
      await sendFile(response, securityHeaders(host), place.name, () => core.openFile(place.sessionId, place.name));
      return;
    }
    if (place !== null && request.method === 'PUT') {
      const { status, answer } = await receiveFile(request, (source) =>
        core.putFile(place.sessionId, place.name, source, sizeOf(request)),
      );
      send(status, { 'Content-Type': 'application/json' }, JSON.stringify(answer));
      return;
    }
    if (!isRead) {
      send(405, { Allow: 'GET, HEAD' }, '');
      return;
    }
    const file = files.get(target.pathname);
    if (file !== undefined) sendPageFile(file, file === files.get('/'), request, target, send);
    else await sendIcon(core, target.pathname, send);
  };
}

/** Takes the token for a cookie, and leads to the address without it. */
async function signIn(
  access: Access,
  request: IncomingMessage,
  token: string,
  searchParams: URLSearchParams,
  send: Send,
): Promise<void> {
  const secret = request.method === 'GET' ? await access.exchange(token) : null;
  if (secret === null && !access.isSignedIn(request.headers.cookie)) {
    send(401, HTML, signInPage());
    return;
  }
  const isForeign = isFromElsewhere(request);
  // Security: who guesses at a token gets no more than who has none.
  if (secret === null && isForeign) for (const name of [...searchParams.keys()]) searchParams.delete(name);
  searchParams.delete('token');
  const location = searchParams.size === 0 ? '/' : `/?${searchParams}`;
  const cookie: Record<string, string> = secret === null ? {} : { 'Set-Cookie': cookieOf(access, secret) };
  if (!isForeign) {
    send(303, { ...cookie, Location: location }, '');
    return;
  }
  // After a link on another site (a terminal in a browser), a redirect would not carry the SameSite=Strict cookie.
  send(200, { ...cookie, ...HTML, Refresh: `0; url=${location}` }, arrivalPage());
}

function cookieOf(access: Access, secret: string): string {
  return `${access.cookieName}=${secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${access.cookieMaxAgeS}`;
}

function sendPageFile(
  file: PageFile,
  isPage: boolean,
  request: IncomingMessage,
  { searchParams }: RequestTarget,
  send: Send,
): void {
  if (isPage && isFromElsewhere(request)) {
    // Security: an address can ask for a program. A page on another port of this host brings the cookie, and gets the start page.
    send(200, { ...HTML, Refresh: '0; url=/' }, arrivalPage());
    return;
  }
  const headers = {
    'Content-Type': file.type,
    'Permissions-Policy': permissionsPolicy(isPage && rowOfWindow(windowOf(searchParams)).hasCamera),
    'Cache-Control': file.isImmutable ? IMMUTABLE : 'no-cache',
  };
  send(200, headers, file.bytes);
}

async function sendIcon(core: Pick<Core, 'readIcon'>, pathname: string, send: Send): Promise<void> {
  const hash = iconHashSchema.safeParse(/^\/icons\/([^/]+)$/.exec(pathname)?.[1]);
  const icon = hash.success ? await core.readIcon(hash.data) : null;
  if (icon === null) {
    send(404, { 'Content-Type': 'text/plain' }, '');
    return;
  }
  // Security: an icon comes from another computer. Opened as a page of its own it may be SVG with anything in it.
  const type = icon.type === 'image/svg+xml' ? 'image/svg+xml' : 'image/png';
  const headers = { 'Content-Type': type, 'Content-Security-Policy': ICON_POLICY, 'Cache-Control': IMMUTABLE };
  send(200, headers, icon.bytes);
}
