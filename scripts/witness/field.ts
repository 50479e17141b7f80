/**
 * Arithmetic modulo r for the tests of the circuits: written apart from src/, so that the two can't share a mistake.
 * @module
 */

/** The order of the BN254 scalar field. */
export const R = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;

/** The canonical representative in [0, r). */
export function mod(value: bigint): bigint {
  const rest = value % R;
  return rest < 0n ? rest + R : rest;
}

/** `base^exponent`. */
export function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = mod(base);
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % R;
    square = (square * square) % R;
  }
  return result;
}

/** 1 / value, by Fermat; 0 for 0, as circomlib's IsZero has it. */
export function inverse(value: bigint): bigint {
  return power(value, R - 2n);
}
