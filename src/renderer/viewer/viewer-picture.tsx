// The picture of a viewer window: the program's screen, as long as its session lives.
import { notifications } from '@mantine/notifications';
import { type RefObject, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { noPowers } from '../../contract/powers.ts';
import type { Session } from '../../contract/sessions.ts';
import { useConnectionEpoch, useCore } from '../use-core.tsx';
import { type RemoteScreen, showRemoteScreen } from './remote-screen.ts';
import type { DisplayState } from './viewer-phase.ts';

interface ViewerPictureProps {
  readonly session: Session | undefined;
  /** Set while there is a screen. */
  readonly screen: RefObject<RemoteScreen | null>;
  readonly isScaled: boolean;
  readonly isRunning: boolean;
  /** Whether it is the last one, from before the connection was lost. */
  readonly isOld: boolean;
  readonly label: string;
  readonly onState: (state: DisplayState) => void;
}

export function ViewerPicture({ session, screen, isScaled, isRunning, isOld, label, onState }: ViewerPictureProps) {
  const { t } = useTranslation();
  const core = useCore();
  const element = useRef<HTMLDivElement>(null);
  const powers = session?.powers ?? noPowers;
  const powersNow = useRef(powers);
  powersNow.current = powers;
  const liveSessionId = session !== undefined && session.state !== 'ended' ? session.id : null;

  useEffect(() => {
    if (liveSessionId === null || element.current === null) return;
    const remote = showRemoteScreen(core.carrier, liveSessionId, element.current, powersNow.current, {
      state: onState,
      clipboardProblem: (problem) =>
        notifications.show({ color: 'yellow', message: t(`ui.viewer.clipboard.${problem}`), autoClose: 12_000 }),
    });
    screen.current = remote;
    return () => {
      screen.current = null;
      remote.close();
      onState('none');
    };
  }, [core, liveSessionId, t, screen, onState]);

  useEffect(() => {
    screen.current?.setPowers(powers);
  }, [powers, screen]);

  const hasQuestion = session?.closing === 'asking';
  useEffect(() => {
    // The button that was pressed cannot be pressed any more: the keys are for the program's question.
    if (hasQuestion && (document.activeElement === null || document.activeElement === document.body))
      screen.current?.focus();
  }, [hasQuestion, screen]);

  useEffect(() => {
    screen.current?.setScaled(isScaled);
  }, [isScaled, liveSessionId, screen]);

  const epoch = useConnectionEpoch();
  const sessionState = session?.state;
  useEffect(() => {
    if (epoch > 0 && sessionState === 'running') screen.current?.retryNow();
  }, [sessionState, epoch, screen]);

  return (
    <div
      ref={element}
      className="viewer-screen"
      data-testid="viewer-screen"
      data-dimmed={isOld || undefined}
      role="application"
      tabIndex={isRunning ? 0 : -1}
      onFocus={(event) => event.target === event.currentTarget && screen.current?.focus()}
      aria-label={label}
    />
  );
}
