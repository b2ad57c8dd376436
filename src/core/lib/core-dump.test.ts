import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test.runIf(process.platform === 'linux')('a crash leaves nothing of the memory', { timeout: 30_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ebp-core-dump-'));
  const script = `
    const { keepMemoryOutOfCoreDumps } = await import(${JSON.stringify(join(import.meta.dirname, 'core-dump.ts'))});
    await keepMemoryOutOfCoreDumps();
    console.log((await import('node:fs')).readFileSync('/proc/self/coredump_filter', 'utf8'));
    globalThis.secret = Buffer.from(['known', 'to', 'the', 'process'].join('-'));
    setImmediate(() => process.abort());`;
  const line = 'ulimit -c unlimited 2>/dev/null; exec "$0" --input-type=module -e "$1"';
  const ended: { stdout: string; signal: string } = await promisify(execFile)(
    'sh',
    ['-c', line, process.execPath, script],
    { cwd: folder },
  ).catch((error) => error);
  expect(ended.signal).toBe('SIGABRT');
  expect(ended.stdout.trim()).toBe('00000010');
  // Where the system puts dumps elsewhere, there is none here to look into.
  for (const name of await readdir(folder)) {
    expect((await readFile(join(folder, name))).includes('known-to-the-process'), name).toBe(false);
  }
  await rm(folder, { recursive: true });
});
