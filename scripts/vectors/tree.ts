/**
 * Roots and paths, from the reference tree.
 * @module
 */
import { IncrementalMerkleTree } from '@zk-kit/incremental-merkle-tree';
import { at, file, type Json, type Poseidon } from './reference.ts';

/** Trees of depth 2 and 14 with the same leaves, and trust lists. */
export function treeVectors(poseidon: Poseidon): Json {
  const node = (children: bigint[]): bigint => poseidon(children);
  const leaves = [11n, 22n, 33n, 44n, 55n, 0n, 77n];
  const trees = [2, 14].map((depth) => {
    const tree = new IncrementalMerkleTree(node, depth, 0n, 4, [...leaves]);
    return {
      source:
        '@zk-kit/incremental-merkle-tree 1.1.0, arity 4, circomlibjs; siblings reordered as PROTOCOL.md section 2, Tree, says',
      depth: depth.toString(),
      leaves,
      root: tree.root,
      emptyRoot: new IncrementalMerkleTree(node, depth, 0n, 4).root,
      paths: leaves.map((leaf, position) => ({
        position: position.toString(),
        leaf,
        siblings: tree
          .createProof(position)
          .siblings.map(([a, b, c], level) =>
            (position >> (2 * level)) % 4 < 2 ? [a, b, c] : [c, a, b],
          ),
      })),
    };
  });
  const { root: someRoot, emptyRoot: empty } = at(trees, 1);
  const list = (roots: readonly (bigint | undefined)[]) => {
    const slots = Array.from({ length: 16 }, (_, slot) => roots[slot] ?? empty);
    return {
      source:
        '@zk-kit/incremental-merkle-tree 1.1.0 over 16 roots; PROTOCOL.md section 2, Trust list',
      roots: slots.map((_, slot) => roots[slot] ?? null),
      root: new IncrementalMerkleTree(node, 2, 0n, 4, slots).root,
    };
  };
  return file({
    trees,
    lists: [
      list([]),
      list([someRoot]),
      list([undefined, 5n, someRoot, undefined, 7n]),
      list(Array.from({ length: 16 }, (_, i) => BigInt(i + 1))),
    ],
  });
}
