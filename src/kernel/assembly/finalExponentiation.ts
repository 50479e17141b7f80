/**
 * The final exponentiation: to the power of (p^12 - 1) / r, times k = 2x(6x^2 + 3x + 1). As k and r have no common factor and
 * what comes out has order r or 1, it is 1 exactly if it were without k: pairings are compared with it, not published.
 */
import * as fp12 from './fp12';

/** The parameter of the curve: p = 36x^4 + 36x^3 + 24x^2 + 6x + 1, r = p - 6x^2. */
const CURVE_X: u64 = 0x44e992b44a6909f1;

const T = memory.data(<i32>fp12.VECTOR, 16), POWER = memory.data(<i32>fp12.VECTOR, 16);
const A = memory.data(<i32>fp12.VECTOR, 16), C = memory.data(<i32>fp12.VECTOR, 16), E = memory.data(<i32>fp12.VECTOR, 16);
const MINUS_A = memory.data(<i32>fp12.VECTOR, 16), MINUS_F = memory.data(<i32>fp12.VECTOR, 16);

/** r = f to that power. `r` may be `f`. */
export function finalExponentiation(r: usize, f: usize): void {
  easyPart(r, f);
  hardPart(r);
}

/** r = f to the power of (p^6 - 1)(p^2 + 1): from there on the inverse is the conjugate. */
function easyPart(r: usize, f: usize): void {
  fp12.invert(T, f);
  fp12.conjugate(r, f);
  fp12.mul(r, r, T);
  fp12.frobenius(T, r);
  fp12.frobenius(T, T);
  fp12.mul(r, r, T);
}

/**
 * f = f to the power of k (p^4 - p^2 + 1) / r (Fuentes-Castaneda, Knapp, Rodriguez-Henriquez). With a = f^2x, c = f^(6x^2),
 * e = f^(6x + 6x^2 + 12x^3) it is (e c f) (e / a)^p e^(p^2) (e / a f)^(p^3); the powers of p are taken from the last on.
 */
function hardPart(f: usize): void {
  powerOfX(A, f);
  fp12.sqr(A, A);
  fp12.sqr(T, A);
  fp12.mul(E, T, A); // 6x
  powerOfX(C, E);
  fp12.mul(E, E, C);
  fp12.sqr(T, C);
  powerOfX(T, T);
  fp12.mul(E, E, T);

  fp12.conjugate(MINUS_A, A);
  fp12.conjugate(MINUS_F, f);
  fp12.mul(A, E, MINUS_A);
  fp12.mul(T, A, MINUS_F);
  fp12.frobenius(T, T);
  fp12.mul(T, T, E);
  fp12.frobenius(T, T);
  fp12.mul(T, T, A);
  fp12.frobenius(T, T);
  fp12.mul(T, T, E);
  fp12.mul(T, T, C);
  fp12.mul(f, f, T);
}

/** r = a^x, by its 63 bits. `r` may be `a`. */
function powerOfX(r: usize, a: usize): void {
  fp12.copy(POWER, a);
  fp12.copy(r, a);
  for (let bit: u64 = 1 << 61; bit; bit >>= 1) {
    fp12.sqr(r, r);
    if (CURVE_X & bit) fp12.mul(r, r, POWER);
  }
}
