// Takes the README's pictures inside the lab: three computers, real programs, Chromium on each.
import { cpSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { type BrowserContext, chromium, type Page } from '@playwright/test';
import { folderOf, hosts, programOn, spawnOn } from './lab-hosts.ts';

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

async function startShell(host: string): Promise<string> {
  const data = join(folderOf(host, 'home'), '.local', 'share');
  mkdirSync(data, { recursive: true });
  cpSync(join(here, 'demo-apps', 'applications'), join(data, 'applications'), { recursive: true });
  cpSync(join(here, 'demo-apps', 'icons'), join(data, 'icons', 'hicolor', 'scalable', 'apps'), { recursive: true });
  const profile = join(folderOf(host, 'home'), 'profile');
  const shell = ['node', join(root, 'src', 'headless', 'main.ts'), '--profile', profile, '--no-open', '--share-all'];
  const child = spawnOn(host, [...shell, '--name', names[host] ?? host], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  stack.defer(() => {
    child.kill('SIGTERM');
  });
  if (child.stdout === null) throw new Error('the shell has no stdout');
  for await (const line of createInterface(child.stdout)) {
    const address = /http:\/\/127\.0\.0\.1:\d+\/\S*/.exec(line)?.[0];
    if (address !== undefined) return address;
  }
  throw new Error(`eBrainPool on ${host} ended`);
}

async function open(
  host: string,
  address: string,
  colorScheme: 'light' | 'dark',
): Promise<{ page: Page; context: BrowserContext }> {
  const browser = await chromium.launch({ executablePath: programOn(host, 'chromium'), chromiumSandbox: false });
  stack.defer(() => browser.close());
  const context = await browser.newContext({ viewport: { width: 1200, height: 760 }, colorScheme });
  const page = await context.newPage();
  await page.goto(address);
  return { page, context };
}

const addresses = Object.fromEntries(
  await Promise.all(hosts().map(async (host) => [host, await startShell(host)] as const)),
);
const alice = await open('alice', addresses['alice'] ?? '', 'light');
const bob = await open('bob', addresses['bob'] ?? '', 'dark');
const shoot = (page: Page, name: string) => page.screenshot({ path: join(pictures, `${name}.png`) });

await alice.page.getByTestId('peer-row').filter({ hasText: 'Bob' }).click();
const tile = alice.page.getByTestId('app-tile').filter({ hasText: 'Calculator' });
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
await viewer.setViewportSize({ width: 760, height: 560 });
const card = bob.page.getByTestId('request-card');
await card.waitFor();
await viewer.waitForTimeout(900);
await shoot(viewer, 'waiting');
await shoot(bob.page, 'request');
await card.getByRole('button', { name: /allow once/i }).click();
await viewer.locator('html[data-viewer="running"]').waitFor();
await viewer.waitForTimeout(1500);
await shoot(viewer, 'viewer');
await alice.page.bringToFront();
await alice.page.waitForTimeout(500);
await shoot(alice.page, 'session');
await shoot(bob.page, 'host');
console.log(`Pictures are in ${pictures}.`);
