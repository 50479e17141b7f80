/**
 * Points at work one at a time: X : Y : Z, three vectors, with infinity 0 : 1 : 0. One formula adds any two, equal, opposite
 * or infinite (Renes, Costello, Batina, "Complete addition formulas for prime order elliptic curves", algorithm 7): it is
 * complete on a curve without a point of order two, and the orders of both of ours are odd. Everything is reduced as soon as it
 * is computed, so every operand below is reduced, and every sum and difference is of two that are.
 */
import * as f from './coordinate';
import { isInfinite, POINT_Y } from './points.curve';

/** Bytes of a point. */
export const PROJECTIVE: usize = 3 * f.VECTOR;
const Y: usize = f.VECTOR;
const Z: usize = 2 * f.VECTOR;

const XX = memory.data(<i32>f.VECTOR, 16), YY = memory.data(<i32>f.VECTOR, 16), ZZ = memory.data(<i32>f.VECTOR, 16);
const XY = memory.data(<i32>f.VECTOR, 16), YZ = memory.data(<i32>f.VECTOR, 16), XZ = memory.data(<i32>f.VECTOR, 16);
const B3 = memory.data(<i32>f.VECTOR, 16), S = memory.data(<i32>f.VECTOR, 16), T = memory.data(<i32>f.VECTOR, 16);

export function setInfinity(r: usize): void {
  f.setOne(r + Y);
  difference(r, r + Y, r + Y);
  f.copy(r + Z, r);
}

/** From a reduced x and y that are 0 and 0 for infinity. */
export function setAffine(r: usize, x: usize, y: usize, isInfinity: bool): void {
  if (isInfinity) return setInfinity(r);
  f.copy(r, x);
  f.copy(r + Y, y);
  f.setOne(r + Z);
}

/** From a point at rest. */
export function setPoint(r: usize, point: usize): void {
  f.join(r, point, point);
  f.join(r + Y, point + POINT_Y, point + POINT_Y);
  setAffine(r, r, r + Y, isInfinite(point, POINT_Y));
}

/** r = a + b, each of which may be `r`. */
export function add(r: usize, a: usize, b: usize): void {
  tripleB();
  product(XX, a, b);
  product(YY, a + Y, b + Y);
  product(ZZ, a + Z, b + Z);
  cross(XY, a, b, a + Y, b + Y, XX, YY);
  cross(YZ, a + Y, b + Y, a + Z, b + Z, YY, ZZ);
  cross(XZ, a, b, a + Z, b + Z, XX, ZZ);
  // 3 XX, and 3b times ZZ and XZ.
  sum(S, XX, XX);
  sum(XX, XX, S);
  product(ZZ, ZZ, B3);
  product(XZ, XZ, B3);
  sum(S, YY, ZZ);
  difference(T, YY, ZZ);
  // X = XY (YY - ZZ) - YZ XZ, Y = (YY + ZZ)(YY - ZZ) + XX XZ, Z = YZ (YY + ZZ) + XX XY
  product(r, XY, T);
  product(r + Y, S, T);
  product(r + Z, YZ, S);
  product(S, YZ, XZ);
  difference(r, r, S);
  product(S, XX, XZ);
  sum(r + Y, r + Y, S);
  product(S, XX, XY);
  sum(r + Z, r + Z, S);
}

/** Makes x and y of X : Y : Z, reduced; both are 0 for infinity, as the inverse of 0 is. */
export function toAffine(x: usize, y: usize, a: usize): void {
  f.invert(S, a + Z);
  f.reduce(S);
  product(x, a, S);
  product(y, a + Y, S);
}

/** r = a c' + a' c with the products `both` = a a' and `others` = c c': (a + c)(a' + c') less those. */
function cross(r: usize, a: usize, b: usize, c: usize, d: usize, both: usize, others: usize): void {
  sum(S, a, c);
  sum(T, b, d);
  product(r, S, T);
  sum(S, both, others);
  difference(r, r, S);
}

function tripleB(): void {
  f.setB(B3);
  sum(S, B3, B3);
  sum(B3, B3, S);
}

function product(r: usize, a: usize, b: usize): void {
  f.mul(r, a, b);
  f.reduce(r);
}

function sum(r: usize, a: usize, b: usize): void {
  f.add(r, a, b);
  f.reduce(r);
}

function difference(r: usize, a: usize, b: usize): void {
  f.sub(r, a, b);
  f.reduce(r);
}
