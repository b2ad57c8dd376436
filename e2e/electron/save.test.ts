// What a page of the shell saves: the person is asked where, in a real dialog, and nothing from elsewhere brings one up.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { nothingHappens } from '../computers/nothing-happens.ts';
import { uuid } from './fixture/topics.ts';
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
  await nothingHappens(500, titles, before);

  await save('blob');
  // Whatever the page calls it, it is one name in a folder; here the person gives another one.
  const chosen = join(shell.folder, 'mine.csv');
  expect(await shell.desktop.saveAs(chosen)).toBe('_.._history.csv');
  await until(() => expect(readFileSync(chosen, 'utf8')).toBe('line\n'));
});

it('a file of a session is saved by a click on it, the same to the byte, and the page stays', async () => {
  await shell.start();
  const main = await shell.ready('');
  await main.evaluate((id) => void window.open(`/?window=viewer&session=${id}`, 'one', 'popup'), uuid(1));
  const viewer = await shell.ready('?window=viewer');
  const session = await shell.running.context.browser()?.newBrowserCDPSession();
  await session?.send('Browser.setDownloadBehavior', { behavior: 'default' });
  await viewer.evaluate(async (id) => {
    const port = await new Promise<{ postMessage(message: object): void; onmessage: unknown }>((resolve) => {
      window.addEventListener('message', (event: { data: unknown; ports: never[] }) => {
        if (event.data === 'ebrainpool-ports') resolve(event.ports[2] as never);
      });
      window.postMessage('ebrainpool-ready', window.location.origin);
    });
    const done = new Promise<void>((resolve) => {
      port.onmessage = (event: { data: { kind: string } }) => event.data.kind === 'done' && resolve();
    });
    port.postMessage({ upload: 1, kind: 'open', sessionId: id, name: 'a.bin' });
    port.postMessage({ upload: 1, kind: 'data', bytes: Uint8Array.from({ length: 256 }, (_, at) => at) });
    port.postMessage({ upload: 1, kind: 'end' });
    await done;
    const link = window.document.createElement('a');
    link.href = `files/${id}/a.bin`;
    link.download = 'a.bin';
    window.document.body.append(link);
    setTimeout(() => link.click());
  }, uuid(1));
  const chosen = join(shell.folder, 'mine.bin');
  expect(await shell.desktop.saveAs(chosen)).toBe('a.bin');
  expect([...readFileSync(chosen)]).toEqual(Array.from({ length: 256 }, (_, at) => at));
  expect(new URL(viewer.url()).search).toContain('window=viewer');
});
