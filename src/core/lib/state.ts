// A piece of state that can be followed: what the core owns and the topics mirror.

export interface Followable<T> {
  readonly value: T;
  /** Calls the listener now and after every change. Returns the way to stop. */
  follow(listener: (value: T) => void): () => void;
}

/** Immutable values only: a change is a new value. Listeners must not throw; they are told once for all changes of one tick. */
export class State<T> implements Followable<T> {
  #value: T;
  #isTellDue = false;
  readonly #listeners = new Set<(value: T) => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    if (this.#isTellDue) return;
    this.#isTellDue = true;
    queueMicrotask(() => {
      this.#isTellDue = false;
      for (const listener of this.#listeners) listener(this.#value);
    });
  }

  update(change: (value: T) => T): void {
    this.set(change(this.#value));
  }

  follow(listener: (value: T) => void): () => void {
    this.#listeners.add(listener);
    listener(this.#value);
    return () => this.#listeners.delete(listener);
  }
}

/** Calls the listener when what is read of the state has become another. Returns the way to stop. */
export function onChange<T, P>(source: Followable<T>, read: (value: T) => P, listener: (part: P) => void): () => void {
  let before = read(source.value);
  return source.follow((value) => {
    const now = read(value);
    if (Object.is(now, before)) return;
    before = now;
    listener(now);
  });
}

/** A state made of others; it follows them until disposed. */
export function combine<const F extends readonly Followable<unknown>[], T>(
  sources: F,
  make: (values: { readonly [I in keyof F]: F[I] extends Followable<infer V> ? V : never }) => T,
): State<T> & Disposable {
  const read = () => make(sources.map((source) => source.value) as never);
  const state = new State(read());
  const stops = sources.map((source) => source.follow(() => state.set(read())));
  return Object.assign(state, {
    [Symbol.dispose]: () => {
      for (const stop of stops) stop();
    },
  });
}
