// What Electron shows outside of windows. The stand-in writes it down; tests read it and click it over control.ts.
import { EventEmitter } from 'node:events';
import { existsSync } from 'node:fs';
import { createEvent } from './event.ts';

export interface MenuTemplateItem {
  readonly label?: string;
  readonly role?: string;
  readonly type?: string;
  readonly checked?: boolean;
  readonly submenu?: readonly MenuTemplateItem[];
  readonly click?: () => void;
}

export class Menu {
  static applicationMenu: Menu | null = null;
  readonly template: readonly MenuTemplateItem[];

  constructor(template: readonly MenuTemplateItem[] = []) {
    this.template = template;
  }

  static buildFromTemplate(template: readonly MenuTemplateItem[]): Menu {
    return new Menu(template);
  }

  static setApplicationMenu(menu: Menu | null): void {
    Menu.applicationMenu = menu;
  }
}

export interface StandInImage {
  readonly path: string;
  isEmpty(): boolean;
}

export const nativeImage = {
  createFromPath: (path: string): StandInImage => ({ path, isEmpty: () => !existsSync(path) }),
  createEmpty: (): StandInImage => ({ path: '', isEmpty: () => true }),
};

export class Tray extends EventEmitter {
  static readonly all = new Set<Tray>();
  image: StandInImage;
  toolTip = '';
  menu: Menu | null = null;

  constructor(image: StandInImage) {
    super();
    this.image = image;
    Tray.all.add(this);
  }

  setImage(image: StandInImage): void {
    this.image = image;
  }

  setToolTip(text: string): void {
    this.toolTip = text;
  }

  setContextMenu(menu: Menu | null): void {
    this.menu = menu;
  }

  destroy(): void {
    Tray.all.delete(this);
  }
}

export class Notification extends EventEmitter {
  static readonly all: Notification[] = [];
  readonly options: Readonly<Record<string, unknown>>;
  isShown = false;

  constructor(options: Readonly<Record<string, unknown>>) {
    super();
    this.options = options;
    Notification.all.push(this);
  }

  static isSupported(): boolean {
    return true;
  }

  show(): void {
    this.isShown = true;
    this.emit('show', createEvent());
  }

  close(): void {
    if (!this.isShown) return;
    this.isShown = false;
    this.emit('close', createEvent());
  }
}

export const dialogs: { readonly title: string; readonly content: string }[] = [];

export const dialog = {
  showErrorBox: (title: string, content: string) => {
    dialogs.push({ title, content });
    process.stderr.write(`STAND-IN DIALOG ${JSON.stringify({ title, content })}\n`);
  },
};

export const nativeTheme = Object.assign(new EventEmitter(), { shouldUseDarkColors: false });
export const powerMonitor = new EventEmitter();

/** Only macOS asks the person, and nothing here runs on it. */
export const systemPreferences = {
  askForMediaAccess: (_mediaType: string): Promise<boolean> => Promise.reject(new Error('not on this system')),
};

const display = { id: 1, workArea: { x: 0, y: 0, width: 1920, height: 1080 }, scaleFactor: 1 };
export const screen = {
  getPrimaryDisplay: () => display,
  getDisplayNearestPoint: (_point: { x: number; y: number }) => display,
  getCursorScreenPoint: () => ({ x: 0, y: 0 }),
};
