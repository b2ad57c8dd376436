// Powers compared and changed: which are wider than which.
import type { Powers, View } from './models.ts';

/** Nothing beyond the container, and no limit of time. */
export const noPowers: Powers = {
  clipboardIn: false,
  clipboardOut: false,
  network: 'none',
  files: false,
  isViewOnly: false,
  timeLimitMin: null,
};

/** What can be given, each by itself; the other two fields of `Powers` are restrictions. */
export const powerNames = ['clipboardIn', 'clipboardOut', 'network', 'files'] as const;
export type PowerName = (typeof powerNames)[number];

/** Whether `wish` asks for nothing that `limit` does not give. */
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

/** Powers with this view: a program on the visitor's own X display takes part in its clipboard, whatever is said. */
export function withView(powers: Powers, view: View): Powers {
  return view === 'viewer' ? powers : { ...powers, clipboardIn: true, clipboardOut: true };
}

/** Whether this computer can hold a program with this view to not having the power. */
export function canTakeAway(view: View, name: PowerName): boolean {
  return view === 'viewer' || (name !== 'clipboardIn' && name !== 'clipboardOut');
}

/** Whether what concerns the display is the same. */
export function isSameDisplay(one: Powers, other: Powers): boolean {
  return (
    one.clipboardIn === other.clipboardIn &&
    one.clipboardOut === other.clipboardOut &&
    one.isViewOnly === other.isViewOnly
  );
}

export function hasClipboard(powers: Powers): boolean {
  return powers.clipboardIn || powers.clipboardOut;
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
