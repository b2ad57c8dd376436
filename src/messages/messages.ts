// The message catalogue: every sentence that a person reads, in window, tray, notification and CLI.
import i18next, { type i18n } from 'i18next';
import type { Problem } from '../contract/errors.ts';
import type { HealthItem } from '../contract/health.ts';
import { activity } from './en/activity.ts';
import { cli } from './en/cli.ts';
import { errors } from './en/errors.ts';
import { health } from './en/health.ts';
import { mounts } from './en/mounts.ts';
import { shell } from './en/shell.ts';
import { ui } from './en/ui.ts';

const resources = { en: { translation: { ui, activity, cli, shell, errors, health, mounts } } };

/** The i18next instance, ready at once: its catalogue is part of the program. */
export const messages: i18n = i18next.createInstance({
  lng: 'en',
  fallbackLng: 'en',
  resources,
  initAsync: false,
  // React escapes what it shows; terminal and notifications show plain text.
  interpolation: { escapeValue: false },
});
void messages.init();

/** A message by key, for example `errors.disk-full`. */
export function say(key: string, values: Readonly<Record<string, unknown>> = {}): string {
  return messages.t(key, values);
}

/** What happened, why and what to do, for a person. */
export function sayProblem(problem: Problem): string {
  // Some sentences name the computer, where it is known which one it is.
  const context = problem.params['peer'] === undefined ? {} : { context: 'named' };
  return say(`errors.${problem.code}`, { ...problem.params, ...context });
}

/** What an item of health is called. */
export function nameHealthItem({ id }: HealthItem): string {
  return messages.t([`ui.health.item.${id}`, 'ui.health.item.unknown'], { id });
}

/** The state of a health item in a sentence; an item without one is called by its name. */
export function sayHealthItem({ id, level, params }: HealthItem): string {
  return messages.t([`health.${id}.${level}`, `health.unknown.${level}`], { id, ...params });
}
