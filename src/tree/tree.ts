/**
 * The quaternary tree: fixed depth, append-only in position, built level by level (PROTOCOL.md section 2, "Tree").
 * n leaves cost n/3 hashes at once, never n times the depth; only what is not empty is kept.
 * @module
 */
import { invalidInput } from '../errors.ts';
import { toField, toUint } from '../protocol/field.ts';
import type { Field, IntegerInput } from '../protocol/field.ts';
import { TREE_DEPTH, siblingsOf, type MerklePath } from '../protocol/merklePath.ts';
import { loadHasher, type NodeHasher } from './hasher.ts';

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
    readonly hasher?: NodeHasher;
  } = {},
): Promise<Tree> {
  const depth = options.depth ?? TREE_DEPTH;
  if (!Number.isInteger(depth) || depth < 1 || depth > 16)
    throw invalidInput('depth', depth, 'must be 1 to 16');
  const tree = emptyTree(depth, options.hasher ?? (await loadHasher()));
  tree.append((options.leaves ?? []).map((leaf, i) => toField(leaf, `leaves[${i}]`)));
  return tree;
}

/** Roots of the empty trees of depth 0 to `depth`. */
export function emptyRoots(depth: number, hasher: NodeHasher): readonly Field[] {
  const roots: Field[] = [EMPTY_LEAF];
  for (let level = 0; level < depth; level++) {
    const node = roots[level] ?? EMPTY_LEAF;
    roots.push(hasher([node, node, node, node])[0] ?? EMPTY_LEAF);
  }
  return roots;
}

function emptyTree(depth: number, hasher: NodeHasher): Tree {
  const empty = emptyRoots(depth, hasher);
  const levels: Field[][] = Array.from({ length: depth + 1 }, () => []);
  const leaves = levels[0] as Field[];
  const capacity = 4 ** depth;

  const node = (level: number, index: number): Field =>
    levels[level]?.[index] ?? empty[level] ?? EMPTY_LEAF;
  const childrenOf = (level: number, parent: number): [Field, Field, Field, Field] => {
    const first = 4 * parent;
    return [
      node(level, first),
      node(level, first + 1),
      node(level, first + 2),
      node(level, first + 3),
    ];
  };

  /** Rehashes what stands above these positions (ascending), level by level. */
  const rehash = (positions: Iterable<number>): void => {
    let dirty: Iterable<number> = positions;
    for (let level = 0; level < depth; level++) {
      const parents = [...new Set(Array.from(dirty, (index) => Math.floor(index / 4)))];
      const hashes = hasher(parents.flatMap((parent) => childrenOf(level, parent)));
      const above = levels[level + 1] as Field[];
      parents.forEach((parent, i) => {
        above[parent] = hashes[i] as Field;
      });
      dirty = parents;
    }
  };

  const checkPosition = (position: number, name: string): void => {
    if (!Number.isInteger(position) || position < 0 || position >= leaves.length) {
      throw invalidInput(name, position, `must be a used position (below ${leaves.length})`);
    }
  };

  return {
    depth,
    size: () => leaves.length,
    root: () => node(depth, 0),
    leaf: (position) => node(0, position),
    indexOf: (leaf) => leaves.indexOf(leaf),
    append: (added) => {
      if (leaves.length + added.length > capacity) {
        throw invalidInput(
          'leaves',
          leaves.length + added.length,
          `a tree of depth ${depth} has ${capacity} positions`,
        );
      }
      const first = leaves.length;
      for (const leaf of added) leaves.push(leaf);
      rehash(Array.from(added, (_, i) => first + i));
    },
    update: (changes) => {
      changes.forEach(({ position }, i) => {
        checkPosition(position, `changes[${i}].position`);
      });
      for (const { position, leaf } of changes) leaves[position] = leaf;
      rehash(changes.map(({ position }) => position).sort((a, b) => a - b));
    },
    path: (position) => {
      checkPosition(position, 'position');
      let index = position;
      const siblings = Array.from({ length: depth }, (_, level) => {
        const place = index % 4;
        index = Math.floor(index / 4);
        return siblingsOf(childrenOf(level, index), place);
      });
      return { position: toUint(BigInt(position), 'position', 2 * depth), siblings };
    },
  };
}
