/**
 * Two vectors at a time, for the batches: one's product is begun while the other's ends, which a product waits for. A lane of
 * a wide vector is a lane of its first or of its second vector. Bounds are those of each vector.
 */
import * as f from './coordinate';
import { zeroLanes as zeroLanesOf } from './points.curve';

export const LANES: usize = 2 * f.LANES;
export const VECTOR: usize = 2 * f.VECTOR;

const OTHER: usize = f.VECTOR;
const P = memory.data(<i32>f.VECTOR, 16);
const LANE0 = memory.data(<i32>f.ELEMENT, 16), LANE1 = memory.data(<i32>f.ELEMENT, 16);
const BY0 = memory.data(<i32>f.ELEMENT, 16), BY1 = memory.data(<i32>f.ELEMENT, 16);

export function mul(r: usize, a: usize, b: usize): void {
  f.mul(r, a, b);
  f.mul(r + OTHER, a + OTHER, b + OTHER);
}

export function mulLoose(r: usize, a: usize, b: usize): void {
  f.mulLoose(r, a, b);
  f.mulLoose(r + OTHER, a + OTHER, b + OTHER);
}

export function sqrLoose(r: usize, a: usize): void {
  f.sqrLoose(r, a);
  f.sqrLoose(r + OTHER, a + OTHER);
}

@inline
export function add(r: usize, a: usize, b: usize): void {
  f.add(r, a, b);
  f.add(r + OTHER, a + OTHER, b + OTHER);
}

@inline
export function sub(r: usize, a: usize, b: usize): void {
  f.sub(r, a, b);
  f.sub(r + OTHER, a + OTHER, b + OTHER);
}

export function reduce(r: usize): void {
  f.reduce(r);
  f.reduce(r + OTHER);
}

@inline
export function copy(r: usize, a: usize): void {
  f.copy(r, a);
  f.copy(r + OTHER, a + OTHER);
}

export function setOne(r: usize): void {
  f.setOne(r);
  f.copy(r + OTHER, r);
}

/** 1 / a, reduced, by one inversion for both: that of their product. Takes what is reduced; 0 in lanes where either is 0. */
export function invert(r: usize, a: usize): void {
  f.mul(P, a, a + OTHER);
  f.reduce(P);
  f.invert(P, P);
  f.mul(r, P, a + OTHER);
  f.mul(r + OTHER, P, a);
  reduce(r);
}

/** Which lanes are 0 modulo p, bit by bit. */
export function zeroLanes(a: usize): u32 {
  return zeroLanesOf(a) | (zeroLanesOf(a + OTHER) << f.LANES);
}

/** Puts the lanes of `by` in the place of those of `r` whose bits are set. */
export function replaceLanes(r: usize, by: usize, lanes: u32): void {
  replace(r, by, lanes);
  replace(r + OTHER, by + OTHER, lanes >> f.LANES);
}

function replace(r: usize, by: usize, lanes: u32): void {
  f.split(r, LANE0, LANE1);
  f.split(by, BY0, BY1);
  f.join(r, lanes & 1 ? BY0 : LANE0, lanes & 2 ? BY1 : LANE1);
}
