// Every open window, apart from the window's own file so that `app` can close them without an import cycle.

export interface ListedWindow {
  readonly id: number;
  close(): void;
  destroy(): void;
}

const windows = new Set<ListedWindow>();

export function addWindow(window: ListedWindow): void {
  windows.add(window);
}

export function removeWindow(window: ListedWindow): void {
  windows.delete(window);
}

export function allWindows(): ListedWindow[] {
  return [...windows];
}
