// Random choices for the grammars and the mutator, drawn from fast-check: its seed repeats them.
import fc from 'fast-check';

export interface Random {
  /** A whole number from 0 to below the limit. */
  below(limit: number): number;
  /** True once in so many times. */
  oneIn(times: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** A size up to the limit, small ones far more often: each power of two is as likely as any other. */
  size(limit: number): number;
  /** So many of these, at most. */
  some<T>(most: number, make: () => T): T[];
}

/** Whatever is made by these choices. It is made small as bytes, in `search.ts`, and not choice by choice. */
export class Made<T> extends fc.Arbitrary<T> {
  readonly #make: (random: Random) => T;

  constructor(make: (random: Random) => T) {
    super();
    this.#make = make;
  }

  override generate(source: fc.Random): fc.Value<T> {
    const below = (limit: number) => (limit > 1 ? source.nextInt(0, limit - 1) : 0);
    const size = (limit: number) =>
      limit <= 0 ? 0 : Math.min(limit, below(2 ** (1 + below(Math.ceil(Math.log2(limit + 1))))));
    const random: Random = {
      below,
      oneIn: (times) => below(times) === 0,
      pick: (from) => {
        if (from.length === 0) throw new Error('nothing to pick from');
        return from[below(from.length)] as (typeof from)[number];
      },
      size,
      some: (most, make) => Array.from({ length: size(most) }, make),
    };
    return new fc.Value(this.#make(random), undefined);
  }

  override canShrinkWithoutContext(_value: unknown): _value is T {
    return false;
  }

  override shrink(): fc.Stream<fc.Value<T>> {
    return fc.Stream.nil();
  }
}
