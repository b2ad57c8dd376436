// What a viewer window is about: who, what, and how far it has got.
import { useEffect, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import type { Ask } from '../../contract/asks.ts';
import type { PeerId, SessionId } from '../../contract/ids.ts';
import { nameInId } from '../../contract/kinds.ts';
import type { Offer } from '../../contract/offers.ts';
import type { Session } from '../../contract/sessions.ts';
import { type Party, partyOf } from '../../messages/peer-label.ts';
import { shortFingerprint } from '../lib/format.ts';
import type { Launch } from '../lib/route.ts';
import { useConnectionState, useTopic } from '../use-core.tsx';
import type { ViewerStart } from './start-viewer.ts';
import { type DisplayState, type ViewerPhase, viewerPhase } from './viewer-phase.ts';

export interface Viewer {
  readonly ask: Ask | undefined;
  readonly session: Session | undefined;
  readonly sessionId: SessionId | null;
  readonly phase: ViewerPhase;
  readonly peerId: PeerId | undefined;
  readonly party: Party;
  readonly offer: Pick<Offer, 'name' | 'icon'>;
  /** What to ask for once more; null where that is not known. */
  readonly launch: Launch | null;
}

export function useViewer(start: ViewerStart, display: DisplayState): Viewer {
  const { t } = useTranslation();
  const asks = useTopic('asks');
  const sessions = useTopic('sessions');
  const peers = useTopic('peers');
  const catalogues = useTopic('catalogues');
  const target = useSyncExternalStore(start.follow, start.read);
  const isCoreLost = useConnectionState() === 'lost';

  const ask = asks.find((one) => one.id === target.askId);
  const sessionId = target.sessionId ?? ask?.sessionId ?? null;
  const session = sessions.find((one) => one.id === sessionId);
  const isAsking = target.askId === null && target.sessionId === null && target.launch !== null;
  const phase = viewerPhase({ ask, session, problem: target.problem, isAsking, display, isCoreLost });

  const peerId = session?.peerId ?? ask?.peerId ?? target.launch?.peerId;
  const party = session ?? ask ?? partyOf(peers, { peerId: peerId ?? '', peerName: nameOfStranger(peerId) });
  const listed =
    peerId === undefined ? undefined : catalogues[peerId]?.find((one) => one.id === target.launch?.offerId);
  const unknown = {
    name: target.launch === null ? t('ui.viewer.program') : nameInId(target.launch.offerId),
    icon: null,
  };
  const offer = session?.offer ?? ask?.offer ?? listed ?? unknown;

  // What was asked for, and not what the person there left of it; after a reload the ask is found by its session.
  const asked = ask ?? asks.find((one) => one.sessionId !== null && one.sessionId === sessionId) ?? session;
  const launch =
    asked === undefined
      ? target.launch
      : { peerId: asked.peerId, offerId: asked.offer.id, view: asked.view, powers: asked.powers };

  const liveSessionId = session !== undefined && session.state !== 'ended' ? session.id : null;
  useEffect(() => {
    if (liveSessionId !== null && target.sessionId !== liveSessionId) start.setSession(liveSessionId);
  }, [liveSessionId, target.sessionId, start]);
  useEffect(() => {
    document.documentElement.dataset['viewer'] = phase.kind;
  }, [phase.kind]);

  return { ask, session, sessionId, phase, peerId, party, offer, launch };
}

function nameOfStranger(peerId: PeerId | undefined): string {
  return peerId === undefined ? '?' : shortFingerprint(peerId);
}
