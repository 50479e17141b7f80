/**
 * The quadratic extension: `a + b i` with i^2 = -1. At work the two parts are two vectors, one after the other; at rest two
 * elements. What `mul`, `sqr` and `invert` give is reduced. What they take: `invert`, what is reduced; `sqr`, parts of one summand
 * and at most 1.03p (`i64`: 1.07p); `mul`, one factor with such parts, and one that is a sum or difference of up to three that are
 * reduced. A difference may only be the second: the first's imaginary part is negated, which in `i64` takes up to 4p.
 */
import * as fp from './fp';

export const ELEMENT: usize = 2 * fp.ELEMENT;
export const VECTOR: usize = 2 * fp.VECTOR;

const IM: usize = fp.VECTOR;
const IM_ELEMENT: usize = fp.ELEMENT;

const S = memory.data(<i32>fp.VECTOR, 16), T = memory.data(<i32>fp.VECTOR, 16), U = memory.data(<i32>fp.VECTOR, 16);

/** (a + bi)(c + di) = (ac - bd) + (ad + bc)i, each part one reduction. With parts up to 1.03p and 1.53p that is 3.2p^2 of 5.3p^2. */
export function mul(r: usize, a: usize, b: usize): void {
  mulLoose(r, a, b);
  reduce(r);
}

/** The same without the reduction: with |a||b| + |c||d| up to x p^2, at most 0.378x + 0.63 in `fma` and 1.06 in `i64`; one summand. */
export function mulLoose(r: usize, a: usize, b: usize): void {
  fp.negate(S, a + IM);
  fp.mulSum(T, a, b, S, b + IM);
  fp.mulSum(r + IM, a, b + IM, a + IM, b);
  fp.copy(r, T);
}

/** (a + bi)^2 = (a + b)(a - b) + 2ab i. The factor a - b is reduced, for the limbs of two sums are too long. */
export function sqr(r: usize, a: usize): void {
  sqrLoose(r, a);
  reduce(r);
}

/** The same without the reduction: for a reduced number at most 0.378 * 1.02 * 0.51 + 0.627 < 0.83 in `fma`, and 1.06 in `i64`. */
export function sqrLoose(r: usize, a: usize): void {
  fp.add(S, a, a + IM);
  fp.sub(T, a, a + IM);
  fp.reduce(T);
  fp.add(U, a, a);
  fp.mul(r + IM, U, a + IM);
  fp.mul(r, S, T);
}

@inline
export function add(r: usize, a: usize, b: usize): void {
  fp.add(r, a, b);
  fp.add(r + IM, a + IM, b + IM);
}

@inline
export function sub(r: usize, a: usize, b: usize): void {
  fp.sub(r, a, b);
  fp.sub(r + IM, a + IM, b + IM);
}

@inline
export function negate(r: usize, a: usize): void {
  fp.negate(r, a);
  fp.negate(r + IM, a + IM);
}

@inline
export function reduce(r: usize): void {
  fp.reduce(r);
  fp.reduce(r + IM);
}

/** 1 / (a + bi) = (a - bi) / (a^2 + b^2), and 0 for 0. */
export function invert(r: usize, a: usize): void {
  fp.mulSum(S, a, a, a + IM, a + IM);
  fp.reduce(S);
  fp.invert(S, S);
  fp.mul(T, a, S);
  fp.negate(U, a + IM);
  fp.mul(U, U, S);
  fp.copy(r, T);
  fp.copy(r + IM, U);
  reduce(r);
}

@inline
export function copy(r: usize, a: usize): void {
  fp.copy(r, a);
  fp.copy(r + IM, a + IM);
}

@inline
export function copyElement(r: usize, e: usize): void {
  fp.copyElement(r, e);
  fp.copyElement(r + IM_ELEMENT, e + IM_ELEMENT);
}

@inline
export function join(r: usize, first: usize, second: usize): void {
  fp.join(r, first, second);
  fp.join(r + IM, first + IM_ELEMENT, second + IM_ELEMENT);
}

@inline
export function split(a: usize, first: usize, second: usize): void {
  fp.split(a, first, second);
  fp.split(a + IM, first + IM_ELEMENT, second + IM_ELEMENT);
}

@inline
export function negateIf(r: usize, first: u32, second: u32): void {
  fp.negateIf(r, first, second);
  fp.negateIf(r + IM, first, second);
}

@inline
export function negateElement(e: usize): void {
  fp.negateElement(e);
  fp.negateElement(e + IM_ELEMENT);
}

/** 64 bytes: the parts one after the other. */
export function unpack(e: usize, bytes: usize): void {
  fp.unpack(e, bytes);
  fp.unpack(e + IM_ELEMENT, bytes + 32);
}

export function pack(bytes: usize, e: usize): void {
  fp.pack(bytes, e);
  fp.pack(bytes + 32, e + IM_ELEMENT);
}
