/**
 * BN254's two groups on the kernel: single operations on points, and tables of points for sums of many. Points are bytes:
 * affine coordinates of 32 bytes, little-endian, x then y (in G2 the real part of each, then the imaginary), all zeros for
 * infinity. Scalars are 32 bytes, little-endian. In a key (snarkjs' zkey) coordinates are multiplied by 2^256.
 * @module
 */
import { invalidInput } from '../../../src/errors.ts';
import type { KernelExports, Pointer } from '../../../src/kernel/exports.ts';
import type { Kernel } from '../../../src/kernel/kernel.ts';

/** Points in a kernel's memory, where they stay. */
export type PointTable = {
  readonly group: 'G1' | 'G2';
  readonly count: number;
  /** What the exports `msmG1` and `msmG2` call a table. */
  readonly pointer: Pointer;
};

/** One of the two groups. Every function @throws {InvalidInput} for what is not canonical, or not on the curve. */
export type Group = {
  /** Bytes of a point. */
  readonly pointBytes: number;
  /** @param form `key` if coordinates are multiplied by 2^256 */
  readonly makeTable: (points: Uint8Array, form: 'plain' | 'key') => PointTable;
  /**
   * The sum of `scalars[i] * points[from + i]`. On G2, of points of order r: `makeTable` doesn't ask for it.
   * @param scalars each below r; what the sum leaves of them in the kernel's memory is wiped
   */
  readonly sum: (table: PointTable, scalars: Uint8Array, from?: number) => Uint8Array;
  readonly add: (a: Uint8Array, b: Uint8Array) => Uint8Array;
  readonly negate: (point: Uint8Array) => Uint8Array;
  /** @param scalar any number of 32 bytes; it is wiped */
  readonly multiply: (point: Uint8Array, scalar: Uint8Array) => Uint8Array;
  /** Whether the bytes are a point of the curve, or infinity. It doesn't throw. */
  readonly isOnCurve: (point: Uint8Array) => boolean;
  /** Whether they are a point of order r, or infinity. On G1 every point is. It doesn't throw. */
  readonly isInSubgroup: (point: Uint8Array) => boolean;
};

const SCALAR = 32;
const NOT_A_POINT = 'must be canonical and on the curve';

/**
 * Uses an instance of the kernel for points.
 * @example const { g1 } = createGroups(await loadKernel());
 */
export function createGroups({ exports }: Kernel): { readonly g1: Group; readonly g2: Group } {
  return { g1: createGroup(exports, 'G1', 64), g2: createGroup(exports, 'G2', 128) };
}

function createGroup(exports: KernelExports, group: 'G1' | 'G2', pointBytes: number): Group {
  /** Runs a single operation on inputs of known lengths; `undefined` if it refuses one. */
  const run = (
    operation: (out: Pointer, a: Pointer, b: Pointer) => number,
    a: Uint8Array,
    b: Uint8Array = new Uint8Array(),
  ): Uint8Array => {
    const result = withInputs(exports, [a, b], pointBytes, operation);
    if (result === undefined) throw invalidInput('point', undefined, NOT_A_POINT);
    return result;
  };
  const point = (bytes: Uint8Array): Uint8Array => sized(bytes, pointBytes, 'point');
  const answers = (question: (point: Pointer) => number, bytes: Uint8Array): boolean =>
    bytes.length === pointBytes &&
    withInputs(exports, [bytes], 0, (_out, at) => question(at)) !== undefined;
  return {
    pointBytes,
    makeTable: (points, form) => makeTable(exports, group, pointBytes, { points, form }),
    sum: (table, scalars, from = 0) => {
      if (table.group !== group) throw invalidInput('table', table.group, `must be of ${group}`);
      return sum(exports, pointBytes, { table, scalars, from });
    },
    add: (a, b) => run(exports[`add${group}`], point(a), point(b)),
    negate: (a) => run(exports[`negate${group}`], point(a)),
    multiply: (a, scalar) => run(exports[`mul${group}`], point(a), sized(scalar, SCALAR, 'scalar')),
    isOnCurve: (bytes) => answers(exports[`isOnCurve${group}`], bytes),
    isInSubgroup: (bytes) => answers(exports[`isInSubgroup${group}`], bytes),
  };
}

function makeTable(
  exports: KernelExports,
  group: 'G1' | 'G2',
  pointBytes: number,
  { points, form }: { readonly points: Uint8Array; readonly form: 'plain' | 'key' },
): PointTable {
  const count = points.length / pointBytes;
  if (!Number.isInteger(count))
    throw invalidInput('points', points.length, `must be a multiple of ${pointBytes} bytes`);
  const start = exports.mark();
  const load = form === 'key' ? exports[`load${group}`] : exports[`loadPlain${group}`];
  const pointer = load(put(exports, points), count);
  if (pointer === 0) {
    exports.release(start);
    throw invalidInput('points', undefined, NOT_A_POINT);
  }
  return { group, count, pointer };
}

function sum(
  exports: KernelExports,
  pointBytes: number,
  request: { readonly table: PointTable; readonly scalars: Uint8Array; readonly from: number },
): Uint8Array {
  const { table, scalars, from } = request;
  const count = scalars.length / SCALAR;
  if (!Number.isInteger(count))
    throw invalidInput('scalars', scalars.length, 'must be a multiple of 32 bytes');
  if (!Number.isInteger(from) || from < 0 || from + count > table.count)
    throw invalidInput('from', from, `must leave ${count} of ${table.count} points`);
  const result = withInputs(exports, [scalars], pointBytes, (out, at) => {
    for (let i = 0; i < count; i++) if (!exports.frIsCanonical(at + SCALAR * i)) return 0;
    exports[`msm${table.group}`](table.pointer, from, at, count, 0, out);
    return 1;
  });
  if (result === undefined) throw invalidInput('scalars', undefined, 'must be below the order');
  return result;
}

/** Copies in, runs, copies out, and wipes all of it, also if the kernel traps; `undefined` if the operation gives 0. */
function withInputs(
  exports: KernelExports,
  inputs: readonly Uint8Array[],
  outBytes: number,
  operation: (out: Pointer, a: Pointer, b: Pointer) => number,
): Uint8Array | undefined {
  const start = exports.mark();
  try {
    const out = exports.allocate(outBytes);
    const [a = 0, b = 0] = inputs.map((bytes) => put(exports, bytes));
    const isGiven = operation(out, a, b) !== 0;
    return isGiven ? new Uint8Array(exports.memory.buffer, out, outBytes).slice() : undefined;
  } finally {
    new Uint8Array(exports.memory.buffer, start, exports.mark() - start).fill(0);
    exports.release(start);
  }
}

function put(exports: KernelExports, bytes: Uint8Array): Pointer {
  const at = exports.allocate(bytes.length);
  new Uint8Array(exports.memory.buffer).set(bytes, at);
  return at;
}

function sized(bytes: Uint8Array, length: number, field: string): Uint8Array {
  if (bytes.length !== length) throw invalidInput(field, bytes.length, `must have ${length} bytes`);
  return bytes;
}
