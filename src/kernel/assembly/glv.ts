/**
 * A scalar k as two halves: k = k1 + k2 * LAMBDA modulo r, each below 2^127 in size, where LAMBDA is what the endomorphism
 * (x, y) -> (ENDOMORPHISM * x, y) multiplies by (Gallant, Lambert, Vanstone; LAMBDA is a cube root of one modulo r).
 *
 * The pairs (k1, k2) that stand for 0 are a lattice with the base (A1, B1), (B1, -B2), and A1 * B2 + B1^2 = r. So k is
 * alpha = k * B2 / r times the first and beta = k * B1 / r times the second; with a and b, just below alpha and beta,
 * (k, 0) - a * (A1, B1) - b * (B1, -B2) is short.
 */
import { isCanonical } from './fr';

const A1_LOW: u64 = 0x0be4e1541221250b, A1_HIGH: u64 = 0x6f4d8248eeb859fd;
const B1: u64 = 0x89d3256894d213e3;
const B2_LOW: u64 = 0x8211bbeb7d4f1128, B2_HIGH: u64 = 0x6f4d8248eeb859fc;

/** floor(2^256 * B2 / r) and floor(2^256 * B1 / r): the highest word of each is 2. */
const ALPHA_LOW: u64 = 0x7a7bd9d4391eb18d, ALPHA_HIGH: u64 = 0x4ccef014a773d2cf;
const BETA_LOW: u64 = 0xd91d232ec7e0b3d7;

const R0: u64 = 0x43e1f593f0000001, R1: u64 = 0x2833e84879b97091, R2: u64 = 0xb85045b68181585d, R3: u64 = 0x30644e72e131a029;

/** Bits of a half, without its sign. */
export const HALF_BITS: u32 = 127;

/** The scalar's words, after `k` or `r - k` has been chosen. */
let k0: u64 = 0, k1: u64 = 0, k2: u64 = 0, k3: u64 = 0;

/**
 * Writes the sizes of both halves, 16 bytes each, and gives their signs: bit 0 for the first, bit 1 for the second.
 * A scalar of less than 127 bits, or less than that below r, is its own first half; the second is 0.
 * Traps if the scalar is not below r.
 */
export function halve(scalar: usize, halves: usize): u32 {
  if (!isCanonical(scalar)) unreachable();
  const isNegative = readSmaller(scalar);
  if ((k3 | k2) == 0 && <i64>k1 >= 0) return write(halves, k0, k1, isNegative) | write(halves + 16, 0, 0, 0);

  const b = beta();
  let low = alphaLow(), high = alphaHigh;
  const a0 = low, a1 = high;
  // k - a * A1 - b * B1, and b * B2 - a * B1: both are below 2^127 in size, so 128 bits tell them.
  low = a0 * A1_LOW;
  high = multiplyHigh(a0, A1_LOW) + a0 * A1_HIGH + a1 * A1_LOW;
  const s = b * B1, t = a0 * B1, u = b * B2_LOW;
  const firstLow = k0 - low, first = firstLow - s;
  const firstHigh = k1 - high - u64(k0 < low) - multiplyHigh(b, B1) - u64(firstLow < s);
  const secondHigh = multiplyHigh(b, B2_LOW) + b * B2_HIGH - multiplyHigh(a0, B1) - a1 * B1 - u64(u < t);
  return write(halves, first, firstHigh, isNegative) | (write(halves + 16, u - t, secondHigh, isNegative) << 1);
}

/** Forgets the last scalar. */
export function wipeScalar(): void {
  k0 = k1 = k2 = k3 = alphaHigh = 0;
}

/** Sets `k` to the smaller one of k and r - k, up to 2^192: below 2^253. Gives 1 if it is the second. */
function readSmaller(scalar: usize): u32 {
  k0 = load<u64>(scalar);
  k1 = load<u64>(scalar, 8);
  k2 = load<u64>(scalar, 16);
  k3 = load<u64>(scalar, 24);
  if (k3 <= R3 >> 1) return 0;
  const borrow0 = u64(R0 < k0);
  const borrow1 = u64(R1 < k1 || (R1 == k1 && borrow0 != 0));
  const borrow2 = u64(R2 < k2 || (R2 == k2 && borrow1 != 0));
  k0 = R0 - k0;
  k1 = R1 - k1 - borrow0;
  k2 = R2 - k2 - borrow1;
  k3 = R3 - k3 - borrow2;
  return 1;
}

let alphaHigh: u64 = 0;

/**
 * a = floor(k * floor(2^256 * B2 / r) / 2^256), or 1 less: the products below 2^192 are left out, and with them at most
 * 2^-60 of the result. So alpha - a is from 0 to 1 + 2^-3 + 2^-60 (k is below 2^253), and likewise beta - b. The halves are
 * (alpha - a) * A1 + (beta - b) * B1, from 0 to 0.98 * 2^127, and (alpha - a) * B1 - (beta - b) * B2, above -0.98 * 2^127.
 */
function alphaLow(): u64 {
  // The column of 2^192, for its carry alone.
  let sum = k3 * ALPHA_LOW, carry: u64 = 0, x = k2 * ALPHA_HIGH;
  sum += x; carry += u64(sum < x);
  x = k1 << 1; sum += x; carry += u64(sum < x);
  x = multiplyHigh(k2, ALPHA_LOW); sum += x; carry += u64(sum < x);
  x = multiplyHigh(k1, ALPHA_HIGH); sum += x; carry += u64(sum < x);
  // The columns of 2^256 and of 2^320.
  sum = carry; carry = 0;
  x = k3 * ALPHA_HIGH; sum += x; carry += u64(sum < x);
  x = k2 << 1; sum += x; carry += u64(sum < x);
  x = multiplyHigh(k3, ALPHA_LOW); sum += x; carry += u64(sum < x);
  x = multiplyHigh(k2, ALPHA_HIGH); sum += x; carry += u64(sum < x);
  x = k1 >> 63; sum += x; carry += u64(sum < x);
  alphaHigh = carry + (k3 << 1) + (k2 >> 63) + multiplyHigh(k3, ALPHA_HIGH);
  return sum;
}

/** b, in the same way; it is below 2^63, so it has one word. */
function beta(): u64 {
  let sum = k3 * BETA_LOW, carry: u64 = 0, x = k2 << 1;
  sum += x; carry += u64(sum < x);
  x = multiplyHigh(k2, BETA_LOW); sum += x; carry += u64(sum < x);
  x = k1 >> 63; sum += x; carry += u64(sum < x);
  return carry + (k3 << 1) + (k2 >> 63) + multiplyHigh(k3, BETA_LOW);
}

/** The size of a number of 128 bits with a sign; gives 1 if its sign is not the one of `isNegative`, plus that: one is minus. */
function write(to: usize, low: u64, high: u64, isNegative: u32): u32 {
  if (<i64>high >= 0) {
    store<u64>(to, low);
    store<u64>(to, high, 8);
    return isNegative;
  }
  store<u64>(to, -low);
  store<u64>(to, ~high + u64(low == 0), 8);
  return isNegative ^ 1;
}

/** The high word of a product. */
@inline
function multiplyHigh(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff, aHigh = a >> 32, bLow = b & 0xffffffff, bHigh = b >> 32;
  const low = aLow * bLow;
  const first = aHigh * bLow + (low >> 32);
  const second = aLow * bHigh + (first & 0xffffffff);
  return aHigh * bHigh + (first >> 32) + (second >> 32);
}
