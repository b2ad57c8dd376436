// One offer of this computer: what it is, who sees it, and whether it is shared.
import { Badge, Button, Switch, Text } from '@mantine/core';
import { IconEye } from '@tabler/icons-react';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import type { OwnOffer } from '../../contract/offers.ts';
import { OfferIcon } from '../components/offer-icon.tsx';
import { OwnSandboxBadge } from './app-details.tsx';

interface OwnOfferRowProps {
  readonly offer: OwnOffer;
  readonly onShare: (offerIds: OwnOffer['id'][], isShared: boolean) => void;
  readonly onAudience: (offerId: OwnOffer['id']) => void;
}

export const OwnOfferRow = memo(function OwnOfferRow({ offer, onShare, onAudience }: OwnOfferRowProps) {
  const { t } = useTranslation();
  const { audience, details } = offer;
  const about = details.kind === 'app' ? details.command : '';
  const who =
    audience?.who === 'chosen'
      ? t('ui.audience.chosenCount', { count: audience.peerIds.length })
      : t(`ui.audience.${audience?.who ?? 'inherited'}.name`);
  return (
    <li className="own-row">
      <OfferIcon offer={offer} sizePx={36} />
      <div className="own-text">
        <div className="ellipsis own-name" title={offer.name}>
          {offer.name}
        </div>
        <div className="ellipsis own-summary" title={`${about}\n${offer.source}`.trim()}>
          {offer.summary === '' ? about : offer.summary}
        </div>
        {offer.obstacle !== null && (
          <Text size="xs" className="own-obstacle" id={`obstacle-${offer.id}`}>
            <Badge size="sm" variant="light" color="yellow" tt="none" mr={6}>
              {t('ui.obstacle.badge')}
            </Badge>
            {t(`ui.obstacle.${offer.obstacle}`)}
          </Text>
        )}
        {offer.obstacle === null && details.kind === 'app' && <OwnSandboxBadge ownSandbox={details.ownSandbox} />}
      </div>
      <Button
        size="compact-sm"
        variant={audience === null ? 'subtle' : 'light'}
        color={audience === null ? 'gray' : 'pool'}
        className="own-who"
        leftSection={<IconEye size={16} />}
        aria-label={t('ui.audience.change', { offer: offer.name, who })}
        onClick={() => onAudience(offer.id)}
      >
        <span className="own-who-name">{who}</span>
      </Button>
      <Switch
        checked={offer.isShared}
        disabled={offer.obstacle !== null}
        aria-describedby={offer.obstacle === null ? undefined : `obstacle-${offer.id}`}
        onChange={(event) => onShare([offer.id], event.currentTarget.checked)}
        aria-label={t('ui.own.shareWhat', { offer: offer.name })}
      />
    </li>
  );
});
