// Which of a program's windows a viewer is named for, and how the person goes from one to the next.
import type { ProgramWindow } from '../../contract/models.ts';
import { shorten } from '../lib/format.ts';

/** Security: what comes after a title, the peer's name, is in sight however long the title is. */
const MAX_TITLE_CHARS = 60;

/**
 * The title of the document in front. A dialog is no document: behind it is the one that was in front before.
 * @param lastId the window that was the document so far
 * @returns null where no window has a title
 */
export function documentOf(
  windows: readonly ProgramWindow[],
  lastId: number | null,
): { readonly id: number; readonly title: string } | null {
  const documents = windows.filter(({ title, isDialog }) => title !== '' && !isDialog);
  const found = documents.find(({ isActive }) => isActive) ?? documents.find(({ id }) => id === lastId) ?? documents[0];
  return found === undefined ? null : { id: found.id, title: shorten(found.title, MAX_TITLE_CHARS) };
}

/** The window after the active one, or before it, in a circle. */
export function neighbourOf(windows: readonly ProgramWindow[], step: 1 | -1): ProgramWindow | undefined {
  const at = windows.findIndex(({ isActive }) => isActive);
  if (at === -1) return windows[0];
  const next = windows[(at + step + windows.length) % windows.length];
  return next?.isActive === true ? undefined : next;
}
