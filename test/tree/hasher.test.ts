import { expect } from 'chai';
import { FIELD_ORDER, type Field } from '../../src/protocol/field.ts';
import { hashLeaf, hashNode, type Children } from '../../src/protocol/hash.ts';
import { loadHasher } from '../../src/tree/hasher.ts';
import { leafOf, packed, someLeaves, unpacked } from '../support/nodes.ts';
import { fc, thrown } from '../support/world.ts';

type Preimage = Parameters<typeof hashLeaf>[0];

const fields = (count: number): fc.Arbitrary<readonly Field[]> =>
  fc.array(
    fc.oneof(
      fc.bigInt({ min: 0n, max: FIELD_ORDER - 1n }),
      fc.constantFrom(0n, 1n, FIELD_ORDER - 1n),
    ) as fc.Arbitrary<Field>,
    { minLength: count, maxLength: count },
  );

describe('tree/hasher', () => {
  it('hashes nodes as protocol/hash does', async () => {
    const hasher = await loadHasher();
    fc.assert(
      fc.property(fields(4), fields(4), (first, second) => {
        expect(unpacked(hasher.nodes(packed([...first, ...second])))).to.deep.equal([
          hashNode(first as unknown as Children),
          hashNode(second as unknown as Children),
        ]);
      }),
      { numRuns: 40 },
    );
  });

  it('hashes leaves as protocol/hash does', async () => {
    const hasher = await loadHasher();
    fc.assert(
      fc.property(fields(9), fields(9), (first, second) => {
        expect(unpacked(hasher.leaves(packed([...first, ...second])))).to.deep.equal([
          hashLeaf(first as unknown as Preimage),
          hashLeaf(second as unknown as Preimage),
        ]);
      }),
      { numRuns: 20 },
    );
  });

  it('leaves what it is given alone, a Buffer inside a larger one too', async () => {
    const hasher = await loadHasher();
    const children = packed(someLeaves(4));
    const pooled = Buffer.concat([Buffer.alloc(7, 9), children, Buffer.alloc(7, 9)]);
    const inside = pooled.subarray(7, 7 + 128);
    const before = Buffer.from(pooled);
    expect(hasher.nodes(inside)).to.deep.equal(hasher.nodes(children));
    expect(pooled.equals(before)).to.equal(true);
  });

  it('hashes nothing of nothing', async () => {
    const hasher = await loadHasher();
    expect(hasher.nodes(new Uint8Array())).to.have.lengthOf(0);
    expect(hasher.leaves(new Uint8Array())).to.have.lengthOf(0);
  });

  for (const [kind, arity, field] of [
    ['nodes', 4, 'children'],
    ['leaves', 9, 'preimages'],
  ] as const) {
    it(`takes whole ${kind} only`, async () => {
      const hasher = await loadHasher();
      const whole = packed(Array.from({ length: arity }, (_, i) => leafOf(i)));
      expect(hasher[kind](whole)).to.have.lengthOf(32);
      for (const length of [32, whole.length - 1])
        expect(thrown(() => hasher[kind](whole.subarray(0, length))).data['field']).to.equal(field);
    });

    it(`S12: takes canonical ${kind} only`, async () => {
      const hasher = await loadHasher();
      const due = hasher[kind](packed(Array.from({ length: arity }, () => 1n)));
      expect(due).to.have.lengthOf(32);
      const aliases = packed([...Array.from({ length: arity - 1 }, () => 1n), FIELD_ORDER + 1n]);
      const error = thrown(() => hasher[kind](aliases));
      expect([error.code, error.data['field']]).to.deep.equal([
        'InvalidInput',
        `${field}[${arity - 1}]`,
      ]);
    });
  }
});
