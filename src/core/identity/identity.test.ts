import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import fs, { chmod, cp, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeStore, runUntilCrash, type TestStore } from './identity.test-support.ts';
import { type Identity, openIdentity } from './identity.ts';

let base: string;
let folder: string;
let plainPath: string;
let sealedPath: string;
let store: TestStore;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'ebp-identity-'));
  folder = join(base, 'identity');
  plainPath = join(folder, 'id_ed25519');
  sealedPath = `${plainPath}.sealed`;
  store = makeStore();
});
afterEach(() => rm(base, { recursive: true }));

const files = async () => (await readdir(folder)).sort();
const modes = async () =>
  Promise.all((await files()).map(async (name) => ((await stat(join(folder, name))).mode & 0o777).toString(8)));
const SEALED = ['id_ed25519.pub', 'id_ed25519.sealed'];
const PLAIN = ['id_ed25519', 'id_ed25519.pub'];
const open = (isSealed = true): Promise<Identity> => openIdentity(folder, { store, isSealed });

describe('without a key store', () => {
  test('the first run makes a key that OpenSSH reads and gives the same fingerprint', async () => {
    const identity = await openIdentity(folder);
    const listed = execFileSync('ssh-keygen', ['-lf', plainPath], { encoding: 'utf8' });
    expect(listed).toContain(`256 ${identity.id} eBrainPool (ED25519)`);
    expect(identity.place.value).toEqual({ kind: 'file', why: 'no-store' });
  });

  test('the key file is private and the next start is the same computer', async () => {
    const first = await openIdentity(folder);
    expect(await files()).toEqual(PLAIN);
    expect(await modes()).toEqual(['600', '600']);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    await chmod(plainPath, 0o644);
    expect((await openIdentity(folder)).id).toBe(first.id);
    expect(await modes()).toEqual(['600', '600']);
  });

  test('a damaged key is said and left as it is', async () => {
    await openIdentity(folder);
    await writeFile(plainPath, 'not a key');
    for (const some of [null, store]) {
      await expect(openIdentity(folder, { store: some })).rejects.toMatchObject({ code: 'bad-input' });
    }
    expect(await readFile(plainPath, 'utf8')).toBe('not a key');
  });
});

describe('with a key store', () => {
  test('a new key never lies on the disk unsealed', async () => {
    const written: string[] = [];
    const seal = store.seal;
    store.seal = async (secret) => {
      written.push(...(await files()));
      return seal(secret);
    };
    const identity = await open();
    expect(written).toEqual([]);
    expect(await files()).toEqual(SEALED);
    expect(await modes()).toEqual(['600', '600']);
    expect(identity.place.value).toEqual({ kind: 'store', store: 'Test Keyring' });
    const text = await readFile(sealedPath, 'utf8');
    expect(text).not.toContain('PRIVATE');
    for (const line of identity.privateKey.split('\n').filter((part) => part.length > 20)) {
      expect(text).not.toContain(line);
    }
    const again = await open();
    expect([again.id, again.privateKey, again.publicKey]).toEqual([
      identity.id,
      identity.privateKey,
      identity.publicKey,
    ]);
  });

  test('a key from before is sealed, and only then its plain file is removed', async () => {
    const before = await openIdentity(folder);
    const after = await open();
    expect(after.id).toBe(before.id);
    expect(await files()).toEqual(SEALED);
    // It was opened before it was written and again as the disk had it.
    expect(store.calls).toEqual(['prepare', 'seal', 'open', 'open']);
  });

  test.each([
    ['refuses', (some: TestStore) => Object.assign(some, { isRefusing: true }), 'failed'],
    ['gives back something else', (some: TestStore) => Object.assign(some, { isForgetful: true }), 'failed'],
    ['is not there after all', (some: TestStore) => Object.assign(some, { name: null }), 'no-system-store'],
  ])('one that %s leaves the key in its file, and loses no new one', async (_what, spoil, why) => {
    spoil(store);
    const first = await open();
    expect(first.place.value).toEqual({ kind: 'file', why });
    expect(await files()).toEqual(PLAIN);
    expect((await open()).id).toBe(first.id);
    // Its day comes: then the key is sealed.
    Object.assign(store, { isRefusing: false, isForgetful: false, name: 'Test Keyring' });
    const later = await open();
    expect(later.id).toBe(first.id);
    expect(later.place.value).toEqual({ kind: 'store', store: 'Test Keyring' });
    expect(await files()).toEqual(SEALED);
  });

  test('a store that is locked, gone or another’s is said, and no new identity is made', async () => {
    const { id } = await open();
    const before = await readFile(sealedPath);
    store.isRefusing = true;
    await expect(open()).rejects.toMatchObject({
      code: 'key-store-locked',
      params: { store: 'Test Keyring', path: sealedPath },
    });
    await expect(openIdentity(folder, { store: makeStore() })).rejects.toMatchObject({ code: 'key-store-locked' });
    await expect(open(false)).rejects.toMatchObject({ code: 'key-store-locked' });
    store.name = null;
    await expect(open()).rejects.toMatchObject({ code: 'key-store-locked' });
    // The browser shell on a profile of the desktop application.
    await expect(openIdentity(folder)).rejects.toMatchObject({ code: 'key-sealed', params: { store: 'Test Keyring' } });
    expect(await files()).toEqual(SEALED);
    expect(await readFile(sealedPath)).toEqual(before);
    Object.assign(store, { isRefusing: false, name: 'Test Keyring' });
    expect((await open()).id).toBe(id);
  });

  test('a backup that is put back works, also when the store is lost for ever', async () => {
    const { id, privateKey } = await open();
    await writeFile(plainPath, privateKey);
    expect((await openIdentity(folder)).id).toBe(id);
    expect(await files()).toEqual(['id_ed25519', ...SEALED]);
    store = makeStore();
    expect((await open()).id).toBe(id);
    expect(await files()).toEqual(SEALED);
    expect((await open()).id).toBe(id);
  });

  test('two different keys are an error that names both, and both stay', async () => {
    await open();
    const other = await openIdentity(join(base, 'other'));
    await writeFile(plainPath, other.privateKey);
    const before = await readFile(sealedPath, 'utf8');
    const conflict = { code: 'key-conflict', params: { plain: plainPath, sealed: sealedPath } };
    for (const some of [null, store])
      await expect(openIdentity(folder, { store: some })).rejects.toMatchObject(conflict);
    // Also when the sealed file wrongly says that it holds the same key.
    const claim = other.publicKey.split(' ')[1];
    await writeFile(sealedPath, JSON.stringify({ ...JSON.parse(before), publicKey: claim }));
    for (const isSealed of [true, false]) await expect(open(isSealed)).rejects.toMatchObject(conflict);
    expect(await readFile(plainPath, 'utf8')).toBe(other.privateKey);
    await rm(plainPath);
    await expect(open()).rejects.toMatchObject({ code: 'bad-input' });
    expect(JSON.parse(await readFile(sealedPath, 'utf8')).sealed).toBe(JSON.parse(before).sealed);
  });

  test.each(['', 'no JSON', '{}', '{"version":2,"store":"x","publicKey":"","sealed":""}'])(
    'a damaged sealed file (%j) is said and left as it is',
    async (text) => {
      const { privateKey } = await open();
      await writeFile(sealedPath, text);
      for (const some of [null, store]) {
        await expect(openIdentity(folder, { store: some })).rejects.toMatchObject({ code: 'bad-input' });
      }
      expect(await readFile(sealedPath, 'utf8')).toBe(text);
      expect(await files()).toEqual(SEALED);
      await writeFile(plainPath, privateKey);
      await expect(open()).rejects.toMatchObject({ code: 'bad-input' });
      expect(await files()).toEqual(['id_ed25519', ...SEALED]);
    },
  );

  test('a key that the store wants renewed is sealed again', async () => {
    const { id } = await open();
    const before = await readFile(sealedPath, 'utf8');
    store.isRenewalDue = true;
    expect((await open()).id).toBe(id);
    store.isRenewalDue = false;
    expect(await readFile(sealedPath, 'utf8')).not.toBe(before);
    expect((await open()).id).toBe(id);
  });

  test('the person takes the key out of the store and gives it back, also while it runs', async () => {
    const identity = await open();
    await identity.setSealed(false);
    expect(identity.place.value).toEqual({ kind: 'file', why: 'chosen' });
    expect(await files()).toEqual(PLAIN);
    expect(await modes()).toEqual(['600', '600']);
    expect((await openIdentity(folder)).id).toBe(identity.id);
    const calls = store.calls.length;
    expect((await open(false)).place.value).toEqual({ kind: 'file', why: 'chosen' });
    // A person who does not want the store is not asked to unlock it.
    expect(store.calls).toHaveLength(calls);
    await Promise.all([identity.setSealed(true), identity.setSealed(false), identity.setSealed(true)]);
    expect(identity.place.value).toEqual({ kind: 'store', store: 'Test Keyring' });
    expect(await files()).toEqual(SEALED);
    expect((await open(false)).id).toBe(identity.id);
    expect(await files()).toEqual(PLAIN);
  });

  test('a link to another place stays one', async () => {
    const { id } = await openIdentity(join(base, 'elsewhere'));
    await openIdentity(folder);
    await rm(plainPath);
    await symlink(join(base, 'elsewhere', 'id_ed25519'), plainPath);
    const identity = await open();
    expect(identity.id).toBe(id);
    expect(identity.place.value).toEqual({ kind: 'file', why: 'linked' });
    expect(await files()).toEqual(PLAIN);
  });

  test.each(['id_ed25519', 'id_ed25519.sealed'])(
    'a link %s to a disk that is not there is an error and never a new key',
    async (name) => {
      const target = join(base, 'unplugged', name);
      await openIdentity(folder);
      await rm(plainPath);
      await symlink(target, join(folder, name));
      const before = await files();
      await expect(open()).rejects.toMatchObject({ code: 'bad-input', params: { where: join(folder, name) } });
      expect(await files()).toEqual(before);
      expect(await readlink(join(folder, name))).toBe(target);
    },
  );
});

describe('a crash at any instant loses nothing', () => {
  const work = {
    'of the first run': { prepare: async () => null, run: () => open() },
    'of sealing': { prepare: () => openIdentity(folder), run: () => open() },
    'of renewing': {
      prepare: () => open(),
      run: async () => {
        store.isRenewalDue = true;
        await open();
      },
    },
    'of unsealing': { prepare: () => open(), run: () => open(false) },
    'of a backup put back': {
      prepare: async () => {
        const identity = await open();
        await writeFile(plainPath, identity.privateKey);
        store = makeStore();
        return identity;
      },
      run: () => open(),
    },
  };

  test.each(Object.entries(work))('%s', { timeout: 30_000 }, async (_name, { prepare, run }) => {
    const identity = await prepare();
    const template = join(base, 'template');
    if (identity !== null) await cp(folder, template, { recursive: true });
    const points: string[] = [];
    for (let number = 1; number < 100; number += 1) {
      await rm(folder, { recursive: true, force: true });
      if (identity !== null) await cp(template, folder, { recursive: true });
      const { stoppedAt } = await runUntilCrash(folder, number, run);
      store.isRenewalDue = false;
      if (stoppedAt === null) break;
      points.push(stoppedAt);
      // Whatever it finds, the next start is the same computer and brings the rest to its end.
      const after = await open();
      if (identity !== null) expect(after.id, stoppedAt).toBe(identity.id);
      expect(after.place.value.kind, stoppedAt).toBe('store');
      expect(await files(), stoppedAt).toEqual(SEALED);
      expect((await open()).id, stoppedAt).toBe(after.id);
    }
    expect(points.length).toBeGreaterThan(9);
    expect(points).toContain('write id_ed25519.pub.tmp');
  });

  test('and leaves no plain copy in an unfinished file', async () => {
    await open();
    await writeFile(`${plainPath}.tmp`, 'half a key');
    await writeFile(`${sealedPath}.tmp`, 'half a sealed key');
    await open();
    expect(await files()).toEqual(SEALED);
  });

  test('a disk without space leaves the key where it was', async () => {
    const identity = await open();
    const { open: original } = fs;
    Reflect.set(fs, 'open', async () => {
      throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    });
    syncBuiltinESMExports();
    try {
      await identity.setSealed(false);
      expect(identity.place.value).toEqual({ kind: 'store', store: 'Test Keyring' });
    } finally {
      Reflect.set(fs, 'open', original);
      syncBuiltinESMExports();
    }
    expect(await files()).toEqual(SEALED);
    expect((await open()).id).toBe(identity.id);
  });
});

describe('a lent key', () => {
  test('is private, one for each who asks, and goes when it is given back', async () => {
    const lentDir = join(base, 'runtime', 'keys');
    const identity = await openIdentity(folder, { store, lentDir });
    const [one, two] = [await identity.lendKey(), await identity.lendKey()];
    expect(one.path).not.toBe(two.path);
    for (const { path } of [one, two]) expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(lentDir)).mode & 0o777).toBe(0o700);
    expect(execFileSync('ssh-keygen', ['-y', '-f', one.path], { encoding: 'utf8' }).trim()).toBe(identity.publicKey);
    await one[Symbol.asyncDispose]();
    expect(await readdir(lentDir)).toHaveLength(1);
    // The other is left by a crash: the next start removes it.
    await openIdentity(folder, { store, lentDir });
    expect(existsSync(two.path)).toBe(false);
  });
});
