// From a click to a window and to its end, in the package that people would install, on both computers.

import { sandboxProcesses } from '../../lab/processes.ts';
import { expect, soon, test, useLan } from '../computers/fixtures.ts';
import { inkOf } from '../computers/picture.ts';

const lan = useLan({ alice: {}, bob: { apps: { xcalc: 'xcalc' } } });

test('the package: a click asks, a yes brings the program’s picture, and closing it ends all of it', async () => {
  const viewer = await (await lan.alice.mainPage()).launch('Bob', 'xcalc');
  const popup = await (await lan.bob.popup()).shown();
  await expect(popup.card).toContainText('xcalc');
  await popup.allow();
  await viewer.running();
  await soon(async () => inkOf(await viewer.picture())).toBeGreaterThan(0.01);
  expect(sandboxProcesses('bob').join('\n')).toContain('xcalc');

  await viewer.disconnect.click();
  await soon(() => sandboxProcesses('bob')).toEqual([]);
});
