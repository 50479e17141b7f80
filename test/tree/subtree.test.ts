import { expect } from 'chai';
import type { Field } from '../../src/protocol/field.ts';
import { loadHasher } from '../../src/tree/hasher.ts';
import { createSubtree, emptyNodes, leavesOfBlock } from '../../src/tree/subtree.ts';
import {
  countingHasher,
  leafOf,
  nodesAbove,
  packed,
  referenceTree,
  slowTwin,
  someLeaves,
  unpacked,
} from '../support/nodes.ts';
import { fc, thrown } from '../support/world.ts';

/** Batches of writes: what each index becomes, 0 to empty it. */
const batches = (capacity: number): fc.Arbitrary<readonly (readonly [number, number])[][]> =>
  fc.array(fc.array(fc.tuple(fc.nat(capacity - 1), fc.nat(3)), { maxLength: 9 }), {
    minLength: 1,
    maxLength: 6,
  });

const changesOf = (batch: readonly (readonly [number, number])[]) => ({
  indices: Uint16Array.from(batch, ([index]) => index),
  nodes: packed(batch.map(([, leaf]) => BigInt(leaf))),
});

describe('tree/subtree', () => {
  for (const count of [0, 1, 3, 4, 5, 1_023, 1_024, 1_025]) {
    it(`equals @zk-kit/incremental-merkle-tree with ${count} leaves, root and outer paths`, async () => {
      const subtree = createSubtree({ depth: 14, base: 0 }, await loadHasher());
      subtree.append(packed(someLeaves(count)));
      const reference = await referenceTree(14, someLeaves(count));
      expect(unpacked(subtree.root())).to.deep.equal([reference.root()]);
      const ends = [0, 3, 4, 1_022, 1_023, 1_024, count - 1];
      for (const position of ends.filter((end) => end >= 0 && end < count))
        expect(subtree.siblings(position)).to.deep.equal(reference.siblings(position));
    });
  }

  describe('given random batches', () => {
    it('equals the slow twin after each, roots, leaves and paths, and survives as a block', async () => {
      const hasher = await loadHasher();
      fc.assert(
        fc.property(batches(64), (given) => {
          let subtree = createSubtree({ depth: 3, base: 0 }, hasher);
          const leaves = new Map<number, Field>();
          for (const batch of given) {
            subtree.write(changesOf(batch));
            for (const [index, leaf] of batch) leaves.set(index, BigInt(leaf) as Field);
            const twin = slowTwin(leaves, 3);
            const size = Math.max(0, ...[...leaves.keys()].map((index) => index + 1));
            expect(unpacked(subtree.root())).to.deep.equal([twin.root]);
            expect(unpacked(subtree.leaves())).to.deep.equal(
              Array.from({ length: size }, (_, i) => leaves.get(i) ?? 0n),
            );
            for (const index of leaves.keys())
              expect(subtree.siblings(index)).to.deep.equal(twin.siblings(index));
            const block = subtree.toBlock();
            subtree = createSubtree({ depth: 3, base: 0, block }, hasher);
            expect(subtree.size()).to.equal(size);
            expect(subtree.toBlock()).to.deep.equal(block);
          }
        }),
        { numRuns: 25 },
      );
    });

    it('hashes each node above a change exactly once, and no other', async () => {
      const { hasher, count } = countingHasher(await loadHasher());
      fc.assert(
        fc.property(batches(1_024), (given) => {
          const subtree = createSubtree({ depth: 5, base: 0 }, hasher);
          count();
          for (const batch of given) {
            subtree.write(changesOf(batch));
            const indices = batch.map(([index]) => index);
            expect(count()).to.equal(nodesAbove(indices, 5));
          }
          subtree.siblings(0);
          subtree.toBlock();
          expect(count()).to.equal(0);
        }),
        { numRuns: 25 },
      );
    });
  });

  it('stands on the empty nodes of its level', async () => {
    const hasher = await loadHasher();
    const whole = createSubtree({ depth: 4, base: 0 }, hasher);
    const upper = createSubtree({ depth: 2, base: 2 }, hasher);
    expect(upper.root()).to.deep.equal(whole.root());
    whole.write({ indices: Uint16Array.of(37), nodes: packed([7n]) });
    const lower = createSubtree({ depth: 2, base: 0 }, hasher);
    lower.write({ indices: Uint16Array.of(37 % 16), nodes: packed([7n]) });
    upper.write({ indices: Uint16Array.of(Math.floor(37 / 16)), nodes: lower.root() });
    expect(upper.root()).to.deep.equal(whole.root());
    expect([...lower.siblings(5), ...upper.siblings(2)]).to.deep.equal(whole.siblings(37));
    expect(emptyNodes(hasher)[2]).to.deep.equal(upper.leaves().slice(0, 32));
  });

  it('does not depend on how the leaves came in', async () => {
    const hasher = await loadHasher();
    const at_once = createSubtree({ depth: 5, base: 0 }, hasher);
    at_once.append(packed(someLeaves(70)));
    const one_by_one = createSubtree({ depth: 5, base: 0 }, hasher);
    for (const leaf of someLeaves(70)) one_by_one.append(packed([leaf]));
    const backwards = createSubtree({ depth: 5, base: 0 }, hasher);
    backwards.write({
      indices: Uint32Array.from({ length: 70 }, (_, i) => 69 - i),
      nodes: packed([...someLeaves(70)].reverse()),
    });
    expect(one_by_one.toBlock()).to.deep.equal(at_once.toBlock());
    expect(backwards.toBlock()).to.deep.equal(at_once.toBlock());
  });

  it('writes the last of several leaves of one index', async () => {
    const hasher = await loadHasher();
    const [twice, once] = [1, 2].map(() => createSubtree({ depth: 2, base: 0 }, hasher));
    twice!.write({ indices: Uint16Array.of(5, 2, 5), nodes: packed([1n, 2n, 3n]) });
    once!.write({ indices: Uint16Array.of(2, 5), nodes: packed([2n, 3n]) });
    expect(twice!.toBlock()).to.deep.equal(once!.toBlock());
  });

  it('hashes a large batch in slices, so that memory stays small', () => {
    // Hashing 20,000 leaves takes nothing but time: a sum shows as well which nodes were asked for.
    const sum = {
      nodes: (children: Uint8Array) =>
        Uint8Array.from({ length: children.length / 4 }, (_, i) => {
          const first = Math.floor(i / 32) * 128 + (i % 32);
          return [0, 32, 64, 96].reduce((total, place) => total + children[first + place]!, 0);
        }),
      leaves: (preimages: Uint8Array) => preimages,
    };
    const { hasher, count, most } = countingHasher(sum);
    const subtree = createSubtree({ depth: 14, base: 0 }, hasher);
    count();
    subtree.append(new Uint8Array(20_000 * 32).fill(1));
    expect(count()).to.equal(
      nodesAbove(
        Array.from({ length: 20_000 }, (_, i) => i),
        14,
      ),
    );
    expect(most()).to.equal(4_096);
    expect(subtree.root()[0]).to.equal(20_000 % 256);
  });

  it('keeps what it gave: neither a node nor a block changes with the next batch', async () => {
    const subtree = createSubtree({ depth: 2, base: 0 }, await loadHasher());
    subtree.append(packed([1n, 2n]));
    const [root, block] = [subtree.root(), subtree.toBlock()];
    const copies = [root.slice(), block.slice()];
    const next = createSubtree({ depth: 2, base: 0, block }, await loadHasher());
    next.write({ indices: Uint16Array.of(0), nodes: packed([9n]) });
    subtree.write({ indices: Uint16Array.of(0), nodes: packed([9n]) });
    expect([root, block]).to.deep.equal(copies);
    expect(next.root()).to.deep.equal(subtree.root()).and.not.to.deep.equal(root);
  });

  describe('when one thing is wrong', () => {
    it('fills up to the last leaf, and a refused batch changes nothing', async () => {
      const subtree = createSubtree({ depth: 2, base: 0 }, await loadHasher());
      subtree.append(packed(someLeaves(15)));
      const block = subtree.toBlock();
      for (const refused of [
        () => {
          subtree.append(packed(someLeaves(2)));
        },
        () => {
          subtree.write({ indices: Uint16Array.of(3, 16), nodes: packed([1n, 1n]) });
        },
      ])
        expect(thrown(refused).data['field']).to.equal('indices');
      expect(subtree.toBlock()).to.deep.equal(block);
      subtree.append(packed([leafOf(15)]));
      expect(subtree.size()).to.equal(16);
    });

    it('refuses nodes that are not 32 bytes an index', async () => {
      const subtree = createSubtree({ depth: 2, base: 0 }, await loadHasher());
      subtree.write({ indices: Uint16Array.of(0, 1), nodes: packed([1n, 2n]) });
      for (const length of [32, 63, 65, 96])
        expect(
          thrown(() => {
            subtree.write({ indices: Uint16Array.of(0, 1), nodes: new Uint8Array(length) });
          }).data['field'],
        ).to.equal('nodes');
      expect(
        thrown(() => {
          subtree.append(new Uint8Array(33));
        }).data['field'],
      ).to.equal('nodes');
    });

    it('reads a block of every length that leaves give, and of no other', async () => {
      const hasher = await loadHasher();
      const lengths = new Map<number, number>();
      for (let leaves = 0; leaves <= 16; leaves++) {
        const subtree = createSubtree({ depth: 2, base: 0 }, hasher);
        subtree.append(packed(someLeaves(leaves)));
        lengths.set(subtree.toBlock().length / 32, leaves);
      }
      expect(lengths.size).to.equal(17);
      for (let nodes = 0; nodes <= 25; nodes++) {
        const block = new Uint8Array(32 * nodes);
        const leaves = lengths.get(nodes);
        if (leaves !== undefined) expect(leavesOfBlock(block, 2)).to.have.lengthOf(32 * leaves);
        else expect(thrown(() => leavesOfBlock(block, 2)).data['field']).to.equal('block');
      }
    });
  });
});
