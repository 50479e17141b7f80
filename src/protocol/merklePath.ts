/**
 * A leaf's path to its root (PROTOCOL.md section 2, "Tree"): quaternary, two bits of the position a level.
 * @module
 */
import { invalidInput } from '../errors.ts';
import { toUint } from './field.ts';
import type { Field } from './field.ts';
import { hashNode } from './hash.ts';

/** Levels of an issuer's tree: 268,435,456 leaves. */
export const TREE_DEPTH = 14;

/** Levels of a trust list above the trees it holds: 16 of them. */
export const LIST_DEPTH = 2;

/** The circuit's tree: a list of trees. */
export const STATEMENT_DEPTH = TREE_DEPTH + LIST_DEPTH;

/** The neighbour in the pair {0,1} or {2,3}, then the other pair in order. */
export type Siblings = readonly [Field, Field, Field];

/** Where a leaf stands, and what stands beside its path. */
export type MerklePath = {
  /** Two bits a level, lowest level first. */
  readonly position: bigint;
  /** Lowest level first. */
  readonly siblings: readonly Siblings[];
};

/**
 * The root that `leaf` leads to along `path`.
 * @throws {InvalidInput} if the position doesn't fit the number of levels
 */
export function computeRoot(leaf: Field, path: MerklePath): Field {
  const position = toUint(path.position, 'position', 2 * path.siblings.length);
  return path.siblings.reduce((node, siblings, level) => {
    const place = Number((position >> BigInt(2 * level)) & 3n);
    return hashNode(childrenOf(node, place, siblings));
  }, leaf);
}

/** The siblings of the child at `place`, as the circuit takes them. */
export function siblingsOf(
  children: readonly [Field, Field, Field, Field],
  place: number,
): Siblings {
  const [a, b, c, d] = children;
  switch (place) {
    case 0:
      return [b, c, d];
    case 1:
      return [a, c, d];
    case 2:
      return [d, a, b];
    case 3:
      return [c, a, b];
    default:
      throw invalidInput('place', place, 'must be 0, 1, 2 or 3');
  }
}

/** The inverse of `siblingsOf`: four children in order. */
function childrenOf(
  child: Field,
  place: number,
  [s0, s1, s2]: Siblings,
): readonly [Field, Field, Field, Field] {
  const own: [Field, Field] = place % 2 === 0 ? [child, s0] : [s0, child];
  return place < 2 ? [...own, s1, s2] : [s1, s2, ...own];
}
