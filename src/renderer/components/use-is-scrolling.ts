// Whether a box has more in it than it shows: what scrolls must be reachable by keyboard.
import { type RefObject, useEffect, useState } from 'react';

/** @param content what decides about the children of the box */
export function useIsScrolling(element: RefObject<HTMLElement | null>, content: unknown = null): boolean {
  const [isScrolling, setScrolling] = useState(false);
  useEffect(() => {
    const box = element.current;
    if (box === null) return;
    const observer = new ResizeObserver(() => setScrolling(box.scrollHeight > box.clientHeight + 1));
    for (const part of [box, ...box.children]) observer.observe(part);
    return () => observer.disconnect();
  }, [element, content]);
  return isScrolling;
}
