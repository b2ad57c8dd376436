// Which window this page is, and what a viewer is about.
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
import { windowOf } from '../../contract/windows.ts';

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
  switch (windowOf(query) ?? 'main') {
    case 'main':
      return { window: 'main' };
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
