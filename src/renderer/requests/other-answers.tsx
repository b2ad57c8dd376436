// The answers besides “Deny” and “Allow once”: for how long, for ever, and never again.
import { Button, Group, Stack, Text } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { formatDuration } from '../lib/format.ts';

export interface PersonsAnswer {
  readonly answer: 'allow' | 'deny';
  readonly lasts: 'once' | 'until-quit' | 'time' | 'always';
  readonly minutes?: number;
}

const HOUR_MIN = 60;
const TIMES_MIN = [HOUR_MIN, 8 * HOUR_MIN, 7 * 24 * HOUR_MIN] as const;

interface OtherAnswersProps {
  readonly who: string;
  readonly what: string;
  readonly isVerified: boolean;
  readonly isArmed: boolean;
  readonly onAnswer: (answer: PersonsAnswer) => void;
  readonly onBlock: () => void;
}

export function OtherAnswers({ who, what, isVerified, isArmed, onAnswer, onBlock }: OtherAnswersProps) {
  const { t } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus({ preventScroll: true }), []);
  const common = { size: 'sm', variant: 'default', justify: 'flex-start', disabled: !isArmed } as const;
  return (
    <Stack gap={6} ref={box} tabIndex={-1} className="other-answers" role="group" aria-label={t('ui.request.others')}>
      <Text size="sm" fw={600}>
        {t('ui.request.allowFor', { peer: who, offer: what })}
      </Text>
      <Group gap={6} grow wrap="nowrap">
        {TIMES_MIN.map((minutes) => (
          <Button
            {...common}
            key={minutes}
            justify="center"
            px={4}
            aria-label={t('ui.request.allowTime', { time: formatDuration(minutes * 60_000) })}
            onClick={() => onAnswer({ answer: 'allow', lasts: 'time', minutes })}
          >
            {formatDuration(minutes * 60_000)}
          </Button>
        ))}
      </Group>
      <Button {...common} onClick={() => onAnswer({ answer: 'allow', lasts: 'until-quit' })}>
        {t('ui.request.untilQuit')}
      </Button>
      <Button
        {...common}
        disabled={!isArmed || !isVerified}
        {...(!isVerified && { 'aria-describedby': 'always-why' })}
        onClick={() => onAnswer({ answer: 'allow', lasts: 'always' })}
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
      <Button {...common} c="var(--mantine-color-error)" onClick={() => onAnswer({ answer: 'deny', lasts: 'always' })}>
        {t('ui.request.never')}
      </Button>
      <Button {...common} c="var(--mantine-color-error)" onClick={onBlock}>
        {t('ui.request.block')}
      </Button>
    </Stack>
  );
}
