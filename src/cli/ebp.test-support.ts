// Runs `ebp` in the process of a test, against a core that the test sets up.
import { afterEach, beforeEach } from 'vitest';
import { FakeCore } from './fake-core.test-support.ts';
import { runCli } from './run.ts';

/** The core of the test that runs. */
export let core: FakeCore;

/** A new core for each test of the file. */
export function useCore(): void {
  beforeEach(async () => {
    core = await FakeCore.start();
  });
  afterEach(() => core[Symbol.asyncDispose]());
}

interface Result {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** `said` is what the person answers when asked something. */
export async function ebp(
  args: readonly string[],
  signal = new AbortController().signal,
  said?: string,
): Promise<Result> {
  let out = '';
  let error = '';
  const code = await runCli(args, {
    version: '0.1.0',
    findProfileDir: () => core.profileDir,
    hasColours: false,
    writeOut: (text) => {
      out += text;
    },
    writeError: (text) => {
      error += text;
    },
    signal,
    ...(said !== undefined && { ask: () => Promise.resolve(said) }),
  });
  return { code, out, error };
}

/** What a method of the core was called with. */
export const called = (method: string) => core.calls.filter((call) => call.method === method).map((call) => call.input);
