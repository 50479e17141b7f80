/**
 * Seeded randomness: a test that fails says its seed, and the seed brings the failure back.
 * @module
 */

/** Draws numbers that depend on nothing but the seed. */
export type Random = {
  /** An integer in [0, limit). */
  readonly below: (limit: number) => number;
  /** A big integer of so many bits. */
  readonly bits: (count: number) => bigint;
  /** One of these. */
  readonly pick: <T>(choices: readonly [T, ...T[]]) => T;
  /** True in so many of a hundred draws. */
  readonly percent: (share: number) => boolean;
};

/** The seed of this run: `ELIGO_SEED`, or the default, which makes every run the same. */
export function seedOf(fallback: number): number {
  return Number(process.env['ELIGO_SEED'] ?? fallback) >>> 0;
}

/** A generator (mulberry32: 32 bits of state are plenty for choosing test cases). */
export function makeRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let word = state;
    word = Math.imul(word ^ (word >>> 15), word | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return (word ^ (word >>> 14)) >>> 0;
  };
  const below = (limit: number): number => Math.floor((next() / 2 ** 32) * limit);
  const bits = (count: number): bigint => {
    let value = 0n;
    for (let i = 0; i < count; i += 32) value = (value << 32n) | BigInt(next());
    return value & ((1n << BigInt(count)) - 1n);
  };
  return {
    below,
    bits,
    pick: (choices) => choices[below(choices.length)] ?? choices[0],
    percent: (share) => below(100) < share,
  };
}
