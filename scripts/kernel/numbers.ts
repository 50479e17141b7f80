/**
 * Integers for the generator: moduli, digits, and what is computed once for each field.
 * @module
 */

/** A prime field of BN254 (EIP-196): `fp` is the one that coordinates are in, `fr` the one that scalars are in. */
export type PrimeField = {
  readonly name: 'fp' | 'fr';
  readonly modulus: bigint;
};

export const FP: PrimeField = {
  name: 'fp',
  modulus: 21888242871839275222246405745257275088696311157297823662689037894645226208583n,
};

export const FR: PrimeField = {
  name: 'fr',
  modulus: 21888242871839275222246405745257275088548364400416034343698204186575808495617n,
};

/** `count` digits of `width` bits, least first; what is above them is lost. */
export function digits(value: bigint, width: number, count: number): readonly bigint[] {
  const mask = (1n << BigInt(width)) - 1n;
  return Array.from({ length: count }, (_, i) => (value >> BigInt(width * i)) & mask);
}

/** `value mod modulus`, never negative. */
export function modulo(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

/** `base ** exponent mod modulus`. */
export function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let square = modulo(base, modulus), rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

/** The inverse in a ring of odd or prime modulus, by Euclid. @throws {RangeError} if there is none */
export function inverse(value: bigint, modulus: bigint): bigint {
  let [low, high, x, y] = [modulo(value, modulus), modulus, 1n, 0n];
  while (low > 0n) {
    const quotient = high / low;
    [high, low] = [low, high - quotient * low];
    [y, x] = [x, y - quotient * x];
  }
  if (high !== 1n) throw new RangeError(`${value} has no inverse modulo ${modulus}`);
  return modulo(y, modulus);
}

/** The numbers below `count`. */
export function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** As a literal. */
export function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
