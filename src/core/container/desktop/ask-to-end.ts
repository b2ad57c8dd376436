// Asks the programs of a sandbox to end. What saves then still has its display, its bus and its way out.
import type { Sandbox, SandboxFile } from '../engine.ts';
import { CONF } from '../inside.ts';
import { asService } from '../sandbox-part.ts';

const NAME = 'ask-to-end';

/** SIGTERM to all but what was brought along, which is known by its environment or, where it hides that, by its name. */
const script = `#!/bin/bash
for folder in /proc/[0-9]*; do
  IFS= read -r name <"$folder/comm" 2>/dev/null || continue
  [[ $name == @(bwrap|init|dbus-daemon|sshd*) ]] && continue
  grep -qz '^EBP_SERVICE=' "$folder/environ" 2>/dev/null || kill -TERM "\${folder#/proc/}" 2>/dev/null
done
`;

export const askToEndFiles: readonly SandboxFile[] = [{ name: NAME, text: script, mode: 0o755 }];

/** Does not wait until they have ended. @throws AppError `container-failed` where it has ended */
export async function askToEnd(sandbox: Pick<Sandbox, 'run'>): Promise<void> {
  await sandbox.run({ argv: asService(`${CONF}/${NAME}`), workingDirectory: null });
}
