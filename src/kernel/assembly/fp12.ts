/**
 * The field that pairings end in: `a0 + a1 w` with w^2 = v, a0 and a1 of fp6, so w^6 = xi. At work only: two numbers of fp6,
 * one after the other. Sizes are as fp6 says: reduced in, reduced out. `r` may be `a` or `b`.
 */
import * as fp from './fp';
import * as fp2 from './fp2';
import * as fp6 from './fp6';

export const VECTOR: usize = 2 * fp6.VECTOR;

const W: usize = fp6.VECTOR;
const IM: usize = fp.VECTOR;

const T0 = memory.data(<i32>fp6.VECTOR, 16), T1 = memory.data(<i32>fp6.VECTOR, 16), T2 = memory.data(<i32>fp6.VECTOR, 16);
const SUM = memory.data(<i32>fp2.VECTOR, 16), POWER = memory.data(<i32>fp2.VECTOR, 16);
const OTHER = memory.data(<i32>VECTOR, 16);
const FIRST = memory.data(<i32>fp.ELEMENT, 16), SECOND = memory.data(<i32>fp.ELEMENT, 16);
const ZERO = memory.data(<i32>fp.ELEMENT, 16), BYTES = memory.data(32, 16), UNIT = memory.data(32, 16);

/** Three products in fp6: a0 b1 + a1 b0 = (a0 + a1)(b0 + b1) - a0 b0 - a1 b1. */
export function mul(r: usize, a: usize, b: usize): void {
  fp6.add(T0, a, a + W);
  fp6.add(T1, b, b + W);
  fp6.mul(T2, T0, T1);
  fp6.mul(T0, a, b);
  fp6.mul(T1, a + W, b + W);
  finish(r);
}

/** r = (t0 + v t1) + (t2 - t0 - t1) w */
function finish(r: usize): void {
  fp6.sub(T2, T2, T0);
  fp6.sub(r + W, T2, T1);
  fp6.mulByV(T1, T1);
  fp6.add(r, T0, T1);
}

/** Two products in fp6: (a0 + a1)(a0 + v a1) = a0^2 + v a1^2 + (1 + v) a0 a1. */
export function sqr(r: usize, a: usize): void {
  fp6.mulByV(T0, a + W);
  fp6.add(T0, T0, a);
  fp6.add(T1, a, a + W);
  fp6.mul(T0, T0, T1);
  fp6.mul(T1, a, a + W);
  fp6.sub(T0, T0, T1);
  fp6.mulByV(T2, T1);
  fp6.sub(r, T0, T2);
  fp6.add(r + W, T1, T1);
}

/** r = a (c0 + c1 w + c3 w^3), the value of a line, c0, c1 and c3 of fp2: thirteen products there. */
export function mulByLine(r: usize, a: usize, c0: usize, c1: usize, c3: usize): void {
  fp6.addReduced(SUM, c0, c1);
  fp6.add(T2, a, a + W);
  fp6.mulSparse(T2, T2, SUM, c3);
  fp6.scale(T0, a, c0);
  fp6.mulSparse(T1, a + W, c1, c3);
  finish(r);
}

/** a0 - a1 w: the power of p^6. */
export function conjugate(r: usize, a: usize): void {
  fp6.copy(r, a);
  fp6.negate(r + W, a + W);
}

/** 1 / (a0 + a1 w) = (a0 - a1 w) / (a0^2 - v a1^2), and 0 for 0. */
export function invert(r: usize, a: usize): void {
  fp6.mul(T0, a, a);
  fp6.mul(T1, a + W, a + W);
  fp6.mulByV(T1, T1);
  fp6.sub(T0, T0, T1);
  fp6.invert(T0, T0);
  fp6.negate(T1, a + W);
  fp6.mul(r, a, T0);
  fp6.mul(r + W, T1, T0);
}

/** r = a conjugated, a and r of fp2: its power of p. */
export function conjugateFp2(r: usize, a: usize): void {
  fp.copy(r, a);
  fp.negate(r + IM, a + IM);
  fp2.reduce(r);
}

/** r = conjugate of a times xi^(k (p - 1) / 6), a and r of fp2, k from 1 to 5: what w^k carries to its power of p. */
export function frobeniusPart(r: usize, a: usize, k: usize): void {
  const power = fp.FROBENIUS + (k - 1) * fp2.ELEMENT;
  fp2.join(POWER, power, power);
  conjugateFp2(r, a);
  fp2.mul(r, r, POWER);
}

/** The power of p, part by part: the part at w^k is a0's of v^(k / 2) for even k, a1's for odd k. */
export function frobenius(r: usize, a: usize): void {
  conjugateFp2(r, a);
  for (let k: usize = 1; k < 6; k++) {
    const part = (k & 1) * W + (k >> 1) * fp2.VECTOR;
    frobeniusPart(r + part, a + part, k);
  }
}

export function copy(r: usize, a: usize): void {
  fp6.copy(r, a);
  fp6.copy(r + W, a + W);
}

export function setOne(r: usize): void {
  for (let part: usize = 0; part < VECTOR; part += fp.VECTOR) fp.join(r + part, ZERO, ZERO);
  fp.join(r, fp.ONE, fp.ONE);
  fp.reduce(r);
}

/** r = the first lane of a times the second, in both lanes. With one lane: a. */
export function mulLanes(r: usize, a: usize): void {
  for (let part: usize = 0; part < VECTOR; part += fp.VECTOR) {
    fp.split(a + part, FIRST, SECOND);
    fp.join(r + part, FIRST, FIRST);
    if (fp.LANES == 2) fp.join(OTHER + part, SECOND, SECOND);
  }
  if (fp.LANES == 2) mul(r, r, OTHER);
}

/** Whether the first lane is 1. */
export function isOne(a: usize): bool {
  fp.pack(UNIT, fp.ONE);
  let others: u64 = 0;
  for (let part: usize = 0; part < VECTOR; part += fp.VECTOR) {
    fp.split(a + part, FIRST, SECOND);
    fp.pack(BYTES, FIRST);
    for (let i: usize = 0; i < 32; i += 8) {
      const expected = part ? 0 : load<u64>(UNIT + i);
      others |= load<u64>(BYTES + i) ^ expected;
    }
  }
  return others == 0;
}
