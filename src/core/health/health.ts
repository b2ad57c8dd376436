// The topic `health`: what the parts of this computer say of themselves, each in words of its own. It knows none of them.
import type { HealthItem } from '../../contract/health.ts';
import type { Log } from '../lib/log.ts';
import { type Followable, State } from '../lib/state.ts';

/** Resolves to the items that it found out, or to those that changed. */
export type HealthCheck = () => Promise<readonly HealthItem[]>;

export interface Health extends Disposable {
  readonly items: Followable<readonly HealthItem[]>;
  /** Says how one thing is now, in place of what was said of it before. */
  report(item: HealthItem): void;
  /** Reports a part's state, from now until the end. */
  follow<T>(state: Followable<T>, describe: (value: T) => HealthItem): void;
  /** Adds something to look at whenever a person asks, and at all times where `everyMs` says so. */
  addCheck(check: HealthCheck, everyMs?: number): void;
  /** Looks again at everything. One check that fails holds up no other. */
  check(): Promise<void>;
  /** Whether everything was looked at, and no report blocks this use. */
  allows(use: Use): boolean;
}

type Use = NonNullable<HealthItem['blocks']>[number];

export function startHealth({ log }: { readonly log: Log }): Health {
  const items = new State<readonly HealthItem[]>([]);
  const checks: HealthCheck[] = [];
  const toldOnce = new Set<HealthCheck>();
  const stack = new DisposableStack();

  function report(item: HealthItem): void {
    items.update((list) =>
      list.some(({ id }) => id === item.id)
        ? list.map((other) => (other.id === item.id ? item : other))
        : [...list, item],
    );
  }

  async function run(check: HealthCheck): Promise<void> {
    try {
      const found = await check();
      // Before its items are told: whoever follows them asks what is allowed.
      toldOnce.add(check);
      for (const item of found) report(item);
    } catch (error) {
      log.error({ error: String(error) }, 'health check failed');
    }
  }

  return {
    [Symbol.dispose]: () => stack.dispose(),
    items,
    report,
    follow: (state, describe) => stack.defer(state.follow((value) => report(describe(value)))),
    addCheck: (check, everyMs) => {
      checks.push(check);
      if (everyMs === undefined) return;
      const timer = setInterval(() => void run(check), everyMs);
      stack.defer(() => clearInterval(timer));
    },
    check: async () => {
      await Promise.all(checks.map(run));
    },
    // Security: what nobody has looked at yet is not said to be well.
    allows: (use) => toldOnce.size === checks.length && !items.value.some(({ blocks = [] }) => blocks.includes(use)),
  };
}
