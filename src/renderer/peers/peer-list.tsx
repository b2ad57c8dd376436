// The computers around: this one on top, the others with their presence, and a way to add one by address.
import { ActionIcon, Button, Group, Text, TextInput, UnstyledButton } from '@mantine/core';
import { IconBan, IconDeviceDesktop, IconPlus, IconSearch, IconX } from '@tabler/icons-react';
import { type KeyboardEvent, memo, useDeferredValue, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PeerId } from '../../contract/ids.ts';
import type { Peer } from '../../contract/peers.ts';
import { PresenceDot, VerifiedMark } from '../components/peer-mark.tsx';
import { formatNumber } from '../lib/format.ts';
import type { Page } from '../lib/pages.ts';
import { isImpersonated, looksSame, searchPeers, sortPeers } from '../lib/peers.ts';
import { useTopic } from '../use-core.tsx';
import { goTo } from '../use-page.ts';
import './peer-list.css';

/** From this many on there is a field to filter them. */
const FILTER_FROM = 8;

export function PeerList({ page, onAdd, onChosen }: { page: Page; onAdd: () => void; onChosen: () => void }) {
  const { t } = useTranslation();
  const peers = useDeferredValue(useTopic('peers'));
  const self = useTopic('self');
  const { offers } = useTopic('offers');
  const settings = useTopic('settings');
  const [query, setQuery] = useState('');
  const sorted = useMemo(() => sortPeers(peers), [peers]);
  const shown = useMemo(() => searchPeers(sorted, query), [sorted, query]);
  const sharedCount = offers.filter((offer) => offer.isShared).length;
  const chosenId = page.page === 'peer' ? page.peerId : null;

  const choose = (next: Page) => {
    goTo(next);
    onChosen();
  };

  return (
    <div className="peers">
      <UnstyledButton
        className="peer own"
        aria-current={page.page === 'own' ? 'page' : undefined}
        onClick={() => choose({ page: 'own' })}
      >
        <IconDeviceDesktop size={22} stroke={1.6} aria-hidden />
        <span className="peer-text">
          <span className="peer-name">{t('ui.own.title')}</span>
          <span className="peer-state ellipsis">
            {settings.isPaused
              ? t('ui.own.paused')
              : self.platform !== 'linux'
                ? t('ui.own.visitorOnly')
                : !self.canShare
                  ? t('ui.own.notYet')
                  : t('ui.own.shared', { count: sharedCount })}
          </span>
        </span>
      </UnstyledButton>
      {self.platform === 'linux' && !self.canShare && (
        <Button
          size="compact-sm"
          variant="subtle"
          className="own-check"
          onClick={() => choose({ page: 'settings', section: 'check' })}
        >
          {t('ui.own.checkMissing')}
        </Button>
      )}

      <Group justify="space-between" className="peers-head" wrap="nowrap">
        <h2>{t('ui.peers.title')}</h2>
        <Text size="xs" c="dimmed" aria-live="polite">
          {peers.length > 0 &&
            t('ui.peers.online', {
              count: peers.filter((peer) => peer.presence === 'online' && !peer.isBlocked).length,
            })}
        </Text>
      </Group>

      {(peers.length >= FILTER_FROM || query !== '') && (
        <TextInput
          className="peers-filter"
          size="sm"
          placeholder={t('ui.peers.filter')}
          aria-label={t('ui.peers.filter')}
          leftSection={<IconSearch size={16} aria-hidden />}
          rightSection={
            query !== '' && (
              <ActionIcon
                size="sm"
                variant="subtle"
                color="gray"
                aria-label={t('ui.common.clear')}
                onClick={() => setQuery('')}
              >
                <IconX size={14} />
              </ActionIcon>
            )
          }
          value={query}
          onChange={(event) => setQuery(event.currentTarget.value)}
        />
      )}

      <ul className="plain-list peers-list" aria-label={t('ui.peers.title')} onKeyDown={moveByArrows}>
        {shown.map((peer) => (
          <PeerRow key={peer.id} peer={peer} isChosen={peer.id === chosenId} onChoose={choose} />
        ))}
        {shown.length === 0 && (
          <li>
            <Text size="sm" c="dimmed" px="sm" py="xs">
              {query === '' ? t('ui.peers.none') : t('ui.peers.noMatch', { query })}
            </Text>
          </li>
        )}
      </ul>

      <div className="peers-foot">
        {query !== '' && (
          <Text size="xs" c="dimmed" pb={4}>
            {t('ui.peers.shown', { shown: formatNumber(shown.length), total: formatNumber(peers.length) })}
          </Text>
        )}
        <Button fullWidth variant="light" size="sm" leftSection={<IconPlus size={16} />} onClick={onAdd}>
          {t('ui.peers.add')}
        </Button>
      </div>
    </div>
  );
}

/** Arrow keys move between the rows, Home and End to the first and last. */
function moveByArrows(event: KeyboardEvent<HTMLUListElement>): void {
  const rows = [...event.currentTarget.querySelectorAll<HTMLButtonElement>('button')];
  const index = rows.indexOf(document.activeElement as HTMLButtonElement);
  const next =
    event.key === 'ArrowDown'
      ? index + 1
      : event.key === 'ArrowUp'
        ? index - 1
        : event.key === 'Home'
          ? 0
          : event.key === 'End'
            ? rows.length - 1
            : undefined;
  if (next === undefined || index < 0) return;
  event.preventDefault();
  rows[next]?.focus();
}

interface PeerRowProps {
  readonly peer: Peer;
  readonly isChosen: boolean;
  readonly onChoose: (page: { page: 'peer'; peerId: PeerId }) => void;
}

/** Drawn again only when something in it looks different: there may be hundreds. */
const PeerRow = memo(
  function PeerRow({ peer, isChosen, onChoose }: PeerRowProps) {
    const { t } = useTranslation();
    const state = peerState(peer);
    return (
      <li className="peer-item" data-testid="peer-row">
        <UnstyledButton
          className="peer"
          data-offline={peer.presence === 'offline' || peer.isBlocked || undefined}
          aria-current={isChosen ? 'page' : undefined}
          title={`${peer.name}\n${peer.addresses[0] ?? ''}\n${peer.id}`}
          onClick={() => onChoose({ page: 'peer', peerId: peer.id })}
        >
          {peer.isBlocked ? (
            <IconBan size={13} className="peer-blocked" aria-hidden />
          ) : (
            <PresenceDot isOnline={peer.presence === 'online'} />
          )}
          <span className="peer-text">
            <span className="peer-name ellipsis">{peer.name}</span>
            <span
              className="peer-state ellipsis"
              data-warning={peer.warning !== null || isImpersonated(peer) || undefined}
            >
              {t(state.key, state.values)}
            </span>
          </span>
          <VerifiedMark isVerified={peer.isVerified} />
        </UnstyledButton>
      </li>
    );
  },
  (before, after) => before.isChosen === after.isChosen && looksSame(before.peer, after.peer),
);

function peerState(peer: Peer): { key: string; values: Record<string, string> } {
  if (peer.isBlocked) return { key: 'ui.peer.state.blocked', values: {} };
  if (peer.warning !== null) return { key: 'ui.peer.state.warning', values: {} };
  if (isImpersonated(peer)) return { key: 'ui.peer.state.fingerprint-mismatch', values: {} };
  if (peer.problem?.code === 'protocol-newer' || peer.problem?.code === 'protocol-older')
    return { key: `ui.peer.state.${peer.problem.code}`, values: {} };
  if (peer.connection === 'failed') return { key: 'ui.peer.state.failed', values: {} };
  if (peer.connection === 'connecting') return { key: 'ui.peer.state.connecting', values: {} };
  if (peer.presence === 'offline') return { key: 'ui.peer.state.offline', values: {} };
  if (peer.connection === 'connected') return { key: 'ui.peer.state.connected', values: {} };
  return peer.addresses[0] === undefined
    ? { key: 'ui.peer.state.online', values: {} }
    : { key: 'ui.peer.state.at', values: { address: peer.addresses[0] } };
}
