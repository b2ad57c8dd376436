// When the press that makes a click began, since when this window has the focus, and since when the pointer is over it.
import { ARMING_MS } from '../../contract/arming.ts';

let press = { beganAt: Number.NEGATIVE_INFINITY, isKey: false };
let focusedAt = Number.NEGATIVE_INFINITY;
let pointerCameAt = Number.POSITIVE_INFINITY;

/** Whether the pointer rests over this window, so that a click in it is aimed at what it shows. */
function isPointerAtRest(now: number): boolean {
  return now - pointerCameAt >= ARMING_MS;
}

/** Calls back when this window gets the focus in a way that no person who looks at it may have meant. */
export function onSuddenFocus(listener: () => void): () => void {
  const onFocus = (event: Event) => {
    if (!isPointerAtRest(event.timeStamp)) listener();
  };
  window.addEventListener('focus', onFocus);
  return () => window.removeEventListener('focus', onFocus);
}

/**
 * Security: whether the click that comes now was begun after `armedAt` (a time of `performance.now`) by somebody who looks at
 * this window. A press that began before counts for what was there then. When a window that
 * covered this one closes, this one gets the focus, and with it the second click of a double click or the next key ("double-clickjacking").
 */
export function isPressMeant(armedAt: number): boolean {
  if (press.beganAt < armedAt) return false;
  const isFocusNew = press.beganAt - focusedAt < ARMING_MS;
  return !isFocusNew || (!press.isKey && isPointerAtRest(press.beganAt));
}

function follow(): void {
  const onPress = ({ timeStamp, isTrusted }: Event, isKey: boolean) => {
    if (isTrusted) press = { beganAt: timeStamp, isKey };
  };
  const options = { capture: true, passive: true } as const;
  for (const name of ['pointerdown', 'mousedown'])
    window.addEventListener(name, (event) => onPress(event, false), options);
  window.addEventListener('keydown', (event) => !event.repeat && onPress(event, true), options);
  window.addEventListener('focus', ({ timeStamp }) => {
    focusedAt = timeStamp;
  });
  document.documentElement.addEventListener('mouseenter', ({ timeStamp }) => {
    pointerCameAt = timeStamp;
  });
  document.documentElement.addEventListener('mouseleave', () => {
    pointerCameAt = Number.POSITIVE_INFINITY;
  });
}
follow();
