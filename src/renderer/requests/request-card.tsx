// One request: who asks for what, where it would run, what it could touch, and the answers.
import { ActionIcon, Button, RingProgress, Text, Title } from '@mantine/core';
import { IconArrowLeft, IconChevronUp, IconMinus } from '@tabler/icons-react';
import { type RefObject, useEffect, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ARMING_MS } from '../../contract/arming.ts';
import type { Request } from '../../contract/consent.ts';
import type { MethodInput } from '../../contract/contract.ts';
import { toProblem } from '../../contract/errors.ts';
import { sayProblem } from '../../messages/messages.ts';
import { Guarded, useArmed } from '../components/armed-button.tsx';
import { OfferIcon } from '../components/offer-icon.tsx';
import { useIsScrolling } from '../components/use-is-scrolling.ts';
import { formatNumber, formatSeconds, shorten } from '../lib/format.ts';
import { useAction, useCore, useNow, useTopic } from '../use-core.tsx';
import { NamedSentence } from './named-sentence.tsx';
import { type Choice, OtherAnswers, type PersonsAnswer } from './other-answers.tsx';
import { RequestAnswers } from './request-answers.tsx';
import { RequestFacts } from './request-facts.tsx';
import { RequestPowers } from './request-powers.tsx';
import { RequestTerms } from './request-terms.tsx';
import { RequestWho } from './request-who.tsx';
import './request-card.css';

interface RequestCardProps {
  readonly request: Request;
  readonly position: number;
  readonly count: number;
  /** Makes it small; null where it is all that the window shows. */
  readonly onShrink: (() => void) | null;
  /** Whether it has been made small. */
  readonly isSmall: boolean;
}

export function RequestCard({ request, position, count, onShrink, isSmall }: RequestCardProps) {
  const { t } = useTranslation();
  const core = useCore();
  const { isBusy, run } = useAction();
  const [hasOthers, setHasOthers] = useState(false);
  const [choice, setChoice] = useState<Choice | null>(null);
  const [powers, setPowers] = useState(request.powers);
  const titleId = useId();
  const termsId = useId();
  // Security: a name as long as a page must not push what matters out of sight.
  const who = shorten(request.peerName, 40);
  const what = shorten(request.offer.name, 60);
  // A name that this person gave is no claim.
  const isRenamed = useTopic('peers').some((peer) => peer.id === request.peerId && peer.isRenamed);
  const isClaim = !request.isVerified && !isRenamed;
  // Security: what is in another place, or says something else than a moment ago, is not meant by a click that is under way.
  const look = JSON.stringify([hasOthers, isSmall, isClaim, request.peerName, request.warning]);
  const isReadable = useArmed(look) && !isBusy;
  // What was chosen changes what the two buttons give, and nothing else.
  const isArmed = useArmed(look + JSON.stringify(choice)) && isReadable;
  const card = useRef<HTMLElement>(null);
  const title = useRef<HTMLHeadingElement>(null);
  const terms = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const isScrolling = useIsScrolling(body, hasOthers);
  const [problem, setProblem] = useState<string | null>(null);
  const showOthers = (isShown: boolean) => {
    setHasOthers(isShown);
    setChoice(null);
    body.current?.scrollTo({ top: 0 });
    // The button that was pressed waits until it can be meant again; the keyboard must not fall out of the card.
    if (!isShown) title.current?.focus();
  };
  useEscape(card, () => {
    if (isSmall || !isReadable) return;
    if (choice !== null) setChoice(null);
    else if (hasOthers) showOthers(false);
    else onShrink?.();
  });

  const answer = (call: () => Promise<unknown>) =>
    run(async () => {
      try {
        await call();
      } catch (error) {
        // Here and not in a notice, which would cover the answers that are left.
        setProblem(sayProblem(toProblem(error)));
        // What cannot be kept can still be allowed once.
        setChoice(null);
        // Security: the sentence may move the answers, and a second click must not meet another of them.
        await new Promise((resolve) => setTimeout(resolve, ARMING_MS));
      }
    });
  const sayAnswer = (given: PersonsAnswer) => {
    const input: MethodInput<'requests.answer'> =
      given.answer === 'allow' ? { requestId: request.id, powers, ...given } : { requestId: request.id, ...given };
    void answer(() => core.call('requests.answer', input));
  };
  const confirm = ({ kind, minutes }: Choice) => {
    if (kind === 'block') void answer(() => core.call('peers.block', { peerId: request.peerId, isBlocked: true }));
    else if (kind === 'never') sayAnswer({ answer: 'deny', lasts: 'always' });
    else sayAnswer({ answer: 'allow', lasts: kind, ...(minutes !== null && { minutes }) });
  };

  return (
    <section
      className="request-card"
      data-testid="request-card"
      role="alertdialog"
      aria-modal={false}
      aria-labelledby={titleId}
      aria-describedby={termsId}
      hidden={isSmall}
      ref={card}
    >
      <div className="request-top">
        <OfferIcon offer={request.offer} sizePx={40} />
        <div className="request-head">
          <Title order={2} ref={title} id={titleId} tabIndex={-1} className="request-title">
            <NamedSentence
              text={(names) => t(isClaim ? 'ui.request.titleUnverified' : 'ui.request.title', names)}
              peer={who}
              offer={what}
            />
          </Title>
          {request.offer.summary !== '' && (
            <Text size="sm" c="dimmed" className="ellipsis request-summary" title={request.offer.summary}>
              {request.offer.summary}
            </Text>
          )}
        </div>
        <Countdown askedAt={request.askedAt} expiresAt={request.expiresAt} />
        {onShrink !== null && (
          <ActionIcon
            variant="subtle"
            color="gray"
            disabled={!isReadable}
            aria-label={t('ui.request.shrink')}
            // Security: a script, and a key that was meant for something else, must not put the question away either.
            onClick={({ nativeEvent }) => nativeEvent.isTrusted && onShrink()}
          >
            <IconMinus size={18} />
          </ActionIcon>
        )}
      </div>

      <Guarded className="request-guarded" isArmed={isReadable} questions={[title, terms]}>
        <div
          className="request-body"
          ref={body}
          {...(isScrolling && { tabIndex: 0, role: 'group', 'aria-label': t('ui.request.details') })}
        >
          <RequestWho request={request} who={who} isRenamed={isRenamed} isShort={hasOthers} />
          {hasOthers ? (
            <OtherAnswers
              who={who}
              what={what}
              isVerified={request.isVerified}
              isArmed={isReadable}
              choice={choice}
              onChoose={setChoice}
            />
          ) : (
            <>
              <RequestPowers request={request} who={who} powers={powers} isArmed={isReadable} onChange={setPowers} />
              <RequestFacts request={request} who={who} />
            </>
          )}
        </div>

        <div className="request-answers">
          <div id={termsId} className="request-terms-place">
            <RequestTerms request={request} who={who} what={what} powers={powers} choice={choice} place={terms} />
          </div>
          {problem !== null && (
            <Text size="sm" c="var(--mantine-color-error)" role="alert">
              {problem}
            </Text>
          )}
          <RequestAnswers
            isVerified={request.isVerified && request.warning === null}
            isArmed={isArmed}
            choice={choice}
            onDeny={() => sayAnswer({ answer: 'deny', lasts: 'once' })}
            onAllow={() => sayAnswer({ answer: 'allow', lasts: 'once' })}
            onConfirm={confirm}
            onBack={() => setChoice(null)}
          />
          <div className="request-foot">
            <Text size="xs" c="dimmed" title={onShrink === null ? undefined : t('ui.request.keys')}>
              {count > 1
                ? t('ui.request.position', { position: formatNumber(position), total: formatNumber(count) })
                : t('ui.request.automatic')}
            </Text>
            <Button
              size="compact-xs"
              variant="subtle"
              disabled={!isReadable}
              aria-expanded={hasOthers}
              leftSection={hasOthers ? <IconArrowLeft size={14} /> : <IconChevronUp size={14} />}
              onClick={() => showOthers(!hasOthers)}
            >
              {t(hasOthers ? 'ui.request.back' : 'ui.request.others')}
            </Button>
          </div>
        </div>
      </Guarded>
    </section>
  );
}

/** Escape inside the card, or while nothing has the focus. */
function useEscape(card: RefObject<HTMLElement | null>, act: () => void): void {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const { activeElement } = document;
      if (event.key !== 'Escape' || event.defaultPrevented || event.repeat || !event.isTrusted) return;
      if (activeElement !== document.body && card.current?.contains(activeElement) !== true) return;
      latest.current();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [card]);
}

function Countdown({ askedAt, expiresAt }: { askedAt: number; expiresAt: number }) {
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
