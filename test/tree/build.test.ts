import { expect } from 'chai';
import { FIELD_ORDER } from '../../src/protocol/field.ts';
import { blockLeaves, pathInBlock, placesOf } from '../../src/tree/blocks.ts';
import { buildBlocks } from '../../src/tree/build.ts';
import { loadHasher, type Hasher } from '../../src/tree/hasher.ts';
import { createThreads, inline, type Threads } from '../../src/tree/threads.ts';
import { createTree } from '../../src/tree/tree.ts';
import { packed, someLeaves, unpacked } from '../support/nodes.ts';
import { rejected } from '../support/world.ts';

describe('tree/build', () => {
  let threads: Threads;
  let hasher: Hasher;
  before(async () => {
    threads = createThreads({ count: 2 });
    hasher = await loadHasher();
  });
  after(() => threads.close());

  for (const count of [1, 3, 4, 5, 1_023, 1_024, 1_025, 4_097]) {
    it(`builds the blocks of ${count} leaves: the root and the paths of createTree`, async () => {
      const leaves = someLeaves(count);
      const { tiers, root } = await buildBlocks(packed(leaves), threads);
      const tree = await createTree({ leaves });
      expect(unpacked(root!)).to.deep.equal([tree.root()]);
      expect(tiers.map(({ length }) => length)).to.deep.equal([Math.ceil(count / 1_024), 1, 1]);
      expect(tiers[0].flatMap((block) => unpacked(blockLeaves({ tier: 0, block })))).to.deep.equal(
        leaves,
      );
      for (const position of [0, Math.floor(count / 2), count - 1]) {
        const siblings = placesOf(position).flatMap(({ tier, block, index }) =>
          pathInBlock({ tier, block: tiers[tier][block], index }, hasher),
        );
        expect(siblings).to.deep.equal(tree.path(position).siblings);
      }
    });
  }

  it('builds the same without threads', async () => {
    const leaves = packed(someLeaves(2_050));
    expect(await buildBlocks(leaves, inline(hasher))).to.deep.equal(
      await buildBlocks(leaves, threads),
    );
  });

  it('builds a second block of tier 1', async () => {
    // Hashing a million leaves takes nothing but time: a sum shows as well what stands where.
    const sum: Hasher = {
      nodes: (children) =>
        Uint8Array.from({ length: children.length / 4 }, (_, i) =>
          i % 32 === 31
            ? [31, 63, 95, 127].reduce((total, place) => total + children[4 * (i - 31) + place]!, 0)
            : 0,
        ),
      leaves: (preimages) => preimages,
    };
    const leaves = new Uint8Array(32 * (2 ** 20 + 5)).map((_, i) => (i % 32 === 31 ? 1 : 0));
    const { tiers, root } = await buildBlocks(leaves, inline(sum));
    expect(tiers.map(({ length }) => length)).to.deep.equal([1_025, 2, 1]);
    expect(root![31]).to.equal(5);
    expect(blockLeaves({ tier: 2, block: tiers[2][0] })).to.have.lengthOf(64);
  });

  it('has no block and no root without leaves', async () => {
    const { tiers, root } = await buildBlocks(new Uint8Array(), threads);
    expect(tiers).to.deep.equal([[], [], []]);
    expect(root).to.equal(undefined);
  });

  it('refuses a leaf that is not a field element', async () => {
    const leaves = packed(someLeaves(1_030));
    expect((await buildBlocks(leaves, threads)).tiers[0]).to.have.lengthOf(2);
    leaves.set(Buffer.from(FIELD_ORDER.toString(16), 'hex'), 32 * 1_026);
    const error = await rejected(buildBlocks(leaves, threads));
    expect([error.code, error.data['field']]).to.deep.equal(['InvalidInput', 'nodes[2]']);
  });
});
