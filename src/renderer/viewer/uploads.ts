// The files that a viewer window is sending: a few at a time, the others wait.
import { type Problem, toProblem } from '../../contract/errors.ts';
import { MIB, toFileName } from '../../contract/exchange.ts';
import type { SessionId } from '../../contract/ids.ts';
import type { Carrier } from '../ports/carrier.ts';

export interface UploadState {
  readonly id: number;
  /** The name that it will have there. */
  readonly name: string;
  /** Whether that is another than it has here. */
  readonly isRenamed: boolean;
  readonly sizeBytes: number;
  readonly sentBytes: number;
  readonly state: 'waiting' | 'sending' | 'failed';
  readonly problem: Problem | null;
}

export interface Uploads {
  read(): readonly UploadState[];
  follow(listener: () => void): () => void;
  /** Returns the files that have no name that can be sent. */
  add(files: readonly File[]): readonly File[];
  /** Breaks one off, or dismisses one that has failed. */
  remove(id: number): void;
  /** Breaks all off. */
  close(): void;
}

/** So that one large file does not keep a small one waiting, and many do not keep each other. */
const MAX_AT_A_TIME = 3;
/** How often progress is shown. */
const PROGRESS_MS = 100;

interface Item {
  state: UploadState;
  readonly file: File;
  readonly abort: AbortController;
  shownAt: number;
}

export function createUploads(
  carrier: Pick<Carrier, 'sendFile'>,
  sessionId: SessionId,
  /** The largest file that is taken there, in bytes; null where that is not known. */
  maxBytes: () => number | null,
  /** Told of each that arrived, with the name that it was sent under, and the name that it got. */
  onSent: (upload: UploadState, nameThere: string) => void,
): Uploads {
  const listeners = new Set<() => void>();
  let items: readonly Item[] = [];
  let shown: readonly UploadState[] = [];
  let nextId = 1;

  function show(): void {
    shown = items.map(({ state }) => state);
    for (const listener of listeners) listener();
  }

  function drop(item: Item): void {
    items = items.filter((other) => other !== item);
  }

  async function send(item: Item): Promise<void> {
    const { name } = item.state;
    item.state = { ...item.state, state: 'sending' };
    show();
    try {
      const nameThere = await carrier.sendFile({
        sessionId,
        name,
        file: item.file,
        signal: item.abort.signal,
        onProgress: (sentBytes) => {
          item.state = { ...item.state, sentBytes: Math.min(sentBytes, item.state.sizeBytes) };
          const now = performance.now();
          if (now - item.shownAt < PROGRESS_MS) return;
          item.shownAt = now;
          show();
        },
      });
      drop(item);
      onSent(item.state, nameThere);
    } catch (error) {
      if (item.abort.signal.aborted) drop(item);
      else item.state = { ...item.state, state: 'failed', problem: toProblem(error) };
    }
    next();
  }

  function next(): void {
    const sending = items.filter(({ state }) => state.state === 'sending').length;
    for (const item of items.filter(({ state }) => state.state === 'waiting').slice(0, MAX_AT_A_TIME - sending))
      void send(item);
    show();
  }

  return {
    read: () => shown,
    follow: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    add: (files) => {
      const added = files.flatMap((file): Item[] => {
        const name = toFileName(file.name);
        if (name === null) return [];
        const limit = maxBytes();
        // Said at once, and not after all of it was sent for nothing.
        const problem: Problem | null =
          limit !== null && file.size > limit
            ? { code: 'file-over-limit', params: { name, limitMib: Math.floor(limit / MIB) } }
            : null;
        const state = {
          name,
          isRenamed: name !== file.name,
          sizeBytes: file.size,
          sentBytes: 0,
          state: problem === null ? 'waiting' : 'failed',
          problem,
        } as const;
        return [{ state: { id: nextId++, ...state }, file, abort: new AbortController(), shownAt: 0 }];
      });
      items = [...items, ...added];
      next();
      return files.filter((file) => toFileName(file.name) === null);
    },
    remove: (id) => {
      const item = items.find(({ state }) => state.id === id);
      if (item === undefined) return;
      item.abort.abort();
      if (item.state.state !== 'sending') drop(item);
      show();
    },
    close: () => {
      for (const { abort } of items) abort.abort();
      items = items.filter(({ state }) => state.state === 'sending');
      show();
    },
  };
}
