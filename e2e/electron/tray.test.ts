// The status icon, the notifications and the end, through a real session bus, in a real Electron with a core that does as it is told.
import { expect, it } from 'vitest';
import { makeRequest, makeSession, uuid } from './fixture/topics.ts';
import { armed, until, useShell } from './fixture/use-shell.ts';
import type { TrayMenuItem } from './tray.ts';

const shell = useShell();
const tray = async () => {
  const read = await shell.tray.read();
  if (read === null) throw new Error('there is no status icon');
  return read;
};
const labels = (items: readonly TrayMenuItem[]) => items.map(({ label, type }) => (type === 'separator' ? '-' : label));

it('answers, ends and pauses from the tray', async () => {
  await shell.start();
  await shell.ready('');
  await until(async () => expect((await tray()).toolTip).toBe('eBrainPool'));
  const idle = (await tray()).icon;
  expect(idle.subarray(1, 4).toString()).toBe('PNG');

  shell.set('sessions', [
    makeSession(5),
    makeSession(6, { role: 'visitor', isVerified: false }),
    makeSession(7, { state: 'ended' }),
  ]);
  await until(async () => expect((await tray()).icon.equals(idle)).toBe(false));
  const inUse = (await tray()).icon;
  shell.set('requests', [makeRequest(1), makeRequest(2)]);
  await until(async () => expect((await tray()).toolTip).toContain('2 requests'));
  const pictures = [idle, inUse, (await tray()).icon].map((picture) => picture.toString('base64'));
  expect(new Set(pictures).size).toBe(3);
  expect(labels((await tray()).menu)).toEqual([
    'Bob & Co asks for xcalc',
    'Bob & Co asks for xcalc',
    '-',
    'Bob & Co uses xcalc',
    'xcalc on Bob & Co (not verified)',
    '-',
    'Pause sharing',
    'Do not disturb',
    'Open eBrainPool',
    '-',
    'Quit eBrainPool',
  ]);
  // What a yes gives is said where the yes is.
  const [first] = (await tray()).menu;
  expect(first?.items[0]).toMatchObject({ isEnabled: false, label: expect.stringContaining('paste') });

  // A menu that has just been drawn may have moved under the pointer.
  const yes = ['Bob & Co asks for xcalc', 'Allow once'];
  shell.set('requests', [makeRequest(1)]);
  await until(async () => expect((await tray()).toolTip).toContain('a request'));
  await shell.tray.clickMenu(...yes);
  await armed();
  expect(shell.calls('requests.answer')).toEqual([]);
  await shell.tray.clickMenu(...yes);
  await until(() =>
    expect(shell.calls('requests.answer')).toEqual([{ requestId: uuid(1), answer: 'allow', lasts: 'once' }]),
  );
  shell.set('requests', [makeRequest(2)]);
  await until(async () => expect((await tray()).toolTip).toContain('a request'));
  await armed();
  await shell.tray.clickMenu('Bob & Co asks for xcalc', 'Deny');
  await until(() =>
    expect(shell.calls('requests.answer')).toContainEqual({ requestId: uuid(2), answer: 'deny', lasts: 'once' }),
  );
  await shell.tray.clickMenu('Bob & Co uses xcalc', 'End');
  await until(() => expect(shell.calls('sessions.end')).toEqual([{ sessionId: uuid(5) }]));

  shell.set('sessions', []);
  await until(async () => expect((await tray()).icon.equals(idle)).toBe(true));
  await shell.tray.clickMenu('Pause sharing');
  await until(async () =>
    expect((await tray()).menu.find(({ label }) => label === 'Pause sharing')?.isChecked).toBe(true),
  );
  expect(shell.calls('settings.update')).toEqual([{ isPaused: true }]);
});

it('keeps running in the tray when the main window is closed, and opens it again', async () => {
  await shell.start();
  await shell.ready('');
  const isVisible = (expected: boolean) => until(async () => expect((await shell.look('')).isVisible).toBe(expected));
  await isVisible(true);
  await until(async () => expect(await shell.tray.read()).not.toBeNull());
  await shell.close('');
  await isVisible(false);
  await until(() => expect(shell.notifications.all.map(({ title }) => title)).toEqual(['eBrainPool keeps running']));
  await shell.tray.clickMenu('Open eBrainPool');
  await isVisible(true);
  await shell.close('');
  await isVisible(false);
  expect(shell.notifications.all).toHaveLength(1);
  await shell.tray.click();
  await isVisible(true);
  await shell.close('');
  await isVisible(false);

  // A second start with the same profile hands over to the first and ends at once.
  expect(await shell.startAndEnd()).toBe(0);
  await isVisible(true);
  await until(async () => expect((await shell.look('')).isFocused).toBe(true));
  expect(shell.calls('created')).toHaveLength(1);
});

it('starts in the tray alone, and ends when the core is asked to stop', async () => {
  await shell.start({ args: ['--hidden'] });
  await shell.ready('?window=popup');
  await until(async () => expect(await shell.tray.read()).not.toBeNull());
  expect(shell.running.context.pages().map((page) => page.url())).toEqual(['app://ebp/?window=popup']);
  expect((await shell.look('?window=popup')).isVisible).toBe(false);
  await shell.tray.click();
  await until(async () => expect((await shell.look('')).isVisible).toBe(true));
  shell.tell({ stop: true });
  expect(await shell.running.ended).toBe(0);
  expect(shell.calls('disposed')).toHaveLength(1);
});

it('disposes the core once when the person quits, and leaves nothing', async () => {
  await shell.start();
  await shell.ready('');
  await until(async () => expect(await shell.tray.read()).not.toBeNull());
  await shell.tray.clickMenu('Quit eBrainPool');
  expect(await shell.running.ended).toBe(0);
  expect(shell.calls('disposed')).toHaveLength(1);
  await until(async () => expect(await shell.tray.read()).toBeNull());
});

it('ends within its limit when the core hangs', async () => {
  await shell.start({ env: { FAKE_CORE_HANGS: '1' } });
  await shell.ready('');
  const start = Date.now();
  shell.running.process.kill('SIGTERM');
  expect(await shell.running.ended).toBe(0);
  expect(Date.now() - start).toBeLessThan(12_000);
});

it('says in a dialog that another core has this profile, and ends', async () => {
  const ended = shell.startAndEnd({ env: { FAKE_CORE_RUNS: '1' } });
  const dialog = await until(async () => {
    const found = await shell.desktop.run(['xdotool', 'search', '--onlyvisible', '--name', '^Error$']);
    expect(found?.trim()).toMatch(/^\d+$/);
    return found?.trim() ?? '';
  });
  await shell.desktop.run(['xdotool', 'windowfocus', '--sync', dialog, 'key', 'Return']);
  expect(await ended).toBe(1);
});
