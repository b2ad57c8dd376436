// The computers about which something is remembered here: verified, renamed, blocked, added by address.
import { Group } from '@mantine/core';
import { IconBan, IconDeviceDesktop } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Peer } from '../../contract/peers.ts';
import { VerifiedMark } from '../components/peer-mark.tsx';
import { formatDateTime, shortFingerprint } from '../lib/format.ts';
import { searchPeers, sortPeers } from '../lib/peers.ts';
import { PeerMenu } from '../peers/peer-menu.tsx';
import { useTopic } from '../use-core.tsx';
import { SearchedList } from './searched-list.tsx';

export function KnownPeers() {
  const { t } = useTranslation();
  const known = useTopic('peers').filter((peer) => peer.isKnown);
  const [query, setQuery] = useState('');
  const shown = searchPeers(sortPeers(known), query);
  return (
    <SearchedList
      title={t('ui.people.title')}
      text={t('ui.people.text')}
      searchLabel={t('ui.people.search')}
      total={known.length}
      query={query}
      onQuery={setQuery}
      empty={query === '' ? t('ui.people.none') : t('ui.peers.noMatch', { query })}
    >
      {shown.map((peer) => (
        <KnownPeer key={peer.id} peer={peer} />
      ))}
    </SearchedList>
  );
}

function KnownPeer({ peer }: { peer: Peer }) {
  const { t } = useTranslation();
  const seen =
    peer.presence === 'online'
      ? t('ui.peer.online')
      : peer.lastSeenAt === 0
        ? t('ui.people.notSeen')
        : t('ui.peer.lastSeen', { time: formatDateTime(peer.lastSeenAt) });
  return (
    <div className="list-row" data-testid="known-peer">
      {peer.isBlocked ? <IconBan size={20} aria-hidden /> : <IconDeviceDesktop size={20} aria-hidden />}
      <div className="list-text">
        <Group gap={6}>
          <span className="list-name">{peer.name}</span>
          <VerifiedMark isVerified={peer.isVerified} />
          {peer.isBlocked && <span className="tag">{t('ui.peer.state.blocked')}</span>}
        </Group>
        <div className="list-note">
          {peer.name !== peer.claimedName && <>{t('ui.people.claims', { name: peer.claimedName })} · </>}
          {seen} · <span title={peer.id}>{t('ui.people.key', { key: shortFingerprint(peer.id) })}</span>
        </div>
        {peer.warning !== null && (
          <div className="list-note list-warning">
            {t(`ui.peer.warning.${peer.warning}`, { peer: peer.claimedName })}
          </div>
        )}
      </div>
      <PeerMenu peer={peer} />
    </div>
  );
}
