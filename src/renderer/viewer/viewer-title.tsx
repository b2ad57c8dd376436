// The title of a viewer window: of the document in front where the host tells it, else of the program, and always whose it is.
import { Title } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Offer } from '../../contract/offers.ts';
import type { Session } from '../../contract/sessions.ts';
import { type Party, peerLabel } from '../../messages/peer-label.ts';
import { documentOf } from './window-titles.ts';

interface ViewerTitleProps {
  readonly session: Session | undefined;
  readonly offer: Pick<Offer, 'name'>;
  readonly party: Party;
}

/** In the window's bar; the system is told, too. */
export function ViewerTitle({ session, offer, party }: ViewerTitleProps) {
  const { t } = useTranslation();
  const documentTitle = useDocument(session);
  const titleWith = (label: string) =>
    documentTitle !== null
      ? t('ui.viewer.titleDocument', { window: documentTitle, peer: label })
      : t(isPossessive(party.peerName) || label !== party.peerName ? 'ui.viewer.titleOwned' : 'ui.viewer.title', {
          offer: offer.name,
          peer: label,
        });
  const peerName = peerLabel(party, { isMarked: true });
  const title = titleWith(peerName);
  // Where the system shows it there is no mark beside it.
  const windowTitle = titleWith(peerLabel(party));
  useEffect(() => {
    document.title = windowTitle;
  }, [windowTitle]);
  return (
    <Title order={1} className="viewer-title ellipsis" title={title}>
      {documentTitle === null ? (
        title
      ) : (
        // Security: a title is the program's own text. It cannot push the name of the peer out of sight.
        <>
          <bdi className="viewer-document ellipsis">{documentTitle}</bdi>
          <span className="viewer-peer ellipsis">{t('ui.viewer.titlePeer', { peer: peerName })}</span>
        </>
      )}
    </Title>
  );
}

/** The title of the document in front. */
function useDocument(session: Session | undefined): string | null {
  const lastId = useRef<number | null>(null);
  if (session === undefined || session.state === 'ended') return null;
  const found = documentOf(session.windows, lastId.current);
  lastId.current = found?.id ?? lastId.current;
  return found?.title ?? null;
}

/** “Bob’s workstation” is the name of a computer, “Bob” that of a person. */
function isPossessive(name: string): boolean {
  return /[’']s /.test(name);
}
