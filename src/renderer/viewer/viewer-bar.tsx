// The bar of a viewer window: what it shows, what its session may do, and its buttons.
import { ActionIcon, Tooltip } from '@mantine/core';
import { IconArrowsMaximize, IconArrowsMinimize, IconAspectRatio } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { OfferIcon } from '../components/offer-icon.tsx';
import { MarkOf } from '../components/peer-mark.tsx';
import type { Viewer } from './use-viewer.ts';
import { DisconnectButton } from './viewer-closing.tsx';
import { ViewerFiles } from './viewer-files.tsx';
import { ViewerPowers } from './viewer-powers.tsx';
import { ViewerTitle } from './viewer-title.tsx';
import { ViewerWindows } from './viewer-windows.tsx';

interface ViewerBarProps {
  readonly viewer: Viewer;
  readonly isFull: boolean;
  readonly isScaled: boolean;
  readonly onScaled: (isScaled: boolean) => void;
  /** Gives the keys back to the program. */
  readonly onDone: () => void;
  /** Where the files are shown. */
  readonly place: HTMLElement | null;
}

export function ViewerBar({ viewer, isFull, isScaled, onScaled, onDone, place }: ViewerBarProps) {
  const { t } = useTranslation();
  const { session, offer, party, peerId, phase } = viewer;
  const bar = useRef<HTMLElement>(null);
  const isLive = phase.kind === 'running' || phase.kind === 'reconnecting' || phase.kind === 'connecting';

  useEffect(() => {
    // The remote program gets every key, Tab too: this one leads out of it to the bar.
    const onKeyDown = (event: KeyboardEvent) => {
      if (!(event.ctrlKey && event.altKey && event.key === 'Home')) return;
      event.preventDefault();
      event.stopPropagation();
      bar.current?.querySelector('button')?.focus();
    };
    window.addEventListener('keydown', onKeyDown, { capture: true });
    return () => window.removeEventListener('keydown', onKeyDown, { capture: true });
  }, []);

  const toggleFull = () => {
    if (isFull) void document.exitFullscreen();
    else void document.documentElement.requestFullscreen().catch(() => undefined);
    onDone();
  };
  return (
    <header className="viewer-bar" ref={bar}>
      <OfferIcon offer={offer} sizePx={20} />
      <ViewerTitle session={session} offer={offer} party={party} />
      {peerId !== undefined && <MarkOf peerId={peerId} />}
      {session !== undefined && session.state !== 'ended' && (
        <>
          {session.windows.length > 1 && !session.powers.isViewOnly && (
            <ViewerWindows session={session} onChosen={onDone} />
          )}
          <ViewerPowers session={session} />
          {session.powers.files && <ViewerFiles key={session.id} session={session} place={place} />}
        </>
      )}
      <Tooltip label={t('ui.viewer.scaleHint')} multiline maw={260}>
        <ActionIcon
          variant={isScaled ? 'light' : 'subtle'}
          color={isScaled ? 'pool' : 'gray'}
          aria-label={t('ui.viewer.scale')}
          aria-pressed={isScaled}
          onClick={() => {
            onScaled(!isScaled);
            onDone();
          }}
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
  );
}
