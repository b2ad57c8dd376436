// Which component shows each window that the page can be.
import { lazy, type ReactElement } from 'react';
import type { CoreConnection } from '../core-connection.ts';
import type { WindowRoute } from '../lib/route.ts';
import { startViewer } from '../viewer/start-viewer.ts';
import { ViewerWindow } from '../viewer/viewer-window.tsx';

const MainWindow = lazy(() => import('./main-window.tsx').then((module) => ({ default: module.MainWindow })));
const PopupWindow = lazy(() => import('./popup-window.tsx').then((module) => ({ default: module.PopupWindow })));

/** To be called once, before anything is drawn. */
export function openWindow(core: CoreConnection, route: WindowRoute): ReactElement {
  switch (route.window) {
    case 'main':
      return <MainWindow />;
    case 'popup':
      return <PopupWindow />;
    case 'viewer':
      // It asks at once: the person there reads while this window appears.
      return <ViewerWindow start={startViewer(core, route)} />;
  }
}
