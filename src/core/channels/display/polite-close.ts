// How a visitor's session is closed: the program's windows are asked first, then the program, and only what does neither is killed.
import type { Closing } from '../../../contract/sessions.ts';
import { askToEnd } from '../../container/desktop/ask-to-end.ts';
import type { Sandbox } from '../../container/engine.ts';
import type { ProgramWindows } from './program-windows.ts';

export interface PoliteClose extends Disposable {
  /** The person uses the program: who answers it is not hurried. */
  notePresence(): void;
}

export interface CloseLimits {
  /** Without any question of the program, and without a key or a click of the visitor. */
  readonly silentMs: number;
  /** For a dialog that was there before, such as a tip of the day, to close by itself. */
  readonly earlierMs: number;
  /** After an answer: whether the program closes, or the person wants to go on. */
  readonly answeredMs: number;
  /** In all, with questions. */
  readonly totalMs: number;
  /** When its windows are gone, until it is asked to end; and from there until it is killed. */
  readonly windowlessMs: number;
  readonly terminatedMs: number;
}

export const closeLimits: CloseLimits = {
  silentMs: 10_000,
  earlierMs: 1000,
  answeredMs: 4000,
  totalMs: 5 * 60_000,
  windowlessMs: 3000,
  terminatedMs: 2000,
};

const LOOK_EVERY_MS = 200;

/**
 * Asks every window to close. A question that the program then shows is waited for; who answers it with "Cancel" goes on. A dialog that
 * was there before is no question unless it stays; what it has kept its parent from hearing is said again when it is gone.
 * @param windows null where there is no list, or nobody may use it: the program itself is asked to end then (SIGTERM)
 */
export function startPoliteClose(
  options: {
    readonly windows: ProgramWindows | null;
    readonly sandbox: Pick<Sandbox, 'run'>;
    /** Told of each change; after `no` it is over, and the session goes on. */
    readonly tell: (closing: Closing) => void;
    /** Time to kill what is left. */
    readonly end: () => void;
  },
  limits: CloseLimits = closeLimits,
): PoliteClose {
  const { windows, sandbox, tell, end } = options;
  const startedAt = performance.now();
  let closing: Closing = 'closing';
  let hasAsked = false;
  let quietSince = startedAt;
  let presentAt = startedAt;
  let windowlessSince: number | undefined;
  let terminatedAt: number | undefined;
  /** The questions that were seen last. */
  let asked: readonly number[] = [];
  let earlier = dialogs().map(({ id }) => id);
  /** Those that were asked to close. */
  const told = new Set(windows?.state.value.map(({ id }) => id));

  const timer = setInterval(look, LOOK_EVERY_MS);
  windows?.closeAll();
  tell(closing);
  look();

  function dialogs() {
    return (windows?.state.value ?? []).filter(({ isDialog }) => isDialog);
  }

  function change(next: Closing): void {
    if (closing === next) return;
    closing = next;
    tell(next);
  }

  function goOn(): void {
    clearInterval(timer);
    change('no');
  }

  function terminate(): void {
    terminatedAt = performance.now();
    // One that ended meanwhile needs no question.
    void askToEnd(sandbox).catch(() => {});
    change('closing');
  }

  function look(): void {
    const now = performance.now();
    if (terminatedAt !== undefined) {
      if (now - terminatedAt < limits.terminatedMs) return;
      clearInterval(timer);
      end();
      return;
    }
    const shown = windows?.state.value ?? [];
    const isEarlier = now - startedAt < limits.earlierMs;
    // Who leaves as soon as there is a picture is quicker than the list: a window that comes only now has not heard of it.
    const isFirst = told.size === 0;
    for (const { id, isDialog } of isEarlier || isFirst ? shown : []) {
      if (isDialog || told.has(id)) continue;
      told.add(id);
      windows?.close(id);
    }
    const questions = dialogs().filter(({ id }) => !(isEarlier && earlier.includes(id)));
    if (isEarlier && earlier.length > 0 && !dialogs().some(({ id }) => earlier.includes(id))) {
      earlier = [];
      windows?.closeAll();
    }
    if (windows === null) terminate();
    else if (now - startedAt > limits.totalMs) {
      // Who types and clicks in it all the time does not mean to leave.
      if (now - presentAt < limits.silentMs) goOn();
      else terminate();
    } else if (shown.length === 0) {
      // It may still be busy with saving what it needs the next time.
      windowlessSince ??= now;
      if (now - windowlessSince > limits.windowlessMs) terminate();
    } else if (questions.length > 0) {
      hasAsked = true;
      quietSince = now;
      windowlessSince = undefined;
      // After an answer to one of several the window manager goes where the person was, and the others may be out of sight.
      const isOneAnswered = asked.some((id) => !questions.some((one) => one.id === id));
      if (isOneAnswered && !questions.some(({ isActive }) => isActive)) windows.activate(questions[0]?.id ?? 0);
      asked = questions.map(({ id }) => id);
      change('asking');
    } else if (!hasAsked) {
      if (now - presentAt > limits.silentMs) terminate();
    } else if (now - quietSince > limits.answeredMs) {
      // It was answered, and is still there.
      goOn();
    } else change('closing');
  }

  return {
    notePresence: () => {
      presentAt = performance.now();
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
