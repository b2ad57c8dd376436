// `ebp open` and `stop`.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { core, ebp, useCore } from '../ebp.test-support.ts';

useCore();

describe('ebp open and stop', () => {
  test('open prints the address', async () => {
    expect((await ebp(['open', '--no-open'])).code).toBe(1);
    await writeFile(
      join(core.profileDir, 'browser.json'),
      JSON.stringify({ url: 'http://127.0.0.1:47800/?token=t', pid: 1 }),
    );
    expect((await ebp(['open', '--no-open'])).out).toBe('http://127.0.0.1:47800/?token=t\n');
  });

  test('stop waits until it is gone', async () => {
    core.answers['core.stop'] = () => setTimeout(() => core.drop(), 50) && {};
    expect(await ebp(['stop'])).toMatchObject({ code: 0, out: 'eBrainPool was stopped.\n' });
  });
});
