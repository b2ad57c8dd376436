// Which of a program's windows a viewer is named for, and how the person goes from one to the next.
import type { ProgramWindow } from '../../contract/sessions.ts';
import { shorten } from '../lib/format.ts';

/** Security: what comes after a title, the peer's name, is in sight however long the title is. */
const MAX_TITLE_CHARS = 60;

/**
 * The title of the document in front. A dialog is no document: what counts is the window that it belongs to and, where the host does not
 * tell that, the one that was in front before.
 * @param lastId the window that was the document so far
 * @returns null where no window has a title
 */
export function documentOf(
  windows: readonly ProgramWindow[],
  lastId: number | null,
): { readonly id: number; readonly title: string } | null {
  const documents = windows.filter(({ title, isDialog }) => title !== '' && !isDialog);
  const front = ownerOf(
    windows,
    windows.find(({ isActive }) => isActive),
  );
  const found =
    documents.find(({ id }) => id === front?.id) ?? documents.find(({ id }) => id === lastId) ?? documents[0];
  return found === undefined ? null : { id: found.id, title: shorten(found.title, MAX_TITLE_CHARS) };
}

function ownerOf(windows: readonly ProgramWindow[], window: ProgramWindow | undefined): ProgramWindow | undefined {
  const parent = windows.find(({ id }) => id === window?.parentId);
  return parent === undefined ? window : ownerOf(windows, parent);
}

/** Each window followed by those that belong to it, and else in the order in which they appeared. */
export function sortByOwner(windows: readonly ProgramWindow[]): readonly ProgramWindow[] {
  const withTheirs = (one: ProgramWindow): readonly ProgramWindow[] => [
    one,
    ...windows.filter(({ parentId }) => parentId === one.id).flatMap(withTheirs),
  ];
  const ids = new Set<number | null | undefined>(windows.map(({ id }) => id));
  return windows.filter(({ parentId }) => !ids.has(parentId)).flatMap(withTheirs);
}

/** The window after the active one, or before it, in a circle. */
export function neighbourOf(windows: readonly ProgramWindow[], step: 1 | -1): ProgramWindow | undefined {
  const at = windows.findIndex(({ isActive }) => isActive);
  if (at === -1) return windows[0];
  const next = windows[(at + step + windows.length) % windows.length];
  return next?.isActive === true ? undefined : next;
}
