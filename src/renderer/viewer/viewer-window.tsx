// The viewer window: waits for the answer, then shows the program's screen, and says how it ended.
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { peerLabel } from '../../messages/peer-label.ts';
import { usePowerNotices } from '../activity/power-notices.ts';
import { ConnectionBanner } from '../components/connection-banner.tsx';
import { shorten } from '../lib/format.ts';
import { sayPeer } from '../lib/peers.ts';
import { useAction, useCore } from '../use-core.tsx';
import type { RemoteScreen } from './remote-screen.ts';
import type { ViewerStart } from './start-viewer.ts';
import { useViewer } from './use-viewer.ts';
import { ViewerBar } from './viewer-bar.tsx';
import { ClosingLine } from './viewer-closing.tsx';
import { ViewerCover } from './viewer-cover.tsx';
import { useNoDrops } from './viewer-files.tsx';
import type { DisplayState } from './viewer-phase.ts';
import { ViewerPicture } from './viewer-picture.tsx';
import './viewer-window.css';

const SCALE_KEY = 'ebrainpool-viewer-scale';

export function ViewerWindow({ start }: { start: ViewerStart }) {
  const { t } = useTranslation();
  const core = useCore();
  const { run } = useAction();
  const [display, setDisplay] = useState<DisplayState>('none');
  const [isScaled, setScaled] = useState(() => localStorage.getItem(SCALE_KEY) !== 'off');
  const [main, setMain] = useState<HTMLElement | null>(null);
  const isFull = useIsFullScreen();
  const screen = useRef<RemoteScreen | null>(null);
  const viewer = useViewer(start, display);
  const { ask, session, phase, party, offer, launch } = viewer;
  usePowerNotices(viewer.sessionId);
  useNoDrops();

  const scale = (isNowScaled: boolean) => {
    localStorage.setItem(SCALE_KEY, isNowScaled ? 'on' : 'off');
    setScaled(isNowScaled);
  };
  /** The last picture stays, so that the person sees what they were at. */
  const isPictureOld = phase.kind === 'reconnecting' || (phase.kind === 'no-core' && session !== undefined);

  return (
    <div className="viewer" data-full={isFull || undefined}>
      <ViewerBar
        viewer={viewer}
        isFull={isFull}
        isScaled={isScaled}
        onScaled={scale}
        onDone={() => screen.current?.focus()}
        place={main}
      />
      {phase.kind !== 'no-core' && <ConnectionBanner />}
      <main className="viewer-main" ref={setMain}>
        <ViewerPicture
          session={session}
          screen={screen}
          isScaled={isScaled}
          isRunning={phase.kind === 'running'}
          isOld={isPictureOld}
          label={t('ui.viewer.screen', { offer: offer.name, peer: peerLabel(party, { isMarked: true }) })}
          onState={setDisplay}
        />
        {session !== undefined && session.state === 'running' && phase.kind !== 'no-core' && (
          <ClosingLine session={session} offer={shorten(offer.name, 60)} />
        )}
        {phase.kind !== 'running' && (
          <div className="viewer-cover" data-clear={isPictureOld || undefined} role="status">
            <ViewerCover
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

/** Whether the window fills the screen. */
function useIsFullScreen(): boolean {
  const [isFull, setFull] = useState(false);
  useEffect(() => {
    const onFullScreen = () => setFull(document.fullscreenElement !== null);
    document.addEventListener('fullscreenchange', onFullScreen);
    return () => document.removeEventListener('fullscreenchange', onFullScreen);
  }, []);
  return isFull;
}
