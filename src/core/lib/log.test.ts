// The log outlives a full disk: it is written again when there is space, and no line of it is torn.
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

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
