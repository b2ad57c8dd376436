// One request: who asks for what, where it would run, what it could touch, and the answers.
import { ActionIcon, Button, Text, Title } from '@mantine/core';
import { IconArrowLeft, IconChevronUp, IconMinus } from '@tabler/icons-react';
import { useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Request } from '../../contract/consent.ts';
import { Guarded, useArmed } from '../components/armed-button.tsx';
import { OfferIcon } from '../components/offer-icon.tsx';
import { useIsScrolling } from '../components/use-is-scrolling.ts';
import { formatNumber, shorten } from '../lib/format.ts';
import { useTopic } from '../use-core.tsx';
import { NamedSentence } from './named-sentence.tsx';
import { type Choice, OtherAnswers } from './other-answers.tsx';
import { RequestAnswers } from './request-answers.tsx';
import { RequestCountdown } from './request-countdown.tsx';
import { RequestFacts } from './request-facts.tsx';
import { RequestPowers } from './request-powers.tsx';
import { RequestTerms } from './request-terms.tsx';
import { RequestWho } from './request-who.tsx';
import { useAnswers } from './use-answers.ts';
import { useEscape } from './use-escape.ts';
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
  const [hasOthers, setHasOthers] = useState(false);
  const [choice, setChoice] = useState<Choice | null>(null);
  const [powers, setPowers] = useState(request.powers);
  // What cannot be kept can still be allowed once.
  const { isBusy, problem, sayAnswer, confirm } = useAnswers(request, powers, () => setChoice(null));
  const titleId = useId();
  const termsId = useId();
  // Security: a name as long as a page must not push what matters out of sight.
  const who = shorten(request.peerName, 40);
  const what = shorten(request.offer.name, 60);
  // A name that this person gave is no claim.
  const isRenamed = useTopic('peers').some((peer) => peer.id === request.peerId && peer.isRenamed);
  const isClaim = !request.isVerified && !isRenamed;
  // Security: a click that is under way is not meant for what has just moved or changed its words.
  const look = JSON.stringify([hasOthers, isSmall, isClaim, request.peerName, request.warning]);
  const isReadable = useArmed(look) && !isBusy;
  // What was chosen changes what the two buttons give, and nothing else.
  const isArmed = useArmed(look + JSON.stringify(choice)) && isReadable;
  const card = useRef<HTMLElement>(null);
  const title = useRef<HTMLHeadingElement>(null);
  const terms = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const isScrolling = useIsScrolling(body, hasOthers);
  const showOthers = (isShown: boolean) => {
    setHasOthers(isShown);
    setChoice(null);
    body.current?.scrollTo({ top: 0 });
    // The button that was pressed waits until it is armed again; the focus must not leave the card.
    if (!isShown) title.current?.focus();
  };
  useEscape(card, () => {
    if (isSmall || !isReadable) return;
    if (choice !== null) setChoice(null);
    else if (hasOthers) showOthers(false);
    else onShrink?.();
  });

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
        <RequestCountdown askedAt={request.askedAt} expiresAt={request.expiresAt} />
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
