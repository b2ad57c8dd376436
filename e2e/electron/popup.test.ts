// The pop-up and the notifications, before a real window manager and a real session bus: who has the keyboard keeps it.
import { expect, it } from 'vitest';
import { nothingHappens } from '../computers/nothing-happens.ts';
import { makeRequest } from './fixture/topics.ts';
import { armed, hasPorts, type PageTest, until, useShell } from './fixture/use-shell.ts';

/** Of the page that `page.evaluate` runs in. */
declare const test: PageTest;
// biome-ignore lint/suspicious/noExplicitAny: the DOM of the page, whose types this world does not have
declare const window: any;

const shell = useShell();
const popup = () => shell.look('?window=popup');
const isShown = (expected: boolean) => until(async () => expect((await popup()).isVisible).toBe(expected));
const shown = () => shell.notifications.all.filter(({ isShown }) => isShown);

it('shows the pop-up without taking the focus, and hides it when nothing waits', async () => {
  await shell.start();
  await shell.ready('');
  const page = await shell.ready('?window=popup');
  await until(async () => expect((await shell.look('')).isFocused).toBe(true));
  expect(await popup()).toMatchObject({ isVisible: false });

  shell.set('requests', [makeRequest(1)]);
  await isShown(true);
  // A window manager that gives it the focus after all does so at once.
  await nothingHappens(500, async () => (await popup()).isFocused, false);
  expect(await popup()).toMatchObject({ isFocused: false, isAlwaysOnTop: true, width: 420, height: 520 });
  expect((await shell.look('')).isFocused).toBe(true);
  // The page hears of it over its own port, maybe after the window was shown.
  await until(async () => expect(await page.evaluate(() => (test.topics['requests'] as unknown[]).length)).toBe(1));
  await until(() => expect(shown().map(({ title }) => title)).toEqual(['Bob & Co asks for xcalc']));

  // Closing it is no answer; the next request brings it back.
  await page.evaluate(() => Object.assign(window, { isOld: true }) && null);
  await shell.close('?window=popup');
  await isShown(false);
  expect(shell.calls('requests.answer')).toEqual([]);
  // It is loaded anew, so that nothing that was open in it lies above the next request.
  await until(async () => expect(await page.evaluate(() => 'isOld' in window)).toBe(false));
  await hasPorts(page);
  shell.set('requests', [makeRequest(1), makeRequest(2, { warning: 'name-of-another' })]);
  await isShown(true);
  await until(() => expect(shown()[1]?.title).toBe('Bob & Co (not the one that you know) asks for xcalc'));

  // A click on the notification is the person's own, and so is the focus.
  await shell.close('?window=popup');
  await isShown(false);
  shell.notifications.click(1);
  await until(async () => expect(await popup()).toMatchObject({ isVisible: true, isFocused: true }));

  shell.set('requests', []);
  await isShown(false);
  await until(() => expect(shown()).toEqual([]));

  shell.set('settings', { ...(await settings()), hasNotifications: false });
  shell.set('requests', [makeRequest(3)]);
  await isShown(true);
  expect(shell.notifications.all).toHaveLength(2);
});

it('typing goes on in another program’s window while the pop-up comes', async () => {
  await shell.start({ args: ['--hidden'] });
  await shell.ready('?window=popup');
  const typed = `${shell.folder}/typed`;
  const terminal = shell.desktop.person.spawn(['xterm', '-e', 'sh', '-c', `stty -echo; cat >${typed}`], {
    env: { ...process.env, ...shell.desktop.env },
    stdio: 'ignore',
  });
  try {
    await until(async () =>
      expect(await shell.desktop.run(['xdotool', 'search', '--onlyvisible', '--class', 'xterm'])).toMatch(/\d/),
    );
    await until(async () =>
      expect(await shell.desktop.run(['xdotool', 'getactivewindow', 'getwindowpid'])).toContain(String(terminal.pid)),
    );
    await shell.desktop.run(['xdotool', 'type', '--delay', '20', 'before ']);
    shell.set('requests', [makeRequest(1)]);
    await isShown(true);
    await shell.desktop.run(['xdotool', 'type', '--delay', '20', 'after\n']);
    await until(async () => expect(await shell.desktop.run(['cat', typed])).toBe('before after\n'));
    // Not even a key that would press a button of it answered.
    expect(shell.calls('requests.answer')).toEqual([]);
  } finally {
    terminal.kill('SIGKILL');
  }
});

it('what a page hides itself comes back with the next request', async () => {
  await shell.start();
  await shell.ready('');
  const page = await shell.ready('?window=popup');
  shell.set('requests', [makeRequest(1)]);
  await isShown(true);
  const closed = page.waitForEvent('close');
  await page.evaluate(() => void setTimeout(() => window.close()));
  // Electron asks nobody about a window that its own page closes: it is gone, and the next one is made.
  await closed;
  expect(shell.calls('requests.answer')).toEqual([]);
  shell.set('requests', [makeRequest(1), makeRequest(2)]);
  await shell.ready('?window=popup');
  await isShown(true);
});

it('a notification answers nothing by itself: what it offers is the pop-up', async () => {
  await shell.start({ args: ['--hidden'] });
  await shell.ready('?window=popup');
  shell.set('requests', [makeRequest(1)]);
  await until(() => expect(shown()).toHaveLength(1));
  await armed();
  // Buttons of notifications are for macOS and Windows: here there is the click alone, and a desktop may send any other key.
  expect(Object.keys(shown()[0]?.actions ?? {})).toEqual(['default']);
  for (const key of ['0', '1', 'allow', 'action-0']) shell.notifications.press(1, key);
  await nothingHappens(300, () => shell.calls('requests.answer').length, 0);
  shell.notifications.click(1);
  await isShown(true);
  expect(shell.calls('requests.answer')).toEqual([]);
});

it('cancels a comparison when its pop-up is closed, but not one that the person has answered', async () => {
  await shell.start();
  await shell.ready('');
  await shell.ready('?window=popup');
  const comparison = (letter: string, state: string, role = 'asked') => ({
    peerId: `SHA256:${letter.repeat(43)}`,
    peerName: 'Alice',
    isVerified: false,
    warning: null,
    role,
    state,
    code: '123456',
    expiresAt: Date.now() + 60_000,
    problem: null,
  });
  shell.set('comparisons', [
    comparison('a', 'comparing'),
    comparison('b', 'waiting'),
    comparison('c', 'comparing', 'asking'),
  ]);
  await isShown(true);
  const compare = 'Alice (not verified) wants to compare a code…';
  await until(async () => {
    const tray = await shell.tray.read();
    expect(tray?.toolTip).toBe('eBrainPool: somebody wants to compare a code with you');
    expect(tray?.menu.filter(({ label }) => label === compare)).toHaveLength(2);
  });
  // No code in it: who answers must look at both screens.
  expect(shell.notifications.all.some(({ title, body }) => `${title} ${body}`.includes('123456'))).toBe(false);
  await shell.close('?window=popup');
  await isShown(false);
  await until(() => expect(shell.calls('comparisons.cancel')).toEqual([{ peerId: `SHA256:${'a'.repeat(43)}` }]));
  // The status icon leads back to it.
  await shell.tray.clickMenu(compare);
  await isShown(true);
  expect(shell.calls('comparisons.answer')).toEqual([]);
});

async function settings(): Promise<object> {
  return (await shell.page('')).evaluate(() => test.topics['settings'] as object);
}
