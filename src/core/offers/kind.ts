// What a kind of offer is to the rest of the core: how its offers are found, how they are shown, and what starting one means.
import type { z } from 'zod';
import type { Problem } from '../../contract/errors.ts';
import type { OfferId } from '../../contract/ids.ts';
import type { KindName, OwnSandbox } from '../../contract/kinds.ts';
import type { BrokenEntry, OwnOffer } from '../../contract/offers.ts';
import type { Settings } from '../../contract/settings.ts';
import type { View } from '../../contract/views.ts';
import type { Log } from '../lib/log.ts';
import type { IconStore } from './icons/icon-store.ts';

/** A kind registers itself by a row in contract/kinds.ts and a line in core.ts. */
export interface Kind<D extends Definition> {
  readonly name: KindName;
  /** What does not fit is not offered, and its owner is told. */
  readonly definition: z.ZodType<D>;
  /** Begins to look for its offers; resolves when the first are shown. Bad input is never an error here: it is in `broken`. */
  startSource(tools: SourceTools): Promise<Source>;
  toOffer(definition: D, settings: Settings): KindsOffer;
  /** SHA-256 in hex over all that decides what runs: another one means that something else would run. */
  digest(definition: D, settings: Settings): string;
  /** Pure, and made of this computer's disk and settings alone. @throws AppError for what cannot be used in this view */
  launch(definition: D, view: View, settings: Settings): Launch;
  /** What this kind knows of a program that failed; null where it knows nothing. */
  explainEnd(definition: D, end: ProgramEnd): Promise<Problem | null>;
}

/** What is known of one offer of any kind. */
export interface Definition {
  readonly id: OfferId;
  /** The file that it comes from. */
  readonly source: string;
}

/** An offer without what every kind has, and without its owner's choice of who sees it. */
export type KindsOffer = Omit<OwnOffer, 'id' | 'kind' | 'source' | 'isShared' | 'audience'>;

export interface SourceTools {
  readonly icons: IconStore;
  readonly log: Log;
  /** Takes the whole list, one after the other; resolves when it is shown. */
  readonly onFound: (found: Found) => Promise<void>;
}

export interface Found {
  /** Checked by the kind's schema. The same object once more says that it has not changed. */
  readonly definitions: readonly object[];
  readonly broken: readonly BrokenEntry[];
  /** Those beyond what can be listed. */
  readonly leftOut: number;
}

export interface Source extends AsyncDisposable {
  /** Looks again now; resolves when what was found is shown. */
  rescan(): Promise<void>;
}

/** What runs for a session. `in` says where; each place that there is has a type of its own. */
export interface Launch {
  readonly in: 'sandbox';
  /** Security: an argument vector as this computer knows it, never a string for a shell. */
  readonly program: { readonly argv: readonly string[]; readonly workingDirectory: string | null };
  readonly ownSandbox: OwnSandbox;
}

/** How a program in a sandbox failed. */
export interface ProgramEnd {
  readonly exitCode: number;
  /** Whether it said that it could not build a sandbox of its own. */
  readonly wantedOwnSandbox: boolean;
}
