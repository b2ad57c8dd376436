// What describes a screen of the main window; each row in screens.tsx has these.
import type { Icon } from '@tabler/icons-react';
import type { ComponentType } from 'react';
import type { Page, PageName, PageOf } from './lib/pages.ts';

/** What a screen may want of the window around it. */
export interface House {
  readonly onAddPeer: () => void;
  /** Shows the list of peers; null where it is always there. */
  readonly onShowPeers: (() => void) | null;
  /** Opens the chosen peer once more. */
  readonly onRetryPeer: () => void;
}

export interface ScreenProps<N extends PageName> {
  readonly page: PageOf<N>;
  readonly house: House;
}

export interface Screen<N extends PageName> {
  readonly component: ComponentType<ScreenProps<N>>;
  readonly menu: MenuEntry | null;
}

/** How it is found without a link of another screen: in the palette, and in the header. */
export interface MenuEntry {
  /** Key of a sentence. */
  readonly title: string;
  readonly icon: Icon;
  readonly leadsTo: Page;
  readonly isInHeader: boolean;
}
