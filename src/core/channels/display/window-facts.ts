// What one window of a program says of itself, as its X properties tell (EWMH 1.5, ICCCM).
import { titleOfWindow } from './window-titles.ts';
import type { X11Client } from './x11-client.ts';
import { type Property, readNumbers } from './x11-stream.ts';

/** In units of four bytes. */
const TITLE_WORDS = 200;

export const ATOMS = [
  '_NET_SUPPORTING_WM_CHECK',
  '_NET_CLIENT_LIST',
  '_NET_ACTIVE_WINDOW',
  '_NET_WM_NAME',
  'WM_NAME',
  'WM_TRANSIENT_FOR',
  '_NET_WM_WINDOW_TYPE',
  '_NET_WM_WINDOW_TYPE_NORMAL',
  '_NET_WM_WINDOW_TYPE_DIALOG',
  '_NET_WM_STATE',
  '_NET_WM_STATE_HIDDEN',
  '_NET_WM_STATE_MODAL',
  '_NET_WM_STATE_MAXIMIZED_VERT',
  '_NET_MOVERESIZE_WINDOW',
  'WM_PROTOCOLS',
  'WM_DELETE_WINDOW',
] as const;
export type Atoms = Readonly<Record<(typeof ATOMS)[number], number>>;

/** What a window says of itself. */
export interface Facts {
  readonly title: string;
  /** Neither a menu, a tool box nor a splash screen. */
  readonly isListed: boolean;
  readonly isDialog: boolean;
  /** 0 for none. */
  readonly parentId: number;
  readonly isHidden: boolean;
  readonly isMaximised: boolean;
  readonly canClose: boolean;
}

/** Reads them anew. */
export async function readFacts(client: X11Client, atoms: Atoms, window: number): Promise<Facts> {
  const get = (name: (typeof ATOMS)[number], words: number) => client.getProperty(window, atoms[name], words);
  const [name, oldName, parent, types, states, protocols] = await Promise.all([
    get('_NET_WM_NAME', TITLE_WORDS),
    get('WM_NAME', TITLE_WORDS),
    get('WM_TRANSIENT_FOR', 1),
    get('_NET_WM_WINDOW_TYPE', 8),
    get('_NET_WM_STATE', 32),
    get('WM_PROTOCOLS', 16),
  ]);
  const isType = readNumbers(types);
  const isOf = readNumbers(states);
  const parentId = readNumbers(parent)[0] ?? 0;
  const isDialogType = isType.includes(atoms._NET_WM_WINDOW_TYPE_DIALOG);
  return {
    title: titleOfWindow(textOf(name) || oldTextOf(oldName)),
    isListed: isType.length === 0 || isType.includes(atoms._NET_WM_WINDOW_TYPE_NORMAL) || isDialogType,
    isDialog: isDialogType || parentId !== 0 || isOf.includes(atoms._NET_WM_STATE_MODAL),
    parentId,
    isHidden: isOf.includes(atoms._NET_WM_STATE_HIDDEN),
    isMaximised: isOf.includes(atoms._NET_WM_STATE_MAXIMIZED_VERT),
    canClose: readNumbers(protocols).includes(atoms.WM_DELETE_WINDOW),
  };
}

function textOf(property: Property | undefined): string {
  return property?.format === 8 ? property.value.toString('utf8') : '';
}

/** ICCCM: Latin-1, or compound text, in which what Latin-1 lacks is set off as UTF-8. */
function oldTextOf(property: Property | undefined): string {
  if (property?.format !== 8) return '';
  const [latin = '', ...parts] = property.value.toString('latin1').split('\u001b%G');
  const texts = parts.map((part) => {
    const [letters = '', after = ''] = part.split('\u001b%@');
    return Buffer.from(letters, 'latin1').toString('utf8') + after;
  });
  return latin + texts.join('');
}
