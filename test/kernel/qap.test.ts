import { expect } from 'chai';
import { loadKernel, type Kernel } from '../../src/kernel/kernel.ts';
import { makeRandom, seedOf } from '../support/circuits/random.ts';
import { R, drawScalar, mod, pow, put, take, toBytes, toCoset } from '../support/kernel/scalars.ts';

const SEED = seedOf(42);

/** One coefficient: in matrix 0 (A) or 1 (B). */
type Entry = {
  readonly matrix: number;
  readonly row: number;
  readonly wire: number;
  readonly value: bigint;
};

/** As a key has it: the number times 2^512. */
function record({ matrix, row, wire, value }: Entry): Uint8Array {
  const head = Buffer.alloc(12);
  [matrix, row, wire].forEach((number, i) => head.writeUInt32LE(number, 4 * i));
  return Buffer.concat([head, toBytes((value * pow(2n, 512n)) % R)]);
}

/** What snarkjs does, on bigints. */
function quotientOf(
  entries: readonly Entry[],
  witness: readonly bigint[],
  rows: number,
): readonly bigint[] {
  const products = [0, 1].map((matrix) => {
    const sums = new Array<bigint>(rows).fill(0n);
    for (const entry of entries)
      if (entry.matrix === matrix)
        sums[entry.row] = mod(sums[entry.row]! + entry.value * witness[entry.wire]!);
    return sums;
  });
  const [a, b] = products as [bigint[], bigint[]];
  const [ac, bc, cc] = [a, b, a.map((value, i) => mod(value * b[i]!))].map(toCoset);
  return ac!.map((value, i) => mod(value * bc![i]! - cc![i]!));
}

for (const build of ['fma', 'i64'] as const) {
  describe(`kernel/assembly/qap, ${build} (seed ${SEED})`, () => {
    const random = makeRandom(SEED);
    let kernel: Kernel;

    beforeEach(async () => {
      kernel = await loadKernel(build);
    });

    const compute = (
      entries: readonly Entry[],
      witness: readonly bigint[],
      power: number,
    ): readonly bigint[] => {
      const { exports } = kernel;
      const rows = 2 ** power;
      const records = put(kernel, ...entries.map(record));
      const matrices = exports.loadMatrices(records, entries.length, rows, witness.length);
      expect(matrices).not.to.equal(0);
      const domain = exports.makeDomain(power);
      const values = put(kernel, ...witness.map(toBytes));
      const out = exports.allocate(32 * rows);
      const { length } = entries;
      exports.evaluateQuotient(domain, rows, matrices, length, values, witness.length, out);
      return take(kernel, out, rows);
    };

    const draw = (count: number, rows: number, wires: number): readonly Entry[] =>
      Array.from({ length: count }, () => ({
        matrix: random.below(2),
        row: random.below(rows),
        wire: random.below(wires),
        value: drawScalar(random),
      }));

    for (const [power, count, wires] of [
      [1, 0, 1],
      [1, 5, 3],
      [2, 9, 2],
      [4, 40, 20],
      [5, 200, 7],
      [10, 5_000, 900],
    ] as const) {
      it(`computes ${count} coefficients in 2^${power} rows and ${wires} wires, in any order`, () => {
        const entries = draw(count, 2 ** power, wires);
        const witness = [1n, ...Array.from({ length: wires - 1 }, () => drawScalar(random))];
        const expected = quotientOf(entries, witness, 2 ** power);
        expect(compute(entries, witness, power)).to.deep.equal(expected);
      });
    }

    it('computes rows of thousands, all of them r - 1', () => {
      const entries = Array.from({ length: 4_000 }, (_, i) => {
        return { matrix: i % 2, row: i % 3, wire: i % 5, value: R - 1n };
      });
      const witness = new Array<bigint>(5).fill(R - 1n);
      expect(compute(entries, witness, 2)).to.deep.equal(quotientOf(entries, witness, 4));
    });

    it('computes rows of which only A, or only B, has any', () => {
      for (const matrix of [0, 1]) {
        const entries = draw(30, 8, 4).map((entry) => ({ ...entry, matrix }));
        const witness = [1n, R - 1n, 5n, 0n];
        expect(compute(entries, witness, 3)).to.deep.equal(quotientOf(entries, witness, 8));
      }
    });

    it('leaves nothing of the witness but what it is asked for', () => {
      const entries = draw(60, 16, 4);
      const witness = [1n, R - 12_345n, 6n, 7n];
      const { exports } = kernel;
      const before = exports.mark();
      compute(entries, witness, 4);
      expect(exports.mark()).to.be.above(before);
      const free = new Uint8Array(exports.memory.buffer).subarray(exports.mark());
      expect(free.every((byte) => byte === 0)).to.be.true;
    });

    describe('when a record is wrong', () => {
      const entries: readonly Entry[] = [
        { matrix: 0, row: 3, wire: 1, value: 5n },
        { matrix: 1, row: 2, wire: 0, value: 6n },
      ];
      const load = (records: readonly Uint8Array[]): number =>
        kernel.exports.loadMatrices(put(kernel, ...records), records.length, 4, 2);

      for (const [name, change] of [
        ['another matrix', { matrix: 2 }],
        ['a row outside the domain', { row: 4 }],
        ['a wire that is not there', { wire: 2 }],
      ] as const) {
        it(`refuses ${name}`, () => {
          expect(load(entries.map(record))).not.to.equal(0);
          const [first, second] = entries as [Entry, Entry];
          expect(load([record(first), record({ ...second, ...change })])).to.equal(0);
        });
      }

      it('refuses a coefficient that is not below the order', () => {
        const [first, second] = entries.map(record) as [Uint8Array, Uint8Array];
        expect(load([first, second])).not.to.equal(0);
        for (const value of [R, R + 1n, 2n ** 256n - 1n])
          expect(load([first, Buffer.concat([second.subarray(0, 12), toBytes(value)])])).to.equal(
            0,
          );
        expect(
          load([first, Buffer.concat([second.subarray(0, 12), toBytes(R - 1n)])]),
        ).not.to.equal(0);
      });
    });
  });
}
