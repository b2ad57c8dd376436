// Whoever uses the keyboard sees where they are: the ring around what has the focus has a contrast of 3 : 1 in light and dark (WCAG 2.2, 1.4.11).
import type { Page } from '@playwright/test';
import { expect, soon, test, useLan } from '../computers/fixtures.ts';

const lan = useLan({ alice: {}, bob: { apps: { xcalc: 'xcalc' }, settings: { answerTimeoutS: 600 } } });

interface Stop {
  readonly what: string;
  /** Against what lies around it, or under it where it is drawn inside; 0 where there is no ring. */
  readonly contrast: number;
}

/** The ring of what has the focus, as the page draws it. */
const RING = `(() => {
  const parse = (colour) => {
    const [red, green, blue, alpha = 1] = (colour.match(/[\\d.]+/g) ?? []).map(Number);
    return { rgb: [red, green, blue], alpha };
  };
  const over = (top, below) => top.rgb.map((value, at) => value * top.alpha + below[at] * (1 - top.alpha));
  const background = (node) => {
    if (node === null) return [255, 255, 255];
    const { backgroundColor } = getComputedStyle(node);
    return over(parse(backgroundColor), background(node.parentElement));
  };
  const luminance = (rgb) => {
    const [red, green, blue] = rgb.map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one, other) => {
    const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  };
  const node = document.activeElement;
  if (node === null || node === document.body) return null;
  const what = node.tagName.toLowerCase() + ' ' + (node.getAttribute('aria-label') ?? node.textContent ?? '').slice(0, 40);
  // A switch draws its ring around the picture of it that stands beside the hidden input.
  const rings = [node, node.nextElementSibling, node.parentElement].filter((one) => one !== null);
  const found = rings.map((one) => {
    const style = getComputedStyle(one);
    const isInside = parseFloat(style.outlineOffset) < 0;
    if (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) {
      const around = background(isInside ? one : one.parentElement);
      return contrast(over(parse(style.outlineColor), around), around);
    }
    // A field is told by its border.
    if (one === node && one.matches('input') && parseFloat(style.borderTopWidth) >= 1)
      return contrast(over(parse(style.borderTopColor), background(one)), background(one.parentElement));
    return 0;
  });
  return { what, contrast: Math.max(...found) };
})()`;

async function walk(page: Page, maxStops: number): Promise<readonly Stop[]> {
  const stops: Stop[] = [];
  for (let count = 0; count < maxStops; count += 1) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate<Stop | null>(RING);
    if (stop === null) break;
    stops.push(stop);
  }
  return stops;
}

test('in the main window and on the card', async () => {
  const [alice, bob] = await Promise.all([lan.alice.core(), lan.bob.core()]);
  await soon(() => bob.read('peers')?.length).toBe(1);
  const peerId = bob.read('self')?.id;
  const offerId = bob.read('offers')?.offers[0]?.id;
  if (peerId === undefined || offerId === undefined) throw new Error('Bob is not there');
  await alice.call('asks.create', { peerId, offerId, view: 'viewer' });
  const popup = await (await lan.bob.popup()).shown();
  const main = await lan.bob.shell.main();
  for (const page of new Set([popup.page, main]))
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.bringToFront();
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', colorScheme);
      if (page === popup.page) await expect(popup.once).toBeEnabled();
      await page.evaluate('document.activeElement?.blur()');
      const stops = await walk(page, 60);
      const least = Math.min(...stops.map(({ contrast }) => contrast));
      test.info().annotations.push({ type: `${colorScheme}, ${stops.length} stops`, description: least.toFixed(1) });
      console.log(`${colorScheme}: ${stops.length} stops, the weakest ring ${least.toFixed(1)} : 1`);
      expect(stops.length).toBeGreaterThan(5);
      expect(
        stops.filter(({ contrast }) => contrast < 3),
        colorScheme,
      ).toEqual([]);
    }
});
