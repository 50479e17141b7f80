import { expect } from 'chai';
import { loadKernel, type Kernel } from '../../src/kernel/kernel.ts';
import type { Pointer } from '../../src/kernel/exports.ts';
import { makeRandom, seedOf, type Random } from '../support/circuits/random.ts';
import { loadReferenceCurve } from '../support/kernel/ffjavascript.ts';
import { MODULI, invert, mod, openField, type OpenField } from '../support/kernelField.ts';

const ROUNDS = 300;

/** A slot of memory that holds a vector, and the numbers of its lanes. */
type Numbers = readonly bigint[];

/** The numbers where carries, signs and the modulus itself are. */
const edgesOf = (p: bigint): readonly [bigint, ...bigint[]] => [
  0n,
  1n,
  2n,
  p - 1n,
  p - 2n,
  (p - 1n) / 2n,
  (p + 1n) / 2n,
  2n ** 29n - 1n,
  2n ** 51n - 1n,
  2n ** 51n,
  2n ** 232n - 1n,
  2n ** 253n,
  (2n ** 51n - 1n) << 153n,
  mod(2n ** 255n, p),
  mod(2n ** 261n, p),
];

for (const build of ['fma', 'i64'] as const) {
  for (const name of ['fp', 'fr'] as const) {
    const seed = seedOf(20_261_121);
    describe(`kernel/field ${name}, ${build}, seed ${seed}`, () => {
      const p = MODULI[name];
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

      const draw = (): bigint =>
        random.percent(30) ? random.pick(edgesOf(p)) : random.bits(254) % p;
      const given = (vector: Pointer): Numbers => {
        const numbers = [draw(), draw()].slice(0, field.lanes);
        field.put(vector, numbers);
        return numbers;
      };
      /** What an operation of canonical numbers gives, in each lane, at random and at the edges. */
      const expectEach = (
        operate: (a: Pointer, b: Pointer) => void,
        due: (a: bigint, b: bigint) => bigint,
      ): void => {
        for (let i = 0; i < ROUNDS; i++) {
          const [a, b] = [given(A!), given(B!)];
          operate(A!, B!);
          expect(field.get(R!)).to.deep.equal(a.map((each, lane) => mod(due(each, b[lane]!), p)));
        }
      };

      describe('given canonical numbers', () => {
        it('reads and writes them', () => {
          for (const edge of edgesOf(p)) {
            field.put(A!, [edge, p - 1n - edge]);
            expect(field.get(A!)).to.deep.equal([edge, p - 1n - edge].slice(0, field.lanes));
          }
        });
        it('multiplies', () => {
          expectEach(
            (a, b) => {
              kernel.exports[`${name}Mul`](R!, a, b);
            },
            (a, b) => a * b * byRadix,
          );
        });
        it('squares what is reduced', () => {
          expectEach(
            (a) => {
              kernel.exports[`${name}Reduce`](a);
              kernel.exports[`${name}Sqr`](R!, a);
            },
            (a) => a * a * byRadix,
          );
        });
        it('adds and subtracts', () => {
          for (const [operation, sign] of [
            ['Add', 1n],
            ['Sub', -1n],
          ] as const)
            expectEach(
              (a, b) => {
                kernel.exports[`${name}${operation}`](R!, a, b);
                kernel.exports[`${name}Reduce`](R!);
              },
              (a, b) => a + sign * b,
            );
        });
        it('negates, and one lane without the other', () => {
          expectEach(
            (a) => {
              kernel.exports[`${name}Negate`](R!, a);
            },
            (a) => -a,
          );
          for (const [first, second] of [
            [0, 0],
            [0, 1],
            [1, 0],
            [1, 1],
          ] as const) {
            const numbers = given(A!);
            kernel.exports[`${name}NegateIf`](A!, first, second);
            const signs = [first, second];
            expect(field.get(A!)).to.deep.equal(
              numbers.map((number, lane) => (signs[lane] === 1 ? mod(-number, p) : number)),
            );
          }
        });
        it('negates one at rest', () => {
          const [first, second] = [field.element(), field.element()];
          const numbers = given(A!);
          kernel.exports[`${name}Split`](A!, first, second);
          kernel.exports[`${name}NegateElement`](first);
          kernel.exports[`${name}Join`](R!, first, second);
          expect(field.get(R!)).to.deep.equal([mod(-numbers[0]!, p), ...numbers.slice(1)]);
        });
        it('inverts, 0 to 0', () => {
          const square = mod(field.radix * field.radix, p);
          for (const edge of [...edgesOf(p), draw(), draw()]) {
            field.put(A!, [edge, p - edge - 1n]);
            kernel.exports[`${name}Reduce`](A!);
            kernel.exports[`${name}Invert`](R!, A!);
            const due = [edge, p - edge - 1n].map((value) => mod(square * invert(value, p), p));
            expect(field.get(R!)).to.deep.equal(due.slice(0, field.lanes));
          }
        });
        it('sums two products with one reduction', () => {
          for (let i = 0; i < ROUNDS; i++) {
            const [a, b, c, d] = [given(A!), given(B!), given(C!), given(D!)];
            kernel.exports[`${name}MulSum`](R!, A!, B!, C!, D!);
            expect(field.get(R!)).to.deep.equal(
              a.map((_, lane) => mod((a[lane]! * b[lane]! + c[lane]! * d[lane]!) * byRadix, p)),
            );
          }
        });
        it('has its constants where it says', () => {
          const { exports } = kernel;
          const NAME = name === 'fp' ? 'FP' : 'FR';
          for (const [constant, due] of [
            ['ONE', field.radix],
            ['TO_MONTGOMERY', field.radix ** 2n],
            ['TO_PLAIN', 1n],
          ] as const) {
            const element = exports[`${NAME}_${constant}`].value;
            exports[`${name}Join`](R!, element, element);
            expect(field.get(R!)[0]).to.equal(mod(due, p));
          }
        });
        it('does all of it as ffjavascript does', async () => {
          const curve = await loadReferenceCurve();
          const theirs = name === 'fp' ? curve.F1 : curve.Fr;
          const { exports } = kernel;
          /** By their name in ffjavascript. What multiplies takes a radix away, an inverse adds two. */
          const operations = {
            mul: [
              () => {
                exports[`${name}Mul`](R!, A!, B!);
              },
              byRadix,
            ],
            square: [
              () => {
                exports[`${name}Sqr`](R!, A!);
              },
              byRadix,
            ],
            add: [
              () => {
                exports[`${name}Add`](R!, A!, B!);
              },
              1n,
            ],
            sub: [
              () => {
                exports[`${name}Sub`](R!, A!, B!);
              },
              1n,
            ],
            neg: [
              () => {
                exports[`${name}Negate`](R!, A!);
              },
              1n,
            ],
            inv: [
              () => {
                exports[`${name}Invert`](R!, A!);
              },
              mod(field.radix * field.radix, p),
            ],
          } as const;
          for (const [operation, [operate, scale]] of Object.entries(operations))
            for (let i = 0; i < (operation === 'inv' ? ROUNDS / 10 : ROUNDS); i++) {
              const [a, b] = [given(A!), given(B!)];
              for (const vector of [A!, B!]) exports[`${name}Reduce`](vector);
              operate();
              exports[`${name}Reduce`](R!);
              const due = a.map((each, lane) => {
                const [x, y] = [theirs.e(each), theirs.e(b[lane]!)];
                return mod(
                  theirs.toObject(theirs[operation as keyof typeof operations](x, y)) * scale,
                  p,
                );
              });
              expect(field.get(R!), `${operation} of ${a.join()} and ${b.join()}`).to.deep.equal(
                due,
              );
            }
        });
        it('overwrites what it takes, if told so', () => {
          const [a, b] = [given(A!), given(B!)];
          kernel.exports[`${name}Mul`](A!, A!, B!);
          kernel.exports[`${name}Mul`](B!, B!, B!);
          expect(field.get(A!)).to.deep.equal(a.map((_, l) => mod(a[l]! * b[l]! * byRadix, p)));
          expect(field.get(B!)).to.deep.equal(b.map((each) => mod(each * each * byRadix, p)));
        });
      });

      it('tells canonical numbers from others', () => {
        for (const value of [0n, 1n, p - 1n, p - 2n ** 64n, p - 2n ** 192n])
          expect(field.isCanonical(value)).to.equal(true);
        for (const value of [p, p + 1n, p + 2n ** 64n, p + 2n ** 192n, 2n ** 256n - 1n])
          expect(field.isCanonical(value)).to.equal(false);
      });
    });
  }
}
