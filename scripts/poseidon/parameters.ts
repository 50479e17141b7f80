/**
 * The parameters of circomlib's Poseidon: round constants and mixing matrix, from the Grain generator of the Poseidon paper
 * (https://eprint.iacr.org/2019/458, appendix F).
 * @module
 */
import { FIELD_ORDER } from '../../src/protocol/field.ts';
import { inverse, modulo, type Matrix, type Vector } from './matrices.ts';

/** Full rounds, half of them before the partial ones. */
export const FULL_ROUNDS = 8;

/** Partial rounds by arity: the arities of PROTOCOL.md section 1. */
export const PARTIAL_ROUNDS = { 1: 56, 2: 57, 3: 56, 4: 60, 9: 60, 15: 64 } as const;

/** The number of inputs of a hash. Its width is one more. */
export type Arity = keyof typeof PARTIAL_ROUNDS;

/** One width's parameters. */
export type Parameters = {
  readonly width: number;
  readonly partialRounds: number;
  /** What is added before each round, `width` numbers each. */
  readonly rounds: readonly Vector[];
  readonly matrix: Matrix;
};

/** Bits of a word of the register, and those that are made before the first is used. */
const WORD = 16;
const DISCARDED = 160;

const FIELD_BITS = 254;

/** Generates the parameters. */
export function generateParameters(arity: Arity): Parameters {
  const [width, partialRounds] = [arity + 1, PARTIAL_ROUNDS[arity]];
  const draw = grain(width, partialRounds);
  const below = (): bigint => {
    for (;;) {
      const value = draw();
      if (value < FIELD_ORDER) return value;
    }
  };
  const several = (count: number, next: () => bigint): Vector =>
    Array.from({ length: count }, next);
  const rounds = several(FULL_ROUNDS + partialRounds, () => 0n).map(() => several(width, below));
  const [xs, ys] = [several(width, draw), several(width, draw)];
  const matrix = xs.map((x) => ys.map((y) => inverse(modulo(x + y))));
  return { width, partialRounds, rounds, matrix };
}

/** The generator: numbers of 254 bits, the highest first. */
function grain(width: number, partialRounds: number): () => bigint {
  const described = [
    [2, 1], // a prime field
    [4, 0], // x^5
    [12, FIELD_BITS],
    [12, width],
    [10, FULL_ROUNDS],
    [10, partialRounds],
    [30, 2 ** 30 - 1],
  ] as const;
  const bits = described.map(([length, value]) => value.toString(2).padStart(length, '0')).join('');
  let [a = 0, b = 0, c = 0, d = 0, e = 0] = (bits.match(/.{16}/g) ?? []).map((word) =>
    parseInt(word, 2),
  );
  // The sum of bits 0, 13, 23, 38, 51 and 62 of 80 is shifted in: sixteen at once, for none is among the last sixteen.
  const step = (): number => {
    const [bit13, bit23, bit38] = [(a << 13) | (b >> 3), (b << 7) | (c >> 9), (c << 6) | (d >> 10)];
    const [bit51, bit62] = [(d << 3) | (e >> 13), (d << 14) | (e >> 2)];
    const word = (a ^ bit13 ^ bit23 ^ bit38 ^ bit51 ^ bit62) & 0xffff;
    [a, b, c, d, e] = [b, c, d, e, word];
    return word;
  };
  for (let i = 0; i < DISCARDED; i += WORD) step();
  let drawn = '';
  return () => {
    while (drawn.length < FIELD_BITS) drawn += selected(step());
    const digits = drawn.slice(0, FIELD_BITS);
    drawn = drawn.slice(FIELD_BITS);
    return BigInt(`0b${digits}`);
  };
}

/** Of each two bits of a word the second, where the first is 1. */
function selected(word: number): string {
  let digits = '';
  for (let bit = WORD - 2; bit >= 0; bit -= 2)
    if ((word >> bit) & 2) digits += (word >> bit) & 1 ? '1' : '0';
  return digits;
}
