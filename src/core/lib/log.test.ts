// The log outlives a full disk: it is written again when there is space, and no line of it is torn.
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startFileLog } from './log.ts';

const canMount = (() => {
  try {
    execFileSync('unshare', ['-Urm', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

test.runIf(canMount)(
  'after a full disk the log goes on without a restart, and says what is missing',
  () => {
    const script = `
    import { readFileSync, rmSync, writeFileSync } from 'node:fs';
    import { startFileLog } from ${JSON.stringify(new URL('./log.ts', import.meta.url).href)};
    const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const log = startFileLog('/mnt/logs', 'info');
    log.info({}, 'before');
    writeFileSync('/mnt/fill', 'x'.repeat(48 * 1024));
    for (let n = 0; n < 200; n++) { log.info({ n, text: 'y'.repeat(100) }, 'full'); if (n % 20 === 0) await wait(5); }
    await wait(100);
    rmSync('/mnt/fill');
    await wait(5100);
    log.info({}, 'after');
    await log[Symbol.asyncDispose]();
    process.stdout.write(readFileSync(log.path, 'utf8'));`;
    const output = execFileSync(
      'unshare',
      [
        '-Urm',
        'sh',
        '-c',
        'mount -t tmpfs -o size=64k none /mnt && exec "$0" --input-type=module -e "$1"',
        process.execPath,
        script,
      ],
      { encoding: 'utf8' },
    );
    const lines = output.split('\n').filter((line) => line !== '');
    const whole = lines.flatMap((line) => {
      try {
        return [JSON.parse(line) as { msg: string; lostLines?: number }];
      } catch {
        return [];
      }
    });
    expect(lines.length - whole.length).toBeLessThanOrEqual(1);
    expect(whole[0]?.msg).toBe('before');
    const [notice, last] = whole.slice(-2);
    expect(notice).toMatchObject({ msg: 'the log goes on, lines before this one could not be written' });
    expect(notice?.lostLines).toBeGreaterThan(10);
    expect(last?.msg).toBe('after');
  },
  20_000,
);

test('what a peer has said without end does not push out what was said before', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ebp-log-'));
  try {
    const log = startFileLog(folder, 'info');
    log.info({}, 'the first line');
    for (let number = 0; number < 60_000; number += 1) {
      log.warn({ number, error: 'x'.repeat(200) }, 'malformed notice from peer');
      if (number % 1000 === 0) await sleep(1);
    }
    log.info({}, 'the last line');
    await log[Symbol.asyncDispose]();
    const said = (await readFile(log.path, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).msg as string);
    expect([said[0], said.at(-1)]).toEqual(['the first line', 'the last line']);
    expect(said.length).toBeLessThan(400);
    expect(said).toContain('more lines of this kind are left out for a minute');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
