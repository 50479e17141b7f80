import { expect } from 'chai';
import { loadKernel, type Kernel } from '../../src/kernel/kernel.ts';
import type { Pointer } from '../../src/kernel/exports.ts';
import { makeRandom, seedOf, type Random } from '../support/circuits/random.ts';
import { loadReferenceCurve } from '../support/kernel/ffjavascript.ts';
import { MODULI, invert, mod, openField, type OpenField } from '../support/kernelField.ts';

const p = MODULI.fp;
const ROUNDS = 300;

/** `re + im i` with i^2 = -1. */
type Complex = readonly [re: bigint, im: bigint];

const times = ([a, b]: Complex, [c, d]: Complex, scale: bigint): Complex => [
  mod((a * c - b * d) * scale, p),
  mod((a * d + b * c) * scale, p),
];

for (const build of ['fma', 'i64'] as const) {
  const seed = seedOf(20_261_122);
  describe(`kernel/fp2, ${build}, seed ${seed}`, () => {
    let kernel: Kernel;
    let field: OpenField;
    let random: Random;
    let byRadix: bigint;
    let [A, B, R]: Pointer[] = [];
    before(async () => {
      kernel = await loadKernel(build);
      field = openField(kernel, 'fp');
      byRadix = invert(field.radix, p);
      [A, B, R] = Array.from({ length: 3 }, () =>
        kernel.exports.allocate(2 * kernel.exports.VECTOR.value),
      );
    });
    beforeEach(() => {
      random = makeRandom(seed);
    });

    const edges = [0n, 1n, p - 1n, p - 2n, (p - 1n) / 2n, 2n ** 51n - 1n, 2n ** 253n] as const;
    const imaginary = (vector: Pointer): Pointer => vector + kernel.exports.VECTOR.value;
    /** Canonical numbers, reduced as everything here takes them; with the two lanes of each. */
    const given = (vector: Pointer, choose: () => bigint): readonly Complex[] => {
      const [re, im] = [
        [choose(), choose()],
        [choose(), choose()],
      ] as const;
      field.put(vector, re);
      field.put(imaginary(vector), im);
      kernel.exports.fpReduce(vector);
      kernel.exports.fpReduce(imaginary(vector));
      return re.slice(0, field.lanes).map((each, lane) => [each, im[lane]!] as const);
    };
    const got = (): readonly Complex[] => {
      const [re, im] = [field.get(R!), field.get(imaginary(R!))];
      return re.map((each, lane) => [each, im[lane]!] as const);
    };
    const draw = (): bigint => (random.percent(40) ? random.pick(edges) : random.bits(254) % p);
    /** Extreme numbers, whose value is read from their limbs. */
    const extreme = (vector: Pointer, size: number, summands: number): readonly Complex[] => {
      field.putExtreme(vector, random, size, summands);
      field.putExtreme(imaginary(vector), random, size, summands);
      const im = field.values(imaginary(vector));
      return field.values(vector).map((re, lane) => [re, im[lane]!] as const);
    };
    /** Hundredths of p: what is reduced, from `least` on, and a difference of two (4p more in `i64`) with its summands. */
    const { reduced, least, difference, summands } =
      build === 'fma'
        ? { reduced: 51, least: -51, difference: 102, summands: 2 }
        : { reduced: 101, least: 0, difference: 505, summands: 1 };

    it('multiplies', () => {
      for (let i = 0; i < ROUNDS; i++) {
        const [a, b] = [given(A!, draw), given(B!, draw)];
        kernel.exports.fp2Mul(R!, A!, B!);
        expect(got()).to.deep.equal(a.map((each, lane) => times(each, b[lane]!, byRadix)));
      }
    });
    it('squares', () => {
      for (let i = 0; i < ROUNDS; i++) {
        const a = given(A!, draw);
        kernel.exports.fp2Sqr(R!, A!);
        expect(got()).to.deep.equal(a.map((each) => times(each, each, byRadix)));
      }
    });
    it('inverts, 0 to 0', () => {
      const scale = mod(field.radix * field.radix, p);
      for (let i = 0; i < 30; i++) {
        const a = given(A!, i === 0 ? () => 0n : draw);
        kernel.exports.fp2Invert(R!, A!);
        const due = a.map(([re, im]) =>
          times([re, mod(-im, p)], [invert(re * re + im * im, p), 0n], scale),
        );
        expect(got()).to.deep.equal(due);
      }
    });
    it('does all of it as ffjavascript does', async () => {
      const { F1, F2 } = await loadReferenceCurve();
      // Its own `e` writes the second part behind the end.
      const element = ([re, im]: Complex): Uint8Array =>
        Uint8Array.from([...F1.e(re), ...F1.e(im)]);
      const { exports } = kernel;
      const scaled = ([re, im]: Complex, scale: bigint): Complex => [
        mod(re * scale, p),
        mod(im * scale, p),
      ];
      const operations = {
        mul: [
          () => {
            exports.fp2Mul(R!, A!, B!);
          },
          byRadix,
        ],
        square: [
          () => {
            exports.fp2Sqr(R!, A!);
          },
          byRadix,
        ],
        inv: [
          () => {
            exports.fp2Invert(R!, A!);
          },
          mod(field.radix * field.radix, p),
        ],
      } as const;
      for (const [operation, [operate, scale]] of Object.entries(operations))
        for (let i = 0; i < (operation === 'inv' ? ROUNDS / 10 : ROUNDS); i++) {
          const [a, b] = [given(A!, draw), given(B!, draw)];
          operate();
          const due = a.map((each, lane) => {
            const [x, y] = [element(each), element(b[lane]!)];
            return scaled(F2.toObject(F2[operation as keyof typeof operations](x, y)), scale);
          });
          expect(got(), `${operation} of ${a.join()} and ${b.join()}`).to.deep.equal(due);
        }
    });
    it('has i^2 = -1', () => {
      field.put(A!, [0n, 0n]);
      field.put(imaginary(A!), [field.radix % p, field.radix % p]);
      kernel.exports.fp2Sqr(R!, A!);
      for (const [re, im] of got()) expect([re, im]).to.deep.equal([mod(-field.radix, p), 0n]);
    });
    it('overwrites what it takes, if told so', () => {
      const a = given(A!, draw);
      kernel.exports.fp2Mul(A!, A!, A!);
      [A, R] = [R, A];
      expect(got()).to.deep.equal(a.map((each) => times(each, each, byRadix)));
    });

    describe('given what is as large as it may be', () => {
      it('multiplies one that is reduced by a sum or difference of two, and gives what is reduced', () => {
        for (let i = 0; i < ROUNDS; i++) {
          const [a, b] = [extreme(A!, reduced, 1), extreme(B!, difference, summands)];
          kernel.exports.fp2Mul(R!, A!, B!);
          expect(got()).to.deep.equal(a.map((each, lane) => times(each, b[lane]!, byRadix)));
          for (const vector of [R!, imaginary(R!)])
            for (const value of field.values(vector))
              expect(Number((100n * value) / p)).to.be.within(least, reduced);
        }
      });
      it('squares one that is reduced', () => {
        for (let i = 0; i < ROUNDS; i++) {
          const a = extreme(A!, reduced, 1);
          kernel.exports.fp2Sqr(R!, A!);
          expect(got()).to.deep.equal(a.map((each) => times(each, each, byRadix)));
        }
      });
    });
  });
}
