// What a viewer window is about: the ask that it makes as early as it can, or the ask or session in its address.
import { type Problem, toProblem } from '../../contract/errors.ts';
import type { RequestId, SessionId } from '../../contract/ids.ts';
import type { CoreConnection } from '../core-connection.ts';
import { type Launch, viewerQuery, type WindowRoute } from '../lib/route.ts';
import { screenSize } from './screen-size.ts';

export interface ViewerTarget {
  readonly launch: Launch | null;
  readonly askId: RequestId | null;
  readonly sessionId: SessionId | null;
  /** Why the ask could not be made. */
  readonly problem: Problem | null;
}

export interface ViewerStart {
  read(): ViewerTarget;
  follow(listener: () => void): () => void;
  /** Asks for the same offer once more. */
  askAgain(launch: Launch): void;
  /** Remembers the session in the address, so that a reload finds it. */
  setSession(sessionId: SessionId): void;
}

/** Loads noVNC while the person there reads the request. */
export function loadRfb() {
  return import('@novnc/novnc');
}

export function startViewer(core: CoreConnection, route: Extract<WindowRoute, { window: 'viewer' }>): ViewerStart {
  const listeners = new Set<() => void>();
  let target: ViewerTarget = { launch: route.launch, askId: route.askId, sessionId: route.sessionId, problem: null };
  const set = (next: Partial<ViewerTarget>) => {
    target = { ...target, ...next };
    for (const listener of listeners) listener();
  };

  async function ask(launch: Launch): Promise<void> {
    try {
      await core.whenOpen();
      const size = screenSize(window.innerWidth, window.innerHeight);
      const { askId } = await core.call('asks.create', { ...launch, size });
      // A reload of this window must follow this ask and not make another.
      history.replaceState(null, '', viewerQuery({ askId }));
      set({ askId });
    } catch (error) {
      set({ problem: toProblem(error) });
    }
  }

  // So that the core knows that somebody waits here, also after this page's connection was lost and made again.
  let watchedEpoch = 0;
  const watch = () => {
    const { askId } = target;
    if (askId === null || core.readState() !== 'open' || core.readEpoch() === watchedEpoch) return;
    watchedEpoch = core.readEpoch();
    core.call('asks.watch', { askId }).catch(() => undefined);
  };
  core.follow(watch);
  watch();

  void loadRfb();
  if (target.launch !== null && target.askId === null && target.sessionId === null) void ask(target.launch);

  return {
    read: () => target,
    follow: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    askAgain: (launch) => {
      history.replaceState(null, '', viewerQuery({ launch }));
      set({ launch, askId: null, sessionId: null, problem: null });
      void ask(launch);
    },
    setSession: (sessionId) => {
      history.replaceState(null, '', viewerQuery({ sessionId }));
      set({ sessionId });
    },
  };
}
