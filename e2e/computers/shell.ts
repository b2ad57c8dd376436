// What the two shells have in common for a spec: windows. Specs know no other difference between them.
import type { ChildProcess } from 'node:child_process';
import type { BrowserContext, Page } from '@playwright/test';

/** `package` is the Electron shell as people would have it installed: packed, with every fuse as stated. */
export type ShellKind = 'browser' | 'electron' | 'package';

export interface ShellStart {
  readonly host: string;
  readonly profileDir: string;
  readonly env: Readonly<Record<string, string>>;
  /** The file that Chromium takes for a camera; undefined for a computer without one. */
  readonly cameraPath: string | undefined;
  readonly onLine: (line: string) => void;
}

export interface Saved {
  readonly name: string;
  readonly bytes: Buffer;
}

/** One run of eBrainPool on a computer of the lab, together with its windows. */
export interface RunningShell extends AsyncDisposable {
  readonly process: ChildProcess;
  /** The process that has the core in it. */
  readonly corePid: () => number;
  readonly context: BrowserContext;
  /** The main window. */
  main(): Promise<Page>;
  /** Where requests are answered: a window of its own in Electron, a part of the main window in the browser. */
  popup(): Promise<Page>;
  /** Whether a person sees that window now. */
  isPopupShown(): Promise<boolean>;
  /** Closes a window as its cross does. */
  closeWindow(page: Page): Promise<void>;
  /** Clicks what saves a file, and answers where. @returns the name that was proposed, and what was saved */
  save(page: Page, click: () => Promise<void>): Promise<Saved>;
  /** Whether the core and its shell have ended. */
  readonly ended: Promise<unknown>;
}

export interface Output {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

/** The computer that a window or a screen is at. */
export interface Workplace {
  readonly host: string;
  readonly shell: RunningShell;
  /** Closes a window as its cross does. */
  closeWindow(page: Page): Promise<void>;
  /** Runs a program as this computer's user. */
  run(argv: readonly string[], options?: { env?: Record<string, string>; timeoutMs?: number }): Promise<Output>;
}
