// What the main window shows while no computer is chosen: where to begin.
import { Button, Group, List, Stack, Text, Title, UnstyledButton } from '@mantine/core';
import { IconArrowLeft, IconDeviceDesktop, IconRadar2 } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { CopyLine } from '../components/copy-line.tsx';
import { Hint } from '../components/hint.tsx';
import { PresenceDot, VerifiedMark } from '../components/peer-mark.tsx';
import { markedName, sortPeers } from '../lib/peers.ts';
import { ownAddress } from '../peers/add-peer.tsx';
import { useWhyNoAddress } from '../peers/why-no-address.ts';
import type { ScreenProps } from '../screen.ts';
import { useTopic } from '../use-core.tsx';
import { goTo } from '../use-page.ts';
import './home-page.css';

const MAX_CARDS = 12;

export function HomePage({ house: { onAddPeer, onShowPeers } }: ScreenProps<'home'>) {
  const { t } = useTranslation();
  const peers = useTopic('peers');
  const self = useTopic('self');
  const whyNoAddress = useWhyNoAddress();
  const health = useTopic('health');
  const online = sortPeers(peers).filter((peer) => peer.presence === 'online' && !peer.isBlocked);
  const isMulticastBad = health.some((item) => item.id === 'multicast' && item.level !== 'ok');

  if (online.length === 0)
    return (
      <Hint isPage icon={<IconRadar2 size={32} />} title={t('ui.home.nobodyTitle')} text={t('ui.home.nobody')}>
        <List size="sm" className="home-list" spacing={6}>
          <List.Item>{t('ui.home.tipNetwork')}</List.Item>
          <List.Item>{t('ui.home.tipRunning')}</List.Item>
          {self.addresses.length > 0 && (
            <List.Item>{t(isMulticastBad ? 'ui.home.tipMulticastBad' : 'ui.home.tipMulticast')}</List.Item>
          )}
        </List>
        {self.addresses[0] === undefined ? (
          <Text size="sm" fw={600}>
            {whyNoAddress}
          </Text>
        ) : (
          <Stack gap={4} w="100%" maw={380} my="xs">
            <Text size="xs" c="dimmed">
              {t('ui.add.ownAddress')}
            </Text>
            <CopyLine text={ownAddress(self.addresses[0], self.peerPort)} label={t('ui.self.address')} />
          </Stack>
        )}
        <Group justify="center">
          <Button onClick={onAddPeer}>{t('ui.peers.add')}</Button>
          <Button variant="default" onClick={() => goTo({ page: 'own' })}>
            {t('ui.home.own')}
          </Button>
        </Group>
      </Hint>
    );

  return (
    <div className="home">
      <Title order={1} size="h3">
        {t('ui.home.title')}
      </Title>
      <Text c="dimmed" size="sm" mb="lg">
        {t('ui.home.text')}
      </Text>
      <div className="home-cards">
        {online.slice(0, MAX_CARDS).map((peer) => (
          <UnstyledButton
            key={peer.id}
            className="panel home-card"
            title={markedName(peer)}
            onClick={() => goTo({ page: 'peer', peerId: peer.id })}
          >
            <span className="home-card-icon" aria-hidden>
              <IconDeviceDesktop size={26} stroke={1.5} />
            </span>
            <span className="home-card-text">
              <span className="home-card-name">
                <span className="ellipsis">{markedName(peer)}</span>
                <VerifiedMark isVerified={peer.isVerified} />
              </span>
              <span className="home-card-note">
                <PresenceDot isOnline />
                <span className="ellipsis">{peer.addresses[0] ?? t('ui.peer.online')}</span>
              </span>
            </span>
          </UnstyledButton>
        ))}
      </div>
      {(online.length > MAX_CARDS || onShowPeers !== null) && (
        <Group mt="md">
          <Text size="sm" c="dimmed">
            {online.length > MAX_CARDS && t('ui.home.more', { count: online.length - MAX_CARDS })}
          </Text>
          {onShowPeers !== null && (
            <Button variant="light" leftSection={<IconArrowLeft size={16} />} onClick={onShowPeers}>
              {t('ui.main.showPeers')}
            </Button>
          )}
        </Group>
      )}
    </div>
  );
}
