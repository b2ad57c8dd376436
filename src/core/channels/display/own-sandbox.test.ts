// A real Chromium in a real container: its own sandbox is built where the owner allows that, and said to be missing where not.
import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { saysSandboxRefused } from '../../container/engines/bubblewrap/own-sandbox.ts';
import { openTestSandboxes, type TestSandboxes } from '../../container/sandboxes.test-support.ts';
import { screenPart } from './screen-part.ts';

const chromium = '/usr/bin/chromium';
const argv = [chromium, '--no-first-run', 'data:text/html,<title>page</title>'];
let sandboxes: TestSandboxes;

beforeAll(async () => {
  sandboxes = await openTestSandboxes();
});
afterAll(() => sandboxes[Symbol.asyncDispose]());

const start = (allowsOwnSandbox: boolean, program: readonly string[]) =>
  sandboxes.start(program, { parts: [screenPart({ width: 640, height: 480 })], allowsOwnSandbox });

interface Renderer {
  /** How many PID namespaces it is in. */
  readonly depth: number;
  readonly seccompFilters: number;
}

/** Chromium's processes for pages that came from this one. */
async function renderers(): Promise<readonly Renderer[]> {
  const found = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (!words.includes('--type=renderer') || !(await isOurs(Number(pid)))) continue;
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    found.push({
      depth: /^NSpid:\s+(.*)$/m.exec(status)?.[1]?.split(/\s+/).length ?? 0,
      seccompFilters: Number(/^Seccomp_filters:\s+(\d+)$/m.exec(status)?.[1] ?? 0),
    });
  }
  return found;
}

async function isOurs(pid: number): Promise<boolean> {
  for (let at = pid; at > 1; ) {
    if (at === process.pid) return true;
    const stat = await readFile(`/proc/${at}/stat`, 'utf8').catch(() => '');
    at = Number(stat.split(') ').at(-1)?.split(' ')[1] ?? 0);
  }
  return false;
}

test('a browser does not start without a sandbox of its own, and it is known why', async () => {
  await using sandbox = await start(false, argv);
  expect(await sandbox.ended).toMatchObject({ wantedOwnSandbox: true });
  expect((await sandbox.ended).exitCode).toBeGreaterThan(0);
}, 30_000);

test('where its owner allows it, each page runs in namespaces and under a filter of its own', async () => {
  await using sandbox = await start(true, argv);
  const depth = (await readFile('/proc/self/status', 'utf8')).match(/^NSpid:\s+(.*)$/m)?.[1]?.split(/\s+/).length ?? 0;
  // One PID namespace is the container's; two more are Chromium's. One of the filters is ours.
  const isBuilt = (one: Renderer) => one.depth >= depth + 3 && one.seccompFilters >= 2;
  await expect.poll(async () => (await renderers()).map(isBuilt), { timeout: 20_000, interval: 200 }).toContain(true);
  expect((await renderers()).filter((one) => one.depth < depth + 3)).toEqual([]);
  expect(sandbox.state).toBe('running');
}, 60_000);

test('a program that says so while it runs is not believed before it ends, and one that ends well is fine', async () => {
  await using sandbox = await start(false, ['bash', '-c', 'echo "No usable sandbox!" >&2; exit 0']);
  expect(await sandbox.ended).toMatchObject({ exitCode: 0 });
});

test.each([
  'content/browser/zygote_host_impl_linux.cc(127)] No usable sandbox! Update your kernel',
  'The SUID sandbox helper binary was found, but is not configured correctly.',
  'FATAL:credentials.cc(127)] Failed to move to new namespace: PID namespaces supported',
  'bwrap: No permissions to create new namespace, likely because the kernel does not allow non-privileged user namespaces.',
  'bwrap: Creating new namespace failed: Operation not permitted',
])('knows what it is said with: %s', (line) => {
  expect(saysSandboxRefused(line)).toBe(true);
});

test('ordinary words are not taken for it', () => {
  for (const line of ['sandbox initialised', 'bwrap: execvp foo: No such file or directory', 'Segmentation fault'])
    expect(saysSandboxRefused(line)).toBe(false);
});
