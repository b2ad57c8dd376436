// F6 goes to the request from anywhere in the page, and back to where the focus was.
import { type RefObject, useCallback, useEffect, useRef } from 'react';

/**
 * @param open shows the request where it was made small
 * @returns `comeBack` shows it and goes to it; `leave` goes back to where the focus was before
 */
export function useRequestKey(box: RefObject<HTMLElement | null>, open: () => void) {
  const origin = useRef<HTMLElement | null>(null);
  const opened = useRef(open);
  opened.current = open;

  const comeBack = useCallback(() => {
    const { activeElement } = document;
    if (activeElement instanceof HTMLElement && box.current?.contains(activeElement) === false)
      origin.current = activeElement;
    opened.current();
    // What was small is drawn first.
    requestAnimationFrame(() => box.current?.querySelector<HTMLElement>('.request-title')?.focus());
  }, [box]);

  const leave = useCallback(() => {
    // When nobody came by key, the small button has the focus: it is where the card was.
    const target = origin.current?.isConnected === true && origin.current !== document.body ? origin.current : null;
    const isInside = box.current?.contains(document.activeElement) === true;
    requestAnimationFrame(() => {
      if (isInside) (target ?? box.current?.querySelector<HTMLElement>('.request-shrunk'))?.focus();
    });
    origin.current = null;
  }, [box]);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'F6' || event.repeat || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey)
        return;
      if (box.current === null) return;
      event.preventDefault();
      const isInside = box.current.contains(document.activeElement);
      const isShown = box.current.querySelector('.request-shrunk') === null;
      if (isInside && isShown) leaveCard(origin.current);
      else comeBack();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [box, comeBack]);

  return { comeBack, leave };
}

function leaveCard(origin: HTMLElement | null): void {
  const target = origin?.isConnected === true && origin !== document.body ? origin : document.getElementById('content');
  if (target === null) (document.activeElement as HTMLElement | null)?.blur();
  else target.focus();
}
