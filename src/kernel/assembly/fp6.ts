/**
 * The cubic extension of fp2: `a0 + a1 v + a2 v^2` with v^3 = xi = 9 + i. At work only: three numbers of fp2, one after
 * the other.
 *
 * The rule of sizes, here and in everything that pairings are made of: what a function takes and what it gives is *reduced*
 * in all parts, that is at most 0.51p and one summand (`i64`: at most 1.01p). Between the two
 * - a factor is reduced, or a sum of two or three reduced ones while the other factor is reduced: a part of the product is
 *   at most 2 * 1.53p * 0.51p = 1.6p^2 of the 5.3 that fp's `mulSum` takes, and three summands times one;
 * - at most three reduced numbers are added or subtracted before `reduce`: 1.53p of the 3.4p that it takes. What is taken
 *   away is itself reduced, as `i64` asks (at most 4p).
 *
 * `r` may be `a` or `b` everywhere.
 */
import * as fp from './fp';
import * as fp2 from './fp2';

export const VECTOR: usize = 3 * fp2.VECTOR;

const IM: usize = fp.VECTOR;
const V1: usize = fp2.VECTOR;
const V2: usize = 2 * fp2.VECTOR;

const NINE = memory.data(<i32>fp2.VECTOR, 16), XI = memory.data(<i32>fp2.VECTOR, 16), SUM = memory.data(<i32>fp2.VECTOR, 16);
const T0 = memory.data(<i32>fp2.VECTOR, 16), T1 = memory.data(<i32>fp2.VECTOR, 16), T2 = memory.data(<i32>fp2.VECTOR, 16);
const X01 = memory.data(<i32>fp2.VECTOR, 16), X02 = memory.data(<i32>fp2.VECTOR, 16), X12 = memory.data(<i32>fp2.VECTOR, 16);

/** r = a + b, a, b and r of fp2, reduced. */
export function addReduced(r: usize, a: usize, b: usize): void {
  fp2.add(r, a, b);
  fp2.reduce(r);
}

/** r = a - b, a, b and r of fp2, reduced. */
export function subReduced(r: usize, a: usize, b: usize): void {
  fp2.sub(r, a, b);
  fp2.reduce(r);
}

/** r = -a, a and r of fp2, reduced: `i64` makes it 4p - a first. */
export function negateReduced(r: usize, a: usize): void {
  fp2.negate(r, a);
  fp2.reduce(r);
}

/** r = 3 a, a and r of fp2, reduced. `r` is not `a`. */
export function tripleReduced(r: usize, a: usize): void {
  fp2.add(r, a, a);
  fp2.add(r, r, a);
  fp2.reduce(r);
}

/** r = xi a, a and r of fp2: (9 + i)(a + bi) = (9a - b) + (9b + a)i. */
export function mulByXi(r: usize, a: usize): void {
  tripleReduced(XI, a);
  tripleReduced(NINE, XI);
  fp.sub(XI, NINE, a + IM);
  fp.add(XI + IM, NINE + IM, a);
  fp2.reduce(XI);
  fp2.copy(r, XI);
}

/** r = (a + b)(c + d), parts of fp2. Both factors would be sums: one is reduced. */
function mulSums(r: usize, a: usize, b: usize, c: usize, d: usize): void {
  fp2.add(r, a, b);
  addReduced(SUM, c, d);
  fp2.mul(r, r, SUM);
}

/** r = r - a - b, parts of fp2. */
function subBoth(r: usize, a: usize, b: usize): void {
  fp2.sub(r, r, a);
  fp2.sub(r, r, b);
  fp2.reduce(r);
}

/** Karatsuba's way: six products in fp2 for nine, as a_i b_j + a_j b_i = (a_i + a_j)(b_i + b_j) - a_i b_i - a_j b_j. */
export function mul(r: usize, a: usize, b: usize): void {
  fp2.mul(T0, a, b);
  fp2.mul(T1, a + V1, b + V1);
  fp2.mul(T2, a + V2, b + V2);
  mulSums(X01, a, a + V1, b, b + V1);
  mulSums(X02, a, a + V2, b, b + V2);
  mulSums(X12, a + V1, a + V2, b + V1, b + V2);
  // Each X becomes the mixed products alone.
  subBoth(X01, T0, T1);
  subBoth(X02, T0, T2);
  subBoth(X12, T1, T2);
  // (t0 + xi x12) + (x01 + xi t2) v + (x02 + t1) v^2
  mulByXi(X12, X12);
  mulByXi(T2, T2);
  addReduced(r, T0, X12);
  addReduced(r + V1, X01, T2);
  addReduced(r + V2, X02, T1);
}

/** r = a (b0 + b1 v), b0 and b1 of fp2: five products. */
export function mulSparse(r: usize, a: usize, b0: usize, b1: usize): void {
  fp2.mul(T0, a, b0);
  fp2.mul(T1, a + V1, b1);
  mulSums(X01, a, a + V1, b0, b1);
  fp2.mul(X02, a + V2, b0);
  fp2.mul(X12, a + V2, b1);
  subBoth(X01, T0, T1);
  // (a0 b0 + xi a2 b1) + (a0 b1 + a1 b0) v + (a2 b0 + a1 b1) v^2
  mulByXi(X12, X12);
  addReduced(r, T0, X12);
  fp2.copy(r + V1, X01);
  addReduced(r + V2, X02, T1);
}

/** r = a b, b of fp2. */
export function scale(r: usize, a: usize, b: usize): void {
  fp2.mul(r, a, b);
  fp2.mul(r + V1, a + V1, b);
  fp2.mul(r + V2, a + V2, b);
}

/** r = v a = xi a2 + a0 v + a1 v^2. */
export function mulByV(r: usize, a: usize): void {
  mulByXi(T2, a + V2);
  fp2.copy(r + V2, a + V1);
  fp2.copy(r + V1, a);
  fp2.copy(r, T2);
}

/**
 * 1 / a, and 0 for 0: with A = a0^2 - xi a1 a2, B = xi a2^2 - a0 a1, C = a1^2 - a0 a2 the product of a and
 * A + B v + C v^2 is F = a0 A + xi (a2 B + a1 C), which is of fp2.
 */
export function invert(r: usize, a: usize): void {
  fp2.mul(T0, a + V1, a + V2);
  mulByXi(T0, T0);
  fp2.sqr(X01, a);
  subReduced(X01, X01, T0); // A
  fp2.sqr(T0, a + V2);
  mulByXi(T0, T0);
  fp2.mul(T1, a, a + V1);
  subReduced(X02, T0, T1); // B
  fp2.sqr(T0, a + V1);
  fp2.mul(T1, a, a + V2);
  subReduced(X12, T0, T1); // C
  fp2.mul(T0, a + V2, X02);
  fp2.mul(T1, a + V1, X12);
  addReduced(T0, T0, T1);
  mulByXi(T0, T0);
  fp2.mul(T1, a, X01);
  addReduced(T0, T0, T1); // F
  fp2.invert(T0, T0);
  fp2.mul(r, X01, T0);
  fp2.mul(r + V1, X02, T0);
  fp2.mul(r + V2, X12, T0);
}

/** r = a + b, reduced. */
export function add(r: usize, a: usize, b: usize): void {
  for (let part: usize = 0; part < VECTOR; part += V1) addReduced(r + part, a + part, b + part);
}

/** r = a - b, reduced. */
export function sub(r: usize, a: usize, b: usize): void {
  for (let part: usize = 0; part < VECTOR; part += V1) subReduced(r + part, a + part, b + part);
}

/** r = -a, reduced. */
export function negate(r: usize, a: usize): void {
  for (let part: usize = 0; part < VECTOR; part += V1) negateReduced(r + part, a + part);
}

export function copy(r: usize, a: usize): void {
  for (let part: usize = 0; part < VECTOR; part += V1) fp2.copy(r + part, a + part);
}
