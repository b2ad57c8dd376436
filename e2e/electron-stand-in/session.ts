// Electron's `protocol` and `session`: what a page may load and use.
import { EventEmitter } from 'node:events';
import type { BrowserContext, Download, Route } from '@playwright/test';
import { toAppUrl, toChromiumUrl, WINDOW_OPEN_PATH } from './chromium.ts';
import { createEvent } from './event.ts';

type Handler = (request: Request) => Promise<Response> | Response;
type PermissionCheck = (contents: null, permission: string, origin: string, details: object) => boolean;
type PermissionRequest = (
  contents: object,
  permission: string,
  callback: (isGranted: boolean) => void,
  details: object,
) => void;
type BeforeRequest = (details: { url: string }, callback: (answer: { cancel?: boolean }) => void) => void;

const schemes = new Set<string>();
const handlers = new Map<string, Handler>();
let permissionCheck: PermissionCheck | null = null;
let permissionRequest: PermissionRequest | null = null;
let beforeRequest: BeforeRequest | null = null;

export const protocol = {
  registerSchemesAsPrivileged: (list: { scheme: string; privileges: Record<string, boolean> }[]) => {
    for (const { scheme, privileges } of list) {
      if (privileges['standard'] !== true || privileges['secure'] !== true) {
        throw new Error('the stand-in shows schemes that are standard and secure only');
      }
      schemes.add(scheme);
    }
  },
  handle: (scheme: string, handler: Handler) => {
    if (!schemes.has(scheme)) throw new Error(`the scheme ${scheme} is not registered`);
    handlers.set(scheme, handler);
  },
};

export const session = {
  defaultSession: Object.assign(new EventEmitter(), {
    setPermissionRequestHandler: (handler: PermissionRequest) => {
      permissionRequest = handler;
    },
    setPermissionCheckHandler: (handler: PermissionCheck) => {
      permissionCheck = handler;
    },
    setDevicePermissionHandler: (_handler: unknown) => {},
    webRequest: {
      onBeforeRequest: (listener: BeforeRequest) => {
        beforeRequest = listener;
      },
    },
  }),
};

/** For tests: what pages wanted to save, and the place that the save dialog proposes; null where the shell refused. */
export const downloads: { readonly url: string; readonly proposal: string | null }[] = [];

export async function decideDownload(download: Download, contents: object): Promise<void> {
  const url = toAppUrl(download.url());
  const event = createEvent();
  let proposal = '';
  const item = {
    getURL: () => url,
    getFilename: () => download.suggestedFilename(),
    setSaveDialogOptions: ({ defaultPath = '' }: { defaultPath?: string }) => {
      proposal = defaultPath;
    },
  };
  session.defaultSession.emit('will-download', event, item, contents);
  if (event.defaultPrevented) await download.cancel();
  downloads.push({ url, proposal: event.defaultPrevented ? null : proposal });
}

/** Electron's names, Chromium's in the DevTools protocol, and what Electron tells of the kind. */
const PERMISSIONS = [
  ['clipboard-read', 'clipboard-read', {}],
  ['clipboard-sanitized-write', 'clipboard-write', {}],
  ['notifications', 'notifications', {}],
  ['geolocation', 'geolocation', {}],
  ['media', 'camera', { mediaType: 'video' }],
  ['media', 'microphone', { mediaType: 'audio' }],
  ['midi', 'midi', {}],
] as const;

/** Grants what the shell's permission check allows to the main window, and refuses the rest: Chromium knows origins, not windows. */
export async function applyPermissions(context: BrowserContext): Promise<void> {
  const page = { requestingUrl: 'app://ebp/', embeddingOrigin: 'app://ebp/', isMainFrame: true };
  const allowed = PERMISSIONS.filter(
    ([name, , kind]) => permissionCheck?.(null, name, 'app://ebp/', { ...page, ...kind }) ?? true,
  );
  await context.grantPermissions(
    allowed.map(([, name]) => name),
    { origin: toChromiumUrl('app://ebp') },
  );
}

/** What the shell answers when a page asks for the camera or the microphone. */
export function askForMedia(
  contents: object,
  url: string,
  isMainFrame: boolean,
  mediaTypes: string[],
): Promise<boolean> {
  const securityOrigin = `${/^[a-z]+:\/\/[^/?#]*/.exec(url)?.[0]}/`;
  return new Promise((resolve) => {
    if (permissionRequest === null) resolve(true);
    else permissionRequest(contents, 'media', resolve, { requestingUrl: url, securityOrigin, isMainFrame, mediaTypes });
  });
}

export interface Navigation {
  /** As the shell knows it. */
  readonly url: string;
  readonly isMainFrame: boolean;
}

/** What the window decides about requests of its page. */
export interface RequestPolicy {
  /** `save`: it was cancelled, and the answer is saved instead. */
  onNavigate(route: Route, navigation: Navigation): 'go' | 'stay' | 'save';
  onWindowOpen(route: Route, details: { url: string; frameName: string; features: string }): boolean;
}

/** Answers one request of a page: from the shell's protocol handler, or refuses it as the shell says. */
export async function answerRoute(route: Route, policy: RequestPolicy): Promise<void> {
  const request = route.request();
  const url = toAppUrl(request.url());
  if (URL.parse(request.url())?.pathname === WINDOW_OPEN_PATH) {
    const query = new URL(request.url()).searchParams;
    const isAllowed = policy.onWindowOpen(route, {
      url: toAppUrl(query.get('url') ?? ''),
      frameName: query.get('target') ?? '',
      features: query.get('features') ?? '',
    });
    await route.fulfill({ body: isAllowed ? 'allow' : 'deny', contentType: 'text/plain' });
    return;
  }
  if (request.isNavigationRequest()) {
    const isMainFrame = request.frame().parentFrame() === null;
    if (policy.onNavigate(route, { url, isMainFrame }) === 'stay') {
      await route.abort('aborted');
      return;
    }
  }
  if (await isCancelled(url)) {
    await route.abort('blockedbyclient');
    return;
  }
  const handler = handlers.get(url.slice(0, url.indexOf(':')));
  if (handler === undefined) {
    await route.continue();
    return;
  }
  const method = request.method();
  const body = method === 'GET' || method === 'HEAD' ? null : request.postData();
  try {
    const response = await handler(new Request(url, { method, headers: request.headers(), body }));
    await route.fulfill({
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: Buffer.from(await response.arrayBuffer()),
    });
  } catch (error) {
    process.stderr.write(`STAND-IN: the protocol handler failed for ${url}: ${String(error)}\n`);
    await route.abort('failed');
  }
}

function isCancelled(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    if (beforeRequest === null) resolve(false);
    else beforeRequest({ url }, ({ cancel }) => resolve(cancel === true));
  });
}
