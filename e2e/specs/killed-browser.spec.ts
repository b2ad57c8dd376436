// A browser that is killed says no goodbye: what it showed ends all the same, on both sides.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { sandboxProcesses } from '../../lab/processes.ts';
import { expect, soon, test, useLan } from '../computers/fixtures.ts';
import { openSession } from '../computers/open-session.ts';

const lan = useLan({ alice: {}, bob: { apps: { xcalc: 'xcalc' } } });

/** Ends Alice’s Chromium, every process of it, as the kernel does when memory is short. */
function killBrowser(): void {
  const network = readlinkSync(`/proc/${lan.alice.shell.corePid()}/ns/net`);
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const isBrowser = readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('chromium');
      if (isBrowser && readlinkSync(`/proc/${pid}/ns/net`) === network) process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}

test('a killed browser ends what it showed, at the host too', async ({ shell }) => {
  test.skip(shell === 'electron', 'there the core ends with the window');
  await openSession(lan.alice, lan.bob, 'xcalc', {});
  killBrowser();
  const bob = await lan.bob.core();
  await soon(() => bob.read('sessions')?.filter(({ state }) => state !== 'ended').length, 15_000).toBe(0);
  await expect.poll(() => sandboxProcesses('bob')).toEqual([]);
});
