// A line of the log as a person reads it: when, how grave, what happened, and the facts.
import { formatLogTime } from './format.ts';

export interface LogLine {
  /** In this computer's time; empty for a line that is not an event. */
  readonly time: string;
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly sentence: string;
  /** key=value of everything else. */
  readonly facts: string;
}

/** Levels as pino writes them: https://github.com/pinojs/pino/blob/main/docs/api.md#loggerlevels-object */
function levelOf(level: unknown): LogLine['level'] {
  if (typeof level !== 'number') return 'info';
  return level >= 50 ? 'error' : level >= 40 ? 'warn' : level >= 30 ? 'info' : 'debug';
}

/** Without control and direction characters, which could make a line look like another one. */
function escapeHidden(text: string): string {
  return text.replace(/\p{C}/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}

function formatValue(value: unknown): string {
  if (typeof value === 'string' && /^[^\s"=\p{C}]+$/u.test(value)) return value;
  return escapeHidden(JSON.stringify(value));
}

/** A line that is no event of the log stays as it is. */
export function parseLogLine(line: string): LogLine {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    event = null;
  }
  if (typeof event !== 'object' || event === null || Array.isArray(event))
    return { time: '', level: 'info', sentence: escapeHidden(line), facts: '' };
  const { time, level, msg, ...rest } = event as Record<string, unknown>;
  const instantMs = typeof time === 'string' || typeof time === 'number' ? new Date(time).getTime() : Number.NaN;
  return {
    time: Number.isNaN(instantMs) ? '' : formatLogTime(instantMs),
    level: levelOf(level),
    sentence: typeof msg === 'string' ? escapeHidden(msg) : '',
    facts: Object.entries(rest)
      .map(([key, value]) => `${escapeHidden(key)}=${formatValue(value)}`)
      .join(' '),
  };
}
