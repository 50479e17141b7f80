/**
 * Points in a key's form, and small keys made of them: not of any circuit, but with everything in the places where a zkey has
 * it.
 * @module
 */
import { bn254 } from '@noble/curves/bn254';
import { joinBytes } from '../../src/protocol/codec.ts';
import { writeHeader, writeZkey } from '../../src/prover/packedKey.ts';
import type { Random } from './circuits/random.ts';

const { Fp, Fp2, Fr } = bn254.fields;

/** What is written for a number below p: 2^256 times it, 32 bytes, little-endian. */
export function keyForm(value: bigint): Uint8Array {
  return bytesOf(Fp.mul(Fp.create(value), Fp.create(1n << 256n)));
}

/** The number itself, 32 bytes, little-endian. */
export function bytesOf(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}

/** Coordinates of a point in a key's form: x, y or x.re, x.im, y.re, y.im. */
export type Coordinates = readonly bigint[];

/** The two points of the curve with this x, or none. */
export function g1At(x: bigint): readonly Coordinates[] {
  const square = Fp.add(Fp.mul(Fp.sqr(x), x), 3n);
  if (Fp.pow(square, (Fp.ORDER - 1n) / 2n) !== 1n) return [];
  const y = Fp.sqrt(square);
  return [y, Fp.neg(y)].map((root) => [x, root]);
}

/** The two points of the twist with this x, or none. */
export function g2At(re: bigint, im: bigint): readonly Coordinates[] {
  const x = Fp2.create({ c0: re, c1: im });
  const square = Fp2.add(Fp2.mul(Fp2.sqr(x), x), bn254.G2.CURVE.b);
  if (!Fp2.eql(Fp2.pow(square, (Fp2.ORDER - 1n) / 2n), Fp2.ONE)) return [];
  const y = Fp2.sqrt(square);
  return [y, Fp2.neg(y)].map(({ c0, c1 }) => [re, im, c0, c1]);
}

/** So many points, one after the other, in a key's form. */
export function randomPoints(random: Random, group: 'g1' | 'g2', count: number): Uint8Array[] {
  const points: Uint8Array[] = [];
  while (points.length < count) {
    const [re, im] = [Fp.create(random.bits(254)), Fp.create(random.bits(254))];
    const found = group === 'g1' ? g1At(re) : g2At(re, im);
    const point = found[random.below(2)];
    if (point !== undefined) points.push(joinBytes(point.map(keyForm)));
  }
  return points;
}

/** A zkey with random points, some infinite, and coefficients with few distinct values. */
export function makeZkey(
  random: Random,
  sizes: { readonly wires: number; readonly publics: number; readonly rows: number },
): Uint8Array {
  const { wires, publics, rows } = sizes;
  const list = (group: 'g1' | 'g2', count: number): Uint8Array =>
    joinBytes(
      randomPoints(random, group, count).map((point) =>
        random.percent(30) ? point.fill(0) : point,
      ),
    );
  const header = joinBytes([
    ...randomPoints(random, 'g1', 2),
    ...randomPoints(random, 'g2', 2),
    ...randomPoints(random, 'g1', 1),
    ...randomPoints(random, 'g2', 1),
  ]);
  return writeZkey(
    new Map([
      [1, u32(1)],
      [2, writeHeader(sizes, header)],
      [3, list('g1', publics + 1)],
      [4, makeCoefficients(random, sizes)],
      [5, list('g1', wires)],
      [6, list('g1', wires)],
      [7, list('g2', wires)],
      [8, list('g1', wires - publics - 1)],
      [9, list('g1', rows)],
      [10, Uint8Array.from([0, 0, 0, 0])],
    ]),
  );
}

function makeCoefficients(
  random: Random,
  { wires, rows }: { readonly wires: number; readonly rows: number },
): Uint8Array {
  const values = Array.from({ length: 5 }, () => bytesOf(Fr.create(random.bits(254))));
  const records = Array.from({ length: 3 * rows }, () => [
    ...[random.below(2), random.below(rows), random.below(wires)].map(u32),
    values[random.below(values.length)]!,
  ]);
  return joinBytes([u32(records.length), ...records.flat()]);
}

export function u32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}
