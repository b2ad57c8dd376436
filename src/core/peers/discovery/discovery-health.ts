// The health items `network` and `multicast`: whether computers find each other.
import type { HealthItem } from '../../../contract/health.ts';
import type { Link } from './mdns-links.ts';

export function isOnNetwork(links: readonly Pick<Link, 'isLoopback'>[]): boolean {
  return links.some((link) => !link.isLoopback);
}

export function describeNetwork(links: readonly Pick<Link, 'isLoopback'>[]): HealthItem {
  return { id: 'network', level: isOnNetwork(links) ? 'ok' : 'warning', params: {}, command: null };
}

/** Finding that works is of no use while there is no network to find anybody on. What is wrong in itself is said as it is. */
export function describeMulticast(problem: string | null, links: readonly Pick<Link, 'isLoopback'>[]): HealthItem {
  if (problem !== null) return { id: 'multicast', level: 'warning', params: { why: problem }, command: null };
  return { id: 'multicast', level: 'ok', params: isOnNetwork(links) ? {} : { context: 'offline' }, command: null };
}
