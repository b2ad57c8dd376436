// Keeps a session's picture in an element: opens the display stream, opens it again when it breaks, leaves the last picture.
import type { SessionId } from '../../contract/ids.ts';
import { Pauses } from '../../contract/pauses.ts';
import type { Powers } from '../../contract/powers.ts';
import type { Carrier } from '../ports/carrier.ts';
import { ClipboardBridge, type ClipboardProblem } from './clipboard.ts';
import { onFirstPaint } from './first-paint.ts';
import { guardChannel, holdToLimits, Pace } from './rfb-limits.ts';
import { loadRfb } from './start-viewer.ts';
import type { DisplayState } from './viewer-phase.ts';

export interface RemoteScreen {
  /** Whether the picture is made to fit when the remote screen does not follow the window's size. */
  setScaled(isScaled: boolean): void;
  /** What this side may do; the host holds it to the same. */
  setPowers(powers: Powers): void;
  focus(): void;
  /** Tries at once instead of waiting for the next try. */
  retryNow(): void;
  close(): void;
}

const PAUSES = { firstMs: 150, longestMs: 5000 };
/** The end of a session and the end of its stream arrive in any order: do not cry "lost" at once. */
const LOST_AFTER_MS = 500;

export function showRemoteScreen(
  carrier: Carrier,
  sessionId: SessionId,
  element: HTMLElement,
  initialPowers: Powers,
  on: { readonly state: (state: DisplayState) => void; readonly clipboardProblem: (problem: ClipboardProblem) => void },
): RemoteScreen {
  const closing = new AbortController();
  const { signal } = closing;
  const onState = on.state;
  const clipboard = new ClipboardBridge(element, initialPowers, on.clipboardProblem);
  let powers = initialPowers;
  let isScaled = true;
  let rfb: InstanceType<Awaited<ReturnType<typeof loadRfb>>['default']> | undefined;
  const pauses = new Pauses(PAUSES);
  let hasPainted = false;
  let lostTimer: ReturnType<typeof setTimeout> | undefined;

  const removePictures = () => {
    for (const picture of element.querySelectorAll('[data-last-picture]')) picture.remove();
  };

  async function connectOnce(): Promise<{ wasPainted: boolean; isBroken: boolean }> {
    const { default: RFB } = await loadRfb();
    if (signal.aborted) return { wasPainted: false, isBroken: false };
    const ended = Promise.withResolvers<void>();
    let isBroken = false;
    const onBroken = (error: unknown) => {
      isBroken = true;
      console.warn('The screen is not one:', error);
      live.disconnect();
    };
    const limits = { pace: new Pace(), mayCopyOut: () => powers.clipboardOut, onBroken };
    const live = new RFB(element, guardChannel(carrier.openDisplay(sessionId), limits), { shared: true });
    holdToLimits(live, limits);
    const canvas = element.querySelector('canvas:not([data-last-picture])');
    // noVNC hears of a key that is let go only while its canvas has the focus, and lets go of all when the window loses it.
    canvas?.addEventListener('blur', () => window.dispatchEvent(new Event('blur')));
    let isPainted = false;
    rfb = live;
    live.background = 'transparent';
    live.scaleViewport = isScaled;
    live.resizeSession = true;
    live.viewOnly = powers.isViewOnly;
    clipboard.attach(live);
    live.addEventListener('disconnect', () => ended.resolve(), { once: true });
    live.addEventListener('connect', () => {
      if (document.activeElement === null || document.activeElement === document.body) live.focus();
    });
    onFirstPaint(live, () => {
      isPainted = true;
      hasPainted = true;
      clearTimeout(lostTimer);
      removePictures();
      onState('painted');
      performance.mark('first-pixel');
    });
    const stop = () => live.disconnect();
    signal.addEventListener('abort', stop, { once: true });
    await ended.promise;
    signal.removeEventListener('abort', stop);
    rfb = undefined;
    clipboard.detach();
    if (isPainted && canvas instanceof HTMLCanvasElement) {
      // noVNC takes its canvas out of the page; the picture in it is still the last one.
      removePictures();
      canvas.dataset['lastPicture'] = '';
      canvas.setAttribute('aria-hidden', 'true');
      canvas.style.cursor = 'default';
      element.append(canvas);
    }
    // What broke it once may do so again at once: no hurry then.
    return { wasPainted: isPainted, isBroken };
  }

  async function run(): Promise<void> {
    onState('connecting');
    while (!signal.aborted) {
      let wasPainted = false;
      let isBroken = false;
      try {
        ({ wasPainted, isBroken } = await connectOnce());
      } catch {
        // The carrier has no connection to the core at the moment: the same as a stream that breaks.
      }
      if (signal.aborted) return;
      if (isBroken) pauses.slowDown();
      else if (wasPainted) pauses.reset();
      if (hasPainted) {
        clearTimeout(lostTimer);
        lostTimer = setTimeout(() => onState('lost'), wasPainted ? LOST_AFTER_MS : 0);
      }
      await pauses.next(signal);
    }
  }
  void run();

  return {
    setScaled: (next) => {
      isScaled = next;
      if (rfb !== undefined) rfb.scaleViewport = next;
    },
    setPowers: (next) => {
      powers = next;
      clipboard.setPowers(next);
      if (rfb !== undefined) rfb.viewOnly = next.isViewOnly;
    },
    focus: () => rfb?.focus({ preventScroll: true }),
    retryNow: () => pauses.hurry(),
    close: () => {
      closing.abort();
      clipboard.close();
      clearTimeout(lostTimer);
    },
  };
}
