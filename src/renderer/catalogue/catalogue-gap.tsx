// What stands in place of the grid while there is nothing in it.
import { Button, Skeleton } from '@mantine/core';
import { IconAlertTriangle, IconApps, IconMoodEmpty, IconPlugConnectedX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Peer } from '../../contract/peers.ts';
import { sayProblem } from '../../messages/messages.ts';
import { Hint } from '../components/hint.tsx';
import { isImpersonated } from '../lib/peers.ts';

interface CatalogueGapProps {
  readonly peer: Peer;
  readonly isLoaded: boolean;
  readonly hasOffers: boolean;
  readonly hasMatches: boolean;
  readonly query: string;
  readonly onRetry: () => void;
  readonly onClear: () => void;
}

export function CatalogueGap({ peer, isLoaded, hasOffers, hasMatches, query, onRetry, onClear }: CatalogueGapProps) {
  const { t } = useTranslation();
  if (!isLoaded && (peer.problem !== null || peer.connection === 'failed'))
    return (
      <Hint
        icon={isImpersonated(peer) ? <IconAlertTriangle size={32} /> : <IconPlugConnectedX size={32} />}
        title={t(isImpersonated(peer) ? 'ui.catalogue.impostorTitle' : 'ui.catalogue.failedTitle', { peer: peer.name })}
        text={sayProblem(peer.problem ?? { code: 'peer-unreachable', params: {} })}
      >
        <Button mt="md" variant="light" onClick={onRetry}>
          {t('ui.common.tryAgain')}
        </Button>
      </Hint>
    );
  if (!isLoaded)
    return (
      <div className="tiles" role="status" aria-label={t('ui.catalogue.loading', { peer: peer.name })}>
        {Array.from({ length: 12 }, (_, index) => (
          <div className="tile" key={index}>
            <Skeleton height={56} width={56} radius="lg" />
            <Skeleton height={12} width={72} mt={10} />
          </div>
        ))}
      </div>
    );
  if (!hasOffers)
    return (
      <Hint
        icon={<IconApps size={32} />}
        title={t('ui.catalogue.emptyTitle', { peer: peer.name })}
        text={t('ui.catalogue.empty', { peer: peer.name })}
      />
    );
  if (!hasMatches)
    return (
      <Hint
        icon={<IconMoodEmpty size={32} />}
        title={t('ui.catalogue.noMatchTitle')}
        text={t('ui.catalogue.noMatch', { query, peer: peer.name })}
      >
        <Button mt="md" variant="light" onClick={onClear}>
          {t('ui.catalogue.showAll')}
        </Button>
      </Hint>
    );
  return null;
}
