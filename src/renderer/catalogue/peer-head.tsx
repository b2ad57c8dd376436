// Whose catalogue this is: its name, where it is, whether it was verified, and what else can be done with that computer.
import { Button, Group, Menu, Text, Title } from '@mantine/core';
import { IconFingerprint, IconShieldCheck } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Peer } from '../../contract/peers.ts';
import { PresenceDot, VerifiedMark } from '../components/peer-mark.tsx';
import { formatDateTime } from '../lib/format.ts';
import { PeerMenu } from '../peers/peer-menu.tsx';
import { goTo } from '../use-page.ts';
import { openVerify } from '../verify/open-verify.ts';

export function PeerHead({ peer }: { peer: Peer }) {
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
