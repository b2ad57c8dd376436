// Real sandboxes for tests, and what a program in one wrote.
import { chmod, chown, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../lib/log.ts';
import { createDefaultApplications, systemDefaultsSource } from './desktop/default-applications.ts';
import { createDesktop } from './desktop/desktop.ts';
import type { Engine, Program, Sandbox, SandboxSpec } from './engine.ts';
import { createBubblewrap } from './engines/bubblewrap/bubblewrap.ts';
import { gather, type Keep, type SandboxPart, wrapProgram } from './sandbox-part.ts';

/** Root's sandboxes run as another user. */
export const testOwner = process.getuid?.() === 0 ? { uid: 70_731, gid: 70_731 } : null;

/** Another spec than the usual one, and what is brought along besides the desktop. */
export type Change = Partial<SandboxSpec> & { readonly parts?: readonly SandboxPart[]; readonly keep?: Keep };

export interface TestSandboxes extends AsyncDisposable {
  readonly engine: Engine;
  readonly folder: string;
  /** What a sandbox is made of: in a new home, unless it is said otherwise. */
  spec(change?: Change): Promise<SandboxSpec>;
  /** Runs it as the main program of a sandbox with these parts, as a session does. */
  start(argv: readonly string[], change?: Change): Promise<Sandbox & { readonly homePath: string }>;
  /** What a shell script wrote as the main program. */
  runScript(script: string, change?: Change): Promise<string>;
}

/** What is brought along into a sandbox of a test. */
export async function specOf(homePath: string, { parts = [], keep, ...change }: Change = {}): Promise<SandboxSpec> {
  const all = [createDesktop(createDefaultApplications(systemDefaultsSource())), ...parts];
  const brought = await gather(all, keep ?? (async (_name, make) => make()));
  const later = (await Promise.all(all.map((part) => part.filesLater?.() ?? []))).flat();
  const names = new Set(later.map(({ name }) => name));
  return {
    ...{ homePath, mounts: [], canHaveNetwork: false, allowsOwnSandbox: false, limits: { threads: 2048 } },
    ...brought,
    files: [...brought.files.filter(({ name }) => !names.has(name)), ...later],
    ...change,
  };
}

export async function openTestSandboxes(): Promise<TestSandboxes> {
  const folder = await mkdtemp(join(tmpdir(), 'ebp-sandbox-'));
  if (testOwner !== null) await chmod(folder, 0o711);
  const engine = createBubblewrap({ runtimeDir: folder, log: silentLog, owner: testOwner });
  let homeCount = 0;

  async function spec(change?: Change): Promise<SandboxSpec> {
    homeCount += 1;
    const homePath = join(folder, `c${homeCount}`, 'home');
    await mkdir(homePath, { recursive: true, mode: 0o755 });
    if (testOwner !== null) await chown(homePath, testOwner.uid, testOwner.gid);
    return specOf(homePath, change);
  }

  async function start(argv: readonly string[], change: Change = {}) {
    const made = await spec(change);
    const sandbox = await engine.startSandbox(made);
    await sandbox.runMain(wrapProgram(change.parts ?? [], programOf(argv)));
    return Object.assign(sandbox, { homePath: made.homePath });
  }

  return {
    engine,
    folder,
    spec,
    start,
    runScript: async (script, change) => {
      await using sandbox = await start(['bash', '-c', `exec >/home/ebp/out 2>&1\n${script}`], change);
      await sandbox.ended;
      return await readFile(join(sandbox.homePath, 'out'), 'utf8');
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

export function programOf(argv: readonly string[]): Program {
  return { argv, workingDirectory: null };
}
