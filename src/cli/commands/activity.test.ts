// `ebp activity`: the history, told, searched, checked and exported.
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { activityEntrySchema } from '../../contract/activity.ts';
import { called, core, ebp, useCore } from '../ebp.test-support.ts';
import { peerIdOf, uuidOf } from '../nouns.test-support.ts';

useCore();

describe('ebp activity', () => {
  const entry = (seq: number, over: object = {}) =>
    activityEntrySchema.parse({
      ...{ seq, at: 1_700_000_000_000, role: 'host', peerId: peerIdOf('b'), peerName: 'Bob\u202e', isVerified: true },
      ...{ offerId: 'app:xcalc', offerName: 'Calculator', previous: '0'.repeat(64), hash: '1'.repeat(64) },
      event: {
        ...{ kind: 'ended', sessionId: uuidOf('dddddddd'), reason: 'host', durationMs: 720_000 },
        ...{ bytesToHost: 1, bytesToVisitor: 2_000_000, exitCode: null },
      },
      ...over,
    });

  test('is told in sentences, the newest last, or as it is', async () => {
    core.answers['activity.read'] = () => ({
      entries: [entry(2, { event: { kind: 'paused' } }), entry(1)],
      total: 7,
    });
    const { out } = await ebp(['activity', '--search', 'a b', '--peer', 'bob’s desktop', '-n', '2']);
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toMatch(
      /Nov \d+, 2023.* {2}Bob +used Calculator for 12 min. You ended it. \(2 MB to the visitor, 1 byte to the host\)$/,
    );
    expect(lines.slice(1)).toEqual([expect.stringMatching(/ {2}You paused sharing\.$/), '2 of 7 lines.']);
    expect(called('activity.read')).toEqual([{ search: 'a b', peerId: peerIdOf('b'), limit: 2 }]);
    expect(JSON.parse((await ebp(['activity', '--json', '-n', '2'])).out)).toHaveLength(2);
  });

  test('says whether nothing has happened yet, or nothing fits', async () => {
    core.answers['activity.read'] = () => ({ entries: [], total: 0 });
    expect(await ebp(['activity'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^Nothing has happened yet\. .* is listed here from then on\.\n$/),
    });
    for (const flags of [
      ['--search', 'gimp'],
      ['--peer', 'bbbb'],
    ]) {
      expect(await ebp(['activity', ...flags])).toMatchObject({ code: 0, out: 'The history has no such line.\n' });
    }
    expect(await ebp(['activity', '--json'])).toMatchObject({ code: 0, out: '[]\n' });
  });

  test('reads as many pages as are asked for', async () => {
    core.answers['activity.read'] = ({ beforeSeq = 1201, limit }) => ({
      entries: Array.from({ length: Math.min(limit, beforeSeq - 1) }, (_, i) => entry(beforeSeq - 1 - i)),
      total: 1200,
    });
    expect(JSON.parse((await ebp(['activity', '-n', '1100', '--json'])).out)).toHaveLength(1100);
    expect(JSON.parse((await ebp(['activity', '-n', '5000', '--json'])).out)).toHaveLength(1200);
  });

  test('is checked, and the exit code says how', async () => {
    core.answers['activity.check'] = () => ({ isSound: true, count: 2, lastSeq: 2, lastHash: 'a'.repeat(64) });
    const sound = await ebp(['activity', '--check']);
    expect(sound.code).toBe(0);
    expect(sound.out).toContain('a'.repeat(64));
    core.answers['activity.check'] = () => ({
      isSound: false,
      file: 'activity-000001.jsonl',
      line: 7,
      what: 'changed',
    });
    const changed = await ebp(['activity', '--check']);
    expect(changed.code).toBe(3);
    expect(changed.out).toContain('line 7 of activity-000001.jsonl');
    expect(JSON.parse((await ebp(['activity', '--check', '--json'])).out)).toMatchObject({ line: 7 });
  });

  test('is exported, to standard output or into a private file', async () => {
    core.answers['activity.export'] = ({ afterSeq }) =>
      afterSeq === 0 ? { text: 'one\n', nextAfterSeq: 1 } : { text: 'two\n', nextAfterSeq: null };
    expect((await ebp(['activity', '--export', 'jsonl'])).out).toBe('one\ntwo\n');
    const path = join(core.profileDir, 'export.csv');
    expect((await ebp(['activity', '--export', 'csv', path])).out).toBe(`Written to ${path}.\n`);
    expect(await readFile(path, 'utf8')).toBe('one\ntwo\n');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await ebp(['activity', '--export', 'csv', '/nowhere/x'])).toMatchObject({
      code: 1,
      error: expect.stringContaining('/nowhere/x could not be written'),
    });
  });

  test.each([[['--export', 'xml']], [['--check', '--search', 'x']], [['file.csv']], [['-n', '0']]])(
    'refuses %o',
    async (flags) => {
      expect((await ebp(['activity', ...flags])).code).toBe(2);
    },
  );
});
