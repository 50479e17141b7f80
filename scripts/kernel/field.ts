/**
 * What the sources of both kinds of field have in common.
 * @module
 */
import { CONSTANTS } from './constants.ts';
import { digits, hex, modulo, type PrimeField } from './numbers.ts';

/** The named constants of a field as elements, its modulus in words, and `p - 2` in digits for the inversion. */
export function writeConstants(
  { name, modulus }: PrimeField,
  element: { readonly type: 'f64' | 'u32'; readonly width: number; readonly limbs: number },
): readonly string[] {
  const { type, width, limbs } = element;
  const radix = 1n << BigInt(width * limbs);
  return [
    `/** The modulus in 32 bytes, little-endian. */\nexport const WORDS = memory.data<u64>([${digits(modulus, 64, 4).map(hex).join(', ')}]);`,
    `/** p - 2 in 64 digits of four bits, the greatest first. */`,
    `export const EXPONENT = memory.data<u8>([${digits(modulus - 2n, 4, 64)
      .toReversed()
      .join(', ')}]);`,
    ...CONSTANTS[name].map((constant) => {
      const words = [constant.value].flat().flatMap((plain) => {
        const value = modulo(plain * radix ** BigInt(constant.radixPower), modulus);
        return digits(value, width, limbs).map((limb) =>
          type === 'f64' ? `${limb}.0` : String(limb),
        );
      });
      return `export const ${constant.name} = memory.data<${type}>([${words.join(', ')}]);`;
    }),
  ];
}

export const INVERT = `
/** Sixteen powers, then what has been made of the exponent's digits. */
const POWERS = memory.data(<i32>(16 * VECTOR), 16), INVERTED = memory.data(<i32>VECTOR, 16);

/** \`a ** (p - 2)\`, which is 0 for 0, in Montgomery form. */
export function invert(r: usize, a: usize): void {
  join(POWERS, ONE, ONE);
  copy(POWERS + VECTOR, a);
  for (let i: usize = 2; i < 16; i++) mul(POWERS + i * VECTOR, POWERS + (i - 1) * VECTOR, a);
  copy(INVERTED, POWERS + <usize>load<u8>(EXPONENT) * VECTOR);
  for (let i: usize = 1; i < 64; i++) {
    for (let k = 0; k < 4; k++) sqr(INVERTED, INVERTED);
    const digit = <usize>load<u8>(EXPONENT + i);
    if (digit) mul(INVERTED, INVERTED, POWERS + digit * VECTOR);
  }
  copy(r, INVERTED);
}
`;

export const SUBTRACT_MODULUS = `
/** Whether the number in 32 bytes is p or more; then p is taken away. */
function subtractModulus(bytes: usize): bool {
  let borrow: u64 = 0;
  for (let i: usize = 0; i < 32; i += 8) {
    const word = load<u64>(bytes + i), p = load<u64>(WORDS + i);
    borrow = word < p || (word == p && borrow != 0) ? 1 : 0;
  }
  if (borrow) return false;
  for (let i: usize = 0; i < 32; i += 8) {
    const word = load<u64>(bytes + i), p = load<u64>(WORDS + i);
    store<u64>(bytes + i, word - p - borrow);
    borrow = word < p || (word == p && borrow != 0) ? 1 : 0;
  }
  return true;
}

/** Whether a number of 32 bytes, little-endian, is below p. */
export function isCanonical(bytes: usize): bool {
  for (let i: usize = 32; i > 0; ) {
    i -= 8;
    const word = load<u64>(bytes + i), p = load<u64>(WORDS + i);
    if (word != p) return word < p;
  }
  return false;
}
`;
