/**
 * Poseidon, several hashes side by side: as many in a group as there are lanes, and two groups in turn, because a product
 * waits for itself but not for another's. The partial rounds are a recurrence (scripts/poseidon/recurrence.ts says which, and
 * why it is the same): the history holds x_k and s_{k+1} in turn, and a round is the dot product of its last 2n + 1 numbers
 * with coefficients that stay.
 *
 * Sizes, for the narrower build, in multiples of p: what `reduce` gives, and every constant here, is at most 0.51. Then a
 * square is 0.73, its square 0.83, and the fifth power 0.79, which is reduced: sums are of products of reduced numbers.
 */
import * as fr from './fr';

/** The groups at once; the widest state; the rounds of a history: the last made-up ones, and the partial ones. */
const GROUPS: usize = 2, MOST_WIDTH: usize = 16, MOST_ROUNDS: usize = 15 + 64;

/** What a sum takes at once: 20 * 0.51 * 0.51 is 5.2, below 5.3. */
const MOST_TERMS: usize = 20;

/** Of a group, in the state and in the history. */
const STATE_BYTES: usize = MOST_WIDTH * fr.VECTOR, HISTORY_BYTES: usize = 2 * MOST_ROUNDS * fr.VECTOR;

const STATE = memory.data(<i32>(2 * 16 * fr.VECTOR), 16), MIXED = memory.data(<i32>(2 * 16 * fr.VECTOR), 16);
const HISTORY = memory.data(<i32>(2 * 2 * 79 * fr.VECTOR), 16);
const S = memory.data(<i32>fr.VECTOR, 16), T = memory.data(<i32>fr.VECTOR, 16), CONVERTER = memory.data(<i32>fr.VECTOR, 16);
const FIRST = memory.data(<i32>fr.ELEMENT, 16), SECOND = memory.data(<i32>fr.ELEMENT, 16);

/** The hash's width and its constants, one after the other. */
let width: usize = 0, mixing: usize = 0, entry: usize = 0, exit: usize = 0, coefficients: usize = 0;

/** The next constant to add, and the groups that are at work. */
let added: usize = 0, groups: usize = 0;

/** Numbers of 32 bytes, little-endian and below p, to constants: elements in Montgomery form, reduced. */
export function poseidonPrepare(elements: usize, bytes: usize, count: usize): void {
  fr.join(CONVERTER, fr.TO_MONTGOMERY, fr.TO_MONTGOMERY);
  for (let i: usize = 0; i < count; i++) {
    read(S, bytes + 32 * i, bytes + 32 * i);
    fr.split(S, elements + i * fr.ELEMENT, SECOND);
  }
}

/**
 * Hashes `arity` numbers at a time, of 32 bytes, little-endian and below p, to one each.
 * @param constants what `poseidonPrepare` made, in the order of src/kernel/poseidon.ts
 */
export function poseidonHash(
  hashes: usize, inputs: usize, count: usize, arity: usize, rounds: usize, constants: usize,
): void {
  width = arity + 1;
  mixing = constants;
  entry = mixing + width * width * fr.ELEMENT;
  exit = entry + width * width * fr.ELEMENT;
  coefficients = exit + 2 * arity * arity * fr.ELEMENT;
  for (let i: usize = 0; i < count; i += fr.LANES * GROUPS) {
    added = coefficients + (2 * arity + 1) * fr.ELEMENT;
    groups = min<usize>(GROUPS, (count - i + fr.LANES - 1) / fr.LANES);
    begin(inputs, i, count);
    permute(rounds);
    end(hashes, i, count);
  }
  // What is left would tell the last inputs, which may be secret.
  memory.fill(STATE, 0, GROUPS * STATE_BYTES);
  memory.fill(MIXED, 0, GROUPS * STATE_BYTES);
  memory.fill(HISTORY, 0, GROUPS * HISTORY_BYTES);
  memory.fill(S, 0, fr.VECTOR);
  memory.fill(T, 0, fr.VECTOR);
  memory.fill(FIRST, 0, fr.ELEMENT);
  memory.fill(SECOND, 0, fr.ELEMENT);
}

/** The states: 0, then the inputs. Where a lane is left over, it takes the last inputs once more. */
function begin(inputs: usize, from: usize, count: usize): void {
  const n = width - 1;
  fr.join(CONVERTER, fr.TO_MONTGOMERY, fr.TO_MONTGOMERY);
  for (let g: usize = 0; g < groups; g++) {
    const mixed = MIXED + g * STATE_BYTES;
    const first = from + g * fr.LANES, second = min(first + fr.LANES, count) - 1;
    memory.fill(mixed, 0, fr.VECTOR);
    for (let i: usize = 0; i < n; i++)
      read(mixed + (i + 1) * fr.VECTOR, inputs + 32 * (first * n + i), inputs + 32 * (second * n + i));
  }
}

/** Two numbers to Montgomery form, reduced. An unpacked number is two summands and so is the converter: the first is reduced. */
function read(r: usize, first: usize, second: usize): void {
  fr.unpack(FIRST, first);
  if (fr.LANES == 2) fr.unpack(SECOND, second);
  fr.join(r, FIRST, SECOND);
  fr.reduce(r);
  fr.mul(r, r, CONVERTER);
  fr.reduce(r);
}

/** The first number of what the last round mixes, at most 2.3, by a converter below 1: at most 1.5. */
function end(hashes: usize, from: usize, count: usize): void {
  fr.join(CONVERTER, fr.TO_PLAIN, fr.TO_PLAIN);
  for (let g: usize = 0; g < groups; g++) {
    const first = from + g * fr.LANES, second = min(first + fr.LANES, count) - 1;
    fr.dot(S, <i32>width, mixing, STATE + g * STATE_BYTES);
    fr.mul(S, S, CONVERTER);
    fr.split(S, FIRST, SECOND);
    if (fr.LANES == 2) fr.pack(hashes + 32 * second, SECOND);
    fr.pack(hashes + 32 * first, FIRST);
  }
}

/** All rounds but the mixing of the last. */
function permute(rounds: usize): void {
  for (let round = 0; round < 4; round++) {
    raise();
    mix(round < 3 ? mixing : entry);
  }
  recur(rounds);
  for (let round = 0; round < 3; round++) {
    raise();
    mix(mixing);
  }
  raise();
}

/** A full round's constants and fifth powers, from what has been mixed to the state. */
function raise(): void {
  for (let i: usize = 0; i < width; i++) addNext(MIXED + i * fr.VECTOR, STATE_BYTES);
  for (let g: usize = 0; g < groups; g++)
    powers(STATE + g * STATE_BYTES, fr.VECTOR, MIXED + g * STATE_BYTES, fr.VECTOR, width);
}

/** From the state to what is mixed: at most 16 * 0.51 * 0.51 = 4.2 go into a number, so it is at most 2.3. */
function mix(matrix: usize): void {
  for (let g: usize = 0; g < groups * STATE_BYTES; g += STATE_BYTES)
    for (let i: usize = 0; i < width; i++)
      fr.dot(MIXED + g + i * fr.VECTOR, <i32>width, matrix + i * width * fr.ELEMENT, STATE + g);
}

/** The partial rounds, from what the entry has mixed to what the next full round adds its constants to. */
function recur(rounds: usize): void {
  const n = width - 1;
  for (let g: usize = 0; g < groups; g++) makeUpPast(HISTORY + g * HISTORY_BYTES, MIXED + g * STATE_BYTES);
  addNext(MIXED, STATE_BYTES);
  let window = HISTORY, s = MIXED, stride = STATE_BYTES;
  for (let k: usize = 0; k < rounds; k++) {
    const x = window + 2 * n * fr.VECTOR;
    powers(x, HISTORY_BYTES, s, stride, groups);
    s = x + fr.VECTOR;
    stride = HISTORY_BYTES;
    for (let g: usize = 0; g < groups * HISTORY_BYTES; g += HISTORY_BYTES)
      sum(s + g, 2 * n + 1, coefficients, window + g);
    addNext(s, stride);
    window += 2 * fr.VECTOR;
  }
  for (let g: usize = 0; g < groups; g++)
    leave(MIXED + g * STATE_BYTES, window + g * HISTORY_BYTES);
}

/** The pairs before the first round: x = 0, and the s that the entry has made. */
function makeUpPast(history: usize, mixed: usize): void {
  for (let i: usize = 1; i < width; i++) {
    memory.fill(history, 0, fr.VECTOR);
    fr.copy(history + fr.VECTOR, mixed + i * fr.VECTOR);
    shorten(history + fr.VECTOR);
    history += 2 * fr.VECTOR;
  }
}

/** The state after the last n pairs: the last s, and their image. */
function leave(mixed: usize, window: usize): void {
  const n = width - 1;
  fr.copy(mixed, window + (2 * n - 1) * fr.VECTOR);
  for (let i: usize = 0; i < n; i++)
    sum(mixed + (i + 1) * fr.VECTOR, 2 * n, exit + 2 * i * n * fr.ELEMENT, window);
}

/** Reduces, where it must be: in `i64` nothing here is more than 3.5, and a product takes 100. */
@inline
function shorten(r: usize): void {
  if (fr.LANES == 2) fr.reduce(r);
}

/** Adds the next constant to a number of each group. What is given is at most 2.6 and two summands; it is reduced. */
function addNext(a: usize, stride: usize): void {
  fr.join(T, added, added);
  for (let g: usize = 0; g < groups; g++) {
    fr.add(a, a, T);
    shorten(a);
    a += stride;
  }
  added += fr.ELEMENT;
}

/** `a ** 5` of reduced numbers, reduced, step by step for all: so no product waits for the one before. */
function powers(r: usize, rStride: usize, a: usize, aStride: usize, count: usize): void {
  for (let i: usize = 0; i < count; i++) fr.sqr(r + i * rStride, a + i * aStride);
  for (let i: usize = 0; i < count; i++) fr.sqr(r + i * rStride, r + i * rStride);
  for (let i: usize = 0; i < count; i++) {
    fr.mul(r + i * rStride, r + i * rStride, a + i * aStride);
    shorten(r + i * rStride);
  }
}

/** A dot product of any length: at most 2.6 with one summand, or 1.02 with two. */
@inline
function sum(r: usize, terms: usize, elements: usize, vectors: usize): void {
  const first = terms > MOST_TERMS ? terms / 2 : terms;
  fr.dot(r, <i32>first, elements, vectors);
  if (first == terms) return;
  fr.dot(T, <i32>(terms - first), elements + first * fr.ELEMENT, vectors + first * fr.VECTOR);
  shorten(r);
  shorten(T);
  fr.add(r, r, T);
}
