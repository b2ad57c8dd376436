import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AppError } from '../../contract/errors.ts';
import { JsonFile } from './json-file.ts';
import { silentLog } from './log.ts';

const schema = z.object({
  name: z.string().max(10),
  port: z.number(),
  list: z.array(z.object({ path: z.string() })),
  flags: z.record(z.string().regex(/^[a-z]+$/), z.boolean()),
});
const initial: z.output<typeof schema> = { name: 'initial', port: 1, list: [], flags: {} };

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'json-file-'));
  path = join(folder, 'profile', 'data.json');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const open = (extra: object = {}) => JsonFile.open({ path, schema, initial, log: silentLog, ...extra });
async function put(text: string): Promise<void> {
  await mkdir(join(folder, 'profile'), { recursive: true });
  await writeFile(path, text);
}
async function read(): Promise<Record<string, unknown>> {
  const { version, ...fields } = JSON.parse(await readFile(path, 'utf8'));
  expect(version).toBe(1);
  return fields;
}
const keptFiles = async () => (await readdir(join(folder, 'profile'))).filter((name) => name.includes('.damaged-'));

describe('a JSON file', () => {
  test('keeps the first good entries of a list with too many', async () => {
    const bounded = z.object({ list: z.array(z.number()).max(3) });
    await put('{"list":["x",1,null,2,3,4]}');
    const file = await JsonFile.open({ path, schema: bounded, initial: { list: [] }, log: silentLog });
    expect([file.value, file.problem?.fields]).toEqual([{ list: [1, 2, 3] }, ['list']]);
    expect(await keptFiles()).toHaveLength(1);
  });

  test('can be written whatever a newer version has put into it', async () => {
    await put(
      `{"port":5,"newer":{"a":1},"wide":${'['.repeat(4000)}1${']'.repeat(4000)},"deep":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
    );
    const file = await open();
    await file.update((value) => ({ ...value, port: 6 }));
    expect(await read()).toEqual({ ...initial, port: 6, newer: { a: 1 } });
  });

  test('begins with the initial value and writes privately', async () => {
    const file = await open();
    expect([file.value, file.problem]).toEqual([initial, null]);
    await file.update((value) => ({ ...value, port: 2 }));
    expect(await read()).toEqual({ ...initial, port: 2 });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'profile'))).mode & 0o777).toBe(0o700);
    expect(await readdir(join(folder, 'profile'))).toEqual(['data.json']);
  });

  test('takes a file of an older version, which lacks fields', async () => {
    await put('{"name":"old"}');
    const file = await open();
    expect([file.value, file.problem]).toEqual([{ ...initial, name: 'old' }, null]);
  });

  test('keeps what a newer version wrote', async () => {
    await put('{"name":"new","later":{"x":1}}');
    await (await open()).update((value) => ({ ...value, port: 3 }));
    expect(await read()).toEqual({ ...initial, name: 'new', port: 3, later: { x: 1 } });
  });

  test.each([
    ['', /data\.json: Unexpected end of JSON/],
    ['{"name":', /data\.json: /],
    ['[]', /data\.json: must be a JSON object/],
    ['null', /data\.json: must be a JSON object/],
    [Buffer.from([0xff, 0xfe]), /data\.json: .*encoded data/],
  ])('keeps a damaged file aside untouched: %s', async (content, why) => {
    await put(content as string);
    const file = await open();
    expect(file.value).toEqual(initial);
    expect(file.problem).toMatchObject({ path, why: expect.stringMatching(why), fields: [] });
    expect(file.problem?.keptAs).toMatch(/data\.json\.damaged-\d{8}T\d{6}Z$/);
    expect(await readFile(file.problem?.keptAs ?? '')).toEqual(Buffer.from(content));
    // It was mended on the disk, so the next start finds nothing wrong and makes no second copy.
    expect((await open()).problem).toBeNull();
    expect(await keptFiles()).toHaveLength(1);
  });

  test('keeps the good of a file that is damaged in places', async () => {
    const text = JSON.stringify({
      name: 'good',
      port: 'many',
      list: [{ path: '/a' }, { path: 5 }, { path: '/b' }],
      flags: { a: true, B: true, c: 'yes', d: false },
      later: 1,
    });
    await put(text);
    const file = await open();
    expect(file.value).toEqual({
      name: 'good',
      port: 1,
      list: [{ path: '/a' }, { path: '/b' }],
      flags: { a: true, d: false },
    });
    expect(file.problem?.why).toMatch(/^data\.json\.port: .*expected number/);
    expect(file.problem?.fields.toSorted()).toEqual(['flags', 'list', 'port']);
    expect(await readFile(file.problem?.keptAs ?? '', 'utf8')).toBe(text);
    expect(await read()).toEqual({ ...file.value, later: 1 });
  });

  test('never overwrites an earlier damaged file', async () => {
    for (const text of ['one', 'two', 'three']) {
      await put(text);
      await open();
    }
    const kept = await Promise.all((await keptFiles()).map((name) => readFile(join(folder, 'profile', name), 'utf8')));
    expect(kept.toSorted()).toEqual(['one', 'three', 'two']);
  });

  test('keeps what a symbolic link leads to', async () => {
    await mkdir(join(folder, 'profile'), { recursive: true });
    await writeFile(join(folder, 'target.json'), 'damaged');
    await symlink(join(folder, 'target.json'), path);
    const file = await open();
    expect(await readFile(file.problem?.keptAs ?? '', 'utf8')).toBe('damaged');
    expect(JSON.parse(await readFile(join(folder, 'target.json'), 'utf8'))).toEqual({ version: 1, ...initial });
  });

  test('writes one change after the other, each on top of the last', async () => {
    const file = await open();
    await Promise.all(Array.from({ length: 20 }, () => file.update((value) => ({ ...value, port: value.port + 1 }))));
    expect((await read())['port']).toBe(21);
  });

  test('tells a full disk, and stays as it was', async () => {
    await put(JSON.stringify({ version: 1, ...initial, name: 'before' }));
    let isFull = true;
    const replaceFile = async (target: string, text: string) => {
      if (isFull) throw new AppError('disk-full', { path: join(folder, 'profile') });
      await writeFile(target, text);
    };
    const file = await open({ replaceFile });
    const change = (value: typeof initial) => ({ ...value, name: 'after' });
    await expect(file.update(change)).rejects.toMatchObject({
      code: 'disk-full',
      params: { path: join(folder, 'profile') },
    });
    expect([file.value.name, (await read())['name']]).toEqual(['before', 'before']);
    isFull = false;
    await file.update(change);
    expect((await read())['name']).toBe('after');
  });
});

describe('the version of a file', () => {
  const migrations = [
    ({ title, ...stored }: Readonly<Record<string, unknown>>) => ({ ...stored, name: title }),
    (stored: Readonly<Record<string, unknown>>) => ({ ...stored, port: Number(stored['port']) + 1 }),
  ];
  const stored = async () => JSON.parse(await readFile(path, 'utf8'));
  const keptOf = async (version: number) =>
    (await readdir(join(folder, 'profile'))).filter((name) => name.startsWith(`data.json.version-${version}-`));

  test('is the number of steps and one, and the first where none is said', async () => {
    for (const [text, value] of [
      ['{"title":"one","port":1}', { name: 'one', port: 2 }],
      ['{"version":2,"name":"two","port":1}', { name: 'two', port: 2 }],
      ['{"version":3,"name":"three","port":1}', { name: 'three', port: 1 }],
      ['{"version":"odd","title":"odd","port":1}', { name: 'odd', port: 2 }],
    ] as const) {
      await put(text);
      const file = await open({ migrations });
      expect([file.value, file.problem]).toEqual([{ ...initial, ...value }, null]);
      await file.update((before) => before);
      expect(await stored()).toEqual({ version: 3, ...initial, ...value });
      expect((await open({ migrations })).value).toEqual(file.value);
    }
  });

  test('that is newer has the file read as far as it is known, and kept as it was before it is written', async () => {
    const text = '{"version":7,"name":"new","later":{"x":1},"list":[{"path":"/a","mode":"moon"}]}';
    await put(text);
    const file = await open({ migrations });
    expect([file.value, file.problem]).toEqual([{ ...initial, name: 'new', list: [{ path: '/a' }] }, null]);
    expect(await keptOf(7)).toEqual([]);
    for (let times = 0; times < 2; times += 1) await file.update((value) => ({ ...value, port: 9 }));
    const [kept, ...more] = await keptOf(7);
    expect(more).toEqual([]);
    expect(await readFile(join(folder, 'profile', kept ?? ''), 'utf8')).toBe(text);
    expect(await stored()).toEqual({
      ...initial,
      version: 3,
      name: 'new',
      later: { x: 1 },
      list: [{ path: '/a' }],
      port: 9,
    });
  });
});

const canMount = (() => {
  try {
    execFileSync('unshare', ['-Urm', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

test.runIf(canMount)('a disk that fills up during the write leaves the old file whole', async () => {
  const script = `
    import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
    import { replaceFile } from ${JSON.stringify(new URL('./replace-file.ts', import.meta.url).href)};
    writeFileSync('/mnt/a.json', 'old');
    writeFileSync('/mnt/fill', 'x'.repeat(40 * 1024));
    const code = await replaceFile('/mnt/a.json', 'y'.repeat(60 * 1024)).then(() => 'none', (error) => error.code);
    console.log(code, readFileSync('/mnt/a.json', 'utf8'), readdirSync('/mnt').length);`;
  const output = execFileSync(
    'unshare',
    [
      '-Urm',
      'sh',
      '-c',
      'mount -t tmpfs -o size=64k none /mnt && exec "$0" --input-type=module -e "$1"',
      process.execPath,
      script,
    ],
    { encoding: 'utf8' },
  );
  expect(output.trim()).toBe('disk-full old 2');
});
