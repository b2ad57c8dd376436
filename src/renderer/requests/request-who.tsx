// Who asks, as far as it can be known, and what does not fit.
import { Alert, Button } from '@mantine/core';
import { IconAlertTriangle, IconShieldCheck } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Request } from '../../contract/consent.ts';
import { shortFingerprint } from '../lib/format.ts';
import { useCore, useTopic } from '../use-core.tsx';
import { isOver, openVerify } from '../verify/open-verify.ts';

export function RequestWho(props: { request: Request; who: string; isRenamed: boolean; isShort: boolean }) {
  const { request, who, isRenamed, isShort } = props;
  const { t } = useTranslation();
  // A peer that was not found here must begin the comparison itself.
  const isReachable = useTopic('peers').some(({ id, presence }) => id === request.peerId && presence === 'online');
  const core = useCore();
  const last = useTopic('comparisons').find(({ peerId }) => peerId === request.peerId);
  const compare = () => {
    // One that is over is told above the request, and not a second time.
    if (last !== undefined && isOver(last))
      void core.call('comparisons.cancel', { peerId: request.peerId }).catch(() => {});
    openVerify(request.peerId);
  };
  // Security: where a key was compared and the name is one of another, the name is not said to be true.
  if (request.isVerified && request.warning === null)
    return <Fact icon={<IconShieldCheck size={18} />}>{t('ui.request.verified', { peer: who })}</Fact>;
  return (
    <Alert color="yellow" variant="light" p="xs" icon={<IconAlertTriangle size={18} />} className="request-warning">
      {request.warning !== null && (
        <strong>
          {isShort ? t('ui.peer.state.warning') : t(`ui.peer.warning.${request.warning}`, { peer: who })}{' '}
        </strong>
      )}
      {/* The long sentences were read before, and the other answers need the room. */}
      {!isShort && !request.isVerified && t(isRenamed ? 'ui.request.renamed' : 'ui.request.unverified', { peer: who })}{' '}
      <span className="request-key" title={request.peerId}>
        {t('ui.request.key', { key: shortFingerprint(request.peerId) })}
      </span>
      {isReachable && !request.isVerified && (
        <Button
          size="compact-xs"
          variant="default"
          className="request-verify"
          leftSection={<IconShieldCheck size={14} />}
          onClick={compare}
        >
          {t('ui.verify.compareWith', { peer: who })}
        </Button>
      )}
    </Alert>
  );
}

export function Fact({
  icon,
  children,
  isStrong = false,
}: {
  icon: ReactNode;
  children: ReactNode;
  isStrong?: boolean;
}) {
  return (
    <div className="request-fact" data-strong={isStrong || undefined}>
      <span aria-hidden>{icon}</span>
      <div>{children}</div>
    </div>
  );
}
