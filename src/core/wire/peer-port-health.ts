// The health item `port`: whether other computers can reach this one.
import type { HealthItem } from '../../contract/health.ts';

export type PeerPort =
  | { readonly isOpen: true; readonly port: number; readonly asked: number }
  | { readonly isOpen: false; readonly asked: number; readonly why: string };

/** Without a network an open port is of no use to others, so that is said with it. A problem of the port itself comes first. */
export function describePeerPort(peerPort: PeerPort, isOnNetwork: boolean): HealthItem {
  const item = { id: 'port', command: null };
  const { asked } = peerPort;
  if (!peerPort.isOpen)
    return { ...item, level: 'error', params: { port: asked, why: peerPort.why }, blocks: ['sharing'] };
  const { port } = peerPort;
  if (port !== asked) return { ...item, level: 'warning', params: { port, asked } };
  return { ...item, level: 'ok', params: isOnNetwork ? { port } : { port, context: 'offline' } };
}
