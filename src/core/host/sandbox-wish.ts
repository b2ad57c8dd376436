// The sandbox that a session needs, also for the one that is warmed while its person still reads.
import type { Powers } from '../../contract/powers.ts';
import type { Size } from '../../contract/sessions.ts';
import { rowOf, type View } from '../../contract/views.ts';
import type { Channel } from '../channels/channel.ts';
import type { SandboxWish } from '../container/container.ts';
import type { Launch } from '../offers/kind.ts';

const DEFAULT_SIZE: Size = { width: 1024, height: 720 };

export function sandboxWish(
  channels: readonly Channel[],
  asked: {
    readonly view: View;
    readonly powers: Powers;
    readonly launch: Pick<Launch, 'ownSandbox'>;
    readonly size: Size | undefined;
  },
): SandboxWish {
  const { view, powers, launch, size = DEFAULT_SIZE } = asked;
  const named = channels.filter(({ name }) => rowOf(view).channels.includes(name));
  const ofChannels = named.map(({ host }) => host.wish?.({ size }));
  const hasNetwork = powers.network === 'internet';
  return Object.assign(
    { display: null, hasNetwork, allowsOwnSandbox: launch.ownSandbox === 'allowed' },
    ...ofChannels,
  ) as SandboxWish;
}
