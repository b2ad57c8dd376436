// How large the remote screen is to be made for a viewer window.
import type { Size } from '../../contract/sessions.ts';

/** Height of the viewer's toolbar; the style sheet uses the same. */
export const TOOLBAR_HEIGHT_PX = 40;

/** A window that is not laid out yet has no size: this is what is asked for then. */
const DEFAULT: Size = { width: 1000, height: 700 };

/** The size of the remote screen in a window with the given inner size, within what the contract allows. */
export function screenSize(innerWidth: number, innerHeight: number): Size {
  if (innerWidth === 0 || innerHeight === 0) return DEFAULT;
  const clamp = (value: number) => Math.min(8192, Math.max(64, Math.round(value)));
  return { width: clamp(innerWidth), height: clamp(innerHeight - TOOLBAR_HEIGHT_PX) };
}
