// The life of the browser shell: flags, core, server, browser window, and the end of all of them.
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Client, createClient } from '../contract/client.ts';
import { AppError } from '../contract/errors.ts';
import { createPortPair } from '../contract/port.ts';
import { browserFileName, browserFileSchema, defaultProfileDir, homeOf } from '../contract/profile.ts';
import type { Core, CoreOptions } from '../core/core.ts';
import type { Log } from '../core/lib/log.ts';
import { AlreadyRunningError } from '../core/local-socket/local-socket.ts';
import { say, sayProblem } from '../messages/messages.ts';
import { type Flags, parseFlags } from './flags.ts';
import { openBrowser } from './open-browser.ts';
import { readPageFiles } from './page-files.ts';
import { startBrowserServer } from './server.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const STOP_TIMEOUT_MS = 5000;

export interface Shell {
  readonly args: readonly string[];
  /** The built page. */
  readonly pageDir: string;
  readonly version: string;
  readonly createCore: (options: CoreOptions) => Promise<Core>;
}

/** Warnings of the server on standard error, one line each; the core keeps a log of its own. */
const consoleLog: Log = {
  error: (fields, message) => console.error(`${message} ${JSON.stringify(fields)}`),
  warn: (fields, message) => console.error(`${message} ${JSON.stringify(fields)}`),
  info: () => {},
  debug: () => {},
};

/** Runs until a signal or `core.stop` ends it. Resolves with the exit code. */
export async function runShell({ args, pageDir, version, createCore }: Shell): Promise<number> {
  const isRoot = process.getuid?.() === 0;
  let flags: Flags;
  try {
    flags = parseFlags(args);
  } catch (error) {
    console.error(say('cli.serve.badFlag', { why: error instanceof Error ? error.message : '' }));
    return EXIT_USAGE;
  }
  const { env, platform } = process;
  let profileDir: string;
  try {
    profileDir = resolve(flags.profileDir ?? defaultProfileDir({ env, platform, home: homeOf(env, homedir), isRoot }));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    console.error(sayProblem(error.problem));
    return EXIT_FAILED;
  }
  const files = await readPageFiles(pageDir);
  if (files === null) {
    console.error(say('cli.serve.noPage'));
    return EXIT_FAILED;
  }
  if (isRoot) console.error(say('cli.serve.root'));

  await using stack = new AsyncDisposableStack();
  const stop = Promise.withResolvers<void>();
  let hardExit: NodeJS.Timeout | undefined;
  // Registered first, so that the time limit covers the disposal of everything else.
  stack.defer(() => clearTimeout(hardExit));
  const end = () => {
    hardExit ??= setTimeout(() => process.exit(EXIT_FAILED), STOP_TIMEOUT_MS);
    stop.resolve();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);

  let core: Core;
  try {
    core = stack.use(await createCore({ profileDir, shell: 'browser', version, secrets: null }));
  } catch (error) {
    if (error instanceof AppError) {
      console.error(sayProblem(error.problem));
      return EXIT_FAILED;
    }
    if (!(error instanceof AlreadyRunningError)) throw error;
    const url = await readBrowserUrl(profileDir);
    console.error(say(url === null ? 'cli.serve.alreadyRunning' : 'cli.serve.alreadyRunningAt', { profileDir, url }));
    return EXIT_FAILED;
  }
  const damage = await greetCore(core, flags);
  if (damage !== null) console.error(damage);
  const server = stack.use(await startBrowserServer({ core, profileDir, files, port: flags.port, log: consoleLog }));
  if (server.refusedPort !== null) {
    const { port: wanted, why } = server.refusedPort;
    console.error(say(`cli.serve.port.${why}`, { wanted: String(wanted), port: String(server.port) }));
  }
  console.log(say('cli.serve.ready', { url: server.url }));
  console.log(say('cli.serve.hint'));
  if (flags.isOpened) openBrowser(server.url, isRoot);

  void core.stopRequested.then(() => {
    console.log(say('cli.done.stopped'));
    end();
  });
  await stop.promise;
  return 0;
}

/** Applies the flags of the first run. Resolves with a sentence about a damaged settings file, or null. */
async function greetCore(core: Core, flags: Flags): Promise<string | null> {
  const [own, served] = createPortPair();
  const client = createClient(own);
  core.attach(served);
  await client.ready;
  await applyFirstRun(client, flags);
  const damage = client.read('health')?.find((item) => item.id === 'settings' && item.level !== 'ok');
  client.close();
  return damage === undefined ? null : toOneLine(say(`health.settings.${damage.level}`, damage.params));
}

/** The reason and the path come from the disk: nothing in them may move the cursor. */
function toOneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
}

/** `--name` and `--share-all` answer the first-run page; later they change nothing that the person chose. */
async function applyFirstRun(client: Client, flags: Flags): Promise<void> {
  if (flags.name === null && !flags.isAllShared) return;
  if (client.read('settings')?.isSetUp === false) {
    await client.call('settings.update', {
      isSetUp: true,
      ...(flags.name === null ? {} : { name: flags.name }),
      ...(flags.isAllShared ? { isSharedByDefault: true } : {}),
    });
  }
}

async function readBrowserUrl(profileDir: string): Promise<string | null> {
  try {
    return browserFileSchema.parse(JSON.parse(await readFile(join(profileDir, browserFileName), 'utf8'))).url;
  } catch {
    return null;
  }
}
