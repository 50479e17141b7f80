/**
 * A trust list: up to sixteen trees under one root, so that a proof hides which issuer attested (PROTOCOL.md section 2,
 * "Trust list"). Every tree has a list of its own, in which it takes slot 0.
 * @module
 */
import { invalidInput } from '../errors.ts';
import { toField } from '../protocol/field.ts';
import type { Field, IntegerInput } from '../protocol/field.ts';
import { LIST_DEPTH, TREE_DEPTH, type MerklePath } from '../protocol/merklePath.ts';
import { loadHasher, type Hasher } from './hasher.ts';
import { createTree, emptyRoots } from './tree.ts';

/** The number of trees a list holds at most. */
export const LIST_SIZE = 4 ** LIST_DEPTH;

/** A list at one moment. */
export type TrustList = {
  readonly root: Field;
  /** Lengthens a path inside the tree at `slot` to one that ends at the list's root. @throws {InvalidInput} */
  readonly extendPath: (slot: number, path: MerklePath) => MerklePath;
};

/**
 * Builds a list above the roots of its trees.
 * @param options.roots by slot; `undefined` for a slot that is unused, frozen or not yet in force
 * @throws {InvalidInput} if there are more than sixteen
 * @example
 * const list = await createTrustList({ roots: [tree.root()] }); // a tree's own list
 * const path = list.extendPath(0, tree.path(position));
 */
export async function createTrustList(options: {
  readonly roots: readonly (IntegerInput | undefined)[];
  readonly hasher?: Hasher;
}): Promise<TrustList> {
  const { roots } = options;
  if (roots.length > LIST_SIZE)
    throw invalidInput('roots', roots.length, `a list holds at most ${LIST_SIZE} trees`);
  const hasher = options.hasher ?? (await loadHasher());
  const emptyTreeRoot = emptyRoots(TREE_DEPTH, hasher)[TREE_DEPTH] as Field;
  const leaves = Array.from({ length: LIST_SIZE }, (_, slot) => {
    const root = roots[slot];
    return root === undefined ? emptyTreeRoot : toField(root, `roots[${slot}]`);
  });
  const above = await createTree({ leaves, depth: LIST_DEPTH, hasher });
  return {
    root: above.root(),
    extendPath: (slot, path) => {
      if (path.siblings.length !== TREE_DEPTH) {
        throw invalidInput(
          'path',
          path.siblings.length,
          `must be a path in a tree of depth ${TREE_DEPTH}`,
        );
      }
      if (!Number.isInteger(slot) || slot < 0 || slot >= LIST_SIZE)
        throw invalidInput('slot', slot, `must be 0 to ${LIST_SIZE - 1}`);
      const upper = above.path(slot);
      return {
        position: path.position + (upper.position << BigInt(2 * TREE_DEPTH)),
        siblings: [...path.siblings, ...upper.siblings],
      };
    },
  };
}
