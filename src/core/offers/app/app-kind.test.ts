// Only the owner of a program that is known to need it is advised to weaken a container.
import { expect, test } from 'vitest';
import { State } from '../../lib/state.ts';
import { anybody, createFakeComputer, idOf, start, testSettings, until } from '../offers.test-support.ts';

const said = { exitCode: 133, wantedOwnSandbox: true };

test('a program of Chromium that may not build its own sandbox is told apart, and its owner is told', async () => {
  await using computer = await createFakeComputer();
  await computer.entry('x');
  await computer.write('bin/icudtl.dat', '');
  await using offers = await start(computer);
  const before = offers.find(idOf('x'), anybody);
  expect(await before?.explainEnd({ ...said, wantedOwnSandbox: false })).toBeNull();
  expect(offers.own.value.offers[0]?.details).toMatchObject({ ownSandbox: 'off' });
  expect(await before?.explainEnd(said)).toEqual({ code: 'own-sandbox-needed', params: {} });
  expect(offers.own.value.offers[0]?.details).toMatchObject({ ownSandbox: 'needed' });
  const needed = offers.find(idOf('x'), anybody);
  expect(needed?.launch('viewer').ownSandbox).toBe('needed');
  // The same program would run, so a rule still holds.
  expect(needed?.digest).toBe(before?.digest);
});

test('a program that is not made of Chromium and says the same has failed, and its owner is advised nothing', async () => {
  await using computer = await createFakeComputer();
  await computer.entry('x');
  await using offers = await start(computer);
  expect(await offers.find(idOf('x'), anybody)?.explainEnd(said)).toBeNull();
  expect(offers.own.value.offers[0]?.details).toMatchObject({ ownSandbox: 'off' });
});

test('what its owner lets it do counts at once, and changes the digest, so that a rule of before asks again', async () => {
  await using computer = await createFakeComputer();
  await computer.entry('x');
  const settings = new State({ ...testSettings, isSharedByDefault: true });
  await using offers = await start(computer, settings);
  const before = offers.find(idOf('x'), anybody);
  settings.update((value) => ({ ...value, ownSandboxOfferIds: [idOf('x')] }));
  const after = offers.find(idOf('x'), anybody);
  expect(after?.digest).not.toBe(before?.digest);
  expect(after?.launch('viewer').ownSandbox).toBe('allowed');
  settings.update((value) => ({ ...value, ownSandboxOfferIds: [] }));
  expect(offers.find(idOf('x'), anybody)).toMatchObject({ digest: before?.digest });
  expect(offers.find(idOf('x'), anybody)?.launch('viewer').ownSandbox).toBe('off');
  settings.update((value) => ({ ...value, ownSandboxOfferIds: [idOf('x')] }));
  await until(offers.own, ({ offers: [own] }) => own?.details.kind === 'app' && own.details.ownSandbox === 'allowed');
  expect(JSON.stringify(offers.visibleTo(anybody))).not.toContain('ownSandbox');
});
