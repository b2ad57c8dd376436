// The browser shell serves its person alone: no cookie, no page; a token opens once.
import { expect, test, useLan } from '../computers/fixtures.ts';

const lan = useLan({ alice: { apps: { xcalc: 'xcalc' } } });

test('without the cookie there is nothing', async ({ chromiums }) => {
  const url = new URL((await lan.alice.shell.main()).url());
  const chromium = await chromiums.on('alice');
  await using context = await chromium.newContext();
  const page = await context.newPage();
  for (const path of ['/', '/?window=popup', '/icons/0', '/assets/index.js', '/?token=guessed']) {
    const response = await page.goto(`${url.origin}${path}`);
    expect(response?.status(), path).toBe(401);
  }
  await expect(page.getByText('ebp open', { exact: true }).first()).toBeVisible();
  const isRefused = await page.evaluate(
    (origin) =>
      new Promise((resolve) => {
        const Socket = (globalThis as unknown as { WebSocket: new (url: string) => EventTarget }).WebSocket;
        const socket = new Socket(`${origin.replace('http', 'ws')}/contract`);
        socket.addEventListener('open', () => resolve(false));
        socket.addEventListener('error', () => resolve(true));
      }),
    url.origin,
  );
  expect(isRefused).toBe(true);
});

test('the printed token opens one browser and then no other', async ({ chromiums }) => {
  const printed = lan.alice.lines.map((line) => /http:\S+token=\S+/.exec(line)?.[0]).find(Boolean) ?? '';
  expect(printed).not.toBe('');
  const chromium = await chromiums.on('alice');
  await using context = await chromium.newContext();
  const page = await context.newPage();
  // The first page of this spec has used it.
  expect((await page.goto(printed))?.status()).toBe(401);
  await expect(page.getByTestId('peer-row')).toHaveCount(0);
});

test('the address shows no token once the page is open', async () => {
  const page = await lan.alice.shell.main();
  expect(page.url()).not.toContain('token');
  await page.reload();
  await expect(page.getByRole('button', { name: 'Settings', exact: true })).toBeVisible();
});
