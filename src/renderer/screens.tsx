// The screens of the main window: one row for each page.
import { IconDeviceDesktop, IconHistory, IconSettings } from '@tabler/icons-react';
import { CataloguePage } from './catalogue/catalogue-page.tsx';
import { HistoryPage } from './history/history-page.tsx';
import { HomePage } from './home/home-page.tsx';
import type { PageName } from './lib/pages.ts';
import { OwnPage } from './own/own-page.tsx';
import type { MenuEntry, Screen, ScreenProps } from './screen.ts';
import { SettingsPage } from './settings/settings-page.tsx';

const screens: { readonly [N in PageName]: Screen<N> } = {
  home: { component: HomePage, menu: null },
  peer: { component: CataloguePage, menu: null },
  own: {
    component: OwnPage,
    menu: { title: 'ui.own.title', icon: IconDeviceDesktop, leadsTo: { page: 'own' }, isInHeader: false },
  },
  history: {
    component: HistoryPage,
    menu: { title: 'ui.history.title', icon: IconHistory, leadsTo: { page: 'history' }, isInHeader: true },
  },
  settings: {
    component: SettingsPage,
    menu: {
      title: 'ui.settings.title',
      icon: IconSettings,
      leadsTo: { page: 'settings', section: 'general' },
      isInHeader: true,
    },
  },
};

/** In the order in which they are shown. */
export const menuEntries: readonly MenuEntry[] = Object.values(screens).flatMap(({ menu }) => menu ?? []);

export function ScreenOf<N extends PageName>({ page, house }: ScreenProps<N>) {
  const { component: Component } = screens[page.page];
  return <Component page={page} house={house} />;
}
