// Which window this page is, and which page the main window shows.

import {
  type OfferId,
  offerIdSchema,
  type PeerId,
  peerIdSchema,
  type RequestId,
  requestIdSchema,
  type SessionId,
  sessionIdSchema,
} from '../../contract/ids.ts';
import { type Powers, powersSchema } from '../../contract/powers.ts';
import { type View, viewSchema } from '../../contract/views.ts';

export interface Launch {
  readonly peerId: PeerId;
  readonly offerId: OfferId;
  readonly view: View;
  /** What is asked for beyond the program alone. */
  readonly powers?: Powers;
}

export type WindowRoute =
  | { readonly window: 'main' }
  | { readonly window: 'popup' }
  | {
      readonly window: 'viewer';
      readonly launch: Launch | null;
      readonly askId: RequestId | null;
      readonly sessionId: SessionId | null;
    };

/** Reads the query of the page's address (ARCHITECTURE.md, "Windows and routes"). */
export function parseWindowRoute(search: string): WindowRoute {
  const query = new URLSearchParams(search);
  switch (query.get('window')) {
    case 'popup':
      return { window: 'popup' };
    case 'viewer': {
      const peerId = peerIdSchema.safeParse(query.get('launch'));
      const offerId = offerIdSchema.safeParse(query.get('offer'));
      const view = viewSchema.safeParse(query.get('view') ?? 'viewer');
      return {
        window: 'viewer',
        launch:
          peerId.success && offerId.success && view.success
            ? { peerId: peerId.data, offerId: offerId.data, view: view.data, ...readPowers(query.get('powers')) }
            : null,
        askId: requestIdSchema.safeParse(query.get('ask')).data ?? null,
        sessionId: sessionIdSchema.safeParse(query.get('session')).data ?? null,
      };
    }
    default:
      return { window: 'main' };
  }
}

function readPowers(text: string | null): { powers?: Powers } {
  if (text === null) return {};
  try {
    return { powers: powersSchema.parse(JSON.parse(text)) };
  } catch {
    // Without them nothing is asked for beyond the program, which is the safe way to be wrong.
    return {};
  }
}

export function viewerQuery(
  target: { readonly launch: Launch } | { readonly askId: RequestId } | { readonly sessionId: SessionId },
): string {
  const query = new URLSearchParams({ window: 'viewer' });
  if ('launch' in target) {
    query.set('launch', target.launch.peerId);
    query.set('offer', target.launch.offerId);
    query.set('view', target.launch.view);
    if (target.launch.powers !== undefined) query.set('powers', JSON.stringify(target.launch.powers));
  } else if ('askId' in target) query.set('ask', target.askId);
  else query.set('session', target.sessionId);
  return `?${query}`;
}

export const settingsSections = ['general', 'sharing', 'people', 'rules', 'network', 'check', 'logs'] as const;
export type SettingsSection = (typeof settingsSections)[number];

export type Page =
  | { readonly page: 'home' }
  | { readonly page: 'own' }
  | { readonly page: 'history' }
  | { readonly page: 'peer'; readonly peerId: PeerId }
  | { readonly page: 'settings'; readonly section: SettingsSection };

/** Reads the fragment of the main window's address, so that Back works and a reload stays where it was. */
export function parsePage(hash: string): Page {
  const [name, value = ''] = hash.replace(/^#/, '').split('/', 2);
  if (name === 'this-computer') return { page: 'own' };
  if (name === 'history') return { page: 'history' };
  if (name === 'settings')
    return { page: 'settings', section: settingsSections.find((section) => section === value) ?? 'general' };
  if (name === 'peer') {
    const peerId = peerIdSchema.safeParse(decode(value));
    if (peerId.success) return { page: 'peer', peerId: peerId.data };
  }
  return { page: 'home' };
}

export function pageHash(page: Page): string {
  if (page.page === 'own') return '#this-computer';
  if (page.page === 'history') return '#history';
  if (page.page === 'settings') return `#settings/${page.section}`;
  if (page.page === 'peer') return `#peer/${encodeURIComponent(page.peerId)}`;
  return '#';
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
