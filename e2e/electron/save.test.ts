// What a page of the shell saves: the person is asked where, in a real dialog, and nothing from elsewhere brings one up.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { until, useShell } from './fixture/use-shell.ts';

// biome-ignore lint/suspicious/noExplicitAny: the DOM of the page, whose types this world does not have
declare const window: any;

const shell = useShell();
/** Windows on the desktop by their titles. */
const titles = async () =>
  ((await shell.desktop.run(['wmctrl', '-l'])) ?? '').split('\n').map((line) => line.slice(14));

it('saves what its own page made, where the person says, and nothing else', async () => {
  await shell.start();
  const page = await shell.ready('');
  await until(async () => expect((await shell.look('')).isVisible).toBe(true));
  // Playwright takes what is saved for itself unless it is told not to.
  const session = await shell.running.context.browser()?.newBrowserCDPSession();
  await session?.send('Browser.setDownloadBehavior', { behavior: 'default' });
  const before = await titles();
  const save = (address: string) =>
    page.evaluate((given) => {
      const link = window.document.createElement('a');
      link.href = given === 'blob' ? URL.createObjectURL(new window.Blob(['line\n'])) : given;
      link.download = '../../history.csv';
      link.click();
    }, address);
  await save('data:text/plain,from%20elsewhere');
  await page.waitForTimeout(500);
  expect(await titles()).toEqual(before);

  await save('blob');
  // Whatever the page calls it, it is one name in a folder; here the person gives another one.
  const chosen = join(shell.folder, 'mine.csv');
  expect(await shell.desktop.saveAs(chosen)).toBe('_.._history.csv');
  await until(() => expect(readFileSync(chosen, 'utf8')).toBe('line\n'));
});
