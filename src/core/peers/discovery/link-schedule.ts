// Repeats an action at set times on the given links, in each IP family, for as long as they are up.
import { type Link, type Way, waysOf } from './mdns-links.ts';

export class LinkSchedule implements Disposable {
  readonly #atMs: readonly number[];
  readonly #links: () => readonly Link[];
  readonly #act: (way: Way, round: number) => void;
  readonly #timers = new Set<NodeJS.Timeout>();

  /** @param links those that are up at the moment */
  constructor(atMs: readonly number[], links: () => readonly Link[], act: (way: Way, round: number) => void) {
    this.#atMs = atMs;
    this.#links = links;
    this.#act = act;
  }

  start(on: readonly Link[]): void {
    const names = new Set(on.map(({ name }) => name));
    if (names.size === 0) return;
    for (const [round, delayMs] of this.#atMs.entries()) {
      const act = () => {
        for (const way of waysOf(this.#links())) if (names.has(way.link.name)) this.#act(way, round);
      };
      if (delayMs === 0) {
        act();
        continue;
      }
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        act();
      }, delayMs);
      this.#timers.add(timer);
    }
  }

  cancel(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  [Symbol.dispose](): void {
    this.cancel();
  }
}
