/**
 * Sums of many lists of points at once: the points of each list are added in pairs, then the sums in pairs, until one is left.
 * All additions of a round, of all lists, share their inversions.
 */
import * as f from './coordinate';
import { add, flush, foundInfinity, MINUS, setOperandY } from './batch.curve';
import { allocate } from './memory';
import { isInfinite, POINT, POINT_Y } from './points.curve';

/** Of each list: where it starts, and how many it has; u32 each. First in references, then in points. */
let starts: usize = 0, lengths: usize = 0, count: u32 = 0;
/** Two places for the points of a round: it reads from one, and writes to the other. The first round writes to the larger. */
let large: usize = 0, small: usize = 0, read: usize = 0, written: usize = 0;

/** Takes memory for sums of up to so many references in up to so many lists. */
export function open(maxReferences: usize, maxLists: usize): void {
  starts = allocate(4 * maxLists);
  lengths = allocate(4 * maxLists);
  // Half of each list, rounded up, and half of that.
  large = allocate(((maxReferences + maxLists) / 2 + 1) * POINT);
  small = allocate(((maxReferences + 3 * maxLists) / 4 + 1) * POINT);
  count = 0;
}

/** Begins to describe lists. */
export function clear(lists: u32): void {
  count = lists;
  memory.fill(lengths, 0, 4 * lists);
}

@inline
export function lengthOf(list: u32): usize {
  return lengths + 4 * list;
}

@inline
export function startOf(list: u32): usize {
  return starts + 4 * list;
}

/** The lists follow one another: sets where each starts by the lengths. */
export function setStarts(): void {
  let start: u32 = 0;
  for (let list: u32 = 0; list < count; list++) {
    store<u32>(startOf(list), start);
    start += load<u32>(lengthOf(list));
  }
}

/** Sums the lists of references, whose y is `y` bytes after x. `sums` are points, one for each list, infinite for an empty one. */
export function sumLists(references: usize, y: usize, sums: usize): void {
  written = large;
  read = small;
  setOperandY(y);
  let isLast = addPairs(references, y);
  setOperandY(POINT_Y);
  while (!isLast) {
    const points = written;
    written = read;
    read = points;
    isLast = addPairs(0, POINT_Y);
  }
  for (let list: u32 = 0; list < count; list++) {
    const sum = sums + <usize>list * POINT;
    if (load<u32>(lengthOf(list)) == 0) memory.fill(sum, 0, POINT);
    else copyPoint(sum, written + <usize>load<u32>(startOf(list)) * POINT, POINT_Y);
  }
}

/** One round: from the references, or if there are none, from the points of the round before. True if it was the last. */
function addPairs(references: usize, y: usize): bool {
  let next = written, longest: u32 = 0;
  for (let list: u32 = 0; list < count; list++) {
    const length = load<u32>(lengthOf(list));
    if (length == 0) continue;
    let i = load<u32>(startOf(list));
    const end = i + length;
    store<u32>(startOf(list), <u32>((next - written) / POINT));
    store<u32>(lengthOf(list), (length + 1) >> 1);
    for (; i + 1 < end; i += 2) {
      add(operand(references, i), operand(references, i + 1), next);
      next += POINT;
    }
    if (i < end) {
      copyPoint(next, operand(references, i), y);
      next += POINT;
    }
    longest = max(longest, length);
  }
  flush();
  if (foundInfinity()) longest = dropInfinite();
  else longest = (longest + 1) >> 1;
  return longest <= 1;
}

@inline
function operand(references: usize, i: u32): u32 {
  return references ? load<u32>(references + 4 * <usize>i) : <u32>(read + <usize>i * POINT);
}

/** Removes infinite sums from the lists; gives the greatest length that is left. */
function dropInfinite(): u32 {
  let longest: u32 = 0;
  for (let list: u32 = 0; list < count; list++) {
    const from = written + <usize>load<u32>(startOf(list)) * POINT;
    const end = from + <usize>load<u32>(lengthOf(list)) * POINT;
    let to = from;
    for (let point = from; point < end; point += POINT) {
      if (isInfinite(point, POINT_Y)) continue;
      if (to != point) copyPoint(to, point, POINT_Y);
      to += POINT;
    }
    const length = <u32>((to - from) / POINT);
    store<u32>(lengthOf(list), length);
    longest = max(longest, length);
  }
  return longest;
}

/** What a reference means, as a point. */
function copyPoint(to: usize, reference: usize, y: usize): void {
  const x = (reference & ~3) + ((reference >> 1) & 1) * f.ELEMENT;
  f.copyElement(to, x);
  f.copyElement(to + POINT_Y, (reference & ~3) + y);
  if (reference & MINUS) f.negateElement(to + POINT_Y);
}
