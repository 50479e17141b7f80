/**
 * Whether a product of pairings is 1, as EIP-197's precompile answers it: with every point looked at before.
 * Points are plain (canonical bytes). A pair is a point of G1 and one of G2; where one of them is infinity its pairing is 1.
 */
import * as ate from './ate';
import { finalExponentiation } from './finalExponentiation';
import * as fp from './fp';
import * as fp2 from './fp2';
import * as fp12 from './fp12';
import { allocate, mark, release } from './memory';
import { POINT_BYTES as G1_BYTES, readPoint as readG1 } from './points.g1';
import { areZero, POINT_BYTES as G2_BYTES, readPoint as readG2 } from './points.g2';

const LANES = <usize>fp.LANES;
const PAIR: usize = G1_BYTES + G2_BYTES;

/** What is wrong with a pair: not points of the curves, or that of G2 is outside the subgroup of order r. */
const NO_POINTS: u8 = 1, OUTSIDE: u8 = 2;

/** Of each lane the point of G1, and that of G2, at work: x and y. */
const P = memory.data(<i32>4 * <i32>fp.VECTOR, 16), P2: usize = P + 2 * fp.VECTOR;
const Q = memory.data(<i32>4 * <i32>fp2.VECTOR, 16), Q2: usize = Q + 2 * fp2.VECTOR;
const VALUE = memory.data(<i32>fp12.VECTOR, 16);

/**
 * Whether all points are what they must be, and the product of the pairs' pairings is 1.
 * @param faults a byte for each pair, written: what is wrong with it, 0 for nothing. Points outside the subgroup are looked for
 *   where nothing else is wrong with any pair
 */
export function checkPairings(pairs: usize, count: usize, faults: usize): bool {
  const start = mark(), groups = (count + LANES - 1) / LANES, table = allocate(groups * ate.GROUP);
  memory.fill(faults, 0, count);
  let sound = true;
  for (let i: usize = 0; i < groups; i++) {
    if (!readGroup(table + i * ate.GROUP, pairs, i * LANES, count, faults)) sound = false;
  }
  if (sound) {
    ate.millerLoop(VALUE, table, groups);
    sound = areInSubgroup(table, pairs, count, faults);
  }
  release(start);
  if (!sound) return false;
  fp12.mulLanes(VALUE, VALUE);
  finalExponentiation(VALUE, VALUE);
  return fp12.isOne(VALUE);
}

/** Reads the pairs from `from` on into a group. Where there is no second one it is the first again, silent. */
function readGroup(group: usize, pairs: usize, from: usize, count: usize, faults: usize): bool {
  const second = min(from + LANES, count) - 1;
  const sound0 = readPair(P, Q, pairs + from * PAIR), sound1 = readPair(P2, Q2, pairs + second * PAIR);
  if (!sound0) store<u8>(faults + from, NO_POINTS);
  if (!sound1) store<u8>(faults + second, NO_POINTS);
  const silent0 = isSilent(pairs + from * PAIR), silent1 = second == from || isSilent(pairs + second * PAIR);
  ate.fillGroup(group, P, Q, silent0, silent1);
  return sound0 && sound1;
}

function readPair(p: usize, q: usize, pair: usize): bool {
  const onG1 = readG1(p, p + fp.VECTOR, pair), onTwist = readG2(q, q + fp2.VECTOR, pair + G1_BYTES);
  return onG1 && onTwist;
}

function isSilent(pair: usize): bool {
  return areZero(pair, G1_BYTES) || areZero(pair + G1_BYTES, G2_BYTES);
}

/** After the loop: whether all points of G2 are infinity or in the subgroup. */
function areInSubgroup(table: usize, pairs: usize, count: usize, faults: usize): bool {
  let sound = true;
  for (let i: usize = 0; i < count; i++) {
    const lanes = ate.lanesInSubgroup(table + (i / LANES) * ate.GROUP);
    if ((lanes >> <u32>(i % LANES)) & 1 || areZero(pairs + i * PAIR + G1_BYTES, G2_BYTES)) continue;
    store<u8>(faults + i, OUTSIDE);
    sound = false;
  }
  return sound;
}
