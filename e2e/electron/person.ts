// Who runs Electron in a test: an ordinary user always, so that Chromium's own sandbox is on and what is tested is what people have.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';

export interface Person {
  /** Starts a program as this user. The child is the program itself, so signals reach it. */
  spawn(argv: readonly string[], options: SpawnOptions): ChildProcess;
  /** A folder of theirs for temporary files; below it lie sockets, so that its path must be short. */
  readonly folder: string;
  /** Leads from here to a port of their loopback. @returns the port to connect to here */
  reach(port: number, stack: AsyncDisposableStack): Promise<number>;
}

/** Root is user 1000 of a namespace for this, because Chromium refuses to start as root with its sandbox on. */
export function ordinaryPerson(folder: string): Person {
  const prefix = process.getuid?.() === 0 ? ['unshare', '--user', '--map-user=1000', '--map-group=1000'] : [];
  return {
    spawn: (argv, options) => {
      const [command = '', ...args] = [...prefix, ...argv];
      return spawn(command, args, options);
    },
    folder,
    reach: async (port) => port,
  };
}
