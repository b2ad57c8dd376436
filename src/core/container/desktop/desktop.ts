// What every container brings along into its sandboxes, whatever is shown of them: who the computer is, a session, a sound device.
import { createHash, randomBytes } from 'node:crypto';
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
      const seed = await keep('machine-seed', () => randomBytes(16).toString('hex'));
      return [
        {
          name: 'machine-id',
          text: `${machineId(seed)}\n`,
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

/**
 * The container's own machine-id(5), which programs want and which lasts as long as the container does.
 * Security: nothing of this computer's own, and another one for each peer, so that programs cannot tell where they run or compare.
 */
function machineId(seed: string): string {
  return createHash('sha256').update(`machine-id of ${seed}`).digest('hex').slice(0, 32);
}
