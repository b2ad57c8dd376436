// The parts of the core, by name: what handlers and topics know.
import type { Self } from '../contract/self.ts';
import type { Activity } from './activity/activity.ts';
import type { Consent } from './consent/consent.ts';
import type { Rules } from './consent/rules.ts';
import type { Containers } from './container/container.ts';
import type { Mounts } from './container/mounts.ts';
import type { Health } from './health/health.ts';
import type { HostSessions } from './host/sessions.ts';
import type { Followable } from './lib/state.ts';
import type { Offers } from './offers/offers.ts';
import type { PeerBook } from './peers/peer-book.ts';
import type { Peers } from './peers/peers.ts';
import type { Comparisons } from './peers/verification/comparisons.ts';
import type { People } from './people/people.ts';
import type { SettingsPart } from './settings/settings.ts';
import type { Asks } from './visitor/asks.ts';
import type { VisitorSessions } from './visitor/sessions.ts';

export interface Parts {
  readonly settings: SettingsPart;
  readonly offers: Offers;
  readonly peers: Peers;
  readonly consent: Consent;
  readonly book: PeerBook;
  readonly rules: Rules;
  readonly people: People;
  readonly comparisons: Comparisons;
  readonly containers: Containers;
  readonly mounts: Mounts;
  readonly hostSessions: HostSessions;
  readonly asks: Asks;
  readonly visitorSessions: VisitorSessions;
  readonly health: Health;
  readonly activity: Activity;
  readonly self: Followable<Self>;
  readonly logs: { read(maxLines: number): Promise<readonly string[]> };
  requestStop(): void;
}
