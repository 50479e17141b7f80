import { expect } from 'chai';
import { loadKernel, type Kernel } from '../../src/kernel/kernel.ts';
import { createGroups, type Group } from '../support/kernel/kernelGroups.ts';
import { makeRandom, seedOf, type Random } from '../support/circuits/random.ts';
import { extremePoints } from '../support/extremePoints.ts';
import {
  concat,
  dot,
  LAMBDA,
  modulo,
  ORDER,
  randomScalar,
  REFERENCES,
  toBytes,
} from '../support/groups.ts';

const seed = seedOf(20_261_123);
const WINDOWS = [0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14];

/** The slow way: one addition after the other, by the group's single operations. */
function slowSum(
  group: Group,
  points: readonly Uint8Array[],
  scalars: readonly bigint[],
): Uint8Array {
  return points
    .map((point, i) => group.multiply(point, toBytes(scalars[i]!)))
    .reduce((sum, term) => group.add(sum, term));
}

describe(`kernel: sums of multiples (seed ${seed})`, () => {
  for (const build of ['fma', 'i64'] as const)
    for (const name of ['g1', 'g2'] as const)
      describe(`given ${name} in the build ${build}`, () => {
        const { multiples, progression, pointBytes } = REFERENCES[name];
        let kernel: Kernel;
        let group: Group;
        before(async () => {
          kernel = await loadKernel(build);
          group = createGroups(kernel)[name];
        });

        /** Runs something, and gives back the memory that it took. */
        function inMemory(work: () => void): void {
          const start = kernel.exports.mark();
          work();
          kernel.exports.release(start);
        }

        /** The sum by the export itself, for a window that is asked for. */
        function sumBy(
          window: number,
          points: Uint8Array,
          scalars: readonly bigint[],
          from = 0,
        ): Uint8Array {
          const { exports } = kernel;
          const suffix = name === 'g1' ? 'G1' : 'G2';
          const start = exports.mark();
          try {
            const { pointer } = group.makeTable(points, 'plain');
            const [at, out] = [exports.allocate(32 * scalars.length), exports.allocate(pointBytes)];
            new Uint8Array(exports.memory.buffer).set(concat(scalars.map(toBytes)), at);
            exports[`msm${suffix}`](pointer, from, at, scalars.length, window, out);
            return new Uint8Array(exports.memory.buffer).slice(out, out + pointBytes);
          } finally {
            exports.release(start);
          }
        }

        function expectSum(
          factors: readonly bigint[],
          scalars: readonly bigint[],
          windows = [0],
        ): void {
          const points = multiples(factors);
          const sum = multiples([dot(factors, scalars)]);
          for (const window of windows) {
            const what = `window ${window}, factors ${factors.join()}, scalars ${scalars.join()}`;
            expect(sumBy(window, points, scalars), what).to.deep.equal(sum);
          }
        }

        it('sums few points, with every window', () => {
          const random = makeRandom(seed);
          for (let count = 0; count <= 9; count++) {
            const draw = (): bigint[] => Array.from({ length: count }, () => randomScalar(random));
            expectSum(
              draw().map((factor) => factor % 1000n),
              draw(),
              WINDOWS,
            );
          }
        });

        it('takes windows out of range for the nearest', () => {
          for (const window of [1, 15, 31, 1000]) expectSum([1n, 2n], [3n, ORDER - 5n], [window]);
        });

        it('sums for the edges of scalars, with every window', () => {
          const edges = [0n, 1n, 2n, ORDER / 2n, ORDER / 2n + 1n, LAMBDA, LAMBDA - 1n];
          for (const bit of [1n, 10n, 11n, 63n, 64n, 126n, 127n, 128n, 253n])
            edges.push((1n << bit) - 1n, 1n << bit);
          const scalars = [...edges, ...edges.map((edge) => modulo(-edge))];
          const factors = scalars.map((_, i) => BigInt(i % 20) - 9n);
          expectSum(factors, scalars, WINDOWS);
        });

        it('sums a thousand, with every window', () => {
          const random = makeRandom(seed + 1);
          const points = progression(5n, 3n, 1000);
          const factors = Array.from({ length: 1000 }, (_, i) => 5n + 3n * BigInt(i));
          const scalars = factors.map(() => randomScalar(random));
          const sum = multiples([dot(factors, scalars)]);
          for (const window of WINDOWS) expect(sumBy(window, points, scalars)).to.deep.equal(sum);
        });

        it('sums more than go into one group of windows, of scalars of all sizes', () => {
          const random = makeRandom(seed + 2);
          const count = 9_001;
          const points = progression(-4500n, 1n, count);
          const factors = Array.from({ length: count }, (_, i) => BigInt(i) - 4500n);
          for (const draw of [
            () => randomScalar(random),
            () => random.bits(random.below(254)),
            () => modulo(random.bits(random.below(254)) - random.bits(random.below(254))),
          ]) {
            const scalars = factors.map(() => draw() % ORDER);
            expect(sumBy(0, points, scalars)).to.deep.equal(multiples([dot(factors, scalars)]));
          }
        });

        describe('when scalars are special', () => {
          const count = 3_000;
          const factors = Array.from({ length: count }, (_, i) => BigInt(i) + 1n);
          const expectSpecial = (scalarOf: (i: number) => bigint): void => {
            const scalars = factors.map((_, i) => scalarOf(i));
            const points = progression(1n, 1n, count);
            expect(sumBy(0, points, scalars)).to.deep.equal(multiples([dot(factors, scalars)]));
          };

          it('all are 0', () => {
            expectSpecial(() => 0n);
          });
          it('all are 1', () => {
            expectSpecial(() => 1n);
          });
          it('all are -1', () => {
            expectSpecial(() => ORDER - 1n);
          });
          it('all are bits', () => {
            expectSpecial((i) => BigInt(((i * i) % 7) & 1));
          });
          it('one is not 0', () => {
            for (const hot of [0, 1, count - 2, count - 1])
              expectSpecial((i) => (i === hot ? ORDER - 12345n : 0n));
          });
          it('all are the same', () => {
            expectSpecial(() => ORDER / 3n);
          });
        });

        describe('when sums meet, so that an addition is a doubling or a cancellation', () => {
          it('sums equal points', () => {
            for (const count of [2, 3, 4, 5, 8, 100, 2_500])
              for (const scalar of [1n, ORDER - 1n, ORDER / 5n])
                expectSum(Array<bigint>(count).fill(3n), Array<bigint>(count).fill(scalar));
          });

          it('sums points with their opposites, to infinity or not', () => {
            for (const factors of [
              [1n, -1n],
              [1n, 1n, -1n],
              [1n, -1n, 1n, -1n],
              [1n, -1n, 2n, -2n, 5n],
              [1n, -1n, 2n, -2n, 3n, -3n, 4n, -4n],
            ])
              for (const scalar of [1n, ORDER - 1n, LAMBDA, ORDER / 5n])
                expectSum(
                  factors,
                  factors.map(() => scalar),
                  WINDOWS,
                );
          });

          it('sums what is equal, or opposite, only after some rounds', () => {
            for (const factors of [
              [1n, 4n, 2n, 3n],
              [1n, 4n, -2n, -3n],
              [1n, 2n, 3n, 4n, -1n, -2n, -3n, -4n],
              [1n, 6n, 3n, 4n, 2n, 5n, 0n, 7n, 8n, -1n, 9n, -2n],
              [1n, -1n, 1n, -1n, 2n, 3n],
              [2n, -2n, 1n, 4n, 2n, 3n, 5n, -10n],
            ])
              for (const times of [1, 3, 400]) {
                const many = Array.from({ length: times }, () => factors).flat();
                expectSum(
                  many,
                  many.map(() => 1n),
                );
                expectSum(
                  many,
                  many.map(() => modulo(-7n * LAMBDA - 3n)),
                );
              }
          });

          it('sums a meeting in any lane of a batch', () => {
            for (let count = 2; count <= 24; count += 2)
              for (let at = 0; at < count; at += 2)
                for (const partner of [1n, -1n]) {
                  const factors = Array.from({ length: count }, (_, i) => BigInt(i * i) + 100n);
                  factors[at + 1] = factors[at]! * partner;
                  expectSum(
                    factors,
                    factors.map(() => 1n),
                  );
                }
          });

          it('sums points of a small group of multiples, infinity among them, by small scalars', () => {
            const random = makeRandom(seed + 3);
            for (let round = 0; round < 150; round++) expectCollisions(random, round % 40);
            expectCollisions(random, 3_000);
          });

          function expectCollisions(random: Random, count: number): void {
            const span = random.pick([1, 2, 4, 30]);
            const factors = Array.from({ length: count }, () =>
              BigInt(random.below(2 * span + 1) - span),
            );
            const some = [1n, -1n, 0n, LAMBDA, 1n + LAMBDA, 1n - LAMBDA, 2n, random.bits(253)];
            const kinds = random.below(some.length) + 1;
            const scalars = factors.map(() => modulo(some[random.below(kinds)]!));
            expectSum(factors, scalars, [random.pick([0, 0, 2, 3, 5, 11])]);
          }
        });

        it('sums points with extreme limbs', () => {
          const random = makeRandom(seed + 4);
          const points = extremePoints(name);
          expect(points.length).to.be.above(20);
          // Of less than 127 bits, so that the endomorphism, which on the twist is right in the subgroup only, has no part in it.
          const scalars = points.map(() => random.bits(120));
          const sum = slowSum(group, points, scalars);
          for (const window of WINDOWS)
            expect(sumBy(window, concat(points), scalars)).to.deep.equal(sum);
        });

        it('sums a part of a table, and traps beyond its end', () => {
          const factors = Array.from({ length: 20 }, (_, i) => BigInt(i) + 1n);
          const scalars = [7n, ORDER - 2n, 1n];
          for (const from of [0, 1, 17])
            expect(sumBy(0, multiples(factors), scalars, from)).to.deep.equal(
              multiples([dot(factors.slice(from), scalars)]),
            );
          for (const from of [18, 20, 21, 2 ** 32 - 1])
            expect(() => sumBy(0, multiples(factors), scalars, from)).to.throw(
              WebAssembly.RuntimeError,
            );
        });

        it('refuses scalars that are not below the order, and parts of them', () => {
          inMemory(() => {
            const table = group.makeTable(multiples([1n, 2n]), 'plain');
            const sum = (...scalars: bigint[]): Uint8Array =>
              group.sum(table, concat(scalars.map(toBytes)));
            expect(sum(1n, ORDER - 1n)).to.deep.equal(multiples([-1n]));
            expect(() => sum(1n, ORDER)).to.throw('scalars must be below the order');
            expect(() => sum(1n, 1n, 1n)).to.throw('from is 0: must leave 3 of 2 points');
            expect(() => group.sum(table, new Uint8Array(33))).to.throw('multiple of 32 bytes');
            const other = { ...table, group: name === 'g1' ? 'G2' : 'G1' } as const;
            expect(() => group.sum(other, new Uint8Array(32))).to.throw('table is');
          });
        });

        it('leaves no trace of the scalars, and takes no memory for good', () => {
          inMemory(() => {
            const random = makeRandom(seed + 5);
            const table = group.makeTable(progression(1n, 1n, 500), 'plain');
            const scalars = concat(
              Array.from({ length: 500 }, () => toBytes(randomScalar(random))),
            );
            const free = kernel.exports.mark();
            new Uint8Array(kernel.exports.memory.buffer, free).fill(0);
            group.sum(table, scalars);
            expect(kernel.exports.mark()).to.equal(free);
            expect(new Uint8Array(kernel.exports.memory.buffer, free).every((byte) => byte === 0))
              .to.be.true;
          });
        });
      });
});
