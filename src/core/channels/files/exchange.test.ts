// A real SFTP server in a real sandbox, and what the program there puts into its way.
import { createHash, randomBytes } from 'node:crypto';
import { chown, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Duplex, duplexPair, type Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AppError } from '../../../contract/errors.ts';
import type { Process, Sandbox } from '../../container/engine.ts';
import { openTestSandboxes, type TestSandboxes } from '../../container/sandboxes.test-support.ts';
import { joinStreams } from '../../wire/ssh/ssh.ts';
import { createExchange, type Exchange } from './exchange.ts';
import { startSftp } from './sftp-client.ts';
import { SftpFilter } from './sftp-filter.ts';
import { OPEN, REQUEST, requests } from './sftp-packets.ts';
import { closeFiles, FILES_SOCKET, openFiles, sftpPart } from './sftp-server.ts';

const owner = process.getuid?.() === 0 ? { uid: 70_731, gid: 70_731 } : null;
const MIB = 1024 * 1024;
let sandboxes: TestSandboxes;
let served: Process;
let homePath: string;
let folder: string;
let sandbox: Sandbox;
let exchange: Exchange;
let openCount = 0;

beforeAll(async () => {
  sandboxes = await openTestSandboxes();
  const made = await sandboxes.spec({ parts: [sftpPart] });
  homePath = made.homePath;
  sandbox = await sandboxes.engine.startSandbox(made);
  served = await openFiles(sandbox, 8 * MIB);
  folder = join(homePath, 'Exchange');
});
afterAll(async () => {
  await sandbox.stop();
  await sandboxes[Symbol.asyncDispose]();
});
beforeEach(async () => {
  exchange = createExchange(() => {
    openCount += 1;
    return openAsVisitor();
  }, null);
  // Names are read as bytes, because not all of them are text.
  for (const name of await readdir(folder, { encoding: 'buffer' }))
    await rm(Buffer.concat([Buffer.from(`${folder}/`), name]), { recursive: true });
});

/** As the host's side leads a visitor there. */
async function openAsVisitor(): Promise<Duplex> {
  const [visitorSide, hostSide] = duplexPair();
  void joinStreams(hostSide, await sandbox.connect(FILES_SOCKET), undefined, { toHost: new SftpFilter() });
  return visitorSide;
}

async function collect(stream: Readable): Promise<Buffer> {
  return Buffer.concat(await stream.toArray());
}

async function* inPieces(bytes: Buffer, sizeBytes: number) {
  for (let at = 0; at < bytes.length; at += sizeBytes) yield bytes.subarray(at, at + sizeBytes);
}

const put = (name: string, text: string | Buffer) => exchange.put(name, inPieces(Buffer.from(text), 10_000));
const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
/** As the program in the container would: it has the same files. */
async function asProgram(name: string, text: string) {
  await writeFile(join(folder, name), text);
  if (owner !== null) await chown(join(folder, name), owner.uid, owner.gid);
}

describe('the folder', () => {
  test('is there from the beginning, and is empty', async () => {
    expect((await stat(folder)).isDirectory()).toBe(true);
    expect(await exchange.list()).toEqual({ entries: [], leftOutCount: 0 });
  });

  test('takes a file, shows it, gives it back and deletes it', async () => {
    const startedAt = Date.now();
    expect(await put('a b.txt', 'hello')).toEqual({ name: 'a b.txt' });
    expect(await readFile(join(folder, 'a b.txt'), 'utf8')).toBe('hello');
    const { entries } = await exchange.list();
    expect(entries).toEqual([{ name: 'a b.txt', sizeBytes: 5, modifiedAt: expect.any(Number), isFolder: false }]);
    expect(Math.abs((entries[0]?.modifiedAt ?? 0) - startedAt)).toBeLessThan(10_000);
    const { sizeBytes, stream } = await exchange.open('a b.txt');
    expect([sizeBytes, (await collect(stream)).toString()]).toEqual([5, 'hello']);
    await exchange.remove('a b.txt');
    expect(await readdir(folder)).toEqual([]);
  });

  test.each([0, 1, 65_535, 65_536, 65_537, 5 * MIB + 3])(
    'carries %i bytes unchanged, however they come',
    async (sizeBytes) => {
      const bytes = randomBytes(sizeBytes);
      for (const piece of [70_001, MIB]) {
        const { name } = await exchange.put('bytes', inPieces(bytes, piece));
        expect(digest(await readFile(join(folder, name)))).toBe(digest(bytes));
        expect(digest(await collect((await exchange.open(name)).stream))).toBe(digest(bytes));
      }
    },
  );

  test('refuses a file that is larger than the host takes before anything is sent, and in the middle where nobody said its size', async () => {
    const limited = createExchange(() => {
      openCount += 1;
      return openAsVisitor();
    }, 2 * MIB);
    const openedBefore = openCount;
    const tooLarge = { code: 'file-over-limit', params: { name: 'a', limitMib: 2 } };
    let taken = 0;
    async function* counted() {
      for (;;) {
        taken += 1;
        yield Buffer.alloc(MIB);
      }
    }
    await expect(limited.put('a', counted(), 2 * MIB + 1)).rejects.toMatchObject(tooLarge);
    expect([taken, openCount]).toEqual([0, openedBefore]);
    await expect(limited.put('a', counted())).rejects.toMatchObject(tooLarge);
    expect(taken).toBe(3);
    expect(await readdir(folder)).toEqual([]);
    expect(await limited.put('a', inPieces(Buffer.alloc(2 * MIB), MIB), 2 * MIB)).toEqual({ name: 'a' });
  });

  test('replaces nothing: the second of a name gets another', async () => {
    await put('a.txt', 'one');
    expect(await put('a.txt', 'two')).toEqual({ name: 'a (2).txt' });
    expect(await readFile(join(folder, 'a.txt'), 'utf8')).toBe('one');
    await mkdir(join(folder, 'b'));
    expect(await put('b', 'file')).toEqual({ name: 'b (2)' });
  });

  test('shows folders, and deletes empty ones', async () => {
    await mkdir(join(folder, 'sub'));
    if (owner !== null) await chown(join(folder, 'sub'), owner.uid, owner.gid);
    expect((await exchange.list()).entries).toMatchObject([{ name: 'sub', isFolder: true }]);
    await writeFile(join(folder, 'sub', 'a'), '');
    await expect(exchange.remove('sub')).rejects.toMatchObject({ code: 'file-refused' });
    await rm(join(folder, 'sub', 'a'));
    await exchange.remove('sub');
    expect(await readdir(folder)).toEqual([]);
  });

  test('says what is not there', async () => {
    await expect(exchange.open('nothing')).rejects.toMatchObject({ code: 'not-found', params: { what: 'nothing' } });
    await expect(exchange.remove('nothing')).rejects.toMatchObject({ code: 'not-found' });
    await mkdir(join(folder, 'sub'));
    await expect(exchange.open('sub')).rejects.toMatchObject({ code: expect.stringMatching(/not-found|file-refused/) });
  });
});

describe('an upload', () => {
  test('that breaks off leaves nothing, and no half file under its name at any time', async () => {
    let seen: string[] = [];
    async function* broken() {
      yield randomBytes(MIB);
      await expect.poll(() => readdir(folder)).toHaveLength(1);
      seen = await readdir(folder);
      throw new Error('cancelled');
    }
    await expect(exchange.put('whole.bin', broken())).rejects.toThrow('cancelled');
    expect(seen).toEqual([expect.stringMatching(/^\.ebp-upload-[0-9a-f]{24}$/)]);
    expect(await readdir(folder)).toEqual([]);
  });

  test('that is under way is not listed', async () => {
    const listed = Promise.withResolvers<unknown>();
    async function* slow() {
      yield Buffer.from('a');
      listed.resolve((await exchange.list()).entries);
    }
    await exchange.put('a', slow());
    expect(await listed.promise).toEqual([]);
  });

  test('that is larger than the owner allows is refused by the kernel there, and leaves nothing', async () => {
    await expect(exchange.put('large', inPieces(Buffer.alloc(9 * MIB), MIB))).rejects.toMatchObject({
      code: 'file-too-large',
      params: { name: 'large' },
    });
    await expect.poll(() => readdir(folder)).toEqual([]);
    expect(await exchange.put('exact', inPieces(Buffer.alloc(8 * MIB), MIB))).toEqual({ name: 'exact' });
  });

  test('that is slow keeps no other waiting', async () => {
    const finish = Promise.withResolvers<void>();
    async function* slow() {
      yield Buffer.from('a');
      await finish.promise;
    }
    const slowOnes = Array.from({ length: 4 }, (_, index) => exchange.put(`slow ${index}`, slow()));
    expect(await put('quick', 'b')).toEqual({ name: 'quick' });
    finish.resolve();
    await Promise.all(slowOnes);
    expect((await exchange.list()).entries).toHaveLength(5);
  });

  test('waits for the other computer: it is not read into memory', async () => {
    const stuck = new Duplex({ read() {}, write(_chunk, _encoding, _done) {}, writableHighWaterMark: 1024 });
    let taken = 0;
    async function* endless() {
      for (;;) {
        taken += 1;
        yield Buffer.alloc(65_536);
      }
    }
    const hello = Buffer.from([0, 0, 0, 5, 2, 0, 0, 0, 3]);
    const handle = Buffer.from([0, 0, 0, 10, 102, 0, 0, 0, 1, 0, 0, 0, 1, 1]);
    setImmediate(() => stuck.push(hello));
    setTimeout(() => stuck.push(handle), 50);
    const done = createExchange(async () => stuck, null).put('a', endless());
    done.catch(() => {});
    await sleep(300);
    expect(taken).toBeLessThan(40);
    stuck.destroy();
    await expect(done).rejects.toMatchObject({ code: 'transfer-broken' });
  });
});

describe('what the program there does', () => {
  test('a link leads to the container’s own files at the most, and is not shown', async () => {
    await symlink('/etc/passwd', join(folder, 'evil'));
    await symlink('/', join(folder, 'root'));
    await symlink(sandboxes.folder, join(folder, 'hosts-folder'));
    expect(await exchange.list()).toEqual({ entries: [], leftOutCount: 3 });
    const text = (await collect((await exchange.open('evil')).stream)).toString();
    expect(text).toBe(
      'ebp:x:1000:1000:eBrainPool:/home/ebp:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
    );
    expect(text).not.toBe(await readFile('/etc/passwd', 'utf8'));
    await expect(exchange.open('root')).rejects.toMatchObject({ code: 'not-found' });
    await exchange.remove('evil');
    expect((await readFile('/etc/passwd', 'utf8')).length).toBeGreaterThan(0);
  });

  test('names that are not what they look like are counted and not shown', async () => {
    const names = ['a\u202egnp.exe', 'a\nb', 'a\u200fb', ' a', '<img src=x onerror=alert(1)>', '-rf', 'ok'];
    for (const name of names) await asProgram(name, '');
    await writeFile(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0x61, 0xff])]), '');
    const { entries, leftOutCount } = await exchange.list();
    expect(entries.map(({ name }) => name).toSorted()).toEqual(['-rf', '<img src=x onerror=alert(1)>', 'ok']);
    expect(leftOutCount).toBe(5);
    for (const name of ['../../etc/passwd', '..', 'a/b', 'a\0b', '', 'a\u202egnp.exe', 'a'.repeat(300)]) {
      const before = openCount;
      await expect(exchange.open(name)).rejects.toMatchObject({ code: 'bad-input' });
      await expect(exchange.remove(name)).rejects.toMatchObject({ code: 'bad-input' });
      await expect(exchange.put(name, inPieces(Buffer.from('a'), 1))).rejects.toMatchObject({ code: 'bad-input' });
      expect(openCount).toBe(before);
    }
  });

  test('a folder of very many is cut', async () => {
    for (let index = 0; index < 1100; index += 1) await writeFile(join(folder, `f${index}`), '');
    const { entries, leftOutCount } = await exchange.list();
    expect([entries.length, leftOutCount]).toEqual([1000, 100]);
  });

  test('a file that becomes shorter while it is read breaks that transfer off', async () => {
    await asProgram('a', 'x'.repeat(6 * MIB));
    const { stream } = await exchange.open('a');
    const read = (async () => {
      for await (const _ of stream) {
        await writeFile(join(folder, 'a'), '');
        await sleep(20);
      }
    })();
    await expect(read).rejects.toMatchObject({ code: 'transfer-broken' });
  });
});

// These tests come last, because they close the folder.
describe('a visitor that asks for more than the folder', () => {
  const write = OPEN.write | OPEN.create;
  /** Whether the server there answers, as it would without the host in between. */
  async function isAnswered(stream: Duplex, packets: readonly Buffer[]): Promise<boolean> {
    const client = await startSftp(stream, 2000);
    try {
      for (const packet of packets) await client.ask('handle', () => packet);
      return true;
    } catch (error) {
      return (error as AppError).code !== 'transfer-broken';
    } finally {
      client.close();
    }
  }
  const named = (type: number, ...names: readonly string[]) => {
    const bytes = names.flatMap((name) => [Buffer.alloc(4), Buffer.from(name)]);
    names.forEach((name, at) => void bytes[2 * at]?.writeUInt32BE(Buffer.byteLength(name)));
    const body = Buffer.concat([Buffer.of(type), Buffer.of(0, 0, 0, 1), ...bytes, Buffer.alloc(8)]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(body.length);
    return Buffer.concat([length, body]);
  };
  const attempts = {
    'the settings of the program': requests.open(1, '/home/ebp/.profile', write),
    'the memory of a program': requests.open(1, '/proc/2/mem', OPEN.read | OPEN.write),
    'the way round by ..': requests.open(1, '/home/ebp/Exchange/../.profile', write),
    'the folder’s own place': requests.open(1, '/home/ebp/Exchange', OPEN.read),
    'another folder': requests.openFolder(1, '/home/ebp'),
    'a relative path': requests.open(1, '.profile', write),
    'the socket of sshd': requests.remove(1, '/run/ebp/sock/ssh'),
    'a file moved out of it': requests.rename(1, '/home/ebp/Exchange/a', '/home/ebp/.profile'),
    'a file moved into it': requests.rename(1, '/home/ebp/.profile', '/home/ebp/Exchange/a'),
    'a link (SSH_FXP_SYMLINK)': named(20, '/proc/2/mem', '/home/ebp/Exchange/a'),
    'a hard link': named(REQUEST.extended, 'hardlink@openssh.com', '/home/ebp/.profile', '/home/ebp/Exchange/a'),
    'what is known of a file (SSH_FXP_STAT)': named(17, '/home/ebp/.profile'),
  };

  test.each(Object.entries(attempts))('does not reach %s', async (_, packet) => {
    expect(await isAnswered(await sandbox.connect(FILES_SOCKET), [packet])).toBe(true);
    expect(await isAnswered(await openAsVisitor(), [packet])).toBe(false);
  });
});

test('closing ends what is under way at once, and nothing listens any more', async () => {
  const started = Promise.withResolvers<void>();
  async function* endless() {
    for (;;) {
      yield Buffer.alloc(1000);
      started.resolve();
      await sleep(5);
    }
  }
  const done = exchange.put('a', endless());
  done.catch(() => {});
  await started.promise;
  const startedAt = performance.now();
  await closeFiles(sandbox, served);
  await expect(done).rejects.toMatchObject({ code: 'transfer-broken' });
  expect(performance.now() - startedAt).toBeLessThan(1000);
  await expect(exchange.list()).rejects.toMatchObject({ code: 'container-failed' });
  await expect.poll(() => readdir(folder)).toEqual([]);
});
