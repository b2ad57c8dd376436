// The sandbox that a session needs. Also used to warm one up while the person still reads the request.
import type { Powers } from '../../contract/powers.ts';
import type { Size } from '../../contract/sessions.ts';
import { rowOf, type View } from '../../contract/views.ts';
import type { Channel } from '../channels/channel.ts';
import type { SandboxWish } from '../container/peer-container.ts';
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
  const parts = named.flatMap(({ host }) => host.part?.({ size }) ?? []);
  return {
    // Two channels may lead to the same program.
    parts: [...new Map(parts.map((part) => [part.name, part])).values()],
    hasNetwork: powers.network === 'internet',
    allowsOwnSandbox: launch.ownSandbox === 'allowed',
  };
}
