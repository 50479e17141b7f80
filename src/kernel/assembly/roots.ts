/**
 * Points from one coordinate and a bit: the square root of x^3 + b, two points at a time where there are two lanes.
 * p = 3 mod 4, so a^((p - 3) / 4) is one over a root of a, or over one of -a: one exponentiation gives both.
 *
 * Bounds: *neat* is one summand, at most 1.03p in fma and 1.02p in i64: what a product of neat numbers is (0.378 * 1.03^2
 * + 0.627), and what `reduce` gives. Every product below has two neat factors, or a reduced one and one of two summands and at
 * most 2.1p.
 */
import * as fp from './fp';
import * as fp2 from './fp2';

/** (p - 3) / 4, the lowest word first: the first of its 63 digits of four bits is not 0. */
const EXPONENT = memory.data<u64>([0x4f082305b61f3f51, 0x65e05aa45a1c72a3, 0x6e14116da0605617, 0x0c19139cb84c680a]);
const FIRST_DIGIT: i32 = 62;

/** Of a number of 32 bytes below p the two highest bits are 0: the highest carries the sign. */
const SIGN: u8 = 0x80;

const IM: usize = fp.VECTOR;
const IM_ELEMENT: usize = fp.ELEMENT;

const STEP: u32 = <u32>fp.LANES;
/** A flag for each lane. */
const ALL: u32 = (1 << STEP) - 1;

const POWERS = memory.data(<i32>(16 * fp.VECTOR), 16), POWER = memory.data(<i32>fp.VECTOR, 16);

/** a^((p - 3) / 4) for a neat `a`; 0 for 0. */
function inverseRoot(r: usize, a: usize): void {
  fp.copy(POWERS + fp.VECTOR, a);
  for (let i: usize = 2; i < 16; i++) fp.mul(POWERS + i * fp.VECTOR, POWERS + (i - 1) * fp.VECTOR, a);
  fp.copy(POWER, POWERS + digitAt(FIRST_DIGIT) * fp.VECTOR);
  for (let i = FIRST_DIGIT - 1; i >= 0; i--) {
    for (let k = 0; k < 4; k++) fp.sqr(POWER, POWER);
    const digit = digitAt(i);
    if (digit) fp.mul(POWER, POWER, POWERS + digit * fp.VECTOR);
  }
  fp.copy(r, POWER);
}

@inline
function digitAt(i: i32): usize {
  const word = load<u64>(EXPONENT + ((<usize>i >> 4) << 3));
  return <usize>((word >> ((<u64>i & 15) << 2)) & 15);
}

const ZERO_FIRST = memory.data(<i32>fp.ELEMENT, 16), ZERO_SECOND = memory.data(<i32>fp.ELEMENT, 16);
const ZERO_BYTES = memory.data(32, 16);

/** In which lanes a number is 0. It may be of up to 2p. */
function zeroLanes(a: usize): u32 {
  fp.split(a, ZERO_FIRST, ZERO_SECOND);
  let zero: u32 = isZeroElement(ZERO_FIRST) ? 1 : 0;
  if (fp.LANES == 2) zero |= isZeroElement(ZERO_SECOND) ? 2 : 0;
  return zero;
}

function isZeroElement(e: usize): bool {
  fp.pack(ZERO_BYTES, e);
  const low = load<u64>(ZERO_BYTES) | load<u64>(ZERO_BYTES, 8);
  return (low | load<u64>(ZERO_BYTES, 16) | load<u64>(ZERO_BYTES, 24)) == 0;
}

const FROM_KEY = memory.data(<i32>fp.VECTOR, 16), TO_KEY = memory.data(<i32>fp.VECTOR, 16);
/** One half, and b of both curves: 3, and 3 / (9 + i). All are neat; the half is reduced. */
const HALF = memory.data(<i32>fp.VECTOR, 16), B1 = memory.data(<i32>fp.VECTOR, 16);
const B2 = memory.data(<i32>fp2.VECTOR, 16), XI = memory.data(<i32>fp2.VECTOR, 16);

/** The limbs of the field's own constants are digits: two summands. What is added here is 1 to 3 neat numbers, then reduced. */
function prepare(): void {
  fp.join(FROM_KEY, fp.FROM_KEY, fp.FROM_KEY);
  fp.join(TO_KEY, fp.TO_KEY, fp.TO_KEY);
  fp.join(XI + IM, fp.ONE, fp.ONE);
  fp.reduce(XI + IM);
  fp.add(HALF, XI + IM, XI + IM);
  fp.add(B1, HALF, XI + IM);
  fp.reduce(B1);
  fp.reduce(HALF);
  fp.invert(HALF, HALF);
  fp.reduce(HALF);
  fp.add(XI, B1, B1);
  fp.add(XI, XI, B1);
  fp.reduce(XI);
  fp2.invert(B2, XI);
  fp.mul(B2, B2, B1);
  fp.mul(B2 + IM, B2 + IM, B1);
}

const NOTHING = memory.data(32, 16);

/**
 * A coordinate in a key's form, copied without its sign bit, and as an element.
 * @returns whether it is below p; the element is 0 if it isn't
 */
function takeCoordinate(e: usize, to: usize, bytes: usize): bool {
  for (let i: usize = 0; i < 32; i += 8) store<u64>(to + i, load<u64>(bytes + i));
  store<u8>(to, load<u8>(to, 31) & ~SIGN, 31);
  const canonical = fp.isCanonical(to);
  fp.unpack(e, canonical ? to : NOTHING);
  return canonical;
}

/** From an unpacked number in a key's form to a neat one. */
@inline
function fromKey(r: usize): void {
  fp.reduce(r);
  fp.mul(r, r, FROM_KEY);
}

const X = memory.data(<i32>fp2.VECTOR, 16), Y = memory.data(<i32>fp2.VECTOR, 16), Y2 = memory.data(<i32>fp2.VECTOR, 16);
const D = memory.data(<i32>fp2.VECTOR, 16);
const FIRST = memory.data(<i32>fp2.ELEMENT, 16), SECOND = memory.data(<i32>fp2.ELEMENT, 16);

/**
 * Points of G1 in a key's form (64 bytes each: x, y) from x and a sign (32 bytes each): y's lowest bit, as the key writes it,
 * is the highest bit of x. None is the point at infinity.
 * @returns how many are right: `count`, or the index of the first whose x is not below p or belongs to no point
 */
export function decompressG1(points: usize, compressed: usize, count: u32): u32 {
  prepare();
  for (let i: u32 = 0; i < count; i += STEP) {
    // Of an odd number of points the last is in both lanes.
    const last = min(i + STEP, count) - 1;
    const from = compressed + 32 * <usize>i, fromLast = compressed + 32 * <usize>last;
    const to = points + 64 * <usize>i, toLast = points + 64 * <usize>last;
    let good: u32 = takeCoordinate(FIRST, to, from) ? 1 : 0;
    if (fp.LANES == 2) good |= takeCoordinate(SECOND, toLast, fromLast) ? 2 : 0;
    fp.join(X, FIRST, SECOND);
    fromKey(X);
    good &= rootOnG1();
    if (good != ALL) return i + (good & 1);
    fp.mul(Y, Y, TO_KEY);
    fp.split(Y, FIRST, SECOND);
    giveOrdinate(to + 32, FIRST, load<u8>(from, 31));
    if (fp.LANES == 2) giveOrdinate(toLast + 32, SECOND, load<u8>(fromLast, 31));
  }
  return count;
}

/** Y = a root of X^3 + 3. @returns in which lanes there is one */
function rootOnG1(): u32 {
  fp.sqr(Y2, X);
  fp.mul(Y2, Y2, X);
  fp.add(Y2, Y2, B1); // two summands; 1.6p, in i64 2.1p
  fp.reduce(Y2);
  inverseRoot(Y, Y2);
  fp.mul(Y, Y, Y2);
  fp.sqr(D, Y);
  fp.sub(D, D, Y2); // two summands; 1.6p, in i64 5.1p
  fp.reduce(D);
  return zeroLanes(D);
}

function giveOrdinate(bytes: usize, e: usize, sign: u8): void {
  fp.pack(bytes, e);
  if ((load<u8>(bytes) ^ (sign >> 7)) & 1) {
    fp.negateElement(e);
    fp.pack(bytes, e);
  }
}

/**
 * As `decompressG1` for G2: 128 bytes (x.re, x.im, y.re, y.im) from 64. The sign is y.re's lowest bit, or y.im's where y.re
 * is 0; it is the highest bit of x.im.
 */
export function decompressG2(points: usize, compressed: usize, count: u32): u32 {
  prepare();
  for (let i: u32 = 0; i < count; i += STEP) {
    const last = min(i + STEP, count) - 1;
    const from = compressed + 64 * <usize>i, fromLast = compressed + 64 * <usize>last;
    const to = points + 128 * <usize>i, toLast = points + 128 * <usize>last;
    let good: u32 = takeAbscissa(FIRST, to, from) ? 1 : 0;
    if (fp.LANES == 2) good |= takeAbscissa(SECOND, toLast, fromLast) ? 2 : 0;
    fp2.join(X, FIRST, SECOND);
    fromKey(X);
    fromKey(X + IM);
    const straight = rootOnG2(), turned = rootOfNegative();
    good &= straight | turned;
    if (good != ALL) return i + (good & 1);
    fp.mul(Y, Y, TO_KEY);
    fp.mul(Y + IM, Y + IM, TO_KEY);
    fp2.split(Y, FIRST, SECOND);
    giveOrdinateG2(to + 64, FIRST, (straight & 1) == 0, load<u8>(from, 63));
    if (fp.LANES == 2) giveOrdinateG2(toLast + 64, SECOND, (straight & 2) == 0, load<u8>(fromLast, 63));
  }
  return count;
}

/** x.re has no sign bit: one that is set makes it too large. */
function takeAbscissa(e: usize, to: usize, bytes: usize): bool {
  const re = takeCoordinate(e, to, bytes) && (load<u8>(bytes, 31) & SIGN) == 0;
  return takeCoordinate(e + IM_ELEMENT, to + 32, bytes + 32) && re;
}

const S = memory.data(<i32>fp.VECTOR, 16), T = memory.data(<i32>fp.VECTOR, 16);

/**
 * Y = a root of Y2 = X^3 + 3 / (9 + i), or of -Y2, by roots in Fp alone. With Y2 = a + bi, s a root of a^2 + b^2,
 * t = (a + s) / 2 and w = t^((p - 3) / 4): Y = tw + (b / 2)w i. As t w^2 is 1 or -1, Y^2 is Y2 or -Y2, if Y2 has a root at all.
 * @returns in which lanes it is a root of Y2
 */
function rootOnG2(): u32 {
  fp2.sqr(Y2, X);
  fp2.mul(Y2, Y2, X);
  fp2.add(Y2, Y2, B2); // parts of two summands; 1.6p, in i64 2.1p
  fp2.reduce(Y2);
  fp.mulSum(S, Y2, Y2, Y2 + IM, Y2 + IM);
  inverseRoot(T, S);
  fp.mul(S, S, T);
  halfOfSum();
  inverseRoot(S, T);
  fp.mul(Y, T, S);
  fp.mul(Y + IM, Y2 + IM, HALF);
  fp.mul(Y + IM, Y + IM, S);
  fp2.reduce(Y);
  fp2.sqr(D, Y);
  fp2.sub(D, D, Y2); // parts of two summands; 1.1p, in i64 5.1p
  fp2.reduce(D);
  return zeroLanes(D) & zeroLanes(D + IM);
}

/** In which lanes Y is a root of -Y2: i times it is one of Y2. */
function rootOfNegative(): u32 {
  fp2.sqr(D, Y);
  fp2.add(D, D, Y2);
  fp2.reduce(D);
  return zeroLanes(D) & zeroLanes(D + IM);
}

/** T = (a + s) / 2, neat. Where that is 0, b is 0 and s is -a: then (a - s) / 2, which is a, does as well. */
function halfOfSum(): void {
  fp.add(T, Y2, S); // two summands; 1.6p, in i64 2.1p
  fp.mul(T, T, HALF);
  const zero = zeroLanes(T);
  if (!zero) return;
  fp.split(T, FIRST, SECOND);
  fp.split(Y2, ZERO_FIRST, ZERO_SECOND);
  if (zero & 1) fp.copyElement(FIRST, ZERO_FIRST);
  if (zero & 2) fp.copyElement(SECOND, ZERO_SECOND);
  fp.join(T, FIRST, SECOND);
}

/** y, or i y = -im + re i where it is turned, with the sign that is asked for. */
function giveOrdinateG2(bytes: usize, e: usize, turned: bool, sign: u8): void {
  if (turned) fp.negateElement(e + IM_ELEMENT);
  const re = turned ? e + IM_ELEMENT : e, im = turned ? e : e + IM_ELEMENT;
  fp.pack(bytes, re);
  fp.pack(bytes + 32, im);
  const lowest = isZeroElement(re) ? load<u8>(bytes, 32) : load<u8>(bytes);
  if (!((lowest ^ (sign >> 7)) & 1)) return;
  fp.negateElement(re);
  fp.negateElement(im);
  fp.pack(bytes, re);
  fp.pack(bytes + 32, im);
}
