// Runs one command line of `ebp` and gives its exit code.
import { Command, CommanderError } from 'commander';
import type { Client } from '../contract/client.ts';
import { AppError, toProblem } from '../contract/errors.ts';
import { say, sayProblem } from '../messages/messages.ts';
import { registerActivity } from './commands/activity.ts';
import { registerLaunch } from './commands/launch.ts';
import { registerLogs } from './commands/logs.ts';
import { registerMounts } from './commands/mounts.ts';
import { registerPeers } from './commands/peers.ts';
import { registerPeople } from './commands/people.ts';
import { registerRequests } from './commands/requests.ts';
import { registerRules } from './commands/rules.ts';
import { registerServe } from './commands/serve.ts';
import { registerSessions } from './commands/sessions.ts';
import { registerSharing } from './commands/sharing.ts';
import { registerStatus } from './commands/status.ts';
import { registerVerify } from './commands/verify.ts';
import { connectToCore } from './connection.ts';
import type { Run } from './context.ts';
import { type ExitCode, exitCodes, ToldError, UsageError } from './exit-codes.ts';
import { createOutput, toSafeJson, toShowable, toShowableLines } from './output.ts';

export interface CliWorld {
  readonly version: string;
  /** The profile without `--profile`. @throws AppError `no-home` */
  readonly findProfileDir: () => string;
  readonly hasColours: boolean;
  readonly writeOut: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Asks the person at the terminal, and resolves with the line that they type; null when nobody is there. */
  readonly ask?: (question: string, signal: AbortSignal) => Promise<string | null>;
  /** Aborted by Ctrl+C. */
  readonly signal: AbortSignal;
}

/** Never throws for what a person can mend. */
export async function runCli(args: readonly string[], world: CliWorld): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.done;
  const clients: Client[] = [];
  const program = new Command('ebp')
    .description(say('cli.about'))
    .option('--json', say('cli.option.json'))
    .option('--profile <dir>', say('cli.option.profile'))
    .version(world.version, '-V, --version', say('cli.option.version'))
    .helpOption('-h, --help', say('cli.option.help'))
    .helpCommand(false)
    .addHelpText('after', `\n${say('cli.exitCodes')}`)
    .exitOverride()
    .configureOutput({ writeOut: world.writeOut, writeErr: (text) => world.writeError(toShowableLines(text)) });

  const run: Run = async (work) => {
    const { json, profile } = program.opts<{ json?: boolean; profile?: string }>();
    const profileDir = profile || world.findProfileDir();
    exitCode = await work({
      output: createOutput({ ...world, isJson: json === true }),
      profileDir,
      signal: world.signal,
      ask: async (question) => (json === true ? null : ((await world.ask?.(question, world.signal)) ?? null)),
      connect: async () => {
        const client = await connectToCore(profileDir);
        clients.push(client);
        return client;
      },
    });
  };
  registerServe(program, run);
  registerStatus(program, run);
  registerPeers(program, run);
  registerVerify(program, run);
  registerLaunch(program, run);
  registerRequests(program, run);
  registerRules(program, run);
  registerSessions(program, run);
  registerPeople(program, run);
  registerSharing(program, run);
  registerMounts(program, run);
  registerActivity(program, run);
  registerLogs(program, run);
  program.showHelpAfterError(say('cli.fail.seeHelp', { command: 'ebp' }));
  for (const command of program.commands) {
    command.showHelpAfterError(say('cli.fail.seeHelp', { command: `ebp ${command.name()}` }));
  }

  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    const isJson = program.opts<{ json?: boolean }>().json === true;
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    if (error instanceof UsageError) {
      world.writeError(toShowableLines(`${[error.message, ...error.details].join('\n')}\n`));
      return exitCodes.usage;
    }
    if (!(error instanceof AppError)) throw error;
    const problem = toProblem(error);
    const message = toShowable(error instanceof ToldError ? error.sentence : sayProblem(problem));
    world.writeError(`${isJson ? toSafeJson({ ...problem, message }) : message}\n`);
    if (error.code === 'core-not-running') return exitCodes.notRunning;
    return error.code === 'cancelled' ? exitCodes.cancelled : exitCodes.failed;
  } finally {
    for (const client of clients) client.close();
  }
}
