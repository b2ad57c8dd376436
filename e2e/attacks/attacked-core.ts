// A whole core under attack: how long its own person and another peer wait for an answer, and how much memory it takes.
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { endChild, firstMatch, root } from '../../bench/computers.ts';
import { type AttackedEnd, cpuMs, questioner, residentMiB } from './peer-ends.ts';
import {
  type AttackedHost,
  type AttackedHostOptions,
  type KeyInFile,
  makeVisitor,
  startAttackedHost,
} from './ssh-host.ts';

export interface AttackedCore extends AttackedEnd {
  readonly host: AttackedHost;
  /** A stranger, who was let in once: she has a session, too. */
  readonly mallory: KeyInFile;
  readonly sessionOfMallory: string;
  /** The longest of both, its person's and the other peer's. @throws when one of them is served no more */
  worstMs(): Promise<number>;
  /** What the other peer is told of her session's end, as JSON. */
  readonly toldAlice: Promise<string>;
}

export async function startAttackedCore(options: AttackedHostOptions = {}): Promise<AttackedCore> {
  await using stack = new AsyncDisposableStack();
  const tellKept = pathToFileURL(join(root, 'e2e/attacks/tell-kept.ts')).href;
  const host = stack.use(await startAttackedHost({ ...options, execArgv: ['--expose-gc', '--import', tellKept] }));
  const mallory = await makeVisitor(host, 'mallory');
  const script = join(root, 'e2e/attacks/bystander.ts');
  const bystander = host.spawnBeside([process.execPath, script, host.profileDir, String(host.pid), host.folder]);
  stack.defer(() => endChild(bystander));
  const sessionOfMallory = (await firstMatch(bystander, /^ready \S+$/)).split(' ')[1] as string;
  const toldAlice = new Promise<string>((resolve) => {
    createInterface({ input: bystander.stdout as never }).on('line', (line) => {
      if (line.startsWith('told alice ')) resolve(line.slice('told alice '.length));
    });
  });
  const askBystander = questioner(bystander);
  const askCore = questioner(host.core);
  const kept = stack.move();
  return {
    host,
    mallory,
    sessionOfMallory,
    toldAlice,
    worstMs: () => askBystander('worst', () => bystander.stdin?.write('worst\n')),
    keptMiB: () => askCore('kept', () => host.core.kill('SIGUSR2')),
    residentMiB: () => residentMiB(host.core),
    cpuMs: () => cpuMs(host.core),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
