import { expect } from 'chai';
import { loadKernel, type Kernel } from '../../src/kernel/kernel.ts';
import type { Pointer } from '../../src/kernel/exports.ts';
import { makeRandom, seedOf, type Random } from '../support/circuits/random.ts';
import { MODULI, invert, mod, openField, type OpenField } from '../support/kernelField.ts';

const ROUNDS = 300;

type Numbers = readonly bigint[];

for (const build of ['fma', 'i64'] as const) {
  for (const name of ['fp', 'fr'] as const) {
    const seed = seedOf(20_261_121);
    describe(`kernel/field: the bounds of ${name}, ${build}, seed ${seed}`, () => {
      const p = MODULI[name];
      const isFma = build === 'fma';
      let kernel: Kernel;
      let field: OpenField;
      let random: Random;
      let byRadix: bigint;
      let [A, B, C, D, R]: Pointer[] = [];
      before(async () => {
        kernel = await loadKernel(build);
        field = openField(kernel, name);
        byRadix = invert(field.radix, p);
        [A, B, C, D, R] = Array.from({ length: 5 }, field.vector);
      });
      beforeEach(() => {
        random = makeRandom(seed);
      });

      /** Whether limb by limb what is in `R` is one summand, and its size in hundredths of p, rounded up. */
      const expectReduced = (vector: Pointer, hundredths: number): void => {
        for (let lane = 0; lane < field.lanes; lane++) {
          for (const limb of field.readLimbs(vector, lane).slice(0, -1))
            expect(limb >= (isFma ? -field.reach - 4n : 0n) && limb <= field.reach + 4n).to.equal(
              true,
            );
        }
        for (const value of field.values(vector)) {
          const size = Number((100n * value) / p);
          expect(size).to.be.at.most(hundredths);
          expect(size).to.be.at.least(isFma ? -hundredths : 0);
        }
      };
      /** How many of the lanes hold something else than the due number, modulo p. */
      const countWrong = (due: Numbers): number =>
        field.values(R!).filter((value, lane) => mod(value - due[lane]!, p) !== 0n).length;

      describe('given what is as large as it may be', () => {
        /** Sizes in hundredths of p, and summands. */
        const pairs: readonly (readonly [number, number, number, number])[] = isFma
          ? [
              [230, 1, 230, 1],
              [260, 1, 203, 2],
              [200, 2, 260, 1],
              [311, 3, 170, 1],
              [170, 1, 150, 3],
              [51, 3, 51, 1],
            ]
          : [
              [10_000, 1, 10_000, 1],
              [16_000, 1, 6_200, 1],
              [100, 1, 100, 1],
            ];
        for (const [sizeA, summandsA, sizeB, summandsB] of pairs) {
          it(`multiplies ${sizeA / 100}p in ${summandsA} by ${sizeB / 100}p in ${summandsB}`, () => {
            const share = isFma ? 0.378 : 0.006;
            const size = (share * sizeA * sizeB) / 100 + (isFma ? 62.7 : 100);
            for (let i = 0; i < ROUNDS; i++) {
              field.putExtreme(A!, random, sizeA, summandsA);
              field.putExtreme(B!, random, sizeB, summandsB);
              const [a, b] = [field.values(A!), field.values(B!)];
              kernel.exports[`${name}Mul`](R!, A!, B!);
              expect(countWrong(a.map((each, lane) => each * b[lane]! * byRadix))).to.equal(0);
              expectReduced(R!, Math.ceil(size));
            }
          });
        }
        it('sums two products', () => {
          const size = isFma ? 162 : 7_000;
          for (let i = 0; i < ROUNDS; i++) {
            for (const vector of [A!, B!, C!, D!]) field.putExtreme(vector, random, size, 1);
            const [a, b, c, d] = [A!, B!, C!, D!].map(field.values);
            kernel.exports[`${name}MulSum`](R!, A!, B!, C!, D!);
            const due = a!.map((_, l) => (a![l]! * b![l]! + c![l]! * d![l]!) * byRadix);
            expect(countWrong(due)).to.equal(0);
          }
        });
        it('squares', () => {
          for (let i = 0; i < ROUNDS; i++) {
            field.putExtreme(A!, random, isFma ? 230 : 10_000, 1);
            const a = field.values(A!);
            kernel.exports[`${name}Sqr`](R!, A!);
            expect(countWrong(a.map((each) => each * each * byRadix))).to.equal(0);
          }
        });
        it('subtracts and negates', () => {
          for (let i = 0; i < ROUNDS; i++) {
            field.putExtreme(A!, random, 400, 1);
            field.putExtreme(B!, random, 400, 1);
            const [a, b] = [field.values(A!), field.values(B!)];
            kernel.exports[`${name}Sub`](R!, A!, B!);
            expect(countWrong(a.map((each, lane) => each - b[lane]!))).to.equal(0);
            kernel.exports[`${name}Negate`](R!, B!);
            expect(countWrong(b.map((each) => -each))).to.equal(0);
          }
        });
        it('reduces', () => {
          for (const [size, summands] of isFma
            ? ([
                [340, 3],
                [340, 1],
                [1, 3],
              ] as const)
            : ([
                [130_000, 1],
                [6_000, 1],
                [100, 1],
              ] as const))
            for (let i = 0; i < ROUNDS; i++) {
              field.putExtreme(R!, random, size, summands);
              const due = field.values(R!);
              kernel.exports[`${name}Reduce`](R!);
              expect(countWrong(due)).to.equal(0);
              expectReduced(R!, isFma ? 51 : 101);
            }
        });
        it('inverts', () => {
          for (let i = 0; i < 20; i++) {
            field.putExtreme(A!, random, isFma ? 120 : 10_000, 1);
            const a = field.values(A!);
            kernel.exports[`${name}Invert`](R!, A!);
            const square = mod(field.radix * field.radix, p);
            expect(countWrong(a.map((each) => square * invert(each, p)))).to.equal(0);
          }
        });
        it('writes', () => {
          for (let i = 0; i < ROUNDS; i++) {
            field.putExtreme(A!, random, isFma ? 200 : 520, isFma ? 3 : 1);
            const a = field.values(A!);
            expect(field.get(A!)).to.deep.equal(a.map((each) => mod(each, p)));
          }
        });
      });

      if (isFma) {
        describe('given more than it may be given', () => {
          const wrongOf = (sizeA: number, sizeB: number, summands: number): number => {
            let wrong = 0;
            for (let i = 0; i < ROUNDS; i++) {
              field.putExtreme(A!, random, sizeA, 1);
              field.putExtreme(B!, random, sizeB, summands);
              const [a, b] = [field.values(A!), field.values(B!)];
              kernel.exports[`${name}Mul`](R!, A!, B!);
              wrong += countWrong(a.map((each, lane) => each * b[lane]! * byRadix));
            }
            return wrong;
          };
          it('is wrong beyond 5.34 p^2: the bound is real', () => {
            expect(wrongOf(230, 230, 1)).to.equal(0);
            expect(wrongOf(236, 236, 1)).to.be.above(0);
            expect(wrongOf(260, 260, 1)).to.be.above(ROUNDS / 4);
          });
          it('is wrong with three summands by more than 1.7p: the bound is real', () => {
            expect(wrongOf(170, 215, 3)).to.equal(0);
            expect(wrongOf(220, 215, 3)).to.be.above(ROUNDS / 4);
          });
        });
      }

      if (name === 'fr')
        describe('sums many products with one reduction', () => {
          for (const count of [0, 1, 2, 5, 6, 7, 12, 13, 19, 31, 100]) {
            it(`${count} of them`, () => {
              const { exports } = kernel;
              const elements = exports.allocate(count * exports.ELEMENT.value);
              const vectors = exports.allocate(count * exports.VECTOR.value);
              // In fma the sum of the sizes is 5.3 p^2, in i64 every number as large as a reduced one may be.
              const size = isFma ? Math.min(230, Math.floor(100 * Math.sqrt(5.3 / count))) : 101;
              for (let i = 0; i < 20; i++) {
                const due = Array.from({ length: field.lanes }, () => 0n);
                for (let k = 0; k < count; k++) {
                  const vector = vectors + k * exports.VECTOR.value;
                  field.putExtreme(A!, random, size, 1);
                  exports.frSplit(A!, elements + k * exports.ELEMENT.value, C!);
                  const [element] = field.values(A!);
                  field.putExtreme(vector, random, size, 1);
                  field.values(vector).forEach((value, lane) => {
                    due[lane]! += element! * value * byRadix;
                  });
                }
                exports.frDot(R!, count, elements, vectors);
                expect(countWrong(due)).to.equal(0);
                expectReduced(R!, isFma ? 262 : 170);
              }
            });
          }
        });
    });
  }
}
