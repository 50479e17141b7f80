/**
 * Points by one coordinate and a sign: half as long as a key writes them (assembly/roots.ts). In a key's form, affine,
 * multiplied by 2^256, little-endian: `x y` in G1 and `x.re x.im y.re y.im` in G2, of 32 bytes each. Not for infinity.
 * @module
 */
import type { Kernel } from './kernel.ts';

/** Bytes of a point in a key's form; compressed it has half as many. */
export const POINT_BYTES = { g1: 64, g2: 128 } as const;

/** One of the two groups. */
export type Group = keyof typeof POINT_BYTES;

/** Points that are in the module's memory at the same time. */
const BATCH = 1_024;

const SIGN = 0x80;

/** A point as x, with y's lowest bit (y.im's where y.re is 0) in the highest bit, which x leaves free. */
export function compressPoint(group: Group, point: Uint8Array): Uint8Array {
  const half = POINT_BYTES[group] / 2;
  // Not `slice`: a Buffer's gives no copy.
  const compressed = Uint8Array.from(point.subarray(0, half));
  const real = point.subarray(half, half + 32);
  const decisive = group === 'g2' && real.every((byte) => byte === 0) ? half + 32 : half;
  if (((point[decisive] ?? 0) & 1) === 1) compressed[half - 1] = (compressed[half - 1] ?? 0) | SIGN;
  return compressed;
}

/**
 * The points of compressed ones.
 * @param out takes them: twice as long as `compressed`
 * @returns how many are right: all, or the index of the first that no point of the curve has
 */
export function decompressPoints(
  { exports }: Kernel,
  group: Group,
  compressed: Uint8Array,
  out: Uint8Array,
): number {
  const size = POINT_BYTES[group];
  const count = (2 * compressed.length) / size;
  const decompress = group === 'g1' ? exports.decompressG1 : exports.decompressG2;
  const start = exports.mark();
  const from = exports.allocate((BATCH * size) / 2);
  const to = exports.allocate(BATCH * size);
  try {
    for (let done = 0; done < count; done += BATCH) {
      const batch = Math.min(BATCH, count - done);
      const input = compressed.subarray((done * size) / 2, ((done + batch) * size) / 2);
      new Uint8Array(exports.memory.buffer).set(input, from);
      const right = decompress(to, from, batch);
      out.set(new Uint8Array(exports.memory.buffer, to, right * size), done * size);
      if (right < batch) return done + right;
    }
    return count;
  } finally {
    exports.release(start);
  }
}
