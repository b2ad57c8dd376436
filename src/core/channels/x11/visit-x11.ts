// The visitor's end of `ssh`: the program's windows on this computer's own X display, as long as ssh runs.
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../../contract/errors.ts';
import type { Identity } from '../../identity/identity.ts';
import type { VisitedSession, VisitorEnd } from '../channel.ts';
import { type NativeWindow, startNativeWindow } from './openssh.ts';

/** How long to wait for the host to say how the program ended. After that ssh's own end counts. */
const HOSTS_WORD_MS = 800;
/** The exit code of ssh(1) for its own errors. */
const SSH_FAILED = 255;

export function visitX11(
  session: VisitedSession,
  { identity, runtimeDir }: { readonly identity: Identity; readonly runtimeDir: string },
): VisitorEnd {
  let native: NativeWindow | undefined;

  async function show(): Promise<void> {
    const { granted, log } = session;
    if (granted.containerHostKey === null) throw new AppError('container-failed', { why: 'it has no sshd' });
    const { containerHostKey } = granted;
    const openStream = () => session.openStream('ssh');
    const started = await startNativeWindow({ identity, containerHostKey, runtimeDir, log, openStream });
    if (session.isOver) {
      await started[Symbol.asyncDispose]();
      return;
    }
    native = started;
    session.show({ state: 'running' });
    const { exitCode, why } = await started.ended;
    await sleep(HOSTS_WORD_MS);
    if (session.isOver) return;
    if (exitCode !== 0) log.warn({ exitCode, why }, 'a native window ended with an error');
    // Security: the output of ssh may come from the program there, so it goes to the log and is never shown as this computer's words.
    if (exitCode === SSH_FAILED) session.end('failed', exitCode, { code: 'display-failed', params: {} });
    else session.end('program', exitCode);
  }

  show().catch(session.fail);
  return { [Symbol.asyncDispose]: async () => native?.[Symbol.asyncDispose]() };
}
