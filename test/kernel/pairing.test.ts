import { bn254 } from '@noble/curves/bn254';
import { expect } from 'chai';
import { loadKernel, type Kernel } from '../../src/kernel/kernel.ts';
import {
  createPairing,
  type G1Point,
  type G2Point,
  type Pair,
  type Pairing,
} from '../../src/kernel/pairing.ts';
import { makeRandom, seedOf } from '../support/circuits/random.ts';
import {
  ORDER_OF_TWIST,
  SMALL_ORDER,
  onTwist,
  ofSmallOrder,
  plus,
  toG2,
} from '../support/twist.ts';
import { thrown } from '../support/world.ts';

const { G1, G2 } = bn254;
const p = bn254.fields.Fp.ORDER;
const r = bn254.fields.Fr.ORDER;
const SEED = seedOf(197);
const O1: G1Point = [0n, 0n];
const O2: G2Point = [0n, 0n, 0n, 0n];

const g1 = (scalar: bigint): G1Point => {
  const point = G1.ProjectivePoint.BASE.multiplyUnsafe(((scalar % r) + r) % r);
  return point.equals(G1.ProjectivePoint.ZERO) ? O1 : [point.toAffine().x, point.toAffine().y];
};
const g2 = (scalar: bigint): G2Point => toG2(G2.ProjectivePoint.BASE.multiply(scalar));

describe(`kernel/pairing (seed ${SEED})`, () => {
  it('may ask for the subgroup as ate.ts does: only points of order r pass', () => {
    // psi^2 - t psi + p = 0 takes 6x + 2 + psi - psi^2 + psi^3 to a + b psi.
    const x = 4965661367192848881n;
    const t = 6n * x * x + 1n;
    expect(p + 1n - t).to.equal(r);
    let [a, b] = [0n, 0n];
    for (const coefficient of [1n, -1n, 1n, 6n * x + 2n]) [a, b] = [coefficient - p * b, a + t * b];
    const norm = a * a + t * a * b + p * b * b;
    const common = (m: bigint, n: bigint): bigint => (n === 0n ? m : common(n, m % n));
    expect(ORDER_OF_TWIST % (r * r)).not.to.equal(0n);
    expect(common(norm, ORDER_OF_TWIST)).to.equal(r);
    expect((6n * x + 2n + p - p * p + p ** 3n) % r).to.equal(0n);
  });

  for (const build of ['fma', 'i64'] as const) {
    describe(build, () => {
      let kernel: Kernel;
      let pairing: Pairing;
      let top: number;
      before(async () => {
        kernel = await loadKernel(build);
        pairing = createPairing(kernel);
        top = kernel.exports.mark();
      });
      afterEach(() => expect(kernel.exports.mark(), 'memory given back').to.equal(top));

      const random = makeRandom(SEED);
      const scalar = (): bigint => (random.bits(256) % (r - 1n)) + 1n;
      /** Pairs of random points whose product is 1, so many of them. */
      const balanced = (count: number): Pair[] => {
        const scalars = Array.from({ length: count - 1 }, () => [scalar(), scalar()] as const);
        const sum = scalars.reduce((total, [a, b]) => total + a * b, 0n);
        const last = scalar();
        const rest = -sum * bn254.fields.Fr.inv(last);
        return [...scalars, [rest, last] as const].map(([a, b]) => ({ g1: g1(a), g2: g2(b) }));
      };
      const holds = (pairs: readonly Pair[]): boolean => pairing.checkPairings(pairs).holds;
      const at = (pairs: readonly Pair[], i: number, change: Partial<Pair>): Pair[] =>
        pairs.map((pair, k) => (k === i ? { ...pair, ...change } : pair));

      describe('checkPairings', () => {
        it('says that an empty product is 1, and a pairing of generators is not', () => {
          expect(holds([])).to.equal(true);
          expect(holds([{ g1: g1(1n), g2: g2(1n) }])).to.equal(false);
        });
        it('is bilinear', () => {
          for (const [a, b] of [
            ...[[1n, 1n] as const, [2n, r - 1n] as const, [r - 1n, r - 1n] as const],
            ...Array.from({ length: 3 }, () => [scalar(), scalar()] as const),
          ]) {
            const product = [
              { g1: g1(a), g2: g2(b) },
              { g1: g1(-a * b), g2: g2(1n) },
            ];
            expect(holds(product), `${a}, ${b}`).to.equal(true);
            expect(holds(at(product, 1, { g1: g1(-a * b + 1n) })), `${a}, ${b}`).to.equal(false);
          }
        });
        for (const count of [2, 3, 4, 5, 8, 17]) {
          it(`takes ${count} pairs, and notes a change in each`, () => {
            const pairs = balanced(count);
            expect(holds(pairs)).to.equal(true);
            for (let i = 0; i < count; i += 1 + (count >> 3)) {
              expect(holds(at(pairs, i, { g1: g1(scalar()) })), `g1 of ${i}`).to.equal(false);
              expect(holds(at(pairs, i, { g2: g2(scalar()) })), `g2 of ${i}`).to.equal(false);
            }
          });
        }
        it('takes the same pair twice, and a pair with its opposite', () => {
          const [a, b] = [scalar(), scalar()];
          const pair = { g1: g1(a), g2: g2(b) };
          expect(holds([pair, pair])).to.equal(false);
          expect(holds([pair, pair, { g1: g1(-2n * a), g2: g2(b) }])).to.equal(true);
          expect(holds([pair, { ...pair, g1: g1(-a) }])).to.equal(true);
        });
        it('counts infinity as 1, in either place, anywhere', () => {
          const pairs = balanced(3);
          for (const silent of [
            { g1: O1, g2: g2(7n) },
            { g1: g1(7n), g2: O2 },
            { g1: O1, g2: O2 },
          ]) {
            expect(holds([silent])).to.equal(true);
            for (let i = 0; i <= 3; i++)
              expect(holds([...pairs.slice(0, i), silent, ...pairs.slice(i)]), `${i}`).to.equal(
                true,
              );
            expect(holds([silent, { g1: g1(1n), g2: g2(1n) }])).to.equal(false);
          }
        });
        it('agrees with another implementation about products that are 1 and that are not', () => {
          for (let round = 0; round < 4; round++) {
            const pairs = round % 2 ? balanced(2) : at(balanced(2), 0, { g1: g1(scalar()) });
            const product = pairs.map(({ g1: [x, y], g2: [a, b, c, d] }) =>
              bn254.pairing(
                G1.ProjectivePoint.fromAffine({ x, y }),
                G2.ProjectivePoint.fromAffine({ x: { c0: a, c1: b }, y: { c0: c, c1: d } }),
              ),
            );
            const { Fp12 } = bn254.fields;
            expect(holds(pairs)).to.equal(Fp12.eql(Fp12.mul(product[0]!, product[1]!), Fp12.ONE));
          }
        });
      });

      describe('given a point of the twist outside the subgroup', () => {
        it('names its pair, wherever it is, and takes the pairs without it', () => {
          const pairs = balanced(5);
          expect(pairing.checkPairings(pairs)).to.deep.equal({ holds: true, outside: [] });
          for (const outside of [onTwist(1n), ofSmallOrder(), plus(pairs[0]!.g2, ofSmallOrder())])
            for (let i = 0; i < 5; i++)
              expect(pairing.checkPairings(at(pairs, i, { g2: outside }))).to.deep.equal({
                ...{ holds: false, outside: [i] },
              });
        });
        it('names several', () => {
          const [a, b] = [onTwist(1n), onTwist(30n)];
          const pairs = at(at(balanced(4), 1, { g2: a }), 2, { g2: b });
          expect(pairing.checkPairings(pairs).outside).to.deep.equal([1, 2]);
        });
        it('refuses it beside infinity, too', () => {
          expect(pairing.checkPairings([{ g1: O1, g2: onTwist(1n) }])).to.deep.equal({
            ...{ holds: false, outside: [0] },
          });
        });
        it('says that it is on the twist all the same', () => {
          expect(ORDER_OF_TWIST % SMALL_ORDER).to.equal(0n);
          for (const outside of [onTwist(1n), ofSmallOrder()])
            expect(pairing.isOnTwist(outside)).to.equal(true);
        });
        it('refuses every one of many, and takes as many of the subgroup', () => {
          const some = Array.from({ length: 12 }, (_, i) => onTwist(BigInt(50 * i)));
          const outside = some.map((point) => ({ g1: g1(1n), g2: point }));
          expect(pairing.checkPairings(outside).outside).to.have.length(12);
          const inside = some.map(() => ({ g1: g1(1n), g2: g2(scalar()) }));
          expect(pairing.checkPairings(inside).outside).to.deep.equal([]);
        });
      });

      describe('given what is no point', () => {
        const [[x, y], [a, b, c, d]] = [g1(5n), g2(5n)];
        const onlyG1: Readonly<Record<string, G1Point>> = {
          'off the curve': [x, y + 1n],
          'x = p': [p, y],
          'x + p': [x + p, y],
          'y + p': [x, y + p],
          'half of infinity': [0n, y],
          negative: [-x, y],
          'of 257 bits': [x + 2n ** 256n, y],
        };
        const onlyG2: Readonly<Record<string, G2Point>> = {
          'off the twist': [a, b, c, d + 1n],
          'of the twist with its parts swapped': [b, a, d, c],
          'x + p': [a + p, b, c, d],
          'y = p': [a, b, c, p],
          'half of infinity': [0n, 0n, c, d],
          negative: [a, -b, c, d],
        };
        it('says so', () => {
          expect(pairing.isG1([x, y])).to.equal(true);
          expect(pairing.isG1(O1)).to.equal(true);
          for (const [name, point] of Object.entries(onlyG1))
            expect(pairing.isG1(point), name).to.equal(false);
          expect(pairing.isOnTwist([a, b, c, d])).to.equal(true);
          expect(pairing.isOnTwist(O2)).to.equal(true);
          for (const [name, point] of Object.entries(onlyG2))
            expect(pairing.isOnTwist(point), name).to.equal(false);
        });
        it('refuses it in a pair, naming the pair, and takes the others', () => {
          const pairs = balanced(3);
          expect(holds(pairs)).to.equal(true);
          for (const [name, point] of Object.entries(onlyG1))
            for (const i of [0, 1, 2])
              expect(
                thrown(() => holds(at(pairs, i, { g1: point }))),
                name,
              ).to.include({
                code: 'InvalidInput',
              });
          for (const [name, point] of Object.entries(onlyG2))
            for (const i of [0, 1, 2])
              expect(
                thrown(() => holds(at(pairs, i, { g2: point }))),
                name,
              ).to.include({
                code: 'InvalidInput',
              });
          expect(thrown(() => holds(at(pairs, 1, { g1: [x, y + 1n] }))).data['field']).to.equal(
            'pairs[1]',
          );
        });
        it('refuses it among points to multiply, and counts that differ', () => {
          expect(pairing.sum([g1(2n), [x, y]], [1n, 1n])).to.deep.equal(g1(7n));
          for (const point of [...Object.values(onlyG1)]) {
            expect(thrown(() => pairing.sum([g1(2n), point], [1n, 1n])).code).to.equal(
              'InvalidInput',
            );
            expect(thrown(() => pairing.multiples([point], [1n])).code).to.equal('InvalidInput');
          }
          expect(thrown(() => pairing.sum([g1(2n)], [])).code).to.equal('InvalidInput');
          expect(thrown(() => pairing.sum([g1(2n)], [-1n])).code).to.equal('InvalidInput');
          expect(thrown(() => pairing.sum([g1(2n)], [2n ** 256n])).code).to.equal('InvalidInput');
        });
      });

      describe('multiples and sums', () => {
        const EDGES = [0n, 1n, 2n, 15n, 16n, r - 1n, r, r + 1n, 2n ** 128n - 1n, 2n ** 256n - 1n];
        it('multiplies by every edge, each point alone', () => {
          const points = EDGES.map((_, i) => g1(BigInt(i + 1)));
          const wanted = EDGES.map((edge, i) => g1(edge * BigInt(i + 1)));
          expect(pairing.multiples(points, EDGES)).to.deep.equal(wanted);
          expect(pairing.multiples(points.slice(1), EDGES.slice(1))).to.deep.equal(wanted.slice(1));
        });
        for (const count of [0, 1, 2, 3, 4, 9]) {
          it(`sums ${count}`, () => {
            const logs = Array.from({ length: count }, scalar);
            const scalars = logs.map((_, i) => random.bits(i % 2 ? 128 : 254));
            const total = logs.reduce((sum, log, i) => sum + log * scalars[i]!, 0n);
            const points = logs.map(g1);
            expect(pairing.sum(points, scalars)).to.deep.equal(g1(total));
            const each = logs.map((log, i) => g1(log * scalars[i]!));
            expect(pairing.multiples(points, scalars)).to.deep.equal(each);
          });
        }
        it('adds equal points, opposite ones and infinity', () => {
          const [a, b] = [g1(9n), g1(-9n)];
          expect(pairing.sum([a, a, a], [1n, 1n, 1n])).to.deep.equal(g1(27n));
          expect(pairing.sum([a, b], [5n, 5n])).to.deep.equal(O1);
          expect(pairing.sum([a, b, a], [5n, 5n, 1n])).to.deep.equal(a);
          expect(pairing.sum([O1, a, O1], [5n, 2n, r - 1n])).to.deep.equal(g1(18n));
          expect(pairing.multiples([O1, a, O1], [3n, 0n, 0n])).to.deep.equal([O1, O1, O1]);
        });
      });
    });
  }
});
