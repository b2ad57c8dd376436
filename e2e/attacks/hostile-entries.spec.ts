// Desktop entries and icons that want to be more than that: what the visitor sees of them, and what runs.
import type { ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { addressOf, isInLab, spawnOn } from '../../lab/hosts.ts';
import type { Offer } from '../../src/contract/offers.ts';
import { expect, soon, test, useLan } from '../computers/fixtures.ts';
import { nothingHappens } from '../computers/nothing-happens.ts';
import { openSession } from '../computers/open-session.ts';
import { tidyUp } from './person.ts';

const entry = (...lines: readonly string[]) => ['[Desktop Entry]', 'Type=Application', ...lines, ''].join('\n');

const lan = useLan({
  alice: {},
  bob: {
    apps: {
      xcalc: 'xcalc',
      shell: entry(
        'Name=shell',
        'Exec=xterm -hold -e echo ; touch pwned-a $(touch pwned-b) `touch pwned-c` > pwned-d && touch pwned-e | tee pwned-f',
      ),
      shadow: entry('Name=shadow', 'Exec=xcalc', 'Icon=/etc/shadow'),
      traversal: entry(
        'Name=traversal',
        'Exec=xcalc',
        'Icon=../../../../../../etc/passwd',
        'TryExec=../../../../bin/sh',
      ),
      script: entry(
        'Name=<img src=x onerror="document.title=1">',
        'Comment=<script>document.title=2</script>',
        'Exec=xcalc',
      ),
      codes: entry('Name=codes', 'Exec=xcalc %n %Z'),
    },
  },
});

test.afterEach(() => tidyUp(lan.bob));

/** Bob's offers as Alice's computer has them. */
async function catalogue(): Promise<readonly Offer[]> {
  const alice = await lan.alice.core();
  await (await lan.alice.mainPage()).openPeer('Bob');
  const bobId = alice.read('peers')?.find(({ name }) => name === 'Bob')?.id;
  const read = () => (bobId === undefined ? undefined : alice.read('catalogues')?.[bobId]) ?? [];
  await soon(() => read().length).toBeGreaterThan(2);
  return read();
}

test('what a shell would act on is an argument: nothing but the entry’s program runs', async () => {
  await openSession(lan.alice, lan.bob, 'shell', {});
  const home = (await lan.bob.core()).read('containers')?.[0]?.homePath ?? '';
  expect(existsSync(home)).toBe(true);
  await nothingHappens(500, () => readdirSync(home).filter((name) => name.includes('pwned')), []);
});

test('an icon’s path leads to pictures only, never to another file of the owner', async () => {
  const offers = await catalogue();
  for (const name of ['shadow', 'traversal']) {
    const offer = offers.find((one) => one.name === name);
    // Not offered at all is as good; offered, it has no picture.
    expect(offer?.icon ?? null, name).toBeNull();
  }
});

test('the visitor learns neither command nor file of an entry', async () => {
  const text = JSON.stringify(await catalogue());
  expect(text).toContain('xcalc');
  expect(text).not.toMatch(/pwned|\.desktop|\/run\/lab|"command"|"source"|"audience"/);
});

test('markup in a name is text on the visitor’s screen', async () => {
  const alice = await lan.alice.mainPage();
  await catalogue();
  await expect(alice.page.getByText('<img src=x onerror="document.title=1">').first()).toBeVisible();
  expect(await alice.page.title()).toContain('eBrainPool');
  expect(await alice.page.locator('img[src="x"]').count()).toBe(0);
});

test('an entry with codes that do not exist is shown to its owner as broken, and the rest is offered', async () => {
  const broken = (await lan.bob.core()).read('offers')?.broken ?? [];
  expect(broken.some(({ source }) => source.endsWith('codes.desktop'))).toBe(true);
  expect((await catalogue()).some(({ name }) => name === 'xcalc')).toBe(true);
});

test('a picture of a peer runs no script and fetches nothing', async () => {
  const trap = isInLab() ? `http://${addressOf('carol', 4)}:8099` : '';
  const watch =
    'require("net").createServer((s) => { console.log("hit"); s.destroy(); }).listen(8099, "0.0.0.0", () => console.log("ready"))';
  const server: ChildProcess = spawnOn('carol', [process.execPath, '-e', watch], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: string[] = [];
  if (server.stdout !== null) createInterface({ input: server.stdout }).on('line', (line) => said.push(line));
  try {
    await soon(() => said).toEqual(['ready']);
    const folder = dirname(lan.bob.appPath('xcalc'));
    const svg = (inside: string) =>
      `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="48" height="48">${inside}<rect width="48" height="48" fill="#e00"/></svg>`;
    const pictures = {
      outside: svg(
        `<style>@import url(${trap}/a.css); rect { fill: url(${trap}/b.svg#c) }</style><image href="${trap}/d.png" width="9" height="9"/><use xlink:href="${trap}/e.svg#f"/>`,
      ),
      scripted: svg(`<script>fetch('${trap}/g')</script>`),
      handler: svg('').replace('<rect', `<rect onload="fetch('${trap}/h')"`),
      entity: `<!DOCTYPE svg [<!ENTITY a SYSTEM "${trap}/i">]>${svg('<text>&a;</text>')}`,
    };
    const alice = await lan.alice.mainPage();
    const asked: string[] = [];
    alice.page.on('request', (request) => asked.push(request.url()));
    for (const [id, text] of Object.entries(pictures)) {
      writeFileSync(join(folder, `${id}.svg`), text);
      lan.bob.addApp(id, entry(`Name=${id}`, 'Exec=xcalc', `Icon=${join(folder, `${id}.svg`)}`));
    }
    await alice.openPeer('Bob');
    for (const id of Object.keys(pictures)) await expect(alice.app(id)).toBeVisible({ timeout: 15_000 });
    // The first one is a picture all the same: it is shown, so there was something to hold back.
    const shown = alice.apps.filter({ hasText: 'outside' }).locator('img').first();
    await expect
      .poll(() => shown.evaluate((img) => (img as unknown as { naturalWidth: number }).naturalWidth))
      .toBeGreaterThan(0);
    await nothingHappens(500, () => [...said, ...asked.filter((url) => url.includes(':8099'))], ['ready']);
    const withPictures = (await catalogue()).filter(({ icon }) => icon !== null).map(({ name }) => name);
    expect(withPictures).not.toContain('scripted');
    expect(withPictures).not.toContain('handler');
    expect(withPictures).not.toContain('entity');
  } finally {
    server.kill('SIGKILL');
  }
});
