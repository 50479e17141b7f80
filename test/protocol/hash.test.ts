import { expect } from 'chai';
import {
  hashBytes,
  hashCommitment,
  hashLeaf,
  hashNode,
  hashNullifier,
  hashPolicy,
  hashTerms,
  hashText,
} from '../../src/protocol/hash.ts';
import { FIELD_ORDER, toField, type Field } from '../../src/protocol/field.ts';
import { referencePoseidon } from '../../scripts/vectors/reference.ts';
import { fc, readVectors, thrown } from '../support/world.ts';

type Vectors = {
  readonly poseidon: readonly {
    readonly arity: string;
    readonly inputs: readonly string[];
    readonly output: string;
  }[];
  readonly keccak: readonly {
    readonly utf8: string;
    readonly keccak256: string;
    readonly k: string;
  }[];
};
type Fields = readonly Field[];

/** The six hashes by arity: there are no others. */
const byArity: Readonly<Record<number, (x: Fields) => Field>> = {
  1: ([a]) => hashCommitment(a!),
  2: ([a, b]) => hashPolicy(a!, b!),
  3: ([a, b, c]) => hashNullifier(a!, b!, c!),
  4: (x) => hashNode(x as unknown as readonly [Field, Field, Field, Field]),
  9: (x) => hashLeaf(x as Fields & { length: 9 }),
  15: (x) => hashTerms(x as Fields & { length: 15 }),
};

describe('protocol/hash', () => {
  const { poseidon, keccak } = readVectors('hash') as Vectors;

  for (const [arity, hash] of Object.entries(byArity)) {
    it(`equals the vectors at arity ${arity}`, () => {
      const vectors = poseidon.filter((vector) => vector.arity === arity);
      expect(vectors).to.have.lengthOf(6);
      for (const { inputs, output } of vectors) {
        expect(hash(inputs.map((input) => toField(input, 'input'))).toString()).to.equal(output);
      }
    });
  }

  it('equals circomlibjs on random inputs of every arity', async () => {
    const reference = await referencePoseidon();
    const element = fc.oneof(
      fc.bigInt({ min: 0n, max: FIELD_ORDER - 1n }),
      fc.constantFrom(0n, FIELD_ORDER - 1n),
    );
    for (const [arity, hash] of Object.entries(byArity)) {
      const inputs = fc.array(element, { minLength: Number(arity), maxLength: Number(arity) });
      fc.assert(
        fc.property(inputs, (given) => {
          expect(hash(given as Field[])).to.equal(reference(given));
        }),
        { numRuns: 25 },
      );
    }
  });

  it('refuses one input less and one more: it would be another kind of hash', () => {
    const some = Array.from({ length: 16 }, (_, i) => BigInt(i) as Field);
    for (const arity of [4, 9, 15]) {
      const hash = byArity[arity]!;
      expect(hash(some.slice(0, arity))).to.be.a('bigint');
      for (const count of [arity - 1, arity + 1])
        expect(thrown(() => hash(some.slice(0, count))).message).to.match(
          new RegExp(`inputs.*${count}.*must be ${arity} numbers`),
        );
    }
  });

  it('refuses what is no bigint, without showing it', () => {
    for (const [arity, hash] of Object.entries(byArity)) {
      const inputs = Array.from({ length: Number(arity) }, () => 7n as Field);
      expect(hash(inputs)).to.be.a('bigint');
      const error = thrown(() => hash(inputs.with(0, '4242' as unknown as Field)));
      expect(error.message).to.include('must be bigints').and.not.include('4242');
    }
  });

  it('does not reduce its inputs into collisions: all arities differ on the same first inputs', () => {
    const hashes = Object.entries(byArity).map(([arity, hash]) =>
      hash(Array.from({ length: Number(arity) }, () => 0n as Field)),
    );
    expect(new Set(hashes).size).to.equal(6);
  });

  for (const { utf8, keccak256, k } of keccak) {
    it(`K of ${JSON.stringify(utf8.slice(0, 8))} (${utf8.length}) equals the vector`, () => {
      expect(hashText(utf8).toString()).to.equal(k);
      expect(hashBytes(Buffer.from(utf8)).toString()).to.equal(k);
      expect((BigInt(keccak256) >> 8n).toString()).to.equal(k);
    });
  }

  it('K has at most 248 bits, so it is canonical', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(hashText(text) < 2n ** 248n).to.equal(true);
      }),
    );
  });
});
