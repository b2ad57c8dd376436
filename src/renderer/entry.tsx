// The page's entry: connects to the core and shows the window that the address asks for.
import { createRoot } from 'react-dom/client';
import './styles.ts';
import { App } from './app.tsx';
import { applyColorScheme } from './color-scheme.ts';
import { connectCore } from './core-connection.ts';
import { parseWindowRoute } from './lib/route.ts';
import { shellCarrier } from './ports/shell.ts';
import { openWindow } from './windows/windows.tsx';

function start(root: HTMLElement): void {
  applyColorScheme();
  const core = connectCore(shellCarrier());
  createRoot(root).render(<App core={core}>{openWindow(core, parseWindowRoute(location.search))}</App>);
}

const root = document.getElementById('root');
// Security: in somebody else's frame a click could be stolen (clickjacking), so nothing is shown there.
if (root !== null && window.top === window) start(root);
