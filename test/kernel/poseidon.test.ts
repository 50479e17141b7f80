import { expect } from 'chai';
import { poseidon1, poseidon15, poseidon2, poseidon3, poseidon4, poseidon9 } from 'poseidon-lite';
import { loadKernel, type Kernel } from '../../src/kernel/kernel.ts';
import { createPoseidon, type Poseidon } from '../../src/kernel/poseidon.ts';
import { FIELD_ORDER } from '../../src/protocol/field.ts';
import { makeRandom, seedOf } from '../support/circuits/random.ts';
import { packed, unpacked } from '../support/nodes.ts';
import { thrown } from '../support/world.ts';
import { referencePoseidon } from '../../scripts/vectors/reference.ts';

const TWINS = {
  1: poseidon1,
  2: poseidon2,
  3: poseidon3,
  4: poseidon4,
  9: poseidon9,
  15: poseidon15,
} as const;
const ARITIES = [1, 2, 3, 4, 9, 15] as const;
type Arity = (typeof ARITIES)[number];

const twinOf = (arity: Arity, inputs: readonly bigint[]): readonly bigint[] =>
  Array.from({ length: inputs.length / arity }, (_, i) =>
    TWINS[arity](inputs.slice(arity * i, arity * (i + 1))),
  );

const seed = seedOf(20_261_123);
const EDGES = [0n, 1n, FIELD_ORDER - 1n, FIELD_ORDER - 2n, 2n ** 253n, 2n ** 51n - 1n] as const;

for (const build of ['fma', 'i64'] as const) {
  describe(`kernel/poseidon, ${build}, seed ${seed}`, () => {
    let kernel: Kernel;
    let poseidon: Poseidon;
    before(async () => {
      kernel = await loadKernel(build);
      poseidon = createPoseidon(kernel);
    });

    const random = makeRandom(seed);
    const someInputs = (count: number): readonly bigint[] =>
      Array.from({ length: count }, () =>
        random.percent(30) ? random.pick(EDGES) : random.bits(254) % FIELD_ORDER,
      );

    it('has the published value of H_2(1, 2)', () => {
      expect(unpacked(poseidon.hash(2, packed([1n, 2n])))).to.deep.equal([
        7853200120776062878684798364095072458815029376092732009249414926327459813530n,
      ]);
    });

    for (const arity of ARITIES) {
      describe(`of ${arity}`, () => {
        it('equals poseidon-lite at random and at the edges', () => {
          const inputs = someInputs(arity * 60);
          expect(unpacked(poseidon.hash(arity, packed(inputs)))).to.deep.equal(
            twinOf(arity, inputs),
          );
        });
        it('equals circomlibjs', async () => {
          const reference = await referencePoseidon();
          const inputs = someInputs(arity * 9);
          const due = Array.from({ length: 9 }, (_, i) =>
            reference(inputs.slice(arity * i, arity * (i + 1))),
          );
          expect(unpacked(poseidon.hash(arity, packed(inputs)))).to.deep.equal(due);
        });
        it('equals poseidon-lite on all alike and on one of a kind', () => {
          const inputs = EDGES.flatMap((edge) => [
            ...Array.from({ length: arity }, () => edge),
            ...Array.from({ length: arity * arity }, (_, i) => (i % (arity + 1) === 0 ? edge : 0n)),
          ]);
          expect(unpacked(poseidon.hash(arity, packed(inputs)))).to.deep.equal(
            twinOf(arity, inputs),
          );
        });
        it('hashes each alone as among others: any number, lanes and slices apart', () => {
          const inputs = packed(someInputs(arity * 5));
          const each = 32 * arity;
          const alone = Array.from({ length: 5 }, (_, i) =>
            poseidon.hash(arity, inputs.subarray(i * each, (i + 1) * each)),
          );
          for (const count of [0, 1, 2, 3, 4, 5, 255, 256, 257, 258, 515]) {
            const many = new Uint8Array(count * each);
            for (let i = 0; i < count; i++)
              many.set(inputs.subarray((i % 5) * each, ((i % 5) + 1) * each), i * each);
            const due = Array.from({ length: count }, (_, i) => [...alone[i % 5]!]).flat();
            expect([...poseidon.hash(arity, many)]).to.deep.equal(due);
          }
        });
      });
    }

    it('takes the arities in turn', () => {
      for (const arity of [15, 1, 9, 2, 15, 4, 3, 1] as const) {
        const inputs = someInputs(arity * 3);
        expect(unpacked(poseidon.hash(arity, packed(inputs)))).to.deep.equal(twinOf(arity, inputs));
      }
    });

    it('leaves what it is given alone, and gives an array of its own', () => {
      const inputs = packed(someInputs(8));
      const pooled = Buffer.concat([Buffer.alloc(7, 9), inputs, Buffer.alloc(7, 9)]);
      const before = Buffer.from(pooled);
      const hashes = poseidon.hash(4, pooled.subarray(7, 7 + 256));
      const kept = hashes.slice();
      expect(hashes).to.deep.equal(poseidon.hash(4, inputs));
      poseidon.hash(4, packed(someInputs(8)));
      expect(pooled.equals(before)).to.equal(true);
      expect(hashes).to.deep.equal(kept);
    });

    it('keeps nothing of its inputs in memory', () => {
      const secret = 0x1234567890abcdef1234567890abcdef1234567890abcdef1234567890abcdefn;
      const inputs = packed([secret, 5n, secret]);
      const memory = (): Buffer => Buffer.from(kernel.exports.memory.buffer);
      const chunks = [
        Buffer.from(inputs.subarray(0, 32)),
        Buffer.from(inputs.subarray(0, 32)).reverse(),
      ];
      // As limbs, too: the hash of one number begins by unpacking it.
      const unpackedSecret = kernel.exports.mark();
      const element = kernel.exports.allocate(kernel.exports.ELEMENT.value);
      const bytes = kernel.exports.allocate(32);
      new Uint8Array(kernel.exports.memory.buffer, bytes, 32).set(chunks[1]!);
      kernel.exports.frUnpack(element, bytes);
      const limbs = Buffer.from(
        new Uint8Array(kernel.exports.memory.buffer, element, kernel.exports.ELEMENT.value),
      );
      for (const needle of [chunks[1]!, limbs]) expect(memory().includes(needle)).to.equal(true);
      new Uint8Array(kernel.exports.memory.buffer).fill(0, unpackedSecret, bytes + 32);
      kernel.exports.release(unpackedSecret);

      poseidon.hash(1, inputs);
      for (const needle of [...chunks, limbs]) expect(memory().includes(needle)).to.equal(false);
      thrown(() => poseidon.hash(1, packed([secret, FIELD_ORDER])));
      for (const needle of [...chunks, limbs]) expect(memory().includes(needle)).to.equal(false);
    });

    describe('when one thing is wrong', () => {
      const whole = packed(someInputs(4 * 300));
      for (const [at, value] of [
        [0, FIELD_ORDER],
        [3, FIELD_ORDER + 1n],
        [7, 2n ** 256n - 1n],
        [1_199, FIELD_ORDER],
      ] as const) {
        it(`refuses a number ${at} that is not below r, and does not tell it`, () => {
          expect(poseidon.hash(4, whole)).to.have.lengthOf(32 * 300);
          const bad = whole.slice();
          bad.set(
            Uint8Array.from(Buffer.from(value.toString(16).padStart(64, '0'), 'hex')),
            32 * at,
          );
          const error = thrown(() => poseidon.hash(4, bad, 'children'));
          expect([error.code, error.message]).to.deep.equal([
            'InvalidInput',
            `children[${at}] must be below r`,
          ]);
          expect(poseidon.hash(4, whole)).to.have.lengthOf(32 * 300);
        });
      }
      for (const length of [1, 32, 127, 129])
        it(`refuses ${length} bytes for four numbers`, () => {
          expect(poseidon.hash(4, whole.subarray(0, 128))).to.have.lengthOf(32);
          const error = thrown(() => poseidon.hash(4, whole.subarray(0, length)));
          expect([error.code, error.data['field']]).to.deep.equal(['InvalidInput', 'inputs']);
        });
      for (const arity of [0, 5, 16, -1, 1.5, NaN, 'toString'])
        it(`refuses arity ${arity}`, () => {
          expect(poseidon.hash(4, new Uint8Array())).to.have.lengthOf(0);
          const error = thrown(() => poseidon.hash(arity as Arity, new Uint8Array()));
          expect([error.code, error.data['field']]).to.deep.equal(['InvalidInput', 'arity']);
        });
    });
  });
}
