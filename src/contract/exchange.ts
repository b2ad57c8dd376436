// The folder Exchange of a container, as page and shells know it: names of files that are safe everywhere, and their addresses.

import { z } from 'zod';
import { nothing } from './fields.ts';
import { type SessionId, sessionIdSchema } from './ids.ts';

/** In the home of every container. */
export const EXCHANGE_FOLDER = 'Exchange';

/** The longest name of a file, in bytes of UTF-8 (NAME_MAX of Linux's file systems). */
const MAX_NAME_BYTES = 255;

/** The unit of the largest file in settings, on the wire and in sentences. */
export const MIB = 1024 * 1024;

/** The most entries that are listed. */
export const MAX_FILES_LISTED = 1000;

/**
 * Controls, what reorders, hides or breaks lines, lone surrogates, private and unassigned characters. Names may have ZWNJ and
 * ZWJ, which Persian, Hindi and emoji families are spelled with, and U+FE0F, which makes a sign an emoji.
 */
const UNFIT =
  /(?!\u200c|\u200d|\ufe0f)[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;

/**
 * Whether a text is the name of a file in the folder, and looks like what it is.
 * Security: it becomes a path in the container, a header and the name of a download.
 */
export function isFileName(name: string): boolean {
  return (
    name !== '' &&
    name.trim() === name &&
    !/^\.{1,2}$/.test(name) &&
    !name.includes('/') &&
    !UNFIT.test(name) &&
    new TextEncoder().encode(name).length <= MAX_NAME_BYTES
  );
}

/** The nearest name that `isFileName` takes, for a file that is to be sent; null where nothing is left of it. */
export function toFileName(name: string): string | null {
  const clean = name
    .slice(0, 4 * MAX_NAME_BYTES)
    .replace(new RegExp(UNFIT, 'gu'), '')
    .replaceAll('/', '_')
    .trim();
  const fit = shortenName(clean, MAX_NAME_BYTES);
  return isFileName(fit) ? fit : null;
}

/** The name for a file beside another of its name: `picture (2).png`. */
export function numberedName(name: string, number: number): string {
  if (number === 1) return name;
  const { base, ending } = splitName(name);
  const mark = ` (${number})`;
  return `${shortenName(base, MAX_NAME_BYTES - bytesOf(mark + ending))}${mark}${ending}`;
}

/** Cuts a name to this many bytes of UTF-8, in whole characters; the ending stays where it can. */
function shortenName(name: string, maxBytes: number): string {
  if (bytesOf(name) <= maxBytes) return name;
  const { base, ending } = splitName(name);
  let kept = '';
  let left = maxBytes - bytesOf(ending);
  for (const character of base) {
    left -= bytesOf(character);
    if (left < 0) break;
    kept += character;
  }
  return `${kept.trimEnd()}${ending}`;
}

function splitName(name: string): { readonly base: string; readonly ending: string } {
  const ending = /[^.\s]((?:\.tar)?\.[A-Za-z0-9]{1,16})$/.exec(name)?.[1] ?? '';
  return { base: name.slice(0, name.length - ending.length), ending };
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

export const fileNameSchema = z.string().max(MAX_NAME_BYTES).refine(isFileName, 'is not a name of a file');

export const fileEntrySchema = z.object({
  name: fileNameSchema,
  sizeBytes: z.number().int().nonnegative(),
  /** Milliseconds since the Unix epoch. */
  modifiedAt: z.number().int().nonnegative(),
  isFolder: z.boolean(),
});
export type FileEntry = Readonly<z.infer<typeof fileEntrySchema>>;

/** Where the shells serve a file of a visitor's session, below their origin. */
export function filePath(sessionId: SessionId, name: string): string {
  return `/files/${sessionId}/${encodeURIComponent(name)}`;
}

/** Null for anything but what `filePath` gives. */
export function parseFilePath(path: string): { readonly sessionId: SessionId; readonly name: string } | null {
  const [, id, encoded] = /^\/files\/([^/]{36})\/([^/]{1,3000})$/.exec(path) ?? [];
  const sessionId = sessionIdSchema.safeParse(id);
  if (!sessionId.success || encoded === undefined) return null;
  try {
    const name = decodeURIComponent(encoded);
    return isFileName(name) ? { sessionId: sessionId.data, name } : null;
  } catch {
    return null;
  }
}

/**
 * Headers of a file that comes from another computer (RFC 6266, RFC 8187).
 * Security: a browser saves it and neither shows nor runs it, whatever is in it.
 */
export function downloadHeaders(name: string, sizeBytes: number): Readonly<Record<string, string>> {
  const ascii = name.replace(/[^\w. ()-]/g, '_');
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16)}`);
  return {
    'Content-Type': 'application/octet-stream',
    'Content-Length': String(sizeBytes),
    'Content-Disposition': `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`,
    'Content-Security-Policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
  };
}

export const fileMethods = {
  /**
   * The folder Exchange of a session in which this computer is the visitor; the shells stream the files themselves. Left out are
   * names that cannot be shown, what is neither file nor folder, and what is beyond the limit.
   */
  'files.list': {
    input: z.object({ sessionId: sessionIdSchema }),
    output: z.object({
      entries: z.array(fileEntrySchema).max(MAX_FILES_LISTED),
      leftOutCount: z.number().int().nonnegative(),
    }),
  },
  /** Deletes a file there, or an empty folder. */
  'files.remove': { input: z.object({ sessionId: sessionIdSchema, name: fileNameSchema }), output: nothing },
} as const;
