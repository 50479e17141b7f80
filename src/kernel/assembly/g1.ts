/**
 * G1: y^2 = x^3 + 3 over the prime field. What the sources for both curves (*.curve.ts) know as `./coordinate`, and so does
 * g2.ts, name by name.
 */
import * as fp from './fp';
export * from './fp';

/** Bytes of a coordinate at the module's edge. */
export const BYTES: usize = 32;

/** A product with no more reduction than it comes with: here every product is. */
@inline
export function mulLoose(r: usize, a: usize, b: usize): void {
  fp.mul(r, a, b);
}

@inline
export function sqrLoose(r: usize, a: usize): void {
  fp.sqr(r, a);
}

const S = memory.data(<i32>fp.VECTOR, 16);

/** Multiplies by one of the named constants. `r` may have two summands, and is reduced afterwards. */
export function scale(r: usize, constant: usize): void {
  fp.reduce(r);
  fp.join(S, constant, constant);
  fp.mul(r, r, S);
  fp.reduce(r);
}

/** (x, y) -> (BETA * x, y) multiplies by the LAMBDA of glv.ts. */
export function endomorphism(x: usize): void {
  scale(x, fp.BETA);
}

export function setOne(r: usize): void {
  fp.join(r, fp.ONE, fp.ONE);
  fp.reduce(r);
}

/** The curve's constant, 3. */
export function setB(r: usize): void {
  fp.join(r, fp.CURVE_B, fp.CURVE_B);
  fp.reduce(r);
}
