// This computer: what it shares, one by one, by category or all at once, and what could not be read.
import {
  Accordion,
  Alert,
  Badge,
  Button,
  Chip,
  Code,
  Group,
  Modal,
  Switch,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { IconAlertTriangle, IconApps, IconEye, IconInfoCircle, IconSearch } from '@tabler/icons-react';
import { memo, useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Audience, BrokenEntry, OwnOffer } from '../../contract/offers.ts';
import { Hint } from '../components/hint.tsx';
import { OfferIcon } from '../components/offer-icon.tsx';
import { formatNumber } from '../lib/format.ts';
import { type Category, categoryOf, countCategories, searchOffers } from '../lib/offers.ts';
import { useAction, useCore, useTopic } from '../use-core.tsx';
import { goTo } from '../use-page.ts';
import { OwnSandboxBadge, OwnSandboxSwitch } from './app-details.tsx';
import { AudienceFields } from './audience-fields.tsx';
import './own-page.css';

export function OwnPage() {
  const { t } = useTranslation();
  const core = useCore();
  const { offers, broken, leftOut } = useTopic('offers');
  const self = useTopic('self');
  const settings = useTopic('settings');
  const { run } = useAction();
  const [query, setQuery] = useState('');
  const [category, setCategory] = useState<Category | 'all'>('all');
  const [changing, setChanging] = useState<OwnOffer['id'] | null>(null);
  const categories = useMemo(() => countCategories(offers), [offers]);
  const found = useMemo(() => {
    const matches = searchOffers(offers, query);
    return category === 'all' ? matches : matches.filter((offer) => categoryOf(offer) === category);
  }, [offers, query, category]);
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
          {categories.length > 1 && (
            <Chip.Group multiple={false} value={category} onChange={(value) => setCategory(value as Category | 'all')}>
              <Group
                gap={6}
                mb="sm"
                className="category-chips"
                role="radiogroup"
                aria-label={t('ui.catalogue.categories')}
              >
                <Chip value="all" size="xs" variant="light">
                  {t('ui.catalogue.all', { count: offers.length, total: formatNumber(offers.length) })}
                </Chip>
                {categories.map((one) => (
                  <Chip key={one.category} value={one.category} size="xs" variant="light">
                    {t('ui.catalogue.category', {
                      category: t(`ui.category.${one.category}`),
                      total: formatNumber(one.count),
                    })}
                  </Chip>
                ))}
              </Group>
            </Chip.Group>
          )}
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

const OwnOfferRow = memo(function OwnOfferRow({
  offer,
  onShare,
  onAudience,
}: {
  offer: OwnOffer;
  onShare: (offerIds: OwnOffer['id'][], isShared: boolean) => void;
  onAudience: (offerId: OwnOffer['id']) => void;
}) {
  const { t } = useTranslation();
  const { audience, details } = offer;
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
        <div className="ellipsis own-summary" title={`${details.command}\n${offer.source}`}>
          {offer.summary === '' ? details.command : offer.summary}
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

/** Who sees one offer, where that differs from all others, and what else is chosen for it alone. */
function OfferAudience({ offer, onClose }: { offer: OwnOffer | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  const core = useCore();
  const settings = useTopic('settings');
  const { run } = useAction();
  const change = (offerId: OwnOffer['id'], audience: Audience | null) =>
    run(() => core.call('offers.setAudience', { offerIds: [offerId], audience }));
  return (
    <Modal
      opened={offer !== undefined}
      onClose={onClose}
      title={t('ui.audience.ofOffer', { offer: offer?.name ?? '' })}
      closeButtonProps={{ 'aria-label': t('ui.common.close') }}
      attributes={{ header: { role: 'presentation' } }}
    >
      {offer !== undefined && (
        <>
          <AudienceFields
            label={t('ui.audience.ofOffer', { offer: offer.name })}
            audience={offer.audience}
            inherited={settings.audience}
            onChange={(audience) => void change(offer.id, audience)}
          />
          {offer.details.kind === 'app' && <OwnSandboxSwitch offer={offer} ownSandbox={offer.details.ownSandbox} />}
        </>
      )}
    </Modal>
  );
}

/** Entries that were left out, with the reason, so that their owner can mend them. */
function BrokenEntries({ entries }: { entries: readonly BrokenEntry[] }) {
  const { t, i18n } = useTranslation();
  return (
    <Accordion variant="separated" mt="lg">
      <Accordion.Item value="broken">
        <Accordion.Control icon={<IconAlertTriangle size={18} />}>
          {t('ui.own.broken', { count: entries.length, total: formatNumber(entries.length) })}
        </Accordion.Control>
        <Accordion.Panel>
          <ul className="plain-list">
            {entries.map((entry) => (
              <li key={`${entry.source}:${entry.line}:${entry.reason}`} className="broken-row">
                <Code className="broken-source">
                  {entry.line === null ? entry.source : `${entry.source}:${entry.line}`}
                </Code>
                <Text size="sm">
                  {i18n.exists(`ui.broken.${entry.reason}`) ? t(`ui.broken.${entry.reason}`) : entry.reason}
                  {entry.detail !== '' && ` — ${entry.detail}`}
                </Text>
              </li>
            ))}
          </ul>
        </Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  );
}
