// Which request for a camera or a microphone is the one that the verify dialog makes (renderer/verify/camera.ts).
import { rowOfWindow } from '../contract/windows.ts';
import { appOrigin, windowOfUrl } from './protocol.ts';

export interface MediaRequest {
  /** The page's address, as Electron says it; absent for what is no page. */
  readonly requestingUrl?: string;
  /** The origin of whoever asks, which a frame may have for itself. */
  readonly securityOrigin?: string;
  readonly isMainFrame: boolean;
  /** Every kind that is asked for: video, audio. */
  readonly types: readonly (string | undefined)[];
}

/**
 * Security: a picture and never sound, for the main window's own page and no other. The pop-up draws while it is hidden, so that its
 * page would not know when to stop; a viewer shows what another computer draws, and has nothing to scan.
 */
export function isCameraOfMainWindow({ requestingUrl, securityOrigin, isMainFrame, types }: MediaRequest): boolean {
  return (
    isMainFrame &&
    types.length === 1 &&
    types[0] === 'video' &&
    rowOfWindow(windowOfUrl(requestingUrl ?? '')).hasCamera &&
    (securityOrigin === undefined || securityOrigin.replace(/\/$/, '') === appOrigin)
  );
}
