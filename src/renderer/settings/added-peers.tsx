// The computers that were added by their address.
import { ActionIcon, Text, Title } from '@mantine/core';
import { IconNetwork, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Peer } from '../../contract/peers.ts';
import { VerifiedMark } from '../components/peer-mark.tsx';
import { markedName } from '../lib/peers.ts';
import { ForgetPeer } from '../peers/peer-menu.tsx';
import { useTopic } from '../use-core.tsx';
import './settings.css';

export function AddedPeers() {
  const { t } = useTranslation();
  const added = useTopic('peers').filter((peer) => peer.isAddedByAddress);
  const [forgetting, setForgetting] = useState<Peer | null>(null);
  return (
    <section aria-labelledby="added-title">
      <Title order={2} size="h5" id="added-title">
        {t('ui.added.title')}
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        {t('ui.added.text')}
      </Text>
      <div className="panel setting-panel">
        {added.length === 0 && (
          <Text size="sm" c="dimmed" className="list-row">
            {t('ui.added.none')}
          </Text>
        )}
        {added.map((peer) => (
          <div className="list-row" key={peer.id}>
            <IconNetwork size={20} aria-hidden />
            <div className="list-text">
              <div className="list-name ellipsis" title={markedName(peer)}>
                {markedName(peer)} <VerifiedMark isVerified={peer.isVerified} />
              </div>
              <div className="list-note ellipsis">{peer.addresses.join(', ')}</div>
            </div>
            <ActionIcon
              variant="subtle"
              color="red"
              aria-label={t('ui.added.remove', { peer: peer.name })}
              onClick={() => setForgetting(peer)}
            >
              <IconTrash size={18} />
            </ActionIcon>
          </div>
        ))}
      </div>
      {forgetting !== null && <ForgetPeer peer={forgetting} isOpen onClose={() => setForgetting(null)} />}
    </section>
  );
}
