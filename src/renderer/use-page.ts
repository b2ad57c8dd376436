// The main window's page, kept in the fragment of its address.
import { useMemo, useSyncExternalStore } from 'react';
import { type Page, pageHash, parsePage } from './lib/pages.ts';

function follow(listener: () => void): () => void {
  window.addEventListener('hashchange', listener);
  return () => window.removeEventListener('hashchange', listener);
}

export function usePage(): Page {
  const hash = useSyncExternalStore(follow, () => location.hash);
  return useMemo(() => parsePage(hash), [hash]);
}

export function goTo(page: Page): void {
  location.hash = pageHash(page);
}
