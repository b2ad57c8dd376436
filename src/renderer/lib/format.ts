// Numbers, sizes and times as a person reads them, in the language of the messages.
import { messages, say } from '../../messages/messages.ts';

const SIZE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

function unit(value: number, name: string, maximumFractionDigits = 0): string {
  return new Intl.NumberFormat(messages.language, {
    style: 'unit',
    unit: name,
    unitDisplay: name === 'byte' ? 'long' : 'short',
    maximumFractionDigits,
  }).format(value);
}

export function formatSize(sizeBytes: number): string {
  const step = Math.min(Math.floor(Math.log10(Math.max(sizeBytes, 1)) / 3), SIZE_UNITS.length - 1);
  const value = sizeBytes / 1000 ** step;
  return unit(value, SIZE_UNITS[step] ?? 'byte', step > 0 && value < 10 ? 1 : 0);
}

/** As settings count it: "2 GiB", "1.5 GiB", "300 MiB". Intl knows no such units. */
export function formatBinarySize(sizeBytes: number): string {
  const mib = sizeBytes / (1024 * 1024);
  const format = new Intl.NumberFormat(messages.language, { maximumFractionDigits: 1 });
  return mib >= 1024
    ? say('ui.size.gib', { number: format.format(mib / 1024) })
    : say('ui.size.mib', { number: format.format(mib) });
}

/** The two largest units that matter: "1 hr 5 min", "4 min", "12 sec". */
export function formatDuration(durationMs: number): string {
  const seconds = Math.max(0, Math.floor(durationMs / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  const pair = (large: number, largeName: string, small: number, smallName: string) =>
    small === 0 ? unit(large, largeName) : `${unit(large, largeName)} ${unit(small, smallName)}`;
  if (days > 0) return pair(days, 'day', hours % 24, 'hour');
  if (hours > 0) return pair(hours, 'hour', minutes % 60, 'minute');
  if (minutes > 0) return unit(minutes, 'minute');
  return unit(seconds, 'second');
}

export function formatSeconds(seconds: number): string {
  return unit(seconds, 'second');
}

export function formatNumber(value: number): string {
  return new Intl.NumberFormat(messages.language).format(value);
}

export function formatDateTime(instantMs: number): string {
  return new Intl.DateTimeFormat(messages.language, { dateStyle: 'medium', timeStyle: 'short' }).format(instantMs);
}

/** `clock` is HH:MM of the day. */
export function formatClock(clock: string): string {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number);
  return new Intl.DateTimeFormat(messages.language, { timeStyle: 'short' }).format(
    new Date(2000, 0, 1, hours, minutes),
  );
}

/** To the second, as a line of the log needs it. */
export function formatLogTime(instantMs: number): string {
  return new Intl.DateTimeFormat(messages.language, { dateStyle: 'short', timeStyle: 'medium' }).format(instantMs);
}

export function formatTimeOfDay(instantMs: number): string {
  return new Intl.DateTimeFormat(messages.language, { timeStyle: 'short' }).format(instantMs);
}

/** “Today”, “Yesterday”, or the date. */
export function formatDay(instantMs: number, nowMs: number): string {
  const startOf = (instant: number) => new Date(instant).setHours(0, 0, 0, 0);
  // A day with a change of the clock has 23 or 25 hours.
  const daysAgo = Math.round((startOf(nowMs) - startOf(instantMs)) / 86_400_000);
  if (daysAgo === 0 || daysAgo === 1) {
    const words = new Intl.RelativeTimeFormat(messages.language, { numeric: 'auto' }).format(-daysAgo, 'day');
    return words.charAt(0).toLocaleUpperCase(messages.language) + words.slice(1);
  }
  return new Intl.DateTimeFormat(messages.language, { dateStyle: 'full' }).format(instantMs);
}

/** At most `max` characters, the last of them an ellipsis where something was left out. */
export function shorten(text: string, max: number): string {
  const characters = [...text];
  return characters.length <= max
    ? text
    : `${characters
        .slice(0, max - 1)
        .join('')
        .trimEnd()}…`;
}

/** The first twelve characters of an OpenSSH fingerprint in groups of four, to be compared by eye. */
export function shortFingerprint(fingerprint: string): string {
  const letters = fingerprint.replace(/^SHA256:/, '').slice(0, 12);
  return (letters.match(/.{1,4}/g) ?? []).join(' ');
}
