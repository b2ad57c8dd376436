// Two visitors of one computer at the same time, who must not meet there.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, soon, test, useLan } from '../computers/fixtures.ts';
import type { Viewer } from '../pages/viewer.ts';

const lan = useLan({ alice: {}, bob: { apps: { xterm: 'xterm' } }, carol: {} });

test('two visitors see neither each other’s files nor processes, nor the owner’s', async () => {
  const viewers: Viewer[] = [];
  for (const visitor of [lan.alice, lan.carol]) {
    const viewer = await (await visitor.mainPage()).launch('Bob', 'xterm');
    const popup = await (await lan.bob.popup()).shown();
    await expect(popup.card).toContainText(`${visitor.name} (not verified) asks to use xterm`);
    await popup.allow();
    viewers.push(await viewer.running());
  }
  const [ofAlice, ofCarol] = viewers;
  if (ofAlice === undefined || ofCarol === undefined) throw new Error('two viewers were opened');
  await expect((await lan.bob.mainPage()).sessions('host', 'running')).toHaveCount(2);

  await ofAlice.type('echo secret-of-alice > secret.txt; (exec -a program-of-alice sleep 1000) &\n');
  await soon(() => findHome('secret.txt')).toBeDefined();
  const look = [
    'ps axww -o args > ps.txt',
    '(ls -aR /home /tmp /run; ls /proc) > files.txt 2>&1',
    'cat /proc/net/unix > unix.txt',
    `(cat ${lan.bob.settingsPath}; ls ${lan.bob.profileDir}; cat ${findHome('secret.txt')}/secret.txt) > owner.txt 2>&1`,
    'cat /proc/net/route > route.txt; id > id.txt; touch /usr/x 2> ro.txt; touch done.txt',
  ];
  await ofCarol.type(`${look.join('; ')}\n`);
  await soon(() => findHome('done.txt'), 20_000).toBeDefined();

  const [home, aliceHome] = [findHome('done.txt') ?? '', findHome('secret.txt')];
  expect(home).not.toBe(aliceHome);
  const read = (name: string) => readFileSync(join(home, name), 'utf8');
  expect(read('ps.txt')).toContain('xterm');
  expect(read('ps.txt')).not.toContain('program-of-alice');
  expect(read('ps.txt')).not.toContain('headless/main.ts');
  expect(read('ps.txt').match(/^\S*xterm\b/gm)).toHaveLength(1);
  expect(read('files.txt')).not.toContain('secret.txt');
  expect(read('files.txt')).not.toContain('settings.json');
  expect(read('owner.txt')).not.toContain('secret-of-alice');
  expect(read('owner.txt')).not.toContain('isSharedByDefault');
  expect(read('owner.txt').match(/No such file|cannot access/g)?.length).toBeGreaterThanOrEqual(3);
  expect(read('unix.txt')).not.toContain(lan.bob.host);
  // No network: the table of routes has its heading alone.
  expect(read('route.txt').trim().split('\n')).toHaveLength(1);
  expect(read('id.txt')).toContain('uid=1000(ebp)');
  expect(read('ro.txt')).toContain('Read-only file system');

  // One's end is not the other's.
  await ofAlice.disconnect.click();
  await expect(ofAlice.says('Disconnected')).toBeVisible();
  await ofCarol.type('touch still-here.txt\n');
  await soon(() => findHome('still-here.txt')).toBe(home);
  expect(readdirSync(aliceHome ?? '')).toContain('secret.txt');
});

test('a visitor’s home is there again the next time, until the owner resets it', async () => {
  const alice = await lan.alice.mainPage();
  const open = async () => {
    const viewer = await alice.launch('Bob', 'xterm');
    await (await (await lan.bob.popup()).shown()).allow();
    return viewer.running();
  };
  const first = await open();
  await first.type('echo mine > mine.txt\n');
  await soon(() => findHome('mine.txt')).toBeDefined();
  await first.disconnect.click();
  const second = await open();
  await second.type('cp mine.txt again.txt\n');
  await soon(() => findHome('again.txt')).toBeDefined();

  const bob = await lan.bob.mainPage();
  await bob.goToSettings('People');
  const row = bob.page.getByTestId('container-row').or(bob.page.locator('.list-row')).filter({ hasText: 'Alice' });
  await row.getByRole('button', { name: 'Reset…' }).click();
  await bob.page.getByRole('dialog').getByRole('button', { name: 'Reset', exact: true }).click();
  await expect(second.says('Bob ended it')).toBeVisible();
  await soon(() => findHome('mine.txt')).toBeUndefined();
});

/** The home on Bob's disk that has such a file. */
function findHome(file: string): string | undefined {
  return lan.bob.homes().find((home) => existsSync(join(home, file)));
}
