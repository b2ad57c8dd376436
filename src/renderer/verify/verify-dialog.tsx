// The dialog in which two people make sure that a computer is the one that they mean. It also opens by itself, when the other begins.
import { Alert, Button, Modal, Stack, Tabs, Text } from '@mantine/core';
import { IconAlertTriangle, IconShieldCheck } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Comparison } from '../../contract/comparisons.ts';
import type { PeerId } from '../../contract/ids.ts';
import { shorten, shortFingerprint } from '../lib/format.ts';
import { useConnectionEpoch, useCore, useTopic } from '../use-core.tsx';
import { CompareCode } from './compare-code.tsx';
import { ExchangeKeys } from './exchange-keys.tsx';
import { openVerify, useWantedPeer } from './open-verify.ts';
import './verify.css';

interface VerifyDialogProps {
  /** Which comparisons this window shows without having been asked for them. */
  readonly isWanted: (comparison: Comparison) => boolean;
  /** False while something else must be seen first. */
  readonly isShown?: (comparison: Comparison) => boolean;
  /** In a window in which the person opens it over a request. */
  readonly isAboveRequests?: boolean;
}

export function VerifyDialog({ isWanted, isShown = () => true, isAboveRequests = false }: VerifyDialogProps) {
  const { t } = useTranslation();
  const core = useCore();
  const comparisons = useTopic('comparisons');
  const wantedPeer = useWantedPeer();
  const comparison = comparisons.find(({ peerId }) => peerId === wantedPeer) ?? comparisons.find(isWanted);
  const peerId = comparison !== undefined && !isShown(comparison) ? null : (comparison?.peerId ?? wantedPeer);
  const shownId = peerId === null ? undefined : comparison?.peerId;
  const epoch = useConnectionEpoch();
  useEffect(() => {
    // Each new connection is another client of the core.
    if (shownId !== undefined && epoch > 0) core.call('comparisons.watch', { peerId: shownId }).catch(() => {});
  }, [core, shownId, epoch]);
  const close = () => {
    if (comparison !== undefined) void core.call('comparisons.cancel', { peerId: comparison.peerId }).catch(() => {});
    openVerify(null);
  };
  return (
    <Modal
      opened={peerId !== null}
      onClose={close}
      title={t('ui.verify.title')}
      size={460}
      {...(isAboveRequests && { zIndex: 260 })}
      // A click beside it, and the one that closes something else, must not throw the code away.
      closeOnClickOutside={comparison === undefined}
      closeButtonProps={{ 'aria-label': t('ui.common.close') }}
      attributes={{ header: { role: 'presentation' } }}
    >
      {peerId !== null && <Verification key={peerId} peerId={peerId} comparison={comparison} onClose={close} />}
    </Modal>
  );
}

interface VerificationProps {
  readonly peerId: PeerId;
  readonly comparison: Comparison | undefined;
  readonly onClose: () => void;
}

function Verification({ peerId, comparison, onClose }: VerificationProps) {
  const { t } = useTranslation();
  const peer = useTopic('peers').find(({ id }) => id === peerId);
  const [isDone, setDone] = useState(false);
  // Security: a name as long as a page must not push the code out of sight.
  const who = shorten(comparison?.peerName ?? peer?.name ?? shortFingerprint(peerId), 40);
  const isVerified = comparison?.isVerified ?? peer?.isVerified === true;
  const isClaim = !isVerified && peer?.isRenamed !== true;

  if (isDone)
    return (
      <Stack align="center" gap="sm" className="verify-end">
        <IconShieldCheck size={48} stroke={1.4} aria-hidden />
        <Text fw={650} role="status">
          {t('ui.verify.verifiedTitle')}
        </Text>
        <Text size="sm">{t('ui.verify.keyVerified', { peer: who })}</Text>
        <Button onClick={onClose}>{t('ui.common.close')}</Button>
      </Stack>
    );
  const face = (
    <Text size="sm" mb="sm" className="verify-who" title={peerId}>
      {t(isVerified ? 'ui.verify.isVerified' : isClaim ? 'ui.verify.isClaim' : 'ui.verify.isRenamed', { peer: who })}{' '}
      <span className="verify-key">{t('ui.request.key', { key: shortFingerprint(peerId) })}</span>
    </Text>
  );
  const compare = <CompareCode {...{ peerId, who, isClaim, comparison, onClose }} />;
  if (comparison !== undefined)
    return (
      <>
        {face}
        {compare}
      </>
    );
  return (
    <>
      {face}
      {peer !== undefined && peer.warning !== null && (
        <Alert color="yellow" icon={<IconAlertTriangle size={18} />} p="xs" mb="sm">
          {t(`ui.peer.warning.${peer.warning}`, { peer: who })}
        </Alert>
      )}
      <Tabs defaultValue="compare" keepMounted={false}>
        <Tabs.List mb="sm">
          <Tabs.Tab value="compare">{t('ui.verify.tabCompare')}</Tabs.Tab>
          <Tabs.Tab value="keys">{t('ui.verify.tabKeys')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="compare">{compare}</Tabs.Panel>
        <Tabs.Panel value="keys">
          <ExchangeKeys peerId={peerId} who={who} onVerified={() => setDone(true)} />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}
