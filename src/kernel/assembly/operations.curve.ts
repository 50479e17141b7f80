/**
 * Single operations on plain points (canonical bytes), for what is done a few times: complete, and not quick. Each that takes
 * points gives false for one that is not canonical or not on the curve, and then writes nothing.
 */
import * as f from './coordinate';
import { WORDS as ORDER } from './fr';
import { areZero, POINT_BYTES, readPoint, writePoint, zeroLanes } from './points.curve';
import { add, PROJECTIVE, setAffine, setInfinity, toAffine } from './projective.curve';

const X = memory.data(<i32>f.VECTOR, 16), Y = memory.data(<i32>f.VECTOR, 16);
const P = memory.data(<i32>PROJECTIVE, 16), Q = memory.data(<i32>PROJECTIVE, 16), R = memory.data(<i32>PROJECTIVE, 16);

/** Writes X : Y : Z as a plain point. */
export function writeProjective(out: usize, a: usize): void {
  toAffine(X, Y, a);
  writePoint(out, X, Y);
}

export function addPoints(out: usize, a: usize, b: usize): bool {
  if (!read(P, a) || !read(Q, b)) return false;
  add(P, P, Q);
  writeProjective(out, P);
  return true;
}

/** The scalar is any number of 32 bytes, little-endian. What was computed with it is wiped. */
export function multiplyPoint(out: usize, point: usize, scalar: usize): bool {
  if (!read(Q, point)) return false;
  multiply(R, Q, scalar);
  writeProjective(out, R);
  memory.fill(R, 0, PROJECTIVE);
  return true;
}

export function negatePoint(out: usize, point: usize): bool {
  if (!readPoint(X, Y, point)) return false;
  f.negate(Y, Y);
  f.reduce(Y);
  writePoint(out, X, Y);
  return true;
}

/** Whether it is canonical, and on the curve or infinity. */
export function isOnCurve(point: usize): bool {
  return readPoint(X, Y, point);
}

/** Whether it is on the curve, and of the order r (or infinity): on G1 every point is. */
export function isInSubgroup(point: usize): bool {
  if (!read(Q, point)) return false;
  multiply(R, Q, ORDER);
  return (zeroLanes(R + 2 * f.VECTOR) & 1) != 0;
}

function multiply(r: usize, a: usize, scalar: usize): void {
  setInfinity(r);
  for (let bit: i32 = 255; bit >= 0; bit--) {
    add(r, r, r);
    if ((load<u8>(scalar + (bit >> 3)) >> <u8>(bit & 7)) & 1) add(r, r, a);
  }
}

function read(r: usize, point: usize): bool {
  if (!readPoint(X, Y, point)) return false;
  setAffine(r, X, Y, areZero(point, POINT_BYTES));
  return true;
}
