// One request: who asks for what, where it would run, what it could touch, and the three answers.
import { Alert, Button, Group, RingProgress, Stack, Text, Title } from '@mantine/core';
import { IconAlertTriangle, IconBox, IconEye, IconFolder, IconShieldCheck, IconWorld } from '@tabler/icons-react';
import { type KeyboardEvent, type ReactNode, type RefObject, useEffect, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Powers, Request } from '../../contract/models.ts';
import { OfferIcon } from '../components/offer-icon.tsx';
import { formatNumber, formatSeconds, shorten, shortFingerprint } from '../lib/format.ts';
import { useAction, useCore, useNow } from '../use-core.tsx';
import './request-card.css';

/** Security: a click or key that was meant for what was there before must not become a yes. */
export const ARMING_MS = 700;

export function RequestCard({ request, position, count }: { request: Request; position: number; count: number }) {
  const { t } = useTranslation();
  const core = useCore();
  const { isBusy, run } = useAction();
  const isArmed = useArmed();
  const titleId = useId();
  const textId = useId();
  // Security: a name as long as a page must not push what matters out of sight.
  const who = shorten(request.peerName, 40);
  const what = shorten(request.offer.name, 60);
  const body = useRef<HTMLDivElement>(null);
  const isScrolling = useIsScrolling(body);

  const answer = (value: 'deny' | 'once' | 'always') =>
    run(() => core.call('requests.answer', { requestId: request.id, answer: value }));

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
          <Title order={2} id={titleId} className="request-title" title={`${request.peerName}\n${request.offer.name}`}>
            {t('ui.request.title', { peer: who, offer: what })}
          </Title>
          {request.offer.summary !== '' && (
            <Text size="sm" c="dimmed" className="ellipsis" title={request.offer.summary}>
              {request.offer.summary}
            </Text>
          )}
        </div>
        <Countdown askedAt={request.askedAt} expiresAt={request.expiresAt} />
      </Group>

      <div className="request-body" id={textId} ref={body} {...(isScrolling && { tabIndex: 0 })}>
        {request.isVerified ? (
          <Fact icon={<IconShieldCheck size={18} />}>{t('ui.request.verified', { peer: who })}</Fact>
        ) : (
          <Alert
            color="yellow"
            variant="light"
            p="xs"
            icon={<IconAlertTriangle size={18} />}
            className="request-warning"
          >
            {request.isNameOfAnother && <strong>{t('ui.request.nameOfAnother', { peer: who })} </strong>}
            {t('ui.request.unverified')}{' '}
            <span className="request-key" title={request.peerId}>
              {t('ui.request.key', { key: shortFingerprint(request.peerId) })}
            </span>
          </Alert>
        )}
        <Fact icon={<IconBox size={18} />}>{t('ui.request.where', { peer: who })}</Fact>
        <Fact icon={<IconEye size={18} />}>{t(`ui.request.view.${request.view}`, { peer: who })}</Fact>
        <Fact icon={<IconFolder size={18} />}>
          {request.mounts.length === 0 ? (
            t('ui.request.noFolders')
          ) : (
            <>
              {t('ui.request.folders')}
              <ul className="request-folders">
                {request.mounts.map((mount) => (
                  <li key={mount.path}>
                    <code>{mount.path}</code> {t(`ui.mount.${mount.mode}`)}
                  </li>
                ))}
              </ul>
            </>
          )}
        </Fact>
        <Fact icon={<IconWorld size={18} />} isStrong={request.powers.network || request.powers.clipboard}>
          {t(`ui.request.powers.${powersName(request.powers)}`, { peer: who })}
        </Fact>
      </div>

      <Stack gap={4} className="request-answers">
        <Group grow gap="xs" wrap="nowrap">
          <Answer isArmed={isArmed && !isBusy} color="red" variant="light" onAnswer={() => answer('deny')}>
            {t('ui.request.deny')}
          </Answer>
          <Answer isArmed={isArmed && !isBusy} variant="filled" onAnswer={() => answer('once')}>
            {t('ui.request.once')}
          </Answer>
        </Group>
        <Answer isArmed={isArmed && !isBusy} variant="subtle" onAnswer={() => answer('always')}>
          {t('ui.request.always', { peer: who })}
        </Answer>
        <Text size="xs" c="dimmed" ta="center" className="request-foot">
          {count > 1
            ? t('ui.request.position', { position: formatNumber(position), total: formatNumber(count) })
            : t('ui.request.automatic')}
        </Text>
      </Stack>
    </section>
  );
}

function powersName({ network, clipboard }: Powers): string {
  if (network) return clipboard ? 'both' : 'network';
  return clipboard ? 'clipboard' : 'none';
}

/** True once the card has been visible for long enough; a window that was hidden starts over. */
function useArmed(): boolean {
  const [isArmed, setArmed] = useState(false);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const arm = () => {
      clearTimeout(timer);
      setArmed(false);
      if (document.visibilityState === 'visible') timer = setTimeout(() => setArmed(true), ARMING_MS);
    };
    arm();
    document.addEventListener('visibilitychange', arm);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', arm);
    };
  }, []);
  return isArmed;
}

/** What scrolls must be reachable by keyboard. */
function useIsScrolling(element: RefObject<HTMLElement | null>): boolean {
  const [isScrolling, setScrolling] = useState(false);
  useEffect(() => {
    const box = element.current;
    if (box === null) return;
    const observer = new ResizeObserver(() => setScrolling(box.scrollHeight > box.clientHeight + 1));
    observer.observe(box);
    return () => observer.disconnect();
  }, [element]);
  return isScrolling;
}

function Answer(props: {
  isArmed: boolean;
  variant: string;
  color?: string;
  onAnswer: () => void;
  children: ReactNode;
}) {
  return (
    <Button
      type="button"
      variant={props.variant}
      {...(props.color !== undefined && { color: props.color })}
      disabled={!props.isArmed}
      onKeyDown={ignoreRepeat}
      onClick={(event) => {
        // Security: only a person's own click or key counts, and only after the card could be read.
        if (props.isArmed && event.nativeEvent.isTrusted) props.onAnswer();
      }}
    >
      <span className="ellipsis">{props.children}</span>
    </Button>
  );
}

/** Security: a key that is still held from something else repeats, and a repeat is not an answer. */
function ignoreRepeat(event: KeyboardEvent): void {
  if (event.repeat) event.preventDefault();
}

function Fact({ icon, children, isStrong = false }: { icon: ReactNode; children: ReactNode; isStrong?: boolean }) {
  return (
    <div className="request-fact" data-strong={isStrong || undefined}>
      <span aria-hidden>{icon}</span>
      <div>{children}</div>
    </div>
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
