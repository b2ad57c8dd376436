// The eBrainPool of version 0.1 on a computer of the lab: its own code out of git, with the node_modules of today.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { endChild, firstMatch, root, until } from '../../bench/computers.ts';
import { connectOn, folderOf, spawnOn } from '../../lab/hosts.ts';
import { createLinePort } from '../../src/contract/line-port.ts';
import { coreFileName, maxLocalLineBytes } from '../../src/contract/profile.ts';
import { createRpc } from '../../src/contract/rpc.ts';
import type { Chromiums } from './browser-shell.ts';

/** The last one of version 0.1, before views were a table and stored files had versions. */
const COMMIT = '6f59e406f5446372a26f2b369ba051269795fa83';
/** Where this one is, the history is whole: a copy of the files alone may be a repository, too. */
const FIRST_COMMIT = '161bc5442c9ef28975f29c971bc75373017cc6bc';

/** Why its code is not there; null where it is. @throws where it must be there: in CI, with the whole history */
export function whyNoFirstVersion(): string | null {
  if (git(['cat-file', '-e', `${COMMIT}^{commit}`]) !== null) return null;
  const isShallow = git(['rev-parse', '--is-shallow-repository']);
  const why = `version 0.1 (commit ${COMMIT.slice(0, 7)}) is not in this ${isShallow === null ? 'folder: it is no git repository' : isShallow === 'true' ? 'shallow clone' : 'repository'}`;
  const isWhole = isShallow === 'false' && git(['cat-file', '-e', `${FIRST_COMMIT}^{commit}`]) !== null;
  if (process.env['CI'] === 'true' && isWhole) throw new Error(`${why}, and its history is whole`);
  return why;
}

/** Null where git fails. */
function git(args: readonly string[]): string | null {
  try {
    // The lab's user is not the owner of the folder.
    const whole = ['-c', 'safe.directory=*', ...args];
    return execFileSync('git', whole, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null;
  }
}

/** Its code in a folder of its own. */
function unpack(): Disposable & { readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'ebp-first-version-'));
  chmodSync(folder, 0o755);
  execFileSync('sh', ['-c', `git -c safe.directory=* archive ${COMMIT} | tar -x -C "$1"`, 'sh', folder], { cwd: root });
  for (const name of ['node_modules', 'out']) symlinkSync(join(root, name), join(folder, name));
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

export interface FirstVersion extends AsyncDisposable {
  readonly homes: string;
  /** Calls its contract, whose words differ from today's. */
  call(method: string, params: object): Promise<unknown>;
  /** The last state of a topic. */
  // biome-ignore lint/suspicious/noExplicitAny: the types of then are not here
  read(topic: string): any;
  /** Whether bytes of RFB come from a viewer session, as its page would get them. */
  seesDisplay(sessionId: string): Promise<boolean>;
}

/** Starts it with these applications (the Exec line of each), all of them shared. */
export async function startFirstVersion(
  host: string,
  chromiums: Chromiums,
  apps: Readonly<Record<string, string>>,
): Promise<FirstVersion> {
  await using stack = new AsyncDisposableStack();
  const { folder } = stack.use(unpack());
  const home = join(folderOf(host, 'home'), randomBytes(4).toString('hex'));
  const profileDir = join(home, 'profile');
  stack.defer(() => rmSync(home, { recursive: true, force: true, maxRetries: 3 }));
  mkdirSync(join(home, 'data', 'applications'), { recursive: true });
  for (const [id, command] of Object.entries(apps))
    writeFileSync(
      join(home, 'data', 'applications', `${id}.desktop`),
      `[Desktop Entry]\nType=Application\nName=${id}\nExec=${command}\nCategories=Utility;\n`,
    );
  const node = join(root, 'node_modules', '.bin', 'node');
  const name = host.charAt(0).toUpperCase() + host.slice(1);
  const child = spawnOn(
    host,
    [node, 'src/headless/main.ts', '--profile', profileDir, '--no-open', '--port', '0', '--name', name, '--share-all'],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, XDG_DATA_HOME: join(home, 'data'), XDG_DATA_DIRS: join(home, 'none') },
    },
  );
  stack.defer(() => endChild(child));
  const url = await firstMatch(child, /http:\/\/127\.0\.0\.1:\d+\/\S*/);

  const { socketPath } = JSON.parse(execFileSync('cat', [join(profileDir, coreFileName)], { encoding: 'utf8' }));
  const topics = new Map<string, unknown>();
  const rpc = createRpc(createLinePort(connectOn(host, socketPath), { maxLineBytes: maxLocalLineBytes }), {
    onNotification: (topic, value) => void topics.set(topic, value),
  });
  stack.defer(() => rpc.close());
  await until(() => topics.has('self'), 'the state of version 0.1');

  const context = await (await chromiums.on(host)).newContext();
  stack.defer(() => context.close());
  const page = await context.newPage();
  await page.goto(url);

  const kept = stack.move();
  return {
    homes: join(profileDir, 'containers'),
    call: (method, params) => rpc.call(method, params, AbortSignal.timeout(20_000)),
    read: (topic) => topics.get(topic),
    seesDisplay: (sessionId) => seesDisplay(page, sessionId),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** The part of a page's world that is used here: this is not a world with a DOM. */
interface World {
  readonly location: { readonly host: string };
  readonly WebSocket: new (
    url: string,
  ) => {
    binaryType: string;
    onmessage: (event: { readonly data: ArrayBuffer }) => void;
    onclose: () => void;
  };
}

function seesDisplay(page: Page, sessionId: string): Promise<boolean> {
  return page.evaluate((id) => {
    const { WebSocket, location } = globalThis as unknown as World;
    return new Promise<boolean>((resolve) => {
      // Kept open: a viewer that is closed ends its session.
      const socket = new WebSocket(`ws://${location.host}/display/${id}`);
      socket.binaryType = 'arraybuffer';
      socket.onmessage = ({ data }) => resolve(new TextDecoder().decode(data).startsWith('RFB 003.'));
      socket.onclose = () => resolve(false);
    });
  }, sessionId);
}
