import { bn254 } from '@noble/curves/bn254';
import { expect } from 'chai';
import { loadKernel, type Kernel } from '../../src/kernel/kernel.ts';
import { createGroups, type Group } from '../support/kernel/kernelGroups.ts';
import { makeRandom, seedOf } from '../support/circuits/random.ts';
import {
  concat,
  dot,
  LAMBDA,
  MODULUS,
  ORDER,
  randomScalar,
  REFERENCES,
  toBytes,
} from '../support/groups.ts';

const seed = seedOf(20_261_122);
const { Fp2 } = bn254.fields;

/** The same bytes with one coordinate replaced. */
function withCoordinate(point: Uint8Array, at: number, value: bigint): Uint8Array {
  const changed = point.slice();
  changed.set(toBytes(value), 32 * at);
  return changed;
}

function numberAt(point: Uint8Array, at: number): bigint {
  return point
    .slice(32 * at, 32 * at + 32)
    .reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/** Points in a key's form: coordinates times 2^256. */
function toKeyForm(points: Uint8Array): Uint8Array {
  const coordinates = Array.from({ length: points.length / 32 }, (_, i) =>
    toBytes((numberAt(points, i) << 256n) % MODULUS),
  );
  return concat(coordinates);
}

/** A point of the twist that is not of order r: nearly every one. */
function outsidePoint(): Uint8Array {
  const twist = Fp2.mul(Fp2.fromBigTuple([3n, 0n]), Fp2.inv(Fp2.fromBigTuple([9n, 1n])));
  for (let i = 1n; ; i++) {
    const x = Fp2.fromBigTuple([i, 0n]);
    const square = Fp2.add(Fp2.mul(Fp2.sqr(x), x), twist);
    try {
      const y = Fp2.sqrt(square);
      return concat([x.c0, x.c1, y.c0, y.c1].map(toBytes));
    } catch {
      continue; // not a square
    }
  }
}

describe(`kernel: points (seed ${seed})`, () => {
  for (const build of ['fma', 'i64'] as const)
    for (const name of ['g1', 'g2'] as const)
      describe(`given ${name} in the build ${build}`, () => {
        const { multiples, pointBytes } = REFERENCES[name];
        const generator = multiples([1n]);
        const infinity = new Uint8Array(pointBytes);
        let kernel: Kernel;
        let group: Group;
        before(async () => {
          kernel = await loadKernel(build);
          group = createGroups(kernel)[name];
        });

        /** What is wrong with a point, each by one change of the generator. */
        const wrong: readonly (readonly [string, Uint8Array])[] = [
          ['off the curve', withCoordinate(generator, pointBytes / 32 - 1, 5n)],
          ['x = 0 and y = 1', withCoordinate(infinity, pointBytes / 64, 1n)],
          ...Array.from({ length: pointBytes / 32 }, (_, i) => {
            const alias = withCoordinate(generator, i, numberAt(generator, i) + MODULUS);
            return [`with coordinate ${i} not below p`, alias] as const;
          }),
          ['with a coordinate p for 0', withCoordinate(infinity, 0, MODULUS)],
        ];

        describe('when points are added', () => {
          it('adds two of any kind: different, equal, opposite, infinite', () => {
            const random = makeRandom(seed);
            const factors = [0n, 1n, -1n, 2n, -2n, randomScalar(random), randomScalar(random)];
            for (const a of factors)
              for (const b of factors)
                expect(group.add(multiples([a]), multiples([b]))).to.deep.equal(multiples([a + b]));
          });

          for (const [kind, point] of wrong)
            it(`refuses one ${kind}, on either side`, () => {
              expect(group.add(generator, generator)).to.deep.equal(multiples([2n]));
              for (const pair of [[point, generator] as const, [generator, point] as const])
                expect(() => group.add(...pair)).to.throw(
                  'point must be canonical and on the curve',
                );
            });
        });

        describe('when a point is multiplied', () => {
          it('takes any scalar of 32 bytes', () => {
            const random = makeRandom(seed + 1);
            const scalars = [0n, 1n, 2n, 3n, ORDER - 1n, ORDER, ORDER + 1n, (1n << 256n) - 1n];
            for (const scalar of [...scalars, LAMBDA, randomScalar(random)])
              for (const factor of [0n, 1n, randomScalar(random)])
                expect(group.multiply(multiples([factor]), toBytes(scalar))).to.deep.equal(
                  multiples([factor * scalar]),
                );
          });

          it('multiplies by LAMBDA where the endomorphism does: y stays', () => {
            const product = group.multiply(generator, toBytes(LAMBDA));
            expect(product.slice(pointBytes / 2)).to.deep.equal(generator.slice(pointBytes / 2));
            expect(product).not.to.deep.equal(generator);
          });

          it('refuses a wrong point, and a scalar of another length', () => {
            expect(group.multiply(generator, toBytes(2n))).to.deep.equal(multiples([2n]));
            expect(() => group.multiply(wrong[0]![1], toBytes(2n))).to.throw('point must be');
            expect(() => group.multiply(generator, toBytes(2n).slice(1))).to.throw(
              'scalar is 31: must have 32 bytes',
            );
            expect(() => group.multiply(generator.slice(1), toBytes(2n))).to.throw(
              `must have ${pointBytes} bytes`,
            );
          });
        });

        it('negates', () => {
          for (const factor of [0n, 1n, 12345n])
            expect(group.negate(multiples([factor]))).to.deep.equal(multiples([-factor]));
          expect(() => group.negate(wrong[0]![1])).to.throw('point must be');
        });

        describe('when it is asked what a point is', () => {
          it('knows points, infinity among them, and what is none', () => {
            for (const point of [generator, infinity, multiples([ORDER - 1n])]) {
              expect(group.isOnCurve(point)).to.be.true;
              expect(group.isInSubgroup(point)).to.be.true;
            }
            for (const point of [...wrong.map(([, bytes]) => bytes), generator.slice(1)]) {
              expect(group.isOnCurve(point)).to.be.false;
              expect(group.isInSubgroup(point)).to.be.false;
            }
          });

          if (name === 'g2')
            it('knows a point of the twist that is outside the subgroup', () => {
              expect(group.isOnCurve(outsidePoint())).to.be.true;
              expect(group.isInSubgroup(outsidePoint())).to.be.false;
            });
        });

        describe('when a table is made', () => {
          const factors = [7n, 0n, -3n, 1n, 1n];
          const points = multiples(factors);
          const scalars = concat([3n, 5n, ORDER - 1n, 0n, 1n].map(toBytes));

          it('reads plain points and those of a key', () => {
            const sum = multiples([dot(factors, [3n, 5n, -1n, 0n, 1n])]);
            for (const table of [
              group.makeTable(points, 'plain'),
              group.makeTable(toKeyForm(points), 'key'),
            ]) {
              expect(table.count).to.equal(5);
              expect(group.sum(table, scalars)).to.deep.equal(sum);
            }
          });

          it('may be empty', () => {
            const table = group.makeTable(new Uint8Array(), 'key');
            expect(group.sum(table, new Uint8Array())).to.deep.equal(infinity);
          });

          for (const [kind, point] of wrong)
            it(`refuses a point ${kind}, wherever it is, and gives the memory back`, () => {
              for (let i = 0; i < factors.length; i++) {
                const changed = points.slice();
                changed.set(point, i * pointBytes);
                const start = kernel.exports.mark();
                expect(() => group.makeTable(changed, 'plain')).to.throw(
                  'points must be canonical',
                );
                expect(kernel.exports.mark()).to.equal(start);
              }
            });

          it('refuses a part of a point', () => {
            expect(() => group.makeTable(points.slice(1), 'plain')).to.throw(
              `must be a multiple of ${pointBytes} bytes`,
            );
          });
        });
      });
});
