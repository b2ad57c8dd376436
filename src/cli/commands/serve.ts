// `ebp serve`, `open` and `stop`: the life of the browser shell.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { say } from '../../messages/messages.ts';
import { readBrowserFile } from '../connection.ts';
import type { Run } from '../context.ts';
import { type ExitCode, exitCodes, UsageError } from '../exit-codes.ts';

const STOP_TIMEOUT_MS = 10_000;
const MAX_PORT = 65_535;
/** The shell is a program of its own: the CLI knows where it lies and nothing of what is in it. */
const shellPath = fileURLToPath(new URL('../../headless/main.ts', import.meta.url));
const openerPath = fileURLToPath(new URL('../../headless/open.ts', import.meta.url));

export function registerServe(program: Command, run: Run): void {
  program
    .command('serve')
    .description(say('cli.command.serve'))
    .option('--port <port>', say('cli.flag.port'), parsePort)
    .option('--no-open', say('cli.flag.noOpen'))
    .option('--name <name>', say('cli.flag.name'))
    .option('--share-all', say('cli.flag.shareAll'))
    .action((flags: { port?: number; open: boolean; name?: string; shareAll?: boolean }) =>
      run(async ({ profileDir, signal }) => {
        const args = [shellPath, '--profile', profileDir];
        if (flags.port !== undefined) args.push('--port', String(flags.port));
        if (!flags.open) args.push('--no-open');
        if (flags.name !== undefined) args.push('--name', flags.name);
        if (flags.shareAll) args.push('--share-all');
        return shellExitCode(await spawnShell(args, signal));
      }),
    );

  program
    .command('open')
    .description(say('cli.command.open'))
    .option('--no-open', say('cli.flag.noOpen'))
    .action((flags: { open: boolean }) =>
      run(async ({ output, profileDir, connect }) => {
        const client = await connect();
        client.close();
        const file = await readBrowserFile(profileDir);
        if (file === null) {
          output.complain(say('cli.fail.noPage'));
          return exitCodes.failed;
        }
        output.say(say('cli.done.open', { url: file.url }));
        output.json({ url: file.url });
        if (flags.open) {
          spawn(process.execPath, [openerPath, profileDir], { stdio: 'ignore', detached: true }).unref();
        }
        return exitCodes.done;
      }),
    );

  program
    .command('stop')
    .description(say('cli.command.stop'))
    .action(() =>
      run(async ({ output, connect }) => {
        const client = await connect();
        const closed = new Promise<void>((resolve) => client.onClose(resolve));
        // The answer may be overtaken by the end of the connection.
        await Promise.race([client.call('core.stop', {}), closed]).catch(() => {});
        const isClosed = await Promise.race([
          closed.then(() => true),
          new Promise<boolean>((resolve) => setTimeout(resolve, STOP_TIMEOUT_MS, false).unref()),
        ]);
        if (!isClosed) return exitCodes.failed;
        output.say(say('cli.done.stopped'));
        output.json({ isStopped: true });
        return exitCodes.done;
      }),
    );
}

/** The shell's own 2 says the same as ours: the command line is wrong. */
function shellExitCode(code: number): ExitCode {
  if (code === 0) return exitCodes.done;
  return code === exitCodes.usage ? exitCodes.usage : exitCodes.failed;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > MAX_PORT) {
    throw new UsageError(`--port: ${say('cli.fail.badNumber', { min: 0, max: MAX_PORT })}`);
  }
  return port;
}

/** Runs the shell in the foreground until it ends; Ctrl+C and SIGTERM are passed on. Resolves with its exit code. */
function spawnShell(args: readonly string[], signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: 'inherit' });
    const onAbort = () => child.kill('SIGTERM');
    signal.addEventListener('abort', onAbort, { once: true });
    child.on('error', reject);
    child.on('exit', (code) => {
      signal.removeEventListener('abort', onAbort);
      resolve(code ?? 1);
    });
  });
}
