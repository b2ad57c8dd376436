// Takes the README's pictures inside the lab: three computers, real programs, eBrainPool in Electron on two of them.
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Page } from '@playwright/test';
import { Desktops } from '../e2e/computers/electron-shell.ts';
import { electron, findPage, launchElectron, type RunningElectron } from '../e2e/electron/launch.ts';
import { folderOf, hosts, spawnOn } from '../lab/hosts.ts';

const here = import.meta.dirname;
const root = resolve(here, '..');
const pictures = process.env['EBP_PICTURES'] ?? join(root, 'docs', 'images');
const names: Readonly<Record<string, string>> = {
  alice: 'Alice’s laptop',
  bob: 'Bob’s workstation',
  carol: 'Carol’s desktop',
};
mkdirSync(pictures, { recursive: true });

await using stack = new AsyncDisposableStack();
const desktops = stack.use(new Desktops());

function prepare(host: string): string {
  const data = join(folderOf(host, 'home'), '.local', 'share');
  mkdirSync(data, { recursive: true });
  cpSync(join(here, 'demo-apps', 'applications'), join(data, 'applications'), { recursive: true });
  cpSync(join(here, 'demo-apps', 'icons'), join(data, 'icons', 'hicolor', 'scalable', 'apps'), { recursive: true });
  const profile = join(folderOf(host, 'home'), 'profile');
  mkdirSync(profile, { mode: 0o700 });
  const settings = { name: names[host] ?? host, isSetUp: true, isSharedByDefault: true };
  writeFileSync(join(profile, 'settings.json'), JSON.stringify(settings));
  return profile;
}

async function start(host: string): Promise<RunningElectron> {
  const desktop = await desktops.on(host);
  // Only the applications of the demo: what is installed on this machine differs.
  const shared = join(folderOf(host, 'tmp'), 'share');
  mkdirSync(shared);
  symlinkSync('/usr/share/icons', join(shared, 'icons'));
  const env = { XDG_DATA_DIRS: shared };
  return stack.use(await launchElectron({ desktop, args: ['--profile', prepare(host)], env }));
}

/** Carol is only there to be seen: nobody looks at her screen. */
function startUnseen(host: string): void {
  const main = join(root, 'src', 'headless', 'main.ts');
  const child = spawnOn(host, ['node', main, '--profile', prepare(host), '--no-open'], { cwd: root, stdio: 'ignore' });
  stack.defer(() => void child.kill('SIGTERM'));
}

for (const host of hosts().slice(2)) startUnseen(host);
const [aliceShell, bobShell] = await Promise.all([start('alice'), start('bob')]);
const alice = { page: await findPage(aliceShell.context, ''), context: aliceShell.context };
const bob = { page: await findPage(bobShell.context, ''), popup: await findPage(bobShell.context, '?window=popup') };
for (const page of [bob.page, bob.popup]) await page.emulateMedia({ colorScheme: 'dark' });
const shoot = (page: Page, name: string) => page.screenshot({ path: join(pictures, `${name}.png`) });

await alice.page.getByTestId('peer-row').filter({ hasText: 'Bob' }).click();
const tile = alice.page.getByTestId('offer-tile').filter({ hasText: 'Calculator' });
await tile.waitFor();
await alice.page.waitForTimeout(800);
await shoot(alice.page, 'applications');

const opened = alice.context.waitForEvent('page');
await tile
  .getByRole('button')
  .first()
  .click()
  .catch(() => tile.click());
const viewer = await opened;
const card = bob.popup.getByTestId('request-card');
await card.waitFor();
await viewer.waitForTimeout(900);
await shoot(viewer, 'waiting');
await shoot(bob.popup, 'request');
await card.getByRole('button', { name: /allow once/i }).click();
await viewer.locator('html[data-viewer="running"]').waitFor();
await viewer.waitForTimeout(1500);
await shoot(viewer, 'viewer');
await alice.page.waitForTimeout(500);
await shoot(alice.page, 'session');
await shoot(bob.page, 'host');
console.log(`Pictures are in ${pictures}, of windows of Electron ${electron().version}.`);
