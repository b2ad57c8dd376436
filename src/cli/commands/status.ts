// `ebp status`: this computer, and what it lacks.
import type { Command } from 'commander';
import type { HealthItem } from '../../contract/health.ts';
import { isQuietAt } from '../../contract/quiet-hours.ts';
import { say, sayHealthItem } from '../../messages/messages.ts';
import { type Run, readTopic } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { type Style, toShowable } from '../output.ts';

const paints: Readonly<Record<HealthItem['level'], Style>> = { ok: 'green', warning: 'yellow', error: 'red' };

export function registerStatus(program: Command, run: Run): void {
  program
    .command('status')
    .description(say('cli.command.status'))
    .action(() =>
      run(async ({ output, connect }) => {
        const client = await connect();
        await client.call('health.check', {});
        const self = readTopic(client, 'self');
        const settings = readTopic(client, 'settings');
        const health = readTopic(client, 'health');
        const shared = readTopic(client, 'offers').offers.filter((offer) => offer.isShared).length;
        const sessions = readTopic(client, 'sessions').filter((session) => session.state !== 'ended');
        const requests = readTopic(client, 'requests');
        const isLacking = health.some((item) => item.level === 'error');
        const isQuiet = isQuietAt(settings, new Date());
        output.json({ self, health, isPaused: settings.isPaused, isQuiet, sharedOffers: shared, sessions, requests });

        const { name, version, shell, id, addresses, profileDir, peerPort } = self;
        output.say(output.paint('bold', say('cli.status.name', { name: toShowable(name), version, shell })));
        output.say(say('cli.status.id', { id }));
        const isOffline = health.some((item) => item.id === 'network' && item.level !== 'ok');
        if (peerPort === 0) output.say(say('cli.status.noAddress'));
        else if (isOffline) output.say(say('cli.status.noNetwork'));
        else if (addresses.length === 0) output.say(say('cli.status.noTypedAddress'));
        else output.say(say('cli.status.address', { addresses: addresses.join(', ') }));
        output.say(say('cli.status.profile', { profileDir }));
        const sharing = settings.isPaused
          ? say('cli.status.sharingPaused')
          : self.canShare
            ? say('cli.status.sharingOn', { count: shared })
            : say('cli.status.sharingImpossible');
        output.say(say('cli.status.sharing', { state: sharing }));
        if (settings.isDoNotDisturb) output.say(say('cli.status.quiet'));
        else if (isQuiet) output.say(say('cli.status.quietHours', { time: settings.quietHours.to }));
        output.say(
          say('cli.status.use', {
            hosted: sessions.filter((session) => session.role === 'host').length,
            visited: sessions.filter((session) => session.role === 'visitor').length,
            waiting: requests.length,
          }),
        );
        output.say('');
        for (const item of health) {
          const mark = output.paint(paints[item.level], say(`cli.status.${item.level}`).padEnd(7));
          output.say(say('cli.status.item', { mark, text: describe(item) }));
          if (item.command !== null && item.level !== 'ok') {
            output.say(say('cli.status.mend', { command: toShowable(item.command) }));
          }
        }
        if (health.every((item) => item.level === 'ok')) output.say(say('cli.status.healthFine'));
        return isLacking ? exitCodes.lacking : exitCodes.done;
      }),
    );
}

function describe(item: HealthItem): string {
  return toShowable(sayHealthItem(item));
}
