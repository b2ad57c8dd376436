// Ctrl+K: finds an offer of any open peer, a peer, or a page by typing.
import { Spotlight, type SpotlightActionGroupData } from '@mantine/spotlight';
import { IconSearch } from '@tabler/icons-react';
import { useDeferredValue, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { OfferIcon } from '../components/offer-icon.tsx';
import { PresenceDot, VerifiedMark } from '../components/peer-mark.tsx';
import { tellApart, viewsOf } from '../lib/offers.ts';
import { markedName, sortPeers } from '../lib/peers.ts';
import { menuEntries } from '../screens.tsx';
import { useAction, useCore, useTopic } from '../use-core.tsx';
import { goTo } from '../use-page.ts';
import { launchOffer } from './launch.ts';

export function CommandPalette() {
  const { t } = useTranslation();
  const core = useCore();
  const { run } = useAction();
  const peers = useDeferredValue(useTopic('peers'));
  const catalogues = useDeferredValue(useTopic('catalogues'));
  const actions = useMemo<SpotlightActionGroupData[]>(() => {
    const sorted = sortPeers(peers);
    return [
      {
        group: t('ui.palette.offers'),
        actions: sorted.flatMap((peer) => {
          const offers = catalogues[peer.id] ?? [];
          const hints = tellApart(offers);
          return offers.flatMap((offer) => {
            const [view] = viewsOf(offer);
            if (view === undefined) return [];
            return {
              id: `${peer.id} ${offer.id}`,
              label: offer.name,
              description: [hints.get(offer.id), t('ui.palette.onPeer', { peer: markedName(peer) })]
                .filter(Boolean)
                .join(' · '),
              keywords: [offer.summary, ...offer.keywords],
              leftSection: <OfferIcon offer={offer} sizePx={28} />,
              rightSection: <VerifiedMark isVerified={peer.isVerified} />,
              onClick: () => void run(() => launchOffer(core, { peerId: peer.id, offerId: offer.id, view })),
            };
          });
        }),
      },
      {
        group: t('ui.peers.title'),
        actions: sorted.map((peer) => ({
          id: peer.id,
          label: markedName(peer),
          description: peer.addresses[0] ?? '',
          leftSection: <PresenceDot isOnline={peer.presence === 'online'} />,
          rightSection: <VerifiedMark isVerified={peer.isVerified} />,
          onClick: () => goTo({ page: 'peer', peerId: peer.id }),
        })),
      },
      {
        group: t('ui.palette.pages'),
        actions: menuEntries.map(({ title, icon: Icon, leadsTo }) => ({
          id: leadsTo.page,
          label: t(title),
          leftSection: <Icon size={20} />,
          onClick: () => goTo(leadsTo),
        })),
      },
    ];
  }, [t, core, run, peers, catalogues]);

  return (
    <Spotlight
      actions={actions}
      shortcut="mod + K"
      limit={24}
      scrollable
      maxHeight={420}
      highlightQuery
      overlayProps={{ backgroundOpacity: 0.35, blur: 2 }}
      attributes={{ content: { 'aria-label': t('ui.palette.placeholder') } }}
      classNames={{ action: 'palette-action', actionDescription: 'palette-note' }}
      nothingFound={t('ui.palette.nothing')}
      searchProps={{
        leftSection: <IconSearch size={18} />,
        placeholder: t('ui.palette.placeholder'),
        'aria-label': t('ui.palette.placeholder'),
      }}
    />
  );
}
