// A pause of sharing: it ends what runs and refuses what waits, and is written down.
import type { Settings } from '../contract/settings.ts';
import type { Recorder } from './activity/activity.ts';
import type { Consent } from './consent/consent.ts';
import type { HostSessions } from './host/sessions.ts';
import { type Followable, onChange } from './lib/state.ts';

/** Returns the way to stop. */
export function followPause(parts: {
  readonly settings: Followable<Pick<Settings, 'isPaused'>>;
  readonly consent: Pick<Consent, 'denyAll'>;
  readonly hostSessions: Pick<HostSessions, 'endAll'>;
  readonly activity: Pick<Recorder, 'record'>;
}): () => void {
  const { settings, consent, hostSessions, activity } = parts;
  return onChange(
    settings,
    ({ isPaused }) => isPaused,
    (isPaused) => {
      void activity.record({ event: { kind: isPaused ? 'paused' : 'resumed' } });
      if (!isPaused) return;
      // Security: nothing goes on for a peer during a pause.
      consent.denyAll('pause');
      void hostSessions.endAll('host');
    },
  );
}
