/**
 * Runs a witness plan: a list of steps, each of which makes a number out of sums of numbers that are there already, or checks
 * one. src/prover/packedPlan.ts has checked that the steps read and write nothing else; here nothing is checked again.
 *
 * A step is words (u32): kind, a number, and how many terms the sums A, B and C have; the terms, each a slot and the index of
 * a factor; and, of `BITS`, the slots that the bits go to. A slot holds an element, in Montgomery form and reduced; so is a
 * factor, the first of which is 1.
 *
 * Bounds, in multiples of p (`i64` in brackets): what is reduced is at most 0.51 (1.01), a product of two such 0.73 (1.01), with
 * one summand.
 */
import * as fr from './fr';

/** `number` is the slot that is made, for `BITS` how many bits there are, and for `CHECK` the place, which is for people. */
const SUM: u32 = 0, PRODUCT: u32 = 1, BITS: u32 = 2, INVERSE: u32 = 3, CHECK: u32 = 4;

const HEAD: usize = 20, TERM: usize = 8;

const A = memory.data(<i32>fr.VECTOR, 16), B = memory.data(<i32>fr.VECTOR, 16), C = memory.data(<i32>fr.VECTOR, 16);
const X = memory.data(<i32>fr.VECTOR, 16), Y = memory.data(<i32>fr.VECTOR, 16);
const FIRST = memory.data(<i32>fr.ELEMENT, 16), SECOND = memory.data(<i32>fr.ELEMENT, 16);
const ZERO = memory.data(<i32>fr.ELEMENT, 16), BYTES = memory.data(32, 16);

/**
 * From plain numbers of 32 bytes, below the order, to elements in Montgomery form. What is unpacked has two summands, and so has
 * the constant: the constant is reduced.
 */
export function putNumbers(elements: usize, bytes: usize, count: usize): void {
  fr.join(Y, fr.TO_MONTGOMERY, fr.TO_MONTGOMERY);
  fr.reduce(Y);
  for (let i: usize = 0; i < count; i++) {
    fr.unpack(FIRST, bytes + 32 * i);
    fr.join(X, FIRST, FIRST);
    fr.mul(X, X, Y);
    fr.reduce(X);
    fr.split(X, elements + i * fr.ELEMENT, SECOND);
  }
}

/** The other way. `TO_PLAIN` is 1 in its lowest limb. */
export function takeNumbers(bytes: usize, elements: usize, count: usize): void {
  for (let i: usize = 0; i < count; i++) takeNumber(bytes + 32 * i, elements + i * fr.ELEMENT);
}

function takeNumber(bytes: usize, e: usize): void {
  fr.join(X, e, e);
  fr.join(Y, fr.TO_PLAIN, fr.TO_PLAIN);
  fr.mul(X, X, Y);
  fr.split(X, FIRST, SECOND);
  fr.pack(bytes, FIRST);
}

/** Runs the steps from `step` to `end`. @returns the check that fails, or 0 */
export function runPlan(step: usize, end: usize, slots: usize, factors: usize): usize {
  while (step < end) {
    const kind = load<u32>(step), number = <usize>load<u32>(step, 4);
    const a = step + HEAD, b = a + TERM * <usize>load<u32>(step, 8);
    const c = b + TERM * <usize>load<u32>(step, 12), next = c + TERM * <usize>load<u32>(step, 16);
    combine(C, c, next, slots, factors);
    if (b < c) {
      combine(A, a, b, slots, factors);
      combine(B, b, c, slots, factors);
      fr.mul(A, A, B);
      fr.add(C, C, A); // 1.3 (2.1), two summands
      fr.reduce(C);
    }
    if (kind == INVERSE) {
      fr.invert(C, C);
      fr.reduce(C);
    }
    fr.split(C, FIRST, SECOND);
    if (kind == CHECK) {
      if (!isZero()) return step;
    } else if (kind == BITS) putBits(next, number, slots);
    else fr.copyElement(slots + number * fr.ELEMENT, FIRST);
    step = kind == BITS ? next + 4 * number : next;
  }
  return 0;
}

/**
 * The sum of the terms from `term` to `end`, reduced, in the first lane; with two lanes each has every other term, and the
 * second is left with something else. On the way: a reduced sum and a product, 1.3 (2.1), two summands.
 */
function combine(r: usize, term: usize, end: usize, slots: usize, factors: usize): void {
  if (end == term + TERM && load<u32>(term, 4) == 0) {
    const e = slotOf(term, slots);
    fr.join(r, e, e);
    return;
  }
  memory.fill(r, 0, fr.VECTOR);
  for (; term < end; term += TERM * <usize>fr.LANES) {
    const last = fr.LANES == 1 || term + TERM == end;
    fr.join(X, slotOf(term, slots), last ? ZERO : slotOf(term + TERM, slots));
    fr.join(Y, factorOf(term, factors), last ? ZERO : factorOf(term + TERM, factors));
    fr.mul(X, X, Y);
    fr.add(r, r, X);
    fr.reduce(r);
  }
  if (fr.LANES == 1) return;
  fr.split(r, FIRST, SECOND);
  fr.join(X, SECOND, ZERO);
  fr.add(r, r, X);
  fr.reduce(r);
}

@inline
function slotOf(term: usize, slots: usize): usize {
  return slots + <usize>load<u32>(term) * fr.ELEMENT;
}

@inline
function factorOf(term: usize, factors: usize): usize {
  return factors + <usize>load<u32>(term, 4) * fr.ELEMENT;
}

/** Whether FIRST is: what is reduced may still be the order itself, `pack` gives what is below it. */
function isZero(): bool {
  fr.pack(BYTES, FIRST);
  return (load<u64>(BYTES) | load<u64>(BYTES, 8) | load<u64>(BYTES, 16) | load<u64>(BYTES, 24)) == 0;
}

/** The lowest bits of FIRST, the lowest first, each as the 1 of slot 0 or as 0. At most 254 are asked for. */
function putBits(targets: usize, count: usize, slots: usize): void {
  takeNumber(BYTES, FIRST);
  for (let i: usize = 0; i < count; i++) {
    const bit = (load<u8>(BYTES + (i >> 3)) >> <u8>(i & 7)) & 1;
    fr.copyElement(slots + <usize>load<u32>(targets + 4 * i) * fr.ELEMENT, bit ? slots : ZERO);
  }
}
