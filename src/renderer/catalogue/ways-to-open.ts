// What a person reads of each view in which an offer can be used, on its tile and in its menu.
import { type Icon, IconAppWindow, IconScreenShare, IconTerminal2 } from '@tabler/icons-react';
import type { ComponentType } from 'react';
import type { Peer } from '../../contract/peers.ts';
import type { Self } from '../../contract/self.ts';
import type { View } from '../../contract/views.ts';
import { NativeWarning } from './native-warning.tsx';
import type { WarningProps } from './warning.ts';

export interface WayToOpen {
  readonly icon: Icon;
  /** Keys of sentences. */
  readonly label: string;
  readonly hint: string;
  /** Said in place of the hint where this computer lacks what it needs; null where it has it. */
  readonly missing: (self: Self) => string | null;
  /** What must be read before it is asked for. */
  readonly Warning: ComponentType<WarningProps> | null;
}

export const waysToOpen: Readonly<Record<View, WayToOpen>> = {
  viewer: {
    icon: IconScreenShare,
    label: 'ui.tile.viewer',
    hint: 'ui.tile.viewerHint',
    missing: () => null,
    Warning: null,
  },
  native: {
    icon: IconAppWindow,
    label: 'ui.tile.native',
    hint: 'ui.tile.nativeHint',
    missing: ({ canShowNative }) => (canShowNative ? null : 'ui.tile.nativeMissing'),
    Warning: NativeWarning,
  },
  'ssh-command': {
    icon: IconTerminal2,
    label: 'ui.tile.sshCommand',
    hint: 'ui.tile.sshCommandHint',
    missing: () => null,
    Warning: null,
  },
};

/** Why an offer of this peer cannot be opened so from here, as a key of a sentence; null where it can. */
export function lackOf(view: View, self: Self, { views }: Pick<Peer, 'views'>): string | null {
  return views !== null && !views.includes(view) ? 'ui.tile.viewMissing' : waysToOpen[view].missing(self);
}
