// The answers besides “Deny” and “Allow once”: for how long, for ever, and never again. Choosing one gives it only in a second step.
import { Button, Group, Stack, Text } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { formatDuration } from '../lib/format.ts';

export interface PersonsAnswer {
  readonly answer: 'allow' | 'deny';
  readonly lasts: 'once' | 'until-quit' | 'time' | 'always';
  readonly minutes?: number;
}

export interface Choice {
  readonly kind: 'time' | 'until-quit' | 'always' | 'never' | 'block';
  /** For `time`. */
  readonly minutes: number | null;
}

export function isRefusal({ kind }: Choice): boolean {
  return kind === 'never' || kind === 'block';
}

const HOUR_MIN = 60;
const TIMES_MIN = [HOUR_MIN, 8 * HOUR_MIN, 7 * 24 * HOUR_MIN] as const;

interface OtherAnswersProps {
  readonly who: string;
  readonly what: string;
  readonly isVerified: boolean;
  readonly isArmed: boolean;
  readonly choice: Choice | null;
  readonly onChoose: (choice: Choice) => void;
}

export function OtherAnswers({ who, what, isVerified, isArmed, choice, onChoose }: OtherAnswersProps) {
  const { t } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus({ preventScroll: true }), []);
  const of = (kind: Choice['kind'], minutes: number | null = null) => {
    const isChosen = choice?.kind === kind && choice.minutes === minutes;
    return {
      size: 'sm',
      variant: isChosen ? 'light' : 'default',
      justify: 'flex-start',
      disabled: !isArmed,
      'aria-pressed': isChosen,
      onClick: () => onChoose({ kind, minutes }),
    } as const;
  };
  return (
    <Stack gap={6} ref={box} tabIndex={-1} className="other-answers" role="group" aria-label={t('ui.request.others')}>
      <Text size="sm" fw={600}>
        {t('ui.request.allowFor', { peer: who, offer: what })}
      </Text>
      <Group gap={6} grow wrap="nowrap">
        {TIMES_MIN.map((minutes) => (
          <Button
            {...of('time', minutes)}
            key={minutes}
            justify="center"
            px={4}
            aria-label={t('ui.request.allowTime', { time: formatDuration(minutes * 60_000) })}
          >
            {formatDuration(minutes * 60_000)}
          </Button>
        ))}
      </Group>
      <Button {...of('until-quit')}>{t('ui.request.untilQuit')}</Button>
      <Button
        {...of('always')}
        disabled={!isArmed || !isVerified}
        {...(!isVerified && { 'aria-describedby': 'always-why' })}
      >
        {t('ui.request.always')}
      </Button>
      {!isVerified && (
        <Text size="xs" c="dimmed" id="always-why">
          {t('ui.request.alwaysWhy', { peer: who })}
        </Text>
      )}
      <Text size="sm" fw={600} mt={4}>
        {t('ui.request.refuse')}
      </Text>
      <Button {...of('never')} c="var(--mantine-color-error)">
        {t('ui.request.never')}
      </Button>
      <Button {...of('block')} c="var(--mantine-color-error)">
        {t('ui.request.block')}
      </Button>
    </Stack>
  );
}
