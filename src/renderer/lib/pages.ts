// The pages of the main window, each with its place in the fragment of the address, so that Back works and a reload stays where it was.
import { type PeerId, peerIdSchema } from '../../contract/ids.ts';

export const settingsSections = ['general', 'sharing', 'people', 'rules', 'network', 'check', 'logs'] as const;
export type SettingsSection = (typeof settingsSections)[number];

/** Each page, and what it is about. */
interface Pages {
  home: unknown;
  own: unknown;
  history: unknown;
  peer: { readonly peerId: PeerId };
  settings: { readonly section: SettingsSection };
}
export type PageName = keyof Pages;
export type PageOf<N extends PageName> = { readonly page: N } & Pages[N];
export type Page = { [N in PageName]: PageOf<N> }[PageName];

interface Address<N extends PageName> {
  /** The first word of the fragment; what the page is about follows it. */
  readonly name: string;
  read(about: string): PageOf<N> | null;
  write(page: PageOf<N>): string;
}

const addresses: { readonly [N in PageName]: Address<N> } = {
  home: { name: '', read: () => ({ page: 'home' }), write: () => '' },
  own: { name: 'this-computer', read: () => ({ page: 'own' }), write: () => '' },
  history: { name: 'history', read: () => ({ page: 'history' }), write: () => '' },
  peer: {
    name: 'peer',
    read: (about) => {
      const peerId = peerIdSchema.safeParse(about);
      return peerId.success ? { page: 'peer', peerId: peerId.data } : null;
    },
    write: ({ peerId }) => peerId,
  },
  settings: {
    name: 'settings',
    read: (about) => ({
      page: 'settings',
      section: settingsSections.find((section) => section === about) ?? 'general',
    }),
    write: ({ section }) => section,
  },
};

/** Reads the fragment of the main window's address; what is no page of ours is the start page. */
export function parsePage(hash: string): Page {
  const [name = '', about = ''] = hash.replace(/^#/, '').split('/', 2);
  const address = Object.values(addresses).find((one) => one.name === name);
  return address?.read(decode(about)) ?? { page: 'home' };
}

export function pageHash<N extends PageName>(page: PageOf<N>): string {
  const { name, write } = addresses[page.page];
  const about = write(page);
  return about === '' ? `#${name}` : `#${name}/${encodeURIComponent(about)}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
