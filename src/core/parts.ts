// The parts of the core that handlers know, by name.
import type { Activity } from './activity/activity.ts';
import type { Consent } from './consent/consent.ts';
import type { Containers } from './container/container.ts';
import type { Mounts } from './container/mounts.ts';
import type { Health } from './health/health.ts';
import type { HostSessions } from './host/sessions.ts';
import type { Offers } from './offers/offers.ts';
import type { Peers } from './peers/peers.ts';
import type { Comparisons } from './peers/verification/comparisons.ts';
import type { People } from './people/people.ts';
import type { SettingsPart } from './settings/settings.ts';
import type { Asks } from './visitor/asks.ts';
import type { VisitorSessions } from './visitor/sessions.ts';

/** The parts that the handlers know. */
export interface Parts {
  readonly settings: SettingsPart;
  readonly offers: Offers;
  readonly peers: Peers;
  readonly consent: Consent;
  readonly people: People;
  readonly comparisons: Comparisons;
  readonly containers: Containers;
  readonly mounts: Mounts;
  readonly host: HostSessions;
  readonly asks: Asks;
  readonly visitor: VisitorSessions;
  readonly health: Health;
  readonly activity: Activity;
  readonly logs: { read(maxLines: number): Promise<readonly string[]> };
  requestStop(): void;
}
