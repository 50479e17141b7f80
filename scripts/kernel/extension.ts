/**
 * The quadratic extension Fp[i], i^2 = -1, for the generator: what pairings need of it.
 * @module
 */
import { FP, modulo, range } from './numbers.ts';

/** `re + im i`. */
export type Complex = readonly [re: bigint, im: bigint];

const p = FP.modulus;

/** What the tower of extensions is made with: it has neither a square root nor a cube root. */
const XI: Complex = [9n, 1n];

function times([a, b]: Complex, [c, d]: Complex): Complex {
  return [modulo(a * c - b * d, p), modulo(a * d + b * c, p)];
}

function power(base: Complex, exponent: bigint): Complex {
  let result: Complex = [1n, 0n];
  for (let square = base, rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = times(result, square);
    square = times(square, square);
  }
  return result;
}

/** `xi^(k (p - 1) / 6)` for k from 1 to 5: what the power of p multiplies w^k by, as w^6 = xi. */
export function frobeniusFactors(): readonly Complex[] {
  const first = power(XI, (p - 1n) / 6n);
  return range(5).map((k) => power(first, BigInt(k + 1)));
}
