// Whether a person can see a thing without scrolling: measured by geometry, not by what the page says of itself.
import type { Locator } from '@playwright/test';

/**
 * What hides an element, or any of its text; empty when nothing does. It must lie in the window, be cut by no ancestor, and be what is hit at
 * points all over it. Names may be cut at their end.
 */
export async function whatHides(element: Locator): Promise<readonly string[]> {
  await element.evaluate((node) =>
    (node as unknown as { setAttribute(name: string, value: string): void }).setAttribute('data-looked-at', ''),
  );
  return element.page().evaluate<readonly string[]>(LOOK);
}

// Text, as this program knows nothing of pages.
const LOOK = `(() => {
  const node = document.querySelector('[data-looked-at]');
  node.removeAttribute('data-looked-at');
  const faults = [];
  const name = (one) => one.tagName.toLowerCase() + '.' + one.className;
  const places = [{ rect: node.getBoundingClientRect(), inside: node.parentElement }];
  const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text !== null; text = walker.nextNode()) {
    if (text.parentElement.closest('.request-name') !== null) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    for (const rect of range.getClientRects()) places.push({ rect, inside: text.parentElement });
  }
  for (const { rect, inside } of places) {
    const { left, top, right, bottom } = rect;
    const where = [left, top, right, bottom].map(Math.round).join(',');
    if (right - left < 1 || bottom - top < 1) {
      faults.push(where + ' is empty');
      continue;
    }
    if (left < -0.5 || top < -0.5 || right > innerWidth + 0.5 || bottom > innerHeight + 0.5)
      faults.push(where + ' is outside of ' + innerWidth + 'x' + innerHeight);
    for (let around = inside; around !== null; around = around.parentElement) {
      const { overflowX, overflowY } = getComputedStyle(around);
      if (overflowX === 'visible' && overflowY === 'visible') continue;
      if (around === document.documentElement || around === document.body) continue;
      const box = around.getBoundingClientRect();
      // The line of a text is higher than its letters.
      const spare = around === inside ? 4 : 1;
      if (left < box.left - 1 || top < box.top - spare || right > box.right + 1 || bottom > box.bottom + spare)
        faults.push(where + ' is cut by ' + name(around));
    }
    const middle = { x: (left + right) / 2, y: (top + bottom) / 2 };
    for (const x of [left + 3, middle.x, right - 3])
      for (const y of [top + 3, middle.y, bottom - 3]) {
        const hit = document.elementFromPoint(x, y);
        if (hit !== null && node.contains(hit)) continue;
        // The corners of a round button are not the button.
        if (hit !== null && x !== middle.x && y !== middle.y && hit.contains(node)) continue;
        faults.push('at ' + Math.round(x) + ',' + Math.round(y) + ' is ' + (hit === null ? 'nothing' : name(hit)));
      }
  }
  for (let one = node; one !== null; one = one.parentElement) {
    const { opacity, visibility } = getComputedStyle(one);
    if (Number(opacity) < 0.9 || visibility !== 'visible') faults.push(name(one) + ' cannot be seen');
  }
  return faults;
})()`;
