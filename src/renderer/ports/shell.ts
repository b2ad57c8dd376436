// Tells which shell this page runs in and gives its carrier.
import type { Carrier } from './carrier.ts';
import { messagePortCarrier } from './message-port.ts';
import { webSocketCarrier } from './websocket.ts';

export function shellCarrier(): Carrier {
  const isElectron =
    location.protocol === 'app:' || (globalThis as { ebrainpoolShell?: unknown }).ebrainpoolShell === 'electron';
  return isElectron ? messagePortCarrier() : webSocketCarrier();
}
