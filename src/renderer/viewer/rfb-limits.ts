// What the other computer may make this page do by the bytes of its screen (RFC 6143): noVNC believes every size that it reads.
import type RFB from '@novnc/novnc';
import type { DisplayChannel } from '../ports/carrier.ts';

/** More than a screen of 8K has; each pixel takes four bytes, several times. */
const MAX_SCREEN_PIXELS = 8192 * 4320;
/** Browsers draw no larger pointer, and it would hide what it points at. Beyond the second limit it is no pointer at all. */
const MAX_CURSOR_PX = 128;
const MAX_CURSOR_SENT_PX = 512;
/** Pseudo-encodings of pointers (RFC 6143, 7.8.1, and VMware's); those of pictures are small numbers that are not negative. */
const CURSOR_ENCODINGS: ReadonlySet<number | null> = new Set([-239, 0x574d5664]);
const LAST_PICTURE_ENCODING = 255;
const BELL = 2;
const MAX_TEXT_BYTES = 4 * 1024 * 1024;
/** A message can carry 64 Ki rectangles of a whole screen each: this long is drawn before the page gets its turn, */
const TURN_MS = 40;
/** and this many screens at most in this time. */
const WINDOW_MS = 100;
const WINDOW_SCREENS = 12;

/** RFC 6143, 7.6.4, with the extended clipboard: a negative length, and what the message is for. */
const CLIPBOARD_HEAD_BYTES = 7;

interface Inflator {
  inflate(sizeBytes: number): Uint8Array;
}

/** The parts of noVNC 1.7.0 that are held here; `holdToLimits` throws when a version has others. */
interface RfbInside {
  readonly _rfbConnectionState: string;
  readonly _fbWidth: number;
  readonly _fbHeight: number;
  readonly _FBU: {
    readonly rects: number;
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
    readonly encoding: number | null;
  };
  readonly _sock: {
    /** Where the received bytes end, and how far they were read. */
    readonly _rQlen: number;
    readonly _rQi: number;
    rQwait(what: string, sizeBytes: number, goBack?: number): boolean;
    rQpeekBytes(sizeBytes: number, isCopied?: boolean): Uint8Array;
    rQskipBytes(sizeBytes: number): void;
  };
  readonly _decoders: Readonly<Record<number, { readonly _zlibs?: readonly Inflator[] }>>;
  _handleMessage(): void;
  _handleRect(): boolean;
  _handleServerCutText(): boolean;
  _normalMsg(): boolean;
  _resize(width: number, height: number): void;
  _updateCursor(rgba: Uint8Array, x: number, y: number, width: number, height: number): void;
}

export interface Limits {
  /** The one of the channel. */
  readonly pace: Pace;
  /** Whether text of the program may come to this computer. */
  readonly mayCopyOut: () => boolean;
  /** Told once what was more than is allowed; the connection is to be closed then. */
  readonly onBroken: (error: unknown) => void;
}

/**
 * Security: holds a connection to what a screen needs. The program there, and the computer that it runs on, may be hostile, and
 * this page shares its thread with the person's other windows.
 * @throws when noVNC is not the one whose inside is known here: without limits nothing is shown
 */
export function holdToLimits(rfb: RFB, { pace, mayCopyOut, onBroken }: Limits): void {
  const inside = rfb as unknown as RfbInside;
  const { _sock: queue } = inside;
  const { _handleMessage, _handleRect, _handleServerCutText, _normalMsg, _resize, _updateCursor } = inside;
  const inflator = Object.values(inside._decoders).find(({ _zlibs }) => _zlibs !== undefined)?._zlibs?.[0];
  const known = [_handleMessage, _handleRect, _handleServerCutText, _normalMsg, _resize, _updateCursor];
  const isKnown = known.every((method) => typeof method === 'function') && Number.isInteger(queue._rQlen - queue._rQi);
  if (inflator === undefined || !isKnown) throw new Error('this noVNC is not known');
  limitInflators(Object.getPrototypeOf(inflator));

  const guarded = (work: () => void) => {
    try {
      work();
    } catch (error) {
      onBroken(error);
    }
  };

  inside._handleMessage = () => guarded(() => _handleMessage.call(rfb));

  inside._resize = (width, height) => {
    if (width < 1 || height < 1 || width * height > MAX_SCREEN_PIXELS)
      throw new Error(`a screen of ${width} × ${height} pixels`);
    _resize.call(rfb, width, height);
  };

  inside._updateCursor = (rgba, x, y, width, height) => {
    if (width <= MAX_CURSOR_PX && height <= MAX_CURSOR_PX) _updateCursor.call(rfb, rgba, x, y, width, height);
  };

  inside._handleServerCutText = () => {
    if (queue.rQwait('text', CLIPBOARD_HEAD_BYTES, 1)) return false;
    const head = queue.rQpeekBytes(CLIPBOARD_HEAD_BYTES);
    const length = Math.abs(new DataView(head.buffer, head.byteOffset).getInt32(3));
    if (length > MAX_TEXT_BYTES) throw new Error(`a clipboard of ${length} bytes`);
    if (mayCopyOut()) return withInflateLimit(MAX_TEXT_BYTES, () => _handleServerCutText.call(rfb));
    if (queue.rQwait('text', CLIPBOARD_HEAD_BYTES + length, 1)) return false;
    queue.rQskipBytes(CLIPBOARD_HEAD_BYTES + length);
    return true;
  };

  const goOn = () => {
    pace.isResting = false;
    pace.begin();
    if (inside._rfbConnectionState !== 'connected') return;
    guarded(() => {
      // What is left of a message may need no more bytes.
      if (inside._FBU.rects > 0 && !inside._normalMsg()) return;
      if (!queue.rQwait('message', 1)) _handleMessage.call(rfb);
    });
  };
  const isResting = () => {
    const restMs = pace.isResting ? null : pace.restMs(inside._fbWidth * inside._fbHeight);
    if (restMs !== null) {
      pace.isResting = true;
      rest(restMs, goOn);
    }
    return pace.isResting;
  };

  inside._normalMsg = () => {
    if (isResting()) return false;
    if (inside._FBU.rects > 0 || queue.rQpeekBytes(1)[0] !== BELL) return _normalMsg.call(rfb);
    // Nobody here listens to bells, and telling of each takes longer than receiving it.
    const waiting = queue.rQpeekBytes(queue._rQlen - queue._rQi, false);
    const bells = waiting.findIndex((byte) => byte !== BELL);
    queue.rQskipBytes(bells < 0 ? waiting.length : bells);
    return true;
  };

  inside._handleRect = () => {
    if (isResting()) return false;
    const { x, y, width, height, encoding } = inside._FBU;
    if (CURSOR_ENCODINGS.has(encoding) && Math.max(width, height) > MAX_CURSOR_SENT_PX)
      throw new Error(`a pointer of ${width} × ${height} pixels`);
    const isPicture = encoding !== null && encoding >= 0 && encoding <= LAST_PICTURE_ENCODING;
    if (isPicture && (x + width > inside._fbWidth || y + height > inside._fbHeight))
      throw new Error('a picture outside of the screen');
    const isDone = _handleRect.call(rfb);
    if (isDone && isPicture) pace.drew(width * height);
    return isDone;
  };
}

/** How much is drawn before this page gets its turn. */
export class Pace {
  isResting = false;
  #turnAt = 0;
  #windowAt = 0;
  #windowPixels = 0;

  /** A turn begins: bytes have come, or a rest is over. */
  begin(): void {
    this.#turnAt = performance.now();
    if (this.#turnAt - this.#windowAt < WINDOW_MS) return;
    this.#windowAt = this.#turnAt;
    this.#windowPixels = 0;
  }

  drew(pixels: number): void {
    this.#windowPixels += pixels;
  }

  /** How long to rest before the next rectangle; null when it can be drawn at once. */
  restMs(screenPixels: number): number | null {
    const now = performance.now();
    if (this.#windowPixels > WINDOW_SCREENS * Math.max(1, screenPixels))
      return Math.max(0, this.#windowAt + WINDOW_MS - now);
    return now - this.#turnAt > TURN_MS ? 0 : null;
  }
}

/** A timer lets clicks and drawing come first. In a hidden page there are none, and timers come once a second. */
function rest(ms: number, goOn: () => void): void {
  if (!document.hidden) {
    setTimeout(goOn, ms);
    return;
  }
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    goOn();
  };
  port2.postMessage(null);
}

/** A channel whose listener's errors are told, instead of leaving the connection half read. */
export function guardChannel(
  channel: DisplayChannel,
  { pace, onBroken }: Pick<Limits, 'pace' | 'onBroken'>,
): DisplayChannel {
  let listener: ((event: never) => unknown) | null = null;
  channel.onmessage = (event: never) => {
    if (!pace.isResting) pace.begin();
    try {
      listener?.(event);
    } catch (error) {
      onBroken(error);
    }
  };
  return {
    get binaryType() {
      return channel.binaryType;
    },
    set binaryType(type) {
      channel.binaryType = type;
    },
    get protocol() {
      return channel.protocol;
    },
    get readyState() {
      return channel.readyState;
    },
    get onmessage() {
      return listener;
    },
    set onmessage(next) {
      listener = next;
    },
    get onopen() {
      return channel.onopen;
    },
    set onopen(next) {
      channel.onopen = next;
    },
    get onclose() {
      return channel.onclose;
    },
    set onclose(next) {
      channel.onclose = next;
    },
    get onerror() {
      return channel.onerror;
    },
    set onerror(next) {
      channel.onerror = next;
    },
    send: (bytes) => channel.send(bytes),
    close: () => channel.close(),
  };
}

const DEFAULT_INFLATE_BYTES = 4 * MAX_SCREEN_PIXELS;
let inflateLimitBytes = DEFAULT_INFLATE_BYTES;
const limited = new WeakSet<Inflator>();

function withInflateLimit<T>(sizeBytes: number, work: () => T): T {
  inflateLimitBytes = sizeBytes;
  try {
    return work();
  } finally {
    inflateLimitBytes = DEFAULT_INFLATE_BYTES;
  }
}

/** A compressed message says how large it will be, and noVNC makes room for that first. */
function limitInflators(prototype: Inflator): void {
  if (limited.has(prototype)) return;
  limited.add(prototype);
  const { inflate } = prototype;
  prototype.inflate = function (sizeBytes) {
    if (sizeBytes < 0 || sizeBytes > inflateLimitBytes) throw new Error(`${sizeBytes} compressed bytes`);
    return inflate.call(this, sizeBytes);
  };
}
