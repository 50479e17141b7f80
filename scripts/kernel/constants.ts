/**
 * The field constants that the kernel's sources name, as plain numbers. A field's source holds each of them as an element,
 * multiplied by the power of its radix `R` that is said here (1: Montgomery form).
 * @module
 */
import { frobeniusFactors } from './extension.ts';
import { FP, FR, inverse, modulo, power, type PrimeField } from './numbers.ts';

/** `value * R ** radixPower mod modulus`; the elements of several values stand one after the other. */
export type Constant = {
  readonly name: string;
  readonly value: bigint | readonly bigint[];
  readonly radixPower: number;
};

/** A cube root of one in Fp: `(x, y) -> (BETA x, y)` is multiplication by a scalar on G1 (Gallant, Lambert, Vanstone). */
const BETA = 2203960485148121921418603742825762020974279258880205651966n;

/** G1 is y^2 = x^3 + CURVE_B, and G2, over the extension, y^2 = x^3 + TWIST_B, which is 3 / (9 + i) = 3 (9 - i) / 82. */
const CURVE_B = 3n;
const TWIST_B = {
  re: modulo(27n * inverse(82n, FP.modulus), FP.modulus),
  im: modulo(-3n * inverse(82n, FP.modulus), FP.modulus),
};

/** What snarkjs' keys multiply by: points by 2^256, coefficients by its square. */
const KEY_RADIX = 1n << 256n;

function common({ modulus }: PrimeField): readonly Constant[] {
  const unkeyed = inverse(KEY_RADIX, modulus);
  return [
    /** Times this: the same. */
    { name: 'ONE', value: 1n, radixPower: 1 },
    /** A plain number times this is in Montgomery form. */
    { name: 'TO_MONTGOMERY', value: 1n, radixPower: 2 },
    /** A number in Montgomery form times this is plain. */
    { name: 'TO_PLAIN', value: 1n, radixPower: 0 },
    /** A number in a key's form times this is in Montgomery form. */
    { name: 'FROM_KEY', value: unkeyed, radixPower: 2 },
    /** A number in Montgomery form times this is in a key's form. */
    { name: 'TO_KEY', value: KEY_RADIX, radixPower: 0 },
    /** A key's coefficient times this: a plain number times the result is in Montgomery form. */
    { name: 'FROM_KEY_COEFFICIENT', value: modulo(unkeyed * unkeyed, modulus), radixPower: 3 },
  ];
}

/** What each field's source holds. */
export const CONSTANTS: Readonly<Record<PrimeField['name'], readonly Constant[]>> = {
  fp: [
    ...common(FP),
    { name: 'BETA', value: BETA, radixPower: 1 },
    { name: 'CURVE_B', value: CURVE_B, radixPower: 1 },
    { name: 'TWIST_B_RE', value: TWIST_B.re, radixPower: 1 },
    { name: 'TWIST_B_IM', value: TWIST_B.im, radixPower: 1 },
    { name: 'BETA_SQUARED', value: modulo(BETA * BETA, FP.modulus), radixPower: 1 },
    /** Five numbers of the extension. */
    { name: 'FROBENIUS', value: frobeniusFactors().flat(), radixPower: 1 },
  ],
  fr: [
    ...common(FR),
    /** Of order 2^28, the greatest that is a power of two; snarkjs takes the same, and keys depend on it. */
    { name: 'ROOT', value: power(5n, (FR.modulus - 1n) >> 28n, FR.modulus), radixPower: 1 },
    { name: 'HALF', value: inverse(2n, FR.modulus), radixPower: 1 },
  ],
};
