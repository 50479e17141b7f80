/**
 * The quadratic program of a Groth16 key: from the witness w to the values of A B - C on the coset, where A and B are the
 * products of the key's two matrices with w, and C their product row by row. These values are the scalars of the key's last
 * set of points.
 */
import * as fr from './fr';
import { toCoset, toCosetFolded, wipeTransforms } from './fft';
import { allocate, mark, release } from './memory';

/** Matrix, row, wire: each a u32; then the coefficient times 2^512. */
const RECORD: usize = 44;

const SUM = memory.data(<i32>fr.VECTOR, 16), X = memory.data(<i32>fr.VECTOR, 16), Y = memory.data(<i32>fr.VECTOR, 16);
const E = memory.data(4 * <i32>fr.ELEMENT, 16), ZERO = memory.data(<i32>fr.ELEMENT, 16);

/**
 * The matrices of a key, sorted by rows: where each of the rows of A, then of B, begins (u32), the wires (u32), and the
 * coefficients as elements, times `R^2` and reduced.
 * @returns 0 if a record names another matrix, row or wire than there is, or its number is not below the order
 */
export function loadMatrices(records: usize, count: usize, rows: usize, wires: usize): usize {
  const end = records + count * RECORD;
  for (let record = records; record < end; record += RECORD)
    if (load<u32>(record) > 1 || load<u32>(record, 4) >= <u32>rows || load<u32>(record, 8) >= <u32>wires
      || !fr.isCanonical(record + 12)) return 0;
  const starts = allocate((2 * rows + 1 + count) * 4 + 8 + count * fr.ELEMENT);
  countRows(starts, records, end, rows);
  fr.join(Y, fr.FROM_KEY_COEFFICIENT, fr.FROM_KEY_COEFFICIENT);
  fr.reduce(Y);
  for (let record = records; record < end; record += RECORD) {
    const start = startOf(starts, rows, record), at = <usize>load<u32>(start);
    store<u32>(start, <u32>at + 1);
    store<u32>(wireOf(starts, rows) + 4 * at, load<u32>(record, 8));
    loadCoefficient(coefficientOf(starts, rows, count) + at * fr.ELEMENT, record + 12);
  }
  // Each start is where its row ended: the next one's.
  for (let row: usize = rows + rows; row > 0; row--) store<u32>(starts + 4 * row, load<u32>(starts + 4 * (row - 1)));
  store<u32>(starts, 0);
  return starts;
}

/** Where the row of a record is noted. */
@inline
function startOf(starts: usize, rows: usize, record: usize): usize {
  return starts + 4 * (<usize>load<u32>(record) * rows + <usize>load<u32>(record, 4));
}

@inline
function wireOf(starts: usize, rows: usize): usize {
  return starts + 4 * (2 * rows + 1);
}

/** Rounded to 8 bytes. */
@inline
function coefficientOf(starts: usize, rows: usize, count: usize): usize {
  return starts + ((4 * (2 * rows + 1 + count) + 7) & ~7);
}

function countRows(starts: usize, records: usize, end: usize, rows: usize): void {
  memory.fill(starts, 0, 4 * (2 * rows + 1));
  for (let record = records; record < end; record += RECORD) {
    const start = startOf(starts, rows, record);
    store<u32>(start, load<u32>(start) + 1);
  }
  let before: u32 = 0;
  for (let start = starts; start <= starts + 8 * rows; start += 4) {
    const count = load<u32>(start);
    store<u32>(start, before);
    before += count;
  }
}

/** Y is the factor, reduced: what has just been unpacked has two summands. */
function loadCoefficient(e: usize, bytes: usize): void {
  fr.unpack(e, bytes);
  fr.join(X, e, e);
  fr.mul(X, X, Y);
  fr.reduce(X);
  fr.split(X, e, e);
}

/**
 * The n scalars, plain, 32 bytes each. Nothing else is left of the witness.
 * @param witness plain numbers below the order, 32 bytes each; `wires` of them
 */
export function evaluateQuotient(
  domain: usize, n: usize, matrices: usize, coefficients: usize, witness: usize, wires: usize, scalars: usize,
): void {
  const start = mark();
  const elements = allocate(wires * fr.ELEMENT);
  for (let i: usize = 0; i < wires; i++) fr.unpack(elements + i * fr.ELEMENT, witness + 32 * i);
  const lanes = <usize>fr.LANES;
  const rows = allocate(2 * n / lanes * fr.VECTOR), products = allocate(n / lanes * fr.VECTOR);
  multiplyMatrices(rows, n, matrices, coefficientOf(matrices, n, coefficients), elements);
  multiplyRows(products, rows, n);
  toCoset(domain, n, rows);
  if (fr.LANES == 2) toCosetFolded(domain, n, products);
  else {
    toCoset(domain, n, rows + n * fr.VECTOR);
    toCoset(domain, n, products);
  }
  subtractProducts(scalars, rows, products, n);
  memory.fill(start, 0, mark() - start);
  release(start);
  wipeTransforms();
  memory.fill(E, 0, 4 * fr.ELEMENT);
  memory.fill(SUM, 0, fr.VECTOR);
  memory.fill(X, 0, fr.VECTOR);
  memory.fill(Y, 0, fr.VECTOR);
}

/**
 * A w and B w. With two lanes vector i holds row i of both; with one the rows of A are followed by those of B. A sum and a
 * product are at most 0.51 + 0.82 (`i64`: 2.02), with two summands.
 */
function multiplyMatrices(r: usize, n: usize, matrices: usize, coefficients: usize, elements: usize): void {
  const wires = wireOf(matrices, n), count: usize = (n + n) / <usize>fr.LANES;
  for (let row: usize = 0; row < count; row++) {
    let a = <usize>load<u32>(matrices + 4 * row), b: usize = 0, bEnd: usize = 0;
    const aEnd = <usize>load<u32>(matrices + 4 * row, 4);
    if (fr.LANES == 2) {
      b = <usize>load<u32>(matrices + 4 * (row + n));
      bEnd = <usize>load<u32>(matrices + 4 * (row + n), 4);
    }
    memory.fill(SUM, 0, fr.VECTOR);
    for (; a < aEnd || b < bEnd; a++, b++) {
      const inA = a < aEnd, inB = b < bEnd;
      fr.join(X, inA ? coefficients + a * fr.ELEMENT : ZERO, inB ? coefficients + b * fr.ELEMENT : ZERO);
      fr.join(Y, inA ? elements + <usize>load<u32>(wires + 4 * a) * fr.ELEMENT : ZERO,
        inB ? elements + <usize>load<u32>(wires + 4 * b) * fr.ELEMENT : ZERO);
      fr.mul(X, X, Y);
      fr.add(SUM, SUM, X);
      fr.reduce(SUM);
    }
    fr.copy(r + row * fr.VECTOR, SUM);
  }
}

/** C: with two lanes folded, as `toCosetFolded` takes it. */
function multiplyRows(r: usize, rows: usize, n: usize): void {
  const count = n / <usize>fr.LANES;
  for (let j: usize = 0; j < count; j++) multiplyRow(r + j * fr.VECTOR, rows, n, j);
}

/** Of rows j and, in the second lane, j + n/2: A times B, one summand, at most 0.73 (`i64`: 1.01). */
@inline
function multiplyRow(r: usize, rows: usize, n: usize, j: usize): void {
  const row = rows + j * fr.VECTOR;
  if (fr.LANES == 1) fr.mul(r, row, row + n * fr.VECTOR);
  else {
    fr.split(row, E, E + fr.ELEMENT);
    fr.split(row + (n >> 1) * fr.VECTOR, E + 2 * fr.ELEMENT, E + 3 * fr.ELEMENT);
    fr.join(X, E, E + 2 * fr.ELEMENT);
    fr.join(Y, E + fr.ELEMENT, E + 3 * fr.ELEMENT);
    fr.mul(r, X, Y);
  }
}

/** A B - C, made plain: a difference is at most 1.3 (`i64`: 5.1), with two summands, and `TO_PLAIN` is 1 in its lowest limb. */
function subtractProducts(scalars: usize, rows: usize, products: usize, n: usize): void {
  const count = n / <usize>fr.LANES;
  for (let j: usize = 0; j < count; j++) {
    multiplyRow(SUM, rows, n, j);
    fr.sub(SUM, SUM, products + j * fr.VECTOR);
    fr.join(Y, fr.TO_PLAIN, fr.TO_PLAIN);
    fr.mul(SUM, SUM, Y);
    fr.split(SUM, E, E + fr.ELEMENT);
    fr.pack(scalars + 32 * j, E);
    if (fr.LANES == 2) fr.pack(scalars + 32 * (j + count), E + fr.ELEMENT);
  }
}
