// What a person decides about a computer: its name here, its verification, blocked or not, forgotten.
import { ActionIcon, Menu, Text } from '@mantine/core';
import { IconBan, IconCircleCheck, IconDots, IconPencil, IconShieldOff, IconTrash } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Peer } from '../../contract/peers.ts';
import { ConfirmDialog } from '../components/confirm-dialog.tsx';
import { useAction, useCore } from '../use-core.tsx';
import { RenamePeer } from './rename-peer.tsx';

type Dialog = 'rename' | 'forget' | 'unverify';

interface PeerMenuProps {
  readonly peer: Peer;
  readonly onForgotten?: () => void;
  /** Items above those that change something. */
  readonly children?: ReactNode;
}

export function PeerMenu({ peer, onForgotten, children }: PeerMenuProps) {
  const { t } = useTranslation();
  const core = useCore();
  const { run } = useAction();
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const close = () => setDialog(null);
  const names = { peer: peer.name };
  const block = () => run(() => core.call('peers.block', { peerId: peer.id, isBlocked: !peer.isBlocked }));
  return (
    <>
      <Menu position="bottom-end" width={320} withInitialFocusPlaceholder={false} portalProps={{ target: '#content' }}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('ui.peer.more', names)}>
            <IconDots size={20} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {children}
          <Menu.Item leftSection={<IconPencil size={18} />} onClick={() => setDialog('rename')}>
            {t('ui.peer.rename')}
          </Menu.Item>
          {peer.isVerified && (
            <Menu.Item leftSection={<IconShieldOff size={18} />} onClick={() => setDialog('unverify')}>
              {t('ui.peer.unverify')}
            </Menu.Item>
          )}
          <Menu.Item
            leftSection={peer.isBlocked ? <IconCircleCheck size={18} /> : <IconBan size={18} />}
            onClick={block}
          >
            {t(peer.isBlocked ? 'ui.peer.unblock' : 'ui.peer.block')}
            {!peer.isBlocked && (
              <Text size="xs" c="dimmed">
                {t('ui.peer.blockHint')}
              </Text>
            )}
          </Menu.Item>
          {peer.isKnown && (
            <Menu.Item color="red" leftSection={<IconTrash size={18} />} onClick={() => setDialog('forget')}>
              {t('ui.peer.forget')}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <RenamePeer peer={peer} isOpen={dialog === 'rename'} onClose={close} />
      <ConfirmDialog
        isOpen={dialog === 'unverify'}
        title={t('ui.unverify.title', names)}
        text={t('ui.unverify.text', names)}
        confirm={t('ui.unverify.confirm')}
        onClose={close}
        onConfirm={() => core.call('peers.unverify', { peerId: peer.id })}
      />
      <ForgetPeer
        peer={peer}
        isOpen={dialog === 'forget'}
        onClose={close}
        {...(onForgotten !== undefined && { onForgotten })}
      />
    </>
  );
}

export function ForgetPeer(props: { peer: Peer; isOpen: boolean; onClose: () => void; onForgotten?: () => void }) {
  const { t } = useTranslation();
  const core = useCore();
  const { peer } = props;
  return (
    <ConfirmDialog
      isOpen={props.isOpen}
      title={t('ui.forget.title', { peer: peer.name })}
      text={t(peer.isBlocked ? 'ui.forget.blocked' : 'ui.forget.text', { peer: peer.name })}
      confirm={t('ui.forget.confirm')}
      onClose={props.onClose}
      onConfirm={async () => {
        await core.call('peers.forget', { peerId: peer.id });
        props.onForgotten?.();
      }}
    />
  );
}
