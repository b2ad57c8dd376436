// How long a request still waits for an answer.
import { RingProgress, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { formatNumber, formatSeconds } from '../lib/format.ts';
import { useNow } from '../use-core.tsx';

export function RequestCountdown({ askedAt, expiresAt }: { askedAt: number; expiresAt: number }) {
  const { t } = useTranslation();
  const now = useNow(500);
  const leftS = Math.max(0, Math.ceil((expiresAt - now) / 1000));
  const share = Math.min(100, Math.max(0, ((expiresAt - now) / Math.max(1, expiresAt - askedAt)) * 100));
  return (
    <RingProgress
      className="request-countdown"
      size={40}
      thickness={4}
      roundCaps
      sections={[{ value: share, color: leftS <= 10 ? 'red' : 'pool' }]}
      role="timer"
      aria-label={t('ui.request.timeLeft', { time: formatSeconds(leftS) })}
      label={
        <Text size="xs" ta="center" fw={600} aria-hidden>
          {formatNumber(leftS)}
        </Text>
      }
    />
  );
}
