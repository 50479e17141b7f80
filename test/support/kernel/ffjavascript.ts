/**
 * ffjavascript's BN254, snarkjs' arithmetic, as a reference: numbers are 32 bytes, little-endian.
 * @module
 */
import { curves } from 'snarkjs';
import { toBytes } from './scalars.ts';

type Bytes = Uint8Array;

/** What is used of a group. */
type Group = {
  readonly g: Bytes;
  readonly F: { readonly n8: number };
  readonly timesFr: (point: Bytes, scalar: Bytes) => Bytes;
  readonly toAffine: (point: Bytes) => Bytes;
  readonly multiExpAffine: (points: Bytes, scalars: Bytes) => Promise<Bytes>;
  readonly toObject: (point: Bytes) => readonly (bigint | bigint[])[];
};

/** What is used of a field; of F2's numbers the real part comes first. */
type Field<Value> = {
  readonly e: (value: Value) => Bytes;
  readonly toObject: (element: Bytes) => Value;
  readonly add: (a: Bytes, b: Bytes) => Bytes;
  readonly sub: (a: Bytes, b: Bytes) => Bytes;
  readonly neg: (a: Bytes) => Bytes;
  readonly mul: (a: Bytes, b: Bytes) => Bytes;
  readonly square: (a: Bytes) => Bytes;
  /** 0 for 0. */
  readonly inv: (a: Bytes) => Bytes;
};

export type Curve = {
  readonly G1: Group;
  readonly G2: Group;
  readonly F1: Field<bigint>;
  readonly F2: Field<readonly [bigint, bigint]>;
  readonly Fr: Field<bigint> & {
    /** Roots of one, of order 2^i. */
    readonly w: readonly Bytes[];
    readonly fft: (elements: Bytes) => Promise<Bytes>;
    readonly ifft: (elements: Bytes) => Promise<Bytes>;
    readonly batchApplyKey: (elements: Bytes, first: Bytes, factor: Bytes) => Promise<Bytes>;
  };
};

/** The curve, on snarkjs' threads. */
export async function loadReferenceCurve(): Promise<Curve> {
  return (await curves.getCurveFromName('bn128')) as Curve;
}

/** Multiples of the generator, in the form of a key: affine, coordinates multiplied by 2^256. */
export function pointsOf({ Fr }: Curve, group: Group, factors: readonly bigint[]): Bytes {
  const points = factors.map((k) => group.toAffine(group.timesFr(group.g, Fr.e(k))));
  return Uint8Array.from(Buffer.concat(points));
}

/** The sum of multiples, as plain bytes: x, y, all zeros for infinity. */
export async function sumOf(
  group: Group,
  points: Bytes,
  scalars: readonly bigint[],
): Promise<Bytes> {
  const sum = await group.multiExpAffine(points, Buffer.concat(scalars.map(toBytes)));
  const [x, y, z] = group.toObject(group.toAffine(sum)).map((part) => [part].flat());
  const isInfinite = z!.every((part) => part === 0n);
  const coordinates = [...x!, ...y!].map((part) => (isInfinite ? 0n : part));
  return Uint8Array.from(Buffer.concat(coordinates.map(toBytes)));
}

/** From the values at the roots of one to those at the odd roots of twice the order, as snarkjs goes for a quotient. */
export async function cosetOf(
  { Fr }: Curve,
  values: readonly bigint[],
): Promise<readonly bigint[]> {
  const shift = Fr.w[Math.log2(values.length) + 1]!;
  // Not a Buffer, whose `slice` makes no copy.
  const elements = Uint8Array.from(Buffer.concat(values.map((value) => Fr.e(value))));
  const coefficients = await Fr.ifft(elements);
  const shifted = await Fr.fft(await Fr.batchApplyKey(coefficients, Fr.e(1n), shift));
  return values.map((_, i) => Fr.toObject(shifted.slice(32 * i, 32 * (i + 1))));
}
