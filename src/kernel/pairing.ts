/**
 * The pairing of BN254 (EIP-197's) and multiples of points, on numbers and points as `bigint`: what verification needs.
 * Everything here is public: nothing is wiped.
 * @module
 */
import { invalidInput } from '../errors.ts';
import { toNumber } from './binary.ts';
import type { Pointer } from './exports.ts';
import type { Kernel } from './kernel.ts';

/** A point of G1 in affine coordinates, `[0, 0]` for infinity. */
export type G1Point = readonly [x: bigint, y: bigint];

/** A point of G2 in affine coordinates, each real part first; zeros for infinity. */
export type G2Point = readonly [
  xReal: bigint,
  xImaginary: bigint,
  yReal: bigint,
  yImaginary: bigint,
];

/** Two points to be paired. */
export type Pair = { readonly g1: G1Point; readonly g2: G2Point };

/** What a product of pairings is found to be. */
export type PairingVerdict = {
  /** All points are in their groups, and the product is 1. */
  readonly holds: boolean;
  /** The pairs whose second point is on the twist but outside the subgroup of order r, which G2 is. */
  readonly outside: readonly number[];
};

/** Pairings in a kernel. */
export type Pairing = {
  /** Whether the coordinates are below p, and those of a point of the curve, or of infinity. */
  readonly isG1: (point: G1Point) => boolean;
  /** The same on the twist. Not every such point is in G2: `checkPairings` says whether it is. */
  readonly isOnTwist: (point: G2Point) => boolean;
  /**
   * Whether the product of the pairs' pairings is 1; of no pairs it is.
   * @throws {InvalidInput} for what is on neither curve
   */
  readonly checkPairings: (pairs: readonly Pair[]) => PairingVerdict;
  /**
   * Each point times its scalar.
   * @param scalars at least 0, below 2^256: as many as points
   * @throws {InvalidInput} for what is no point of G1
   */
  readonly multiples: (
    points: readonly G1Point[],
    scalars: readonly bigint[],
  ) => readonly G1Point[];
  /** The sum of those, which takes less time. @throws {InvalidInput} */
  readonly sum: (points: readonly G1Point[], scalars: readonly bigint[]) => G1Point;
};

const NUMBER = 32;
const G1 = 64;
const PAIR = 192;
const LIMIT = 1n << 256n;

/** What `checkPairings` of the module says of a pair. */
const NO_POINTS = 1;
const OUTSIDE = 2;

/**
 * Uses an instance of the kernel for pairings.
 * @example
 * const { checkPairings } = createPairing(await loadKernel());
 * checkPairings([{ g1: a, g2: b }, { g1: negated, g2: b }]).holds // true
 */
export function createPairing(kernel: Kernel): Pairing {
  const { exports } = kernel;
  const onePoint = (point: readonly bigint[], check: (at: Pointer) => number): boolean =>
    point.every(fits) &&
    withMemory(kernel, NUMBER * point.length, (at) => {
      write(kernel, at, point);
      return check(at) !== 0;
    });
  return {
    isG1: (point) => onePoint(point, exports.isOnCurveG1),
    isOnTwist: (point) => onePoint(point, exports.isOnCurveG2),
    checkPairings: (pairs) => checkPairings(kernel, pairs),
    multiples: (points, scalars) => multiply(kernel, 'multiplesG1', points, scalars),
    sum: (points, scalars) => multiply(kernel, 'sumG1', points, scalars)[0] ?? [0n, 0n],
  };
}

function checkPairings(kernel: Kernel, pairs: readonly Pair[]): PairingVerdict {
  const count = pairs.length;
  return withMemory(kernel, (PAIR + 1) * count, (at) => {
    const faultsAt = at + PAIR * count;
    const numbers = pairs.flatMap(({ g1, g2 }) => [...g1, ...g2]);
    refuseLarge(numbers, 'pairs');
    write(kernel, at, numbers);
    const holds = kernel.exports.checkPairings(at, count, faultsAt) !== 0;
    const faults = new Uint8Array(kernel.exports.memory.buffer, faultsAt, count);
    const bad = faults.indexOf(NO_POINTS);
    if (bad >= 0) throw invalidInput(`pairs[${bad}]`, undefined, 'must be points of the curves');
    return { holds, outside: [...faults.keys()].filter((i) => faults[i] === OUTSIDE) };
  });
}

function multiply(
  kernel: Kernel,
  name: 'multiplesG1' | 'sumG1',
  points: readonly G1Point[],
  scalars: readonly bigint[],
): readonly G1Point[] {
  const count = points.length;
  if (scalars.length !== count)
    throw invalidInput('scalars', scalars.length, `must be ${count}, as many as points`);
  const numbers = [...points.flat(), ...scalars];
  refuseLarge(numbers, 'points and scalars');
  const results = name === 'sumG1' ? 1 : count;
  return withMemory(kernel, NUMBER * (numbers.length + 2 * results), (at) => {
    const [scalarsAt, out] = [at + G1 * count, at + NUMBER * numbers.length];
    write(kernel, at, numbers);
    if (kernel.exports[name](at, scalarsAt, count, digitsOf(scalars), out) === 0)
      throw invalidInput('points', undefined, 'must be on the curve');
    return Array.from({ length: results }, (_, i) => readPoint(kernel, out + G1 * i));
  });
}

/** Digits of four bits that hold each of the scalars. */
function digitsOf(scalars: readonly bigint[]): number {
  const greatest = scalars.reduce((most, scalar) => (scalar > most ? scalar : most), 0n);
  return greatest.toString(16).length;
}

function fits(value: bigint): boolean {
  return value >= 0n && value < LIMIT;
}

/** That a number fits its 32 bytes. Whether it is below p is the kernel's to say. */
function refuseLarge(values: readonly bigint[], name: string): void {
  if (!values.every(fits)) throw invalidInput(name, undefined, 'must be from 0 to 2^256 - 1');
}

/** Does some work with memory that is given back after it. */
function withMemory<T>({ exports }: Kernel, bytes: number, work: (at: Pointer) => T): T {
  const start = exports.mark();
  try {
    return work(exports.allocate(bytes));
  } finally {
    exports.release(start);
  }
}

function write({ exports }: Kernel, at: Pointer, numbers: readonly bigint[]): void {
  const view = new DataView(exports.memory.buffer, at, NUMBER * numbers.length);
  numbers.forEach((number, i) => {
    // A DataView takes the low 64 bits of what it is given.
    for (let word = 0; word < 4; word++)
      view.setBigUint64(NUMBER * i + 8 * word, number >> BigInt(64 * word), true);
  });
}

function readPoint({ exports }: Kernel, at: Pointer): G1Point {
  const bytes = new Uint8Array(exports.memory.buffer, at, G1);
  return [toNumber(bytes.subarray(0, NUMBER)), toNumber(bytes.subarray(NUMBER))];
}
