/**
 * Transforms of polynomials over Fr: from their values on the n = 2^k roots of one to those on the coset g * w^i, with w a
 * root of order n and g one of order 2n. The way to the coefficients (decimation in frequency) leaves them in bit-reversed
 * order, the way back (decimation in time) takes them so: nothing is ever reordered. Each lane is a polynomial of its own.
 *
 * Sizes, in multiples of p (`fma`, `i64`); all that is in memory between two steps has one summand:
 * - twiddles and shifts are reduced: 0.51, 1.01;
 * - `interpolate` keeps its values within 1.03, 1.04: a sum is reduced, and a product of a difference (2.06, 5.04, two
 *   summands) and a twiddle is at most 0.378 * 2.06 * 0.51 + 0.627 = 1.03, 0.006 * 5.04 * 1.01 + 1 = 1.04;
 * - `evaluate` takes these and reduces all that it writes; what it takes away is a product of at most 0.83, 1.01.
 */
import * as fr from './fr';
import { allocate } from './memory';

/** The order of `fr.ROOT` is two to this. */
const ROOT_POWER: u32 = 28;

const A = memory.data(<i32>fr.VECTOR, 16), B = memory.data(<i32>fr.VECTOR, 16), C = memory.data(<i32>fr.VECTOR, 16);
const FIRST = memory.data(<i32>fr.ELEMENT, 16), SECOND = memory.data(<i32>fr.ELEMENT, 16);

/**
 * The domain of `2^power` roots, 1 to 27: the twiddles w^0 to w^(n/2), each a vector with one number in all lanes, then n
 * shifts as elements: g^j / n at the place that coefficient j has after `interpolate`.
 */
export function makeDomain(power: u32): usize {
  const n = <usize>1 << power;
  const domain = allocate(shiftsOf(0, n) + n * fr.ELEMENT);
  makeTwiddles(domain, power);
  makeShifts(shiftsOf(domain, n), power);
  return domain;
}

function shiftsOf(domain: usize, n: usize): usize {
  return domain + ((n >> 1) + 1) * fr.VECTOR;
}

function makeTwiddles(twiddles: usize, power: u32): void {
  rootOfOrder(A, power);
  fr.join(twiddles, fr.ONE, fr.ONE);
  fr.reduce(twiddles);
  const end = twiddles + (<usize>1 << (power - 1)) * fr.VECTOR;
  for (let t = twiddles; t < end; t += fr.VECTOR) {
    fr.mul(t + fr.VECTOR, t, A);
    fr.reduce(t + fr.VECTOR);
  }
}

/**
 * Place i holds coefficient rev(i). Bit b of i is bit `power - 1 - b` of rev(i), and g to the power of that bit is a root of
 * order 2^(b + 2): place i + 2^b is place i times it.
 */
function makeShifts(shifts: usize, power: u32): void {
  fr.join(A, fr.ONE, fr.ONE);
  fr.reduce(A);
  fr.join(B, fr.HALF, fr.HALF);
  for (let k: u32 = 0; k < power; k++) fr.mul(A, A, B);
  fr.reduce(A);
  fr.split(A, shifts, shifts);
  for (let b: u32 = 0; b < power; b++) {
    const count = (<usize>1 << b) * fr.ELEMENT;
    rootOfOrder(B, b + 2);
    for (let at = shifts; at < shifts + count; at += fr.ELEMENT) {
      fr.join(A, at, at);
      fr.mul(A, A, B);
      fr.reduce(A);
      fr.split(A, at + count, at + count);
    }
  }
}

/** A root of one of order `2^power`, reduced, in all lanes. */
function rootOfOrder(r: usize, power: u32): void {
  fr.join(r, fr.ROOT, fr.ROOT);
  fr.reduce(r);
  for (let k = ROOT_POWER; k > power; k--) fr.sqr(r, r);
  fr.reduce(r);
}

/** n vectors, a polynomial in each lane: from values on the domain of n roots to those on its coset. */
export function toCoset(domain: usize, n: usize, values: usize): void {
  interpolate(domain, n, values, 1);
  let shift = shiftsOf(domain, n);
  for (let v = values; v < values + n * fr.VECTOR; v += fr.VECTOR, shift += fr.ELEMENT) {
    fr.join(A, shift, shift);
    fr.mul(v, v, A);
  }
  evaluate(domain, n, values, 1);
}

/**
 * The same for one polynomial, with value j in the first lane and value j + n/2 in the second of vector j. The first step of
 * the one transform and the last of the other go from lane to lane; between them the lanes are two polynomials over a domain
 * of half the size. For builds with two lanes.
 */
export function toCosetFolded(domain: usize, n: usize, values: usize): void {
  const half = n >> 1, end = values + half * fr.VECTOR;
  fr.split(domain, FIRST, FIRST);
  let twiddle = domain + half * fr.VECTOR;
  for (let v = values; v < end; v += fr.VECTOR, twiddle -= fr.VECTOR) interpolateAcross(v, twiddle);
  interpolate(domain, half, values, 2);
  let shift = shiftsOf(domain, n);
  for (let v = values; v < end; v += fr.VECTOR, shift += fr.ELEMENT) {
    fr.join(A, shift, shift + half * fr.ELEMENT);
    fr.mul(v, v, A);
  }
  evaluate(domain, half, values, 2);
  twiddle = domain;
  for (let v = values; v < end; v += fr.VECTOR, twiddle += fr.VECTOR) evaluateAcross(v, twiddle);
}

/** (u, v) to (u + v, (v - u) w'); `FIRST` is one. The sums are of two summands and up to 2.06. */
@inline
function interpolateAcross(v: usize, twiddle: usize): void {
  apart(v);
  fr.negateIf(A, 0, 1);
  fr.add(A, A, B);
  fr.split(twiddle, SECOND, SECOND);
  fr.join(B, FIRST, SECOND);
  fr.mul(v, A, B);
}

/** (u, v) to (u + v w, u - v w), reduced. */
@inline
function evaluateAcross(v: usize, twiddle: usize): void {
  apart(v);
  fr.mul(B, B, twiddle);
  fr.negateIf(B, 0, 1);
  fr.add(v, A, B);
  fr.reduce(v);
}

/** The first lane of v in both of A, the second in both of B. */
@inline
function apart(v: usize): void {
  const first = C, second = C + fr.ELEMENT;
  fr.split(v, first, second);
  fr.join(A, first, first);
  fr.join(B, second, second);
}

/**
 * From values to n times the coefficients, which are then in bit-reversed order. Its root is the domain's to the power of
 * `stride`. The twiddles of the inverse are w^-j = -w^(n/2 - j), so the table is read from its end, and v - u taken for u - v.
 */
function interpolate(twiddles: usize, n: usize, values: usize, stride: usize): void {
  const end = values + n * fr.VECTOR, last = twiddles + (n >> 1) * stride * fr.VECTOR;
  let back = stride * fr.VECTOR;
  for (let half = (n >> 1) * fr.VECTOR; half > fr.VECTOR; half >>= 1, back <<= 1)
    for (let block = values; block < end; block += 2 * half) {
      let twiddle = last;
      for (let a = block; a < block + half; a += fr.VECTOR, twiddle -= back) {
        const b = a + half;
        fr.sub(A, b, a);
        fr.add(a, a, b);
        fr.reduce(a);
        fr.mul(b, A, twiddle);
      }
    }
  addPairs(values, end);
}

/** From coefficients in bit-reversed order to values. */
function evaluate(twiddles: usize, n: usize, values: usize, stride: usize): void {
  const end = values + n * fr.VECTOR;
  addPairs(values, end);
  let step = (n >> 2) * stride * fr.VECTOR;
  for (let half: usize = fr.VECTOR + fr.VECTOR; half < n * fr.VECTOR; half <<= 1, step >>= 1)
    for (let block = values; block < end; block += 2 * half) {
      let twiddle = twiddles;
      for (let a = block; a < block + half; a += fr.VECTOR, twiddle += step) {
        const b = a + half;
        fr.mul(A, b, twiddle);
        fr.sub(b, a, A);
        fr.reduce(b);
        fr.add(a, a, A);
        fr.reduce(a);
      }
    }
}

/** The step whose only twiddle is one: each two neighbours become their sum and their difference, reduced. */
function addPairs(values: usize, end: usize): void {
  for (let a = values; a + fr.VECTOR < end; a += 2 * fr.VECTOR) {
    const b = a + fr.VECTOR;
    fr.sub(A, a, b);
    fr.add(a, a, b);
    fr.reduce(a);
    fr.reduce(A);
    fr.copy(b, A);
  }
}

/** What is left of the numbers that were transformed last. */
export function wipeTransforms(): void {
  memory.fill(A, 0, fr.VECTOR);
  memory.fill(B, 0, fr.VECTOR);
  memory.fill(C, 0, fr.VECTOR);
}
