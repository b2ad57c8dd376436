// The viewer window: waits for the answer, then shows the program's screen, and says how it ended.
import { ActionIcon, Button, Group, Loader, Progress, Stack, Text, Title, Tooltip } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import {
  IconArrowsMaximize,
  IconArrowsMinimize,
  IconAspectRatio,
  IconClockOff,
  IconHandStop,
  IconPlugConnectedX,
  IconSquareCheck,
} from '@tabler/icons-react';
import { type ReactNode, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import type { PeerId } from '../../contract/ids.ts';
import type { Offer } from '../../contract/offers.ts';
import { noPowers } from '../../contract/powers.ts';
import type { Session } from '../../contract/sessions.ts';
import { sayProblem } from '../../messages/messages.ts';
import { type Party, partyOf, peerLabel } from '../../messages/peer-label.ts';
import { usePowerNotices } from '../activity/power-notices.ts';
import { ConnectionBanner } from '../components/connection-banner.tsx';
import { LastWords } from '../components/last-words.tsx';
import { OfferIcon } from '../components/offer-icon.tsx';
import { MarkOf } from '../components/peer-mark.tsx';
import { formatSeconds, shorten, shortFingerprint } from '../lib/format.ts';
import { sayPeer } from '../lib/peers.ts';
import { useAction, useConnectionEpoch, useConnectionState, useCore, useNow, useTopic } from '../use-core.tsx';
import { type RemoteScreen, showRemoteScreen } from '../viewer/remote-screen.ts';
import type { ViewerStart } from '../viewer/start-viewer.ts';
import { type DisplayState, type ViewerEnd, type ViewerPhase, viewerPhase } from '../viewer/viewer-phase.ts';
import { documentOf } from '../viewer/window-titles.ts';
import { ClosingLine, DisconnectButton } from './viewer-closing.tsx';
import { useNoDrops, ViewerFiles } from './viewer-files.tsx';
import { ViewerPowers } from './viewer-powers.tsx';
import { ViewerWindows } from './viewer-windows.tsx';
import './viewer-window.css';

const SCALE_KEY = 'ebrainpool-viewer-scale';

export function ViewerWindow({ start }: { start: ViewerStart }) {
  const { t } = useTranslation();
  const core = useCore();
  const asks = useTopic('asks');
  const sessions = useTopic('sessions');
  const peers = useTopic('peers');
  const catalogues = useTopic('catalogues');
  const target = useSyncExternalStore(start.follow, start.read);
  const { run } = useAction();
  const [display, setDisplay] = useState<DisplayState>('none');
  const [isScaled, setScaled] = useState(() => localStorage.getItem(SCALE_KEY) !== 'off');
  const [isFull, setFull] = useState(false);
  const screenElement = useRef<HTMLDivElement>(null);
  const [mainElement, setMainElement] = useState<HTMLElement | null>(null);
  const screen = useRef<RemoteScreen | null>(null);
  const toolbar = useRef<HTMLElement>(null);

  const ask = asks.find((one) => one.id === target.askId);
  const sessionId = target.sessionId ?? ask?.sessionId ?? null;
  const session = sessions.find((one) => one.id === sessionId);
  const isAsking = target.askId === null && target.sessionId === null && target.launch !== null;
  usePowerNotices(sessionId);
  const isCoreLost = useConnectionState() === 'lost';
  const phase = viewerPhase({ ask, session, problem: target.problem, isAsking, display, isCoreLost });

  const peerId = session?.peerId ?? ask?.peerId ?? target.launch?.peerId;
  const party: Party = session ?? ask ?? partyOf(peers, { peerId: peerId ?? '', peerName: nameOfStranger(peerId) });
  const peerName = peerLabel(party, { isMarked: true });
  const offer: Pick<Offer, 'name' | 'icon'> = session?.offer ??
    ask?.offer ??
    (peerId === undefined ? undefined : catalogues[peerId]?.find((one) => one.id === target.launch?.offerId)) ?? {
      name: target.launch?.offerId.replace(/^[a-z0-9-]+:/, '') ?? t('ui.viewer.program'),
      icon: null,
    };
  const titleWith = (label: string) =>
    t(isPossessive(party.peerName) || label !== party.peerName ? 'ui.viewer.titleOwned' : 'ui.viewer.title', {
      offer: offer.name,
      peer: label,
    });
  const documentTitle = useDocument(session);
  const title =
    documentTitle === null
      ? titleWith(peerName)
      : t('ui.viewer.titleDocument', { window: documentTitle, peer: peerName });
  // Where the system shows it there is no mark beside it.
  const windowTitle =
    documentTitle === null
      ? titleWith(peerLabel(party))
      : t('ui.viewer.titleDocument', { window: documentTitle, peer: peerLabel(party) });

  useEffect(() => {
    document.title = windowTitle;
  }, [windowTitle]);
  useEffect(() => {
    document.documentElement.dataset['viewer'] = phase.kind;
  }, [phase.kind]);

  const powers = session?.powers ?? noPowers;
  const powersNow = useRef(powers);
  powersNow.current = powers;
  const liveSessionId = session !== undefined && session.state !== 'ended' ? session.id : null;
  useEffect(() => {
    if (liveSessionId !== null && target.sessionId !== liveSessionId) start.setSession(liveSessionId);
  }, [liveSessionId, target.sessionId, start]);

  useEffect(() => {
    if (liveSessionId === null || screenElement.current === null) return;
    const remote = showRemoteScreen(core.carrier, liveSessionId, screenElement.current, powersNow.current, {
      state: setDisplay,
      clipboardProblem: (problem) =>
        notifications.show({ color: 'yellow', message: t(`ui.viewer.clipboard.${problem}`), autoClose: 12_000 }),
    });
    screen.current = remote;
    return () => {
      screen.current = null;
      remote.close();
      setDisplay('none');
    };
  }, [core, liveSessionId, t]);

  useEffect(() => {
    screen.current?.setPowers(powers);
  }, [powers]);

  const hasQuestion = session?.closing === 'asking';
  useEffect(() => {
    // The button that was pressed cannot be pressed any more: the keys are for the program's question.
    if (hasQuestion && (document.activeElement === null || document.activeElement === document.body))
      screen.current?.focus();
  }, [hasQuestion]);

  useNoDrops();

  useEffect(() => {
    screen.current?.setScaled(isScaled);
  }, [isScaled, liveSessionId]);

  const epoch = useConnectionEpoch();
  const sessionState = session?.state;
  useEffect(() => {
    if (epoch > 0 && sessionState === 'running') screen.current?.retryNow();
  }, [sessionState, epoch]);

  useEffect(() => {
    const onFullScreen = () => setFull(document.fullscreenElement !== null);
    document.addEventListener('fullscreenchange', onFullScreen);
    return () => document.removeEventListener('fullscreenchange', onFullScreen);
  }, []);

  useEffect(() => {
    // The remote program gets every key, Tab too: this one leads out of it to the toolbar.
    const onKeyDown = (event: KeyboardEvent) => {
      if (!(event.ctrlKey && event.altKey && event.key === 'Home')) return;
      event.preventDefault();
      event.stopPropagation();
      toolbar.current?.querySelector('button')?.focus();
    };
    window.addEventListener('keydown', onKeyDown, { capture: true });
    return () => window.removeEventListener('keydown', onKeyDown, { capture: true });
  }, []);

  const toggleScale = () => {
    localStorage.setItem(SCALE_KEY, isScaled ? 'off' : 'on');
    setScaled(!isScaled);
    screen.current?.focus();
  };
  const toggleFull = () => {
    if (isFull) void document.exitFullscreen();
    else void document.documentElement.requestFullscreen().catch(() => undefined);
    screen.current?.focus();
  };

  const isLive = phase.kind === 'running' || phase.kind === 'reconnecting' || phase.kind === 'connecting';
  /** The last picture stays, so that the person sees what they were at. */
  const isPictureOld = phase.kind === 'reconnecting' || (phase.kind === 'no-core' && session !== undefined);
  // What was asked for, and not what the person there left of it; after a reload the ask is found by its session.
  const asked = ask ?? asks.find((one) => one.sessionId !== null && one.sessionId === sessionId) ?? session;
  const launch =
    asked === undefined
      ? target.launch
      : { peerId: asked.peerId, offerId: asked.offer.id, view: 'viewer' as const, powers: asked.powers };

  return (
    <div className="viewer" data-full={isFull || undefined}>
      <header className="viewer-bar" ref={toolbar}>
        <OfferIcon offer={offer} sizePx={20} />
        <Title order={1} className="viewer-title ellipsis" title={title}>
          {documentTitle === null ? (
            title
          ) : (
            // Security: a title is the program's own text. It cannot push the name of the peer out of sight.
            <>
              <bdi className="viewer-document ellipsis">{documentTitle}</bdi>
              <span className="viewer-peer ellipsis">{t('ui.viewer.titlePeer', { peer: peerName })}</span>
            </>
          )}
        </Title>
        {peerId !== undefined && <MarkOf peerId={peerId} />}
        {session !== undefined && session.state !== 'ended' && (
          <>
            {session.windows.length > 1 && !powers.isViewOnly && (
              <ViewerWindows session={session} onChosen={() => screen.current?.focus()} />
            )}
            <ViewerPowers session={session} />
            {powers.files && <ViewerFiles key={session.id} session={session} place={mainElement} />}
          </>
        )}
        <Tooltip label={t('ui.viewer.scaleHint')} multiline maw={260}>
          <ActionIcon
            variant={isScaled ? 'light' : 'subtle'}
            color={isScaled ? 'pool' : 'gray'}
            aria-label={t('ui.viewer.scale')}
            aria-pressed={isScaled}
            onClick={toggleScale}
          >
            <IconAspectRatio size={18} />
          </ActionIcon>
        </Tooltip>
        <Tooltip label={t('ui.viewer.fullScreenHint')} multiline maw={260}>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t(isFull ? 'ui.viewer.leaveFullScreen' : 'ui.viewer.fullScreen')}
            aria-pressed={isFull}
            onClick={toggleFull}
          >
            {isFull ? <IconArrowsMinimize size={18} /> : <IconArrowsMaximize size={18} />}
          </ActionIcon>
        </Tooltip>
        <DisconnectButton session={session} isLive={isLive} />
      </header>
      {phase.kind !== 'no-core' && <ConnectionBanner />}
      <main className="viewer-main" ref={setMainElement}>
        <div
          ref={screenElement}
          className="viewer-screen"
          data-testid="viewer-screen"
          data-dimmed={isPictureOld || undefined}
          role="application"
          tabIndex={phase.kind === 'running' ? 0 : -1}
          onFocus={(event) => event.target === event.currentTarget && screen.current?.focus()}
          aria-label={t('ui.viewer.screen', { offer: offer.name, peer: peerName })}
        />
        {session !== undefined && session.state === 'running' && phase.kind !== 'no-core' && (
          <ClosingLine session={session} offer={shorten(offer.name, 60)} />
        )}
        {phase.kind !== 'running' && (
          <div className="viewer-cover" data-clear={isPictureOld || undefined} role="status">
            <Cover
              phase={phase}
              peerName={sayPeer(party, { isMarked: true })}
              offer={{ ...offer, name: shorten(offer.name, 60) }}
              onCancel={ask === undefined ? undefined : () => run(() => core.call('asks.cancel', { askId: ask.id }))}
              onAgain={launch === null ? undefined : () => start.askAgain(launch)}
            />
          </div>
        )}
      </main>
    </div>
  );
}

/** The title of the document in front, where the host tells it. */
function useDocument(session: Session | undefined): string | null {
  const lastId = useRef<number | null>(null);
  if (session === undefined || session.state === 'ended') return null;
  const found = documentOf(session.windows, lastId.current);
  lastId.current = found?.id ?? lastId.current;
  return found?.title ?? null;
}

function nameOfStranger(peerId: PeerId | undefined): string {
  return peerId === undefined ? '?' : shortFingerprint(peerId);
}

interface CoverProps {
  readonly phase: Exclude<ViewerPhase, { kind: 'running' }>;
  readonly peerName: string;
  readonly offer: Pick<Offer, 'name' | 'icon'>;
  readonly onCancel: (() => void) | undefined;
  readonly onAgain: (() => void) | undefined;
}

function Cover({ phase, peerName, offer, onCancel, onAgain }: CoverProps) {
  const { t } = useTranslation();
  const core = useCore();
  switch (phase.kind) {
    case 'waiting':
      return (
        <Card icon={<OfferIcon offer={offer} sizePx={64} />}>
          <Title order={2} size="h3">
            {t(phase.isAsked ? 'ui.viewer.waitingTitle' : 'ui.viewer.reachingTitle', { peer: peerName })}
          </Title>
          <Text c="dimmed">{t('ui.viewer.waiting', { peer: peerName, offer: offer.name })}</Text>
          <Countdown expiresAt={phase.expiresAt} />
          <Button variant="default" disabled={onCancel === undefined} onClick={onCancel}>
            {t('ui.common.cancel')}
          </Button>
        </Card>
      );
    case 'connecting':
      return (
        <Card icon={<Loader size={40} />}>
          <Title order={2} size="h3">
            {t('ui.viewer.connectingTitle', { offer: offer.name })}
          </Title>
          <Text c="dimmed">{t('ui.viewer.connecting', { peer: peerName })}</Text>
        </Card>
      );
    case 'reconnecting':
      return (
        <Card icon={<Loader size={40} />} isPanel>
          <Title order={2} size="h3">
            {t('ui.viewer.reconnectingTitle')}
          </Title>
          <Text c="dimmed">{t('ui.viewer.reconnecting', { peer: peerName, offer: offer.name })}</Text>
        </Card>
      );
    case 'no-core':
      return (
        <Card icon={<IconPlugConnectedX size={40} />} isPanel>
          <Title order={2} size="h3">
            {t('ui.connection.lostTitle')}
          </Title>
          <Text c="dimmed">{t('ui.connection.lostText')}</Text>
          <Button variant="default" onClick={core.retryNow}>
            {t('ui.common.tryAgain')}
          </Button>
        </Card>
      );
    case 'ended':
      return (
        <Card icon={<EndIcon why={phase.why} />}>
          <Title order={2} size="h3">
            {t(`ui.ended.${phase.why}.title`, { peer: peerName, offer: offer.name })}
          </Title>
          <Text c="dimmed">
            {phase.problem !== null
              ? sayProblem(phase.problem)
              : t(`ui.ended.${phase.why}.text`, { peer: peerName, offer: offer.name })}
          </Text>
          <LastWords lines={phase.lastWords ?? []} />
          <Group justify="center">
            {onAgain !== undefined && phase.why !== 'gone' && (
              <Button onClick={onAgain}>{t('ui.viewer.openAgain')}</Button>
            )}
            <Button variant="default" onClick={() => window.close()}>
              {t('ui.common.close')}
            </Button>
          </Group>
        </Card>
      );
  }
}

function Card({ icon, children, isPanel = false }: { icon: ReactNode; children: ReactNode; isPanel?: boolean }) {
  return (
    <Stack className="viewer-card" data-panel={isPanel || undefined} align="center" gap="md">
      <span className="viewer-card-icon" aria-hidden>
        {icon}
      </span>
      {children}
    </Stack>
  );
}

function EndIcon({ why }: { why: ViewerEnd }) {
  const props = { size: 48, stroke: 1.4 };
  if (why === 'denied' || why === 'host') return <IconHandStop {...props} />;
  if (why === 'unanswered' || why === 'expired') return <IconClockOff {...props} />;
  if (why === 'program' || why === 'visitor' || why === 'cancelled') return <IconSquareCheck {...props} />;
  return <IconPlugConnectedX {...props} />;
}

/** How long the person there still has for an answer. It keeps its place while nothing is known yet. */
function Countdown({ expiresAt }: { expiresAt: number | null }) {
  const { t } = useTranslation();
  const now = useNow(1000, expiresAt !== null);
  const [total, setTotal] = useState<number | null>(null);
  useEffect(() => {
    setTotal(expiresAt === null ? null : Math.max(1, expiresAt - Date.now()));
  }, [expiresAt]);
  const left = expiresAt === null ? 0 : Math.max(0, expiresAt - now);
  return (
    <Stack gap={6} w={240} h={34} aria-hidden={expiresAt === null}>
      {expiresAt !== null && (
        <>
          <Progress
            value={total === null ? 100 : (left / total) * 100}
            size="sm"
            aria-label={t('ui.viewer.timeLeft')}
            transitionDuration={1000}
          />
          <Text size="xs" c="dimmed" ta="center" aria-live="off">
            {t('ui.viewer.answerWithin', { time: formatSeconds(Math.ceil(left / 1000)) })}
          </Text>
        </>
      )}
    </Stack>
  );
}

/** “Bob’s workstation” is the name of a computer, “Bob” that of a person. */
function isPossessive(name: string): boolean {
  return /[’']s /.test(name);
}
