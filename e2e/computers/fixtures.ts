// What a spec starts from: `useLan` gives a spec file its computers, in the shell of the project that runs it.
import { test as base, expect, type Locator } from '@playwright/test';
import { Chromiums } from './browser-shell.ts';
import { Computer, type ComputerOptions } from './computer.ts';
import { Desktops } from './electron-shell.ts';
import type { ShellKind } from './shell.ts';

export interface ShellOption {
  shell: ShellKind;
}

interface WorkerFixtures extends ShellOption {
  chromiums: Chromiums;
  desktops: Desktops;
}

export const test = base.extend<object, WorkerFixtures>({
  shell: ['browser', { option: true, scope: 'worker' }],
  chromiums: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from this pattern
    async ({}, use) => {
      await using chromiums = new Chromiums();
      await use(chromiums);
    },
    { scope: 'worker' },
  ],
  desktops: [
    // biome-ignore lint/correctness/noEmptyPattern: as above
    async ({}, use) => {
      await using desktops = new Desktops();
      await use(desktops);
    },
    { scope: 'worker' },
  ],
});

export { expect };

export type Lan<Name extends string> = Readonly<Record<Name, Computer>>;

/**
 * Starts the computers before the first test of the file and ends them after the last.
 * @returns an object that has the computers while tests run
 */
export function useLan<Name extends string>(computers: Readonly<Record<Name, ComputerOptions>>): Lan<Name> {
  const lan = {} as Record<Name, Computer>;
  test.beforeAll(async ({ shell, chromiums, desktops }) => {
    const names = Object.keys(computers) as Name[];
    for (const name of names) lan[name] = new Computer(name, shell, { chromiums, desktops }, computers[name]);
    await Promise.all(names.map((name) => lan[name].start()));
  });
  // biome-ignore lint/correctness/noEmptyPattern: as above
  test.afterEach(async ({}, info) => {
    if (info.status === info.expectedStatus) return;
    for (const computer of Object.values<Computer>(lan)) {
      const log = await computer.cli('logs').catch(() => undefined);
      const body = [...computer.lines, '', log?.out ?? '', log?.error ?? ''].join('\n');
      await info.attach(`${computer.host}.log`, { body, contentType: 'text/plain' });
    }
  });
  test.afterAll(async () => {
    await Promise.all(Object.values<Computer>(lan).map((computer) => computer[Symbol.asyncDispose]()));
  });
  return lan;
}

/** Writes how long something took into the report, and fails when it took longer than the limit. */
export async function timed(what: string, limitMs: number, work: () => Promise<unknown>): Promise<void> {
  const startedAt = performance.now();
  await work();
  const tookMs = Math.round(performance.now() - startedAt);
  test.info().annotations.push({ type: what, description: `${tookMs} ms` });
  expect(tookMs, `${what} took ${tookMs} ms`).toBeLessThan(limitMs);
}

/** Polls often: what is measured by it is measured to some 30 ms. */
export function soon<T>(read: () => T | Promise<T>, timeoutMs = 10_000) {
  return expect.poll(read, { timeout: timeoutMs, intervals: [30] });
}

/** Presses a switch. Its input is hidden under a picture of it, so a click on it is a click on whatever lies there. */
export async function toggle(control: Locator): Promise<void> {
  await control.press('Space');
}

/** Clicks where the mouse waits already, so that only what the click does takes time. */
export async function aimAt(button: Locator): Promise<{ click(): Promise<void> }> {
  await button.hover();
  const { mouse } = button.page();
  return {
    click: async () => {
      await mouse.down();
      await mouse.up();
    },
  };
}
