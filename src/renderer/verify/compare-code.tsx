// Comparing a code, step by step: what to do, the code, what the person says of it, and how it ended.
import { Alert, Button, Group, Loader, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconShieldCheck, IconShieldX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Comparison } from '../../contract/comparisons.ts';
import { assertNever } from '../../contract/errors.ts';
import type { PeerId } from '../../contract/ids.ts';
import { codeGroups, codeWords } from '../../messages/code-words.ts';
import { sayProblem } from '../../messages/messages.ts';
import { ArmedButton, useArmed } from '../components/armed-button.tsx';
import { formatSeconds } from '../lib/format.ts';
import { useAction, useCore, useNow } from '../use-core.tsx';

interface CompareCodeProps {
  readonly peerId: PeerId;
  /** Short enough to be read whole. */
  readonly who: string;
  /** Whether the name is only what that computer calls itself. */
  readonly isClaim: boolean;
  readonly comparison: Comparison | undefined;
  readonly onClose: () => void;
}

export function CompareCode({ peerId, who, isClaim, comparison, onClose }: CompareCodeProps) {
  const { t } = useTranslation();
  const core = useCore();
  const { isBusy, run } = useAction();
  const start = () => run(() => core.call('comparisons.start', { peerId }));
  const names = { peer: who };

  if (comparison === undefined)
    return (
      <Stack>
        <Text size="sm">{t('ui.verify.intro', names)}</Text>
        <Text size="sm" c="dimmed">
          {t('ui.verify.together')}
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('ui.common.cancel')}
          </Button>
          <Button onClick={start} loading={isBusy} data-autofocus>
            {t('ui.verify.start')}
          </Button>
        </Group>
      </Stack>
    );
  switch (comparison.state) {
    case 'connecting':
      return (
        <Stack align="center" py="md">
          <Loader size="md" aria-hidden />
          <Text role="status">{t('ui.verify.reaching', names)}</Text>
          <Button variant="default" onClick={onClose}>
            {t('ui.common.cancel')}
          </Button>
        </Stack>
      );
    case 'comparing':
    case 'waiting':
      return <ShownCode comparison={comparison} who={who} isClaim={isClaim} onClose={onClose} />;
    case 'verified':
      return (
        <End icon={<IconShieldCheck size={48} stroke={1.4} />} title={t('ui.verify.verifiedTitle')}>
          <Text size="sm">{t('ui.verify.verified', names)}</Text>
          <Button onClick={onClose}>{t('ui.common.close')}</Button>
        </End>
      );
    case 'different':
      return (
        <End icon={<IconShieldX size={48} stroke={1.4} />} title={t('ui.verify.differentTitle')} isBad>
          <Alert color="red" icon={<IconAlertTriangle size={20} />} className="verify-bad">
            {t('ui.verify.different', names)}
          </Alert>
          <Text size="sm">{t('ui.verify.differentAdvice', names)}</Text>
          {comparison.problem !== null && <Text size="sm">{sayProblem(comparison.problem)}</Text>}
          <Button variant="default" onClick={onClose}>
            {t('ui.common.close')}
          </Button>
        </End>
      );
    case 'failed':
      return (
        <End icon={<IconShieldX size={48} stroke={1.4} />} title={t('ui.verify.failedTitle')}>
          <Text size="sm">
            {comparison.problem?.code === 'cancelled'
              ? t('ui.verify.brokenOff', names)
              : sayProblem(comparison.problem ?? { code: 'internal', params: {} })}
          </Text>
          <Group>
            <Button variant="default" onClick={onClose}>
              {t('ui.common.close')}
            </Button>
            {comparison.role === 'asking' && (
              <Button onClick={start} loading={isBusy}>
                {t('ui.common.tryAgain')}
              </Button>
            )}
          </Group>
        </End>
      );
    default:
      return assertNever(comparison.state);
  }
}

function ShownCode({
  comparison,
  who,
  isClaim,
  onClose,
}: Pick<CompareCodeProps, 'who' | 'isClaim' | 'onClose'> & { comparison: Comparison }) {
  const { t } = useTranslation();
  const core = useCore();
  const { isBusy, run } = useAction();
  const { peerId, role, state, code, expiresAt, warning } = comparison;
  const isWaiting = state === 'waiting';
  // Security: another code, and the same one that appears again, must be read before it can be answered.
  const isArmed = useArmed(`${peerId} ${code}`) && !isBusy && !isWaiting;
  const now = useNow(1000, expiresAt !== null);
  if (code === null) return null;
  const answer = (isSame: boolean) => run(() => core.call('comparisons.answer', { peerId, code, isSame }));
  return (
    <Stack gap="sm">
      {warning !== null && (
        <Alert color="yellow" icon={<IconAlertTriangle size={18} />} p="xs">
          {t(`ui.peer.warning.${warning}`, { peer: who })}
        </Alert>
      )}
      <Text size="sm" tabIndex={-1} data-autofocus className="verify-what">
        {role === 'asked' && t(isClaim ? 'ui.verify.askedByClaim' : 'ui.verify.askedBy', { peer: who })}{' '}
        {t('ui.verify.look', { peer: who })}
      </Text>
      <div className="verify-code">
        <output className="verify-digits" aria-label={t('ui.verify.code')} data-testid="verify-code">
          {codeGroups(code)}
        </output>
        <span className="verify-words">{codeWords(code)}</span>
      </div>
      {isWaiting ? (
        <Group justify="center" role="status">
          <Loader size="xs" aria-hidden />
          <Text size="sm">{t('ui.verify.waiting', { peer: who })}</Text>
        </Group>
      ) : (
        <Text fw={600} ta="center">
          {t('ui.verify.question')}
        </Text>
      )}
      <div className="verify-answers">
        <ArmedButton isArmed={isArmed} color="red" variant="light" onAnswer={() => answer(false)}>
          {t('ui.verify.areDifferent')}
        </ArmedButton>
        <ArmedButton isArmed={isArmed} variant="filled" onAnswer={() => answer(true)}>
          {t('ui.verify.areSame')}
        </ArmedButton>
      </div>
      <Group justify="space-between" wrap="nowrap">
        <Text size="xs" c="dimmed">
          {expiresAt !== null &&
            t('ui.verify.left', { time: formatSeconds(Math.max(0, Math.ceil((expiresAt - now) / 1000))) })}
        </Text>
        <Button size="compact-sm" variant="subtle" color="gray" onClick={onClose}>
          {t('ui.common.cancel')}
        </Button>
      </Group>
    </Stack>
  );
}

function End(props: { icon: ReactNode; title: string; isBad?: boolean; children: ReactNode }) {
  return (
    <Stack align="center" gap="sm" className="verify-end" data-bad={props.isBad || undefined}>
      <span aria-hidden>{props.icon}</span>
      <Text fw={650} role="status" tabIndex={-1} data-autofocus>
        {props.title}
      </Text>
      {props.children}
    </Stack>
  );
}
