// Random choices that a seed repeats: a finding that cannot be made again is worth little.

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

/** sfc32 of PractRand (https://pracrand.sourceforge.net), seeded by one number. */
export function createRandom(seed: number): Random {
  let [a, b, c, counter] = [0x9e3779b9, seed | 0, Math.floor(seed / 2 ** 32) | 0, 1];
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let round = 0; round < 15; round++) next();
  const below = (limit: number) => Math.floor((next() / 2 ** 32) * limit);
  const size = (limit: number) => {
    if (limit <= 0) return 0;
    return Math.min(limit, below(2 ** (1 + below(Math.ceil(Math.log2(limit + 1))))));
  };
  return {
    below,
    oneIn: (times) => below(times) === 0,
    pick: (from) => {
      if (from.length === 0) throw new Error('nothing to pick from');
      return from[below(from.length)] as (typeof from)[number];
    },
    size,
    some: (most, make) => Array.from({ length: size(most) }, make),
  };
}
