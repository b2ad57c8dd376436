// What is secret lies only where it must, in files for this account alone, and never in a log.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { sandboxProcesses } from '../../lab/processes.ts';
import { parseKey } from '../../src/core/identity/key-files.ts';
import type { Computer } from '../computers/computer.ts';
import { expect, soon, test, toggle, useLan } from '../computers/fixtures.ts';

const lan = useLan({
  alice: { hasScreen: true },
  bob: { apps: { xcalc: 'xcalc' } },
});
const root = join(import.meta.dirname, '..', '..');

/** Every file and folder, but not what the programs of a container or Chromium make in folders of their own. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) return [path];
    const isForeign = entry.name === 'home' || entry.name === 'electron' || entry.name.startsWith('sandbox-');
    return isForeign ? [path] : [path, ...filesBelow(path)];
  });
}

function runtimeDirOf({ profileDir }: Computer): string {
  return dirname(JSON.parse(readFileSync(join(profileDir, 'core.json'), 'utf8')).socketPath);
}

function lentKeys(runtimeDir: string): string[] {
  const folder = join(runtimeDir, 'keys');
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

async function openSshCommand(): Promise<string> {
  const alice = await lan.alice.mainPage();
  await alice.launchSshCommand('Bob', 'xcalc');
  await (await (await lan.bob.popup()).shown()).allow();
  await expect(alice.sessions('visitor', 'running')).toContainText('Type this on this computer');
  const [path] = lentKeys(runtimeDirOf(lan.alice));
  if (path === undefined) throw new Error('no key was lent');
  return path;
}

async function endAll(): Promise<void> {
  await (await lan.bob.core()).call('sessions.endAll', {});
  await soon(() => sandboxProcesses('bob')).toEqual([]);
}

test('after sessions of every kind, secrets lie where they must and nowhere else', async ({ shell }) => {
  const runtimeDir = runtimeDirOf(lan.alice);
  // Also makes settings.json anew, which the lab has written with its own mode.
  for (const computer of [lan.alice, lan.bob]) await computer.set({ logLevel: 'debug' });
  const secrets = new Map<string, string>();
  const noteKey = (name: string, text: string) => {
    // The first lines of a key hold its public half too: what comes after them is secret.
    const lines = text.split('\n').slice(3);
    for (const line of lines) if (line.length > 20 && !line.startsWith('-----')) secrets.set(line, name);
  };

  const alice = await lan.alice.mainPage();
  const viewer = await alice.launch('Bob', 'xcalc');
  await (await (await lan.bob.popup()).shown()).allow();
  await viewer.running();
  expect(lentKeys(runtimeDir)).toEqual([]);
  await endAll();
  await viewer.page.close();

  await alice.launchNative('Bob', 'xcalc');
  await (await (await lan.bob.popup()).shown()).allow();
  await soon(() => lan.alice.screen.windows()).toContain('Calculator');
  expect(lentKeys(runtimeDir)).toHaveLength(1);
  await endAll();
  await soon(() => lentKeys(runtimeDir)).toEqual([]);

  const lent = await openSshCommand();
  expect(statSync(lent).mode & 0o777).toBe(0o600);
  const privateKey = readFileSync(lent, 'utf8');
  expect(parseKey(privateKey)).not.toBeNull();
  noteKey('key', privateKey);
  await endAll();
  await soon(() => lentKeys(runtimeDir)).toEqual([]);

  for (const name of readdirSync(join(lan.bob.profileDir, 'containers'))) {
    noteKey('host key', readFileSync(join(lan.bob.profileDir, 'containers', name, 'host_key'), 'utf8'));
  }
  if (shell === 'browser') {
    for (const cookie of await lan.alice.shell.context.cookies()) secrets.set(cookie.value, 'cookie');
    const { url } = JSON.parse(readFileSync(join(lan.alice.profileDir, 'browser.json'), 'utf8'));
    secrets.set(new URL(url).searchParams.get('token') ?? '', 'token');
    // The one that was used to sign in was printed for the person; the log must not have it either.
    secrets.set(/token=(\S+)/.exec(lan.alice.lines.join('\n'))?.[1] ?? '', 'used token');
    expect([...secrets.values()]).toEqual(expect.arrayContaining(['cookie', 'token', 'used token']));
  }
  expect([...secrets.keys()].every((secret) => secret.length > 20)).toBe(true);
  expect(secrets.size).toBeGreaterThan(3);

  const open: string[] = [];
  const found: string[] = [];
  for (const computer of [lan.alice, lan.bob]) {
    for (const path of [
      computer.profileDir,
      ...filesBelow(computer.profileDir),
      ...filesBelow(runtimeDirOf(computer)),
    ]) {
      const stats = statSync(path, { throwIfNoEntry: false });
      if (stats === undefined) continue;
      if ((stats.mode & 0o077) !== 0) open.push(`${(stats.mode & 0o777).toString(8)} ${computer.host} ${path}`);
      if (!stats.isFile()) continue;
      const text = readFileSync(path, 'latin1');
      for (const [secret, name] of secrets) {
        if (text.includes(secret)) found.push(`${name} in ${relative(computer.profileDir, path)}`);
      }
    }
  }
  expect(open).toEqual([]);
  const places = [...new Set(found)].map((place) => place.replace(/containers\/[^/]+/, 'containers/ID'));
  expect(places.sort()).toEqual([
    'host key in containers/ID/host_key',
    ...(shell === 'electron' ? [] : ['key in identity/id_ed25519']),
    ...(shell === 'browser' ? ['token in browser.json'] : []),
  ]);
  for (const computer of [lan.alice, lan.bob]) {
    const filter = readFileSync(`/proc/${computer.shell.corePid()}/coredump_filter`, 'utf8');
    expect(filter.trim(), 'memory in core dumps').toBe('00000010');
  }
  // The log was written to, and on its most talkative level.
  expect(readFileSync(join(lan.alice.profileDir, 'logs', 'ebrainpool.log'), 'utf8')).toContain('session ended');
});

test('it is said where the key lies', async ({ shell }) => {
  const { out } = await lan.alice.cli('status');
  const words =
    shell === 'browser'
      ? 'key lies in a file that this account alone can read. The browser shell has no key store'
      : 'key lies on the disk sealed. Only the system’s key store (GNOME Keyring) can open it.';
  expect(out).toContain(words);
  const alice = await lan.alice.mainPage();
  await alice.goToSettings('This computer');
  await expect(alice.page.getByText(words)).toBeVisible();
});

test('a key that was lent when the core was killed is gone after the next start', async () => {
  const lent = await openSshCommand();
  await lan.alice.kill();
  expect(existsSync(lent)).toBe(true);
  await lan.alice.restart();
  expect(existsSync(lent)).toBe(false);
  await endAll();
});

test('the browser shell says what to do with a sealed key, and gets it when the person takes it out', async ({
  shell,
}) => {
  test.skip(shell !== 'electron', 'the browser shell has no key store');
  const startBrowserShell = () =>
    lan.alice.run(
      [
        join(root, 'node_modules', '.bin', 'node'),
        join(root, 'src/headless/main.ts'),
        '--profile',
        lan.alice.profileDir,
        '--no-open',
      ],
      { timeoutMs: 8000 },
    );
  const id = (await lan.alice.core()).read('self')?.id;
  const folder = join(lan.alice.profileDir, 'identity');
  await lan.alice.stop();
  const refused = await startBrowserShell();
  expect(refused.code).toBe(1);
  expect(refused.error).toContain('is sealed with GNOME Keyring');
  expect(refused.error).toContain('Start the desktop application.');
  expect(readdirSync(folder).sort()).toEqual(['id_ed25519.pub', 'id_ed25519.sealed']);

  await lan.alice.start();
  const alice = await lan.alice.mainPage();
  await alice.goToSettings('General');
  await toggle(alice.page.getByRole('switch', { name: 'Seal this computer’s key' }));
  await soon(() => readdirSync(folder).sort()).toEqual(['id_ed25519', 'id_ed25519.pub']);
  await alice.goToSettings('This computer');
  await expect(alice.page.getByText('as you chose')).toBeVisible();
  await lan.alice.stop();
  // It runs until it is ended.
  const served = await startBrowserShell();
  expect(served.out).toContain('http://127.0.0.1:');

  await lan.alice.start();
  expect((await lan.alice.core()).read('self')?.id).toBe(id);
  await lan.alice.set({ isKeySealed: true });
  await soon(() => readdirSync(folder).sort()).toEqual(['id_ed25519.pub', 'id_ed25519.sealed']);
});
