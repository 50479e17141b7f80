/**
 * Numbers of 32 bytes, many at a time.
 */
import * as fr from './fr';

/** Big-endian to little-endian and back, in place. */
export function reverseNumbers(bytes: usize, count: usize): void {
  for (const end = bytes + 32 * count; bytes < end; bytes += 32) {
    const a = load<u64>(bytes), b = load<u64>(bytes, 8), c = load<u64>(bytes, 16), d = load<u64>(bytes, 24);
    store<u64>(bytes, bswap(d));
    store<u64>(bytes, bswap(c), 8);
    store<u64>(bytes, bswap(b), 16);
    store<u64>(bytes, bswap(a), 24);
  }
}

/** How many, little-endian, come before one that is not below the order of the scalar field. */
export function countCanonical(bytes: usize, count: usize): usize {
  let i: usize = 0;
  while (i < count && fr.isCanonical(bytes + 32 * i)) i++;
  return i;
}
