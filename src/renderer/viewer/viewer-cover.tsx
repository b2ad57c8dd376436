// What covers the picture of a viewer window: the wait for an answer, a connection that is made or lost, and every end.
import { Button, Group, Loader, Progress, Stack, Text, Title } from '@mantine/core';
import { IconClockOff, IconHandStop, IconPlugConnectedX, IconSquareCheck } from '@tabler/icons-react';
import { type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Offer } from '../../contract/offers.ts';
import { sayProblem } from '../../messages/messages.ts';
import { LastWords } from '../components/last-words.tsx';
import { OfferIcon } from '../components/offer-icon.tsx';
import { formatSeconds } from '../lib/format.ts';
import { useCore, useNow } from '../use-core.tsx';
import type { ViewerEnd, ViewerPhase } from './viewer-phase.ts';

interface ViewerCoverProps {
  readonly phase: Exclude<ViewerPhase, { kind: 'running' }>;
  readonly peerName: string;
  readonly offer: Pick<Offer, 'name' | 'icon'>;
  readonly onCancel: (() => void) | undefined;
  readonly onAgain: (() => void) | undefined;
}

export function ViewerCover({ phase, peerName, offer, onCancel, onAgain }: ViewerCoverProps) {
  const { t } = useTranslation();
  const core = useCore();
  switch (phase.kind) {
    case 'waiting':
      return (
        <Card icon={<OfferIcon offer={offer} sizePx={64} />}>
          <Title order={2} size="h3">
            {t(phase.isAsked ? 'ui.viewer.waitingTitle' : 'ui.viewer.reachingTitle', { peer: peerName })}
          </Title>
          <Text c="dimmed">{t('ui.viewer.waiting', { peer: peerName, offer: offer.name })}</Text>
          <Countdown expiresAt={phase.expiresAt} />
          <Button variant="default" disabled={onCancel === undefined} onClick={onCancel}>
            {t('ui.common.cancel')}
          </Button>
        </Card>
      );
    case 'connecting':
      return (
        <Card icon={<Loader size={40} />}>
          <Title order={2} size="h3">
            {t('ui.viewer.connectingTitle', { offer: offer.name })}
          </Title>
          <Text c="dimmed">{t('ui.viewer.connecting', { peer: peerName })}</Text>
        </Card>
      );
    case 'reconnecting':
      return (
        <Card icon={<Loader size={40} />} isPanel>
          <Title order={2} size="h3">
            {t('ui.viewer.reconnectingTitle')}
          </Title>
          <Text c="dimmed">{t('ui.viewer.reconnecting', { peer: peerName, offer: offer.name })}</Text>
        </Card>
      );
    case 'no-core':
      return (
        <Card icon={<IconPlugConnectedX size={40} />} isPanel>
          <Title order={2} size="h3">
            {t('ui.connection.lostTitle')}
          </Title>
          <Text c="dimmed">{t('ui.connection.lostText')}</Text>
          <Button variant="default" onClick={core.retryNow}>
            {t('ui.common.tryAgain')}
          </Button>
        </Card>
      );
    case 'ended':
      return (
        <Card icon={<EndIcon why={phase.why} />}>
          <Title order={2} size="h3">
            {t(`ui.ended.${phase.why}.title`, { peer: peerName, offer: offer.name })}
          </Title>
          <Text c="dimmed">
            {phase.problem !== null
              ? sayProblem(phase.problem)
              : t(`ui.ended.${phase.why}.text`, { peer: peerName, offer: offer.name })}
          </Text>
          <LastWords lines={phase.lastWords ?? []} />
          <Group justify="center">
            {onAgain !== undefined && phase.why !== 'gone' && (
              <Button onClick={onAgain}>{t('ui.viewer.openAgain')}</Button>
            )}
            <Button variant="default" onClick={() => window.close()}>
              {t('ui.common.close')}
            </Button>
          </Group>
        </Card>
      );
  }
}

function Card({ icon, children, isPanel = false }: { icon: ReactNode; children: ReactNode; isPanel?: boolean }) {
  return (
    <Stack className="viewer-card" data-panel={isPanel || undefined} align="center" gap="md">
      <span className="viewer-card-icon" aria-hidden>
        {icon}
      </span>
      {children}
    </Stack>
  );
}

function EndIcon({ why }: { why: ViewerEnd }) {
  const props = { size: 48, stroke: 1.4 };
  if (why === 'denied' || why === 'host') return <IconHandStop {...props} />;
  if (why === 'unanswered' || why === 'expired') return <IconClockOff {...props} />;
  if (why === 'program' || why === 'visitor' || why === 'cancelled') return <IconSquareCheck {...props} />;
  return <IconPlugConnectedX {...props} />;
}

/** How long the person there still has for an answer. It keeps its place while nothing is known yet. */
function Countdown({ expiresAt }: { expiresAt: number | null }) {
  const { t } = useTranslation();
  const now = useNow(1000, expiresAt !== null);
  const [total, setTotal] = useState<number | null>(null);
  useEffect(() => {
    setTotal(expiresAt === null ? null : Math.max(1, expiresAt - Date.now()));
  }, [expiresAt]);
  const left = expiresAt === null ? 0 : Math.max(0, expiresAt - now);
  return (
    <Stack gap={6} w={240} h={34} aria-hidden={expiresAt === null}>
      {expiresAt !== null && (
        <>
          <Progress
            value={total === null ? 100 : (left / total) * 100}
            size="sm"
            aria-label={t('ui.viewer.timeLeft')}
            transitionDuration={1000}
          />
          <Text size="xs" c="dimmed" ta="center" aria-live="off">
            {t('ui.viewer.answerWithin', { time: formatSeconds(Math.ceil(left / 1000)) })}
          </Text>
        </>
      )}
    </Stack>
  );
}
