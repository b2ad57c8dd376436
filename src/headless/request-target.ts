// What a request asks for, as it was sent.
import type { IncomingMessage } from 'node:http';

export interface RequestTarget {
  readonly pathname: string;
  readonly searchParams: URLSearchParams;
}

/** The path neither decoded nor resolved: it is only ever looked up. */
export function parseTarget(request: IncomingMessage): RequestTarget {
  const [pathname = '', ...query] = (request.url ?? '').split('?');
  return { pathname, searchParams: new URLSearchParams(query.join('?')) };
}

/** Whether a page of another origin led here; `findRefusal` has let it pass as a navigation. Old browsers do not say. */
export function isFromElsewhere(request: IncomingMessage): boolean {
  const site = request.headers['sec-fetch-site'];
  return site === 'same-site' || site === 'cross-site';
}
