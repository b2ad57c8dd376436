// A Port carries messages between two processes: over an Electron MessagePort, a WebSocket, a Unix socket or an SSH channel.

/** Ordered, reliable, message-wise. Messages are JSON values; a listener set late gets nothing from before. */
export interface Port {
  post(message: unknown): void;
  /** At most one listener. */
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, also when `close` was called on this side. */
  onClose(listener: () => void): void;
  close(): void;
}

/** Two ends in one process, for the tray and for tests. Delivery is asynchronous, as it is between processes. */
export function createPortPair(): [Port, Port] {
  let isOpen = true;
  const messageListeners: ((message: unknown) => void)[] = [];
  const closeListeners: (() => void)[][] = [[], []];
  const close = () => {
    if (!isOpen) return;
    isOpen = false;
    for (const listener of closeListeners.flat()) queueMicrotask(listener);
  };
  const end = (own: 0 | 1): Port => ({
    post: (message) => {
      queueMicrotask(() => isOpen && messageListeners[1 - own]?.(message));
    },
    onMessage: (listener) => {
      messageListeners[own] = listener;
    },
    onClose: (listener) => {
      closeListeners[own]?.push(listener);
    },
    close,
  });
  return [end(0), end(1)];
}
