import { expect, test } from 'vitest';
import { createRecording } from './activity/activity.test-support.ts';
import { State } from './lib/state.ts';
import { followPause } from './pause.ts';

test('a pause refuses what waits and ends what runs, once for each pause, and is in the log', async () => {
  const done: string[] = [];
  const settings = new State({ isPaused: false, name: 'Bob' });
  const activity = createRecording();
  const stop = followPause({
    settings,
    activity,
    consent: { denyAll: (by) => void done.push(`requests by ${by}`) },
    hostSessions: { endAll: async (reason) => void done.push(`sessions by ${reason}`) },
  });
  const change = async (part: Partial<typeof settings.value>) => {
    settings.set({ ...settings.value, ...part });
    await Promise.resolve();
  };
  await change({ name: 'Bob’s desk' });
  expect(done).toEqual([]);
  await change({ isPaused: true });
  await change({ name: 'Bob' });
  await change({ isPaused: false });
  stop();
  await change({ isPaused: true });
  expect(done).toEqual(['requests by pause', 'sessions by host']);
  expect(activity.said()).toEqual(['paused', 'resumed']);
});
