import { expect } from 'chai';
import { loadKernel, type Kernel } from '../../src/kernel/kernel.ts';
import { makeRandom, seedOf } from '../support/circuits/random.ts';
import {
  R,
  drawScalar,
  mod,
  pow,
  putVectors,
  rootOfOrder,
  takeVectors,
  toCoset,
} from '../support/kernel/scalars.ts';

const SEED = seedOf(41);

/** Values that drive every limb and every sum as far as they go. */
const EDGES: Readonly<Record<string, (i: number) => bigint>> = {
  'only zeros': () => 0n,
  'only ones': () => 1n,
  'only r - 1': () => R - 1n,
  'one among zeros': (i) => (i === 1 ? 1n : 0n),
  'r - 1 and 0 by turns': (i) => (i % 2 === 0 ? R - 1n : 0n),
  'r - 1 and 1 by turns': (i) => (i % 2 === 0 ? R - 1n : 1n),
  'limbs full of ones': (i) => ((1n << 253n) - 1n - BigInt(i)) % R,
};

for (const build of ['fma', 'i64'] as const) {
  describe(`kernel/assembly/fft, ${build} (seed ${SEED})`, () => {
    const random = makeRandom(SEED);
    let kernel: Kernel;

    beforeEach(async () => {
      kernel = await loadKernel(build);
    });

    const expectCoset = (lanes: readonly (readonly bigint[])[]): void => {
      const { exports } = kernel;
      const n = lanes[0]!.length;
      const values = putVectors(kernel, lanes);
      exports.toCoset(exports.makeDomain(Math.log2(n)), n, values);
      const expected = lanes.slice(0, exports.LANES.value).map(toCoset);
      expect(takeVectors(kernel, values, n)).to.deep.equal(expected);
    };

    /** One polynomial, its second half in the second lane. */
    const expectFolded = (numbers: readonly bigint[]): void => {
      const { exports } = kernel;
      const n = numbers.length;
      const values = putVectors(kernel, [numbers.slice(0, n / 2), numbers.slice(n / 2)]);
      exports.toCosetFolded(exports.makeDomain(Math.log2(n)), n, values);
      expect(takeVectors(kernel, values, n / 2).flat()).to.deep.equal(toCoset(numbers));
    };

    const draw = (n: number): readonly bigint[] =>
      Array.from({ length: n }, () => drawScalar(random));

    it('the reference evaluates, and its coset is that of the odd roots', () => {
      const values = draw(8);
      const shift = rootOfOrder(4);
      // Lagrange: the value at x of what has these values at the roots.
      const at = (x: bigint): bigint =>
        values.reduce((sum, value, i) => {
          const root = pow(rootOfOrder(3), BigInt(i));
          const weight = mod((pow(x, 8n) - 1n) * root) * pow(8n * mod(x - root), R - 2n);
          return mod(sum + value * weight);
        }, 0n);
      const expected = values.map((_, i) => at(mod(shift * pow(rootOfOrder(3), BigInt(i)))));
      expect(toCoset(values)).to.deep.equal(expected);
    });

    for (const power of [1, 2, 3, 4, 5, 8, 11]) {
      it(`takes two polynomials of 2^${power} values to the coset`, () => {
        for (let run = 0; run < 3; run++) expectCoset([draw(2 ** power), draw(2 ** power)]);
      });

      if (build === 'fma') {
        it(`takes one of 2^${power} values there, folded`, () => {
          for (let run = 0; run < 3; run++) expectFolded(draw(2 ** power));
        });
      }
    }

    for (const [name, value] of Object.entries(EDGES)) {
      it(`takes ${name}`, () => {
        for (const power of [1, 2, 6]) {
          const numbers = Array.from({ length: 2 ** power }, (_, i) => value(i));
          expectCoset([numbers, draw(2 ** power)]);
          if (build === 'fma') expectFolded(numbers);
        }
      });
    }

    it('takes 2^17, the greatest', () => {
      const numbers = draw(2 ** 17);
      expectCoset([numbers, numbers.map((number) => R - 1n - number)]);
      if (build === 'fma') expectFolded(numbers);
    });
  });
}
