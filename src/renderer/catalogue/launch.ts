// Asks for offers in the way that their view needs: opens windows in the click that launches, and ends what they show when they are closed.
import { notifications } from '@mantine/notifications';
import type { RequestId, SessionId } from '../../contract/ids.ts';
import { rowOf, type ViewRow } from '../../contract/views.ts';
import { say } from '../../messages/messages.ts';
import type { CoreConnection } from '../core-connection.ts';
import { type Launch, parseWindowRoute, viewerQuery } from '../lib/route.ts';

const SIZE_KEY = 'ebrainpool-viewer-size';
const DEFAULT_SIZE = { width: 1000, height: 740 };
const WATCH_INTERVAL_MS = 400;

interface Viewer {
  readonly window: Window;
  askId: RequestId | null;
  sessionId: SessionId | null;
}

const viewers = new Set<Viewer>();
let nextName = 1;

type Launcher = (core: CoreConnection, launch: Launch) => Promise<unknown>;

const ask: Launcher = (core, launch) => core.call('asks.create', launch);

const launchers: Readonly<Record<ViewRow['opensAs'], Launcher>> = {
  // The window asks, and waits for the answer.
  window: async (core, launch) => openViewer(core, viewerQuery({ launch })),
  // The result is shown among what is in use.
  desktop: ask,
  command: ask,
  nothing: async () => undefined,
};

/** Asks for an offer as its view needs it. Must be called within a click, or the browser blocks the window. */
export async function launchOffer(core: CoreConnection, launch: Launch): Promise<void> {
  await launchers[rowOf(launch.view).opensAs](core, launch);
}

/** Brings a session's viewer to the front, or opens one. Must be called within a click. */
export function showSession(core: CoreConnection, sessionId: SessionId): void {
  for (const viewer of viewers) {
    readTarget(viewer);
    if (viewer.sessionId !== sessionId || viewer.window.closed) continue;
    viewer.window.focus();
    return;
  }
  openViewer(core, viewerQuery({ sessionId }));
}

function openViewer(core: CoreConnection, query: string): void {
  const { width, height } = rememberedSize();
  const opened = window.open(
    `${location.pathname}${query}`,
    `ebrainpool-viewer-${Date.now()}-${nextName++}`,
    `popup,width=${width},height=${height}`,
  );
  if (opened === null) {
    notifications.show({ color: 'red', title: say('ui.launch.blockedTitle'), message: say('ui.launch.blocked') });
    return;
  }
  const viewer: Viewer = { window: opened, askId: null, sessionId: null };
  viewers.add(viewer);
  const timer = setInterval(() => {
    if (!opened.closed) {
      readTarget(viewer);
      return;
    }
    clearInterval(timer);
    viewers.delete(viewer);
    // In Electron the main process does this, also for viewers whose opener is gone.
    if (core.carrier.shell === 'browser') endWhatItShowed(core, viewer);
  }, WATCH_INTERVAL_MS);
}

/** A viewer keeps what it shows in its address, and this page is of the same origin. */
function readTarget(viewer: Viewer): void {
  try {
    const route = parseWindowRoute(viewer.window.location.search);
    if (route.window !== 'viewer') return;
    viewer.askId = route.askId ?? (route.launch !== null ? null : viewer.askId);
    viewer.sessionId = route.sessionId ?? (route.launch !== null ? null : viewer.sessionId);
    if (viewer.window.innerWidth > 200 && viewer.window.document.fullscreenElement === null)
      rememberSize(viewer.window);
  } catch {
    // It is being closed, or shows something else: what was read last stays.
  }
}

/** A closed window ends its session, and takes its question back when there was no answer yet. */
function endWhatItShowed(core: CoreConnection, viewer: Viewer): void {
  const ask = core.readTopic('asks')?.find((one) => one.id === viewer.askId);
  const sessionId = viewer.sessionId ?? ask?.sessionId ?? null;
  const session = core.readTopic('sessions')?.find((one) => one.id === sessionId);
  if (session !== undefined && session.state !== 'ended')
    void core.call('sessions.end', { sessionId: session.id }).catch(() => undefined);
  else if (ask !== undefined && (ask.state === 'connecting' || ask.state === 'waiting'))
    void core.call('asks.cancel', { askId: ask.id }).catch(() => undefined);
}

function rememberedSize(): { width: number; height: number } {
  const [width = Number.NaN, height = Number.NaN] = (localStorage.getItem(SIZE_KEY) ?? '').split('x').map(Number);
  return width >= 300 && height >= 200 ? { width, height } : DEFAULT_SIZE;
}

function rememberSize(viewer: Window): void {
  const size = `${viewer.innerWidth}x${viewer.innerHeight}`;
  if (localStorage.getItem(SIZE_KEY) !== size) localStorage.setItem(SIZE_KEY, size);
}
