// Chromium on a computer of the lab, driven by Playwright, with the clock of its pages put beside ours.
import { type BrowserContext, chromium, type Page } from '@playwright/test';
import { programOn } from '../lab/hosts.ts';

export interface Browser extends AsyncDisposable {
  readonly context: BrowserContext;
}

export async function startBrowser(host: string): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: programOn(host, process.env['EBP_CHROMIUM'] ?? '/usr/bin/chromium'),
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
  const context = await browser.newContext({ viewport: { width: 1000, height: 700 } });
  return { context, [Symbol.asyncDispose]: () => browser.close() };
}

/** What is to be added to a page's `performance.now()` to get ours: the exchange with the shortest way decides. */
export async function clockOffset(page: Page): Promise<number> {
  let best = { tripMs: Number.POSITIVE_INFINITY, offset: 0 };
  for (let count = 0; count < 10; count += 1) {
    const before = performance.now();
    const there = await page.evaluate(() => performance.now());
    const tripMs = performance.now() - before;
    if (tripMs < best.tripMs) best = { tripMs, offset: before + tripMs / 2 - there };
  }
  return best.offset;
}
