import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ClientId, MethodInput } from '../contract/contract.ts';
import { methods } from '../contract/contract.ts';
import type { OfferId, PeerId } from '../contract/ids.ts';
import { createHandlers } from './handlers.ts';
import { silentLog } from './lib/log.ts';
import { State } from './lib/state.ts';
import type { Parts } from './parts.ts';
import { type SettingsPart, startSettings } from './settings/settings.ts';

const [xcalc, xterm] = ['app:xcalc' as OfferId, 'app:xterm' as OfferId];
const alice = `SHA256:${'A'.repeat(43)}` as PeerId;
let folder: string;
let settings: SettingsPart;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebp-handlers-'));
  const person = { fullName: 'Bob', userName: 'bob', hostName: 'desk' };
  settings = await startSettings({ profileDir: folder, log: silentLog, person, env: {}, home: folder });
});
afterEach(async () => {
  await settings[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** As a client calls it: with the contract's check of the input. */
async function call<M extends 'offers.share' | 'offers.setAudience' | 'offers.allowOwnSandbox' | 'settings.update'>(
  method: M,
  input: MethodInput<M>,
): Promise<void> {
  const details = { kind: 'app' };
  const offers = { own: new State({ offers: [xcalc, xterm].map((id) => ({ id, details })), broken: [] }) };
  const handlers = createHandlers({ settings, offers } as unknown as Parts);
  const handle = handlers[method] as (input: unknown, client: ClientId) => Promise<unknown>;
  await handle(methods[method].input.parse(input), 1 as ClientId);
}

test('who sees one offer changes on top of what another client chose meanwhile', async () => {
  const chosen = { who: 'chosen' as const, peerIds: [alice] };
  await Promise.all([
    call('offers.setAudience', { offerIds: [xcalc], audience: chosen }),
    call('offers.setAudience', { offerIds: [xterm], audience: { who: 'verified' } }),
  ]);
  expect(settings.state.value.audienceByOfferId).toEqual({ [xcalc]: chosen, [xterm]: { who: 'verified' } });
  await call('offers.setAudience', { offerIds: [xterm], audience: null });
  expect(settings.state.value.audienceByOfferId).toEqual({ [xcalc]: chosen });
  await expect(call('offers.setAudience', { offerIds: ['app:gone' as OfferId], audience: null })).rejects.toMatchObject(
    { code: 'not-found' },
  );
});

test('to share everything is said of the kinds that are shared so, and to share nothing of all', async () => {
  const toy = 'toy:train' as OfferId;
  await settings.update({ sharedByOfferId: { [toy]: true, [xcalc]: false } });
  await call('offers.share', { offerIds: 'all', isShared: true });
  expect(settings.state.value).toMatchObject({ isSharedByDefault: true, sharedByOfferId: { [toy]: true } });
  expect(Object.keys(settings.state.value.sharedByOfferId)).toEqual([toy]);
  await call('offers.share', { offerIds: 'all', isShared: false });
  expect(settings.state.value).toMatchObject({ isSharedByDefault: false, sharedByOfferId: {} });
  await expect(call('offers.share', { offerIds: [toy], isShared: true })).rejects.toMatchObject({ code: 'not-found' });
});

test('who may build a sandbox of their own changes on top of what another client chose meanwhile', async () => {
  expect(settings.state.value.ownSandboxOfferIds).toEqual([]);
  await Promise.all([xcalc, xterm].map((id) => call('offers.allowOwnSandbox', { offerIds: [id], isAllowed: true })));
  expect(settings.state.value.ownSandboxOfferIds).toEqual([xcalc, xterm]);
  await call('offers.allowOwnSandbox', { offerIds: [xcalc, xcalc], isAllowed: false });
  expect(settings.state.value.ownSandboxOfferIds).toEqual([xterm]);
  await expect(
    call('offers.allowOwnSandbox', { offerIds: ['app:gone' as OfferId], isAllowed: true }),
  ).rejects.toMatchObject({ code: 'not-found' });
});

test('quiet hours change one by one, whoever else changes them', async () => {
  await Promise.all([
    call('settings.update', { quietHours: { from: '21:00' } }),
    call('settings.update', { quietHours: { isOn: true } }),
  ]);
  expect(settings.state.value.quietHours).toEqual({ isOn: true, from: '21:00', to: '07:00' });
});
