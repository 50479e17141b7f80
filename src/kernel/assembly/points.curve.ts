/**
 * Points at rest, and tables of them. A point is affine: x and y, each an element in Montgomery form, reduced. Infinity is all
 * zeros, which is on neither curve. A table's entry has the endomorphism's x between the two, so that a multi-exponentiation
 * only chooses between its places.
 */
import * as f from './coordinate';
import { FROM_KEY, TO_MONTGOMERY, TO_PLAIN } from './fp';
import { allocate, mark, release } from './memory';

/** Bytes of a point. */
export const POINT: usize = 2 * f.ELEMENT;
/** Where a point's y is, and an entry's. */
export const POINT_Y: usize = f.ELEMENT;
export const ENTRY_Y: usize = 2 * f.ELEMENT;
/** Bytes of a point at the module's edge. */
export const POINT_BYTES: usize = 2 * f.BYTES;

const ENTRY: usize = 3 * f.ELEMENT;
const HEADER: usize = 16;
const MAX_COUNT: u32 = 1 << 21;

const X = memory.data(<i32>f.VECTOR, 16), Y = memory.data(<i32>f.VECTOR, 16), T = memory.data(<i32>f.VECTOR, 16);
const LANE0 = memory.data(<i32>f.ELEMENT, 16), LANE1 = memory.data(<i32>f.ELEMENT, 16);
const PACKED = memory.data(<i32>f.BYTES, 16);

/** A table of points in a key's form (Montgomery with 2^256), or 0 if one is not canonical or not on the curve. */
export function loadKey(bytes: usize, count: u32): usize {
  return makeTable(bytes, count, FROM_KEY);
}

/** The same of plain points. */
export function loadPlain(bytes: usize, count: u32): usize {
  return makeTable(bytes, count, TO_MONTGOMERY);
}

export function tableCount(table: usize): u32 {
  return load<u32>(table);
}

@inline
export function entryOf(table: usize, i: u32): usize {
  return table + HEADER + <usize>i * ENTRY;
}

/** Whether both coordinates, the second `y` bytes after the first, are zero in every bit. */
export function isInfinite(point: usize, y: usize): bool {
  for (let i: usize = 0; i < f.ELEMENT; i += 4)
    if (load<u32>(point + i) | load<u32>(point + y + i)) return false;
  return true;
}

/** Which lanes are 0 modulo p: bit 0 for the first, bit 1 for the second. A difference of two reduced numbers is small enough. */
export function zeroLanes(a: usize): u32 {
  f.split(a, LANE0, LANE1);
  const first = isZero(LANE0);
  return f.LANES == 2 ? first | (isZero(LANE1) << 1) : first;
}

function isZero(element: usize): u32 {
  f.pack(PACKED, element);
  return u32(areZero(PACKED, f.BYTES));
}

export function areZero(bytes: usize, length: usize): bool {
  let all: u64 = 0;
  for (let i: usize = 0; i < length; i += 8) all |= load<u64>(bytes + i);
  return all == 0;
}

function makeTable(bytes: usize, count: u32, factor: usize): usize {
  if (count > MAX_COUNT) unreachable();
  const start = mark();
  const table = allocate(HEADER + count * ENTRY);
  store<u32>(table, count);
  for (let i: u32 = 0; i < count; i += f.LANES) {
    const other = min(i + f.LANES, count) - 1;
    if (!isPoint(bytes + i * POINT_BYTES, bytes + other * POINT_BYTES, factor)) {
      release(start);
      return 0;
    }
    storeEntries(entryOf(table, i), entryOf(table, other));
    if (areZero(bytes + i * POINT_BYTES, POINT_BYTES)) memory.fill(entryOf(table, i), 0, ENTRY);
    if (areZero(bytes + other * POINT_BYTES, POINT_BYTES)) memory.fill(entryOf(table, other), 0, ENTRY);
  }
  return table;
}

/** Reads two points into the lanes of X and Y (one if there is one lane), and says whether they are points. */
function isPoint(first: usize, second: usize, factor: usize): bool {
  if (!readLanes(X, first, second, factor) || !readLanes(Y, first + f.BYTES, second + f.BYTES, factor)) return false;
  const good = equationLanes(X, Y) | u32(areZero(first, POINT_BYTES)) | (u32(areZero(second, POINT_BYTES)) << 1);
  return f.LANES == 2 ? good == 3 : (good & 1) != 0;
}

function readLanes(r: usize, first: usize, second: usize, factor: usize): bool {
  if (!f.isCanonical(first) || !f.isCanonical(second)) return false;
  f.unpack(LANE0, first);
  f.unpack(LANE1, second);
  f.join(r, LANE0, LANE1);
  f.scale(r, factor);
  return true;
}

/** In which lanes y^2 = x^3 + b: the cube is a product of reduced numbers, and the differences are reduced one by one. */
export function equationLanes(x: usize, y: usize): u32 {
  f.sqr(T, x);
  f.reduce(T);
  f.mul(T, T, x);
  f.reduce(T);
  f.setB(U);
  f.add(T, T, U);
  f.reduce(T);
  f.sqr(U, y);
  f.reduce(U);
  f.sub(T, U, T);
  return zeroLanes(T);
}

const U = memory.data(<i32>f.VECTOR, 16);

function storeEntries(first: usize, second: usize): void {
  f.split(X, first, second);
  f.split(Y, first + ENTRY_Y, second + ENTRY_Y);
  f.endomorphism(X);
  f.split(X, first + f.ELEMENT, second + f.ELEMENT);
}

/** Reads one plain point into both lanes of x and y, reduced, and says whether it is one: canonical, and on the curve or infinity. */
export function readPoint(x: usize, y: usize, bytes: usize): bool {
  if (!isPoint(bytes, bytes, TO_MONTGOMERY)) return false;
  f.copy(x, X);
  f.copy(y, Y);
  return true;
}

/** Writes the first lanes of two reduced numbers as a plain point. */
export function writePoint(bytes: usize, x: usize, y: usize): void {
  writeCoordinate(bytes, x);
  writeCoordinate(bytes + f.BYTES, y);
}

function writeCoordinate(bytes: usize, a: usize): void {
  f.copy(T, a);
  f.scale(T, TO_PLAIN);
  f.split(T, LANE0, LANE1);
  f.pack(bytes, LANE0);
}
