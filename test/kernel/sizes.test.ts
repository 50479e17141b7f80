/**
 * Sums of multiples and transforms of every size up to 2^14, of all that is special about scalars and points, beside
 * ffjavascript's: what snarkjs would make of them.
 */
import { expect } from 'chai';
import { loadKernel, type Kernel } from '../../src/kernel/kernel.ts';
import { makeRandom, seedOf, type Random } from '../support/circuits/random.ts';
import { MODULUS, REFERENCES, concat, type GroupName } from '../support/groups.ts';
import { cosetOf, loadReferenceCurve, sumOf, type Curve } from '../support/kernel/ffjavascript.ts';
import { createGroups } from '../support/kernel/kernelGroups.ts';
import {
  R,
  drawScalar,
  fromBytes,
  mod,
  putVectors,
  takeVectors,
  toBytes,
} from '../support/kernel/scalars.ts';

const SEED = seedOf(47);
const BUILDS = ['fma', 'i64'] as const;
const MAX_POWER = 14;

/** The powers of two, and their neighbours. */
const SIZES = [...new Set(Array.from({ length: MAX_POWER + 1 }, (_, k) => 2 ** k).flatMap(around))];

function around(size: number): readonly number[] {
  return [size - 1, size, size + 1].filter((near) => near >= 1 && near <= 2 ** MAX_POWER);
}

/** One summand: which of the known points, whether negated, times what. */
type Term = { readonly point: number; readonly isNegated?: boolean; readonly scalar: bigint };

const TERMS: Readonly<Record<string, (random: Random, count: number) => (i: number) => Term>> = {
  'any scalars': (random) => (i) => ({ point: i, scalar: drawScalar(random) }),
  'only zeros': () => (i) => ({ point: i, scalar: 0n }),
  'only ones': () => (i) => ({ point: i, scalar: 1n }),
  'one among zeros': (random, count) => {
    const [hot, scalar] = [random.below(count), drawScalar(random)];
    return (i) => ({ point: i, scalar: i === hot ? scalar : 0n });
  },
  'few points, few scalars': (random) => {
    const few = [drawScalar(random), mod(-drawScalar(random)), 1n];
    return (i) => ({ point: i % 5, scalar: few[i % 3]! });
  },
  'points and their opposites': (random) => {
    const scalar = drawScalar(random);
    return (i) => ({ point: i >> 1, isNegated: i % 2 === 1, scalar });
  },
  'infinity among them': (random) => (i) => ({
    point: i % 3 === 1 ? -1 : i,
    scalar: drawScalar(random),
  }),
};

const VALUES: Readonly<Record<string, (random: Random, count: number) => (i: number) => bigint>> = {
  'any values': (random) => () => drawScalar(random),
  'only zeros': () => () => 0n,
  'only ones': () => () => 1n,
  'only r - 1': () => () => R - 1n,
  'one among zeros': (random, count) => {
    const hot = random.below(count);
    return (i) => (i === hot ? R - 1n : 0n);
  },
};

describe(`kernel: every size beside ffjavascript (seed ${SEED})`, () => {
  let curve: Curve;
  const kernels: Kernel[] = [];
  before(async () => {
    curve = await loadReferenceCurve();
    for (const build of BUILDS) kernels.push(await loadKernel(build));
  });

  /** Does something in each build, and gives the memory back that it took. */
  function inEach(work: (kernel: Kernel) => void): void {
    for (const kernel of kernels) {
      const start = kernel.exports.mark();
      work(kernel);
      kernel.exports.release(start);
    }
  }

  for (const name of ['g1', 'g2'] as const satisfies readonly GroupName[])
    describe(`sums in ${name}`, () => {
      const { pointBytes } = REFERENCES[name];
      /** In a key's form, and the same negated. */
      let known: readonly { readonly point: Uint8Array; readonly opposite: Uint8Array }[];
      before(() => {
        const plain = REFERENCES[name].progression(3n, 1n, 2 ** MAX_POWER);
        known = Array.from({ length: 2 ** MAX_POWER }, (_, i) =>
          inKey(plain.subarray(pointBytes * i, pointBytes * (i + 1))),
        );
      });
      const infinity = new Uint8Array(pointBytes);

      async function expectSum(size: number, kind: string, random: Random): Promise<void> {
        const terms = Array.from({ length: size }, (_, i) => i).map(TERMS[kind]!(random, size));
        const points = concat(
          terms.map(({ point, isNegated = false }) =>
            point < 0 ? infinity : known[point]![isNegated ? 'opposite' : 'point'],
          ),
        );
        const scalars = terms.map(({ scalar }) => scalar);
        const expected = await sumOf(curve[name === 'g1' ? 'G1' : 'G2'], points, scalars);
        const bytes = concat(scalars.map(toBytes));
        inEach((kernel) => {
          const group = createGroups(kernel)[name];
          const what = `${kernel.build}, ${size} of them, ${kind}`;
          expect(group.sum(group.makeTable(points, 'key'), bytes), what).to.deep.equal(expected);
        });
      }

      it(`of any scalars, of 1 to 2^${MAX_POWER} points`, async () => {
        const random = makeRandom(SEED);
        for (const size of SIZES) await expectSum(size, 'any scalars', random);
      });
      for (const kind of Object.keys(TERMS).slice(1))
        it(`of ${kind}, of 1 to 2^${MAX_POWER} points`, async () => {
          const random = makeRandom(SEED + 1);
          for (let power = 0; power <= MAX_POWER; power++)
            await expectSum(2 ** power, kind, random);
        });
    });

  describe('transforms', () => {
    for (const [kind, valueOf] of Object.entries(VALUES))
      it(`of ${kind}, of 2 to 2^${MAX_POWER}`, async () => {
        const random = makeRandom(SEED + 2);
        for (let power = 1; power <= MAX_POWER; power++) {
          const n = 2 ** power;
          const values = Array.from({ length: n }, (_, i) => i).map(valueOf(random, n));
          const others = values.map(() => drawScalar(random));
          const lanes = [await cosetOf(curve, values), await cosetOf(curve, others)];
          inEach((kernel) => {
            const { exports } = kernel;
            const at = putVectors(kernel, [values, others]);
            exports.toCoset(exports.makeDomain(power), n, at);
            const expected = lanes.slice(0, exports.LANES.value);
            expect(takeVectors(kernel, at, n), `${kernel.build}, 2^${power}`).to.deep.equal(
              expected,
            );
          });
        }
      });
  });
});

/** A point with its coordinates as a key has them: times 2^256. */
function inKey(plain: Uint8Array): { readonly point: Uint8Array; readonly opposite: Uint8Array } {
  const coordinates = Array.from({ length: plain.length / 32 }, (_, i) =>
    fromBytes(plain.subarray(32 * i, 32 * (i + 1))),
  );
  const [x, y] = [0, coordinates.length / 2].map((at) =>
    coordinates.slice(at, at + coordinates.length / 2),
  ) as [bigint[], bigint[]];
  const scaled = (values: readonly bigint[]): Uint8Array =>
    concat(values.map((value) => toBytes((value << 256n) % MODULUS)));
  const negated = y.map((value) => (MODULUS - value) % MODULUS);
  return { point: scaled([...x, ...y]), opposite: scaled([...x, ...negated]) };
}
