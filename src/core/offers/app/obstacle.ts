// What keeps a program from running in a container, told to its owner before anybody asks for it: another container, or a screen of another kind.
import { realpath, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Obstacle } from '../../../contract/offers.ts';
import { readNeededLibraries } from './elf.ts';

/** How a program can be run here. */
export interface Fitness {
  readonly obstacle: Obstacle | null;
  /** It speaks Wayland alone, and is run inside a compositor whose window is on X11. */
  readonly isWaylandOnly: boolean;
}

export interface FitnessReader {
  /** @param argv its program is an absolute path */
  read(argv: readonly [string, ...string[]]): Promise<Fitness>;
}

/** The compositor for one program, and what it does not start without. */
const COMPOSITOR = ['cage', 'Xwayland'];
const MAX_KNOWN = 10_000;

/** Whoever links to one of these can draw on X11, also where it can draw on Wayland. */
const X11_LIBRARIES =
  /^lib(X11|xcb|Xt|Xaw|gtk|gdk|Qt[0-9]*(Gui|Widgets|Quick|WebEngine)|QtGui|KF[0-9]|SDL|glfw|wx_|fltk|Tk|tk[0-9]|FLTK|allegro|sfml|clutter|mutter|EGL_mesa|ecore|elementary|webkit|juce)/i;

/** Remembers what it read in a program as long as the program is the same. */
export function createFitnessReader(lookUp: (program: string) => Promise<string | null>): FitnessReader {
  const known = new Map<string, { readonly version: string; readonly isWaylandOnly: boolean }>();

  async function speaksWaylandOnly(path: string): Promise<boolean> {
    const info = await stat(path).catch(() => null);
    if (!info?.isFile()) return false;
    const version = `${info.mtimeMs} ${info.ctimeMs} ${info.size} ${info.ino}`;
    const before = known.get(path);
    if (before?.version === version) return before.isWaylandOnly;
    const libraries = (await readNeededLibraries(path)) ?? [];
    const isWaylandOnly =
      libraries.some((name) => name.startsWith('libwayland-client.so')) &&
      !libraries.some((name) => X11_LIBRARIES.test(name));
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(path, { version, isWaylandOnly });
    return isWaylandOnly;
  }

  return {
    read: async (argv) => {
      const [program, ...rest] = behindEnv(argv);
      const path = program.startsWith('/') ? program : await lookUp(program);
      const real = path === null ? null : await realpath(path).catch(() => null);
      if (path === null || real === null) return { obstacle: null, isWaylandOnly: false };
      const packaged = packagerOf([path, real], rest);
      if (packaged !== null) return { obstacle: packaged, isWaylandOnly: false };
      if (!(await speaksWaylandOnly(real))) return { obstacle: null, isWaylandOnly: false };
      const parts = await Promise.all(COMPOSITOR.map(lookUp));
      return { obstacle: parts.includes(null) ? 'wayland' : null, isWaylandOnly: true };
    },
  };
}

/** What `env NAME=VALUE … PROGRAM …` runs; anything else as it is. */
export function behindEnv(argv: readonly [string, ...string[]]): readonly [string, ...string[]] {
  if (basename(argv[0]) !== 'env') return argv;
  let at = 1;
  for (; at < argv.length; at++) {
    const word = argv[at] ?? '';
    if (word === '-u' || word === '-C') at++;
    else if (!word.startsWith('-') && !word.includes('=')) break;
  }
  const [program, ...rest] = argv.slice(at);
  return program === undefined ? argv : [program, ...rest];
}

/** Flatpak and Snap run their programs in containers of their own, which needs what a container of ours does not give. */
function packagerOf(paths: readonly [string, string], rest: readonly string[]): Obstacle | null {
  const [name, real] = paths.map((path) => basename(path));
  const isRun = rest[0] === 'run';
  if (paths.some((path) => path.includes('/flatpak/exports/bin/')) || (isRun && [name, real].includes('flatpak')))
    return 'flatpak';
  // Each program of a snap is a link to snap itself, under the program's name.
  const isOfSnap = real === 'snap' && (name !== 'snap' || isRun);
  return isOfSnap || paths.some((path) => /^(\/var\/lib\/snapd)?\/snap\//.test(path)) ? 'snap' : null;
}

/**
 * The program inside a compositor of its own, which is one window on X11 as large as the screen. It draws in software, as everything in
 * a container does. The container's variables that ask for X11 are taken out for it.
 */
export function insideCompositor(argv: readonly string[]): readonly string[] {
  const away = ['GDK_BACKEND', 'QT_QPA_PLATFORM'].flatMap((name) => ['-u', name]);
  const settings = ['WLR_BACKENDS=x11', 'WLR_RENDERER=pixman', 'WLR_NO_HARDWARE_CURSORS=1', 'XDG_SESSION_TYPE=wayland'];
  return ['env', ...away, ...settings, 'cage', '-d', '--', ...argv];
}
