// Finds the moment when the first pixels of the remote program are on the screen.
import type RFB from '@novnc/novnc';

interface RfbInside {
  _handleDataRect?: () => unknown;
  _display?: { flip?: (fromQueue?: boolean) => void; pending?: () => boolean };
}

/**
 * Calls back once, after the first framebuffer update with pixels in it (RFC 6143, 7.6.1) has been drawn.
 * noVNC has no event for it, so its decoder and its flip to the visible canvas are wrapped; should a later
 * version name them otherwise, its `connect` event and two frames have to do.
 */
export function onFirstPaint(rfb: RFB, listener: () => void): void {
  const inside = rfb as unknown as RfbInside;
  const display = inside._display;
  const handleDataRect = inside._handleDataRect;
  const flip = display?.flip;
  let isDone = false;
  const done = () => {
    if (isDone) return;
    isDone = true;
    listener();
  };
  if (display === undefined || handleDataRect === undefined || flip === undefined) {
    rfb.addEventListener('connect', () => requestAnimationFrame(() => requestAnimationFrame(done)), { once: true });
    return;
  }
  let hasPixels = false;
  inside._handleDataRect = () => {
    hasPixels = true;
    delete inside._handleDataRect;
    return handleDataRect.call(rfb);
  };
  display.flip = (fromQueue) => {
    flip.call(display, fromQueue);
    // Behind images that are still being decoded the flip only joins the queue.
    if (!hasPixels || (fromQueue !== true && display.pending?.() === true)) return;
    delete display.flip;
    done();
  };
}
