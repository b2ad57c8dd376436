// The windows of a session's program, as its window manager tells them (EWMH 1.5, ICCCM): which there are, which is in front, what to ask of them.
import type { Duplex } from 'node:stream';
import { MAX_WINDOWS, type ProgramWindow } from '../../../contract/sessions.ts';
import type { Log } from '../../lib/log.ts';
import { type Followable, State } from '../../lib/state.ts';
import { ATOMS, type Atoms, type Facts, readFacts } from './window-facts.ts';
import { withSureParents } from './window-titles.ts';
import { startX11Client, type X11Client } from './x11-client.ts';
import { eventCode, eventMask, readNumbers, x11 } from './x11-stream.ts';

export interface ProgramWindows extends Disposable {
  /** In the order in which they appeared. */
  readonly state: Followable<readonly ProgramWindow[]>;
  /** Brings a window to the front. Ignores one that is not in the list. */
  activate(id: number): void;
  /** Asks a window to close (WM_DELETE_WINDOW); its program may ask the person back. */
  close(id: number): void;
  closeAll(): void;
}

const REFRESH_AFTER_MS = 120;
/** How long to wait for the window manager, which places windows differently when they were there before it. */
const MANAGED_WITHIN_MS = 1000;
const LOOK_EVERY_MS = 10;
/** A quiet background for windows that do not fill the screen. */
const GROUND = 0x343a40;
/** EWMH: this comes from a pager, the person's own wish. */
const FROM_PAGER = 2;
/** _NET_MOVERESIZE_WINDOW: x and y are given, from a pager, gravity as the window has it. */
const MOVE = 0x2300;

/** Resolves when the window manager manages. @throws Error when there is no X server that answers */
export async function followProgramWindows(stream: Duplex, log: Log): Promise<ProgramWindows> {
  const state = new State<readonly ProgramWindow[]>([]);
  const known = new Map<number, Facts>();
  /** Windows that have changed since they were read. */
  const changed = new Set<number>();
  let client: X11Client | undefined;
  let atoms = {} as Atoms;
  let timer: NodeJS.Timeout | undefined;
  /** The new size of the screen. Windows are moved only after the next reading of the list, so that no new one is missed. */
  let resized: { readonly width: number; readonly height: number } | undefined;
  let isReading = false;
  let isOver = false;

  const started = await startX11Client(stream, {
    event: (code, bytes) => {
      if (client === undefined) return;
      const window = bytes.readUInt32LE(4);
      if (code === eventCode.propertyNotify && known.has(window)) changed.add(window);
      else if (code === eventCode.configureNotify && window === client.root)
        resized = { width: bytes.readUInt16LE(20), height: bytes.readUInt16LE(22) };
      refreshSoon();
    },
    broken: (error) => {
      // Windows that cannot be read any more are not shown as if they could.
      state.set([]);
      if (!isOver) log.info({ error: error.message }, 'the windows of a program are not followed any more');
    },
  });
  client = started;
  const { root } = started;
  const numbers = await started.intern(ATOMS);
  atoms = Object.fromEntries(ATOMS.map((name, index) => [name, numbers[index] ?? 0])) as typeof atoms;
  started.send(x11.setGround(root, GROUND));
  started.send(x11.selectEvents(root, eventMask.propertyChange | eventMask.structureNotify));
  const giveUpAt = performance.now() + MANAGED_WITHIN_MS;
  while ((await started.getProperty(root, atoms._NET_SUPPORTING_WM_CHECK, 1)) === undefined) {
    if (performance.now() > giveUpAt) break;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  refreshSoon();

  function refreshSoon(): void {
    if (!isOver) timer ??= setTimeout(() => void refresh(), REFRESH_AFTER_MS);
  }

  async function refresh(): Promise<void> {
    timer = undefined;
    if (isReading) {
      refreshSoon();
      return;
    }
    isReading = true;
    try {
      const told = readNumbers(await started.getProperty(root, atoms._NET_CLIENT_LIST, MAX_WINDOWS));
      // Security: no more than was asked for, and each once.
      const list = [...new Set(told)].slice(0, MAX_WINDOWS).filter((window) => window !== 0);
      const [active] = readNumbers(await started.getProperty(root, atoms._NET_ACTIVE_WINDOW, 1));
      for (const window of known.keys()) {
        if (list.includes(window)) continue;
        known.delete(window);
        changed.delete(window);
      }
      await Promise.all(
        list.map(async (window) => {
          // Deleted before the reading, so that a change during it leads to another one.
          const isChanged = changed.delete(window);
          if (!known.has(window)) started.send(x11.selectEvents(window, eventMask.propertyChange));
          else if (!isChanged) return;
          known.set(window, await readFacts(started, atoms, window));
        }),
      );
      show(list, active);
      const screen = resized;
      resized = undefined;
      if (screen !== undefined) await centre(screen.width, screen.height);
    } finally {
      isReading = false;
    }
  }

  function show(list: readonly number[], active: number | undefined): void {
    const listed = list.flatMap((id): readonly ProgramWindow[] => {
      const facts = known.get(id);
      if (facts === undefined || !facts.isListed) return [];
      const { title, isDialog, parentId, canClose } = facts;
      return [{ id, title, isDialog, parentId, canClose, isActive: id === active }];
    });
    const windows = withSureParents(listed);
    const isSame = JSON.stringify(windows) === JSON.stringify(state.value);
    if (!isSame) state.set(windows);
    // If every window were minimised, the person would see an empty screen with no way back.
    const [first] = windows;
    if (first !== undefined && windows.every(({ id }) => known.get(id)?.isHidden === true)) bringUp(first.id);
  }

  /** The window manager centres a window only when it appears, but the screen may change its size later. */
  async function centre(width: number, height: number): Promise<void> {
    for (const [window, facts] of [...known]) {
      if (!facts.isListed || facts.isMaximised) continue;
      const size = await started.getSize(window);
      if (size === undefined) continue;
      const x = Math.max(0, Math.round((width - size.width) / 2));
      const y = Math.max(0, Math.round((height - size.height) / 2));
      started.send(x11.clientMessage(window, atoms._NET_MOVERESIZE_WINDOW, [MOVE, x, y, 0, 0], root));
    }
  }

  function bringUp(id: number): void {
    started.send(x11.clientMessage(id, atoms._NET_ACTIVE_WINDOW, [FROM_PAGER, 0, 0, 0, 0], root));
  }

  function askToClose({ id, canClose }: ProgramWindow): void {
    if (!canClose) return;
    // A hidden window comes up first, because a question of the program is shown above it.
    if (known.get(id)?.isHidden === true) bringUp(id);
    started.send(x11.clientMessage(id, atoms.WM_PROTOCOLS, [atoms.WM_DELETE_WINDOW, 0, 0, 0, 0], 'window'));
  }

  const find = (id: number) => state.value.find((window) => window.id === id);
  return {
    state,
    activate: (id) => {
      if (find(id) !== undefined) bringUp(id);
    },
    close: (id) => {
      const window = find(id);
      if (window !== undefined) askToClose(window);
    },
    closeAll: () => state.value.forEach(askToClose),
    [Symbol.dispose]: () => {
      isOver = true;
      clearTimeout(timer);
      started[Symbol.dispose]();
    },
  };
}
