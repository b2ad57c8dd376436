// What is known of an application that can be started: words fit to be shown on any screen, and what would run.
import { z } from 'zod';
import { text } from '../../../contract/fields.ts';
import { type IconHash, iconHashSchema, offerIdSchema } from '../../../contract/ids.ts';
import { obstacleSchema } from '../../../contract/offers.ts';
import { formatCommand } from './exec.ts';
import { EntryFault } from './fault.ts';
import type { App } from './scan.ts';

export const appDefinitionSchema = z.object({
  id: offerIdSchema,
  source: text(4096),
  /** SHA-256 over the arguments and the entry's contents. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  name: text(200).min(1),
  summary: text(500),
  categories: z.array(text(64)).max(32),
  keywords: z.array(text(64)).max(64),
  icon: iconHashSchema.nullable(),
  obstacle: obstacleSchema.nullable(),
  /** The program's absolute path, then its arguments. Not for a shell. */
  argv: z.array(z.string()).nonempty(),
  /** The same, for showing only. */
  command: text(4096),
  /** As the entry's Path says; absolute. */
  workingDirectory: z.string().nullable(),
  /** Whether the program wants a terminal around it. */
  isTerminal: z.boolean(),
  /** Whether the program wants a Wayland compositor around it, which only a viewer can show. */
  isWaylandOnly: z.boolean(),
});
export type AppDefinition = Readonly<z.infer<typeof appDefinitionSchema>>;

/** Main categories of the Desktop Menu Specification 1.1; those that say little stand last. */
const tellingCategories = [
  'AudioVideo',
  'Audio',
  'Video',
  'Development',
  'Education',
  'Game',
  'Graphics',
  'Network',
  'Office',
  'Science',
];
const vagueCategories = ['Settings', 'System', 'Utility'];

/** Words for people, and within the limits of what is shown. @throws EntryFault `bad-value` for one whose name cannot be seen */
export function defineApp(app: App, icon: IconHash | null): AppDefinition {
  const { id, source, digest, entry, obstacle, argv, workingDirectory, isWaylandOnly } = app;
  const name = clean(entry.name, 200);
  if (name === '') throw new EntryFault('bad-value', 'Name');
  const summary = entry.comment || entry.genericName;
  const extraKeyword = entry.genericName !== summary ? [entry.genericName] : [];
  const keywords = [...entry.keywords, ...extraKeyword].map((word) => clean(word, 64)).filter((word) => word !== '');
  return {
    ...{ id, source, digest, name, icon, obstacle, workingDirectory, isWaylandOnly },
    summary: clean(summary, 500),
    categories: sortCategories(entry.categories),
    keywords: [...new Set(keywords)].slice(0, 64),
    argv: [...argv],
    command: clean(formatCommand(argv), 4096),
    isTerminal: entry.isTerminal,
  };
}

/** The registered main categories, in the order of the entry, the vague ones last; AudioVideo before its halves. */
export function sortCategories(categories: readonly string[]): string[] {
  const isMedia = categories.some((name) => name === 'AudioVideo');
  const telling = categories.filter((name) => tellingCategories.includes(name));
  const vague = categories.filter((name) => vagueCategories.includes(name));
  const isHalf = (name: string) => name === 'Audio' || name === 'Video';
  const ordered = isMedia ? [...telling.filter((name) => !isHalf(name)), ...telling.filter(isHalf)] : telling;
  return [...new Set([...ordered, ...vague])];
}

/**
 * One line of at most `max` UTF-16 units, without control characters.
 * Security: also without invisible characters and those that reverse the direction of text. With them a name could change how the
 * sentence around it reads, for example in somebody's pop-up.
 */
export function clean(text: string, max: number): string {
  const line = text
    // ZWNJ and ZWJ stay: Persian, Hindi and emoji families are spelled with them.
    .replace(/(?!\u200c|\u200d|\ufe0f)[\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/gu, '')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .toWellFormed()
    .trim();
  if (line.length <= max) return line;
  // A surrogate pair that would be cut is left out whole.
  return `${line.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
