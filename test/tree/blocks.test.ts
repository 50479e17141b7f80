import { expect } from 'chai';
import { FIELD_ORDER, type Field } from '../../src/protocol/field.ts';
import { computeRoot, type Siblings } from '../../src/protocol/merklePath.ts';
import {
  CHUNK_LEAVES,
  TIERS,
  applyToBlock,
  blockLeaves,
  blockRoot,
  checkBlock,
  pathInBlock,
  placesOf,
  type Tier,
} from '../../src/tree/blocks.ts';
import { loadHasher, type Hasher } from '../../src/tree/hasher.ts';
import { createTree } from '../../src/tree/tree.ts';
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

type Writes = readonly (readonly [position: number, leaf: Field])[];

/** The smallest store there is: blocks in a map. */
function memoryStore(hasher: Hasher) {
  const blocks = new Map<string, Uint8Array>();
  const keyOf = (tier: Tier, block: number): string => `${tier}/${block}`;
  const writeTier = (tier: Tier, writes: readonly (readonly [number, Uint8Array])[]) => {
    const width = 4 ** TIERS[tier].depth;
    return [...new Set(writes.map(([leaf]) => Math.floor(leaf / width)))].map((number) => {
      const own = writes.filter(([leaf]) => Math.floor(leaf / width) === number);
      const indices = Uint16Array.from(own, ([leaf]) => leaf % width);
      const nodes = Buffer.concat(own.map(([, node]) => node));
      const block = blocks.get(keyOf(tier, number));
      const result = applyToBlock({ tier, block, changes: { indices, nodes } }, hasher);
      blocks.set(keyOf(tier, number), result.block);
      return [number, result.root] as const;
    });
  };
  return {
    blocks,
    write: (writes: Writes): void => {
      const leaves = writes.map(([position, leaf]) => [position, packed([leaf])] as const);
      if (leaves.length > 0) writeTier(2, writeTier(1, writeTier(0, leaves)));
    },
    root: (): Field | undefined =>
      unpacked(blockRoot({ tier: 2, block: blocks.get('2/0') }, hasher))[0],
    siblings: (position: number): readonly Siblings[] =>
      placesOf(position).flatMap(({ tier, block, index }) =>
        pathInBlock({ tier, block: blocks.get(keyOf(tier, block)), index }, hasher),
      ),
  };
}

/** A chunk with leaves. */
async function someChunk(count: number) {
  const hasher = await loadHasher();
  const indices = Uint16Array.from({ length: count }, (_, i) => i);
  const changes = { indices, nodes: packed(someLeaves(count)) };
  return { hasher, changes, ...applyToBlock({ tier: 0, block: undefined, changes }, hasher) };
}

describe('tree/blocks', () => {
  it('cuts fourteen levels into tiers of 5, 5 and 4', () => {
    expect(TIERS.map(({ depth }) => depth)).to.deep.equal([5, 5, 4]);
    expect(TIERS.map(({ base }) => base)).to.deep.equal([0, 5, 10]);
    expect(4 ** TIERS[0].depth).to.equal(CHUNK_LEAVES);
  });

  for (const [position, places] of [
    [0, '0/0/0 1/0/0 2/0/0'],
    [1_023, '0/0/1023 1/0/0 2/0/0'],
    [1_024, '0/1/0 1/0/1 2/0/0'],
    [2 ** 20 - 1, '0/1023/1023 1/0/1023 2/0/0'],
    [2 ** 20, '0/1024/0 1/1/0 2/0/1'],
    [2 ** 28 - 1, '0/262143/1023 1/255/1023 2/0/255'],
  ] as const) {
    it(`finds position ${position} at ${places}`, () => {
      const found = placesOf(position).map(({ tier, block, index }) => `${tier}/${block}/${index}`);
      expect(found.join(' ')).to.equal(places);
    });
  }

  for (const position of [-1, 2 ** 28, 0.5, NaN]) {
    it(`has no place for position ${position}`, () => {
      expect(placesOf(2 ** 28 - 1)).to.have.lengthOf(3);
      expect(thrown(() => placesOf(position)).data['field']).to.equal('position');
    });
  }

  describe('given random batches of appended, revoked and reinstated leaves around the edge of a chunk', () => {
    it('equal @zk-kit/incremental-merkle-tree and createTree, roots and paths', async () => {
      const hasher = await loadHasher();
      const batch = fc.record({
        added: fc.integer({ min: 0, max: 6 }),
        picks: fc.array(fc.tuple(fc.nat(), fc.boolean()), { maxLength: 5 }),
      });
      const given = fc.tuple(
        fc.integer({ min: 1_018, max: 1_025 }),
        fc.array(batch, { minLength: 1, maxLength: 3 }),
      );
      await fc.assert(
        fc.asyncProperty(given, async ([start, batches]) => {
          const store = memoryStore(hasher);
          store.write(someLeaves(start).map((leaf, position) => [position, leaf]));
          const tree = await createTree({ leaves: someLeaves(start) });
          const reference = await referenceTree(14, someLeaves(start));
          const touched = new Set([0, 1_023]);
          for (const { added, picks } of batches) {
            const size = tree.size();
            const changes: Writes = picks.map(([pick, revoke]) => {
              const position = pick % size;
              return [position, (revoke ? 0n : leafOf(position)) as Field];
            });
            const appended: Writes = Array.from({ length: added }, (_, i) => [
              size + i,
              leafOf(size + i),
            ]);
            store.write([...changes, ...appended]);
            tree.update(changes.map(([position, leaf]) => ({ position, leaf })));
            tree.append(appended.map(([, leaf]) => leaf));
            for (const [position, leaf] of changes) reference.update(position, leaf);
            for (const [, leaf] of appended) reference.insert(leaf);
            for (const [position] of [...changes, ...appended]) touched.add(position);
            expect([store.root(), tree.root()]).to.deep.equal([reference.root(), reference.root()]);
          }
          for (const position of [...touched].filter((each) => each < tree.size())) {
            expect(store.siblings(position)).to.deep.equal(tree.path(position).siblings);
            expect(store.siblings(position)).to.deep.equal(reference.siblings(position));
          }
        }),
        { numRuns: 8 },
      );
    });
  });

  describe('given leaves far apart, at the first and last positions of blocks', () => {
    it('equal the slow twin, roots and paths', async () => {
      const hasher = await loadHasher();
      const edges = fc.constantFrom(
        ...[0, 3, 4, 1_023, 1_024, 1_025, 2 ** 20 - 1_024, 2 ** 20 - 1, 2 ** 20],
        ...[2 ** 28 - 2 ** 20, 2 ** 28 - 1_024, 2 ** 28 - 1],
      );
      const write = fc.tuple(fc.oneof(edges, fc.nat(2 ** 28 - 1)), fc.nat(3));
      fc.assert(
        fc.property(fc.array(fc.array(write, { maxLength: 5 }), { maxLength: 3 }), (batches) => {
          const store = memoryStore(hasher);
          const leaves = new Map<number, Field>();
          for (const batch of batches) {
            const writes = batch.map(([position, leaf]) => [position, BigInt(leaf)] as const);
            store.write(writes as unknown as Writes);
            for (const [position, leaf] of writes) leaves.set(position, leaf as Field);
          }
          const twin = slowTwin(leaves, 14);
          expect(store.root()).to.equal(twin.root);
          for (const [position, leaf] of leaves) {
            const siblings = store.siblings(position);
            expect(siblings).to.deep.equal(twin.siblings(position));
            expect(computeRoot(leaf, { position: BigInt(position), siblings })).to.equal(twin.root);
          }
        }),
        { numRuns: 15 },
      );
    });
  });

  describe('given a chunk', () => {
    for (const count of [1, 3, 4, 5, 1_023, 1_024]) {
      it(`gives back its ${count} leaves`, async () => {
        const { block, root, hasher } = await someChunk(count);
        expect(unpacked(blockLeaves({ tier: 0, block }))).to.deep.equal(someLeaves(count));
        expect(blockRoot({ tier: 0, block }, hasher)).to.deep.equal(root);
        checkBlock({ tier: 0, block }, hasher);
      });
    }

    it('is nothing while it is unused, however that is said', async () => {
      const hasher = await loadHasher();
      const changes = { indices: new Uint16Array(), nodes: new Uint8Array() };
      for (const block of [undefined, new Uint8Array()]) {
        expect(blockLeaves({ tier: 0, block })).to.have.lengthOf(0);
        const result = applyToBlock({ tier: 0, block, changes }, hasher);
        expect(result.block).to.have.lengthOf(0);
        expect(unpacked(result.root)[0]).to.equal(slowTwin(new Map(), 5).root);
        checkBlock({ tier: 0, block }, hasher);
      }
    });

    it('hashes five nodes for a leaf, 341 for all, none for a path', async () => {
      const { hasher, count } = countingHasher(await loadHasher());
      const { block, changes } = await someChunk(1_024);
      applyToBlock({ tier: 0, block: undefined, changes }, hasher);
      count();
      applyToBlock({ tier: 0, block: undefined, changes }, hasher);
      expect(count()).to.equal(256 + 64 + 16 + 4 + 1);
      const apply = (...indices: number[]): number => {
        const nodes = packed(indices.map((index) => leafOf(index + 1)));
        const one = { indices: Uint16Array.from(indices), nodes };
        applyToBlock({ tier: 0, block, changes: one }, hasher);
        return count();
      };
      expect([apply(700), apply(0, 3), apply(0, 4), apply(0, 1_023)]).to.deep.equal([5, 5, 6, 9]);
      expect(apply(5, 5, 5)).to.equal(5);
      expect(apply(9, 600, 8, 601, 1_000)).to.equal(nodesAbove([8, 9, 600, 601, 1_000], 5));
      pathInBlock({ tier: 0, block, index: 3 }, hasher);
      expect(count()).to.equal(0);
    });

    it('leaves the block and the changes that it is given alone', async () => {
      const { block, hasher } = await someChunk(9);
      const nodes = packed([7n, 8n]);
      const before = [block.slice(), nodes.slice()];
      const changes = { indices: Uint16Array.of(8, 2), nodes };
      const result = applyToBlock({ tier: 0, block, changes }, hasher);
      expect([block, nodes]).to.deep.equal(before);
      expect([...changes.indices]).to.deep.equal([8, 2]);
      expect(result.block).to.have.lengthOf(block.length).and.not.to.deep.equal(block);
    });

    it('reads a Buffer that lies within a larger one', async () => {
      const { block, root, hasher } = await someChunk(9);
      const pooled = Buffer.concat([Buffer.alloc(5, 1), block, Buffer.alloc(5, 1)]);
      const inside = pooled.subarray(5, 5 + block.length);
      expect(blockRoot({ tier: 0, block: inside }, hasher)).to.deep.equal(root);
      expect(unpacked(blockLeaves({ tier: 0, block: inside }))).to.deep.equal(someLeaves(9));
    });
  });

  describe('when one thing is wrong', () => {
    it('refuses a block that was cut, lengthened, or is of another tier', async () => {
      const { block, hasher } = await someChunk(1_024);
      const index = 0;
      expect(pathInBlock({ tier: 0, block, index }, hasher)).to.have.lengthOf(5);
      const longer = new Uint8Array(block.length + 32);
      for (const wrong of [block.subarray(1), block.subarray(0, -4 * 32), longer])
        for (const read of [
          () => pathInBlock({ tier: 0, block: wrong, index }, hasher),
          () => blockLeaves({ tier: 0, block: wrong }),
          () => blockRoot({ tier: 0, block: wrong }, hasher),
        ])
          expect(thrown(read)).to.include({ code: 'InvalidInput' });
      expect(thrown(() => pathInBlock({ tier: 2, block, index }, hasher)).code).to.equal(
        'InvalidInput',
      );
    });

    it('refuses a block with a node that is not a field element, at any level', async () => {
      const { block, changes, hasher } = await someChunk(20);
      const order = Buffer.from(FIELD_ORDER.toString(16), 'hex');
      const one = { indices: changes.indices.subarray(0, 1), nodes: packed([5n]) };
      expect(applyToBlock({ tier: 0, block, changes: one }, hasher).block).to.have.lengthOf(
        block.length,
      );
      for (let node = 0; node < block.length / 32; node++) {
        const wrong = block.slice();
        wrong.set(order, 32 * node);
        const error = thrown(() => applyToBlock({ tier: 0, block: wrong, changes: one }, hasher));
        expect([error.code, error.data['field']]).to.deep.equal(['InvalidInput', `block[${node}]`]);
      }
    });

    it('checkBlock refuses a block cut to what other leaves would have given', async () => {
      const { block, hasher } = await someChunk(1_024);
      const cut = block.subarray(0, -32);
      expect(blockLeaves({ tier: 0, block: cut })).to.have.lengthOf(32 * 1_023);
      checkBlock({ tier: 0, block }, hasher);
      expect(
        thrown(() => {
          checkBlock({ tier: 0, block: cut }, hasher);
        }).data['field'],
      ).to.equal('block');
    });

    it('checkBlock refuses one changed bit in any node', async () => {
      const { block, hasher } = await someChunk(20);
      checkBlock({ tier: 0, block }, hasher);
      for (let node = 0; node < block.length / 32; node++) {
        const wrong = block.slice();
        wrong[32 * node + 31]! ^= 1;
        expect(
          thrown(() => {
            checkBlock({ tier: 0, block: wrong }, hasher);
          }).data['field'],
        ).to.equal('block');
      }
    });

    it('refuses a leaf that is not a field element', async () => {
      const hasher = await loadHasher();
      const apply = (leaf: bigint) => {
        const nodes = Buffer.from(leaf.toString(16).padStart(64, '0'), 'hex');
        const changes = { indices: Uint16Array.of(0), nodes };
        return applyToBlock({ tier: 0, block: undefined, changes }, hasher);
      };
      expect(unpacked(blockLeaves({ tier: 0, ...apply(FIELD_ORDER - 1n) }))).to.deep.equal([
        FIELD_ORDER - 1n,
      ]);
      expect(thrown(() => apply(FIELD_ORDER)).data['field']).to.equal('nodes[0]');
    });

    for (const [tier, beyond] of [
      [0, 1_024],
      [1, 1_024],
      [2, 256],
    ] as const) {
      it(`refuses index ${beyond} of tier ${tier}`, async () => {
        const hasher = await loadHasher();
        const apply = (index: number) => {
          const changes = { indices: Uint16Array.of(index), nodes: packed([1n]) };
          return applyToBlock({ tier, block: undefined, changes }, hasher);
        };
        expect(blockLeaves({ tier, ...apply(beyond - 1) })).to.have.lengthOf(32 * beyond);
        expect(thrown(() => apply(beyond)).data['field']).to.equal('indices');
      });
    }

    for (const index of [-1, 9, 0.5, NaN]) {
      it(`has no path for index ${index} of nine`, async () => {
        const { block, hasher } = await someChunk(9);
        expect(pathInBlock({ tier: 0, block, index: 8 }, hasher)).to.have.lengthOf(5);
        const error = thrown(() => pathInBlock({ tier: 0, block, index }, hasher));
        expect(error.data['field']).to.equal('index');
      });
    }
  });
});
