// The containers of peers, with a real engine.
import { chmod, chown, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PeerId } from '../../contract/ids.ts';
import type { Settings } from '../../contract/settings.ts';
import { silentLog } from '../lib/log.ts';
import { removeTree } from '../lib/remove-tree.ts';
import { State } from '../lib/state.ts';
import { type Containers, startContainers } from './container.ts';
import type { Engine, Sandbox } from './engine.ts';
import { createBubblewrap } from './engines/bubblewrap/bubblewrap.ts';
import { type Mounts, startMounts } from './mounts.ts';
import type { SandboxWish } from './peer-container.ts';

const owner = process.getuid?.() === 0 ? { uid: 70_731, gid: 70_731 } : null;
const alice = `SHA256:${'A'.repeat(43)}` as PeerId;
const wish: SandboxWish = { parts: [], hasNetwork: false, allowsOwnSandbox: false };
const settings = new State({ mounts: [] } as unknown as Settings);
/** Guards no place: a real core would refuse the places where the tests’ own folders lie. */
const findGuard = async () => ({ places: [], homes: [] });
const never = new AbortController().signal;
let root: string;
let folder: string;
let engine: Engine & { alive: number; started: number };
let containers: Containers;
let mounts: Mounts;

const start = () => startContainers({ folder, engine, mounts, log: silentLog, owner });

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ebp-containers-'));
  if (owner !== null) await chmod(root, 0o711);
  folder = join(root, 'containers');
  const real = createBubblewrap({ runtimeDir: root, log: silentLog, owner });
  engine = {
    ...real,
    alive: 0,
    started: 0,
    startSandbox: async (spec, signal) => {
      engine.alive += 1;
      engine.started += 1;
      const gone = () => {
        engine.alive -= 1;
      };
      const sandbox = await real.startSandbox(spec, signal).catch((error) => {
        gone();
        throw error;
      });
      void sandbox.ended.then(gone);
      return sandbox;
    },
  };
  mounts = await startMounts({ settings: { state: settings, update: async () => {} }, findGuard, log: silentLog });
  containers = await start();
});
afterEach(async () => {
  await containers[Symbol.asyncDispose]();
  await mounts[Symbol.asyncDispose]();
  await removeTree(root);
});

test('a yes takes the warm sandbox, and one peer’s sessions may start at the same time', async () => {
  containers.warm(alice, 'Alice', wish);
  const both = await Promise.all([
    containers.take(alice, 'Alice', wish, never),
    containers.take(alice, 'Alice', wish, never),
  ]);
  expect(engine.started).toBe(2);
  expect(containers.state.value).toMatchObject([{ peerId: alice, state: 'running' }]);
  await Promise.all(both.map((sandbox) => sandbox.stop()));
});

test('a sandbox in which namespaces can be made is for who may make them alone, warm or not', async () => {
  const canMakeThem = async (isWarmed: boolean, allowsOwnSandbox: boolean) => {
    containers.warm(alice, 'Alice', { ...wish, allowsOwnSandbox: isWarmed });
    await expect.poll(() => engine.alive).toBe(1);
    const sandbox = await containers.take(alice, 'Alice', { ...wish, allowsOwnSandbox }, never);
    await sandbox.runMain({
      argv: ['bash', '-c', 'unshare -U true && echo yes >~/made; true'],
      workingDirectory: null,
    });
    await sandbox.ended;
    await expect.poll(() => engine.alive).toBe(0);
    const made = join(containers.state.value[0]?.homePath ?? '', 'made');
    const text = await readFile(made, 'utf8').catch(() => 'no');
    await rm(made, { force: true });
    return text.trim();
  };
  expect(await canMakeThem(true, false)).toBe('no');
  expect(await canMakeThem(false, true)).toBe('yes');
  expect(await canMakeThem(true, true)).toBe('yes');
});

test('what the person took away while the sandbox was warm is not in the one that runs', async () => {
  const folderOfOwner = join(root, 'shared');
  await mkdir(folderOfOwner);
  await chmod(folderOfOwner, 0o755);
  const mount = { path: folderOfOwner, mode: 'ro' } as const;
  settings.set({ ...settings.value, mounts: [mount] });
  const sees = async (change: () => void) => {
    containers.warm(alice, 'Alice', wish);
    await expect.poll(() => engine.alive).toBe(1);
    change();
    const sandbox = await containers.take(alice, 'Alice', wish, never);
    await sandbox.runMain({
      argv: ['bash', '-c', `ls -d ${folderOfOwner} >~/seen 2>/dev/null; true`],
      workingDirectory: null,
    });
    await sandbox.ended;
    // The one that was not taken is gone, too.
    await expect.poll(() => engine.alive).toBe(0);
    return readFile(join(containers.state.value[0]?.homePath ?? '', 'seen'), 'utf8');
  };
  expect(await sees(() => {})).toBe(`${folderOfOwner}\n`);
  expect(engine.started).toBe(1);
  expect(await sees(() => settings.set({ ...settings.value, mounts: [] }))).toBe('');
  expect(engine.started).toBe(3);
});

test('a folder that was made again while a sandbox was warm is the new one in what runs', async () => {
  const folderOfOwner = join(root, 'again');
  await mkdir(folderOfOwner);
  settings.set({ ...settings.value, mounts: [{ path: folderOfOwner, mode: 'ro' }] });
  containers.warm(alice, 'Alice', wish);
  await expect.poll(() => engine.alive).toBe(1);
  await rm(folderOfOwner, { recursive: true });
  await mkdir(folderOfOwner, { mode: 0o755 });
  await writeFile(join(folderOfOwner, 'new'), '', { mode: 0o644 });
  const sandbox = await containers.take(alice, 'Alice', wish, never);
  await sandbox.runMain({ argv: ['bash', '-c', `ls ${folderOfOwner} >~/seen`], workingDirectory: null });
  await sandbox.ended;
  expect(await readFile(join(containers.state.value[0]?.homePath ?? '', 'seen'), 'utf8')).toBe('new\n');
  settings.set({ ...settings.value, mounts: [] });
});

test('a folder that is refused by now is not in what starts, and that is said', async () => {
  const folderOfOwner = join(root, 'gone');
  await mkdir(folderOfOwner);
  settings.set({ ...settings.value, mounts: [{ path: folderOfOwner, mode: 'ro' }] });
  await expect.poll(() => mounts.state.value).toMatchObject([{ path: folderOfOwner, level: 'ok' }]);
  await rm(folderOfOwner, { recursive: true });
  await symlink('/', folderOfOwner);
  const sandbox = await containers.take(alice, 'Alice', wish, never);
  await sandbox.runMain({ argv: ['bash', '-c', `ls ${folderOfOwner} >~/seen 2>&1; true`], workingDirectory: null });
  await sandbox.ended;
  const [container] = containers.state.value;
  expect(await readFile(join(container?.homePath ?? '', 'seen'), 'utf8')).toContain('No such file');
  await expect.poll(() => mounts.state.value).toMatchObject([{ level: 'refused', notes: [{ reason: 'root' }] }]);
  expect(containers.state.value[0]?.mounts.map(({ target }) => target)).not.toContain(folderOfOwner);
  settings.set({ ...settings.value, mounts: [] });
});

test('emptying, warming, taking and cooling at once leave one whole container and nothing that runs unseen', {
  timeout: 120_000,
}, async () => {
  const random = (limit: number) => Math.floor(Math.random() * limit);
  for (let round = 0; round < 25; round += 1) {
    const taken: Sandbox[] = [];
    const work: Promise<unknown>[] = [];
    for (let step = 0; step < 6; step += 1) {
      const kind = random(10);
      if (kind < 3) containers.warm(alice, 'Alice', wish);
      else if (kind < 6)
        work.push(containers.take(alice, 'Alice', wish, never).then((sandbox) => taken.push(sandbox), told));
      else if (kind < 9) work.push(containers.reset(alice).catch(told));
      else containers.cool(alice);
      await sleep(random(120));
    }
    await Promise.all(work);
    containers.cool(alice);
    // What somebody holds and has not ended is in the container that is shown, and in its folder.
    const alive = taken.filter(({ state }) => state !== 'ended');
    await expect.poll(() => engine.alive, { timeout: 5000 }).toBe(alive.length);
    for (const [index, sandbox] of alive.entries()) {
      await sandbox.runMain({
        argv: ['bash', '-c', `echo here >~/written-${index}; sleep 60`],
        workingDirectory: null,
      });
      const home = containers.state.value[0]?.homePath ?? '';
      await expect.poll(() => readFile(join(home, `written-${index}`), 'utf8').catch(() => '')).toBe('here\n');
    }
    expect(containers.state.value.map(({ state }) => state)).toEqual(
      alive.length > 0 ? ['running'] : containers.state.value.map(() => 'stopped'),
    );
    await Promise.all(alive.map((sandbox) => sandbox.stop()));
    await containers.reset(alice).catch(told);
    await expect.poll(() => readdir(folder)).toEqual([]);
  }

  /** What a person may be told, and nothing else. */
  function told(error: { readonly code?: string }): void {
    if (error.code !== 'cancelled' && error.code !== 'not-found') throw error;
  }
});

test('a stranger that was refused leaves nothing, however often it asks', async () => {
  let most = 0;
  for (let i = 0; i < 40; i += 1) {
    containers.warm(alice, 'Alice', wish);
    await sleep(10);
    most = Math.max(most, engine.alive);
    containers.cool(alice);
  }
  await expect.poll(() => engine.alive, { timeout: 8000 }).toBe(0);
  await expect.poll(() => readdir(folder)).toEqual([]);
  expect(most).toBeLessThanOrEqual(3);
  expect(containers.state.value).toEqual([]);
});

test('a home lasts over a restart; reset empties it whatever the peer did to it', async () => {
  const sandbox = await containers.take(alice, 'Alice', wish, never);
  const home = containers.state.value[0]?.homePath ?? '';
  await sandbox.runMain({
    argv: ['bash', '-c', 'mkdir -p ~/locked/in; touch ~/locked/in/file; chmod 000 ~/locked; ln -s / ~/root'],
    workingDirectory: null,
  });
  await sandbox.ended;
  await containers[Symbol.asyncDispose]();
  containers = await start();
  expect(containers.state.value).toMatchObject([
    { peerId: alice, peerName: 'Alice', state: 'stopped', homePath: home },
  ]);
  await containers.reset(alice);
  expect(await readdir(folder)).toEqual([]);
  expect((await stat('/usr')).isDirectory()).toBe(true);
});

test('what a crash left of a reset or of a sandbox is removed and not taken for a container', async () => {
  const sandbox = await containers.take(alice, 'Alice', wish, never);
  await sandbox.stop();
  const [name] = await readdir(folder);
  await mkdir(join(folder, `${name}.removed-1`));
  await writeFile(
    join(folder, `${name}.removed-1`, 'container.json'),
    JSON.stringify({ peerId: alice, peerName: 'Alice' }),
  );
  await mkdir(join(folder, name ?? '', 'sandbox-0badcafe'));
  await containers[Symbol.asyncDispose]();
  containers = await start();
  await expect.poll(() => readdir(folder)).toEqual([name]);
  expect(await readdir(join(folder, name ?? ''))).not.toContain('sandbox-0badcafe');
  expect(containers.state.value).toHaveLength(1);
});

test('a program that locks a folder beside its sockets leaves nothing either', async () => {
  const sandbox = await containers.take(alice, 'Alice', wish, never);
  await sandbox.runMain({
    argv: ['bash', '-c', 'mkdir -p /run/ebp/sock/x/y; chmod 000 /run/ebp/sock/x'],
    workingDirectory: null,
  });
  await sandbox.ended;
  const [name] = await readdir(folder);
  expect((await readdir(join(folder, name ?? ''))).filter((left) => left.startsWith('sandbox-'))).toEqual([]);
  await rm(join(root, 's'), { recursive: true });
});

test('a container of version 0.1 keeps its home, its key and its machine-id', async () => {
  // The SHA-256 of the peer's id, which is the folder's name.
  const name = '568af50282cce162b257b410';
  const fixture = join(import.meta.dirname, 'fixtures', '0.1', name);
  await containers[Symbol.asyncDispose]();
  await cp(fixture, join(folder, name), { recursive: true });
  if (owner !== null)
    for (const path of ['home', 'home/notes.txt']) await chown(join(folder, name, path), owner.uid, owner.gid);
  containers = await start();
  expect(containers.state.value).toMatchObject([{ peerId: alice, peerName: 'Alice', state: 'stopped' }]);
  const sandbox = await containers.take(alice, 'Alice', wish, never);
  await sandbox.runMain({ argv: ['bash', '-c', 'cat /etc/machine-id >~/id'], workingDirectory: null });
  await sandbox.ended;
  expect(await readdir(folder)).toEqual([name]);
  expect(await readFile(join(folder, name, 'home', 'notes.txt'), 'utf8')).toBe('kept\n');
  expect(await readFile(join(folder, name, 'host_key'), 'utf8')).toBe(
    await readFile(join(fixture, 'host_key'), 'utf8'),
  );
  // As that version made it of this key.
  expect(await readFile(join(folder, name, 'home', 'id'), 'utf8')).toBe('d5cbe8f8d7e7bb4d604559864ca6a9e4\n');
});
