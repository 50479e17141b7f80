/**
 * The memory beyond the static data: taken in order, given back in the other order.
 */

let top: usize = (__heap_base + 15) & ~15;

/** Bytes in 16-byte alignment, not cleared. Traps if there is no more memory. */
export function allocate(bytes: usize): usize {
  const start = top;
  const end = (start + bytes + 15) & ~15;
  const pages = <i32>((end + 0xffff) >> 16) - memory.size();
  if (end < start || (pages > 0 && memory.grow(pages) < 0)) unreachable();
  top = end;
  return start;
}

/** Where the next allocation begins. */
export function mark(): usize {
  return top;
}

/** Gives back everything since the mark. */
export function release(to: usize): void {
  top = to;
}
