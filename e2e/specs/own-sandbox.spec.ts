// A browser builds a sandbox of its own: what both people read until its owner lets it, and that it runs with one from then on.

import { sandboxProcesses } from '../../lab/processes.ts';
import { expect, soon, test, useLan } from '../computers/fixtures.ts';

const lan = useLan({
  alice: {},
  bob: {
    apps: {
      Chromium: 'chromium --no-first-run "data:text/html,<title>A page</title><h1>A page</h1>"',
      xclock: 'xclock',
    },
  },
});

test.afterEach(async () => {
  await (await lan.bob.core()).call('sessions.endAll', {});
  for (const page of lan.alice.shell.context.pages()) if (/window=viewer/.test(page.url())) await page.close();
  await soon(() => sandboxProcesses('bob')).toEqual([]);
});

const renderers = () => sandboxProcesses('bob').filter((command) => command.includes('--type=renderer'));

test('a browser does not start until its owner lets it, and both are told why and what to do', async () => {
  const viewer = await (await lan.alice.mainPage()).launch('Bob', 'Chromium');
  const popup = await (await lan.bob.popup()).shown();
  await expect(popup.card).not.toContainText('sandbox of its own');
  await popup.allow();
  // Neither a way that does not help, nor none at all.
  await expect(viewer.page.locator('body')).toContainText(
    'it builds a sandbox of its own, as browsers do, and that computer does not let it. Ask the person there to switch on “Own sandbox”',
  );
  await expect(viewer.page.locator('body')).not.toContainText(/chromium-sandbox|No usable sandbox/);
  await viewer.close();

  const own = await lan.bob.mainPage();
  await own.goToOwn();
  const row = own.page.getByRole('listitem').filter({ hasText: 'Chromium' });
  await expect(row).toContainText('Did not start: wants its own sandbox');
  await row.getByRole('button', { name: /^Who sees Chromium/ }).click();
  const dialog = own.page.getByRole('dialog');
  await expect(dialog).toContainText(
    'A flaw in them could let it out of its container, with the rights of your account.',
  );
  await dialog.getByRole('switch', { name: 'Own sandbox' }).press('Space');
  await expect(row).toContainText('Own sandbox');
  await own.page.keyboard.press('Escape');

  const again = await (await lan.alice.mainPage()).launch('Bob', 'Chromium');
  const question = await (await lan.bob.popup()).shown();
  await expect(question.card).toContainText('You let it build a sandbox of its own');
  await question.allow();
  await again.running();
  await soon(renderers, 20_000).not.toEqual([]);
  for (const command of sandboxProcesses('bob')) expect(command).not.toContain('--no-sandbox');
});

test('what one may do is for that one alone', async () => {
  const bob = await lan.bob.core();
  expect(bob.read('settings')?.ownSandboxOfferIds).toEqual(['app:Chromium']);
  const viewer = await (await lan.alice.mainPage()).launch('Bob', 'xclock');
  const popup = await (await lan.bob.popup()).shown();
  await expect(popup.card).not.toContainText('sandbox of its own');
  await popup.allow();
  await viewer.running();
  const [outermost = ''] = sandboxProcesses('bob').filter((command) => /^\S*bwrap /.test(command));
  expect(outermost).toContain('--disable-userns');
});
