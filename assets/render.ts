// Draws the PNG files of this folder out of icon.svg: `node assets/render.ts`. Run it after a change of the logo; the files are committed.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from '@playwright/test';

const COLOURS = { glyph: '#12a594', paused: '#8a8f98', waiting: '#ff8a1f', inUse: '#3b9dff' };

/** The glyph alone, heavier than on the icon so that it reads at 16 px; the badge sits in a gap cut out for it. */
function traySvg(colour: string, badge: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
  <mask id="gap"><rect width="32" height="32" fill="#fff"/>${badge === '' ? '' : '<circle cx="23.8" cy="23.8" r="9.6" fill="#000"/>'}</mask>
  <g mask="url(#gap)">
    <g fill="none" stroke="${colour}" stroke-width="3.4" stroke-linecap="round">
      <circle cx="16" cy="7.6" r="5"/>
      <circle cx="7.2" cy="23.4" r="5"/>
      <circle cx="24.8" cy="23.4" r="5"/>
      <path d="M13.5 12.2 9.8 18.8M18.5 12.2l3.7 6.6M12.4 23.4h7.2"/>
    </g>
  </g>
  ${badge}
</svg>`;
}

// Told apart by shape as well as by colour.
const tray = {
  idle: traySvg(COLOURS.glyph, ''),
  waiting: traySvg(COLOURS.glyph, `<circle cx="24.2" cy="24.2" r="7.2" fill="${COLOURS.waiting}"/>`),
  'in-use': traySvg(
    COLOURS.glyph,
    `<path d="M20.4 18.6 L30.4 24.5 L20.4 30.4 Z" fill="${COLOURS.inUse}" stroke="${COLOURS.inUse}" stroke-width="2" stroke-linejoin="round"/>`,
  ),
  paused: traySvg(
    COLOURS.paused,
    `<g fill="${COLOURS.paused}"><rect x="19.2" y="18.2" width="4.2" height="12.6" rx="1.6"/><rect x="26" y="18.2" width="4.2" height="12.6" rx="1.6"/></g>`,
  ),
};

const folder = import.meta.dirname;
await mkdir(join(folder, 'tray'), { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env['EBP_CHROMIUM'] ?? '/usr/bin/chromium',
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
const page = await browser.newPage();

async function draw(svg: string, sizePx: number, path: string): Promise<void> {
  await page.setViewportSize({ width: sizePx, height: sizePx });
  await page.setContent(`<style>body{margin:0}svg{display:block;width:${sizePx}px;height:${sizePx}px}</style>${svg}`);
  await writeFile(path, await page.screenshot({ omitBackground: true }));
}

await draw(await readFile(join(folder, 'icon.svg'), 'utf8'), 512, join(folder, 'icon.png'));
for (const [state, svg] of Object.entries(tray)) {
  for (const sizePx of [16, 22]) {
    await draw(svg, sizePx, join(folder, 'tray', `${state}-${sizePx}.png`));
    await draw(svg, sizePx * 2, join(folder, 'tray', `${state}-${sizePx}@2x.png`));
  }
}
await browser.close();
