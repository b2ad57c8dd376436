// What `ebp` prints: sentences and aligned tables for people, whole objects for programs.

export interface Output {
  readonly isJson: boolean;
  readonly hasColours: boolean;
  /** A line for people; nothing with `--json`. */
  say(text: string): void;
  /** Text as it is, whoever reads it. */
  raw(text: string): void;
  /** A line on standard error. */
  complain(text: string): void;
  /** A value for programs; nothing without `--json`. */
  json(value: unknown): void;
  /** Prints the table, or the sentence when it is empty; nothing with `--json`. */
  table(header: readonly string[], rows: readonly (readonly string[])[], whenEmpty: string): void;
  paint(style: Style, text: string): string;
}

export interface OutputOptions {
  readonly isJson: boolean;
  /** Whether it goes to a terminal that wants colours. */
  readonly hasColours: boolean;
  readonly writeOut: (text: string) => void;
  readonly writeError: (text: string) => void;
}

/** Select Graphic Rendition codes of ECMA-48. */
const styles = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;
export type Style = keyof typeof styles;

/** Control characters and the marks that reorder text. */
const UNSHOWABLE = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+/gu;
/** The same in JSON, where they can be written as escapes. */
const UNSHOWABLE_IN_JSON = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
const WIDE = /^[\p{Extended_Pictographic}\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\uff01-\uff60]/u;
const segmenter = new Intl.Segmenter();

/** Security: names and summaries come from other computers; on a terminal they must not move the cursor or hide anything. */
export function toShowable(text: string): string {
  return text.replace(UNSHOWABLE, ' ').trim();
}

/** The same for a text of several lines, which keep their indentation. */
export function toShowableLines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.replace(UNSHOWABLE, ' '))
    .join('\n');
}

export function createOutput(options: OutputOptions): Output {
  const paint = (style: Style, text: string) =>
    options.hasColours ? `\u001b[${styles[style]}m${text}\u001b[0m` : text;
  const say = (text: string) => {
    if (!options.isJson) options.writeOut(`${text}\n`);
  };
  return {
    isJson: options.isJson,
    hasColours: options.hasColours,
    say,
    raw: options.writeOut,
    complain: (text) => options.writeError(`${text}\n`),
    json: (value) => {
      if (options.isJson) options.writeOut(`${toSafeJson(value)}\n`);
    },
    table: (header, rows, whenEmpty) => {
      if (rows.length === 0) {
        say(whenEmpty);
        return;
      }
      const cells = rows.map((row) => row.map(toShowable));
      const widths = header.map((title, column) =>
        Math.max(widthOf(title), ...cells.map((row) => widthOf(row[column] ?? ''))),
      );
      const line = (row: readonly string[]) =>
        row
          .map((cell, column) =>
            column === row.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell)),
          )
          .join('  ')
          .trimEnd();
      say(paint('dim', line(header)));
      for (const row of cells) say(line(row));
    },
    paint,
  };
}

export function toSafeJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(
    UNSHOWABLE_IN_JSON,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Columns that the text takes on a terminal. */
function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

const clock = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });

export function formatInstant(instantMs: number): string {
  return clock.format(instantMs);
}

export function formatSeconds(seconds: number): string {
  return new Intl.NumberFormat('en', { style: 'unit', unit: 'second', unitDisplay: 'short' }).format(seconds);
}

/** The two largest units that matter, as the window writes them. */
export function formatDuration(durationMs: number): string {
  const unit = (value: number, name: string) =>
    new Intl.NumberFormat('en', { style: 'unit', unit: name, unitDisplay: 'short' }).format(value);
  const seconds = Math.max(0, Math.floor(durationMs / 1000));
  const [minutes, hours, days] = [60, 3600, 86_400].map((length) => Math.floor(seconds / length)) as [
    number,
    number,
    number,
  ];
  const pair = (large: string, small: number, name: string) => (small === 0 ? large : `${large} ${unit(small, name)}`);
  if (days > 0) return pair(unit(days, 'day'), hours % 24, 'hour');
  if (hours > 0) return pair(unit(hours, 'hour'), minutes % 60, 'minute');
  return minutes > 0 ? unit(minutes, 'minute') : unit(seconds, 'second');
}

export function formatBytes(sizeBytes: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, sizeBytes)) / 3));
  return new Intl.NumberFormat('en', {
    style: 'unit',
    unit: units[power] ?? 'byte',
    // The short form of a byte has no plural.
    unitDisplay: power === 0 ? 'long' : 'short',
    maximumFractionDigits: 1,
  }).format(sizeBytes / 1000 ** power);
}
