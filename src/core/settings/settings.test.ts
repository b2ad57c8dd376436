import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../../contract/errors.ts';
import { silentLog } from '../lib/log.ts';
import { autostartPath, ownCommand, quoteExecArgument } from './autostart.ts';
import { cleanName, defaultName, fullNameFrom } from './name.ts';
import { type SettingsOptions, startSettings } from './settings.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'settings-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const alice = { fullName: 'Alice Smith', userName: 'alice', hostName: 'laptop.example.org' };
const start = (extra: Partial<SettingsOptions> = {}) =>
  startSettings({
    profileDir: folder,
    log: silentLog,
    person: alice,
    env: {},
    home: join(folder, 'home'),
    platform: 'linux',
    ...extra,
  });
const stored = async () => JSON.parse(await readFile(join(folder, 'settings.json'), 'utf8'));

describe('settings', () => {
  test('begin with careful defaults', async () => {
    await using settings = await start();
    expect(settings.state.value).toMatchObject({
      name: 'Alice Smith’s laptop',
      isSetUp: false,
      isSharedByDefault: false,
    });
    expect(settings.damage).toBeNull();
  });

  test('are on the disk before they show', async () => {
    await using settings = await start();
    const update = settings.update({ isPaused: true });
    expect(settings.state.value.isPaused).toBe(false);
    await update;
    expect([settings.state.value.isPaused, (await stored()).isPaused]).toEqual([true, true]);
    await using again = await start();
    expect(again.state.value.isPaused).toBe(true);
  });

  test('changes of the quiet hours at the same time are all kept', async () => {
    await using settings = await start();
    await Promise.all([
      settings.update({ quietHours: { isOn: true } }),
      settings.update({ quietHours: { from: '21:00', to: undefined } }),
      settings.update({ quietHours: { to: '06:30' } }),
    ]);
    expect((await stored()).quietHours).toEqual({ isOn: true, from: '21:00', to: '06:30' });
    await expect(settings.update({ quietHours: { to: '25:00' } })).rejects.toMatchObject({ code: 'bad-input' });
  });

  test('a field that older versions wrote is no damage, whatever it holds, and goes with the next change', async () => {
    await writeFile(
      join(folder, 'settings.json'),
      JSON.stringify({ name: 'Bob', isSetUp: true, addresses: ['192.168.0.7', 5], fromTheFuture: 1 }),
    );
    await using settings = await start();
    expect(settings.damage).toBeNull();
    expect(settings.state.value.name).toBe('Bob');
    expect(Object.keys(settings.state.value)).not.toContain('addresses');
    await settings.update({ isPaused: true });
    expect(await stored()).toMatchObject({ name: 'Bob', isPaused: true, fromTheFuture: 1 });
    expect(Object.keys(await stored())).not.toContain('addresses');
  });

  test('do not show what the disk refused', async () => {
    await using settings = await start({
      replaceFile: () => Promise.reject(new AppError('disk-full', { path: folder })),
    });
    await expect(settings.update({ name: 'Other', isStartedAtLogin: true })).rejects.toMatchObject({
      code: 'disk-full',
    });
    expect(settings.state.value).toMatchObject({ isStartedAtLogin: false });
    expect(settings.state.value.name).not.toBe('Other');
    expect(existsSync(autostartPath({ env: {}, home: join(folder, 'home') }))).toBe(false);
  });

  test('hold a pause that the disk refused, and nothing else of it', async () => {
    await using settings = await start({
      replaceFile: () => Promise.reject(new AppError('disk-full', { path: folder })),
    });
    await expect(settings.update({ isPaused: true, name: 'Other' })).rejects.toMatchObject({ code: 'disk-full' });
    expect(settings.state.value.isPaused).toBe(true);
    expect(settings.state.value.name).not.toBe('Other');
  });

  test('refuse a bad field by its name and change nothing', async () => {
    await using settings = await start();
    await expect(settings.update({ isPaused: true, peerPort: 80 })).rejects.toMatchObject({
      code: 'bad-input',
      params: { where: 'settings.peerPort' },
    });
    await expect(settings.update({ name: '\u202e \u0007' })).rejects.toMatchObject({ code: 'bad-input' });
    expect(settings.state.value.isPaused).toBe(false);
  });

  test('apply updates that come at once one after the other', async () => {
    await using settings = await start();
    await Promise.all([
      settings.update({ isPaused: true }),
      settings.update({ peerPort: 30000 }),
      settings.update({ name: 'x' }),
    ]);
    expect(await stored()).toMatchObject({ isPaused: true, peerPort: 30000, name: 'x' });
  });

  test('stay closed where damage hid what the person had closed', async () => {
    await writeFile(
      join(folder, 'settings.json'),
      JSON.stringify({ name: 'n', isPaused: 'yes', isSharedByDefault: true, sharedByOfferId: { 'app:xterm': 'no' } }),
    );
    await using settings = await start();
    expect(settings.state.value).toMatchObject({ name: 'n', isPaused: true, isSharedByDefault: false });
    expect(settings.damage?.fields.toSorted()).toEqual(['isPaused', 'sharedByOfferId']);
  });

  test('stay closed after a restart too', async () => {
    await writeFile(
      join(folder, 'settings.json'),
      JSON.stringify({ isSharedByDefault: true, sharedByOfferId: { 'app:xterm': 'no' } }),
    );
    await (await start())[Symbol.asyncDispose]();
    await using again = await start();
    expect(again.state.value.isSharedByDefault).toBe(false);
  });

  test('clean the name', async () => {
    await using settings = await start();
    await settings.update({ name: '  Bob\u202e\u0000’s\n  PC ' });
    expect(settings.state.value.name).toBe('Bob’s PC');
  });

  test('make and remove the autostart entry', async () => {
    await using settings = await start({ env: { XDG_CONFIG_HOME: join(folder, 'config') } });
    const path = join(folder, 'config', 'autostart', 'ebrainpool.desktop');
    await settings.update({ isStartedAtLogin: true });
    expect(await readFile(path, 'utf8')).toMatch(
      /^\[Desktop Entry\]\nType=Application\nName=eBrainPool\nExec="\/.*"\n/,
    );
    await settings.update({ isStartedAtLogin: false });
    expect(existsSync(path)).toBe(false);
  });
});

describe('the name', () => {
  test.each([
    [alice, 'Alice Smith’s laptop'],
    [{ fullName: '', userName: 'bob', hostName: 'pc' }, 'bob’s pc'],
    [{ fullName: '', userName: '', hostName: '' }, 'computer'],
    [{ fullName: 'root', userName: 'root', hostName: 'server.lan' }, 'server'],
  ])('of %o is %s', (person, name) => {
    expect(defaultName(person)).toBe(name);
  });

  test('has at most 100 units and no half characters', () => {
    expect(cleanName('🦊'.repeat(80))).toBe('🦊'.repeat(50));
    expect(cleanName(`${'a'.repeat(99)}🦊`)).toBe('a'.repeat(99));
    expect(
      defaultName({ fullName: 'é'.repeat(300), userName: '', hostName: 'h'.repeat(60) }).length,
    ).toBeLessThanOrEqual(100);
  });

  test('comes from the GECOS field', () => {
    const passwd = 'root:x:0:0:root:/root:/bin/sh\nann:x:1:1:& Miller,Room 5,,:/home/ann:/bin/sh\n';
    expect([fullNameFrom(passwd, 'ann'), fullNameFrom(passwd, 'no'), fullNameFrom(passwd, '')]).toEqual([
      'Ann Miller',
      '',
      '',
    ]);
  });
});

describe('the autostart command', () => {
  test('is quoted as the specification says', () => {
    expect(quoteExecArgument('/opt/My App/100%/a"b$c`d\\e')).toBe('"/opt/My App/100%%/a\\\\"b\\\\$c\\\\`d\\\\\\\\e"');
  });

  test('starts what runs', () => {
    const running = { execPath: '/node', argv: ['/node', '/main.ts'], env: {}, isElectron: false };
    expect(ownCommand('/p', running)).toEqual(['/node', '/main.ts', '--profile', '/p', '--no-open']);
    expect(ownCommand('/p', { ...running, isElectron: true })).toEqual(['/node', '--hidden']);
    expect(ownCommand('/p', { ...running, isElectron: true, env: { APPIMAGE: '/a.AppImage' } })).toEqual([
      '/a.AppImage',
      '--hidden',
    ]);
  });
});
