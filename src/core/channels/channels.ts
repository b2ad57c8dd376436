// The channels that there are, a line for each.
import type { Settings } from '../../contract/settings.ts';
import type { ChannelName } from '../../contract/views.ts';
import type { Containers } from '../container/container.ts';
import type { Followable } from '../lib/state.ts';
import type { Channel } from './channel.ts';
import { createDisplay } from './display/display.ts';
import { createFiles } from './files/files.ts';
import { createSshPort } from './ssh-port/ssh-port.ts';
import { createX11 } from './x11/x11.ts';

export type Channels = { readonly [N in ChannelName]: Channel & { readonly name: N } };

export function createChannels(parts: {
  readonly containers: Pick<Containers, 'hostKeyOf'>;
  readonly settings: Followable<Pick<Settings, 'maxUploadMib'>>;
}): Channels {
  return {
    display: createDisplay(),
    ssh: createX11(parts),
    'ssh-port': createSshPort(parts),
    files: createFiles(parts),
  };
}
