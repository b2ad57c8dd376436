// All channels, one line for each.
import type { Settings } from '../../contract/settings.ts';
import type { ChannelName } from '../../contract/views.ts';
import type { Containers } from '../container/container.ts';
import type { Identity } from '../identity/identity.ts';
import type { Followable } from '../lib/state.ts';
import type { Channel } from './channel.ts';
import { createDisplay } from './display/display.ts';
import { createFiles } from './files/files.ts';
import { createSshPort } from './ssh-port/ssh-port.ts';
import { createX11 } from './x11/x11.ts';

export type Channels = ReturnType<typeof createChannels>;

/** What the visitor's side has of a channel. */
export type EndOf<N extends ChannelName> = ReturnType<Channels[N]['visitor']['open']>;

export function createChannels(parts: {
  readonly containers: Pick<Containers, 'keep'>;
  readonly settings: Followable<Pick<Settings, 'maxUploadMib'>>;
  readonly identity: Identity;
  /** Folder for what lasts no longer than a session. */
  readonly runtimeDir: string;
}) {
  return {
    display: createDisplay(),
    ssh: createX11(parts),
    'ssh-port': createSshPort(parts),
    files: createFiles(parts),
  } satisfies { readonly [N in ChannelName]: Channel & { readonly name: N } };
}
