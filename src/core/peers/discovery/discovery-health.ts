// The health items `network` and `multicast`: whether computers find each other.
import type { HealthItem } from '../../../contract/health.ts';
import type { Link } from './mdns-links.ts';

export function isOnNetwork(links: readonly Pick<Link, 'isLoopback'>[]): boolean {
  return links.some((link) => !link.isLoopback);
}

export function describeNetwork(links: readonly Pick<Link, 'isLoopback'>[]): HealthItem {
  return { id: 'network', level: isOnNetwork(links) ? 'ok' : 'warning', params: {}, command: null };
}

/** Without a network nobody is found even where multicast works, so that is said with it. A problem of multicast itself comes first. */
export function describeMulticast(problem: string | null, links: readonly Pick<Link, 'isLoopback'>[]): HealthItem {
  if (problem !== null) return { id: 'multicast', level: 'warning', params: { why: problem }, command: null };
  return { id: 'multicast', level: 'ok', params: isOnNetwork(links) ? {} : { context: 'offline' }, command: null };
}
