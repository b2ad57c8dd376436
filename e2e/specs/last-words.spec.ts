// A program that fails: its visitor reads its own last words in each view, its owner's log has them, and a normal end warns of nothing.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sandboxProcesses } from '../../lab/processes.ts';
import { checkAccess } from '../computers/axe.ts';
import type { Computer } from '../computers/computer.ts';
import { expect, soon, test, useLan } from '../computers/fixtures.ts';
import { nothingHappens } from '../computers/nothing-happens.ts';

const lan = useLan({
  alice: { hasScreen: true },
  bob: {
    apps: {
      failing: `sh -c "echo opening; printf 'no \\\\\\\\033[31msound\\\\\\\\n' >&2; sleep 1; exit 3"`,
      launcher: 'sh -c "xcalc & exit 0"',
    },
  },
});

/** Warnings and errors in the log of a computer. */
function complaints(computer: Computer): Record<string, unknown>[] {
  const lines = readFileSync(join(computer.profileDir, 'logs', 'ebrainpool.log'), 'utf8')
    .trim()
    .split('\n');
  return lines
    .map((line) => JSON.parse(line))
    .filter(({ level }) => level === 'warn' || level === 'error' || level >= 40);
}

async function answerYes(): Promise<void> {
  await (await (await lan.bob.popup()).shown()).allow();
}

test('in the viewer, quoted, and not said as ours', async () => {
  const viewer = await (await lan.alice.mainPage()).launch('Bob', 'failing');
  await answerYes();
  await expect(viewer.says('failing did not work')).toBeVisible();
  const quotation = viewer.page.getByRole('figure');
  await expect(quotation).toContainText('The program’s own last words:');
  await expect(quotation.getByRole('blockquote')).toHaveText(/^opening\s+no sound$/);
  await checkAccess(viewer.page, 'a program that failed');
  await viewer.page.setViewportSize({ width: 700, height: 500 });
  await expect(viewer.page.getByRole('button', { name: 'Close' })).toBeInViewport({ ratio: 1 });
  await viewer.page.screenshot({ path: test.info().outputPath('last-words.png') });
  await expect((await lan.alice.mainPage()).sessions('visitor', 'ended').first()).toContainText('no sound');
  const told = complaints(lan.bob).filter(({ exitCode }) => exitCode === 3);
  expect(told).toMatchObject([{ offer: 'app:failing', first: ['opening', 'no sound'], last: [] }]);
});

test('in the terminal, for native windows and the viewer alike', async () => {
  for (const view of ['--native', '--viewer']) {
    const running = lan.alice.cli('launch', 'Bob', 'failing', ...(view === '--native' ? [view] : []), '--follow');
    await answerYes();
    const { code, error } = await running;
    expect(code, view).toBe(1);
    expect(error.split('\n').sort(), view).toEqual(
      [
        '',
        'The program failed with exit code 3. It may not work inside a container.',
        'The program’s own last words:',
        '  | no sound',
        '  | opening',
      ].sort(),
    );
  }
});

test('a native window whose launcher returned at once stays, and its end is normal', async () => {
  const { screen } = lan.alice;
  const before = [complaints(lan.alice).length, complaints(lan.bob).length];
  await (await lan.alice.mainPage()).launchNative('Bob', 'launcher');
  await answerYes();
  await soon(() => screen.windows()).toContain('Calculator');
  // Longer than a launcher's end takes to be told.
  await nothingHappens(1500, async () => (await screen.windows()).includes('Calculator'), true);
  await screen.run(['xdotool', 'search', '--name', 'Calculator', 'windowkill']);
  await soon(() => sandboxProcesses('bob'), 8000).toEqual([]);
  await expect((await lan.alice.mainPage()).sessions('visitor', 'running')).toHaveCount(0);
  expect([complaints(lan.alice).slice(before[0]), complaints(lan.bob).slice(before[1])]).toEqual([[], []]);
});
