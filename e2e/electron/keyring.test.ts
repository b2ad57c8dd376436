// The key store that Electron gives the core: GNOME Keyring itself, open, locked and missing, on a real session bus.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { until, useShell } from './fixture/use-shell.ts';

const SEALED = ['id_ed25519.pub', 'id_ed25519.sealed'];
const PLAIN = ['id_ed25519', 'id_ed25519.pub'];
const inStore = { place: { kind: 'store', store: 'GNOME Keyring' }, files: SEALED };
const inFile = { place: { kind: 'file', why: 'no-system-store' }, files: PLAIN };

const shell = useShell();
const pathOf = (name: string) => join(shell.folder, 'keys', name);
const secrets = {
  name: 'org.freedesktop.secrets',
  path: '/org/freedesktop/secrets',
  interface: 'org.freedesktop.Secret.Service',
};

/** Electron asks for its key once: another state of the store is another start. */
async function startWith(env: Record<string, string> = {}): Promise<void> {
  await shell.stop();
  await shell.start({ args: ['--hidden'], env });
  await shell.ready('?window=popup');
}

/** What the core makes of a folder for keys. */
async function open(name: string): Promise<Record<string, unknown>> {
  const before = shell.calls('identity').length;
  shell.tell({ openIdentity: pathOf(name) });
  await until(() => expect(shell.calls('identity')).toHaveLength(before + 1));
  return { ...(shell.calls('identity').at(-1) as object), files: (await readdir(pathOf(name))).sort() };
}

/** A desktop that Chromium knows no key store for. */
const WITHOUT = { XDG_CURRENT_DESKTOP: 'none' };

it('seals the key, opens it after a restart, and the file alone gives nothing away', async () => {
  await startWith();
  const first = await open('good');
  expect(first).toMatchObject(inStore);
  expect(await open('good')).toEqual(first);
  const text = await readFile(join(pathOf('good'), 'id_ed25519.sealed'), 'latin1');
  expect(text).not.toContain('PRIVATE KEY');
  await startWith();
  expect(await open('good')).toEqual(first);
});

it('a new key lies in a file where there is no store, and is sealed when one comes', async () => {
  await startWith(WITHOUT);
  const made = await open('late');
  expect(made).toMatchObject(inFile);
  await startWith();
  const sealed = await open('late');
  expect(sealed).toMatchObject({ id: made['id'], ...inStore });

  // And then it is never replaced by a new one, whatever becomes of the store.
  await startWith(WITHOUT);
  expect(await open('late')).toMatchObject({
    code: 'key-store-locked',
    params: { store: 'GNOME Keyring' },
    files: SEALED,
  });
  await startWith();
  expect(await open('late')).toEqual(sealed);
});

it('a locked keyring protects nothing and opens nothing, and the person is told', async () => {
  await startWith();
  const first = await open('one');
  expect(first).toMatchObject(inStore);
  await shell.stop();
  const collections = ['/org/freedesktop/secrets/collection/login'];
  await shell.desktop.bus.call(secrets, 'Lock', 'ao', collections);
  await startWith();
  expect(await open('one')).toMatchObject({
    code: 'key-store-locked',
    params: { store: 'GNOME Keyring' },
    files: SEALED,
  });
  // Chromium would encrypt with a password that everybody knows.
  expect(await open('two')).toMatchObject(inFile);

  await shell.stop();
  const code = shell.startAndEnd({ args: ['--hidden'], env: { FAKE_CORE_IDENTITY: pathOf('one') } });
  await until(async () => {
    const found = await shell.desktop.run(['xdotool', 'search', '--onlyvisible', '--name', '^Error$']);
    expect(found?.trim()).toMatch(/^\d+$/);
    await shell.desktop.run(['xdotool', 'windowfocus', '--sync', found?.trim() ?? '', 'key', 'Return']);
  });
  expect(await code).toBe(1);
  expect((await readdir(pathOf('one'))).sort()).toEqual(SEALED);
});
