// Listeners to an end that can be taken away again: long-lived objects must not collect those of short-lived ones.

export interface OnceClosed {
  /** Calls the listener once at the end, or soon if that has passed. Returns the way to stop. */
  follow(listener: () => void): () => void;
  readonly isClosed: boolean;
  /** The end. */
  close(): void;
}

export function createOnceClosed(): OnceClosed {
  const listeners = new Set<() => void>();
  let isClosed = false;
  return {
    follow: (listener) => {
      if (isClosed) queueMicrotask(listener);
      else listeners.add(listener);
      return () => listeners.delete(listener);
    },
    get isClosed() {
      return isClosed;
    },
    close: () => {
      if (isClosed) return;
      isClosed = true;
      const all = [...listeners];
      listeners.clear();
      for (const listener of all) listener();
    },
  };
}
