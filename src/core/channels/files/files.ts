// The channel `files`: the folder Exchange of the container by SFTP, as long as the session has the power.
import type { Settings } from '../../../contract/settings.ts';
import { streamServerProgram } from '../../container/desktop/stream-server.ts';
import type { Followable } from '../../lib/state.ts';
import type { Channel } from '../channel.ts';
import { serveFiles } from './serve-files.ts';
import { sftpPart } from './sftp-server.ts';
import { visitFiles } from './visit-files.ts';

export function createFiles({ settings }: { readonly settings: Followable<Pick<Settings, 'maxUploadMib'>> }) {
  return {
    name: 'files',
    needs: 'files',
    holds: ['files'],
    programs: [streamServerProgram],
    host: { part: () => sftpPart, open: (session) => serveFiles(session, settings.value.maxUploadMib) },
    visitor: { open: visitFiles },
  } as const satisfies Channel;
}
