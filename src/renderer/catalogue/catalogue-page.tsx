// The chosen peer's applications: a grid of icons with search and categories.
import { ActionIcon, Alert, Button, Chip, Group, Kbd, Menu, Skeleton, Text, TextInput, Title } from '@mantine/core';
import {
  IconAlertTriangle,
  IconApps,
  IconBan,
  IconFingerprint,
  IconInfoCircle,
  IconMoodEmpty,
  IconPlugConnectedX,
  IconSearch,
  IconShieldCheck,
  IconX,
} from '@tabler/icons-react';
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PeerId } from '../../contract/ids.ts';
import type { Offer } from '../../contract/offers.ts';
import type { Peer } from '../../contract/peers.ts';
import { sayProblem } from '../../messages/messages.ts';
import { Hint } from '../components/hint.tsx';
import { PresenceDot, VerifiedMark } from '../components/peer-mark.tsx';
import { formatDateTime, formatNumber } from '../lib/format.ts';
import { type Category, categoryOf, countCategories, searchOffers, tellApart } from '../lib/offers.ts';
import { isImpersonated } from '../lib/peers.ts';
import { PeerMenu } from '../peers/peer-menu.tsx';
import type { ScreenProps } from '../screen.ts';
import { useAction, useCore, useTopic } from '../use-core.tsx';
import { goTo } from '../use-page.ts';
import { openVerify } from '../verify/open-verify.ts';
import { AskOptions } from './ask-options.tsx';
import { launchInViewer } from './launch.ts';
import { NativeWarning } from './native-warning.tsx';
import { OfferTile } from './offer-tile.tsx';
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
  const self = useTopic('self');
  const { run } = useAction();
  const [query, setQuery] = useState('');
  const [category, setCategory] = useState<Category | 'all'>('all');
  const [optionsOffer, setOptionsOffer] = useState<Offer | null>(null);
  const [nativeOffer, setNativeOffer] = useState<Offer | null>(null);
  const search = useRef<HTMLInputElement>(null);
  const offers = catalogue ?? NO_OFFERS;
  const categories = useMemo(() => countCategories(offers), [offers]);
  const hints = useMemo(() => tellApart(offers), [offers]);
  const found = useMemo(() => {
    const matches = searchOffers(offers, query);
    return category === 'all' ? matches : matches.filter((offer) => categoryOf(offer) === category);
  }, [offers, query, category]);

  useEffect(() => {
    const onKeyDown = (event: globalThis.KeyboardEvent) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      event.preventDefault();
      search.current?.focus();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, []);

  useEffect(() => {
    if (category !== 'all' && !categories.some((one) => one.category === category)) setCategory('all');
  }, [category, categories]);

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
        <PeerHeader peer={peer} />
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

  const launch = (offer: Offer) => launchInViewer(core, { peerId, offerId: offer.id, view: 'viewer' });
  const ask = (offer: Offer, view: 'native' | 'ssh-command') =>
    run(() => core.call('asks.create', { peerId, offerId: offer.id, view }));

  return (
    <div className="catalogue">
      <PeerHeader peer={peer} />
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
          <TextInput
            ref={search}
            className="catalogue-search"
            type="search"
            placeholder={t('ui.common.search')}
            aria-label={t('ui.catalogue.search', { peer: peer.name })}
            leftSection={<IconSearch size={18} aria-hidden />}
            rightSectionWidth={40}
            rightSection={
              query === '' ? (
                <Kbd size="xs" aria-hidden>
                  /
                </Kbd>
              ) : (
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  aria-label={t('ui.common.clear')}
                  onClick={() => setQuery('')}
                >
                  <IconX size={16} />
                </ActionIcon>
              )
            }
            value={query}
            onChange={(event) => setQuery(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === 'Escape') setQuery('');
              if (event.key === 'ArrowDown') {
                event.preventDefault();
                document.querySelector<HTMLElement>('.tiles [data-tile]')?.focus();
              }
            }}
          />
          {categories.length > 1 && (
            <Chip.Group multiple={false} value={category} onChange={(value) => setCategory(value as Category | 'all')}>
              <Group gap={6} className="category-chips" role="radiogroup" aria-label={t('ui.catalogue.categories')}>
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

      <CatalogueBody
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
        <>
          <Text size="xs" c="dimmed" role="status" className="catalogue-count">
            {query === '' ? '' : t('ui.catalogue.found', { count: found.length, total: formatNumber(found.length) })}
          </Text>
          <ul
            className="plain-list tiles"
            aria-label={t('ui.catalogue.label', { peer: peer.name })}
            onKeyDown={moveInGrid}
          >
            {found.map((offer) => (
              <OfferTile
                key={offer.id}
                offer={offer}
                hint={hints.get(offer.id) ?? null}
                canShowNative={self.canShowNative}
                onLaunch={launch}
                onNative={setNativeOffer}
                onSshCommand={(one) => ask(one, 'ssh-command')}
                onOptions={setOptionsOffer}
              />
            ))}
          </ul>
        </>
      )}
      <AskOptions
        offer={optionsOffer}
        peerName={peer.name}
        onClose={() => setOptionsOffer(null)}
        onAsk={(offer, powers) => {
          setOptionsOffer(null);
          launchInViewer(core, { peerId, offerId: offer.id, view: 'viewer', powers });
        }}
      />
      <NativeWarning
        offer={nativeOffer}
        peerName={peer.name}
        onClose={() => setNativeOffer(null)}
        onConfirm={(offer) => {
          setNativeOffer(null);
          void ask(offer, 'native');
        }}
      />
    </div>
  );
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** Arrow keys move between tiles as they are laid out. */
function moveInGrid(event: KeyboardEvent<HTMLUListElement>): void {
  const tiles = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-tile]')];
  const index = tiles.indexOf(document.activeElement as HTMLElement);
  if (index < 0) return;
  const top = (tile: HTMLElement | undefined) => tile?.getBoundingClientRect().top ?? 0;
  const columns = tiles.findIndex((tile) => top(tile) > top(tiles[0]));
  const step = columns < 0 ? tiles.length : columns;
  const moves: Record<string, number> = {
    ArrowRight: index + 1,
    ArrowLeft: index - 1,
    ArrowDown: index + step,
    ArrowUp: index - step,
    Home: 0,
    End: tiles.length - 1,
  };
  const next = moves[event.key];
  if (next === undefined) return;
  event.preventDefault();
  tiles[next]?.focus();
}

function PeerHeader({ peer }: { peer: Peer }) {
  const { t } = useTranslation();
  return (
    <Group className="catalogue-head" wrap="nowrap" gap="sm">
      <div className="catalogue-title">
        <Group gap={8} wrap="nowrap">
          <PresenceDot isOnline={peer.presence === 'online'} />
          <Title order={1} size="h3" className="ellipsis" title={peer.name}>
            {peer.name}
          </Title>
          <VerifiedMark isVerified={peer.isVerified} sizePx={18} />
        </Group>
        <Text size="sm" c="dimmed" className="ellipsis" title={peer.addresses.join('\n')}>
          {peer.presence === 'online'
            ? (peer.addresses[0] ?? t('ui.peer.online'))
            : t('ui.peer.lastSeen', { time: formatDateTime(peer.lastSeenAt) })}
          {peer.name !== peer.claimedName && <> · {t('ui.people.claims', { name: peer.claimedName })}</>}
        </Text>
      </div>
      {!peer.isVerified && !peer.isBlocked && (
        <Button
          size="compact-sm"
          variant="light"
          leftSection={<IconShieldCheck size={16} />}
          aria-label={t('ui.verify.verifyWhat', { peer: peer.name })}
          onClick={() => openVerify(peer.id)}
        >
          {t('ui.verify.verify')}
        </Button>
      )}
      <PeerMenu peer={peer} onForgotten={() => goTo({ page: 'home' })}>
        {peer.isVerified && (
          <Menu.Item leftSection={<IconShieldCheck size={18} />} onClick={() => openVerify(peer.id)}>
            {t('ui.verify.again')}
          </Menu.Item>
        )}
        <Menu.Label>{t('ui.peer.key')}</Menu.Label>
        <Menu.Item
          leftSection={<IconFingerprint size={18} />}
          onClick={() => void navigator.clipboard?.writeText(peer.id)}
        >
          <Text size="xs" ff="monospace" style={{ overflowWrap: 'anywhere' }}>
            {peer.id}
          </Text>
          <Text size="xs" c="dimmed">
            {t('ui.peer.copyKey')}
          </Text>
        </Menu.Item>
        <Menu.Divider />
      </PeerMenu>
    </Group>
  );
}

interface CatalogueBodyProps {
  readonly peer: Peer;
  readonly isLoaded: boolean;
  readonly hasOffers: boolean;
  readonly hasMatches: boolean;
  readonly query: string;
  readonly onRetry: () => void;
  readonly onClear: () => void;
}

/** What stands in place of the grid while there is nothing in it. */
function CatalogueBody({ peer, isLoaded, hasOffers, hasMatches, query, onRetry, onClear }: CatalogueBodyProps) {
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
