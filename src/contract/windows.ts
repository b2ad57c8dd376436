// The windows that the one page can be, told apart by the query of its address (ARCHITECTURE.md, "Windows and routes").

export interface WindowRow {
  /** Whether it shows an ask or a session of this computer: a page of ours may open one, and whoever closes it ends what it shows. */
  readonly isOfSession: boolean;
  /** Whether its person may scan a code in it. */
  readonly hasCamera: boolean;
}

/** main: peers, offers and all settings. popup: requests that wait for an answer. viewer: what a session shows. */
const rows = {
  main: { isOfSession: false, hasCamera: true },
  popup: { isOfSession: false, hasCamera: false },
  viewer: { isOfSession: true, hasCamera: false },
} as const satisfies Readonly<Record<string, WindowRow>>;

export type WindowName = keyof typeof rows;

/** Which window the query of an address means: the main one where it names none, null where it names an unknown one. */
export function windowOf(query: Pick<URLSearchParams, 'get'>): WindowName | null {
  const name = query.get('window');
  if (name === null) return 'main';
  return name !== 'main' && Object.hasOwn(rows, name) ? (name as WindowName) : null;
}

/** What a window may do. One that is not ours may do nothing. */
export function rowOfWindow(name: WindowName | null): WindowRow {
  return name === null ? { isOfSession: false, hasCamera: false } : rows[name];
}
