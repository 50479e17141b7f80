/**
 * G2: y^2 = x^3 + 3 / (9 + i) over the quadratic extension, the twist. Name by name what g1.ts has for G1.
 */
import * as fp from './fp';
import * as fp2 from './fp2';
export * from './fp2';

export const LANES: i32 = fp.LANES;
export const BYTES: usize = 64;

const S = memory.data(<i32>fp.VECTOR, 16);

/** Multiplies both parts by a constant of the prime field. */
export function scale(r: usize, constant: usize): void {
  fp2.reduce(r);
  fp.join(S, constant, constant);
  fp.mul(r, r, S);
  fp.mul(r + fp.VECTOR, r + fp.VECTOR, S);
  fp2.reduce(r);
}

/** On the twist it is the other root that multiplies by the same LAMBDA. */
export function endomorphism(x: usize): void {
  scale(x, fp.BETA_SQUARED);
}

export function setOne(r: usize): void {
  fp.join(r, fp.ONE, fp.ONE);
  fp.sub(r + fp.VECTOR, r, r);
  fp2.reduce(r);
}

export function setB(r: usize): void {
  fp.join(r, fp.TWIST_B_RE, fp.TWIST_B_RE);
  fp.join(r + fp.VECTOR, fp.TWIST_B_IM, fp.TWIST_B_IM);
  fp2.reduce(r);
}

export function isCanonical(bytes: usize): bool {
  return fp.isCanonical(bytes) && fp.isCanonical(bytes + 32);
}
