// Electron's `app`: the life of the process.
import { EventEmitter } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startRelay } from '../lab/relay.ts';
import { launchChromium, stopChromium } from './chromium.ts';
import { createEvent } from './event.ts';
import { isFirstInstance } from './single-instance.ts';
import { allWindows } from './window-list.ts';

const ready = Promise.withResolvers<void>();
const paths = new Map([['userData', tmpdir()]]);
let isReady = false;
let isExiting = false;

class App extends EventEmitter {
  readonly isPackaged = false;
  /** For tests: what was asked for that the stand-in only notes down. */
  readonly noted: { isSandboxed: boolean; userModelId: string; loginItem: object | null } = {
    isSandboxed: false,
    userModelId: '',
    loginItem: null,
  };

  whenReady(): Promise<void> {
    return ready.promise;
  }

  isReady(): boolean {
    return isReady;
  }

  enableSandbox(): void {
    if (isReady) throw new Error('enableSandbox must be called before the app is ready');
    this.noted.isSandboxed = true;
  }

  setAppUserModelId(id: string): void {
    this.noted.userModelId = id;
  }

  setLoginItemSettings(settings: object): void {
    this.noted.loginItem = settings;
  }

  getVersion(): string {
    return String(manifest()['version'] ?? '0.0.0');
  }

  getName(): string {
    return String(manifest()['productName'] ?? manifest()['name']);
  }

  getPath(name: string): string {
    const path = name === 'downloads' ? join(this.getPath('userData'), 'downloads') : paths.get(name);
    if (path === undefined) throw new Error(`the stand-in knows no path "${name}"`);
    return path;
  }

  setPath(name: string, path: string): void {
    if (!existsSync(path)) throw new Error(`${path} does not exist`);
    paths.set(name, path);
  }

  requestSingleInstanceLock(): boolean {
    return isFirstInstance(this.getPath('userData'), (argv, cwd) =>
      this.emit('second-instance', createEvent(), argv, cwd, null),
    );
  }

  quit(): void {
    if (isExiting) return;
    const before = createEvent();
    this.emit('before-quit', before);
    if (before.defaultPrevented) return;
    for (const window of allWindows()) window.close();
    if (allWindows().length > 0) return;
    const will = createEvent();
    this.emit('will-quit', will);
    if (!will.defaultPrevented) this.exit(0);
  }

  exit(code = 0): void {
    if (isExiting) return;
    isExiting = true;
    for (const window of allWindows()) window.destroy();
    this.emit('quit', createEvent(), code);
    void stopChromium().finally(() => process.exit(code));
  }
}

export const app = new App();

/** Starts Chromium and makes the app ready. */
export async function startApp(): Promise<void> {
  if (isExiting) return;
  const endpoint = await launchChromium();
  const relayPath = process.env['EBP_STAND_IN_CDP_SOCKET'];
  if (relayPath !== undefined) {
    const server = await startRelay({ path: relayPath }, { host: '127.0.0.1', port: Number(new URL(endpoint).port) });
    server.unref();
  }
  process.stdout.write(`STAND-IN CDP ${endpoint}\n`);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => app.quit());
  isReady = true;
  app.emit('ready', createEvent());
  ready.resolve();
}

function manifest(): Record<string, unknown> {
  for (let folder = dirname(process.argv[1] ?? ''); folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, 'package.json');
    if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8'));
  }
  return {};
}
