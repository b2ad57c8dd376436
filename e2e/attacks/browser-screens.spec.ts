// What the bytes of a hostile screen do to the visitor: the window holds or says how it ended, and the others go on.
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, soon, test, useLan } from '../computers/fixtures.ts';
import {
  bell,
  cutText,
  encodings,
  extendedText,
  type HostileScreen,
  picture,
  speak,
  update,
} from './hostile-screen.ts';

const lan = useLan({ alice: {}, bob: { apps: { xcalc: 'xcalc' } } });
let hostile: HostileScreen | null = null;

/** What one page may take on top: two pictures of the largest screen, and noVNC's queue. */
const MEMORY_LIMIT_BYTES = 700 * 1024 * 1024;
/** How long a click in another window may wait on a machine that others use too. */
const PAUSE_LIMIT_MS = 2500;
const ATTACK_MS = 3500;

test.beforeAll(async () => {
  await expect((await lan.alice.mainPage()).peer('Bob')).toBeVisible();
  // In the place of the program's screen: what a host that is not ours sends passes the cores as it is.
  await lan.alice.shell.context.routeWebSocket(/\/display\//, (socket) => {
    if (hostile === null) return;
    let isOpen = true;
    socket.onClose(() => {
      isOpen = false;
    });
    const answer = speak(hostile, (bytes) => isOpen && socket.send(Buffer.from(bytes)));
    socket.onMessage(answer);
  });
});
test.afterEach(async () => {
  await (await lan.bob.core()).call('sessions.endAll', {});
  for (const page of lan.alice.shell.context.pages()) if (/window=viewer/.test(page.url())) await page.close();
});

interface Clipboards {
  readonly clipboard: { writeText(text: string): Promise<void>; readText(): Promise<string> };
}

/** The memory of the largest page. */
function largestPageBytes(): number {
  let largest = 0;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (!readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('--type=renderer')) continue;
      const kib = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1];
      largest = Math.max(largest, Number(kib ?? 0) * 1024);
    } catch {
      // It has ended meanwhile.
    }
  }
  return largest;
}

/** A screen does its worst; both windows of the visitor answer all the while, and the session can be ended. */
async function withstand(screen: HostileScreen): Promise<void> {
  const main = await lan.alice.mainPage();
  const { context } = lan.alice.shell;
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await main.page.bringToFront();
  await main.page.evaluate(() => (navigator as unknown as Clipboards).clipboard.writeText('mine'));
  const before = largestPageBytes();
  hostile = screen;
  const viewer = await main.launch('Bob', 'xcalc');
  await (await (await lan.bob.popup()).shown()).allow();
  const until = performance.now() + ATTACK_MS;
  let longestMs = 0;
  let most = 0;
  while (performance.now() < until) {
    const startedAt = performance.now();
    await Promise.all([main.page.evaluate('1'), viewer.page.evaluate('1')]);
    longestMs = Math.max(longestMs, performance.now() - startedAt);
    most = Math.max(most, largestPageBytes() - before);
    await sleep(40);
  }
  test.info().annotations.push({
    type: 'longest pause, most memory on top',
    description: `${Math.round(longestMs)} ms, ${Math.round(most / 1024 / 1024)} MiB`,
  });
  expect(most).toBeLessThan(MEMORY_LIMIT_BYTES);
  expect(longestMs).toBeLessThan(PAUSE_LIMIT_MS);
  await viewer.page.bringToFront();
  expect(await viewer.page.evaluate(() => (navigator as unknown as Clipboards).clipboard.readText())).toBe('mine');
  expect(await viewer.page.locator('script:not([src]), iframe, img[onerror]').count()).toBe(0);
  await viewer.disconnect.click();
  await expect(viewer.says('Disconnected')).toBeVisible();
  await soon(async () => (await lan.alice.core()).read('sessions')?.some(({ state }) => state !== 'ended')).toBe(false);
}

/** Sends again and again, without waiting for anything. */
const flood =
  (message: Uint8Array, times: number, pauseEvery = 50) =>
  async (send: (bytes: Uint8Array) => void) => {
    for (let sent = 0; sent < times; sent += 1) {
      send(message);
      if (sent % pauseEvery === 0) await sleep(1);
    }
  };

test('a screen that is honest is shown, so that what is seen below is not for the want of one', async () => {
  hostile = { attack: flood(picture(64, 64), 3) };
  const main = await lan.alice.mainPage();
  const viewer = await main.launch('Bob', 'xcalc');
  await (await (await lan.bob.popup()).shown()).allow();
  await viewer.running();
});

test('a screen of 65,535 × 65,535 pixels', async () => {
  await withstand({ size: { width: 65_535, height: 65_535 }, attack: () => {} });
});

test('a screen that grows to 65,535 × 65,535 pixels', async () => {
  const grow = update([{ width: 65_535, height: 65_535, encoding: encodings.desktopSize }]);
  await withstand({ attack: (send) => send(grow) });
});

test('a screen of no pixels', async () => {
  await withstand({ size: { width: 0, height: 0 }, attack: flood(update([]), 500) });
});

test('a screen that changes its size all the time', async () => {
  const sizes = update(
    Array.from({ length: 200 }, (_, at) => ({
      width: 3000 + (at % 2) * 900,
      height: 2000,
      encoding: encodings.desktopSize,
    })),
  );
  await withstand({ attack: flood(sizes, 5) });
});

test('a pointer of 65,535 × 65,535 pixels', async () => {
  const cursor = update([{ width: 65_535, height: 65_535, encoding: encodings.cursor, data: Buffer.alloc(1 << 20) }]);
  await withstand({ attack: flood(cursor, 80, 1) });
});

test('a pointer that covers the window, again and again', async () => {
  const [width, height] = [1000, 800];
  const data = Buffer.alloc(width * height * 4 + Math.ceil(width / 8) * height, 0xff);
  const cursor = update([{ width, height, encoding: encodings.cursor, data }]);
  await withstand({ attack: flood(cursor, 10, 1) });
});

test('a flood of clipboard texts without the power', async () => {
  await withstand({ attack: flood(Buffer.concat(Array.from({ length: 100 }, () => cutText('hostile'))), 200) });
});

test('a clipboard text of two gigabytes', async () => {
  await withstand({ attack: flood(Buffer.concat([cutText('a', 0x7fffffff), Buffer.alloc(1 << 20)]), 60, 1) });
});

test('a packed clipboard text that says that it has two gigabytes', async () => {
  await withstand({ attack: flood(extendedText(1000, 0x7fffffff), 20) });
});

test('a packed clipboard text that unpacks to 200 megabytes', async () => {
  await withstand({ attack: flood(extendedText(200 * 1024 * 1024), 3, 1) });
});

test('a flood of bells', async () => {
  await withstand({ attack: flood(Buffer.alloc(65_536, bell), 100) });
});

test('a screen’s name with HTML, of a megabyte', async () => {
  const name = `<img src=x onerror=alert(1)><script>document.title='pwned'</script>${'A'.repeat(1 << 20)}`;
  await withstand({ name, attack: () => {} });
});

test('65,535 rectangles that each copy the whole screen', async () => {
  const size = { width: 2000, height: 1500 };
  const copy = { ...size, encoding: encodings.copyRect, data: Buffer.alloc(4) };
  const rectangles = update(Array.from({ length: 65_535 }, () => copy));
  await withstand({ size, attack: flood(rectangles, 4, 1) });
});

test('an update that says that it has 65,535 rectangles and never goes on', async () => {
  await withstand({ attack: (send) => send(update([], 65_535)) });
});

test('a rectangle outside of the screen, in each encoding', async () => {
  for (const encoding of [encodings.raw, encodings.rre, encodings.hextile]) {
    const data = Buffer.alloc(40_000, 0xff);
    const outside = update([{ x: 65_000, y: 65_000, width: 100, height: 100, encoding, data }]);
    await withstand({ attack: flood(outside, 20) });
  }
});

test('compressed pictures that are none (Tight, ZRLE)', async () => {
  const junk = Buffer.alloc(5000, 0x9f);
  for (const encoding of [encodings.tight, encodings.zrle])
    await withstand({ attack: flood(update([{ width: 60, height: 60, encoding, data: junk }]), 20) });
});

test('an encoding, a message and a colour map that nobody knows', async () => {
  await withstand({ attack: (send) => send(update([{ width: 1, height: 1, encoding: encodings.unknown }])) });
  await withstand({ attack: (send) => send(Buffer.alloc(100, 77)) });
  await withstand({ attack: flood(Buffer.from([1, 0, 0, 0, 0xff, 0xff]), 20) });
});

test('a stream of random bytes', async () => {
  const random = Buffer.from(Array.from({ length: 65_536 }, (_, at) => (at * 2_654_435_761) >>> 24));
  await withstand({ attack: flood(random, 100) });
});
