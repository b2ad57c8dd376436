// What both filters of a display's RFB stream agree on: version, encodings, the one form of pixels, the extended clipboard.

/** The only version: older ones greet with other messages, and no viewer of today needs them. */
export const RFB_VERSION = 'RFB 003.008\n';
export const VERSION_LENGTH = 12;
export const SECURITY_NONE = 1;

/** Every encoding whose length the host can tell without unpacking it (RFC 6143, section 7.7 and 7.8; RFB protocol of its community). */
export const encoding = {
  raw: 0,
  copyRect: 1,
  tight: 7,
  zrle: 16,
  desktopSize: -223,
  lastRect: -224,
  cursor: -239,
  qemuExtendedKeyEvent: -258,
  ledState: -261,
  desktopName: -307,
  extendedDesktopSize: -308,
  fence: -312,
  continuousUpdates: -313,
  vmwareCursor: 0x574d5664,
  extendedClipboard: 0xc0a1e5ce | 0,
} as const;
const known: ReadonlySet<number> = new Set(Object.values(encoding));

/**
 * Security: what a viewer may agree on with the display. Any other encoding could bring messages whose length is not known here: with
 * mice of more than seven buttons (-316), for example, pointer messages are longer.
 */
export function isKnownEncoding(number: number): boolean {
  const isQuality = number >= -32 && number <= -23;
  const isCompression = number >= -256 && number <= -247;
  return known.has(number) || isQuality || isCompression;
}

export const PIXEL_FORMAT_LENGTH = 16;
export const BYTES_PER_PIXEL = 4;
/** Bytes of a pixel in Tight, when each colour has eight bits of a pixel of 32. */
export const BYTES_PER_TIGHT_PIXEL = 3;

/**
 * Security: pixels have one length, so that it does not matter when a change of their form takes effect: 32 bits, of which each
 * colour has eight. @throws Error for any other
 */
export function requirePixels(format: Buffer): void {
  const [bitsPerPixel, depth, , isTrueColour] = format;
  const colours = [format.readUInt16BE(4), format.readUInt16BE(6), format.readUInt16BE(8)];
  const isKnown = bitsPerPixel === 32 && depth === 24 && isTrueColour !== 0 && colours.every((max) => max === 255);
  if (!isKnown) throw new Error('RFB: the form of the pixels is not known');
}

/** Actions of the extended clipboard. The lower half of the flags says which kinds of text; the first is plain text. */
export const clipboard = {
  kinds: 0xffff,
  text: 1,
  actions: 0xff000000,
  capabilities: 0x01000000,
  request: 0x02000000,
  peek: 0x04000000,
  notify: 0x08000000,
  provide: 0x10000000,
} as const;
