/**
 * The sum of scalar * point: scalars in halves (glv.ts), halves in windows of digits from -2^(c-1) to 2^(c-1), points with the
 * same digit in one bucket (Pippenger), all additions in affine batches (batch.curve.ts).
 *
 * A half is a sum of digits d_w * 2^(cw). The digits are read, each by itself, from the half plus 2^(c-1) in every window but
 * the highest: the bits of window w less 2^(c-1) are d_w. The highest digit is not negative; with its carry it is at most
 * 2^(c-1), as it has at most c - 1 bits. The sum is below 2^127 + 2^127.
 */
import { HALF_BITS, halve, wipeScalar } from './glv';
import * as batch from './batch.curve';
import * as lists from './sums.curve';
import { allocate, mark, release } from './memory';
import { entryOf, ENTRY_Y, isInfinite, POINT, tableCount } from './points.curve';
import { PROJECTIVE } from './projective.curve';
import { writeProjective } from './operations.curve';
import { linesOf, weighBuckets } from './weights.curve';

const MIN_WINDOW: u32 = 2, MAX_WINDOW: u32 = 14;
/** Windows are worked on together as long as they have not more digits than this. */
const GROUP_DIGITS: u32 = 1 << 16;

/** The halves that are not 0: each 16 bytes; and for each a reference to its point. */
let halves: usize = 0, references: usize = 0, count: u32 = 0;
/** How many halves have so many bits. */
let counts: usize = 0;
/** Bits of a window, windows, and buckets of each: bucket i is for the digits i + 1 and -(i + 1). */
let c: u32 = 0, windows: u32 = 0, buckets: u32 = 0;
/** References in the order of the lists that they are in. */
let sorted: usize = 0;

const RESULT = memory.data(<i32>PROJECTIVE, 16);
const HALVES = memory.data(32, 16);

/**
 * Writes the sum of scalars[i] * table[from + i], i < count, as a plain point. Scalars are 32 bytes, plain, below r.
 * @param window bits of a window, from 2 to 14, or 0 for the best; it only changes the time
 * Traps if the table has not so many points, or a scalar is not below r.
 */
export function msm(table: usize, from: u32, scalars: usize, points: u32, window: u32, out: usize): void {
  if (from > tableCount(table) || points > tableCount(table) - from) unreachable();
  const start = mark();
  collectHalves(table, from, scalars, points);
  setWindow(window);
  weighBuckets(RESULT, sumBuckets(), c, windows, sorted);
  writeProjective(out, RESULT);
  wipe(start);
}

/** Secrets are all over what was allocated: digits tell scalars, and so do references and sums. */
function wipe(start: usize): void {
  wipeScalar();
  memory.fill(HALVES, 0, 32);
  memory.fill(start, 0, mark() - start);
  release(start);
}

function collectHalves(table: usize, from: u32, scalars: usize, points: u32): void {
  halves = allocate(2 * 16 * points);
  references = allocate(2 * 4 * points);
  counts = allocate(4 * (HALF_BITS + 1));
  memory.fill(counts, 0, 4 * (HALF_BITS + 1));
  count = 0;
  for (let i: u32 = 0; i < points; i++) {
    const entry = entryOf(table, from + i);
    const minus = halve(scalars + 32 * <usize>i, HALVES);
    if (isInfinite(entry, ENTRY_Y)) continue;
    addHalf(HALVES, <u32>entry | (minus & batch.MINUS));
    addHalf(HALVES + 16, <u32>entry | batch.ENDOMORPHISM | (minus >> 1));
  }
}

function addHalf(half: usize, reference: u32): void {
  const low = load<u64>(half), high = load<u64>(half, 8);
  if ((low | high) == 0) return;
  const at = halves + 16 * <usize>count;
  store<u64>(at, low);
  store<u64>(at, high, 8);
  store<u32>(references + 4 * <usize>count, reference);
  count++;
  const length = high ? 128 - <usize>clz(high) : 64 - <usize>clz(low);
  store<u32>(counts + 4 * length, load<u32>(counts + 4 * length) + 1);
}

/** Sets the window, and makes the halves ready for it. */
function setWindow(window: u32): void {
  let longest: u32 = HALF_BITS;
  while (longest > 0 && load<u32>(counts + 4 * <usize>longest) == 0) longest--;
  c = window ? min(max(window, MIN_WINDOW), MAX_WINDOW) : bestWindow(longest);
  windows = longest / c + 1;
  buckets = 1 << (c - 1);
  let low: u64 = 0, high: u64 = 0;
  for (let bit = c - 1; bit < c * (windows - 1); bit += c)
    if (bit < 64) low |= <u64>1 << <u64>bit;
    else high |= <u64>1 << <u64>(bit - 64);
  for (let i: u32 = 0; i < count; i++) {
    const at = halves + 16 * <usize>i;
    const sum = load<u64>(at) + low;
    store<u64>(at, load<u64>(at, 8) + high + u64(sum < low), 8);
    store<u64>(at, sum);
  }
}

/** The window with the fewest additions: one for a digit; for a bucket, two, less the one that its first digit saves. */
function bestWindow(longest: u32): u32 {
  let best = MIN_WINDOW, least: u32 = u32.MAX_VALUE;
  for (let width = MIN_WINDOW; width <= MAX_WINDOW; width++) {
    let additions = (longest / width + 1) * ((1 << (width - 1)) + width * (1 << ((width + 1) >> 1)));
    for (let bits: u32 = 1; bits <= longest; bits++)
      additions += load<u32>(counts + 4 * <usize>bits) * ((bits + width - 1) / width);
    if (additions < least) {
      least = additions;
      best = width;
    }
  }
  return best;
}

/** The digit of a half in a window. */
@inline
function digitOf(i: u32, window: u32): i32 {
  const at = halves + 16 * <usize>i, shift = c * window;
  const low = load<u64>(at), high = load<u64>(at, 8);
  const bits = shift == 0 ? low : shift < 64 ? (low >> <u64>shift) | (high << <u64>(64 - shift)) : high >> <u64>(shift - 64);
  return window == windows - 1 ? <i32>bits : <i32>(<u32>bits & ((1 << c) - 1)) - (1 << (c - 1));
}

/** The sums of all buckets, window by window. Memory for all that follows is taken here. */
function sumBuckets(): usize {
  const sums = allocate(<usize>windows * buckets * POINT);
  const group = min(windows, max(1, GROUP_DIGITS / max(1, count)));
  const all = windows * buckets;
  const maxReferences = max(group * count, 2 * all);
  batch.open();
  lists.open(maxReferences, max(max(group * buckets, windows * linesOf(c)), windows * c));
  sorted = allocate(4 * <usize>maxReferences);
  for (let first: u32 = 0; first < windows; first += group) {
    sortDigits(first, min(first + group, windows));
    lists.sumLists(sorted, ENTRY_Y, sums + <usize>(first * buckets) * POINT);
  }
  return sums;
}

/** Sorts the references by window and bucket: by counting, then by placing. The start of a list is its cursor in between. */
function sortDigits(first: u32, end: u32): void {
  lists.clear((end - first) * buckets);
  for (let window = first; window < end; window++)
    for (let i: u32 = 0; i < count; i++) {
      const digit = digitOf(i, window);
      if (digit == 0) continue;
      const length = lists.lengthOf((window - first) * buckets + abs(digit) - 1);
      store<u32>(length, load<u32>(length) + 1);
    }
  lists.setStarts();
  for (let window = first; window < end; window++)
    for (let i: u32 = 0; i < count; i++) {
      const digit = digitOf(i, window);
      if (digit == 0) continue;
      const start = lists.startOf((window - first) * buckets + abs(digit) - 1);
      const at = load<u32>(start);
      store<u32>(sorted + 4 * <usize>at, load<u32>(references + 4 * <usize>i) ^ (digit < 0 ? batch.MINUS : 0));
      store<u32>(start, at + 1);
    }
  lists.setStarts();
}
