// Settings as they cross a process boundary.
import { z } from 'zod';
import { mountSchema } from './containers.ts';
import { nothing } from './fields.ts';
import { offerIdSchema } from './ids.ts';
import { audienceSchema } from './offers.ts';

/** Hours and minutes of a day, 00:00 to 23:59. */
const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);

export const logLevelSchema = z.enum(['error', 'warn', 'info', 'debug']);

export const settingsSchema = z.object({
  /** Name that others see. */
  name: z.string().trim().min(1).max(100),
  /** Whether the first-run page was finished. */
  isSetUp: z.boolean(),
  /** While true nobody sees this computer's offers and every request is refused. */
  isPaused: z.boolean(),
  /** Whether offers that the owner has not switched by hand are shared, where their kind allows it (kinds.ts). */
  isSharedByDefault: z.boolean(),
  /** What the owner switched by hand. */
  sharedByOfferId: z.record(offerIdSchema, z.boolean()),
  /** Who sees what is shared. */
  audience: audienceSchema,
  /** Where it differs for one offer. */
  audienceByOfferId: z.record(offerIdSchema, audienceSchema),
  /** Offers that may build a sandbox of their own. */
  ownSandboxOfferIds: z.array(offerIdSchema).max(5000),
  /** While true nobody is asked: a rule answers, and everything else is a no. */
  isDoNotDisturb: z.boolean(),
  /** The same each day, by this computer's clock; from 22:00 to 07:00 goes over midnight. */
  quietHours: z.object({ isOn: z.boolean(), from: clockTime, to: clockTime }),
  /** Further folders that every container sees. */
  mounts: z.array(mountSchema).max(50),
  /** MiB of the largest file that a visitor may put into the folder of its container. */
  maxUploadMib: z
    .number()
    .int()
    .min(1)
    .max(1024 * 1024),
  /** Start container and display while the person reads a request. */
  isWarmUp: z.boolean(),
  /** Start eBrainPool when the person logs in. */
  isStartedAtLogin: z.boolean(),
  /** Keep this computer's key sealed by the system's key store, where the shell has one. */
  isKeySealed: z.boolean(),
  hasNotifications: z.boolean(),
  logLevel: logLevelSchema,
  /** TCP port for peers; the next free one is used when it is taken. */
  peerPort: z.number().int().min(1024).max(65535),
  /** Seconds until an unanswered request is a no. */
  answerTimeoutS: z.number().int().min(2).max(600),
});
export type Settings = Readonly<z.infer<typeof settingsSchema>>;

export const settingsMethods = {
  /** Changes only the fields that are given, inside the quiet hours too, so that another client's change to the others stays. */
  'settings.update': {
    // Security: folders are looked at before they are kept, by `mounts.set` alone.
    input: settingsSchema
      .omit({ mounts: true })
      .partial()
      .extend({ quietHours: settingsSchema.shape.quietHours.partial().optional() }),
    output: nothing,
  },
} as const;
