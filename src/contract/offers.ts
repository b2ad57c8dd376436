// Offers as they cross a process boundary: what a computer shares, and who sees it.
import { z } from 'zod';
import { count, nothing, text } from './fields.ts';
import { iconHashSchema, offerIdSchema, peerIdSchema } from './ids.ts';
import { kindDetailsSchema } from './kinds.ts';

/** Who may see an offer, and ask for it. */
export const audienceSchema = z.discriminatedUnion('who', [
  z.object({ who: z.literal('everybody') }),
  z.object({ who: z.literal('verified') }),
  z.object({ who: z.literal('chosen'), peerIds: z.array(peerIdSchema).max(500) }),
]);
export type Audience = Readonly<z.infer<typeof audienceSchema>>;

export const offerSchema = z.object({
  id: offerIdSchema,
  /** As its id says. One that this version does not know is shown as "needs a newer version". */
  kind: text(32),
  name: text(200),
  summary: text(500),
  /** Registered main categories of the Desktop Menu Specification, the most telling first. */
  categories: z.array(text(64)).max(32),
  keywords: z.array(text(64)).max(64),
  icon: iconHashSchema.nullable(),
});
export type Offer = Readonly<z.infer<typeof offerSchema>>;

/**
 * Why an offer cannot be shared. wayland: an application draws on Wayland alone, and there is no compositor to run it in. flatpak, snap: it is
 * started by that, in a container of its own.
 */
export const obstacleSchema = z.enum(['wayland', 'flatpak', 'snap']);
export type Obstacle = z.infer<typeof obstacleSchema>;

/** An offer as its owner sees it. */
export const ownOfferSchema = offerSchema.extend({
  isShared: z.boolean(),
  /** Null: the same as for everything that is shared. */
  audience: audienceSchema.nullable(),
  /** Null where it can be offered; otherwise only its owner sees it, whatever is shared. */
  obstacle: obstacleSchema.nullable(),
  /** The file that it comes from. */
  source: text(4096),
  details: kindDetailsSchema,
});
export type OwnOffer = Readonly<z.infer<typeof ownOfferSchema>>;

/** A file of an offer, such as a desktop entry, that could not be read; `reason` names the place, in the words of the message catalogue. */
export const brokenEntrySchema = z.object({
  source: text(4096),
  reason: text(64),
  detail: text(500),
  line: count.nullable(),
});
export type BrokenEntry = Readonly<z.infer<typeof brokenEntrySchema>>;

export const offerMethods = {
  /** Switches offers of this computer; `all` also decides about those that appear later. */
  'offers.share': {
    input: z.object({ offerIds: z.union([z.literal('all'), z.array(offerIdSchema).max(5000)]), isShared: z.boolean() }),
    output: nothing,
  },
  /** Who sees these offers; null for whoever sees what is shared. */
  'offers.setAudience': {
    input: z.object({ offerIds: z.array(offerIdSchema).max(5000), audience: audienceSchema.nullable() }),
    output: nothing,
  },
  /** Whether these offers may build a sandbox of their own: what that opens is in docs/decisions/0009. */
  'offers.allowOwnSandbox': {
    input: z.object({ offerIds: z.array(offerIdSchema).max(5000), isAllowed: z.boolean() }),
    output: nothing,
  },
} as const;
