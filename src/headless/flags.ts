// The flags of the browser shell.
import { parseArgs } from 'node:util';
import { settingsSchema } from '../contract/settings.ts';
import { toShowable } from '../core/lib/text.ts';

export interface Flags {
  readonly profileDir: string | null;
  readonly port: number | null;
  readonly isOpened: boolean;
  /** Set at the first run only. */
  readonly name: string | null;
  readonly isAllShared: boolean;
}

/** @throws Error with a message of one line that names the flag. */
export function parseFlags(args: readonly string[]): Flags {
  const { values } = parse(args);
  const port = values.port === undefined ? null : Number(values.port);
  if (port !== null && (!/^\d+$/.test(values.port ?? '') || port > 65535)) {
    throw new Error('--port: expected a number from 0 to 65535');
  }
  const name = settingsSchema.shape.name.safeParse(values.name ?? 'none given');
  if (!name.success) throw new Error('--name: expected 1 to 100 characters');
  if (values.profile === '') throw new Error('--profile: expected a folder');
  return {
    profileDir: values.profile ?? null,
    port,
    isOpened: values['no-open'] !== true,
    name: values.name ?? null,
    isAllShared: values['share-all'] === true,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        profile: { type: 'string' },
        port: { type: 'string' },
        'no-open': { type: 'boolean' },
        name: { type: 'string' },
        'share-all': { type: 'boolean' },
      },
    });
  } catch (error) {
    // A wrong word is quoted back on one line.
    throw new Error(toShowable(error instanceof Error ? error.message : String(error), 500), { cause: error });
  }
}
