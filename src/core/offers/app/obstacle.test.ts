import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findProgram } from '../../lib/find-program.ts';
import {
  createFakeComputer,
  elfOf,
  entryText,
  type FakeComputer,
  idOf,
  start,
  testSettings,
  until,
} from '../offers.test-support.ts';
import { createFitnessReader, insideCompositor } from './obstacle.ts';
import { findProgramDirs } from './xdg.ts';

const WAYLAND = 'libwayland-client.so.0';

async function programOf(computer: FakeComputer, name: string, libraries: readonly string[]): Promise<string> {
  const path = await computer.program(name);
  await computer.write(join('bin', name), elfOf(libraries));
  return path;
}

const fitnessOn = (computer: FakeComputer) =>
  createFitnessReader((program) =>
    findProgram(program, findProgramDirs({ env: { PATH: computer.environment.env['PATH'] } })),
  );

test('Flatpak and Snap are known however they are written', async () => {
  await using computer = await createFakeComputer();
  const fitness = fitnessOn(computer);
  const [flatpak, snap, env, tool] = await Promise.all(
    ['flatpak', 'snap', 'env', 'tool'].map((each) => computer.program(each)),
  );
  const exported = await computer.write('var/lib/flatpak/exports/bin/org.x.Y', '#!/bin/sh\n');
  const linked = join(computer.root, 'bin/firefox');
  await symlink(String(snap), linked);
  const obstacleOf = async (...argv: (string | undefined)[]) => (await fitness.read(argv as [string])).obstacle;
  expect(await obstacleOf(flatpak, 'run', '--branch=stable', '--command=y', 'org.x.Y')).toBe('flatpak');
  expect(await obstacleOf(env, 'A=b', '-u', 'C', 'flatpak', 'run', 'org.x.Y')).toBe('flatpak');
  expect(await obstacleOf(exported)).toBe('flatpak');
  expect(await obstacleOf(snap, 'run', 'firefox')).toBe('snap');
  expect(await obstacleOf(linked)).toBe('snap');
  expect(await obstacleOf(env, 'BAMF_DESKTOP_FILE_HINT=/x', linked, '%u')).toBe('snap');
  // Programs that manage the others, and all else.
  expect(await obstacleOf(flatpak, 'update')).toBeNull();
  expect(await obstacleOf(snap, 'list')).toBeNull();
  const merged = await computer.write('merged/x', '');
  await symlink(String(snap), join(merged, '../snap'));
  expect(await obstacleOf(join(merged, '../snap'), 'list')).toBeNull();
  expect(await obstacleOf(tool, 'run', 'flatpak')).toBeNull();
  expect(await obstacleOf(env, 'A=b')).toBeNull();
});

test('what links to Wayland and to nothing that draws on X11 needs a compositor', async () => {
  await using computer = await createFakeComputer();
  const fitness = fitnessOn(computer);
  const read = async (name: string, libraries: readonly string[]) =>
    fitness.read([await programOf(computer, name, libraries)]);
  const needed = { obstacle: 'wayland', isWaylandOnly: true };
  const fine = { obstacle: null, isWaylandOnly: false };
  expect(await read('foot', [WAYLAND, 'libxkbcommon.so.0', 'libc.so.6'])).toEqual(needed);
  expect(await read('egl', [WAYLAND, 'libwayland-egl.so.1', 'libEGL.so.1'])).toEqual(needed);
  expect(await read('mpv', [WAYLAND, 'libX11.so.6'])).toEqual(fine);
  expect(await read('gtk', [WAYLAND, 'libgtk-3.so.0'])).toEqual(fine);
  expect(await read('qt', [WAYLAND, 'libQt6Gui.so.6'])).toEqual(fine);
  expect(await read('sdl', ['libSDL2-2.0.so.0'])).toEqual(fine);
  expect(await fitness.read([await computer.program('script')])).toEqual(fine);
  // Another program under the same name.
  expect(await read('foot', [WAYLAND, 'libX11.so.6', 'libxcb.so.1'])).toEqual(fine);
  await computer.program('cage');
  expect(await read('later', [WAYLAND])).toEqual(needed);
  await computer.program('Xwayland');
  expect(await read('later', [WAYLAND])).toEqual({ obstacle: null, isWaylandOnly: true });
});

test('what cannot run here is in its owner’s list with the reason, shared or not, and for nobody else', async () => {
  await using computer = await createFakeComputer();
  await computer.program('flatpak');
  await programOf(computer, 'foot', [WAYLAND]);
  await computer.entry('foot', ['Exec=foot']);
  await computer.entry('packed', ['Exec=flatpak run org.x.Y']);
  await computer.write('usr/share/applications/plain.desktop', entryText('Plain'));
  await using offers = await start(computer);
  const reader = { peerId: testSettings.name as never, isVerified: true };
  const state = () => offers.own.value.offers.map(({ id, obstacle, isShared }) => [id, obstacle, isShared]);
  expect(state()).toEqual([
    ['app:foot', 'wayland', false],
    ['app:packed', 'flatpak', false],
    ['app:plain', null, true],
  ]);
  expect(offers.visibleTo(null).map(({ id }) => id)).toEqual(['app:plain']);
  expect(offers.find(idOf('foot'), reader)).toBeUndefined();
  await computer.program('Xwayland');
  await computer.program('cage');
  await offers.rescan();
  await until(offers.own, () => state()[0]?.[1] === null);
  const foot = offers.find(idOf('foot'), reader);
  expect(foot?.launch('viewer').program.argv).toEqual(insideCompositor([join(computer.root, 'bin/foot')]));
  for (const view of ['native', 'ssh-command'] as const)
    expect(() => foot?.launch(view), view).toThrow(expect.objectContaining({ code: 'viewer-only' }));
  expect(offers.visibleTo(null).map(({ id }) => id)).toEqual(['app:foot', 'app:plain']);
});
