// What a program, or a host, says of its windows, made fit to be shown: titles and which window belongs to which.
import { MAX_TITLE_LENGTH, type ProgramWindow } from '../../../contract/sessions.ts';
import { toShowable } from '../../lib/text.ts';

/**
 * What a program calls its window, as it may be shown.
 * Security: a stranger chose the text, so the sign that separates it from our own words is removed.
 */
export function titleOfWindow(text: string): string {
  return toShowable(text.replace(/[·•‧∙⋅・･]/gu, '-'), MAX_TITLE_LENGTH);
}

/**
 * Every parent is a window of the same list, and none is its own ancestor.
 * Security: a program or a host may claim anything, and a walk from window to parent must always end.
 */
export function withSureParents(windows: readonly ProgramWindow[]): readonly ProgramWindow[] {
  const parents = new Map(windows.map(({ id, parentId }) => [id, parentId ?? 0]));
  const isSure = (id: number, parentId: number) => {
    let at: number | undefined = parentId;
    for (let steps = 0; steps < windows.length && at !== undefined && at !== id; steps += 1) at = parents.get(at);
    return parents.has(parentId) && at !== id;
  };
  return windows.map((window) => {
    const { id, parentId } = window;
    if (parentId === undefined || parentId === null || isSure(id, parentId)) return window;
    return { ...window, parentId: null };
  });
}
