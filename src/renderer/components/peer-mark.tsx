// Small signs beside a peer's name: whether its key is verified, and whether it is there.
import { Tooltip } from '@mantine/core';
import { IconShieldCheck, IconShieldQuestion } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { PeerId } from '../../contract/ids.ts';
import { useTopic } from '../use-core.tsx';
import './peer-mark.css';

/** For what knows a peer by its id only. A verified peer is always in the list. */
export function MarkOf({ peerId }: { peerId: PeerId }) {
  const isVerified = useTopic('peers').some((peer) => peer.id === peerId && peer.isVerified);
  return <VerifiedMark isVerified={isVerified} />;
}

export function VerifiedMark({ isVerified, sizePx = 15 }: { isVerified: boolean; sizePx?: number }) {
  const { t } = useTranslation();
  const label = t(isVerified ? 'ui.peer.verified' : 'ui.peer.unverified');
  const Icon = isVerified ? IconShieldCheck : IconShieldQuestion;
  return (
    // Drawn elsewhere: beside the mark it would be inside a peer's button.
    <Tooltip label={label} multiline maw={280} withinPortal portalProps={{ target: '#content' }}>
      <span className="verified-mark" data-verified={isVerified || undefined} role="img" aria-label={label}>
        <Icon size={sizePx} stroke={1.9} />
      </span>
    </Tooltip>
  );
}

export function PresenceDot({ isOnline }: { isOnline: boolean }) {
  const { t } = useTranslation();
  const label = t(isOnline ? 'ui.peer.online' : 'ui.peer.offline');
  return (
    <span className="presence-dot" data-online={isOnline || undefined} role="img" aria-label={label} title={label} />
  );
}
