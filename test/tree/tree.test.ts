import { expect } from 'chai';
import { IncrementalMerkleTree } from '@zk-kit/incremental-merkle-tree';
import { FIELD_ORDER, type Field } from '../../src/protocol/field.ts';
import { hashNode, type Children } from '../../src/protocol/hash.ts';
import { computeRoot } from '../../src/protocol/merklePath.ts';
import { loadHasher } from '../../src/tree/hasher.ts';
import { EMPTY_LEAF, createTree, emptyRoots, type Tree } from '../../src/tree/tree.ts';
import { referencePoseidon } from '../../scripts/vectors/reference.ts';
import { countingHasher } from '../support/nodes.ts';
import { fc, readVectors, thrown, rejected } from '../support/world.ts';

type Vectors = {
  readonly trees: readonly {
    readonly depth: string;
    readonly leaves: readonly string[];
    readonly root: string;
    readonly emptyRoot: string;
    readonly paths: readonly {
      readonly position: string;
      readonly siblings: readonly string[][];
    }[];
  }[];
};
type Operation =
  | { readonly kind: 'append'; readonly count: number }
  | { readonly kind: 'revoke' | 'reinstate'; readonly picks: readonly number[] };

const leafOf = (n: number): Field => BigInt(1_000 + n) as Field;
const someLeaves = (count: number): Field[] => Array.from({ length: count }, (_, i) => leafOf(i));

const operations: fc.Arbitrary<readonly Operation[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('append' as const), count: fc.integer({ min: 0, max: 9 }) }),
    fc.record({
      kind: fc.constantFrom('revoke' as const, 'reinstate' as const),
      picks: fc.array(fc.nat(1_000), { maxLength: 4 }),
    }),
  ),
  { minLength: 1, maxLength: 7 },
);

/** The slow twin: every node hashed anew, straight from the definition. */
function slowRoot(leaves: readonly Field[], depth: number): Field {
  let level: readonly Field[] = Array.from(
    { length: 4 ** depth },
    (_, i) => leaves[i] ?? EMPTY_LEAF,
  );
  while (level.length > 1) {
    level = Array.from({ length: level.length / 4 }, (_, i) =>
      hashNode(level.slice(4 * i, 4 * i + 4) as unknown as Children),
    );
  }
  return level[0]!;
}

/** Runs operations on a tree, and gives what its leaves should be. */
function run(
  tree: Tree,
  given: readonly Operation[],
  onChange: (leaves: readonly Field[], from: number) => void = () => undefined,
): Field[] {
  const leaves: Field[] = [];
  for (const operation of given) {
    const from = leaves.length;
    if (operation.kind === 'append') {
      const added = Array.from(
        { length: Math.min(operation.count, 4 ** tree.depth - from) },
        (_, i) => leafOf(from + i),
      );
      tree.append(added);
      leaves.push(...added);
    } else if (leaves.length > 0) {
      const changes = operation.picks.map((pick) => {
        const position = pick % leaves.length;
        return { position, leaf: operation.kind === 'revoke' ? EMPTY_LEAF : leafOf(position) };
      });
      tree.update(changes);
      for (const { position, leaf } of changes) leaves[position] = leaf;
    }
    onChange(leaves, from);
  }
  return leaves;
}

describe('tree/tree', () => {
  for (const { depth, leaves, root, emptyRoot, paths } of (readVectors('tree') as Vectors).trees) {
    describe(`given the vector of depth ${depth}`, () => {
      it('has its root, empty and filled', async () => {
        expect((await createTree({ depth: Number(depth) })).root().toString()).to.equal(emptyRoot);
        expect((await createTree({ leaves, depth: Number(depth) })).root().toString()).to.equal(
          root,
        );
      });
      it("gives its paths, in the circuit's order", async () => {
        const tree = await createTree({ leaves, depth: Number(depth) });
        for (const { position, siblings } of paths) {
          const path = tree.path(Number(position));
          expect(path.position.toString()).to.equal(position);
          expect(path.siblings.map((level) => level.map(String))).to.deep.equal(siblings);
        }
      });
    });
  }

  describe('given random operations (append batches, revoke, reinstate)', () => {
    for (const [depth, numRuns] of [
      [2, 40],
      [5, 25],
      [14, 8],
    ] as const) {
      it(`S29: equals @zk-kit/incremental-merkle-tree after each at depth ${depth}, roots and paths`, async () => {
        const poseidon = await referencePoseidon();
        await fc.assert(
          fc.asyncProperty(operations, async (given) => {
            const tree = await createTree({ depth });
            const reference = new IncrementalMerkleTree(
              (children) => poseidon(children),
              depth,
              0n,
              4,
            );
            const leaves = run(tree, given, (now, from) => {
              now.slice(from).forEach((leaf) => {
                reference.insert(leaf);
              });
              now.slice(0, from).forEach((leaf, position) => {
                if (reference.leaves[position] !== leaf) reference.update(position, leaf);
              });
              expect(tree.root()).to.equal(reference.root);
            });
            expect(tree.size()).to.equal(leaves.length);
            leaves.forEach((leaf, position) => {
              const ascending = reference.createProof(position).siblings;
              const mapped = ascending.map(([a, b, c], level) =>
                Math.floor(position / 4 ** level) % 4 < 2 ? [a, b, c] : [c, a, b],
              );
              expect(tree.path(position).siblings).to.deep.equal(mapped);
              expect(computeRoot(leaf, tree.path(position))).to.equal(tree.root());
            });
          }),
          { numRuns },
        );
      });
    }

    it('equals the slow twin, which hashes every node anew', async () => {
      await fc.assert(
        fc.asyncProperty(operations, async (given) => {
          const tree = await createTree({ depth: 3 });
          const leaves = run(tree, given);
          expect(tree.root()).to.equal(slowRoot(leaves, 3));
          expect(leaves.map((_, i) => tree.leaf(i))).to.deep.equal(leaves);
        }),
        { numRuns: 15 },
      );
    });

    it('does not depend on how the leaves came in', async () => {
      const at_once = await createTree({ leaves: someLeaves(21), depth: 3 });
      const one_by_one = await createTree({ depth: 3 });
      for (const leaf of someLeaves(21)) one_by_one.append([leaf]);
      const revoked = await createTree({ leaves: someLeaves(21), depth: 3 });
      revoked.update([{ position: 7, leaf: EMPTY_LEAF }]);
      expect(revoked.root()).not.to.equal(at_once.root());
      revoked.update([{ position: 7, leaf: leafOf(7) }]);
      expect([one_by_one.root(), revoked.root()]).to.deep.equal([at_once.root(), at_once.root()]);
    });
  });

  describe('its size', () => {
    it('counts revoked positions and fills up to the last', async () => {
      const tree = await createTree({ leaves: someLeaves(15), depth: 2 });
      tree.update([{ position: 14, leaf: EMPTY_LEAF }]);
      expect(tree.size()).to.equal(15);
      tree.append([leafOf(15)]);
      expect(tree.size()).to.equal(16);
      expect(tree.root()).to.equal(slowRoot([...someLeaves(14), EMPTY_LEAF, leafOf(15)], 2));
    });
    it('does not go beyond the depth, and a refused batch leaves the tree as it was', async () => {
      const tree = await createTree({ leaves: someLeaves(15), depth: 2 });
      const root = tree.root();
      expect(
        thrown(() => {
          tree.append(someLeaves(2));
        }).data['field'],
      ).to.equal('leaves');
      expect([tree.root(), tree.size()]).to.deep.equal([root, 15]);
    });
    it('costs n/3 hashes at once, not n times the depth', async () => {
      const { hasher, count } = countingHasher(await loadHasher());
      const tree = await createTree({ hasher });
      count();
      tree.append(someLeaves(256));
      expect(count()).to.equal(64 + 16 + 4 + 1 + 10);
      tree.path(3);
      tree.root();
      expect(count()).to.equal(0);
    });
  });

  describe('when one thing is wrong', () => {
    it('S12: refuses a leaf that is not a field element', async () => {
      expect((await createTree({ leaves: [FIELD_ORDER - 1n] })).size()).to.equal(1);
      const error = await rejected(createTree({ leaves: [1n, FIELD_ORDER + 1n] }));
      expect(error.data['field']).to.equal('leaves[1]');
    });
    for (const depth of [0, 17, 1.5, NaN]) {
      it(`refuses depth ${depth}`, async () => {
        expect((await createTree({ depth: 1 })).depth).to.equal(1);
        expect((await rejected(createTree({ depth }))).data['field']).to.equal('depth');
      });
    }
    for (const position of [-1, 3, 0.5, NaN]) {
      it(`S11: has no path and no change at position ${position} of three`, async () => {
        const tree = await createTree({ leaves: someLeaves(3) });
        expect(tree.path(2).position).to.equal(2n);
        expect(thrown(() => tree.path(position)).data['field']).to.equal('position');
        const changes = [
          { position: 0, leaf: EMPTY_LEAF },
          { position, leaf: EMPTY_LEAF },
        ];
        const root = tree.root();
        expect(
          thrown(() => {
            tree.update(changes);
          }).data['field'],
        ).to.equal('changes[1].position');
        expect(tree.root()).to.equal(root);
      });
    }
  });

  it('finds a leaf by its first position, and -1 for one it does not hold', async () => {
    const tree = await createTree({ leaves: [leafOf(1), leafOf(2), leafOf(1)] });
    expect([
      tree.indexOf(leafOf(1)),
      tree.indexOf(leafOf(2)),
      tree.indexOf(leafOf(3)),
    ]).to.deep.equal([0, 1, -1]);
    expect(tree.leaf(9)).to.equal(EMPTY_LEAF);
  });

  it('S12: a node of one level is not a leaf of a tree of the same depth', async () => {
    const tree = await createTree({ leaves: someLeaves(4), depth: 2 });
    const node = hashNode(someLeaves(4) as unknown as Children);
    const path = tree.path(0);
    expect(computeRoot(leafOf(0), path)).to.equal(tree.root());
    expect(computeRoot(node, path)).not.to.equal(tree.root());
    const short = { position: 0n, siblings: path.siblings.slice(1) };
    expect(computeRoot(node, short)).to.equal(tree.root()); // with fewer levels only, which the circuit never has
  });

  it('knows the empty roots of every depth', async () => {
    const hasher = await loadHasher();
    const roots = emptyRoots(3, hasher);
    expect(roots).to.have.lengthOf(4);
    expect(roots.map((root, depth) => root === slowRoot([], depth))).to.deep.equal([
      true,
      true,
      true,
      true,
    ]);
  });
});
