// The page's entry: connects to the core and shows the window that the address asks for.
import { createRoot } from 'react-dom/client';
import './styles.ts';
import { App } from './app.tsx';
import { applyColorScheme } from './color-scheme.ts';
import { connectCore } from './core-connection.ts';
import { parseWindowRoute } from './lib/route.ts';
import { shellCarrier } from './ports/shell.ts';
import { startViewer } from './viewer/start-viewer.ts';

function start(root: HTMLElement): void {
  applyColorScheme();
  const route = parseWindowRoute(location.search);
  const core = connectCore(shellCarrier());
  // Asks before anything is drawn: the person there reads while this window appears.
  const viewer = route.window === 'viewer' ? startViewer(core, route) : null;
  createRoot(root).render(<App core={core} route={route} viewer={viewer} />);
}

const root = document.getElementById('root');
// Security: in somebody else's frame a click could be stolen (clickjacking), so nothing is shown there.
if (root !== null && window.top === window) start(root);
