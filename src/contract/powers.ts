// Powers: what they are, and which are wider than others.
import { z } from 'zod';
import { type PowerName, powerNames, rowOf, type View } from './views.ts';

/** What a grant lets visitor and program do beyond a program that runs alone in its container. */
export const powersSchema = z.object({
  /** What the visitor copies reaches the program. */
  clipboardIn: z.boolean(),
  /** What is copied in the program reaches the visitor's clipboard. */
  clipboardOut: z.boolean(),
  /** internet: what lies beyond the host's own networks, and nothing in them. */
  network: z.enum(['none', 'internet']),
  /** The visitor puts files into the container's folder Exchange, and takes files out of it. */
  files: z.boolean(),
  /** The visitor sees, and can neither type nor click. */
  isViewOnly: z.boolean(),
  /** Minutes until the session ends by itself; null for no limit. */
  timeLimitMin: z
    .number()
    .int()
    .min(1)
    .max(7 * 24 * 60)
    .nullable(),
});
export type Powers = Readonly<z.infer<typeof powersSchema>>;

/**
 * Powers that another version told or stored. Security: what is missing or odd is read as the least: no
 * power, and the tightest limit.
 */
export const tolerantPowersSchema = z.object({
  clipboardIn: powersSchema.shape.clipboardIn.catch(false),
  clipboardOut: powersSchema.shape.clipboardOut.catch(false),
  network: powersSchema.shape.network.catch('none'),
  files: powersSchema.shape.files.catch(false),
  isViewOnly: powersSchema.shape.isViewOnly.catch(true),
  timeLimitMin: powersSchema.shape.timeLimitMin.catch(1),
});

/** Nothing beyond the container, and no limit of time. */
export const noPowers: Powers = {
  clipboardIn: false,
  clipboardOut: false,
  network: 'none',
  files: false,
  isViewOnly: false,
  timeLimitMin: null,
};

/** Whether `limit` gives everything that `wish` asks for. */
export function isWithin(wish: Powers, limit: Powers): boolean {
  return (
    (limit.clipboardIn || !wish.clipboardIn) &&
    (limit.clipboardOut || !wish.clipboardOut) &&
    (limit.network === 'internet' || wish.network === 'none') &&
    (limit.files || !wish.files) &&
    (wish.isViewOnly || !limit.isViewOnly) &&
    (limit.timeLimitMin === null || (wish.timeLimitMin !== null && wish.timeLimitMin <= limit.timeLimitMin))
  );
}

/** The powers that a wish has in this view: with those that cannot be withheld in it, and without those that mean nothing. */
export function withView(powers: Powers, view: View): Powers {
  const row = rowOf(view);
  return powerNames.reduce(
    (result, name) => (row.powers[name] === 'held' ? result : withPower(result, name, row.powers[name] === 'always')),
    powers,
  );
}

/** Whether this computer can hold a program with this view to not having the power. */
export function canTakeAway(view: View, name: PowerName): boolean {
  return rowOf(view).powers[name] === 'held';
}

/** Whether a program with this view can be held to every difference between the two. */
export function canHoldTo(view: View, powers: Powers, before: Powers): boolean {
  const isSame = (name: PowerName) => hasPower(powers, name) === hasPower(before, name);
  return (
    powerNames.every((name) => isSame(name) || canTakeAway(view, name)) &&
    (powers.isViewOnly === before.isViewOnly || rowOf(view).isViewOnly === 'held')
  );
}

/**
 * Why these powers may not replace those before. Both a person's answer and what is taken away while it runs are judged here
 * alone. wider: they are more. not-held: the host has no way to hold a program with this view to them.
 */
export function judgeNarrowing(view: View, powers: Powers, before: Powers): 'wider' | 'not-held' | null {
  if (!isWithin(powers, before)) return 'wider';
  return canHoldTo(view, powers, before) ? null : 'not-held';
}

export function hasPower(powers: Powers, name: PowerName): boolean {
  return name === 'network' ? powers.network !== 'none' : powers[name];
}

export function withPower(powers: Powers, name: PowerName, isOn: boolean): Powers {
  return name === 'network' ? { ...powers, network: isOn ? 'internet' : 'none' } : { ...powers, [name]: isOn };
}

/** What both give. */
export function narrowest(one: Powers, other: Powers): Powers {
  const limits = [one.timeLimitMin, other.timeLimitMin].filter((limit) => limit !== null);
  return {
    clipboardIn: one.clipboardIn && other.clipboardIn,
    clipboardOut: one.clipboardOut && other.clipboardOut,
    network: one.network === 'internet' && other.network === 'internet' ? 'internet' : 'none',
    files: one.files && other.files,
    isViewOnly: one.isViewOnly || other.isViewOnly,
    timeLimitMin: limits.length === 0 ? null : Math.min(...limits),
  };
}
