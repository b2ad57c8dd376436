// What counts as an icon: checked for our own before they are sent, and for those of peers before they are kept.
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

export type IconType = 'image/png' | 'image/svg+xml';

export const MAX_ICON_BYTES = 512 * 1024;
const MAX_ICON_PIXELS = 1024;

const pngMagic = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** The type of an icon, told from its bytes alone; null for everything that is not an icon within the limits. */
export function readIconType(bytes: Uint8Array): IconType | null {
  if (bytes.length === 0 || bytes.length > MAX_ICON_BYTES) return null;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.subarray(0, pngMagic.length).equals(pngMagic)) return isPng(buffer) ? 'image/png' : null;
  return isSvg(buffer) ? 'image/svg+xml' : null;
}

/** PNG Specification (Third Edition) 11.2.1: the first chunk is IHDR, 13 bytes long, width and height first. */
function isPng(buffer: Buffer): boolean {
  if (buffer.length < 33 || buffer.readUInt32BE(8) !== 13 || buffer.toString('latin1', 12, 16) !== 'IHDR') return false;
  const width = buffer.readUInt32BE(16);
  const height = buffer.readUInt32BE(20);
  return width > 0 && height > 0 && width <= MAX_ICON_PIXELS && height <= MAX_ICON_PIXELS;
}

/** What has no place in a picture: script, foreign documents, entities (which could hide the others). */
const activeContent =
  /<(?:[\w.-]+:)?(?:script|foreignobject|iframe|object|embed|handler|listener)\b|<!entity|javascript:|[\s"'/]on[a-z]+\s*=/i;

/**
 * Security: an SVG opened by itself in a browser is a document that could run script in the origin that served it.
 * The shells serve icons with a policy that forbids it; this keeps such files out in the first place.
 */
function isSvg(buffer: Buffer): boolean {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(buffer);
  } catch {
    return false;
  }
  // Another declared encoding could make a browser read other characters than those that were checked.
  const encoding = /^\s*<\?xml[^>]*\bencoding\s*=\s*["']([^"']*)["']/i.exec(text)?.[1];
  if (encoding !== undefined && !/^(utf-?8|us-ascii|ascii)$/i.test(encoding)) return false;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\x00-\x08\x0b\x0c\x0e-\x1f]/.test(text)) return false;
  const decoded = decodeReferences(text);
  return (
    text.trimStart().startsWith('<') &&
    /<(?:[\w.-]+:)?svg[\s>]/.test(text) &&
    !activeContent.test(decoded) &&
    !activeContent.test(withoutBreaks(decoded))
  );
}

/** Security: `java&#115;cript:` is `javascript:` to a browser. */
function decodeReferences(text: string): string {
  return text.replace(
    /&#(?:x0*([0-9a-f]{1,6})|0*([0-9]{1,7}));?/gi,
    (whole, hex: string | undefined, decimal: string) => {
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code < 0x80 ? String.fromCharCode(code) : whole;
    },
  );
}

/** Security: a browser ignores line ends and tabs within an address, while between attributes they separate. */
function withoutBreaks(text: string): string {
  return text.replace(/(?<=[a-z])[\t\n\r]+(?=[a-z:])/gi, '');
}

/**
 * Reads a regular file of at most `maxBytes`; null when it is no regular file or larger.
 * A FIFO or a device cannot make it wait (O_NONBLOCK, and the type is asked of the open file).
 * @throws the error of the system when the file cannot be opened or read
 */
export async function readSmallFile(path: string, maxBytes: number): Promise<Buffer | 'not-a-file' | 'too-large'> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const info = await file.stat();
    if (!info.isFile()) return 'not-a-file';
    if (info.size > maxBytes) return 'too-large';
    // Reads what stat announced and not what the file may have grown to meanwhile.
    const buffer = Buffer.alloc(info.size);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return buffer.subarray(0, length);
  } finally {
    await file.close();
  }
}
