/**
 * The Miller loop of the optimal ate pairing (Vercauteren), for many pairs at once: the squaring of a step is shared by all,
 * and two pairs go side by side where there are two lanes; their values are multiplied at the end.
 *
 * For a pair P of G1, Q of G2: with n = 6x + 2 the function with divisor n Q - [n]Q - (n - 1) O at P, times the two lines
 * that add psi(Q) and then -psi^2(Q) to [n]Q. Q is on the twist y^2 = x^3 + 3 / xi, and (x, y) of it stands for
 * (x w^2, y w^3) on the curve; psi is the power of p over there, seen from here. What a line is multiplied by that lies in
 * fp2 or fp is of no matter: the final exponentiation makes it 1.
 *
 * Whether Q is in the subgroup of order r comes with the loop: psi^3(Q) is what is missing to
 *
 *     f(psi) Q = [6x + 2]Q + psi(Q) - psi^2(Q) + psi^3(Q) = O.
 *
 * In the subgroup psi is the multiplication by p, and r divides 6x + 2 + p - p^2 + p^3: it holds. The other way round,
 * psi^2 - t psi + p = 0 on the twist (t = 6x^2 + 1), so f(psi) = a + b psi, and what it takes to O its norm
 * N = a^2 + t a b + p b^2 takes to O. The twist's points over fp2 are h r many, and the greatest divisor of N and h r is r
 * (test/kernel/pairing.test.ts reckons it): Q has order r, or is O.
 *
 * The formulas are for points in general position: T never is Q, -Q or O. In the subgroup, of prime order r, that is so, as
 * [k]Q with 1 < k < r - 1 is what they meet. Elsewhere it may happen; then Z is 0 from there on, for each formula's Z3 has
 * the factor Z, and a T with Z = 0 is refused.
 */
import * as fp from './fp';
import * as fp2 from './fp2';
import { addReduced, negateReduced, subReduced, tripleReduced } from './fp6';
import * as fp12 from './fp12';
import { setB, setOne } from './g2';
import { zeroLanes } from './points.g2';

/** The digits 63 to 0 of 6x + 2 where it has 1, and where it has -1; digit 64 is 1. */
const PLUS: u64 = 0xa002004200804028;
const MINUS: u64 = 0x02889008420a0480;

// A group of LANES pairs: T = (X : Y : Z) and the affine Q at work, x and -y of P, then for each lane whether it is silent.
const X: usize = 0;
const Y: usize = fp2.VECTOR;
const Z: usize = 2 * fp2.VECTOR;
const Q: usize = 3 * fp2.VECTOR;
const P_X: usize = 5 * fp2.VECTOR;
const P_MINUS_Y: usize = P_X + fp.VECTOR;
const SILENT: usize = P_MINUS_Y + fp.VECTOR;

/** Bytes of a group, in 16-byte alignment. */
export const GROUP: usize = (SILENT + 8 + 15) & ~15;

const A = memory.data(<i32>fp2.VECTOR, 16), B = memory.data(<i32>fp2.VECTOR, 16), C = memory.data(<i32>fp2.VECTOR, 16);
const D = memory.data(<i32>fp2.VECTOR, 16), E = memory.data(<i32>fp2.VECTOR, 16), F = memory.data(<i32>fp2.VECTOR, 16);
const G = memory.data(<i32>fp2.VECTOR, 16), H = memory.data(<i32>fp2.VECTOR, 16);
/** The line: c0 + c1 w + c3 w^3. */
const C0 = memory.data(<i32>fp2.VECTOR, 16), C1 = memory.data(<i32>fp2.VECTOR, 16), C3 = memory.data(<i32>fp2.VECTOR, 16);
const TWIST = memory.data(<i32>fp2.VECTOR, 16), POINT = memory.data(<i32>2 * <i32>fp2.VECTOR, 16);
const FIRST = memory.data(<i32>fp2.ELEMENT, 16), SECOND = memory.data(<i32>fp2.ELEMENT, 16);
const LOST = memory.data(<i32>fp.ELEMENT, 16);
const ONE = memory.data(<i32>fp2.ELEMENT, 16), ZERO = memory.data(<i32>fp2.ELEMENT, 16);

/**
 * Puts pairs into a group: `p` and `q` hold x and y, reduced, of one lane's point after those of the other, in all lanes.
 * The line of a silent lane counts as 1: where a point is infinity, and where there is no second pair.
 */
export function fillGroup(group: usize, p: usize, q: usize, silent0: bool, silent1: bool): void {
  for (let part: usize = 0; part < 2 * fp2.VECTOR; part += fp.VECTOR) {
    firstLanes(group + Q + part, q + part, q + 2 * fp2.VECTOR + part);
  }
  fp2.copy(group + X, group + Q);
  fp2.copy(group + Y, group + Q + fp2.VECTOR);
  setOne(group + Z);
  firstLanes(group + P_X, p, p + 2 * fp.VECTOR);
  firstLanes(group + P_MINUS_Y, p + fp.VECTOR, p + 3 * fp.VECTOR);
  fp.negate(group + P_MINUS_Y, group + P_MINUS_Y);
  fp.reduce(group + P_MINUS_Y);
  store<u32>(group, <u32>silent0, SILENT);
  store<u32>(group, <u32>silent1, SILENT + 4);
}

/** r = the first lanes of a and b, of fp, side by side. */
function firstLanes(r: usize, a: usize, b: usize): void {
  fp.split(a, FIRST, LOST);
  fp.split(b, SECOND, LOST);
  fp.join(r, FIRST, SECOND);
}

/** f = the product of the pairs' values, lane by lane. Then `lanesInSubgroup` can be asked. */
export function millerLoop(f: usize, groups: usize, count: usize): void {
  const end = groups + count * GROUP;
  setB(A);
  tripleReduced(TWIST, A);
  fp12.setOne(f);
  fp.split(f, ONE, LOST);
  for (let digit: u64 = 1 << 63; digit; digit >>= 1) {
    fp12.sqr(f, f);
    for (let group = groups; group < end; group += GROUP) {
      double(group);
      mulByLine(f, group);
      if (digit & PLUS) addPoint(f, group, group + Q);
      if (digit & MINUS) {
        negatePoint(group + Q);
        addPoint(f, group, POINT);
      }
    }
  }
  for (let group = groups; group < end; group += GROUP) {
    psi(group + Q);
    addPoint(f, group, POINT);
    psi(POINT);
    negatePoint(POINT);
    addPoint(f, group, POINT);
  }
}

/**
 * T = 2T and the tangent in T at P, for Y^2 Z = X^3 + b Z^3 (Costello, Lange, Naehrig). With A = XY, B = Y^2,
 * E = 3b Z^2, F = 3E, H = 2YZ:
 * X3 = 2A(B - F), Y3 = (B + F)^2 - 3(2E)^2, Z3 = 4BH; the line is -H y + 3X^2 x w + (E - B) w^3.
 */
function double(group: usize): void {
  fp2.mul(A, group + X, group + Y);
  fp2.sqr(B, group + Y);
  fp2.sqr(E, group + Z);
  fp2.mul(E, E, TWIST);
  tripleReduced(F, E);
  addReduced(H, group + Y, group + Y);
  fp2.mul(H, H, group + Z);
  fp2.sqr(G, group + X);
  tripleReduced(C1, G);
  subReduced(C3, E, B);
  scale(C0, H, group + P_MINUS_Y);
  scale(C1, C1, group + P_X);

  addReduced(A, A, A);
  subReduced(D, B, F);
  fp2.mul(group + X, A, D);
  addReduced(G, B, F);
  fp2.sqr(G, G);
  addReduced(E, E, E);
  fp2.sqr(E, E);
  tripleReduced(F, E);
  subReduced(group + Y, G, F);
  addReduced(B, B, B);
  addReduced(H, H, H);
  fp2.mul(group + Z, B, H);
}

/**
 * f times the line through T and an affine point (x2, y2) at P, and T = T + that point. With A = Y - y2 Z, B = X - x2 Z,
 * C = A^2, D = B^2, E = BD, F = ZC, G = XD, H = E + F - 2G:
 * X3 = BH, Y3 = A(G - H) - EY, Z3 = ZE; the line is -B y + A x w + (B y2 - A x2) w^3.
 */
function addPoint(f: usize, group: usize, point: usize): void {
  fp2.mul(A, point + fp2.VECTOR, group + Z);
  subReduced(A, group + Y, A);
  fp2.mul(B, point, group + Z);
  subReduced(B, group + X, B);
  scale(C0, B, group + P_MINUS_Y);
  scale(C1, A, group + P_X);
  fp2.mul(C3, B, point + fp2.VECTOR);
  fp2.mul(C, A, point);
  subReduced(C3, C3, C);

  fp2.sqr(C, A);
  fp2.sqr(D, B);
  fp2.mul(E, B, D);
  fp2.mul(F, group + Z, C);
  fp2.mul(G, group + X, D);
  addReduced(H, E, F);
  subReduced(H, H, G);
  subReduced(H, H, G);
  fp2.mul(group + X, B, H);
  subReduced(G, G, H);
  fp2.mul(G, A, G);
  fp2.mul(D, E, group + Y);
  subReduced(group + Y, G, D);
  fp2.mul(group + Z, group + Z, E);
  mulByLine(f, group);
}

/** r = a s, a and r of fp2, s of fp, reduced. */
function scale(r: usize, a: usize, s: usize): void {
  fp.mul(r, a, s);
  fp.mul(r + fp.VECTOR, a + fp.VECTOR, s);
  fp2.reduce(r);
}

/** f = f times the line, which is 1 in a silent lane. */
function mulByLine(f: usize, group: usize): void {
  const silent0 = load<u32>(group, SILENT) != 0, silent1 = load<u32>(group, SILENT + 4) != 0;
  if (silent0 || silent1) {
    mute(C0, ONE, silent0, silent1);
    mute(C1, ZERO, silent0, silent1);
    mute(C3, ZERO, silent0, silent1);
  }
  fp12.mulByLine(f, f, C0, C1, C3);
}

function mute(part: usize, by: usize, silent0: bool, silent1: bool): void {
  fp2.split(part, FIRST, SECOND);
  fp2.join(part, silent0 ? by : FIRST, silent1 ? by : SECOND);
}

/** POINT = -point */
function negatePoint(point: usize): void {
  fp2.copy(POINT, point);
  negateReduced(POINT + fp2.VECTOR, point + fp2.VECTOR);
}

/** POINT = psi(point) = (x^p xi^((p - 1) / 3), y^p xi^((p - 1) / 2)) */
function psi(point: usize): void {
  fp12.frobeniusPart(POINT, point, 2);
  fp12.frobeniusPart(POINT + fp2.VECTOR, point + fp2.VECTOR, 3);
}

/** After the loop: in which lanes Q is in the subgroup, T = -psi^3(Q) with Z other than 0. Bit 0 is the first lane's. */
export function lanesInSubgroup(group: usize): u32 {
  psi(group + Q);
  psi(POINT);
  psi(POINT);
  fp2.mul(A, POINT, group + Z);
  subReduced(A, A, group + X);
  fp2.mul(B, POINT + fp2.VECTOR, group + Z);
  addReduced(B, B, group + Y);
  return zeroLanes(A) & zeroLanes(B) & ~zeroLanes(group + Z);
}
