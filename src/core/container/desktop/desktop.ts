// What every container brings along into its sandboxes, whatever is shown of them: who the computer is, a session, a sound device.
import { randomBytes } from 'node:crypto';
import { MACHINE_ID } from '../container-files.ts';
import type { SandboxPart } from '../sandbox-part.ts';
import { askToEndFiles } from './ask-to-end.ts';
import { DEFAULTS_FILE } from './default-applications.ts';
import { sandboxEnvironment } from './environment.ts';
import { sessionFiles, sessionServices } from './session.ts';
import { soundFiles } from './sound-files.ts';
import { streamServerFiles } from './stream-server.ts';

/** @param readDefaults which programs open documents, as a text for mimeapps.list */
export function createDesktop(readDefaults: () => Promise<string>): SandboxPart {
  return {
    name: 'desktop',
    files: async (keep) => {
      // What programs want, and what lasts as long as the container does. Security: nothing of this computer's own, and another one for each
      // peer, so that programs cannot tell where they run or compare.
      const machineId = await keep(MACHINE_ID, () => randomBytes(16).toString('hex'));
      return [
        {
          name: 'machine-id',
          text: `${machineId}\n`,
          mode: 0o444,
          alsoAt: ['/etc/machine-id', '/var/lib/dbus/machine-id'],
        },
        { name: DEFAULTS_FILE, text: '' },
        ...soundFiles(),
        ...sessionFiles,
        ...askToEndFiles,
        ...streamServerFiles,
      ];
    },
    // Nobody has to wait for them before a sandbox starts. Without them documents open as they can.
    filesLater: async () => [{ name: DEFAULTS_FILE, text: await readDefaults() }],
    environment: sandboxEnvironment(),
    services: sessionServices,
  };
}
