// How a visitor's session is closed: its windows are asked first, then the program itself, and it is killed only when neither helps.
import type { Closing } from '../../../contract/sessions.ts';
import { askToEnd } from '../../container/desktop/ask-to-end.ts';
import type { Sandbox } from '../../container/engine.ts';
import type { ProgramWindows } from './program-windows.ts';

export interface PoliteClose extends Disposable {
  /** The person uses the program, so nobody hurries them. */
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
  /** From the end of its last window until it is asked to end, and from there until it is killed. */
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
 * Asks every window to close, and waits while the program shows a question. After the answer "Cancel" the session goes on. A dialog that
 * was there before counts as a question only if it stays. It may have kept its parent from hearing, so all are asked again when it is gone.
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
    // It fails when the program has ended meanwhile, which is fine.
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
    // A person may close the viewer before the list of windows has come. Windows that appear only now were not asked yet.
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
      // A person who still types and clicks in it does not mean to leave.
      if (now - presentAt < limits.silentMs) goOn();
      else terminate();
    } else if (shown.length === 0) {
      // It may still be saving its settings.
      windowlessSince ??= now;
      if (now - windowlessSince > limits.windowlessMs) terminate();
    } else if (questions.length > 0) {
      hasAsked = true;
      quietSince = now;
      windowlessSince = undefined;
      // After one of several questions is answered, the window manager may hide the others: bring one to the front.
      const isOneAnswered = asked.some((id) => !questions.some((one) => one.id === id));
      if (isOneAnswered && !questions.some(({ isActive }) => isActive)) windows.activate(questions[0]?.id ?? 0);
      asked = questions.map(({ id }) => id);
      change('asking');
    } else if (!hasAsked) {
      if (now - presentAt > limits.silentMs) terminate();
    } else if (now - quietSince > limits.answeredMs) {
      // The question was answered and the program is still there: the person wants to go on.
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
