import { bn254 } from '@noble/curves/bn254';
import { expect } from 'chai';
import type { Pointer } from '../../src/kernel/exports.ts';
import { loadKernel, type Kernel } from '../../src/kernel/kernel.ts';
import { makeRandom, seedOf } from '../support/circuits/random.ts';

const { Fp, Fp12 } = bn254.fields;
const p = Fp.ORDER;
const r = bn254.fields.Fr.ORDER;
const SEED = seedOf(12);
const PARTS = 12;

type Numbers = readonly bigint[];
type Tower = Parameters<typeof Fp12.mul>[0];

/** The limbs of `fma`, all as long as they can be: the four lower ones plus or minus 2^50. */
function extremes(): Numbers {
  const top = (p >> 205n) - 1n;
  return Array.from({ length: 32 }, (_, signs) => {
    const signed = (value: bigint, at: number): bigint => ((signs >> at) & 1 ? -value : value);
    const low = [0, 1, 2, 3].map((at) => signed(2n ** 50n - 1n, at) << BigInt(51 * at));
    return Fp.create(low.reduce((sum, limb) => sum + limb, signed(top, 4) << 204n));
  });
}

/** Parts that are hard on the bounds: the least and the greatest of both builds' reduced numbers among them. */
const EDGES: Numbers = [
  ...[0n, 1n, 2n, p - 1n, p - 2n, (p - 1n) / 2n, (p + 1n) / 2n, 2n ** 253n, 2n ** 51n - 1n],
  ...extremes(),
];

/** Parts in the order of the kernel: of 1, v, v^2, then the same times w, each real before imaginary. */
function toTower(parts: Numbers): Tower {
  const fp2 = (i: number) => ({ c0: parts[2 * i]!, c1: parts[2 * i + 1]! });
  const fp6 = (i: number) => ({ c0: fp2(i), c1: fp2(i + 1), c2: fp2(i + 2) });
  return { c0: fp6(0), c1: fp6(3) };
}

function fromTower({ c0, c1 }: Tower): Numbers {
  return [c0, c1].flatMap((half) =>
    [half.c0, half.c1, half.c2].flatMap(({ c0: re, c1: im }) => [re, im]),
  );
}

/** Numbers of fp12 in a kernel's memory, one in each lane. */
function fp12In({ exports }: Kernel) {
  const [VECTOR, ELEMENT, lanes] = [
    exports.VECTOR.value,
    exports.ELEMENT.value,
    exports.LANES.value,
  ];
  const [bytes, first, second, factor] = [32, ELEMENT, ELEMENT, VECTOR].map((size) =>
    exports.allocate(size),
  ) as [Pointer, Pointer, Pointer, Pointer];
  const putElement = (element: Pointer, value: bigint, radix: bigint): void => {
    // What is put in is `value` as it is in Montgomery form: so the limbs are those that the test chose.
    const view = new DataView(exports.memory.buffer, bytes, 32);
    const form = Fp.mul(value, radix);
    for (let i = 0; i < 4; i++) view.setBigUint64(8 * i, form >> BigInt(64 * i), true);
    exports.fpUnpack(element, bytes);
  };
  const one = ((): bigint => {
    exports.fpPack(bytes, exports.FP_ONE.value);
    return read();
  })();
  function read(): bigint {
    const view = new DataView(exports.memory.buffer, bytes, 32);
    return [0, 1, 2, 3].reduce(
      (sum, i) => sum + (view.getBigUint64(8 * i, true) << BigInt(64 * i)),
      0n,
    );
  }
  return {
    lanes,
    /** @param raw the parts are what is in memory, and not yet multiplied by the radix */
    put: (numbers: readonly Numbers[], raw = false): Pointer => {
      const at = exports.allocate(PARTS * VECTOR);
      for (let i = 0; i < PARTS; i++) {
        putElement(first, numbers[0]?.[i] ?? 0n, raw ? 1n : one);
        putElement(second, numbers[lanes - 1]?.[i] ?? 0n, raw ? 1n : one);
        exports.fpJoin(at + i * VECTOR, first, second);
        exports.fpReduce(at + i * VECTOR);
      }
      return at;
    },
    get: (at: Pointer): readonly Numbers[] => {
      exports.fpJoin(factor, exports.FP_TO_PLAIN.value, exports.FP_TO_PLAIN.value);
      const found: bigint[][] = [[], []];
      for (let i = 0; i < PARTS; i++) {
        exports.fpSplit(at + i * VECTOR, first, second);
        [first, second].slice(0, lanes).forEach((element, lane) => {
          exports.fpPack(bytes, element);
          found[lane]!.push(Fp.div(read(), one));
        });
      }
      return found.slice(0, lanes);
    },
    one,
    room: (): Pointer => exports.allocate(PARTS * VECTOR),
  };
}

for (const build of ['fma', 'i64'] as const) {
  describe(`kernel/fp12, ${build} (seed ${SEED})`, () => {
    let kernel: Kernel;
    let field: ReturnType<typeof fp12In>;
    let start: Pointer;
    before(async () => {
      kernel = await loadKernel(build);
      field = fp12In(kernel);
      start = kernel.exports.mark();
    });
    afterEach(() => {
      kernel.exports.release(start);
    });

    const random = makeRandom(SEED);
    const anyPart = (): bigint =>
      random.percent(50) ? random.pick(EDGES as [bigint]) : Fp.create(random.bits(256));
    const anyNumbers = (): Numbers[] => [0, 1].map(() => Array.from({ length: PARTS }, anyPart));
    /** What the numbers in memory stand for, where they were put in raw. */
    const meant = (numbers: Numbers): Tower =>
      toTower(numbers.map((part) => Fp.div(part, field.one)));

    /** Compares an operation with noble's, lane by lane, with the result in a place of its own and in its operands'. */
    const compare = (
      apply: (out: Pointer, a: Pointer, b: Pointer) => void,
      expected: (a: Tower, b: Tower) => Tower,
      rounds: number,
    ): void => {
      for (let round = 0; round < rounds; round++) {
        const [a, b] = [anyNumbers(), anyNumbers()];
        const wanted = a
          .slice(0, field.lanes)
          .map((numbers, lane) => fromTower(expected(meant(numbers), meant(b[lane]!))));
        for (const place of ['out', 'a', 'b']) {
          const [atA, atB] = [field.put(a, true), field.put(b, true)];
          const out = place === 'a' ? atA : place === 'b' ? atB : field.room();
          apply(out, atA, atB);
          expect(field.get(out), `round ${round}, into ${place}`).to.deep.equal(wanted);
        }
        kernel.exports.release(start);
      }
    };

    it('multiplies', () => {
      compare(kernel.exports.fp12Mul, (a, b) => Fp12.mul(a, b), 60);
    });
    it('squares', () => {
      compare(
        (out, a) => {
          kernel.exports.fp12Sqr(out, a);
        },
        (a) => Fp12.sqr(a),
        60,
      );
    });
    it('inverts', () => {
      compare(
        (out, a) => {
          kernel.exports.fp12Invert(out, a);
        },
        (a) => Fp12.inv(a),
        20,
      );
    });
    it('takes the power of p', () => {
      compare(
        (out, a) => {
          kernel.exports.fp12Frobenius(out, a);
        },
        (a) => Fp12.frobeniusMap(a, 1),
        30,
      );
    });
    it('takes the power of p twelve times: the same', () => {
      const numbers = anyNumbers();
      const at = field.put(numbers);
      for (let i = 0; i < 12; i++) kernel.exports.fp12Frobenius(at, at);
      expect(field.get(at)).to.deep.equal(numbers.slice(0, field.lanes));
    });
    it('multiplies by a line: c0, c1 w and c3 w^3 are parts 0, 3 and 4', () => {
      const { exports } = kernel;
      const part = 2 * exports.VECTOR.value;
      compare(
        (out, a, b) => {
          exports.fp12MulByLine(out, a, b, b + 3 * part, b + 4 * part);
        },
        (a, { c0, c1 }) => {
          const zero = { c0: 0n, c1: 0n };
          const line = {
            c0: { c0: c0.c0, c1: zero, c2: zero },
            c1: { c0: c1.c0, c1: c1.c1, c2: zero },
          };
          return Fp12.mul(a, line);
        },
        40,
      );
    });
    it('stays right with sparse numbers', () => {
      for (let i = 0; i < PARTS; i++)
        for (const value of [1n, p - 1n]) {
          const hot = Array.from({ length: PARTS }, (_, j) => (i === j ? value : 0n));
          const at = field.put([hot, hot]);
          kernel.exports.fp12Mul(at, at, at);
          const square = fromTower(Fp12.sqr(toTower(hot)));
          for (const lane of field.get(at)) expect(lane, `part ${i}`).to.deep.equal(square);
        }
    });
    it('takes the final power, (p^12 - 1) / r times a number without a factor in common with r', () => {
      const x = 4965661367192848881n;
      const times = 2n * x * (6n * x * x + 3n * x + 1n);
      const common = (a: bigint, b: bigint): bigint => (b === 0n ? a : common(b, a % b));
      expect(common(times, r)).to.equal(1n);
      const numbers = anyNumbers();
      const at = field.put(numbers);
      kernel.exports.finalExponentiation(at, at);
      const exponent = ((p ** 12n - 1n) / r) * times;
      const wanted = numbers
        .slice(0, field.lanes)
        .map((lane) => fromTower(Fp12.pow(toTower(lane), exponent)));
      expect(field.get(at)).to.deep.equal(wanted);
    });
  });
}
