// The default engine: bubblewrap, which makes a sandbox out of the host's own programs in milliseconds and needs no root.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { AppError } from '../../../../contract/errors.ts';
import { findProgram } from '../../../lib/find-program.ts';
import type { Log } from '../../../lib/log.ts';
import type { Engine, Sandbox, SandboxSpec } from '../../engine.ts';
import type { Owner } from '../../owner.ts';
import { bubblewrapArguments, describeMounts } from './bubblewrap-arguments.ts';
import { BubblewrapSandbox } from './bubblewrap-sandbox.ts';
import { checkHost } from './health.ts';
import { inOwnNetwork, OWN_MOUNTS } from './network.ts';
import { endLeftovers } from './processes.ts';
import { SandboxFiles } from './sandbox-files.ts';
import { isKnownArchitecture, systemCallFilter } from './seccomp.ts';

export interface BubblewrapOptions {
  /** For sockets and the small files of each sandbox; short, private, on a tmpfs where there is one. */
  readonly runtimeDir: string;
  readonly log: Log;
  /** Root runs its sandboxes as this user; null for everybody else, who runs them as themselves. */
  readonly owner: Owner | null;
}

/** Makes the engine. Does no I/O until asked. */
export function createBubblewrap(options: BubblewrapOptions): Engine {
  return {
    name: 'bubblewrap',
    abilities: new Set(['network:internet', 'own-sandbox']),
    check: () => checkHost(options.owner),
    describeMounts,
    endLeftovers: () => endLeftovers(join(options.runtimeDir, 's'), options.log),
    startSandbox: (spec, signal) => startSandbox(options, spec, signal),
  };
}

async function startSandbox(options: BubblewrapOptions, spec: SandboxSpec, signal?: AbortSignal): Promise<Sandbox> {
  // Security: without the filter nothing runs.
  if (!isKnownArchitecture(process.arch))
    throw new AppError('container-failed', { why: `there is no system call filter for ${process.arch}` });
  const { owner, log } = options;
  const name = randomBytes(4).toString('hex');
  const writablePath = join(dirname(spec.homePath), `sandbox-${name}`);
  const files = new SandboxFiles(join(options.runtimeDir, 's', name), writablePath, spec, owner);
  await files.write();
  const bwrap = (await findProgram('bwrap')) ?? 'bwrap';
  const [program, ...argv] = commandOf(bwrap, bubblewrapArguments(spec, files), spec);
  const child = spawn(program, argv, {
    argv0: program === bwrap ? 'bwrap' : program,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    // Security: in the sandbox, /proc/1/environ is what bwrap was started with; the owner's PATH names the owner.
    env: {},
    ...(owner ?? {}),
  });
  const filter = systemCallFilter(process.arch, spec.allowsOwnSandbox ? 'own-sandbox' : 'strict');
  // bwrap reads all of it before it does anything else.
  (child.stdio[4] as Writable | null)?.on('error', () => {}).end(filter);
  const sandbox = new BubblewrapSandbox(child, files, owner, log);
  try {
    await sandbox.started(spec.services, signal);
    await sandbox.checkMounts(spec.mounts);
    return sandbox;
  } catch (error) {
    await sandbox.stop();
    throw error;
  }
}

/** What is started: bwrap, and before it what gives it namespaces that it does not make itself. */
function commandOf(bwrap: string, words: readonly string[], spec: SandboxSpec): readonly [string, ...string[]] {
  if (spec.canHaveNetwork) return inOwnNetwork(bwrap, words);
  return spec.mounts.length > 0 ? ['unshare', ...OWN_MOUNTS, '--', bwrap, ...words] : [bwrap, ...words];
}
