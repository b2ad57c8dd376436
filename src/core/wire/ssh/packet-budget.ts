// How much of this end's time small packets may take: of a connection, of an address, and of all together.
import { TimeBudget, TimeBudgets } from '../../lib/time-budget.ts';

/** 20,000 small packets: ten times what a busy program of X11 sends. */
export const PACKETS_MS_PER_SECOND = 100;
/** The same of all addresses together: one computer may have many. */
const PACKETS_MS_OF_ALL = 300;
/** What each connection has even when others have used up the rest, and the sum of these shares. */
const OWN_PACKETS_MS_PER_SECOND = 5;
const OWN_PACKETS_MS_OF_ALL = 100;

/** Of this end's time for small packets. What it has no time for is not read yet. */
export type PacketBudget = Pick<TimeBudget, 'waitMs' | 'spend'>;

/** For the small packets of each address, and of all of them together. */
export function createPacketBudgets(maxAddresses: number): { of(address: string): PacketBudget } {
  const ofAll = new TimeBudget(PACKETS_MS_OF_ALL);
  const byAddress = new TimeBudgets<string>(() => new TimeBudget(PACKETS_MS_PER_SECOND), maxAddresses);
  return {
    of: (address) => {
      const own = byAddress.of(address);
      return {
        waitMs: (now) => Math.max(own.waitMs(now), ofAll.waitMs(now)),
        spend: (ms) => {
          own.spend(ms);
          ofAll.spend(ms);
        },
      };
    },
  };
}

/** The own share of each connection when there are so many. */
export const ownPacketsMs = (connections: number): number =>
  Math.min(OWN_PACKETS_MS_PER_SECOND, OWN_PACKETS_MS_OF_ALL / Math.max(1, connections));
