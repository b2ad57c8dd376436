// The visitor's end of `ssh-port`: the line to type, and the files that it names, as long as the session lasts.
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../../contract/errors.ts';
import { nameInId } from '../../../contract/kinds.ts';
import type { Identity, LentKey } from '../../identity/identity.ts';
import { orDiskFull } from '../../lib/disk-full.ts';
import type { VisitedSession, VisitorEnd } from '../channel.ts';
import { sshCommand } from './ssh-command.ts';

export function visitSshPort(
  session: VisitedSession,
  { identity, runtimeDir }: { readonly identity: Identity; readonly runtimeDir: string },
): VisitorEnd {
  const { granted, address: host, log } = session;
  const knownHostsPath = join(runtimeDir, `known_hosts_${session.model.id.slice(0, 8)}`);
  let lentKey: LentKey | undefined;

  async function describe(): Promise<void> {
    const { classicPort: port, containerHostKey } = granted;
    if (port === null || containerHostKey === null) throw new AppError('container-failed', { why: 'it has no port' });
    await writeFile(knownHostsPath, `[${host}]:${port} ${containerHostKey}\n`, { mode: 0o600 }).catch((error) => {
      throw orDiskFull(error, knownHostsPath);
    });
    lentKey = await identity.lendKey();
    if (session.isOver) {
      await giveBack();
      return;
    }
    const program = nameInId(session.model.offer.id);
    const command = sshCommand({ host, port, privateKeyPath: lentKey.path, knownHostsPath, program });
    session.show({ sshCommand: { port, command } });
  }

  async function giveBack(): Promise<void> {
    await rm(knownHostsPath, { force: true }).catch(() => {});
    await lentKey?.[Symbol.asyncDispose]().catch((error: unknown) =>
      log.error({ error: String(error) }, 'a lent key was not removed'),
    );
  }

  describe().catch(session.fail);
  return { [Symbol.asyncDispose]: giveBack };
}
