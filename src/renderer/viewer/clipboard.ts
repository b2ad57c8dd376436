// The clipboard between this computer and a program elsewhere, in the directions that were granted.
import type { Powers } from '../../contract/powers.ts';

/** The part of noVNC's RFB that is used here. */
export interface ClipboardScreen extends EventTarget {
  clipboardPasteFrom(text: string): void;
  sendKey(keysym: number, code: string, isDown: boolean): void;
}

export type ClipboardProblem = 'read-refused' | 'write-refused';

const MAX_TEXT_CHARS = 1024 * 1024;
const WRITE_INTERVAL_MS = 100;
const KEYSYM_INSERT = 0xff63;

/**
 * Text goes in when the person pastes in the program, and at no other time: looking at a window must not give away what was
 * copied elsewhere. Text that is copied in the program comes out at once, or when the window has the focus again.
 */
export class ClipboardBridge {
  readonly #element: HTMLElement;
  readonly #onProblem: (problem: ClipboardProblem) => void;
  #powers: Pick<Powers, 'clipboardIn' | 'clipboardOut' | 'isViewOnly'>;
  #screen: ClipboardScreen | undefined;
  /** Copied in the program while this window had no focus. */
  #held: string | undefined;
  #isWriting = false;

  constructor(
    element: HTMLElement,
    powers: Pick<Powers, 'clipboardIn' | 'clipboardOut' | 'isViewOnly'>,
    onProblem: (problem: ClipboardProblem) => void,
  ) {
    this.#element = element;
    this.#powers = powers;
    this.#onProblem = onProblem;
    element.addEventListener('keydown', this.#onKeyDown, { capture: true });
    window.addEventListener('focus', this.#onFocus);
  }

  setPowers(powers: Pick<Powers, 'clipboardIn' | 'clipboardOut' | 'isViewOnly'>): void {
    this.#powers = powers;
    if (!powers.clipboardOut) this.#held = undefined;
  }

  attach(screen: ClipboardScreen): void {
    this.#screen = screen;
    screen.addEventListener('clipboard', this.#onRemoteText);
  }

  detach(): void {
    this.#screen?.removeEventListener('clipboard', this.#onRemoteText);
    this.#screen = undefined;
  }

  close(): void {
    this.detach();
    this.#element.removeEventListener('keydown', this.#onKeyDown, { capture: true });
    window.removeEventListener('focus', this.#onFocus);
  }

  readonly #onKeyDown = (event: KeyboardEvent): void => {
    const screen = this.#screen;
    if (screen === undefined || !this.#powers.clipboardIn || this.#powers.isViewOnly || !isPaste(event)) return;
    // The text must be there before the key: the key waits for it.
    event.preventDefault();
    event.stopImmediatePropagation();
    const { key, code } = event;
    const keysym = key === 'Insert' ? KEYSYM_INSERT : (key.codePointAt(0) ?? 0);
    const modifiers = watchModifiers(event);
    void readText().then((text) => {
      if (text === null) this.#onProblem('read-refused');
      // Security: what was taken away while the browser asked does not go in.
      else if (this.#powers.clipboardIn && text !== '') screen.clipboardPasteFrom(text.slice(0, MAX_TEXT_CHARS));
      const released = modifiers.takeReleased();
      for (const modifier of released) screen.sendKey(modifier.keysym, modifier.code, true);
      screen.sendKey(keysym, code, true);
      screen.sendKey(keysym, code, false);
      for (const modifier of released.toReversed()) screen.sendKey(modifier.keysym, modifier.code, false);
    });
  };

  readonly #onRemoteText = (event: Event): void => {
    // Security: text that was not granted does not touch this computer's clipboard, whatever the other computer sends.
    if (!this.#powers.clipboardOut) return;
    const { text } = (event as CustomEvent<{ text: string }>).detail;
    if (text === '') return;
    this.#held = text.slice(0, MAX_TEXT_CHARS);
    void this.#write();
  };

  readonly #onFocus = (): void => {
    if (this.#held !== undefined) void this.#write();
  };

  async #write(): Promise<void> {
    // Security: one at a time, and of a flood the last: each write is work for the whole computer.
    if (this.#isWriting) return;
    this.#isWriting = true;
    try {
      for (let text = this.#held; text !== undefined && document.hasFocus(); text = this.#held) {
        this.#held = undefined;
        await navigator.clipboard.writeText(text);
        await new Promise((resolve) => setTimeout(resolve, WRITE_INTERVAL_MS));
      }
    } catch {
      this.#onProblem('write-refused');
    } finally {
      this.#isWriting = false;
    }
  }
}

/** Ctrl+V, with Shift as terminals have it, Cmd+V, and Shift+Insert. */
export function isPaste(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>): boolean {
  if (event.altKey) return false;
  if (event.key === 'Insert') return event.shiftKey && !event.ctrlKey;
  return (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'v';
}

const MODIFIERS = [
  { key: 'Control', keysym: 0xffe3, code: 'ControlLeft' },
  { key: 'Shift', keysym: 0xffe1, code: 'ShiftLeft' },
] as const;

/**
 * The keys are often let go before the text is there, by quick fingers or while the browser asks whether the clipboard may be read.
 * The program would see a bare “v”.
 */
function watchModifiers(event: KeyboardEvent): { takeReleased(): readonly (typeof MODIFIERS)[number][] } {
  const held = MODIFIERS.filter(({ key }) => event.getModifierState(key));
  const released = new Set<string>();
  const onKeyUp = ({ key }: KeyboardEvent) => released.add(key);
  // noVNC lets go of all keys then.
  const onBlur = () => {
    for (const { key } of held) released.add(key);
  };
  window.addEventListener('keyup', onKeyUp, { capture: true });
  window.addEventListener('blur', onBlur);
  return {
    takeReleased: () => {
      window.removeEventListener('keyup', onKeyUp, { capture: true });
      window.removeEventListener('blur', onBlur);
      return held.filter(({ key }) => released.has(key));
    },
  };
}

async function readText(): Promise<string | null> {
  try {
    return await navigator.clipboard.readText();
  } catch {
    return null;
  }
}
