/**
 * The quaternary tree: fixed depth, append-only in position, built level by level (PROTOCOL.md section 2, "Tree").
 * n leaves cost n/3 hashes at once, never n times the depth; only what is not empty is kept. This one lives in memory;
 * the stored tree is made of blocks (blocks.ts).
 * @module
 */
import { invalidInput } from '../errors.ts';
import { bytesToField, fieldToBytes, toField, toUint } from '../protocol/field.ts';
import type { Field, IntegerInput } from '../protocol/field.ts';
import { TREE_DEPTH, type MerklePath } from '../protocol/merklePath.ts';
import { loadHasher, type Hasher } from './hasher.ts';
import { NODE_BYTES, fieldAt, packFields } from './nodes.ts';
import { createSubtree, emptyNodes, type Subtree } from './subtree.ts';

/** The leaf of a position that was never used, or was revoked. */
export const EMPTY_LEAF = 0n as Field;

/** A change of one leaf that is in the tree. */
export type LeafChange = { readonly position: number; readonly leaf: Field };

/** A tree. Every change is one batch; reading never hashes. */
export type Tree = {
  readonly depth: number;
  /** The number of positions used, revoked ones included. */
  readonly size: () => number;
  readonly root: () => Field;
  /** The leaf at a used position; `EMPTY_LEAF` beyond. */
  readonly leaf: (position: number) => Field;
  /** The first position of a leaf, or -1. */
  readonly indexOf: (leaf: Field) => number;
  /** Puts leaves at the next positions. @throws {InvalidInput} if they don't fit */
  readonly append: (leaves: readonly Field[]) => void;
  /** Replaces leaves: `EMPTY_LEAF` to revoke, the same leaf to reinstate. @throws {InvalidInput} beyond the size */
  readonly update: (changes: readonly LeafChange[]) => void;
  /** The path of a used position. @throws {InvalidInput} beyond the size */
  readonly path: (position: number) => MerklePath;
};

/**
 * Builds a tree.
 * @param options.leaves in order; 0 for a revoked position
 * @param options.depth  levels, 1 to 16; an issuer's tree has 14
 * @throws {InvalidInput} if a leaf is not a field element or they don't fit
 * @example
 * const tree = await createTree({ leaves: attestations.map(hashAttestation) });
 * const path = tree.path(0);
 */
export async function createTree(
  options: {
    readonly leaves?: readonly IntegerInput[];
    readonly depth?: number;
    readonly hasher?: Hasher;
  } = {},
): Promise<Tree> {
  const { leaves = [], depth = TREE_DEPTH } = options;
  if (!Number.isInteger(depth) || depth < 1 || depth > 16)
    throw invalidInput('depth', depth, 'must be 1 to 16');
  const subtree = createSubtree({ depth, base: 0 }, options.hasher ?? (await loadHasher()));
  append(subtree, depth, leaves.length, (i) => toField(leaves[i], `leaves[${i}]`));
  return treeOf(subtree, depth);
}

/** Roots of the empty trees of depth 0 to `depth`, at most 16. */
export function emptyRoots(depth: number, hasher: Hasher): readonly Field[] {
  return emptyNodes(hasher)
    .slice(0, depth + 1)
    .map((node) => bytesToField(node, 'node'));
}

function treeOf(subtree: Subtree, depth: number): Tree {
  const checkPosition = (position: number, name: string): void => {
    if (!Number.isInteger(position) || position < 0 || position >= subtree.size()) {
      throw invalidInput(name, position, `must be a used position (below ${subtree.size()})`);
    }
  };
  return {
    depth,
    size: subtree.size,
    root: () => bytesToField(subtree.root(), 'root'),
    leaf: (position) =>
      Number.isInteger(position) && position >= 0 && position < subtree.size()
        ? fieldAt(subtree.leaves(), position)
        : EMPTY_LEAF,
    indexOf: (leaf) => findNode(subtree.leaves(), fieldToBytes(leaf)),
    append: (added) => {
      append(subtree, depth, added.length, (i) => added[i] ?? EMPTY_LEAF);
    },
    update: (changes) => {
      changes.forEach(({ position }, i) => {
        checkPosition(position, `changes[${i}].position`);
      });
      subtree.write({
        indices: Uint32Array.from(changes, ({ position }) => position),
        nodes: packFields(changes.length, (i) => changes[i]?.leaf ?? EMPTY_LEAF),
      });
    },
    path: (position) => {
      checkPosition(position, 'position');
      return {
        position: toUint(BigInt(position), 'position', 2 * depth),
        siblings: subtree.siblings(position),
      };
    },
  };
}

function append(
  subtree: Subtree,
  depth: number,
  count: number,
  read: (index: number) => Field,
): void {
  const [size, capacity] = [subtree.size() + count, 4 ** depth];
  if (size > capacity)
    throw invalidInput('leaves', size, `a tree of depth ${depth} has ${capacity} positions`);
  subtree.append(packFields(count, read));
}

/** The first index of a node, or -1. The last byte is compared first: of two leaves it differs nearly always. */
function findNode(nodes: Uint8Array, node: Uint8Array): number {
  const last = NODE_BYTES - 1;
  for (let start = 0; start < nodes.length; start += NODE_BYTES) {
    if (nodes[start + last] !== node[last]) continue;
    if (node.every((byte, i) => nodes[start + i] === byte)) return start / NODE_BYTES;
  }
  return -1;
}
