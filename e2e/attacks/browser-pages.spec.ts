// What a web page can do to the browser shell from the same browser, in which its person is signed in (Sunshine #5467).
import type { ChildProcess } from 'node:child_process';
import type { Page } from '@playwright/test';
import { spawnOn } from '../../lab/hosts.ts';
import type { TopicName } from '../../src/contract/contract.ts';
import { expect, test, timed, useLan } from '../computers/fixtures.ts';
import { nothingHappens } from '../computers/nothing-happens.ts';
import {
  hostileOrigins,
  type PersonsBrowser,
  sendRaw,
  signInAddress,
  startHostileWeb,
  startPersonsBrowser,
} from './hostile-web.ts';

const lan = useLan({ alice: {}, bob: { apps: { xcalc: 'xcalc' } } });
let web: ChildProcess;
let person: PersonsBrowser;
let before: string;

test.beforeAll(async () => {
  web = await startHostileWeb('alice');
  person = await startPersonsBrowser(lan.alice);
  await expect((await lan.alice.mainPage()).peer('Bob')).toBeVisible();
});
test.afterAll(async () => {
  await person[Symbol.asyncDispose]();
  web.kill('SIGKILL');
});
test.beforeEach(async () => {
  before = await state();
});
test.afterEach(async () => {
  for (const page of person.context.pages()) if (page !== person.own) await page.close();
  expect(await state(), 'something has changed').toBe(before);
  // The person's own page goes on, and its connection lives.
  await person.own.bringToFront();
  await person.own.getByRole('button', { name: 'Settings', exact: true }).click();
  await expect(person.own.getByRole('tab', { name: 'Sharing', exact: true })).toBeVisible();
  await person.own.getByRole('button', { name: 'eBrainPool, start page' }).click();
});

/** All that an attacker may want to change. */
async function state(): Promise<string> {
  const core = await lan.alice.core();
  const topics: TopicName[] = ['settings', 'asks', 'requests', 'sessions', 'rules', 'containers'];
  return JSON.stringify(topics.map((topic) => core.read(topic)));
}

async function openHostile(origin: string): Promise<Page> {
  const page = await person.context.newPage();
  await page.goto(`${origin}/`);
  return page;
}

/** Runs a script in a page of each of the attacker's origins. `ours` is the address of the browser shell there. */
async function fromEverywhere(script: string): Promise<ReadonlyMap<string, unknown>> {
  const results = new Map<string, unknown>();
  for (const origin of hostileOrigins) {
    const page = await openHostile(origin);
    results.set(origin, await page.evaluate(`(async (ours) => { ${script} })(${JSON.stringify(person.origin)})`));
    await page.close();
  }
  return results;
}

async function expectEverywhere(script: string, expected: unknown): Promise<void> {
  for (const [origin, result] of await fromEverywhere(script)) expect(result, origin).toEqual(expected);
}

test('a page fetches ours, in each mode and with each method', async () => {
  const statuses = new Set<number>();
  person.context.on('response', (response) => {
    if (response.url().startsWith(`${person.origin}/`) && response.request().resourceType() === 'fetch')
      statuses.add(response.status());
  });
  await expectEverywhere(
    `
    const read = [];
    for (const path of ['/', '/?window=popup', '/contract', '/icons/' + '0'.repeat(64)])
      for (const init of [
        {}, { credentials: 'include' }, { mode: 'no-cors', credentials: 'include' },
        { mode: 'no-cors', method: 'POST', body: '{}', credentials: 'include' },
        { method: 'PUT', credentials: 'include' }, { method: 'DELETE', credentials: 'include' },
        { headers: { 'X-Any': '1' }, credentials: 'include' },
        { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}', credentials: 'include' },
      ]) {
        const answer = await fetch(ours + path, init).catch(() => null);
        const text = answer === null ? '' : await answer.text().catch(() => '');
        if (text !== '') read.push([path, init, text]);
      }
    navigator.sendBeacon(ours + '/', '{}');
    return read;`,
    [],
  );
  // A preflight is no fetch of the page's; what did reach us was refused.
  expect([...statuses].filter((status) => status !== 403)).toEqual([]);
});

test('a page posts a form to ours, in a window and in a frame', async () => {
  for (const origin of hostileOrigins)
    for (const target of ['_self', 'frame']) {
      const page = await openHostile(origin);
      const answered = page.waitForResponse((response) => response.url().startsWith(person.origin));
      await page.evaluate(
        `document.body.innerHTML = '<iframe name="frame"></iframe><form method="post" target="${target}" action="${person.origin}/"><input name="a" value="b"></form>';
         document.forms[0].submit();`,
      );
      expect((await answered).status(), `${origin} ${target}`).toBe(403);
      await page.close();
    }
});

test('a page embeds ours as image, script, style, font, object, video and prefetch', async () => {
  const file = await person.own.evaluate<string>(`document.querySelector('script[src]').src`);
  await expectEverywhere(
    `
    const loaded = [];
    const element = (name, attributes) => new Promise((resolve) => {
      const one = Object.assign(document.createElement(name), attributes);
      one.onload = one.onloadeddata = () => { loaded.push([name, attributes]); resolve(); };
      one.onerror = resolve;
      setTimeout(resolve, 700);
      document.body.append(one);
    });
    const file = ${JSON.stringify(file)};
    await Promise.all([
      element('img', { src: ours + '/favicon.svg' }), element('script', { src: file }),
      element('script', { src: file, type: 'module' }), element('link', { rel: 'stylesheet', href: ours + '/' }),
      element('link', { rel: 'prefetch', href: ours + '/' }), element('object', { data: ours + '/favicon.svg' }),
      element('embed', { src: ours + '/favicon.svg' }), element('video', { src: ours + '/' }),
    ]);
    return loaded.filter(([name]) => name !== 'embed' && name !== 'object' && name !== 'link');`,
    [],
  );
});

test('a page frames ours', async () => {
  for (const origin of hostileOrigins)
    for (const attributes of ['', 'sandbox="allow-scripts"', 'sandbox="allow-scripts allow-same-origin"']) {
      const page = await openHostile(origin);
      await page.evaluate(
        `document.body.innerHTML = '<iframe ${attributes} src="${person.origin}/?window=popup"></iframe>'`,
      );
      // What Chromium puts there instead.
      await expect.poll(() => page.frames()[1]?.url()).toBe('chrome-error://chromewebdata/');
      for (const frame of page.frames().slice(1)) {
        expect(await frame.locator('#root').count(), `${origin} ${attributes}`).toBe(0);
        expect(await frame.content()).not.toContain('eBrainPool');
      }
      await page.close();
    }
});

test('a page frames ours in a browser that does not heed our headers: the page’s own script draws nothing there', async () => {
  const page = await openHostile(hostileOrigins[0]);
  // Our page without its headers, as if the browser did not know them.
  const body = await person.own.evaluate<string>(`fetch('/').then((answer) => answer.text())`);
  await page.route(`${person.origin}/?window=popup`, (route) => route.fulfill({ contentType: 'text/html', body }));
  await page.evaluate(`document.body.innerHTML = '<iframe src="${person.origin}/?window=popup"></iframe>'`);
  const frame = page.frameLocator('iframe');
  await expect(frame.locator('#root')).toHaveCount(1);
  await nothingHappens(1000, () => frame.locator('#root > *').count(), 0);
  // In a window of its own the very same page is drawn.
  await page.goto(`${person.origin}/?window=popup`);
  await expect(page.locator('#root > *').first()).toBeAttached();
  await page.close();
});

test('a page opens ours in a window and talks to it, moves it and closes it', async () => {
  for (const origin of hostileOrigins) {
    const page = await openHostile(origin);
    const opening = person.context.waitForEvent('page');
    await page.evaluate(
      `globalThis.opened = window.open('${person.origin}/?window=popup', 'ours', 'width=200,height=200')`,
    );
    const opened = await opening;
    await opened.waitForLoadState();
    await expect.poll(() => page.evaluate('opened.closed')).toBe(true);
    const seen = await page.evaluate(`(() => {
      const results = [];
      for (const look of [() => opened.document.body.innerHTML, () => opened.location.href, () => opened.localStorage])
        try { results.push(String(look())); } catch { }
      try { opened.postMessage('ebrainpool-ports', '*', [new MessageChannel().port1, new MessageChannel().port1]); } catch { }
      try { opened.moveTo(0, 0); opened.close(); } catch { }
      return { results: results.filter((text) => text !== 'about:blank'), isCut: opened.closed };
    })()`);
    // Cut off by Cross-Origin-Opener-Policy; the window itself is still there.
    expect(seen, origin).toEqual({ results: [], isCut: true });
    expect(opened.isClosed()).toBe(false);
    expect(await opened.evaluate('window.opener === null')).toBe(true);
    await opened.close();
    await page.close();
  }
});

test('a page leads the browser to an address of ours that asks for a program', async () => {
  const bobId = (await lan.bob.core()).read('self')?.id ?? '';
  const wish = `window=viewer&launch=${encodeURIComponent(bobId)}&offer=app%3Axcalc`;
  for (const origin of hostileOrigins)
    for (const path of [`/?${wish}`, `/index.html?${wish}`, `/?token=guessed&${wish}`]) {
      const page = await openHostile(origin);
      await page.evaluate(`location.href = ${JSON.stringify(person.origin + path)}`);
      await page.waitForURL((url) => url.origin === person.origin, { waitUntil: 'commit' });
      await page.waitForLoadState();
      await nothingHappens(300, state, before);
      await page.close();
    }
  // The same address works where our own page opens it, so that it is no mistake in the address that keeps it out.
  const opening = person.context.waitForEvent('page');
  await person.own.evaluate(`void window.open(${JSON.stringify(`/?${wish}`)})`);
  const own = await opening;
  await expect.poll(state).not.toBe(before);
  await own.close();
  const core = await lan.alice.core();
  for (const { id, state: now } of core.read('asks') ?? [])
    if (now === 'connecting' || now === 'waiting') await core.call('asks.cancel', { askId: id });
  await expect.poll(async () => (await lan.bob.core()).read('requests')).toEqual([]);
  before = await state();
});

test('a page opens WebSockets to the contract and to a display', async () => {
  await expectEverywhere(
    `
    const opened = [];
    for (const name of [ours, ours.replace('127.0.0.1', 'localhost')])
      for (const path of ['/contract', '/display/b4d6b4a6-8f4e-4d0e-9d0a-0d3c7d1c2b3a'])
        await new Promise((resolve) => {
          const socket = new WebSocket(name.replace('http', 'ws') + path);
          socket.onopen = () => { opened.push(name + path); socket.close(); resolve(); };
          socket.onerror = resolve;
        });
    return opened;`,
    [],
  );
});

test('a page listens to ours as events, in a worker and over a port of its own', async () => {
  await expectEverywhere(
    `
    const heard = [];
    await new Promise((resolve) => {
      const events = new EventSource(ours + '/contract', { withCredentials: true });
      events.onopen = () => { heard.push('events'); resolve(); };
      events.onerror = resolve;
    });
    for (const Kind of [Worker, SharedWorker])
      try { new Kind(ours + '/favicon.svg'); heard.push('worker'); } catch { }
    const script = "try { importScripts('" + ours + "/assets/x.js'); postMessage('ran'); } catch { postMessage('refused'); }";
    const worker = new Worker(URL.createObjectURL(new Blob([script])));
    heard.push(await new Promise((resolve) => { worker.onmessage = ({ data }) => resolve(data); }));
    return heard;`,
    ['refused'],
  );
});

test('a page registers a service worker for ours', async () => {
  for (const [origin, result] of await fromEverywhere(`
    if (navigator.serviceWorker === undefined) return 'none';
    return navigator.serviceWorker.register(ours + '/sw.js', { scope: ours + '/' }).then(() => 'registered', () => 'none');`))
    expect(result, origin).toBe('none');
  expect(await person.own.evaluate('navigator.serviceWorker.getRegistrations().then((all) => all.length)')).toBe(0);
});

test('a page leads the browser into a session of the attacker’s with a token (login CSRF)', async () => {
  const cookieOf = async () =>
    (await person.context.cookies(person.origin)).find(({ name }) => /^ebp-/.test(name))?.value;
  const own = await cookieOf();
  for (const origin of hostileOrigins)
    for (const token of ['', 'A'.repeat(43)]) {
      const page = await openHostile(origin);
      await page.evaluate(`location.href = '${person.origin}/?token=${token}'`);
      await page.waitForURL((url) => url.origin === person.origin, { waitUntil: 'commit' });
      expect(await cookieOf(), `${origin} ${token}`).toBe(own);
      // Chromium does not always close a page that is just being led on.
      await page.waitForLoadState();
      await page.close();
    }
});

test('a server on another port tosses cookies: they open nothing, and the open page goes on', async () => {
  const { port } = new URL(person.origin);
  const page = await openHostile(`http://127.0.0.1:47999`);
  await page.goto(`http://127.0.0.1:47999/toss?ebp-${port}`);
  const ours = await page.goto(`${person.origin}/`);
  // It can sign the browser out and no more: SECURITY.md says so.
  expect([200, 401]).toContain(ours?.status());
  await page.close();
  await person.context.clearCookies();
  const again = await person.context.newPage();
  await again.goto(signInAddress(lan.alice));
  await expect(again.getByRole('button', { name: 'Settings', exact: true })).toBeVisible();
  await again.close();
});

test('a name that is rebound to 127.0.0.1 reads and drives nothing (DNS rebinding)', async () => {
  const { port } = new URL(person.origin);
  const page = await person.context.newPage();
  // The first answer came from the attacker's address; from now on the name leads to ours.
  const first = `http://rebound.test:${port}/start`;
  await page.route(first, (route) => route.fulfill({ contentType: 'text/html', body: '<title>hostile</title>' }));
  await page.goto(first);
  const result = await page.evaluate(`(async () => {
    const statuses = [];
    for (const path of ['/', '/?token=guessed', '/index.html', '/contract'])
      for (const method of ['GET', 'POST', 'PUT']) statuses.push((await fetch(path, { method })).status);
    const isOpen = await new Promise((resolve) => {
      const socket = new WebSocket('ws://' + location.host + '/contract');
      socket.onopen = () => resolve(true);
      socket.onerror = () => resolve(false);
    });
    return { statuses: [...new Set(statuses)], isOpen };
  })()`);
  expect(result).toEqual({ statuses: [403], isOpen: false });
  await page.close();
});

test('requests that no browser sends are refused at the raw socket', async () => {
  const port = Number(new URL(person.origin).port);
  const ours = `127.0.0.1:${port}`;
  const cookies = await person.context.cookies(person.origin);
  const cookie = `Cookie: ${cookies.map(({ name, value }) => `${name}=${value}`).join('; ')}\r\n`;
  const end = 'Connection: close\r\n\r\n';
  const good = await sendRaw('alice', port, `GET / HTTP/1.1\r\nHost: ${ours}\r\n${cookie}${end}`);
  expect(good).toMatch(/^HTTP\/1\.1 200 /);
  const odd = {
    'absolute form of another host': `GET http://evil.test/ HTTP/1.1\r\nHost: evil.test\r\n${cookie}${end}`,
    'two hosts': `GET / HTTP/1.1\r\nHost: ${ours}\r\nHost: evil.test\r\n${cookie}${end}`,
    'two hosts, the other way round': `GET / HTTP/1.1\r\nHost: evil.test\r\nHost: ${ours}\r\n${cookie}${end}`,
    'no host': `GET / HTTP/1.0\r\n${cookie}${end}`,
    'a folded host': `GET / HTTP/1.1\r\nHost:\r\n evil.test\r\n${cookie}${end}`,
    'a host with an at sign': `GET / HTTP/1.1\r\nHost: evil.test@${ours}\r\n${cookie}${end}`,
    'two lengths': `POST / HTTP/1.1\r\nHost: ${ours}\r\nContent-Length: 0\r\nContent-Length: 9\r\n${cookie}${end}`,
    'a length and pieces (smuggling)': `POST / HTTP/1.1\r\nHost: ${ours}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n${cookie}${end}0\r\n\r\nGET / HTTP/1.1\r\nHost: ${ours}\r\n${cookie}${end}`,
    'a bare line feed in a header': `GET / HTTP/1.1\r\nHost: evil.test\nHost: ${ours}\r\n${cookie}${end}`,
    'headers without end': `GET / HTTP/1.1\r\nHost: ${ours}\r\n${cookie}${`X: ${'a'.repeat(4000)}\r\n`.repeat(60)}${end}`,
    CONNECT: `CONNECT ${ours} HTTP/1.1\r\nHost: ${ours}\r\n${cookie}${end}`,
    TRACE: `TRACE / HTTP/1.1\r\nHost: ${ours}\r\n${cookie}${end}`,
    'a path out of the folder': `GET /../../../etc/passwd HTTP/1.1\r\nHost: ${ours}\r\n${cookie}${end}`,
    'a path out of the folder, encoded': `GET /assets/%2e%2e/%2e%2e/package.json HTTP/1.1\r\nHost: ${ours}\r\n${cookie}${end}`,
    'an upgrade without an origin': `GET /contract HTTP/1.1\r\nHost: ${ours}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${cookie}\r\n`,
    'an upgrade to HTTP/2': `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`,
  };
  for (const [what, bytes] of Object.entries(odd)) {
    const answer = await sendRaw('alice', port, bytes);
    expect(answer, what).not.toMatch(/HTTP\/1\.1 (1|2|3)\d\d /);
    expect(answer, what).not.toContain('root:x:');
  }
});

test('a browser of before Fetch Metadata is told apart by its Origin and its cookie', async () => {
  const port = Number(new URL(person.origin).port);
  const cookies = await person.context.cookies(person.origin);
  expect(cookies.find(({ name }) => name === `ebp-${port}`)).toMatchObject({ sameSite: 'Strict', httpOnly: true });
  const cookie = `Cookie: ${cookies.map(({ name, value }) => `${name}=${value}`).join('; ')}\r\n`;
  const ask = (headers: string, line = 'GET /') =>
    sendRaw('alice', port, `${line} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${headers}Connection: close\r\n\r\n`);
  expect(await ask(`${cookie}Origin: http://evil.test\r\n`)).toMatch(/^HTTP\/1\.1 403 /);
  expect(await ask(`${cookie}Origin: null\r\n`)).toMatch(/^HTTP\/1\.1 403 /);
  expect(await ask(cookie, 'POST /')).toMatch(/^HTTP\/1\.1 403 /);
  // A link, an image or a script from another site brings no SameSite cookie.
  expect(await ask('')).toMatch(/^HTTP\/1\.1 401 /);
});

test('six hundred connections that send a byte a second leave the page at ease (slow loris)', async () => {
  const port = Number(new URL(person.origin).port);
  const script = `
let open = 0;
for (let at = 0; at < 600; at += 1) {
  const socket = require('node:net').connect(${port}, '127.0.0.1', () => {
    socket.write('GET / HTTP/1.1\\r\\nHost: 127.0.0.1:${port}\\r\\nX: ');
    if (++open === 600) console.log('open');
  });
  socket.on('error', () => {});
  setInterval(() => socket.write('a'), 1000);
}`;
  const slow = spawnOn('alice', [process.execPath, '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await new Promise((resolve) => slow.stdout?.once('data', resolve));
    const page = await person.context.newPage();
    await timed('a page opened meanwhile', 5000, async () => {
      await page.goto(`${person.origin}/`);
      await page.getByRole('button', { name: 'Settings', exact: true }).waitFor();
    });
    await page.close();
  } finally {
    slow.kill('SIGKILL');
  }
});
