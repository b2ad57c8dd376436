// One request: who asks for what, where it would run, what it could touch, and the answers.
import { Alert, Button, Group, RingProgress, Stack, Text, Title } from '@mantine/core';
import {
  IconAlertTriangle,
  IconArrowLeft,
  IconBox,
  IconChevronUp,
  IconFolder,
  IconHistory,
  IconScreenShare,
  IconShieldCheck,
} from '@tabler/icons-react';
import { type ReactNode, type RefObject, useEffect, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ARMING_MS } from '../../contract/arming.ts';
import type { MethodInput } from '../../contract/contract.ts';
import { toProblem } from '../../contract/errors.ts';
import type { Mount, Request } from '../../contract/models.ts';
import { sayProblem } from '../../messages/messages.ts';
import { ArmedButton, Guarded, useArmed } from '../components/armed-button.tsx';
import { OfferIcon } from '../components/offer-icon.tsx';
import { formatNumber, formatSeconds, shorten, shortFingerprint } from '../lib/format.ts';
import { MountNotes } from '../settings/mount-notes.tsx';
import { useAction, useCore, useNow, useTopic } from '../use-core.tsx';
import { isOver, openVerify } from '../verify/open-verify.ts';
import { OtherAnswers, type PersonsAnswer } from './other-answers.tsx';
import { RequestPowers } from './request-powers.tsx';
import './request-card.css';

export function RequestCard({ request, position, count }: { request: Request; position: number; count: number }) {
  const { t } = useTranslation();
  const core = useCore();
  const { isBusy, run } = useAction();
  const [hasOthers, setHasOthers] = useState(false);
  const [powers, setPowers] = useState(request.powers);
  // Other answers are in other places: none of them is meant by a click that is under way.
  const isArmed = useArmed(hasOthers) && !isBusy;
  const titleId = useId();
  const textId = useId();
  // Security: a name as long as a page must not push what matters out of sight.
  const who = shorten(request.peerName, 40);
  const what = shorten(request.offer.name, 60);
  // A name that this person gave is no claim.
  const isRenamed = useTopic('peers').some((peer) => peer.id === request.peerId && peer.isRenamed);
  const isClaim = !request.isVerified && !isRenamed;
  const title = useRef<HTMLHeadingElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const isScrolling = useIsScrolling(body, hasOthers);
  const [problem, setProblem] = useState<string | null>(null);
  const showOthers = (isShown: boolean) => {
    setHasOthers(isShown);
    body.current?.scrollTo({ top: 0 });
  };

  const answer = (call: () => Promise<unknown>) =>
    run(async () => {
      try {
        await call();
      } catch (error) {
        // Here and not in a notice, which would cover the answers that are left.
        setProblem(sayProblem(toProblem(error)));
        // Security: the sentence may move the answers, and a second click must not meet another of them.
        await new Promise((resolve) => setTimeout(resolve, ARMING_MS));
      }
    });
  const sayAnswer = (given: PersonsAnswer) => {
    const input: MethodInput<'requests.answer'> =
      given.answer === 'allow' ? { requestId: request.id, powers, ...given } : { requestId: request.id, ...given };
    void answer(() => core.call('requests.answer', input));
  };

  return (
    <section
      className="request-card"
      data-testid="request-card"
      role="alertdialog"
      aria-modal={false}
      aria-labelledby={titleId}
      aria-describedby={textId}
    >
      <Group wrap="nowrap" gap="sm" align="flex-start">
        <OfferIcon offer={request.offer} sizePx={44} />
        <div className="request-head">
          <Title
            order={2}
            ref={title}
            id={titleId}
            className="request-title"
            title={`${request.peerName}\n${request.offer.name}`}
          >
            {t(isClaim ? 'ui.request.titleUnverified' : 'ui.request.title', { peer: who, offer: what })}
          </Title>
          {request.offer.summary !== '' && (
            <Text size="sm" c="dimmed" className="ellipsis" title={request.offer.summary}>
              {request.offer.summary}
            </Text>
          )}
        </div>
        <Countdown askedAt={request.askedAt} expiresAt={request.expiresAt} />
      </Group>

      <Guarded className="request-guarded" isArmed={isArmed} question={title}>
        <div className="request-body" id={textId} ref={body} {...(isScrolling && { tabIndex: 0 })}>
          <Who request={request} who={who} isRenamed={isRenamed} isShort={hasOthers} />
          {hasOthers ? (
            <OtherAnswers
              who={who}
              what={what}
              isVerified={request.isVerified}
              isArmed={isArmed}
              onAnswer={sayAnswer}
              onBlock={() => answer(() => core.call('peers.block', { peerId: request.peerId, isBlocked: true }))}
            />
          ) : (
            <>
              {request.ruleNote !== null && (
                <Fact icon={<IconHistory size={18} />} isStrong>
                  {t(`ui.request.ruleNote.${request.ruleNote}`)}
                </Fact>
              )}
              {request.ownSandbox !== 'off' && (
                <Fact icon={<IconAlertTriangle size={18} />} isStrong>
                  {t(`ui.request.ownSandbox.${request.ownSandbox}`)}
                </Fact>
              )}
              <RequestPowers request={request} who={who} powers={powers} isArmed={isArmed} onChange={setPowers} />
              <Fact icon={<IconBox size={18} />}>{t('ui.request.where', { peer: who })}</Fact>
              <Fact icon={<IconScreenShare size={18} />}>{t(`ui.request.view.${request.view}`, { peer: who })}</Fact>
              <Fact icon={<IconFolder size={18} />}>
                {request.mounts.length === 0 ? (
                  t('ui.request.noFolders')
                ) : (
                  <>
                    {t('ui.request.folders')}
                    <ul className="request-folders">
                      {request.mounts.map((mount) => (
                        <RequestFolder key={mount.path} {...mount} />
                      ))}
                    </ul>
                  </>
                )}
              </Fact>
            </>
          )}
        </div>

        <Stack gap={4} className="request-answers">
          {problem !== null && (
            <Text size="sm" c="var(--mantine-color-error)" role="alert">
              {problem}
            </Text>
          )}
          <Group grow gap="xs" wrap="nowrap">
            <ArmedButton
              isArmed={isArmed}
              variant="light"
              color="red"
              onAnswer={() => sayAnswer({ answer: 'deny', lasts: 'once' })}
            >
              {t('ui.request.deny')}
            </ArmedButton>
            <ArmedButton
              isArmed={isArmed}
              variant="filled"
              onAnswer={() => sayAnswer({ answer: 'allow', lasts: 'once' })}
            >
              {t('ui.request.once')}
            </ArmedButton>
          </Group>
          <Button
            size="compact-sm"
            variant="subtle"
            disabled={!isArmed}
            aria-expanded={hasOthers}
            leftSection={hasOthers ? <IconArrowLeft size={16} /> : <IconChevronUp size={16} />}
            onClick={() => showOthers(!hasOthers)}
          >
            {t(hasOthers ? 'ui.request.back' : 'ui.request.others')}
          </Button>
          <Text size="xs" c="dimmed" ta="center" className="request-foot">
            {count > 1
              ? t('ui.request.position', { position: formatNumber(position), total: formatNumber(count) })
              : t('ui.request.automatic')}
          </Text>
        </Stack>
      </Guarded>
    </section>
  );
}

/** Who that is, as far as it can be known, and what does not fit. */
function Who(props: { request: Request; who: string; isRenamed: boolean; isShort: boolean }) {
  const { request, who, isRenamed, isShort } = props;
  const { t } = useTranslation();
  // A peer that was not found here can only be compared with when it begins.
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
      {/* The long sentences were read before the other answers were wanted, which need the room. */}
      {!isShort && !request.isVerified && t(isRenamed ? 'ui.request.renamed' : 'ui.request.unverified')}{' '}
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

/** What scrolls must be reachable by keyboard. */
function useIsScrolling(element: RefObject<HTMLElement | null>, content: unknown): boolean {
  const [isScrolling, setScrolling] = useState(false);
  useEffect(() => {
    const box = element.current;
    if (box === null) return;
    const observer = new ResizeObserver(() => setScrolling(box.scrollHeight > box.clientHeight + 1));
    observer.observe(box);
    return () => observer.disconnect();
  }, [element, content]);
  return isScrolling;
}

function Fact({ icon, children, isStrong = false }: { icon: ReactNode; children: ReactNode; isStrong?: boolean }) {
  return (
    <div className="request-fact" data-strong={isStrong || undefined}>
      <span aria-hidden>{icon}</span>
      <div>{children}</div>
    </div>
  );
}

/** A folder of this computer as programs get it now, or why they do not. */
function RequestFolder({ path, mode }: Mount) {
  const { t } = useTranslation();
  const judged = useTopic('mounts').find((mount) => mount.path === path);
  return (
    <li>
      <code>{path}</code> {t(judged?.level === 'refused' ? 'ui.mount.refused' : `ui.mount.${mode}`)}
      {judged !== undefined && <MountNotes verdict={judged} />}
    </li>
  );
}

function Countdown({ askedAt, expiresAt }: { askedAt: number; expiresAt: number }) {
  const { t } = useTranslation();
  const now = useNow(500);
  const leftS = Math.max(0, Math.ceil((expiresAt - now) / 1000));
  const share = Math.min(100, Math.max(0, ((expiresAt - now) / Math.max(1, expiresAt - askedAt)) * 100));
  return (
    <RingProgress
      size={44}
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
