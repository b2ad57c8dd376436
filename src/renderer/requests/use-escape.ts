// Escape in a request: one step back.
import { type RefObject, useEffect, useRef } from 'react';

/** Escape inside the card, or while nothing has the focus. */
export function useEscape(card: RefObject<HTMLElement | null>, act: () => void): void {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const { activeElement } = document;
      if (event.key !== 'Escape' || event.defaultPrevented || event.repeat || !event.isTrusted) return;
      if (activeElement !== document.body && card.current?.contains(activeElement) !== true) return;
      latest.current();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [card]);
}
