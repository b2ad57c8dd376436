// The activity log of eBrainPool 0.1 (fixtures/0.1), as it was written by its own code, and lines of a version that is still to come.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { activityEventSchema } from '../../contract/activity.ts';
import { noPowers } from '../../contract/powers.ts';
import { powerNames } from '../../contract/views.ts';
import { silentLog } from '../lib/log.ts';
import { startActivity } from './activity.ts';
import { beginning, sealLine } from './chain.ts';
import { csvHeader } from './csv.ts';
import { parseEntry } from './query.ts';

const fixture = join(import.meta.dirname, 'fixtures', '0.1');
const name = 'activity-000001.jsonl';
let folder: string;
let stack: AsyncDisposableStack;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebp-activity-0.1-'));
  stack = new AsyncDisposableStack();
  stack.defer(() => rm(folder, { recursive: true }));
});
afterEach(() => stack.disposeAsync());
const open = async () => stack.use(await startActivity({ folder, log: silentLog }));

test('every line of version 0.1 is shown, and the chain goes on', async () => {
  await cp(fixture, folder, { recursive: true });
  const written = (await readFile(join(fixture, name), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const log = await open();
  const { entries } = await log.read({ limit: 500 });
  const old = entries.filter(({ seq }) => seq <= written.length).reverse();
  expect(old.map(({ event }) => event.kind)).toEqual(written.map(({ event }) => event.kind));
  // One event of each kind that there was.
  const kinds = activityEventSchema.options.map(({ shape }) => shape.kind.value);
  expect([...new Set(written.map(({ event }) => event.kind))].sort()).toEqual(kinds.sort());
  expect(old[0]?.event).toMatchObject({ kind: 'requested', view: 'ssh-command' });
  // What was open when it was killed is closed by the first line of today.
  expect(entries[0]?.event).toMatchObject({ kind: 'ended', reason: 'lost', sessionId: written.at(-1).event.sessionId });
  expect(await log.check()).toMatchObject({ isSound: true, count: written.length + 1 });
});

describe('of another version', () => {
  const entry = {
    ...{ at: 1, role: 'host', peerId: `SHA256:${'A'.repeat(43)}`, peerName: 'Alice', isVerified: true },
    ...{ offerId: 'app:gimp', offerName: 'GIMP' },
  };
  const powers = { ...noPowers, clipboardIn: true };
  const write = async (lines: readonly object[]) => {
    let last = beginning;
    const text = lines.map((line) => {
      const sealed = sealLine(last, { ...entry, ...line } as never);
      last = sealed.link;
      return `${sealed.line}\n`;
    });
    await writeFile(join(folder, name), text.join(''));
    await writeFile(
      join(folder, 'head.json'),
      JSON.stringify({ version: 2, anchor: beginning, last, kept: null, moon: 1 }),
    );
  };
  const events = async () => (await (await open()).read({ limit: 500 })).entries.map(({ event }) => event).reverse();

  test('a line with a power that this version does not know tells of the others', async () => {
    await write([{ event: { kind: 'requested', view: 'viewer', powers: { ...powers, microphone: true } } }]);
    expect(await events()).toEqual([{ kind: 'requested', view: 'viewer', powers }]);
  });

  test.each(powerNames)('a line of before there was %s has not got it', async (power) => {
    const { [power]: _, ...less } = powers;
    await write([{ event: { kind: 'requested', view: 'viewer', powers: less } }]);
    expect(await events()).toEqual([
      { kind: 'requested', view: 'viewer', powers: { ...powers, [power]: noPowers[power] } },
    ]);
  });

  test('words that this version does not know are shown as they stand, and no line vanishes', async () => {
    await write([
      { event: { kind: 'requested', view: 'hologram', powers } },
      { event: { kind: 'teleported', to: 'the\u202emoon' } },
      { event: { kind: 'ended', reason: 'eclipse', exitCode: null } },
      { role: 'referee', peerName: 'x'.repeat(300), offerId: 'no id', event: { kind: 'paused' } },
      { event: { kind: 'paused', because: 'it rains' } },
    ]);
    expect(await events()).toEqual([
      { kind: 'requested', view: 'hologram', powers },
      { kind: 'unknown', name: 'teleported', text: 'teleported, to: "themoon"' },
      { kind: 'unknown', name: 'ended', text: 'ended, reason: "eclipse", exitCode: null' },
      { kind: 'paused' },
      { kind: 'paused' },
    ]);
    const log = await open();
    expect(await log.check()).toMatchObject({ isSound: true, count: 5 });
    expect((await log.read({ limit: 10, search: 'eclipse' })).total).toBe(1);
    const { text } = await log.export({ format: 'csv', afterSeq: 0 });
    expect(text.slice(csvHeader.length).split('\r\n')[1]).toContain('teleported,host,Alice');
  });

  test('a line without a place in the chain is damaged, whatever else is in it', () => {
    expect(parseEntry(JSON.stringify({ ...entry, event: { kind: 'paused' } }))).toBeNull();
  });

  test('a log that a newer version has begun goes on', async () => {
    await write([{ event: { kind: 'paused' } }]);
    const log = await open();
    await log.record({ event: { kind: 'resumed' } });
    expect((await log.read({ limit: 10 })).entries.map(({ event }) => event.kind)).toEqual(['resumed', 'paused']);
    expect(await log.check()).toMatchObject({ isSound: true, count: 2 });
  });
});
