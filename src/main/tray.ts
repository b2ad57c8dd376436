// The status icon: what waits, what runs, pause, open, quit.
import { join } from 'node:path';
import { Menu, type NativeImage, nativeImage, Tray } from 'electron';
import { ARMING_MS } from '../contract/arming.ts';
import type { Client } from '../contract/client.ts';
import { type TrayFacts, type TrayState, trayMenu, trayStateOf, trayTooltip } from './tray-menu.ts';

export interface TrayOptions {
  readonly client: Client;
  readonly assetsDir: string;
  readonly open: () => void;
  readonly openPopup: () => void;
  readonly quit: () => void;
  /** Told of failed calls: the person sees the state as it is, and the log has the reason. */
  readonly onFailure: (error: unknown) => void;
}

/** Shows the icon until disposed; null where the system has no place for one. */
export function startTray(options: TrayOptions): Disposable | null {
  const { client, open, openPopup, quit } = options;
  // Linux panels draw 22 px, the others 16; a file with @2x beside each is found by Electron.
  const size = process.platform === 'linux' ? 22 : 16;
  const images = new Map<TrayState, NativeImage>();
  for (const state of ['idle', 'waiting', 'in-use', 'paused'] as const) {
    images.set(state, nativeImage.createFromPath(join(options.assetsDir, 'tray', `${state}-${size}.png`)));
  }
  const imageOf = (state: TrayState) => images.get(state) ?? nativeImage.createEmpty();

  let tray: Tray;
  try {
    tray = new Tray(imageOf('idle'));
  } catch (error) {
    options.onFailure(error);
    return null;
  }
  // On macOS a click opens the menu.
  if (process.platform !== 'darwin') tray.on('click', open);

  const call: Client['call'] = (method, input, signal) => {
    const result = client.call(method, input, signal);
    result.catch(options.onFailure);
    return result;
  };
  let shown = '';
  const draw = () => {
    const facts: TrayFacts = {
      requests: client.read('requests') ?? [],
      comparisons: client.read('comparisons') ?? [],
      sessions: client.read('sessions') ?? [],
      settings: client.read('settings') ?? { isPaused: false, isDoNotDisturb: false },
    };
    const drawnAt = performance.now();
    const menu = trayMenu(facts, {
      call,
      answer: (requestId, answer) => {
        // Security: an open menu moves when a request comes or goes, and a click may meet what was not there before.
        if (performance.now() - drawnAt < ARMING_MS) open();
        else void call('requests.answer', { requestId, answer });
      },
      open,
      openPopup,
      quit,
    });
    // Sessions change with each byte that passes; an open menu must not be replaced for that.
    const look = JSON.stringify([
      trayStateOf(facts),
      menu,
      facts.requests.map(({ id }) => id),
      facts.comparisons.map(({ peerId }) => peerId),
      facts.sessions.map(({ id }) => id),
    ]);
    if (look === shown) return;
    shown = look;
    tray.setImage(imageOf(trayStateOf(facts)));
    tray.setToolTip(trayTooltip(facts));
    tray.setContextMenu(Menu.buildFromTemplate(menu));
  };
  const topics = ['requests', 'comparisons', 'sessions', 'settings'] as const;
  const stops = topics.map((topic) => client.follow(topic, draw));
  draw();
  return {
    [Symbol.dispose]: () => {
      for (const stop of stops) stop();
      tray.destroy();
    },
  };
}
