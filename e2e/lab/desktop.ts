// What a person's desktop is to a program on a computer of the lab: an X server, a window manager and a session bus.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { folderOf, spawnOn } from '../../scripts/lab-hosts.ts';
import { connectToBus } from '../electron/bus.ts';

/** Large enough for a main window, a pop-up and a viewer. */
const SCREEN = '1600x1000x24';

export interface XWindow {
  readonly isVisible: boolean;
  readonly isFocused: boolean;
}

export class Desktop implements AsyncDisposable {
  readonly host: string;
  readonly display: string;
  readonly busAddress: string;
  readonly #stack: AsyncDisposableStack;

  private constructor(host: string, display: string, busAddress: string, stack: AsyncDisposableStack) {
    this.host = host;
    this.display = display;
    this.busAddress = busAddress;
    this.#stack = stack;
  }

  static async start(host: string): Promise<Desktop> {
    await using stack = new AsyncDisposableStack();
    const [number] = await startServer(stack, host, [
      'Xvfb',
      ...['-displayfd', '3', '-screen', '0', SCREEN, '-nolisten', 'tcp', '-noreset'],
    ]);
    const display = `:${number}`;
    const folder = mkdtempSync(join(folderOf(host, 'tmp'), 'bus-'));
    stack.defer(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, 'bus.conf'), busConfig(join(folder, 'bus')));
    const [busAddress = ''] = await startServer(stack, host, [
      'dbus-daemon',
      ...[`--config-file=${join(folder, 'bus.conf')}`, '--nofork', '--nopidfile', '--print-address=3'],
    ]);
    const manager = spawnOn(host, ['openbox', '--sm-disable'], {
      env: { ...process.env, DISPLAY: display },
      stdio: 'ignore',
    });
    stack.defer(() => void manager.kill('SIGKILL'));
    await startKeyring(stack, host, busAddress, folder);
    await hasManager(host, display);
    return new Desktop(host, display, busAddress, stack.move());
  }

  /** What a program needs to be on it. */
  get env(): Readonly<Record<string, string>> {
    // The name of the desktop tells Chromium which key store to ask.
    return { DISPLAY: this.display, DBUS_SESSION_BUS_ADDRESS: this.busAddress, XDG_CURRENT_DESKTOP: 'GNOME' };
  }

  /** Runs a program there. @returns what it printed; undefined when it failed. */
  async run(argv: readonly string[]): Promise<string | undefined> {
    const child = spawnOn(this.host, argv, {
      env: { ...process.env, ...this.env },
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

  /** The id of the window with exactly this name, shown or not. */
  async find(name: string): Promise<string | undefined> {
    const out = await this.run(['xdotool', 'search', '--all', '--name', `^${name}$`]);
    return out?.trim().split('\n').at(-1);
  }

  async look(id: string): Promise<XWindow> {
    const [info, active] = await Promise.all([
      this.run(['xwininfo', '-id', id]),
      this.run(['xdotool', 'getactivewindow']),
    ]);
    return { isVisible: /Map State: IsViewable/.test(info ?? ''), isFocused: active?.trim() === id };
  }

  async isVisible(id: string): Promise<boolean> {
    return /Map State: IsViewable/.test((await this.run(['xwininfo', '-id', id])) ?? '');
  }

  /** As the cross in its frame does. */
  async close(id: string): Promise<void> {
    await this.run(['wmctrl', '-i', '-c', `0x${Number(id).toString(16)}`]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

/** One for each computer, kept while the worker lives. */
export class Desktops implements AsyncDisposable {
  readonly #desktops = new Map<string, Promise<Desktop>>();

  on(host: string): Promise<Desktop> {
    const desktop = this.#desktops.get(host) ?? Desktop.start(host);
    this.#desktops.set(host, desktop);
    return desktop;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const desktop of this.#desktops.values()) await (await desktop)[Symbol.asyncDispose]();
  }
}

/** Starts a server that says on its fd 3 that it is there. @returns what it said, line by line */
async function startServer(stack: AsyncDisposableStack, host: string, argv: readonly string[]): Promise<string[]> {
  const server = spawnOn(host, argv, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const ended = once(server, 'exit');
  stack.defer(async () => {
    // In good order, so that its lock file goes too.
    server.kill('SIGTERM');
    await ended;
  });
  const said = await Promise.race([once(server.stdio[3] as Readable, 'data'), ended.then(() => undefined)]);
  if (said === undefined) throw new Error(`${argv[0]} did not start on ${host}`);
  return String(said[0]).trim().split('\n');
}

async function hasManager(host: string, display: string): Promise<void> {
  const isThere = async () => {
    const child = spawnOn(host, ['xprop', '-root', '_NET_SUPPORTING_WM_CHECK'], {
      env: { ...process.env, DISPLAY: display },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let out = '';
    child.stdout?.on('data', (chunk) => {
      out += chunk;
    });
    await once(child, 'close');
    return /window id/.test(out);
  };
  for (let tries = 0; tries < 200; tries += 1) {
    if (await isThere()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`no window manager came up on ${host}`);
}

/** A keyring that its person opened at login, with a password of its own each time. */
async function startKeyring(
  stack: AsyncDisposableStack,
  host: string,
  busAddress: string,
  folder: string,
): Promise<void> {
  const keyring = spawnOn(host, ['gnome-keyring-daemon', '--foreground', '--unlock', '--components=secrets'], {
    env: {
      ...process.env,
      DBUS_SESSION_BUS_ADDRESS: busAddress,
      XDG_DATA_HOME: folder,
      XDG_RUNTIME_DIR: folder,
    },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  stack.defer(() => void keyring.kill('SIGTERM'));
  keyring.stdin?.end(randomUUID());
  await using bus = await connectToBus(busAddress);
  for (let tries = 0; tries < 250; tries += 1) {
    if (await bus.hasOwner('org.freedesktop.secrets')) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`no keyring came up on ${host}`);
}

/**
 * A session bus on which nothing starts by itself: who is on it is what the test put there. A test is another user to it, for which it
 * knows no proof, hence the anonymous ones.
 */
function busConfig(path: string): string {
  return `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=${path}</listen>
  <auth>EXTERNAL</auth>
  <auth>ANONYMOUS</auth>
  <allow_anonymous/>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`;
}
