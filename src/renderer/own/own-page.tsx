// This computer: what it shares, one by one, by category or all at once, and what could not be read.
import { Alert, Button, Group, Text, TextInput, Title } from '@mantine/core';
import { IconAlertTriangle, IconApps, IconInfoCircle, IconSearch } from '@tabler/icons-react';
import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { OwnOffer } from '../../contract/offers.ts';
import { CategoryChips } from '../components/category-chips.tsx';
import { Hint } from '../components/hint.tsx';
import { formatNumber } from '../lib/format.ts';
import { useFoundOffers } from '../lib/use-found-offers.ts';
import { useAction, useCore, useTopic } from '../use-core.tsx';
import { goTo } from '../use-page.ts';
import { AudienceFields } from './audience-fields.tsx';
import { BrokenEntries } from './broken-entries.tsx';
import { OfferAudience } from './offer-audience.tsx';
import { OwnOfferRow } from './own-offer-row.tsx';
import './own-page.css';

export function OwnPage() {
  const { t } = useTranslation();
  const core = useCore();
  const { offers, broken, leftOut } = useTopic('offers');
  const self = useTopic('self');
  const settings = useTopic('settings');
  const { run } = useAction();
  const [changing, setChanging] = useState<OwnOffer['id'] | null>(null);
  const { found, categories, query, setQuery, category, setCategory } = useFoundOffers(offers);
  const isFiltered = query.trim() !== '' || category !== 'all';
  const sharedCount = offers.filter((offer) => offer.isShared).length;

  const share = useCallback(
    (offerIds: 'all' | OwnOffer['id'][], isShared: boolean) =>
      void run(() => core.call('offers.share', { offerIds, isShared })),
    [core, run],
  );
  const shareFound = (isShared: boolean) => share(isFiltered ? found.map((offer) => offer.id) : 'all', isShared);

  return (
    <div className="own-page">
      <Title order={1} size="h3">
        {t('ui.own.title')}
      </Title>
      <Text c="dimmed" size="sm" maw={640}>
        {t('ui.own.text', { name: self.name })}
      </Text>

      {self.platform !== 'linux' && (
        <Alert icon={<IconInfoCircle size={18} />} mt="md">
          {t('ui.own.onlyLinux')}
        </Alert>
      )}
      {self.platform === 'linux' && !self.canShare && (
        <Alert color="yellow" icon={<IconAlertTriangle size={18} />} mt="md" title={t('ui.own.cannotShareTitle')}>
          <Text size="sm">{t('ui.own.cannotShare')}</Text>
          <Button
            size="compact-sm"
            variant="default"
            mt="xs"
            onClick={() => goTo({ page: 'settings', section: 'check' })}
          >
            {t('ui.own.whatIsMissing')}
          </Button>
        </Alert>
      )}
      {settings.isPaused && (
        <Alert color="yellow" icon={<IconInfoCircle size={18} />} mt="md">
          {t('ui.own.pausedNote')}
        </Alert>
      )}

      <div className="panel own-audience">
        <AudienceFields
          label={t('ui.audience.title')}
          audience={settings.audience}
          onChange={(audience) => audience !== null && void run(() => core.call('settings.update', { audience }))}
        />
      </div>

      {leftOut > 0 && (
        <Alert color="yellow" icon={<IconInfoCircle size={18} />} mt="md">
          {t('ui.own.leftOut', {
            count: leftOut,
            total: formatNumber(leftOut),
            shown: formatNumber(offers.length),
          })}
        </Alert>
      )}

      {offers.length === 0 ? (
        <Hint icon={<IconApps size={32} />} title={t('ui.own.emptyTitle')} text={t('ui.own.empty')} />
      ) : (
        <>
          <div className="own-tools">
            <TextInput
              className="own-search"
              type="search"
              aria-label={t('ui.own.search')}
              placeholder={t('ui.common.search')}
              leftSection={<IconSearch size={18} aria-hidden />}
              value={query}
              onChange={(event) => setQuery(event.currentTarget.value)}
            />
            <Group gap="xs" wrap="nowrap">
              <Button variant="light" onClick={() => shareFound(true)} disabled={found.length === 0}>
                {isFiltered ? t('ui.own.shareThese', { total: formatNumber(found.length) }) : t('ui.own.shareAll')}
              </Button>
              <Button variant="default" onClick={() => shareFound(false)} disabled={found.length === 0}>
                {isFiltered ? t('ui.own.unshareThese', { total: formatNumber(found.length) }) : t('ui.own.shareNone')}
              </Button>
            </Group>
          </div>
          <CategoryChips
            mb="sm"
            categories={categories}
            total={offers.length}
            value={category}
            onChange={setCategory}
          />
          <Text size="xs" c="dimmed" role="status" mb={6}>
            {t('ui.own.count', { shared: formatNumber(sharedCount), total: formatNumber(offers.length) })}
            {' · '}
            {t(settings.isSharedByDefault ? 'ui.own.newShared' : 'ui.own.newNotShared')}
          </Text>
          {found.length === 0 ? (
            <Hint isSmall icon={<IconSearch size={20} />} title={t('ui.own.noMatch')} />
          ) : (
            <ul className="plain-list panel own-list">
              {found.map((offer) => (
                <OwnOfferRow key={offer.id} offer={offer} onShare={share} onAudience={setChanging} />
              ))}
            </ul>
          )}
        </>
      )}
      {broken.length > 0 && <BrokenEntries entries={broken} />}
      <OfferAudience offer={offers.find((offer) => offer.id === changing)} onClose={() => setChanging(null)} />
    </div>
  );
}
