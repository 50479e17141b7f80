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

type Curve = {
  readonly G1: Group;
  readonly G2: Group;
  readonly Fr: {
    readonly e: (value: bigint) => Bytes;
    readonly toObject: (element: Bytes) => bigint;
    readonly fft: (elements: Bytes) => Promise<Bytes>;
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
