import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ActivityEntry } from '../../contract/activity.ts';
import type { OfferId, PeerId, SessionId } from '../../contract/ids.ts';
import { noPowers } from '../../contract/powers.ts';
import { silentLog } from '../lib/log.ts';
import { type Activity, type Note, startActivity } from './activity.ts';
import { beginning, readSeal, sealLine } from './chain.ts';
import { checkChain } from './check.ts';
import { csvHeader, toCell, toCsvLine } from './csv.ts';

const alice = `SHA256:${'A'.repeat(43)}` as PeerId;
const carol = `SHA256:${'C'.repeat(43)}` as PeerId;
const small = { maxSegmentBytes: 4000, maxSegments: 3 };
let folder: string;
let activity: Activity | undefined;

const party = (peerId = alice, peerName = 'Alice') =>
  ({
    role: 'host',
    peerId,
    peerName,
    isVerified: true,
    offerId: 'app:xcalc' as OfferId,
    offerName: 'Calculator',
  }) as const;
const requested = (peerId?: PeerId, peerName?: string): Note => ({
  ...party(peerId, peerName),
  event: { kind: 'requested', view: 'viewer', powers: noPowers },
});
const sessionId = '00000000-0000-4000-8000-000000000001' as SessionId;
const started: Note = {
  ...party(),
  event: { kind: 'started', sessionId, ruleId: null, view: 'viewer', powers: noPowers },
};

async function begin(limits = { maxSegmentBytes: 1_000_000, maxSegments: 8 }): Promise<Activity> {
  activity = await startActivity({ folder, log: silentLog, limits, retryMs: 50 });
  return activity;
}

async function end(): Promise<void> {
  await activity?.[Symbol.asyncDispose]();
  activity = undefined;
}

async function fill(count: number, limits?: typeof small): Promise<void> {
  const log = await begin(limits);
  for (let i = 0; i < count; i += 1) await log.record(requested(alice, `Alice ${i}`));
}

const files = async () => (await readdir(folder)).filter((name) => name.endsWith('.jsonl')).sort();
const kinds = async () => (await (activity as Activity).read({ limit: 500 })).entries.map(({ event }) => event.kind);
const lineOf = (seq: number) => `{"seq":${seq},`;
async function linesOf(name: string): Promise<string[]> {
  return (await readFile(join(folder, name), 'utf8')).split('\n').slice(0, -1);
}
const write = (name: string, lines: readonly string[]) =>
  writeFile(join(folder, name), lines.map((line) => `${line}\n`).join(''));

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebp-activity-'));
});
afterEach(async () => {
  await end();
  await rm(folder, { recursive: true, force: true });
});

describe('the log', () => {
  test('keeps what happened, the newest first, over starts, in private files', async () => {
    await fill(3);
    await end();
    const log = await begin();
    await log.record({ event: { kind: 'paused' } });
    const { entries, total } = await log.read({ limit: 3 });
    expect(total).toBe(4);
    expect(entries.map(({ seq, event }) => [seq, event.kind])).toEqual([
      [4, 'paused'],
      [3, 'requested'],
      [2, 'requested'],
    ]);
    expect((await log.read({ limit: 3, beforeSeq: 2 })).entries.map(({ seq }) => seq)).toEqual([1]);
    expect(await log.check()).toMatchObject({ isSound: true, count: 4, lastHash: entries[0]?.hash });
    expect(log.state.value).toEqual({ lastSeq: 4, count: 4, problem: null });
    // The head is saved after the line without waiting, and its temporary file comes and goes meanwhile.
    await end();
    for (const name of await readdir(folder)) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o077).toBe(0);
  });

  test('finds words in any case, a person, a group; and counts what fits', async () => {
    const log = await begin();
    await log.record(requested());
    await log.record(requested(carol, 'Carol “Ö” "x"\\'));
    await log.record({ event: { kind: 'paused' } });
    const found = async (query: object) => {
      const { entries, total } = await log.read({ limit: 1, ...query });
      return [total, entries[0]?.seq];
    };
    expect(await found({ search: 'calculator ö' })).toEqual([1, 2]);
    expect(await found({ search: '"X"\\' })).toEqual([1, 2]);
    // Names of fields are not searched.
    expect(await found({ search: 'peerName' })).toEqual([0, undefined]);
    // Ids are found by their beginnings, not by other pieces.
    expect(await found({ search: 'aaa' })).toEqual([0, undefined]);
    expect(await found({ search: 'AAAA' })).toEqual([1, 1]);
    expect(await found({ peerId: alice })).toEqual([1, 1]);
    expect(await found({ group: 'decisions' })).toEqual([1, 3]);
    expect(await found({ search: ' ' })).toEqual([3, 3]);
    expect(await found({ search: 'requested', beforeSeq: 2 })).toEqual([2, 1]);
  });

  test('lets go of the oldest file, and that is no damage; also when a crash came in between', async () => {
    await fill(60, small);
    const before = await files();
    expect(before).toHaveLength(3);
    expect(before[0]).not.toBe('activity-000001.jsonl');
    const log = activity as Activity;
    const check = await log.check();
    expect(check).toMatchObject({ isSound: true, lastSeq: 60 });
    const { entries, total } = await log.read({ limit: 500 });
    expect([entries.length, total]).toEqual([total, log.state.value.count]);
    for (const name of before) expect((await stat(join(folder, name))).size).toBeLessThanOrEqual(4000);
    const oldest = await readFile(join(folder, before[0] ?? ''));
    while ((await files())[0] === before[0]) await log.record(requested());
    await end();
    await writeFile(join(folder, before[0] ?? ''), oldest);
    await begin(small);
    expect((await files())[0]).not.toBe(before[0]);
    expect(await (activity as Activity).check()).toMatchObject({ isSound: true });
  });

  test('says that its oldest file was taken away', async () => {
    await fill(30, small);
    await rm(join(folder, (await files())[0] ?? ''));
    expect(await activity?.check()).toMatchObject({ isSound: false, line: 1, what: 'removed' });
  });

  test('what others cause at will is written up to a limit and then counted', async () => {
    const log = await begin();
    for (let i = 0; i < 200; i += 1) await log.recordFromOutside(requested());
    await log.recordFromOutside(requested(carol, 'Carol'));
    expect(log.state.value.count).toBe(121);
    await end();
    const { entries } = await (await begin()).read({ limit: 1 });
    expect(entries[0]?.event).toEqual({ kind: 'left-out', count: 80 });
  });
});

describe('after a crash', () => {
  test('sessions that were open are closed as lost, once', async () => {
    const log = await begin();
    await log.record(started);
    const head = await readFile(join(folder, 'head.json'));
    await end();
    // As if it was killed before the head was saved.
    for (const bytes of [undefined, head]) {
      if (bytes !== undefined) await writeFile(join(folder, 'head.json'), bytes);
      await begin();
      const { entries } = await (activity as Activity).read({ limit: 1 });
      expect(entries[0]).toMatchObject({
        ...party(),
        event: { kind: 'ended', sessionId, reason: 'lost', durationMs: null, bytesToHost: null },
      });
      await end();
    }
    await begin();
    expect(await kinds()).toEqual(['ended', 'started']);
    expect(await activity?.check()).toMatchObject({ isSound: true });
  });

  test('a torn line is kept aside, said, and the chain goes on', async () => {
    await fill(2);
    await end();
    const [name = ''] = await files();
    const torn = (await linesOf(name))[1]?.slice(0, 100) ?? '';
    await appendFile(join(folder, name), torn);
    await begin();
    const { entries } = await (activity as Activity).read({ limit: 1 });
    expect(entries[0]?.event).toMatchObject({ kind: 'log-torn', sizeBytes: 100 });
    const keptAs = entries[0]?.event.kind === 'log-torn' ? entries[0].event.keptAs : null;
    expect(await readFile(join(folder, keptAs ?? ''), 'utf8')).toBe(torn);
    expect(await activity?.check()).toMatchObject({ isSound: true, count: 3 });
  });

  test('lines that were cut off meanwhile are said at the start, and stay found', async () => {
    await fill(5);
    await end();
    const [name = ''] = await files();
    await write(name, (await linesOf(name)).slice(0, 3));
    await begin();
    expect((await activity?.read({ limit: 1 }))?.entries[0]).toMatchObject({
      seq: 6,
      event: { kind: 'log-damaged', what: 'cut', count: 2 },
    });
    expect(await activity?.check()).toMatchObject({ isSound: false, line: 4, what: 'removed' });
  });

  test('a log whose files are gone does not begin at one again', async () => {
    await fill(5);
    await end();
    for (const name of await files()) await rm(join(folder, name));
    await begin();
    expect((await activity?.read({ limit: 1 }))?.entries[0]).toMatchObject({
      seq: 6,
      event: { what: 'cut', count: 5 },
    });
    expect(await activity?.check()).toMatchObject({ isSound: false });
  });

  test('a head that is gone or damaged is said, and the lines stay', async () => {
    for (const [at, damage] of ['', '{"version":1,"anchor":', null].entries()) {
      await fill(2);
      await end();
      if (damage === null) await rm(join(folder, 'head.json'));
      else await writeFile(join(folder, 'head.json'), damage);
      await begin();
      expect((await activity?.read({ limit: 1 }))?.entries[0]?.event).toMatchObject({
        kind: 'log-damaged',
        what: 'head',
      });
      expect(await activity?.check()).toMatchObject({ isSound: true, count: 3 * (at + 1) });
      await end();
    }
  });

  test('a damaged end is said once, left as it is, and the log goes on in a new file', async () => {
    await fill(3);
    await end();
    const [name = ''] = await files();
    const damaged = (await readFile(join(folder, name), 'utf8')).replace('Alice 2', 'Malice 2');
    await writeFile(join(folder, name), damaged);
    for (let i = 0; i < 2; i += 1) {
      await begin();
      expect((await kinds()).filter((kind) => kind === 'log-damaged')).toHaveLength(1);
      expect(await activity?.check()).toMatchObject({ isSound: false, file: name, line: 3, what: 'changed' });
      await end();
    }
    expect(await readFile(join(folder, name), 'utf8')).toBe(damaged);
  });

  test('somebody who writes to the file while it is open is found, and glues nothing to the next line', async () => {
    await fill(2);
    const [name = ''] = await files();
    await truncate(join(folder, name), (await stat(join(folder, name))).size - 1);
    await activity?.record(requested());
    expect(await files()).toHaveLength(2);
    expect(await kinds()).toContain('requested');
    expect(await activity?.check()).toMatchObject({ isSound: false, file: name, what: 'truncated' });
  });

  // The child tells each number when its line is acknowledged; SIGKILL comes at any moment.
  test('each acknowledged line is there after SIGKILL in a burst of writes', { timeout: 120_000 }, async () => {
    const source = new URL('./activity.ts', import.meta.url).href;
    const logSource = new URL('../lib/log.ts', import.meta.url).href;
    const script = `
      import { writeSync } from 'node:fs';
      import { startActivity } from ${JSON.stringify(source)};
      import { silentLog } from ${JSON.stringify(logSource)};
      const activity = await startActivity({ folder: ${JSON.stringify(folder)}, log: silentLog, limits: ${JSON.stringify(small)} });
      const first = Number(process.argv[1]);
      for (let n = first; ; n += 5) {
        await Promise.all([0, 1, 2, 3, 4].map(async (i) => {
          await activity.record({ peerName: 'line ' + (n + i), event: { kind: 'paused' } });
          writeSync(1, (n + i) + '\\n');
        }));
      }`;
    let acknowledged = 0;
    for (let round = 0; round < 25; round += 1) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script, String((round + 1) * 100_000)]);
      let out = '';
      let errors = '';
      child.stderr.on('data', (chunk) => {
        errors += chunk;
      });
      const isGoing = new Promise<void>((resolve) => {
        child.stdout.on('data', (chunk) => {
          out += chunk;
          resolve();
        });
        child.once('exit', () => resolve());
      });
      const hasEnded = once(child, 'close');
      await isGoing;
      await sleep(round * 3);
      child.kill('SIGKILL');
      await hasEnded;
      expect(errors).toBe('');
      const told = out.split('\n').slice(0, -1).map(Number);
      acknowledged += told.length;
      const log = await begin(small);
      const { entries } = await log.read({ limit: 500 });
      const names = new Set(entries.map(({ peerName }) => peerName));
      const oldest = Number(
        entries
          .filter(({ peerName }) => peerName?.startsWith('line'))
          .at(-1)
          ?.peerName?.slice(5),
      );
      // Lines that the log has already dropped are not looked for.
      const missing = told.filter((number) => number >= oldest && !names.has(`line ${number}`));
      expect(missing).toEqual([]);
      expect(names.has(`line ${told.at(-1)}`)).toBe(true);
      expect(await log.check()).toMatchObject({ isSound: true });
      expect(entries.filter(({ event }) => event.kind === 'log-damaged')).toEqual([]);
      await end();
    }
    expect(acknowledged).toBeGreaterThan(100);
  });
});

describe('the chain', () => {
  /** A log of three files in memory-sized pieces, and its extent. */
  async function makeLog(): Promise<{
    names: string[];
    contents: Buffer[];
    check: () => ReturnType<typeof checkChain>;
  }> {
    await fill(20, { maxSegmentBytes: 3500, maxSegments: 10 });
    await end();
    const names = await files();
    expect(names.length).toBeGreaterThan(2);
    const contents = await Promise.all(names.map((name) => readFile(join(folder, name))));
    const head = JSON.parse(await readFile(join(folder, 'head.json'), 'utf8'));
    const check = async () => {
      const segments = await Promise.all(
        names.map(async (name) => ({ path: join(folder, name), sizeBytes: (await stat(join(folder, name))).size })),
      );
      return checkChain({ anchor: head.anchor, last: head.last, segments });
    };
    expect(await check()).toMatchObject({ isSound: true, count: 20 });
    return { names, contents, check };
  }

  test('any byte that changes, goes or comes is found, in the line where it is', async () => {
    const { names, contents, check } = await makeLog();
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        fc.constantFrom('change', 'remove', 'insert'),
        async (whichFile, whichByte, bits, how) => {
          const index = whichFile % contents.length;
          const content = contents[index] as Buffer;
          const at = whichByte % content.length;
          const kept = how === 'insert' ? content.subarray(at) : content.subarray(at + 1);
          const byte = how === 'remove' ? [] : [((content[at] ?? 0) ^ bits) & 0xff];
          const changed = Buffer.concat([content.subarray(0, at), Buffer.from(byte), kept]);
          // Doubling a byte or removing one of two equal bytes may leave the content unchanged.
          if (changed.equals(content)) return;
          await writeFile(join(folder, names[index] ?? ''), changed);
          const result = await check();
          await writeFile(join(folder, names[index] ?? ''), content);
          const line = content.subarray(0, at).toString('latin1').split('\n').length;
          expect(result).toMatchObject({ isSound: false, file: names[index] });
          if (!result.isSound) expect([line, line + 1]).toContain(result.line);
        },
      ),
      { numRuns: 400 },
    );
  });

  test('every byte of a line counts', () => {
    const { line } = sealLine(beginning, { at: 1, ...party(), peerName: 'Zoë \ufffd “x”', event: { kind: 'paused' } });
    const bytes = Buffer.from(line);
    expect(readSeal(bytes)).toMatchObject({ seq: 1, previous: beginning.hash });
    for (let at = 0; at < bytes.length; at += 1) {
      for (let bits = 1; bits < 256; bits += 1) {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ bits;
        if (readSeal(changed) !== null) throw new Error(`byte ${at} does not count: ${changed}`);
      }
    }
  });

  test('a line that is removed, repeated, swapped with another or cut off is found and named', async () => {
    const { names, contents, check } = await makeLog();
    const all = contents.flatMap((content, file) =>
      content
        .toString('utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => ({ line, file })),
    );
    const put = async (lines: readonly { line: string; file: number }[]) => {
      for (const [file, name] of names.entries()) {
        await write(
          name,
          lines.filter((one) => one.file === file).map(({ line }) => line),
        );
      }
      const result = await check();
      return result.isSound ? 'sound' : result.what;
    };
    for (let at = 0; at < all.length; at += 1) {
      expect(await put(all.toSpliced(at, 1))).toBe(at === all.length - 1 ? 'truncated' : 'removed');
      expect(await put(all.toSpliced(at, 0, all[at] as never))).toBe('repeated');
      expect(await put(all.slice(0, at))).toBe('truncated');
      const other = all[at + 1];
      if (other !== undefined) {
        const swapped = all
          .with(at, { ...other, file: all[at]?.file ?? 0 })
          .with(at + 1, { ...all[at], file: other.file } as never);
        expect(await put(swapped)).toBe('reordered');
      }
    }
    expect(await put(all)).toBe('sound');
  });

  test('a line that was made anew with a hash of its own breaks the one after it, and the last one the head', async () => {
    const { names, contents, check } = await makeLog();
    const lines = (contents[0] as Buffer).toString('utf8').split('\n').slice(0, -1);
    for (const [index, name] of [0, names.length - 1].map((at) => [at, names[at] ?? ''] as const)) {
      const own = (contents[index] as Buffer).toString('utf8').split('\n').slice(0, -1);
      const at = index === 0 ? 1 : own.length - 1;
      const { seq, previous, hash: _, ...entry } = JSON.parse(own[at] ?? '') as ActivityEntry;
      const forged = sealLine({ seq: seq - 1, hash: previous }, { ...entry, peerName: 'Somebody else' });
      await write(name, own.with(at, forged.line));
      expect(await check()).toMatchObject({ isSound: false, file: name, what: 'changed' });
      await writeFile(join(folder, name), contents[index] as Buffer);
    }
    expect(lines[0]).toContain(lineOf(1));
  });
});

describe('an export', () => {
  test('has every line once, in order, over its parts', async () => {
    const log = await begin({ maxSegmentBytes: 300_000, maxSegments: 10 });
    await Promise.all(Array.from({ length: 3000 }, (_, i) => log.record(requested(alice, `Alice ${i}`))));
    for (const format of ['jsonl', 'csv'] as const) {
      let text = '';
      let parts = 0;
      for (let afterSeq: number | null = 0; afterSeq !== null; parts += 1) {
        const part: { text: string; nextAfterSeq: number | null } = await log.export({ format, afterSeq });
        text += part.text;
        afterSeq = part.nextAfterSeq;
      }
      expect(parts).toBeGreaterThan(1);
      const lines = text.trimEnd().split(/\r?\n/);
      if (format === 'csv') expect(`${lines.shift()}\r\n`).toBe(csvHeader);
      const numbers = lines.map((line) => Number(format === 'csv' ? line.split(',')[0] : JSON.parse(line).seq));
      expect(numbers).toEqual(Array.from({ length: 3000 }, (_, i) => i + 1));
      // What is exported carries its own proof.
      if (format === 'jsonl') expect(lines.every((line) => readSeal(Buffer.from(line)) !== null)).toBe(true);
    }
    expect(
      (await log.export({ format: 'jsonl', afterSeq: 0, search: '"Alice 7"'.replaceAll('"', '') })).text,
    ).toContain('Alice 7"');
  });

  // RFC 4180, and https://owasp.org/www-community/attacks/CSV_Injection
  test('quotes what CSV needs quoted, and is no formula', async () => {
    expect(['a', 'a,b', 'a"b', 'a\nb', null, 0, false].map(toCell)).toEqual([
      'a',
      '"a,b"',
      '"a""b"',
      '"a\nb"',
      '',
      '0',
      'false',
    ]);
    expect(['=1+1', '+1', '-1', '@x', '\tx', '\rx', '=a,"b'].map(toCell)).toEqual([
      "'=1+1",
      "'+1",
      "'-1",
      "'@x",
      "'\tx",
      '"\'\rx"',
      '"\'=a,""b"',
    ]);
    const log = await begin();
    await log.record(requested(alice, '=HYPERLINK("http://x","y")'));
    const [entry] = (await log.read({ limit: 1 })).entries;
    const line = toCsvLine(entry as ActivityEntry);
    expect(line).toContain(',"\'=HYPERLINK(""http://x"",""y"")",');
    expect(line.endsWith('\r\n')).toBe(true);
  });
});

const canMount =
  spawnSync('unshare', ['--user', '--map-root-user', '--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

describe.runIf(canMount)('a full disk', () => {
  test('stops nothing and loses nothing; when it has space again that is said', { timeout: 60_000 }, () => {
    const program = fileURLToPath(new URL('./full-disk.test-support.ts', import.meta.url));
    const command = 'mount -t tmpfs -o size=128k none /mnt && exec "$0" "$1"';
    const { stdout, stderr, status } = spawnSync(
      'unshare',
      ['--user', '--map-root-user', '--mount', 'sh', '-c', command, process.execPath, program],
      { encoding: 'utf8', timeout: 50_000 },
    );
    expect([status, stderr]).toEqual([0, '']);
    const result = JSON.parse(stdout);
    expect(result.problem).toBe('disk-full');
    expect(result.longestMs).toBeLessThan(1000);
    expect(result.check).toMatchObject({ isSound: true });
    expect(result.missing).toEqual([]);
    expect(result.resumed).toMatchObject({ kind: 'log-resumed', lostCount: 0 });
    expect(result.resumed.lateCount).toBeGreaterThan(0);
    expect(result.problemAfter).toBe(null);
  });
});
