/**
 * Points of the twist, in the subgroup that G2 is and outside it.
 * @module
 */
import { bn254 } from '@noble/curves/bn254';
import type { G2Point } from '../../src/kernel/pairing.ts';

const { Fp, Fp2, Fr } = bn254.fields;
const Point = bn254.G2.ProjectivePoint;
type Twist = typeof Point.BASE;

/** How many points the twist has over Fp2: h r, with h = 2p - r. */
export const ORDER_OF_TWIST = (2n * Fp.ORDER - Fr.ORDER) * Fr.ORDER;

/** The least prime that divides h. */
export const SMALL_ORDER = 10_069n;

export function toG2(point: Twist): G2Point {
  const { x, y } = point.toAffine();
  return [x.c0, x.c1, y.c0, y.c1];
}

/** The first point of the twist with an x from this number on; it has an order of 254 bits or more that isn't r. */
export function onTwist(from: bigint): G2Point {
  return toG2(firstFrom(from));
}

/** A point of order 10,069. */
export function ofSmallOrder(): G2Point {
  const point = times(firstFrom(1n), ORDER_OF_TWIST / SMALL_ORDER);
  const vanishes = times(point, SMALL_ORDER).equals(Point.ZERO);
  if (point.equals(Point.ZERO) || !vanishes) throw new Error('not of that order');
  return toG2(point);
}

/** The sum of two different points. */
export function plus(a: G2Point, b: G2Point): G2Point {
  return toG2(fromG2(a).add(fromG2(b)));
}

function fromG2([x0, x1, y0, y1]: G2Point): Twist {
  return Point.fromAffine({ x: { c0: x0, c1: x1 }, y: { c0: y0, c1: y1 } });
}

function firstFrom(from: bigint): Twist {
  for (let i = from; ; i += 1n) {
    const x = Fp2.create({ c0: i, c1: 0n });
    const square = Fp2.add(Fp2.mul(Fp2.sqr(x), x), bn254.G2.CURVE.b);
    if (!Fp2.eql(Fp2.pow(square, (Fp2.ORDER - 1n) / 2n), Fp2.ONE)) continue;
    return Point.fromAffine({ x, y: Fp2.sqrt(square) });
  }
}

/** A multiple by any number: noble's own take only numbers below r. */
function times(point: Twist, scalar: bigint): Twist {
  let result = Point.ZERO;
  for (const bit of scalar.toString(2)) {
    result = result.double();
    if (bit === '1') result = result.add(point);
  }
  return result;
}
