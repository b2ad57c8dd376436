// Folders that the owner mounts: what would open this computer is refused wherever it is chosen, and a program gets nothing of it.
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { folderOf } from '../../lab/hosts.ts';
import { expect, soon, test, useLan } from '../computers/fixtures.ts';

const runtime = folderOf('bob', 'run');
/** Asks the owner's core for another name, as `ebp` would; says what came of it. */
const speak = `for s in $(find ${runtime} -name 'core-*.sock'); do echo '{"jsonrpc":"2.0","id":1,"method":"settings.update","params":{"name":"Mine"}}' | socat -t 2 - UNIX-CONNECT:$s; done`;
const lan = useLan({
  alice: {},
  bob: {
    apps: { look: `sh -c "{ ls -d /srv ${runtime}; ${speak}; } >told 2>&1; touch done; exec xcalc"` },
    // Chosen with an earlier version, or written there by hand.
    settings: {
      mounts: [
        { path: runtime, mode: 'ro' },
        { path: '/srv', mode: 'ro' },
      ],
    },
  },
});

test('a folder that was chosen before and opens this computer is not given to a program, and its owner sees why', async () => {
  const listed = await lan.bob.cli('mounts');
  expect(listed.out).toMatch(new RegExp(`${runtime} +not given to programs`));
  expect(listed.out).toContain(`${runtime}: Your own programs, and eBrainPool itself, listen in ${runtime}`);
  expect((await lan.bob.cli('status')).out).toContain(`Programs run without ${runtime}`);

  const viewer = await (await lan.alice.mainPage()).launch('Bob', 'look');
  const popup = await (await lan.bob.popup()).shown();
  await expect(popup.card).toContainText('/srv read only');
  await expect(popup.card).toContainText(`${runtime} not given to programs`);
  await expect(popup.card).toContainText(`listen in ${runtime}`);
  await popup.allow();
  await viewer.running();
  await soon(() => lan.bob.readInHome('done')).toBeDefined();
  const told = lan.bob.readInHome('told') ?? '';
  expect(told).toMatch(/^\/srv$/m);
  expect(told).toContain('No such file');
  expect(told).not.toContain('jsonrpc');
  expect(lan.bob.readSettings().name).toBe('Bob');
  await viewer.disconnect.click();
});

test('none of the folders that open this computer can be chosen, by terminal or window, by name or by link', async () => {
  const link = join(folderOf('bob', 'home'), 'music');
  mkdirSync(folderOf('bob', 'home'), { recursive: true });
  symlinkSync(lan.bob.profileDir, link);
  const before = lan.bob.readSettings().mounts;
  for (const path of [
    '/',
    '/proc',
    '/dev',
    '/run',
    '/tmp',
    '/tmp/.X11-unix',
    '/etc',
    runtime,
    lan.bob.profileDir,
    link,
  ]) {
    const { code, error } = await lan.bob.cli('mounts', 'add', path);
    expect([code, error], path).toEqual([1, expect.stringMatching(/^Programs cannot be given .*\. .*Choose /)]);
  }
  const main = await lan.bob.mainPage();
  await main.goToSettings('Sharing');
  const field = main.page.getByLabel('Folder to add');
  await field.fill('/srv/../proc');
  // Said before anything is chosen, and again by the answer.
  await expect(
    main.page.getByText('/proc shows the system itself and its devices. Choose an ordinary folder.'),
  ).toBeVisible();
  await main.page.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(
    main.page.getByText(/^Programs cannot be given \/srv\/\.\.\/proc\. \/proc shows the system itself/),
  ).toBeVisible();
  expect(lan.bob.readSettings().mounts).toEqual(before);
  // What is refused can be left there.
  await main.page.getByRole('button', { name: `Remove ${runtime}` }).click();
  await soon(() => lan.bob.readSettings().mounts).toEqual([{ path: '/srv', mode: 'ro' }]);
  await expect(main.page.getByText(`listen in ${runtime}`)).toBeHidden();
});
