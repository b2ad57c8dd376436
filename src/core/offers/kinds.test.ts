// Kinds register themselves. One without a row gets nothing, whatever it finds, a settings file says, or a peer asks for.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { type OfferId, offerIdSchema } from '../../contract/ids.ts';
import type { KindName } from '../../contract/kinds.ts';
import type { Settings } from '../../contract/settings.ts';
import { type View, viewNames } from '../../contract/views.ts';
import { silentLog } from '../lib/log.ts';
import { State } from '../lib/state.ts';
import type { Definition, Kind } from './kind.ts';
import { anybody, testSettings } from './offers.test-support.ts';
import { startOffers } from './offers.ts';

const toyId = 'toy:train' as OfferId;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebp-kinds-'));
});
afterEach(() => rm(folder, { recursive: true }));

const started: string[] = [];
beforeEach(() => void started.splice(0));

/** A kind that finds these, and would run a program for each. */
function kindOfName(name: string, definitions: readonly object[]): Kind<Definition> {
  return {
    name: name as KindName,
    definition: z.object({ id: offerIdSchema, source: z.string() }),
    startSource: async ({ onFound }) => {
      started.push(name);
      await onFound({ definitions, broken: [], leftOut: 0 });
      return { rescan: async () => {}, [Symbol.asyncDispose]: async () => {} };
    },
    toOffer: ({ id }) => ({
      ...{ name: id, summary: '', categories: [], keywords: [], icon: null, obstacle: null },
      details: { kind: 'app', ownSandbox: 'off', command: '' },
    }),
    digest: () => '0'.repeat(64),
    launch: () => ({
      in: 'sandbox',
      program: { argv: ['/bin/true'], workingDirectory: null },
      ownSandbox: 'off',
    }),
    explainEnd: async () => null,
  };
}

const start = (kinds: readonly Kind<Definition>[], settings: Partial<Settings> = {}) =>
  startOffers({
    kinds,
    log: silentLog,
    settings: new State({ ...testSettings, isSharedByDefault: true, ...settings }),
    iconsDir: join(folder, 'icons'),
  });

test('a kind without a row is not even looked for: nothing of it is found, shared, shown or launched', async () => {
  const settings = {
    sharedByOfferId: { [toyId]: true },
    audienceByOfferId: { [toyId]: { who: 'everybody' } },
  } as const;
  await using offers = await start([kindOfName('toy', [{ id: toyId, source: '/toys' }])], settings);
  expect(started).toEqual([]);
  expect(offers.own.value).toEqual({ offers: [], broken: [], leftOut: 0 });
  for (const reader of [null, anybody, { ...anybody, isVerified: true }]) expect(offers.visibleTo(reader)).toEqual([]);
  expect(offers.find(toyId, anybody)).toBeUndefined();
});

test('no kind brings in offers of another one', async () => {
  await using offers = await start([kindOfName('app', [{ id: toyId, source: '/toys' }])], {
    sharedByOfferId: { [toyId]: true },
  });
  expect(offers.own.value).toMatchObject({
    offers: [],
    broken: [{ source: '/toys', reason: 'bad-id', detail: toyId }],
  });
  expect(offers.find(toyId, anybody)).toBeUndefined();
});

test('what does not fit the kind’s own schema is told to its owner, and hides nothing else', async () => {
  const good = { id: 'app:good', source: '/apps/good' };
  await using offers = await start([kindOfName('app', [{ id: 'app:bad', source: 7 }, { id: 'Ω' }, good, { ...good }])]);
  expect(offers.visibleTo(anybody).map(({ id }) => id)).toEqual(['app:good']);
  expect(offers.own.value.broken.map(({ source, reason, detail }) => [source, reason, detail])).toEqual([
    ['7', 'bad-value', 'source'],
    ['', 'bad-value', 'id'],
    ['/apps/good', 'bad-id', 'app:good'],
  ]);
});

test('an offer is started in the views of its kind’s row alone', async () => {
  await using offers = await start([kindOfName('app', [{ id: 'app:good', source: '/apps/good' }])]);
  const found = offers.find('app:good' as OfferId, anybody);
  for (const view of viewNames) expect(found?.launch(view).in).toBe('sandbox');
  for (const view of ['hologram', 'toString', ''])
    expect(() => found?.launch(view as View), view).toThrow(expect.objectContaining({ code: 'not-allowed' }));
});

test('two kinds of one name are a mistake of ours', async () => {
  await expect(start([kindOfName('app', []), kindOfName('app', [])])).rejects.toThrow('two kinds');
  await expect(start([kindOfName('toy', []), kindOfName('toy', [])])).rejects.toThrow('two kinds');
});
