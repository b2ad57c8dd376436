// Names that want to be more than names: in the question, the list, the logs, and on the command line.
import { expect, soon, test, useLan } from '../computers/fixtures.ts';
import { allow, deny, expectWell } from './person.ts';
import { useMallory } from './use-mallory.ts';

const lan = useLan({ alice: {}, bob: { apps: { xcalc: 'xcalc' } } });

const mallory = useMallory(lan);
test.afterEach(() => expectWell(lan.bob));

const names = {
  'control characters': '\u001b[31mAlice\u001b[2J\u0007\b\b\b\r\nAdmin\u0000\u009b5A',
  'right-to-left marks': '\u202eecilA\u202c \u2066x\u2069\u200f',
  'a script': '<img src=x onerror="document.title=1"><script>document.title=2</script><b>Alice</b>',
  'invisible characters': 'A\u200bl\u2060i\ufeffc\u00ade\u{e0041}\u{e0042}',
  'nothing but spaces': ' \u2003\u3000\t\n ',
  nothing: '',
  'towers of marks': `A${'\u0301'.repeat(200)}lice${'\u0334'.repeat(200)}`,
  'a thousand characters': 'Alice '.repeat(166),
} as const;

/** What a name must not have where people read it. */
const unfit = /[\p{Cc}\u202a-\u202e\u2066-\u2069\u200e\u200f\u200b\u2060\ufeff\u{e0000}-\u{e007f}]/u;

for (const [what, name] of Object.entries(names)) {
  test(`a name of ${what} is a plain short line wherever it is shown`, async () => {
    const visit = await mallory.visit(lan.bob, { name });
    const requestId = await visit.ask('app:xcalc');
    const bob = await lan.bob.core();
    await soon(() => bob.read('requests')?.[0]?.peerName ?? '').not.toBe('');
    const shown = bob.read('requests')?.[0]?.peerName ?? '';
    expect(shown.length).toBeLessThanOrEqual(100);
    expect(shown).not.toMatch(unfit);
    const popup = await (await lan.bob.popup()).shown();
    await expect(popup.card).toContainText('not verified');
    expect(await popup.card.locator('img[src=x], script, b:text("Alice")').count()).toBe(0);
    expect(await popup.page.title()).not.toMatch(/^[12]$/);
    const box = await popup.card.boundingBox();
    expect(box?.width).toBeLessThan(1280);
    expect(box?.height).toBeLessThan(800);
    const body = await popup.card.screenshot();
    await test.info().attach(`${what}.png`, { body, contentType: 'image/png' });
    for (const command of ['requests', 'peers', 'status', 'logs']) {
      const { out } = await lan.bob.cli(command);
      expect(out.replaceAll('\n', ''), command).not.toMatch(unfit);
    }
    await deny(lan.bob, requestId);
  });
}

test('a name of more than a thousand characters is refused', async () => {
  const visit = await mallory.visit(lan.bob, { isMute: true });
  expect((await visit.hello('a'.repeat(10_000))).error?.data.code).toBe('bad-input');
});

test('a name that looks like a known one, in another case or width, is shown with a warning', async () => {
  const bob = await lan.bob.core();
  await soon(() => bob.read('peers')?.some(({ name }) => name === 'Alice')).toBe(true);
  await lan.bob.verify(lan.alice);
  for (const name of ['Alice', 'ALICE', 'Ａｌｉｃｅ', 'alice ', 'Al\u200dice']) {
    const visit = await mallory.visit(lan.bob, { name });
    const requestId = await visit.ask('app:xcalc');
    await soon(() => bob.read('requests')?.[0]).toMatchObject({ warning: 'name-of-another', isVerified: false });
    await deny(lan.bob, requestId);
    mallory.leave();
  }
});

test('what is used under the name of a known one says so for as long as it is used', async () => {
  await lan.bob.verify(lan.alice);
  const visit = await mallory.visit(lan.bob, { name: 'Alice' });
  const requestId = await visit.ask('app:xcalc');
  await allow(lan.bob, requestId);
  await visit.sessionOf(requestId);
  const label = 'Alice (not the one that you know)';
  const row = (await lan.bob.mainPage()).sessions('host', 'running');
  await expect(row).toContainText(`Used by ${label}`);
  await expect(row.getByRole('img', { name: /not verified/i })).toBeVisible();
  expect((await lan.bob.cli('sessions')).out).toContain('Alice (not verified, not the one that you know)');
  await test.info().attach('row.png', { body: await row.screenshot(), contentType: 'image/png' });
});
