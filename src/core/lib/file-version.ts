// The version of a stored file: one of an older version is brought up step by step, and one of a newer version is told apart.
import type { z } from 'zod';
import { check } from '../../contract/check.ts';

/** A step from one version to the next: pure, and ready for any JSON in any field. */
export type Migration = (stored: Readonly<Record<string, unknown>>) => Record<string, unknown>;

/** Files of eBrainPool 0.1 say no version: they are the first. */
const FIRST_VERSION = 1;

/** The first step leads from version 1 to 2; the list only grows. */
export function newestVersion(migrations: readonly Migration[]): number {
  return FIRST_VERSION + migrations.length;
}

export function versionOf({ version }: Readonly<Record<string, unknown>>): number {
  return Number.isSafeInteger(version) ? Math.max(FIRST_VERSION, version as number) : FIRST_VERSION;
}

/** What is stored, as the newest version stores it. What is newer stays as it is. */
export function migrate(
  stored: Readonly<Record<string, unknown>>,
  migrations: readonly Migration[],
): Record<string, unknown> {
  return migrations.slice(versionOf(stored) - FIRST_VERSION).reduce((value, step) => step(value), { ...stored });
}

/**
 * Whether `stored` has a field, at whatever depth, that is gone when `schema` has read it. Security: in an entry of a newer version that may
 * be a condition, without which the rest says more than was meant. False for what the schema refuses: that is damage.
 */
export function hasUnknownFields(schema: z.ZodType, stored: unknown): boolean {
  const read = check(schema, stored);
  return read.success && hasMore(stored, read.data);
}

// Goes no deeper than the schema: stored JSON may be nested without limit.
function hasMore(stored: unknown, read: unknown): boolean {
  if (typeof stored !== 'object' || stored === null) return false;
  if (typeof read !== 'object' || read === null) return true;
  const known = new Map<string, unknown>(Object.entries(read));
  return Object.entries(stored).some(([key, value]) => !known.has(key) || hasMore(value, known.get(key)));
}
