// Closing by the visitor: the program is asked first, its question is seen, and nothing is thrown away without an answer.

import { sandboxProcesses } from '../../lab/processes.ts';
import { checkAccess } from '../computers/axe.ts';
import { expect, soon, test, useLan } from '../computers/fixtures.ts';
import { openSession } from '../computers/open-session.ts';

const lan = useLan({
  alice: {},
  bob: {
    apps: {
      xcalc: 'xcalc',
      // As at the first start, each time: it would ask for what the last one left.
      mousepad: 'sh -c "rm -rf .local .config notes.txt; exec mousepad notes.txt"',
      // Knows nothing of windows that are asked to close, and saves when it is asked to end.
      saver: `sh -c "trap 'echo saved >saved.txt; exit 0' TERM; echo >running.txt; while true; do sleep 0.1; done"`,
      // Looks as if it did, and does not.
      deaf: `sh -c "trap '' TERM; xterm -T deaf -e sh -c 'trap \\\\"\\\\" HUP TERM; sleep 600'; sleep 600"`,
    },
  },
});

test.afterEach(async () => {
  await (await lan.bob.core()).call('sessions.endAll', {});
  for (const page of lan.alice.shell.context.pages()) if (/window=viewer/.test(page.url())) await page.close();
  await expect.poll(() => sandboxProcesses('bob')).toEqual([]);
  for (const computer of [lan.alice, lan.bob]) {
    const core = await computer.core();
    for (const { id, state } of core.read('sessions') ?? [])
      if (state === 'ended') await core.call('sessions.dismiss', { sessionId: id }).catch(() => {});
  }
});

/** An editor with a text that is not saved. */
async function openEditor() {
  const opened = await openSession(lan.alice, lan.bob, 'mousepad', {});
  await soon(() => opened.viewer.page.title()).toContain('notes.txt');
  await opened.viewer.type('a word');
  // The editor marks a text that is not saved.
  await soon(() => opened.viewer.page.title()).toMatch(/^\*/);
  return opened;
}

/** Why the last session ended, in both histories. */
async function reasons(): Promise<readonly unknown[]> {
  return Promise.all(
    [lan.alice, lan.bob].map(async (computer) => {
      const { entries } = await (await computer.core()).call('activity.read', { limit: 20 });
      const last = entries.find(({ event }) => event.kind === 'ended');
      return last?.event.kind === 'ended' ? last.event.reason : undefined;
    }),
  );
}

test('Disconnect shows what the program asks; “Cancel” there goes on, “Save” saves and closes', async () => {
  const { viewer } = await openEditor();
  await viewer.disconnect.click();
  await expect(viewer.closing).toHaveText('mousepad asks before it closes. Answer it in its window.');
  await expect(viewer.closeAnyway).toBeEnabled();
  await checkAccess(viewer.page, 'a program that asks before it closes');
  await viewer.page.screenshot({ path: test.info().outputPath('asking-dark.png') });
  await viewer.page.emulateMedia({ colorScheme: 'light' });
  await viewer.page.setViewportSize({ width: 700, height: 500 });
  await expect(viewer.closeAnyway).toBeInViewport({ ratio: 1 });
  await expect(viewer.keepOpen).toBeInViewport({ ratio: 1 });
  await viewer.page.screenshot({ path: test.info().outputPath('asking-700.png') });
  await viewer.page.setViewportSize({ width: 1280, height: 720 });
  await viewer.page.screenshot({ path: test.info().outputPath('asking-1280.png') });

  await viewer.type('\u001b');
  await viewer.page.keyboard.press('Escape');
  await expect(viewer.disconnect).toBeEnabled();
  await expect(viewer.closing).toHaveText('');
  await viewer.type(' more');

  await viewer.disconnect.click();
  await expect(viewer.closing).toContainText('asks before it closes');
  // The keys are for the question.
  await expect(viewer.screen.locator('canvas').first()).toBeFocused();
  await viewer.page.keyboard.press('Alt+s');
  await expect(viewer.says('Disconnected')).toBeVisible();
  expect(lan.bob.readInHome('notes.txt')).toContain('more');
  await soon(() => sandboxProcesses('bob')).toEqual([]);
  expect(await reasons()).toEqual(['visitor', 'visitor']);
});

test('“Keep it open” goes on, and “Close anyway” ends it without an answer', async () => {
  const { viewer } = await openEditor();
  await viewer.disconnect.click();
  await expect(viewer.closing).toContainText('asks before it closes');
  await viewer.keepOpen.click();
  await expect(viewer.disconnect).toBeEnabled();
  await expect(viewer.closing).toHaveText('');
  await viewer.disconnect.click();
  await expect(viewer.closing).toContainText('asks before it closes');
  await viewer.closeAnyway.click();
  await expect(viewer.says('Disconnected')).toBeVisible();
  await soon(() => sandboxProcesses('bob'), 3000).toEqual([]);
  expect(lan.bob.readInHome('notes.txt') ?? '').not.toContain('a word');
  expect(await reasons()).toEqual(['visitor', 'visitor']);
});

test('with two questions the bar and the list say whose each is, and after one the other comes to the front', async () => {
  const { viewer, atVisitor } = await openEditor();
  await viewer.page.keyboard.press('Control+Shift+N');
  await soon(() => viewer.page.title()).toContain('Untitled');
  await viewer.type('another word');
  await soon(() => viewer.page.title()).toMatch(/^\*Untitled/);
  const core = await lan.alice.core();
  const listed = () => core.read('sessions')?.find(({ id }) => id === atVisitor)?.windows ?? [];
  const questions = () => listed().filter(({ isDialog }) => isDialog);
  const asked = () => listed().find(({ id }) => id === questions().find(({ isActive }) => isActive)?.parentId)?.title;

  await viewer.disconnect.click();
  await soon(() => questions().length).toBe(2);
  const owners = listed().filter(({ isDialog }) => !isDialog);
  expect(
    questions()
      .map(({ parentId }) => parentId)
      .toSorted(),
  ).toEqual(owners.map(({ id }) => id).toSorted());
  await soon(asked).toBeDefined();
  const first = asked() ?? '';
  await soon(() => viewer.page.title()).toContain(first);
  await viewer.windows.click();
  const shown = (await viewer.windowList.getByRole('listitem').allInnerTexts()).map((text) => text.trim());
  expect(shown).toEqual(owners.flatMap(({ title }) => [title, 'Save Changes']));
  await viewer.page.screenshot({ path: test.info().outputPath('two-questions.png') });
  await viewer.windows.click();

  await viewer.type('\u001b');
  await viewer.page.keyboard.press('Escape');
  await soon(() => questions().length).toBe(1);
  const second = owners.find(({ title }) => title !== first)?.title ?? '';
  await soon(asked).toBe(second);
  await soon(() => viewer.page.title()).toContain(second);
});

test('a window that is closed leaves the question to be answered in another', async () => {
  const { viewer } = await openEditor();
  await viewer.close();
  const main = await lan.alice.mainPage();
  const row = main.sessions('visitor', 'running');
  await expect(row).toContainText('It asks before it closes. Open its window to answer.');
  const again = await main.openViewer(() => row.getByRole('button', { name: 'Open window' }).click());
  await again.running();
  await expect(again.closing).toContainText('asks before it closes');
  await again.screen.locator('canvas').first().focus();
  await again.page.keyboard.press('Alt+s');
  await expect(again.says('Disconnected')).toBeVisible();
  expect(lan.bob.readInHome('notes.txt')).toContain('a word');
});

test('the owner’s End asks nobody', async () => {
  const { viewer, atHost } = await openEditor();
  await viewer.disconnect.click();
  await expect(viewer.closing).toContainText('asks before it closes');
  const row = (await lan.bob.mainPage()).sessions('host', 'running');
  await expect(row).toContainText('Alice is closing it, and it asks something first.');
  await (await lan.bob.core()).call('sessions.end', { sessionId: atHost });
  await expect(viewer.says('Bob ended it')).toBeVisible();
  await soon(() => sandboxProcesses('bob'), 1500).toEqual([]);
  expect(await reasons()).toEqual(['host', 'host']);
});

test('`ebp end` says that the program asks, and with --now does not ask', async () => {
  await openEditor();
  const asked = await lan.alice.cli('end');
  expect([asked.code, asked.error]).toEqual([
    1,
    expect.stringMatching(/^mousepad asks before it closes\. .* ebp end \w+ --now\n$/),
  ]);
  expect(await lan.alice.cli('end', '--now')).toMatchObject({ code: 0 });
  await soon(() => sandboxProcesses('bob'), 3000).toEqual([]);
});

test('a program without windows is asked to end, and one that hears nothing is killed', async () => {
  const { viewer } = await openSession(lan.alice, lan.bob, 'saver', {});
  await soon(() => lan.bob.readInHome('running.txt')).toBeDefined();
  await viewer.disconnect.click();
  await expect(viewer.says('Disconnected')).toBeVisible();
  expect(lan.bob.readInHome('saved.txt')).toBe('saved\n');

  const deaf = await openSession(lan.alice, lan.bob, 'deaf', {});
  await soon(() => deaf.viewer.page.title()).toContain('deaf');
  await deaf.viewer.disconnect.click();
  await expect(deaf.viewer.says('Disconnected')).toBeVisible({ timeout: 20_000 });
  await soon(() => sandboxProcesses('bob'), 3000).toEqual([]);
  expect(await reasons()).toEqual(['visitor', 'visitor']);
});
