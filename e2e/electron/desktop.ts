// What a person's desktop is to a program: an X server, a window manager, a session bus and a keyring, all of them real.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bus, connectToBus } from './bus.ts';
import type { Person } from './person.ts';

/** Large enough for a main window, a pop-up and a viewer. */
const SCREEN = '1600x1000x24';

export class Desktop implements AsyncDisposable {
  readonly person: Person;
  readonly display: string;
  /** This test's own connection to the session bus. */
  readonly bus: Bus;
  readonly #busAddress: string;
  readonly #stack: AsyncDisposableStack;

  private constructor(person: Person, display: string, busAddress: string, bus: Bus, stack: AsyncDisposableStack) {
    this.person = person;
    this.display = display;
    this.bus = bus;
    this.#busAddress = busAddress;
    this.#stack = stack;
  }

  static async start(person: Person): Promise<Desktop> {
    await using stack = new AsyncDisposableStack();
    const folder = mkdtempSync(join(person.folder, 'ebp-desktop-'));
    stack.defer(() => rmSync(folder, { recursive: true, force: true }));
    const [display, busAddress] = await Promise.all([startX(stack, person), startBus(stack, person, folder)]);
    const bus = stack.use(await connectToBus(busAddress));
    await Promise.all([
      startWindowManager(stack, person, display),
      startKeyring(stack, person, bus, busAddress, folder),
    ]);
    return new Desktop(person, display, busAddress, bus, stack.move());
  }

  /** What a program needs to be on it. */
  get env(): Readonly<Record<string, string>> {
    // The name of the desktop tells Chromium which key store to ask.
    return { DISPLAY: this.display, DBUS_SESSION_BUS_ADDRESS: this.#busAddress, XDG_CURRENT_DESKTOP: 'GNOME' };
  }

  /** Runs a program there. @returns what it printed; undefined when it failed. */
  run(argv: readonly string[]): Promise<string | undefined> {
    return runAs(this.person, argv, this.env);
  }

  /**
   * Answers the dialog that asks where to save something, and waits until it is there.
   * @returns the name that was proposed
   */
  async saveAs(path: string): Promise<string> {
    // Its title is the address of what is saved.
    await until('a dialog for saving', async () =>
      /app:\/\//.test((await this.run(['xdotool', 'getactivewindow', 'getwindowname'])) ?? ''),
    );
    await this.run(['xdotool', 'key', '--clearmodifiers', 'ctrl+a', 'ctrl+c']);
    const name = (await this.run(['xclip', '-selection', 'clipboard', '-o'])) ?? '';
    await this.run(['xdotool', 'type', '--delay', '15', path]);
    await this.run(['xdotool', 'key', 'Return']);
    await until('what was saved', async () => existsSync(path));
    return name;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

async function runAs(
  person: Person,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const child = person.spawn(argv, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 10_000,
    killSignal: 'SIGKILL',
  });
  let out = '';
  child.stdout?.on('data', (chunk) => {
    out += chunk;
  });
  const [code] = await once(child, 'close');
  return code === 0 ? out : undefined;
}

async function startX(stack: AsyncDisposableStack, person: Person): Promise<string> {
  const options = ['-displayfd', '3', '-screen', '0', SCREEN, '-nolisten', 'tcp', '-noreset'];
  return `:${await startServer(stack, person, ['Xvfb', ...options])}`;
}

async function startWindowManager(stack: AsyncDisposableStack, person: Person, display: string): Promise<void> {
  const manager = person.spawn(['openbox', '--sm-disable'], {
    env: { ...process.env, DISPLAY: display },
    stdio: 'ignore',
  });
  stack.defer(() => void manager.kill('SIGKILL'));
  await until('a window manager', async () =>
    /window id/.test((await runAs(person, ['xprop', '-root', '_NET_SUPPORTING_WM_CHECK'], { DISPLAY: display })) ?? ''),
  );
}

/**
 * A session bus on which nothing starts by itself: who is on it is what the test put there. The test is another user than the
 * computer's person and has no proof of being one, hence the anonymous ones.
 */
function startBus(stack: AsyncDisposableStack, person: Person, folder: string): Promise<string> {
  const config = join(folder, 'bus.conf');
  const dtd =
    '"-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd"';
  writeFileSync(
    config,
    `<!DOCTYPE busconfig PUBLIC ${dtd}>
<busconfig>
  <type>session</type>
  <listen>unix:path=${join(folder, 'bus')}</listen>
  <auth>EXTERNAL</auth>
  <auth>ANONYMOUS</auth>
  <allow_anonymous/>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`,
  );
  const options = [`--config-file=${config}`, '--nofork', '--nopidfile', '--print-address=3'];
  return startServer(stack, person, ['dbus-daemon', ...options]);
}

/** A keyring that its person opened at login, with a password of its own each time. */
async function startKeyring(
  stack: AsyncDisposableStack,
  person: Person,
  bus: Bus,
  busAddress: string,
  folder: string,
): Promise<void> {
  const keyring = person.spawn(['gnome-keyring-daemon', '--foreground', '--unlock', '--components=secrets'], {
    env: { ...process.env, DBUS_SESSION_BUS_ADDRESS: busAddress, XDG_DATA_HOME: folder, XDG_RUNTIME_DIR: folder },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  stack.defer(() => void keyring.kill('SIGTERM'));
  keyring.stdin?.end(randomUUID());
  await until('a keyring', () => bus.hasOwner('org.freedesktop.secrets'));
}

/** Starts a server that says on its fd 3 that it is there. @returns what it said */
async function startServer(stack: AsyncDisposableStack, person: Person, argv: readonly string[]): Promise<string> {
  const server = person.spawn(argv, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const ended = once(server, 'exit');
  stack.defer(async () => {
    // In good order, so that its lock file goes too.
    server.kill('SIGTERM');
    await ended;
  });
  const said = await Promise.race([once(server.stdio[3] as Readable, 'data'), ended.then(() => undefined)]);
  if (said === undefined) throw new Error(`${argv[0]} did not start`);
  return String(said[0]).trim();
}

async function until(what: string, isThere: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 15_000;
  while (performance.now() < end) {
    if (await isThere()) return;
    await sleep(20);
  }
  throw new Error(`${what} did not come up`);
}
