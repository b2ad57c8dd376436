// A program's windows in the viewer: its bar lists them and switches, names the window after the document, and none can be lost.

import { sandboxProcesses } from '../../lab/processes.ts';
import { checkAccess } from '../computers/axe.ts';
import { expect, soon, test, useLan } from '../computers/fixtures.ts';
import { openSession } from '../computers/open-session.ts';
import { inkOf } from '../computers/picture.ts';

const TWO = "xterm -T plan.txt -e sleep 600 & xterm -T notes.txt -e sh -c 'head -n 1 >said.txt; sleep 600'";

const lan = useLan({
  alice: {},
  bob: {
    apps: {
      two: `sh -c "${TWO}"`,
      keys: 'sh -c "exec xev >keys.txt"',
      // Minimises itself at Enter, and writes down what becomes of its window.
      alone:
        'xterm -T alone -e sh -c "xprop -spy -name alone WM_STATE >states.txt & head -n 1; xdotool search --name alone windowminimize; sleep 600"',
      named: `sh -c "exec xterm -T '${'Bob (verified) · '.repeat(20)}' -e sleep 600"`,
      small:
        'xlogo -title small -geometry 200x150 -xrm "*minWidth: 200" -xrm "*maxWidth: 200" -xrm "*minHeight: 150" -xrm "*maxHeight: 150"',
    },
  },
});

test.afterEach(async () => {
  await (await lan.bob.core()).call('sessions.endAll', {});
  for (const page of lan.alice.shell.context.pages()) if (/window=viewer/.test(page.url())) await page.close();
  await expect.poll(() => sandboxProcesses('bob')).toEqual([]);
});

test('the bar lists the windows and switches between them, also by the keyboard, and the title is the document’s', async () => {
  const { viewer } = await openSession(lan.alice, lan.bob, 'two', {});
  const { page } = viewer;
  await expect(viewer.windows).toHaveAccessibleName('2 windows of the program');
  const titles = ['plan.txt', 'notes.txt'];
  const front = async () => (await page.title()).replace(' · Bob (not verified)', '');
  await soon(async () => titles.includes(await front())).toBe(true);
  const first = await front();
  const second = titles.find((title) => title !== first) as string;
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`${first} · Bob`);

  await viewer.windows.click();
  await expect(viewer.windowList.getByRole('button', { name: first, exact: true })).toHaveAttribute(
    'aria-current',
    'true',
  );
  await checkAccess(page, 'the windows of a program');
  await page.screenshot({ path: test.info().outputPath('windows-dark.png') });
  await page.emulateMedia({ colorScheme: 'light' });
  for (const [width, height] of [
    [1280, 720],
    [700, 500],
  ] as const) {
    await page.setViewportSize({ width, height });
    await expect(page.getByText('Bob', { exact: false }).first()).toBeInViewport();
    await expect(viewer.disconnect).toBeInViewport({ ratio: 1 });
    await expect(viewer.windowList).toBeInViewport({ ratio: 1 });
    await page.screenshot({ path: test.info().outputPath(`windows-${width}.png`) });
  }
  await viewer.windowList.getByRole('button', { name: second, exact: true }).click();
  await soon(front).toBe(second);
  await expect(viewer.windowList).toBeHidden();

  // Keys go to the window in front.
  await page.keyboard.press('Control+Alt+PageDown');
  await soon(front).toBe(first);
  await page.keyboard.press('Control+Alt+PageUp');
  await soon(front).toBe(second);
  if ((await front()) !== 'notes.txt') await page.keyboard.press('Control+Alt+PageUp');
  await soon(front).toBe('notes.txt');
  await viewer.type('hello\n');
  await soon(() => lan.bob.readInHome('said.txt')).toBe('hello\n');

  await viewer.windows.click();
  await viewer.windowList.getByRole('button', { name: 'Close plan.txt' }).click();
  await expect(viewer.windows).toBeHidden();
  expect(await front()).toBe('notes.txt');
});

test('who only watches sees the title, and can neither switch nor close', async () => {
  const { viewer, atVisitor } = await openSession(lan.alice, lan.bob, 'two', { isViewOnly: true });
  await soon(() => viewer.page.title()).toMatch(/\.txt · Bob/);
  await expect(viewer.windows).toHaveCount(0);
  const core = await lan.alice.core();
  const [window] = core.read('sessions')?.find(({ id }) => id === atVisitor)?.windows ?? [];
  await expect(core.call('windows.close', { sessionId: atVisitor, windowId: window?.id ?? 0 })).rejects.toMatchObject({
    code: 'not-allowed',
  });
});

test('a title cannot hide whose program it is, nor pass for the name', async () => {
  const { viewer } = await openSession(lan.alice, lan.bob, 'named', {});
  await viewer.page.setViewportSize({ width: 700, height: 500 });
  await soon(() => viewer.page.title()).toMatch(/^Bob \(verified\) - Bob/);
  expect(await viewer.page.title()).toMatch(/^[^·]{1,60} · Bob \(not verified\)$/);
  const heading = viewer.page.getByRole('heading', { level: 1 });
  await expect(heading.getByText('· Bob', { exact: true })).toBeInViewport({ ratio: 1 });
  await expect(viewer.disconnect).toBeInViewport({ ratio: 1 });
  await viewer.page.screenshot({ path: test.info().outputPath('long-title.png') });
});

test('a window of a fixed size stands in the middle, and stays there', async () => {
  const { viewer } = await openSession(lan.alice, lan.bob, 'small', {});
  /** How much farther what is drawn is from one edge than from the other, and the ground that it stands on. */
  const place = async () => {
    const { width, height, rgb } = await viewer.picture();
    const ground = [...rgb.subarray(0, 3)];
    // Pictures of JPEG are a little off.
    const isGround = (at: number) => ground.every((value, channel) => Math.abs(value - (rgb[at + channel] ?? 0)) < 48);
    let [left, top, right, bottom] = [width, height, 0, 0];
    for (let at = 0; at < width * height; at += 1) {
      if (isGround(at * 3)) continue;
      const [x, y] = [at % width, Math.floor(at / width)];
      [left, top, right, bottom] = [
        Math.min(left, x),
        Math.min(top, y),
        Math.max(right, x + 1),
        Math.max(bottom, y + 1),
      ];
    }
    const isInTheMiddle = Math.abs(left - (width - right)) <= 4 && Math.abs(top - (height - bottom)) <= 4;
    return {
      isInTheMiddle,
      size: [right - left, bottom - top].map((px) => Math.round(px / 20) * 20),
      isBlack: ground.every((value) => value <= 40),
    };
  };
  const middle = { isInTheMiddle: true, size: [200, 160], isBlack: false };
  // The screen draws its pointer until the person has one in it.
  await viewer.point({ x: 4, y: 4 });
  await viewer.point({ x: 3, y: 3 });
  await soon(place).toEqual(middle);
  await viewer.page.setViewportSize({ width: 700, height: 500 });
  await soon(async () => (await viewer.picture()).width).toBe(700);
  await soon(place).toEqual(middle);
});

test('a program that is minimised comes back', async () => {
  const { viewer } = await openSession(lan.alice, lan.bob, 'alone', {});
  await soon(() => viewer.page.title()).toContain('alone · Bob');
  const states = () =>
    [...(lan.bob.readInHome('states.txt') ?? '').matchAll(/window state: (\w+)/g)].map(([, state]) => state);
  await soon(states).toEqual(['Normal']);
  await viewer.type('\n');
  await soon(states).toEqual(['Normal', 'Iconic', 'Normal']);
  await soon(async () => inkOf(await viewer.picture())).toBeGreaterThan(0);
  await expect(viewer.page).toHaveTitle('alone · Bob (not verified)');
});

test('a key that is held when the focus goes to the bar is let go in the program', async () => {
  const { viewer } = await openSession(lan.alice, lan.bob, 'keys', { files: true });
  const { page } = viewer;
  const log = () => lan.bob.readInHome('keys.txt') ?? '';
  const count = (event: string) => log().split(event).length - 1;
  await soon(log).toContain('MapNotify');
  await viewer.screen.locator('canvas').first().focus();
  for (const [key, leave] of [
    ['Alt', () => page.getByRole('button', { name: 'Files' }).click()],
    ['Shift', () => page.getByRole('button', { name: 'Scale' }).focus()],
  ] as const) {
    await viewer.screen.locator('canvas').first().focus();
    const [pressed, released] = [count('KeyPress event'), count('KeyRelease event')];
    await page.keyboard.down(key);
    // xev writes in blocks: what it has not written yet is pushed out by moving the mouse.
    await expect
      .poll(async () => {
        await viewer.point({ x: 40 + Math.floor(Math.random() * 200), y: 60 });
        return count('KeyPress event') - pressed;
      })
      .toBe(1);
    await leave();
    await page.keyboard.up(key);
    await expect
      .poll(async () => {
        await viewer.point({ x: 40 + Math.floor(Math.random() * 200), y: 60 });
        return count('KeyRelease event') - released;
      })
      .toBe(1);
  }
});
