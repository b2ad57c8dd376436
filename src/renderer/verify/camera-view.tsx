// The place beside this computer's code in which the camera shows the other screen, and what is said where it cannot.
import { Alert, Button, Text } from '@mantine/core';
import { IconCamera, IconCameraOff } from '@tabler/icons-react';
import { useEffect, useEffectEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { parseWindowRoute } from '../lib/route.ts';
import { useCore } from '../use-core.tsx';
import { CameraError, type CameraProblem, scanCode } from './camera.ts';

/** `looking`: not known yet, which takes a moment. */
export type CameraPresence = 'looking' | 'there' | 'missing' | 'unsupported' | 'other-window';

/** Whether this window has a camera to use. One that is plugged in or pulled out meanwhile counts. */
export function useCameraPresence(): CameraPresence {
  const [presence, setPresence] = useState<CameraPresence>(() => {
    // Both shells give it to the main window alone (SECURITY.md).
    if (parseWindowRoute(window.location.search).window !== 'main') return 'other-window';
    // Absent in a page that is not from this computer, and in old browsers.
    return navigator.mediaDevices === undefined ? 'unsupported' : 'looking';
  });
  const isPossible = presence !== 'other-window' && presence !== 'unsupported';
  useEffect(() => {
    if (!isPossible) return;
    let isGone = false;
    const look = async () => {
      const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
      if (!isGone) setPresence(devices.some(({ kind }) => kind === 'videoinput') ? 'there' : 'missing');
    };
    void look();
    navigator.mediaDevices.addEventListener('devicechange', look);
    return () => {
      isGone = true;
      navigator.mediaDevices.removeEventListener('devicechange', look);
    };
  }, [isPossible]);
  return presence;
}

interface CameraBoxProps {
  readonly isOn: boolean;
  readonly isDisabled: boolean;
  readonly onToggle: () => void;
  readonly onRead: (text: string) => void;
  /** It ended without a code; null when nothing went wrong. */
  readonly onEnd: (problem: CameraProblem | null) => void;
}

export function CameraBox({ isOn, isDisabled, onToggle, onRead, onEnd }: CameraBoxProps) {
  const { t } = useTranslation();
  return (
    <div className="verify-camera" data-on={isOn || undefined}>
      {isOn ? <LiveView onRead={onRead} onEnd={onEnd} /> : <IconCamera size={40} stroke={1.3} aria-hidden />}
      {/* One button for both, so that the keyboard stays where it is. */}
      <Button variant="default" size={isOn ? 'compact-sm' : 'sm'} disabled={isDisabled} onClick={onToggle}>
        {isOn ? t('ui.verify.camera.stop') : t('ui.verify.camera.use')}
      </Button>
    </div>
  );
}

/** Uses the camera for as long as it is on the screen. */
function LiveView({ onRead, onEnd }: Pick<CameraBoxProps, 'onRead' | 'onEnd'>) {
  const { t } = useTranslation();
  const video = useRef<HTMLVideoElement>(null);
  const [picture, setPicture] = useState<'none' | 'plain' | 'mirrored'>('none');
  const read = useEffectEvent(onRead);
  const end = useEffectEvent(onEnd);
  useEffect(() => {
    if (video.current === null) return;
    const stopped = new AbortController();
    const { signal } = stopped;
    // Security: a camera that nobody sees is on must not be on.
    const stopWhenHidden = () => {
      if (document.visibilityState !== 'hidden') return;
      stopped.abort();
      end(null);
    };
    document.addEventListener('visibilitychange', stopWhenHidden, { signal });
    scanCode({
      video: video.current,
      signal,
      onPicture: (isMirrored) => setPicture(isMirrored ? 'mirrored' : 'plain'),
    }).then(
      (text) => !signal.aborted && read(text),
      (error: unknown) => !signal.aborted && end(error instanceof CameraError ? error.problem : 'failed'),
    );
    return () => stopped.abort();
  }, []);
  return (
    <>
      {/* Muted and inline, or a telephone opens its own player. */}
      <video ref={video} muted playsInline data-picture={picture} aria-label={t('ui.verify.camera.view')} />
      <span className="verify-aim" aria-hidden />
    </>
  );
}

interface CameraNoteProps {
  readonly who: string;
  readonly isOn: boolean;
  readonly problem: CameraProblem | null;
}

/** What to do with the camera, or why it gave nothing. The other ways are said below it. */
export function CameraNote({ who, isOn, problem }: CameraNoteProps) {
  const { t } = useTranslation();
  const { shell } = useCore().carrier;
  if (problem !== null)
    return (
      <Alert color="yellow" icon={<IconCameraOff size={18} />} p="xs" role="alert">
        {problem === 'refused' ? t(`ui.verify.camera.refused.${shell}`) : t(`ui.verify.camera.${problem}`)}
      </Alert>
    );
  return (
    <Text size="sm" role="status" className="verify-camera-note">
      {isOn && t('ui.verify.camera.hold', { peer: who })}
    </Text>
  );
}
