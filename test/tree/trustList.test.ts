import { expect } from 'chai';
import { IncrementalMerkleTree } from '@zk-kit/incremental-merkle-tree';
import { FIELD_ORDER, type Field } from '../../src/protocol/field.ts';
import { computeRoot } from '../../src/protocol/merklePath.ts';
import { createTree } from '../../src/tree/tree.ts';
import { LIST_SIZE, createTrustList } from '../../src/tree/trustList.ts';
import { referencePoseidon } from '../../scripts/vectors/reference.ts';
import { readVectors, rejected, thrown } from '../support/world.ts';

type Vectors = {
  readonly lists: readonly { readonly roots: readonly (string | null)[]; readonly root: string }[];
};

const leaves = (count: number, first: number): Field[] =>
  Array.from({ length: count }, (_, i) => BigInt(first + i) as Field);

describe('tree/trustList', () => {
  for (const { roots, root } of (readVectors('tree') as Vectors).lists) {
    it(`has the root of the vector with ${roots.filter((slot) => slot !== null).length} trees`, async () => {
      const list = await createTrustList({ roots: roots.map((slot) => slot ?? undefined) });
      expect(list.root.toString()).to.equal(root);
    });
  }

  it('is the root of a tree of depth 16, in which slot s begins at s·4^14', async () => {
    const poseidon = await referencePoseidon();
    const [first, second] = [leaves(6, 100), leaves(3, 200)];
    const trees = [
      await createTree({ leaves: first }),
      await createTree({ leaves: second }),
    ] as const;
    const list = await createTrustList({ roots: [trees[0].root(), trees[1].root()] });
    const deep = new IncrementalMerkleTree((children) => poseidon(children), 16, 0n, 4, [...first]);
    // The reference keeps its leaves dense, so it can play slot 0 only; computeRoot plays the others.
    const alone = await createTrustList({ roots: [trees[0].root()] });
    expect(alone.root).to.equal(deep.root);

    for (const [slot, held] of [first, second].entries()) {
      held.forEach((leaf, position) => {
        const path = list.extendPath(slot, trees[slot]!.path(position));
        expect(path.siblings).to.have.lengthOf(16);
        expect(path.position).to.equal(BigInt(slot) * 4n ** 14n + BigInt(position));
        expect(computeRoot(leaf, path)).to.equal(list.root);
      });
    }
  });

  it('gives every slot a position of 32 bits', async () => {
    const tree = await createTree({ leaves: leaves(2, 5) });
    for (let slot = 0; slot < LIST_SIZE; slot++) {
      const roots = Array.from({ length: LIST_SIZE }, (_, i) =>
        i === slot ? tree.root() : undefined,
      );
      const list = await createTrustList({ roots });
      const path = list.extendPath(slot, tree.path(1));
      expect(path.position).to.equal(BigInt(slot) * 2n ** 28n + 1n);
      expect(path.position < 2n ** 32n).to.equal(true);
      expect(computeRoot(6n as Field, path)).to.equal(list.root);
    }
  });

  it('S12: a path does not lead to the root from another slot, nor from another tree', async () => {
    const trees = [
      await createTree({ leaves: leaves(4, 1) }),
      await createTree({ leaves: leaves(4, 11) }),
    ] as const;
    const list = await createTrustList({ roots: trees.map((tree) => tree.root()) });
    expect(computeRoot(1n as Field, list.extendPath(0, trees[0].path(0)))).to.equal(list.root);
    expect(computeRoot(1n as Field, list.extendPath(1, trees[0].path(0)))).not.to.equal(list.root);
    expect(computeRoot(11n as Field, list.extendPath(0, trees[1].path(0)))).not.to.equal(list.root);
    expect(computeRoot(trees[0].root(), list.extendPath(0, trees[0].path(0)))).not.to.equal(
      list.root,
    );
  });

  it('hides nothing that changes: another root, or the same in another slot, is another list', async () => {
    const roots = [[], [5n], [6n], [undefined, 5n], [5n, 5n]];
    const lists = await Promise.all(roots.map((given) => createTrustList({ roots: given })));
    expect(new Set(lists.map(({ root }) => root)).size).to.equal(roots.length);
  });

  describe('when one thing is wrong', () => {
    it('takes sixteen trees and refuses seventeen', async () => {
      const roots = Array.from({ length: 16 }, () => 5n);
      expect((await createTrustList({ roots })).root).to.be.a('bigint');
      expect((await rejected(createTrustList({ roots: [...roots, 5n] }))).data['field']).to.equal(
        'roots',
      );
    });
    it('refuses a root that is not a field element', async () => {
      expect((await createTrustList({ roots: [1n, 2n] })).root).to.be.a('bigint');
      expect(
        (await rejected(createTrustList({ roots: [1n, FIELD_ORDER] }))).data['field'],
      ).to.equal('roots[1]');
    });
    it('refuses a path that is not from a tree of depth 14', async () => {
      const tree = await createTree({ leaves: leaves(1, 1) });
      const shallow = await createTree({ leaves: leaves(1, 1), depth: 13 });
      const list = await createTrustList({ roots: [tree.root()] });
      expect(list.extendPath(0, tree.path(0)).siblings).to.have.lengthOf(16);
      expect(thrown(() => list.extendPath(0, shallow.path(0))).data['field']).to.equal('path');
      const extended = list.extendPath(0, tree.path(0));
      expect(thrown(() => list.extendPath(0, extended)).data['field']).to.equal('path');
    });
    for (const slot of [-1, 16, 0.5, NaN]) {
      it(`has no slot ${slot}`, async () => {
        const tree = await createTree({ leaves: leaves(1, 1) });
        const list = await createTrustList({ roots: [tree.root()] });
        expect(list.extendPath(15, tree.path(0)).position >> 28n).to.equal(15n);
        expect(thrown(() => list.extendPath(slot, tree.path(0))).data['field']).to.equal('slot');
      });
    }
  });
});
