// The two buttons that answer a request, one beside the other and of one weight.
import { Group } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { ArmedButton } from '../components/armed-button.tsx';
import { formatDuration } from '../lib/format.ts';
import { type Choice, isRefusal } from './other-answers.tsx';

/** White letters on it have a contrast of 5.9. */
const denyColor = 'red.9';

interface RequestAnswersProps {
  readonly isVerified: boolean;
  readonly isArmed: boolean;
  readonly choice: Choice | null;
  readonly onDeny: () => void;
  readonly onAllow: () => void;
  /** Gives the chosen one. */
  readonly onConfirm: (choice: Choice) => void;
  readonly onBack: () => void;
}

export function RequestAnswers(props: RequestAnswersProps) {
  const { isVerified, isArmed, choice, onDeny, onAllow, onConfirm, onBack } = props;
  const { t } = useTranslation();
  // What somebody claims must not be easier to allow than to deny.
  const yes = isVerified ? 'filled' : 'outline';
  if (choice === null)
    return (
      <Group grow gap="xs" wrap="nowrap" className="request-buttons">
        <ArmedButton isArmed={isArmed} variant="filled" color={denyColor} onAnswer={onDeny}>
          {t('ui.request.deny')}
        </ArmedButton>
        <ArmedButton isArmed={isArmed} variant={yes} onAnswer={onAllow}>
          {t('ui.request.once')}
        </ArmedButton>
      </Group>
    );
  const back = (
    <ArmedButton isArmed={isArmed} variant="default" onAnswer={onBack}>
      {t('ui.request.confirm.cancel')}
    </ArmedButton>
  );
  // A longer yes stands in the place of the yes, a longer no in the place of the no.
  return (
    <Group grow gap="xs" wrap="nowrap" className="request-buttons">
      {!isRefusal(choice) && back}
      <ArmedButton
        isArmed={isArmed}
        variant={isRefusal(choice) ? 'filled' : yes}
        {...(isRefusal(choice) && { color: denyColor })}
        onAnswer={() => onConfirm(choice)}
      >
        {t(`ui.request.confirm.${choice.kind}`, { time: formatDuration((choice.minutes ?? 0) * 60_000) })}
      </ArmedButton>
      {isRefusal(choice) && back}
    </Group>
  );
}
