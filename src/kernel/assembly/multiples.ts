/**
 * Multiples of points of G1, each alone or all summed up, as batch verification needs them: of tens of points, by scalars of
 * 128 bits or a few of 254, all of them public. (msm.curve.ts is for thousands.)
 *
 * Four bits of a scalar at a time: a table holds 0 to 15 times each point, and the points of a sum share its doublings
 * (Straus). The addition of projective.curve.ts is complete, and so takes the same steps in all lanes, whatever their points and
 * digits are: two points go side by side.
 */
import * as fp from './fp';
import { allocate, mark, release } from './memory';
import { areZero, POINT_BYTES, readPoint, writePoint } from './points.g1';
import { add, PROJECTIVE, setAffine, setInfinity, toAffine } from './projective.g1';

const LANES = <usize>fp.LANES;
const SCALAR: usize = 32;
const ELEMENT: usize = 3 * fp.ELEMENT;

/** 0 to 15 times a point, at rest. */
const TABLE: usize = 16 * ELEMENT;

const X = memory.data(<i32>fp.VECTOR, 16), Y = memory.data(<i32>fp.VECTOR, 16);
const P = memory.data(<i32>PROJECTIVE, 16), Q = memory.data(<i32>PROJECTIVE, 16), SUM = memory.data(<i32>PROJECTIVE, 16);
const FIRST = memory.data(<i32>fp.ELEMENT, 16), SECOND = memory.data(<i32>fp.ELEMENT, 16);
const OTHER = memory.data(<i32>fp.ELEMENT, 16);

/**
 * out[i] = scalars[i] points[i], all plain; the scalars have up to so many digits of four bits.
 * Gives false for what is no point, and then `out` is not to be used.
 */
export function multiplesG1(points: usize, scalars: usize, count: usize, digits: usize, out: usize): bool {
  const start = mark(), tables = allocate(LANES * TABLE);
  let sound = true;
  for (let i: usize = 0; i < count; i += LANES) {
    const last = min(i + LANES, count) - 1;
    if (!makeTables(tables, points + i * POINT_BYTES, points + last * POINT_BYTES)) sound = false;
    combine(tables, scalars + i * SCALAR, last - i + 1, digits);
    if (last > i) writeLane(out + last * POINT_BYTES, 1);
    writeLane(out + i * POINT_BYTES, 0);
  }
  release(start);
  return sound;
}

/** out = the sum of all scalars[i] points[i], likewise. */
export function sumG1(points: usize, scalars: usize, count: usize, digits: usize, out: usize): bool {
  const start = mark(), tables = allocate((count + 1) * TABLE);
  let sound = true;
  for (let i: usize = 0; i < count; i += LANES) {
    const last = min(i + LANES, count) - 1;
    if (!makeTables(tables + i * TABLE, points + i * POINT_BYTES, points + last * POINT_BYTES)) sound = false;
  }
  combine(tables, scalars, count, digits);
  if (LANES == 2) {
    joinLanes(P, SUM, 1, SUM, 1);
    add(SUM, SUM, P);
  }
  writeLane(out, 0);
  release(start);
  return sound;
}

/** SUM = each lane's sum of scalars times points: the first has the even ones, the second the odd ones. */
function combine(tables: usize, scalars: usize, count: usize, digits: usize): void {
  setInfinity(SUM);
  for (let digit = digits; digit > 0; ) {
    digit--;
    for (let k = 0; k < 4; k++) add(SUM, SUM, SUM);
    for (let i: usize = 0; i < count; i += LANES) {
      const first = multipleAt(tables, scalars, i, digit);
      const second = i + 1 < count ? multipleAt(tables, scalars, i + 1, digit) : tables; // 0 times a point
      for (let k: usize = 0; k < 3; k++) {
        fp.join(P + k * fp.VECTOR, first + k * fp.ELEMENT, second + k * fp.ELEMENT);
      }
      add(SUM, SUM, P);
    }
  }
}

/** Where the table of point `i` has the multiple that a digit of its scalar names. */
function multipleAt(tables: usize, scalars: usize, i: usize, digit: usize): usize {
  const byte = <usize>load<u8>(scalars + i * SCALAR + (digit >> 1));
  return tables + i * TABLE + ((byte >> (4 * (digit & 1))) & 15) * ELEMENT;
}

/** A table for the point of each lane, one after the other. */
function makeTables(tables: usize, first: usize, second: usize): bool {
  const other = tables + (LANES - 1) * TABLE;
  const sound0 = readProjective(P, first), sound1 = readProjective(Q, second);
  joinLanes(Q, P, 0, Q, 0);
  setInfinity(P);
  for (let entry: usize = 0; entry < TABLE; entry += ELEMENT) {
    for (let k: usize = 0; k < 3; k++) {
      const at = entry + k * fp.ELEMENT;
      fp.split(P + k * fp.VECTOR, tables + at, other + at);
    }
    add(P, P, Q);
  }
  return sound0 && sound1;
}

function readProjective(r: usize, point: usize): bool {
  if (!readPoint(X, Y, point)) return false;
  setAffine(r, X, Y, areZero(point, POINT_BYTES));
  return true;
}

/** Writes a lane of SUM as a plain point. */
function writeLane(out: usize, lane: u32): void {
  joinLanes(P, SUM, lane, SUM, lane);
  toAffine(X, Y, P);
  writePoint(out, X, Y);
}

/** r = a lane of a and a lane of b, side by side. */
function joinLanes(r: usize, a: usize, laneOfA: u32, b: usize, laneOfB: u32): void {
  for (let part: usize = 0; part < PROJECTIVE; part += fp.VECTOR) {
    fp.split(a + part, FIRST, SECOND);
    if (laneOfA) fp.copyElement(FIRST, SECOND);
    fp.split(b + part, OTHER, SECOND);
    if (!laneOfB) fp.copyElement(SECOND, OTHER);
    fp.join(r + part, FIRST, SECOND);
  }
}
