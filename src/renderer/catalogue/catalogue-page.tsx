// The chosen peer's offers: a grid of icons with search and categories.
import { Alert, Button, Text } from '@mantine/core';
import { IconAlertTriangle, IconBan, IconInfoCircle, IconPlugConnectedX } from '@tabler/icons-react';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { PeerId } from '../../contract/ids.ts';
import type { Offer } from '../../contract/offers.ts';
import { sayProblem } from '../../messages/messages.ts';
import { CategoryChips } from '../components/category-chips.tsx';
import { Hint } from '../components/hint.tsx';
import { formatNumber } from '../lib/format.ts';
import { isImpersonated } from '../lib/peers.ts';
import { useFoundOffers } from '../lib/use-found-offers.ts';
import type { ScreenProps } from '../screen.ts';
import { useAction, useCore, useTopic } from '../use-core.tsx';
import { goTo } from '../use-page.ts';
import { CatalogueGap } from './catalogue-gap.tsx';
import { CatalogueSearch } from './catalogue-search.tsx';
import { OfferGrid } from './offer-grid.tsx';
import { PeerHead } from './peer-head.tsx';
import './catalogue-page.css';

const NO_OFFERS: readonly Offer[] = [];

export function CataloguePage({ page: { peerId }, house }: ScreenProps<'peer'>) {
  return <Catalogue key={peerId} peerId={peerId} onRetry={house.onRetryPeer} />;
}

function Catalogue({ peerId, onRetry }: { peerId: PeerId; onRetry: () => void }) {
  const { t } = useTranslation();
  const core = useCore();
  const peer = useTopic('peers').find((one) => one.id === peerId);
  const catalogue = useTopic('catalogues')[peerId];
  const { run } = useAction();
  const offers = catalogue ?? NO_OFFERS;
  const { found, categories, query, setQuery, category, setCategory } = useFoundOffers(offers);

  useEffect(() => {
    if (category !== 'all' && !categories.some((one) => one.category === category)) setCategory('all');
  }, [category, categories, setCategory]);

  if (peer === undefined)
    return (
      <Hint
        isPage
        icon={<IconPlugConnectedX size={32} />}
        title={t('ui.catalogue.goneTitle')}
        text={t('ui.catalogue.gone')}
      >
        <Button mt="md" variant="light" onClick={() => goTo({ page: 'home' })}>
          {t('ui.catalogue.back')}
        </Button>
      </Hint>
    );

  if (peer.isBlocked)
    return (
      <div className="catalogue">
        <PeerHead peer={peer} />
        <Hint
          icon={<IconBan size={32} />}
          title={t('ui.peer.blockedTitle', { peer: peer.name })}
          text={t('ui.peer.blocked')}
        >
          <Button
            mt="md"
            variant="light"
            onClick={async () => {
              if (await run(() => core.call('peers.block', { peerId, isBlocked: false }))) onRetry();
            }}
          >
            {t('ui.peer.unblock')}
          </Button>
        </Hint>
      </div>
    );

  return (
    <div className="catalogue">
      <PeerHead peer={peer} />
      {peer.warning !== null && !peer.isBlocked && (
        <Alert
          color="yellow"
          icon={<IconAlertTriangle size={18} />}
          className="catalogue-note"
          title={t('ui.peer.warningTitle')}
        >
          {t(`ui.peer.warning.${peer.warning}`, { peer: peer.claimedName })}
        </Alert>
      )}
      {catalogue !== undefined && offers.length > 0 && (
        <div className="catalogue-tools">
          <CatalogueSearch peerName={peer.name} query={query} onChange={setQuery} />
          <CategoryChips categories={categories} total={offers.length} value={category} onChange={setCategory} />
        </div>
      )}
      {catalogue !== undefined && isImpersonated(peer) && (
        <Alert
          color="red"
          icon={<IconAlertTriangle size={18} />}
          className="catalogue-note"
          title={t('ui.catalogue.impostorTitle', { peer: peer.name })}
        >
          {peer.problem !== null && sayProblem(peer.problem)}
        </Alert>
      )}
      {catalogue !== undefined && peer.presence === 'offline' && offers.length > 0 && (
        <Alert color="yellow" icon={<IconInfoCircle size={18} />} className="catalogue-note">
          {t('ui.catalogue.offlineNote', { peer: peer.name })}
        </Alert>
      )}

      <CatalogueGap
        peer={peer}
        isLoaded={catalogue !== undefined}
        hasOffers={offers.length > 0}
        hasMatches={found.length > 0}
        query={query}
        onRetry={onRetry}
        onClear={() => {
          setQuery('');
          setCategory('all');
        }}
      />
      {peer.isCatalogueCut && offers.length > 0 && (
        <Text size="sm" role="note" className="catalogue-cut">
          {t('ui.catalogue.cut', { peer: peer.name, number: formatNumber(offers.length) })}
        </Text>
      )}
      {found.length > 0 && (
        <Text size="xs" c="dimmed" role="status" className="catalogue-count">
          {query === '' ? '' : t('ui.catalogue.found', { count: found.length, total: formatNumber(found.length) })}
        </Text>
      )}
      <OfferGrid peer={peer} offers={offers} found={found} />
    </div>
  );
}
