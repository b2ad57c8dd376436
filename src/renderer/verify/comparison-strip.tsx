// A comparison in one line above a request: what another person began, and how one ended, without covering the answers.
import { Button, CloseButton, Text } from '@mantine/core';
import { IconShieldCheck, IconShieldQuestion, IconShieldX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Comparison } from '../../contract/comparisons.ts';
import { assertNever } from '../../contract/errors.ts';
import { sayProblem } from '../../messages/messages.ts';
import { shorten } from '../lib/format.ts';
import { useCore, useTopic } from '../use-core.tsx';
import { isOver, openVerify, useWantedPeer } from './open-verify.ts';
import './comparison-strip.css';

const icons = { verified: IconShieldCheck, different: IconShieldX, failed: IconShieldX } as const;

export function ComparisonStrip() {
  const { t } = useTranslation();
  const core = useCore();
  const wantedPeer = useWantedPeer();
  const shown = useTopic('comparisons').filter(({ role, peerId }) => role === 'asked' || peerId === wantedPeer);
  const peers = useTopic('peers');
  // How one ended first: it is what the person waits for.
  const comparison = shown.find(isOver) ?? shown.find(({ peerId }) => peerId !== wantedPeer);
  if (comparison === undefined) return null;
  const { peerId, state } = comparison;
  const isRenamed = peers.some((peer) => peer.id === peerId && peer.isRenamed);
  const isClaim = !comparison.isVerified && !isRenamed;
  const Icon = state in icons ? icons[state as keyof typeof icons] : IconShieldQuestion;
  const dismiss = () => {
    void core.call('comparisons.cancel', { peerId }).catch(() => {});
    if (wantedPeer === peerId) openVerify(null);
  };
  return (
    <section className="comparison-strip" data-state={state} role={state === 'different' ? 'alert' : 'status'}>
      <Icon size={20} className="comparison-icon" aria-hidden />
      <Text size="sm" className="comparison-text">
        {sayComparison(comparison, isClaim, t)}
      </Text>
      {isOver(comparison) ? (
        <CloseButton aria-label={t('ui.common.close')} onClick={dismiss} />
      ) : (
        <Button size="compact-sm" variant="default" onClick={() => openVerify(peerId)}>
          {t('ui.verify.start')}
        </Button>
      )}
    </section>
  );
}

function sayComparison(
  { state, peerName, problem }: Comparison,
  isClaim: boolean,
  t: ReturnType<typeof useTranslation>['t'],
): string {
  // Security: a name as long as a page must not push the request out of sight.
  const names = { peer: shorten(peerName, 40) };
  switch (state) {
    case 'connecting':
    case 'comparing':
      return t(isClaim ? 'ui.verify.askedByClaim' : 'ui.verify.askedBy', names);
    case 'waiting':
      return t('ui.verify.waiting', names);
    case 'verified':
      return t('ui.verify.verified', names);
    case 'different':
      return `${t('ui.verify.differentTitle')}. ${t('ui.verify.different', names)}`;
    case 'failed':
      if (problem === null || problem.code === 'cancelled') return t('ui.verify.brokenOff', names);
      return sayProblem(problem);
    default:
      return assertNever(state);
  }
}
