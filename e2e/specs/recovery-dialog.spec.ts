// A real office suite: its visitor closes it, it asks what its person wants, and at the next start it does not come back to it.

import { sandboxProcesses } from '../../lab/processes.ts';
import { expect, soon, test, useLan } from '../computers/fixtures.ts';
import { openSession } from '../computers/open-session.ts';
import { differenceOf, inkOf } from '../computers/picture.ts';
import type { Viewer } from '../pages/viewer.ts';

const DOCUMENT = 'Untitled 1 - LibreOffice Writer';
/** The least share of the picture that a page and tools cover. */
const SOME_INK = 0.1;

const lan = useLan({ alice: {}, bob: { apps: { writer: 'libreoffice --writer' } } });

test.afterEach(async () => {
  await (await lan.bob.core()).call('sessions.endAll', {});
  await expect.poll(() => sandboxProcesses('bob')).toEqual([]);
});

/** Writer with an empty document, and the titles of its windows. */
async function openWriter(): Promise<{ viewer: Viewer; titles: () => readonly string[] }> {
  const { viewer, atVisitor } = await openSession(lan.alice, lan.bob, 'writer', {});
  const core = await lan.alice.core();
  const windows = () => core.read('sessions')?.find(({ id }) => id === atVisitor)?.windows ?? [];
  const titles = () => windows().map(({ title }) => title);
  // Whatever it asks or tells at first is there by then; Document Recovery comes before any document.
  await soon(titles, 30_000).toContain(DOCUMENT);
  await soon(async () => inkOf(await viewer.picture()), 30_000).toBeGreaterThan(SOME_INK);
  return { viewer, titles };
}

/** Types until the text is to be seen: while it loads, the program throws keys away. */
async function write(viewer: Viewer): Promise<void> {
  const before = await viewer.picture();
  await soon(async () => {
    await viewer.type('a word ');
    return differenceOf(await viewer.picture(), before);
  }).toBeGreaterThan(0.001);
}

async function isClosed({ viewer }: { readonly viewer: Viewer }): Promise<void> {
  await expect(viewer.says('Disconnected')).toBeVisible();
  await soon(() => sandboxProcesses('bob')).toEqual([]);
  await viewer.close();
}

test('LibreOffice Writer, closed without a text or with one that is not to be saved, starts without Document Recovery', async () => {
  const empty = await openWriter();
  // Its greeting at the very first start has the keyboard until it is sent away.
  await soon(empty.titles).toContainEqual(expect.stringContaining('Tip of the Day'));
  await empty.viewer.type('\u001b');
  await empty.viewer.page.keyboard.press('Escape');
  await soon(empty.titles).toEqual([DOCUMENT]);
  await empty.viewer.disconnect.click();
  await isClosed(empty);

  const written = await openWriter();
  expect(written.titles()).toEqual([DOCUMENT]);
  await write(written.viewer);
  await written.viewer.disconnect.click();
  await expect(written.viewer.closing).toHaveText('writer asks before it closes. Answer it in its window.');
  await soon(written.titles).toEqual([DOCUMENT, 'Save Document?']);
  await written.viewer.page.screenshot({ path: test.info().outputPath('save-document.png') });
  await written.viewer.page.keyboard.press('Alt+n');
  await isClosed(written);

  const again = await openWriter();
  expect(again.titles()).toEqual([DOCUMENT]);
});
