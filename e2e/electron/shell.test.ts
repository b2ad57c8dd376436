// Every line of src/main and src/preload that a person meets, in a real Electron with a core that does as it is told: the windows.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { nothingHappens } from '../computers/nothing-happens.ts';
import { makeAsk, makeSession, uuid } from './fixture/topics.ts';
import { hasPorts, type PageTest, until, useShell } from './fixture/use-shell.ts';

/** Of the page that `page.evaluate` runs in. */
declare const test: PageTest;
// biome-ignore lint/suspicious/noExplicitAny: the DOM of the page, whose types this world does not have
declare const window: any;

const shell = useShell();

it('opens a main window whose page gets contract and displays', async () => {
  await shell.start();
  const page = await shell.ready('');
  await until(async () => expect(await shell.look('')).toMatchObject({ isVisible: true, isFocused: true }));
  expect(shell.calls('created')).toEqual([
    { profileDir: join(shell.folder, 'profile'), shell: 'electron', version: '0.0.1', secrets: {} },
  ]);

  // A method goes out and its answer comes back; input is checked.
  await page.evaluate(() => {
    test.contract.postMessage({ jsonrpc: '2.0', id: 7, method: 'health.check', params: {} });
    test.contract.postMessage({ jsonrpc: '2.0', id: 8, method: 'peers.add', params: { address: 7 } });
  });
  await until(async () => expect(await page.evaluate(() => test.answers.length)).toBe(2));
  const answers = await page.evaluate(() => test.answers);
  expect(answers[0]).toEqual({ jsonrpc: '2.0', id: 7, result: {} });
  expect(answers[1]?.error?.data).toMatchObject({ code: 'bad-input' });

  // A display carries bytes both ways, exactly.
  await page.evaluate(() => {
    test.displays.postMessage({ stream: 1, kind: 'open', sessionId: '00000000-0000-4000-8000-000000000001' });
    test.displays.postMessage({ stream: 2, kind: 'open', sessionId: 'ffffffff-0000-4000-8000-000000000001' });
  });
  await until(async () => expect(await page.evaluate(() => test.display.length)).toBe(2));
  expect(await page.evaluate(() => test.display)).toEqual([
    { stream: 1, kind: 'opened' },
    { stream: 2, kind: 'close', problem: { code: 'not-found', params: { what: 'session' } } },
  ]);
  await page.evaluate(() =>
    test.displays.postMessage({ stream: 1, kind: 'data', bytes: Uint8Array.from({ length: 256 }, (_, i) => i) }),
  );
  await until(async () => expect(await page.evaluate(() => test.display.length)).toBe(3));
  const echo = await page.evaluate(() => [...(test.display[2]?.bytes ?? [])]);
  expect(echo).toEqual(Array.from({ length: 256 }, (_, i) => i));
  expect(await page.evaluate(() => test.isUint8Array)).toBe(true);

  // A page that asks again gets new ports, and the ones before are closed.
  await page.evaluate(() => window.postMessage('ebrainpool-ready', window.location.origin));
  await until(async () => expect(await page.evaluate(() => test.portsGiven)).toBe(2));
  await until(() => expect(shell.calls('display closed')).toHaveLength(1));
  await until(() => expect(shell.calls('detached')).toHaveLength(1));

  // A reload gets new ports; the old ones end with the document that had them.
  await page.reload();
  await hasPorts(page);
  await until(() => expect(shell.calls('detached')).toHaveLength(2));
});

it('runs every page in Chromium’s sandbox: a PID namespace of its own, and system calls filtered', async () => {
  await shell.start();
  await shell.ready('');
  await shell.ready('?window=popup');
  const renderers = renderersOf(shell.running.process.pid ?? 0);
  expect(renderers.length).toBeGreaterThanOrEqual(2);
  for (const status of renderers) {
    // seccomp(2): 2 is filter mode.
    expect(status).toMatch(/^Seccomp:\s+2$/m);
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(status).toMatch(/^NSpid:\s+\d+\s+\d+/m);
    expect(status).toMatch(/^CapEff:\s+0+$/m);
  }
});

it('refuses navigation, foreign windows, inline scripts and the network', async () => {
  await shell.start();
  const page = await shell.ready('');
  await until(async () => expect((await shell.look('')).isVisible).toBe(true));
  await shell.ready('?window=popup');
  const address = page.url();

  await page.click('#away', { noWaitAfter: true });
  await page.evaluate(() => {
    window.location.href = 'https://elsewhere.test/';
  });
  await page.evaluate(() => {
    window.location.href = '/icons/nothing';
  });
  await nothingHappens(300, () => page.url(), address);

  for (const url of ['https://elsewhere.test/', '/', '/?window=popup', '/index.html?window=viewer', 'about:blank']) {
    expect(await page.evaluate((target) => window.open(target) === null, url), url).toBe(true);
  }
  expect(shell.running.context.pages()).toHaveLength(2);
  expect(await page.evaluate(() => window.didInlineScriptRun)).toBeUndefined();
  const fetched = await page.evaluate(() =>
    window.fetch('https://elsewhere.test/').then(
      () => 'fetched',
      () => 'refused',
    ),
  );
  expect(fetched).toBe('refused');

  // The page has no way to Electron or Node, and only the permissions that it needs.
  expect(await page.evaluate(() => [typeof window.require, typeof window.process, typeof window.ipcRenderer])).toEqual([
    'undefined',
    'undefined',
    'undefined',
  ]);
  const permission = (name: string) =>
    page.evaluate(async (n) => (await window.navigator.permissions.query({ name: n })).state, name);
  expect(await permission('geolocation')).toBe('denied');
  // The camera, in the main window; a device that is not there is not refused.
  expect(await permission('camera')).toBe('granted');
  expect(await permission('microphone')).toBe('denied');
  const media = (constraints: object) =>
    page.evaluate(async (wanted) => {
      try {
        return (await window.navigator.mediaDevices.getUserMedia(wanted)).getTracks().length;
      } catch (error) {
        return (error as Error).name;
      }
    }, constraints);
  expect(await media({ video: true })).toBe('NotFoundError');
  expect(['NotAllowedError', 'NotFoundError']).toContain(await media({ audio: true }));
  expect(['NotAllowedError', 'NotFoundError']).toContain(await media({ video: true, audio: true }));
  expect(await permission('clipboard-read')).toBe('granted');
  expect(await permission('clipboard-write')).toBe('granted');

  const response = await page.evaluate(async () => {
    const answer = await window.fetch('/');
    return [answer.status, answer.headers.get('content-security-policy')];
  });
  expect(response[0]).toBe(200);
  expect(response[1]).toContain("default-src 'self'");
  expect(response[1]).toContain("script-src 'self'");
  const statuses = await page.evaluate(
    async (good) => {
      const paths = ['/..%2f..%2fpackage.json', '/%2e%2e/main.ts', '/icons/../index.html/', '/icons/zz', good];
      return Promise.all(paths.map(async (path) => (await window.fetch(path)).status));
    },
    `/icons/${'a'.repeat(64)}`,
  );
  expect(statuses).toEqual([404, 404, 404, 404, 200]);

  // Not even when our own code were to ask for it.
  await expect(page.goto('https://elsewhere.test/')).rejects.toThrow('ERR_BLOCKED_BY_CLIENT');
});

it('lets nobody see through a camera in a window that is not shown, and nobody hear', async () => {
  await shell.start({ switches: ['--use-fake-device-for-media-stream'] });
  const page = await shell.ready('');
  await until(async () => expect((await shell.look('')).isVisible).toBe(true));
  const media = (constraints: object) =>
    page.evaluate(async (wanted) => {
      try {
        return (await window.navigator.mediaDevices.getUserMedia(wanted)).getTracks().length;
      } catch (error) {
        return (error as Error).name;
      }
    }, constraints);
  expect(await media({ video: true })).toBe(1);
  expect(await media({ audio: true })).toBe('NotAllowedError');
  expect(await media({ video: true, audio: true })).toBe('NotAllowedError');
  await until(async () => expect(await shell.tray.read()).not.toBeNull());
  // In the tray nobody sees that the camera is on.
  await shell.close('');
  await until(async () => expect((await shell.look('')).isVisible).toBe(false));
  expect(await media({ video: true })).toBe('NotAllowedError');
});

it('gives no ports to a page of another origin', async () => {
  await shell.start();
  const page = await shell.ready('');
  await shell.ready('?window=popup');
  await until(async () => expect(await shell.tray.read()).not.toBeNull());
  const attached = shell.calls('attached').length;
  // As if a hole had let a foreign document into one of our windows, preload and all: one of no origin, and an icon.
  for (const url of ['data:text/html,<title>elsewhere</title>', `app://ebp/icons/${'a'.repeat(64)}`]) {
    await page.goto(url);
    await page.evaluate(() => window.postMessage('ebrainpool-ready', '*'));
    await nothingHappens(300, () => shell.calls('attached').length, attached);
  }
  await page.goto('app://ebp/');
  await until(() => expect(shell.calls('attached')).toHaveLength(attached + 1));
});

it('opens viewers for its own page and ends what a closed viewer stood for', async () => {
  await shell.start();
  const main = await shell.ready('');
  await until(async () => expect(await shell.tray.read()).not.toBeNull());
  await main.evaluate((id) => {
    window.opened = window.open(`/?window=viewer&ask=${id}`, 'one', 'popup,width=640,height=480');
  }, uuid(1));
  const viewer = await shell.ready('?window=viewer');
  await until(async () =>
    expect(await shell.look('?window=viewer')).toMatchObject({
      isVisible: true,
      isFocused: true,
      width: 640,
      height: 480,
    }),
  );
  expect(await viewer.evaluate(() => [window.innerWidth, window.innerHeight])).toEqual([640, 480]);
  expect(await main.evaluate(() => window.opened.closed)).toBe(false);
  // Only a page itself gets its ports anew, not because another window says so.
  await viewer.evaluate(() => window.opener.postMessage('ebrainpool-ready', '*'));
  await nothingHappens(300, () => main.evaluate(() => test.portsGiven), 1);
  expect(await viewer.evaluate(() => [typeof window.require, typeof window.process])).toEqual([
    'undefined',
    'undefined',
  ]);

  shell.set('asks', [
    makeAsk(1),
    makeAsk(2, { state: 'granted', sessionId: uuid(9) as never }),
    makeAsk(3, { state: 'denied' }),
  ]);
  shell.set('sessions', [makeSession(9, { role: 'visitor' }), makeSession(8, { role: 'visitor', state: 'ended' })]);
  await until(async () =>
    expect(await main.evaluate(() => (test.topics['sessions'] as unknown[] | undefined)?.length)).toBe(2),
  );
  await shell.close('?window=viewer');
  await until(() => expect(shell.calls('asks.cancel')).toEqual([{ askId: uuid(1) }]));
  await until(async () => expect(await main.evaluate(() => window.opened.closed)).toBe(true));

  for (const query of [`ask=${uuid(3)}`, `session=${uuid(8)}`, `ask=${uuid(2)}`]) {
    await main.evaluate((q) => void window.open(`/?window=viewer&${q}`), query);
    const opened = await shell.ready(`?window=viewer&${query}`);
    const closed = opened.waitForEvent('close');
    await shell.close(`?window=viewer&${query}`);
    await closed;
  }
  await until(() => expect(shell.calls('sessions.end')).toEqual([{ sessionId: uuid(9) }]));
  expect(shell.calls('asks.cancel')).toHaveLength(1);

  // The page tells by its address what it shows now, and may close its window itself.
  await main.evaluate(() => void window.open('/?window=viewer'));
  const later = await shell.ready('?window=viewer');
  await later
    .evaluate((id) => {
      window.history.replaceState(null, '', `/?window=viewer&ask=${id}`);
      window.close();
    }, uuid(1))
    // The window may be gone before its answer.
    .catch(() => {});
  await until(() => expect(shell.calls('asks.cancel')).toHaveLength(2));
});

/** What the kernel says of the processes that run pages. */
function renderersOf(main: number): string[] {
  const parents = new Map<number, number>();
  const found: number[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const status = readFileSync(`/proc/${name}/status`, 'utf8');
      parents.set(Number(name), Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]));
      if (readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('--type=renderer')) found.push(Number(name));
    } catch {
      // It has ended meanwhile.
    }
  }
  const isBelow = (pid: number): boolean => pid === main || (pid > 1 && isBelow(parents.get(pid) ?? 0));
  return found.filter(isBelow).map((pid) => readFileSync(`/proc/${pid}/status`, 'utf8'));
}
