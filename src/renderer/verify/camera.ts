// The QR code that somebody holds in front of the camera. Frames are looked at here and forgotten: none is kept, none is sent.
import { decodeCanvas } from './read-qr.ts';

/** Why there is no picture (any more). */
export type CameraProblem = 'refused' | 'missing' | 'busy' | 'gone' | 'failed';

export class CameraError extends Error {
  override readonly name = 'CameraError';
  readonly problem: CameraProblem;

  constructor(problem: CameraProblem, options?: ErrorOptions) {
    super(`no picture from the camera: ${problem}`, options);
    this.problem = problem;
  }
}

/** A hand that holds a computer trembles; some six looks a second find a moment in which it does not, and leave time to the page. */
const LOOK_EVERY_MS = 150;
/** Enough for a code of 5 cm at arm's length. What a camera gives beyond costs time and finds nothing more. */
const FRAME_PX = { width: 1280, height: 720 };

export interface Scan {
  /** Shows what the camera sees. */
  readonly video: HTMLVideoElement;
  /** Ends it at once: the camera is released before `abort()` returns. */
  readonly signal: AbortSignal;
  /** Called when there is a picture, with whether it should be shown as in a mirror. */
  onPicture(isMirrored: boolean): void;
}

/**
 * Opens the camera and resolves with the text of the first code that it sees. However it ends, the camera is released.
 * @throws CameraError; the signal's reason when that ended it
 */
export async function scanCode({ video, signal, onPicture }: Scan): Promise<string> {
  signal.throwIfAborted();
  const stream = await openCamera();
  const ended = Promise.withResolvers<never>();
  // Nobody waits for it before the first look.
  ended.promise.catch(() => {});
  const release = () => {
    // Security: every track, or the camera's light goes on burning.
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
    ended.reject(signal.reason);
  };
  signal.addEventListener('abort', release, { once: true });
  for (const track of stream.getTracks())
    track.addEventListener('ended', () => ended.reject(new CameraError('gone')), { once: true });
  try {
    // It was ended while the person was asked for the camera.
    signal.throwIfAborted();
    video.srcObject = stream;
    await Promise.race([video.play(), ended.promise]);
    // The camera above a screen shows the person who looks at it, and they expect a mirror; one at the back shows what is there.
    onPicture(stream.getVideoTracks()[0]?.getSettings().facingMode !== 'environment');
    const canvas = document.createElement('canvas');
    for (;;) {
      const text = lookAt(video, canvas);
      if (text !== null) return text;
      await Promise.race([new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS)), ended.promise]);
    }
  } finally {
    signal.removeEventListener('abort', release);
    release();
  }
}

async function openCamera(): Promise<MediaStream> {
  const { width, height } = FRAME_PX;
  try {
    return await navigator.mediaDevices.getUserMedia({
      // Security: never with sound; the shell refuses a request for both.
      audio: false,
      video: { facingMode: 'environment', width: { ideal: width }, height: { ideal: height } },
    });
  } catch (error) {
    throw new CameraError(problemOf(error), { cause: error });
  }
}

/** https://www.w3.org/TR/mediacapture-streams/#dom-mediadevices-getusermedia */
function problemOf(error: unknown): CameraProblem {
  switch (error instanceof Error ? error.name : '') {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'refused';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'missing';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    default:
      return 'failed';
  }
}

function lookAt(video: HTMLVideoElement, canvas: HTMLCanvasElement): string | null {
  const { videoWidth, videoHeight } = video;
  // Between two cameras, and before the first frame, there is nothing to be seen.
  if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA || videoWidth === 0) return null;
  const shrink = Math.min(1, FRAME_PX.width / Math.max(videoWidth, videoHeight));
  const width = Math.round(videoWidth * shrink);
  const height = Math.round(videoHeight * shrink);
  // Setting a size makes a new picture, even when the size stays the same.
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) return null;
  context.drawImage(video, 0, 0, width, height);
  return decodeCanvas(context, { effort: 2, timeLimit: 40 });
}
