/**
 * The two groups of BN254 in noble's arithmetic, with points as the kernel's bytes: every point here is a known multiple of
 * the generator, so that the sum of any number of multiples is one multiple.
 * @module
 */
import { bn254 } from '@noble/curves/bn254';
import type { Random } from './circuits/random.ts';

export const ORDER = bn254.fields.Fr.ORDER;
export const MODULUS = bn254.fields.Fp.ORDER;
/** What the endomorphism multiplies by: a cube root of one modulo the order. */
export const LAMBDA = 4407920970296243842393367215006156084916469457145843978461n;

export type GroupName = 'g1' | 'g2';

/** Points of one group, as plain bytes. */
export type Reference = {
  readonly pointBytes: number;
  /** Each times the generator. */
  readonly multiples: (factors: readonly bigint[]) => Uint8Array;
  /** (first + i * step) times the generator, i < count, which is quick. */
  readonly progression: (first: bigint, step: bigint, count: number) => Uint8Array;
};

export const REFERENCES: Readonly<Record<GroupName, Reference>> = {
  g1: makeReference(bn254.G1.ProjectivePoint, (point) => {
    const { x, y } = point.toAffine();
    return [x, y];
  }),
  g2: makeReference(bn254.G2.ProjectivePoint, (point) => {
    const { x, y } = point.toAffine();
    return [x.c0, x.c1, y.c0, y.c1];
  }),
};

type NoblePoint<P> = {
  readonly add: (other: P) => P;
  readonly multiply: (scalar: bigint) => P;
  readonly equals: (other: P) => boolean;
};

function makeReference<P extends NoblePoint<P>>(
  group: {
    readonly BASE: P;
    readonly ZERO: P;
    readonly normalizeZ: (points: P[]) => P[];
  },
  coordinates: (point: P) => readonly bigint[],
): Reference {
  const pointBytes = 32 * coordinates(group.BASE).length;
  const encode = (points: P[]): Uint8Array => {
    const finite = group.normalizeZ(points.filter((point) => !point.equals(group.ZERO)));
    let next = 0;
    const zeros = new Uint8Array(pointBytes);
    return concat(
      points.map((point) =>
        point.equals(group.ZERO) ? zeros : concat(coordinates(finite[next++]!).map(toBytes)),
      ),
    );
  };
  const known = new Map<bigint, P>([[0n, group.ZERO]]);
  const multiple = (factor: bigint): P => {
    const point = known.get(modulo(factor)) ?? group.BASE.multiply(modulo(factor));
    known.set(modulo(factor), point);
    return point;
  };
  return {
    pointBytes,
    multiples: (factors) => encode(factors.map(multiple)),
    progression: (first, step, count) => {
      const points: P[] = [];
      for (let point = multiple(first); points.length < count; point = point.add(multiple(step)))
        points.push(point);
      return encode(points);
    },
  };
}

/** The sum of factors[i] * scalars[i] modulo the order. */
export function dot(factors: readonly bigint[], scalars: readonly bigint[]): bigint {
  return modulo(scalars.reduce((sum, scalar, i) => sum + scalar * factors[i]!, 0n));
}

export function modulo(value: bigint): bigint {
  return ((value % ORDER) + ORDER) % ORDER;
}

export function randomScalar(random: Random): bigint {
  return random.bits(320) % ORDER;
}

/** 32 bytes, little-endian. */
export function toBytes(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
}

export function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
