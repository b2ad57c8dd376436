// What each kind of offer is to both sides: in which views it can be used, and what its owner alone is shown of it. A kind gets nothing that its row does not name.
import { z } from 'zod';
import { text } from './fields.ts';
import type { OfferId } from './ids.ts';
import type { View } from './views.ts';

/** app: a program with windows, from the menu of its computer. */
export const kindNames = ['app'] as const;
export type KindName = (typeof kindNames)[number];

export interface KindRow {
  readonly views: readonly View[];
  /** Whether its offers are shared together with all others, those found later too. If not, their owner shares each by hand. */
  readonly canBeSharedByDefault: boolean;
}

const rows: Readonly<Record<KindName, KindRow>> = {
  app: { views: ['viewer', 'native', 'ssh-command'], canBeSharedByDefault: true },
};

/** Security: a kind without a row. People read that it needs a newer version. */
const nothing: KindRow = { views: [], canBeSharedByDefault: false };

/**
 * Whether a program may build a sandbox of its own in its container, as browsers do for each page. off: no. needed: no, and the last time
 * it was started it ended because of that. allowed: its owner chose so.
 */
export const ownSandboxSchema = z.enum(['off', 'needed', 'allowed']);
export type OwnSandbox = z.infer<typeof ownSandboxSchema>;

/** What only offers of one kind have, for their owner. */
export const kindDetailsSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('app'),
    ownSandbox: ownSandboxSchema,
    /** The program and arguments that will run, for showing only. */
    command: text(4096),
  }),
]);

/** The row of a kind; for an unknown name, one without any view. */
export function rowOfKind(kind: string): KindRow {
  return isKnownKind(kind) ? rows[kind] : nothing;
}

export function isKnownKind(kind: string): kind is KindName {
  return Object.hasOwn(rows, kind);
}

/** Whether an offer of this id can be used so. */
export function hasView(id: OfferId, view: View): boolean {
  return rowOfKind(kindOf(id)).views.includes(view);
}

/** The kind that an id says. */
export function kindOf(id: OfferId): string {
  return id.slice(0, id.indexOf(':'));
}

/** What an id says beside its kind: for an app mostly the name of its package or program. */
export function nameInId(id: OfferId): string {
  return id.slice(id.indexOf(':') + 1);
}
