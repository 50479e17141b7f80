/**
 * From the sums of the buckets to the sum of digit * bucket. A digit is u * 2^h + v: the buckets are summed by their u (a row)
 * and by their v (a column), then the rows and columns by the bits of u and v. What is left is one point for every bit of the
 * halves, and the sum of 2^bit * point by doubling. Two affine additions a bucket, and all windows share their inversions.
 */
import { isInfinite, POINT, POINT_Y } from './points.curve';
import * as lists from './sums.curve';
import { add, PROJECTIVE, setInfinity, setPoint } from './projective.curve';
import { allocate } from './memory';

/** Bits of v; rows u = 1, 2 ... and columns v = 1, 2 ... of a window. Neither u = 0 nor v = 0 counts. */
let h: u32 = 0, rows: u32 = 0, columns: u32 = 0;
/** References in the order of the lists, and how many there are. */
let references: usize = 0, next: u32 = 0;

const TERM = memory.data(<i32>PROJECTIVE, 16);

/** How many rows and columns a window of `c` bits has. */
export function linesOf(c: u32): u32 {
  setShape(c);
  return rows + columns;
}

function setShape(c: u32): void {
  h = (c - 1) >> 1;
  rows = 1 << (c - 1 - h);
  columns = (1 << h) - 1;
}

/** Sets `result` to the sum over all windows. `buckets` are points; `sorted` has room for two references of each. */
export function weighBuckets(result: usize, buckets: usize, c: u32, windows: u32, sorted: usize): void {
  setShape(c);
  references = sorted;
  const lines = allocate(<usize>(windows * (rows + columns)) * POINT);
  const bits = allocate(<usize>(windows * c) * POINT);
  sumLines(lines, buckets, c, windows);
  sumBits(bits, lines, c, windows);
  setInfinity(result);
  for (let bit = windows * c; bit-- > 0; ) {
    const point = bits + <usize>bit * POINT;
    add(result, result, result);
    if (isInfinite(point, POINT_Y)) continue;
    setPoint(TERM, point);
    add(result, result, TERM);
  }
}

function sumLines(lines: usize, buckets: usize, c: u32, windows: u32): void {
  const perWindow: u32 = 1 << (c - 1), width = columns + 1;
  lists.clear(windows * (rows + columns));
  next = 0;
  for (let window: u32 = 0, list: u32 = 0; window < windows; window++) {
    // The bucket of digit d is at d - 1.
    const first = buckets + <usize>(window * perWindow) * POINT - POINT;
    for (let u: u32 = 1; u <= rows; u++, list++) {
      const end = min(u * width + width, perWindow + 1);
      for (let digit = u * width; digit < end; digit++) append(list, first + <usize>digit * POINT);
    }
    for (let v: u32 = 1; v <= columns; v++, list++)
      for (let digit = v; digit <= perWindow; digit += width) append(list, first + <usize>digit * POINT);
  }
  finish(lines);
}

function sumBits(bits: usize, lines: usize, c: u32, windows: u32): void {
  lists.clear(windows * c);
  next = 0;
  for (let window: u32 = 0; window < windows; window++) {
    // The row u is at u - 1, then come the columns.
    const row = lines + <usize>(window * (rows + columns)) * POINT - POINT, column = row + <usize>rows * POINT;
    for (let bit: u32 = 0; bit < h; bit++)
      for (let v: u32 = 1; v <= columns; v++) if ((v >> bit) & 1) append(window * c + bit, column + <usize>v * POINT);
    for (let bit = h; bit < c; bit++)
      for (let u: u32 = 1; u <= rows; u++) if ((u >> (bit - h)) & 1) append(window * c + bit, row + <usize>u * POINT);
  }
  finish(bits);
}

/** Adds a point to the list, if it is finite. Lists are written one after the other. */
function append(list: u32, point: usize): void {
  if (isInfinite(point, POINT_Y)) return;
  store<u32>(references + 4 * <usize>next, <u32>point);
  next++;
  store<u32>(lists.lengthOf(list), load<u32>(lists.lengthOf(list)) + 1);
}

function finish(sums: usize): void {
  lists.setStarts();
  lists.sumLists(references, POINT_Y, sums);
}
