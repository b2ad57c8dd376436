// One computer of the lab with eBrainPool on it: what a person does there with the power button, the disk and a terminal.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { connectClient } from '../../bench/computers.ts';
import { addressOf, connectOn, folderOf, spawnOn } from '../../lab/hosts.ts';
import type { Client } from '../../src/contract/client.ts';
import { formatKeyText } from '../../src/contract/key-text.ts';
import type { Settings } from '../../src/contract/settings.ts';
import { MainPage } from '../pages/main-page.ts';
import { Popup } from '../pages/popup.ts';
import { type Chromiums, startBrowserShell } from './browser-shell.ts';
import { Camera } from './camera.ts';
import { type Desktops, startElectronShell } from './electron-shell.ts';
import { Screen } from './picture.ts';
import type { Output, RunningShell, ShellKind, Workplace } from './shell.ts';

const root = join(import.meta.dirname, '..', '..');

export interface ComputerOptions {
  /** The person's name; Alice for alice. */
  readonly name?: string;
  /** Desktop entries by id: the Exec line, or the whole text of the file. */
  readonly apps?: Readonly<Record<string, string>>;
  readonly settings?: Partial<Settings>;
  /** Whether the first-run page is still to be answered. */
  readonly isFirstRun?: boolean;
  /** Whether its person sits at an X display of their own. */
  readonly hasScreen?: boolean;
  /** Whether it has a camera. */
  readonly hasCamera?: boolean;
}

/** What the worker keeps between spec files. */
export interface Shared {
  readonly chromiums: Chromiums;
  readonly desktops: Desktops;
}

export class Computer implements Workplace, AsyncDisposable {
  readonly host: string;
  readonly name: string;
  readonly profileDir: string;
  /** What eBrainPool printed, for the report of a failed test. */
  readonly lines: string[] = [];
  readonly #kind: ShellKind;
  readonly #shared: Shared;
  readonly #folder: string;
  readonly #env: Record<string, string>;
  readonly #hasScreen: boolean;
  readonly #camera: Camera | undefined;
  #screen: Screen | undefined;
  #shell: RunningShell | undefined;
  #client: Client | undefined;

  constructor(host: string, kind: ShellKind, shared: Shared, options: ComputerOptions) {
    this.host = host;
    this.name = options.name ?? host.charAt(0).toUpperCase() + host.slice(1);
    this.#kind = kind;
    this.#shared = shared;
    this.#folder = join(folderOf(host, 'home'), randomBytes(4).toString('hex'));
    this.profileDir = join(this.#folder, 'profile');
    mkdirSync(join(this.#folder, 'data', 'applications'), { recursive: true });
    mkdirSync(this.profileDir, { recursive: true, mode: 0o700 });
    for (const [id, text] of Object.entries(options.apps ?? {})) this.addApp(id, text);
    const settings: Partial<Settings> = options.isFirstRun
      ? {}
      : { name: this.name, isSetUp: true, isSharedByDefault: true };
    writeFileSync(this.settingsPath, JSON.stringify({ ...settings, ...options.settings }));
    this.#env = {
      XDG_DATA_HOME: join(this.#folder, 'data'),
      // Only the entries of the spec: what is installed on the machine differs.
      XDG_DATA_DIRS: join(this.#folder, 'none'),
    };
    this.#hasScreen = options.hasScreen === true;
    if (options.hasCamera === true) this.#camera = new Camera(join(this.#folder, 'camera.y4m'));
  }

  get settingsPath(): string {
    return join(this.profileDir, 'settings.json');
  }

  get address(): string {
    return addressOf(this.host);
  }

  get shell(): RunningShell {
    if (this.#shell === undefined) throw new Error(`eBrainPool does not run on ${this.host}`);
    return this.#shell;
  }

  /** The X display of its person. */
  get screen(): Screen {
    if (this.#screen === undefined) throw new Error(`${this.host} was given no screen`);
    return this.#screen;
  }

  get camera(): Camera {
    if (this.#camera === undefined) throw new Error(`${this.host} was given no camera`);
    return this.#camera;
  }

  async start(): Promise<this> {
    if (this.#hasScreen && this.#screen === undefined) {
      this.#screen = await Screen.startXvfb(this);
      this.#env['DISPLAY'] = this.#screen.display;
    }
    const start = {
      host: this.host,
      profileDir: this.profileDir,
      env: this.#env,
      cameraPath: this.#camera?.path,
      onLine: (line: string) => this.lines.push(line),
    };
    this.#shell =
      this.#kind === 'browser'
        ? await startBrowserShell(start, this.#shared.chromiums)
        : await startElectronShell(start, this.#shared.desktops, this.#kind);
    await (await this.#shell.main())
      .getByRole('button', { name: 'Settings', exact: true })
      .or((await this.#shell.main()).getByRole('heading', { name: 'Welcome to eBrainPool' }))
      .waitFor();
    return this;
  }

  /** Ends eBrainPool as its person does. */
  async stop(): Promise<void> {
    this.#client?.close();
    this.#client = undefined;
    const shell = this.#shell;
    this.#shell = undefined;
    await shell?.[Symbol.asyncDispose]();
  }

  /** The end that asks nobody: SIGKILL to the process with the core. */
  async kill(): Promise<void> {
    this.#client = undefined;
    const { shell } = this;
    process.kill(shell.corePid(), 'SIGKILL');
    await shell.ended;
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async mainPage(): Promise<MainPage> {
    return new MainPage(await this.shell.main(), this);
  }

  async popup(): Promise<Popup> {
    return new Popup(await this.shell.popup(), this);
  }

  closeWindow(page: Page): Promise<void> {
    return this.shell.closeWindow(page);
  }

  /** The contract over the local socket, for arranging and for what no window shows. */
  async core(): Promise<Client> {
    this.#client ??= await connectClient(this.profileDir, (path) => connectOn(this.host, path));
    return this.#client;
  }

  async set(settings: Partial<Settings>): Promise<void> {
    await (await this.core()).call('settings.update', settings);
  }

  /** Its person has compared the other computer's key. */
  async verify(other: Computer): Promise<void> {
    const id = (await other.core()).read('self')?.id;
    if (id === undefined) throw new Error(`${other.host} has not said who it is`);
    await (await this.core()).call('peers.verifyKey', { keyText: formatKeyText(id) });
  }

  /** `ebp ARGS…` in a terminal of this computer. */
  cli(...args: string[]): Promise<Output> {
    return this.run([join(root, 'bin', 'ebp'), '--profile', this.profileDir, ...args]);
  }

  /** Runs a program as this computer's user. */
  run(argv: readonly string[], options: { env?: Record<string, string>; timeoutMs?: number } = {}): Promise<Output> {
    return new Promise((resolve, reject) => {
      const child = spawnOn(this.host, argv, {
        env: { ...process.env, ...this.#env, ...options.env },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: options.timeoutMs ?? 20_000,
        killSignal: 'SIGKILL',
      });
      let out = '';
      let error = '';
      child.stdout?.on('data', (chunk) => {
        out += chunk;
      });
      child.stderr?.on('data', (chunk) => {
        error += chunk;
      });
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, out, error }));
    });
  }

  /** Puts an application into the menu. `text` is the Exec line or, with several lines, the whole entry. */
  addApp(id: string, text: string): void {
    const entry = text.includes('\n')
      ? text
      : `[Desktop Entry]\nType=Application\nName=${id}\nComment=For a test\nExec=${text}\nCategories=Utility;\n`;
    writeFileSync(this.appPath(id), entry);
  }

  removeApp(id: string): void {
    rmSync(this.appPath(id));
  }

  appPath(id: string): string {
    return join(this.#folder, 'data', 'applications', `${id}.desktop`);
  }

  /** The folders that are the homes of this computer's visitors. */
  homes(): readonly string[] {
    const folder = join(this.profileDir, 'containers');
    if (!existsSync(folder)) return [];
    return readdirSync(folder).map((name) => join(folder, name, 'home'));
  }

  /** A file in the home of the only visitor that this computer has had; undefined while it is not there. */
  readInHome(path: string): string | undefined {
    const [home] = this.homes();
    return home === undefined || !existsSync(join(home, path)) ? undefined : readFileSync(join(home, path), 'utf8');
  }

  readSettings(): Settings {
    return JSON.parse(readFileSync(this.settingsPath, 'utf8'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.#screen?.[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
