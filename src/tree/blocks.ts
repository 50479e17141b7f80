/**
 * The stored tree: a tree of depth 14 cut into blocks, so that a change reads and writes a few kilobytes, not the tree.
 * From the bottom, a block of tier 0 (a *chunk*) is the aligned subtree of 1,024 leaves; one of tier 1 stands on the roots
 * of 1,024 chunks; the one of tier 2 on the roots of up to 256 blocks of tier 1. Everything here is pure: a block goes in,
 * another comes out, and where it is kept is somebody else's business.
 * @module
 */
import { invalidInput } from '../errors.ts';
import type { Siblings } from '../protocol/merklePath.ts';
import type { Hasher } from './hasher.ts';
import { checkNodes } from './nodes.ts';
import { createSubtree, leavesOfBlock } from './subtree.ts';
import type { Changes, Shape, Subtree } from './subtree.ts';

/** The tiers from the bottom: a block's depth, and the level of its leaves in the tree. */
export const TIERS = [
  { depth: 5, base: 0 },
  { depth: 5, base: 5 },
  { depth: 4, base: 10 },
] as const satisfies readonly Shape[];

/** Leaves of a chunk. */
export const CHUNK_LEAVES = 1_024;

/** A tier: 0 is the lowest. */
export type Tier = 0 | 1 | 2;

/**
 * A block of a tier as bytes: its used nodes, 32 bytes each, level after level, leaves first and root last; `undefined` or
 * no bytes for one that was never used. Beyond the last leaf used everything is empty and nothing is kept.
 */
export type Block = { readonly tier: Tier; readonly block: Uint8Array | undefined };

/** Changes of a block's leaves. */
export type BlockJob = Block & { readonly changes: Changes };

/** The changed block, and its root: the leaf of the block above. */
export type BlockResult = {
  readonly block: Uint8Array<ArrayBuffer>;
  readonly root: Uint8Array;
};

/** Where a position's path meets a tier: the number of the block, and the index within it. */
export type Place = { readonly tier: Tier; readonly block: number; readonly index: number };

/**
 * The places of a position in the three tiers, lowest first.
 * @param position u28
 * @throws {InvalidInput}
 * @example placesOf(1_025)[0] // { tier: 0, block: 1, index: 1 }
 */
export function placesOf(position: number): readonly [Place, Place, Place] {
  if (!Number.isInteger(position) || position < 0 || position >= 4 ** 14)
    throw invalidInput('position', position, 'must be an integer below 4^14');
  const place = (tier: Tier): Place => {
    const { depth, base } = TIERS[tier];
    const leaf = Math.floor(position / 4 ** base);
    return { tier, block: Math.floor(leaf / 4 ** depth), index: leaf % 4 ** depth };
  };
  return [place(0), place(1), place(2)];
}

/**
 * Writes leaves of a block, revoked and new ones in one batch, and rehashes only what stands above them. What an index
 * beyond the last leaf skips becomes empty. The block given stays as it was; those of its inner nodes that don't change
 * are believed.
 * @throws {InvalidInput} for what can't be a block of this tier, a node that isn't a field element, an index beyond it
 * @example
 * const { block, root } = applyToBlock({ tier: 0, block: undefined, changes }, hasher);
 */
export function applyToBlock({ changes, ...given }: BlockJob, hasher: Hasher): BlockResult {
  checkNodes(changes.nodes, 'nodes');
  const subtree = open(given, hasher);
  subtree.write(changes);
  return { block: subtree.toBlock(), root: subtree.root() };
}

/**
 * What stands beside the path of an index, lowest level first: those of the three tiers, one after the other, are the
 * siblings of a position's path in the tree of depth 14.
 * @throws {InvalidInput} for what can't be a block of this tier, or an index that it hasn't used
 */
export function pathInBlock(
  { index, ...given }: Block & { readonly index: number },
  hasher: Hasher,
): readonly Siblings[] {
  const subtree = open(given, hasher);
  if (!Number.isInteger(index) || index < 0 || index >= subtree.size())
    throw invalidInput('index', index, `must be a used index (below ${subtree.size()})`);
  return subtree.siblings(index);
}

/** A copy of a block's used leaves, 32 bytes each. @throws {InvalidInput} for what can't be a block of this tier */
export function blockLeaves({ tier, block }: Block): Uint8Array<ArrayBuffer> {
  return new Uint8Array(leavesOfBlock(block ?? new Uint8Array(), TIERS[tier].depth));
}

/** The root of a block. @throws {InvalidInput} for what can't be a block of this tier */
export function blockRoot(given: Block, hasher: Hasher): Uint8Array {
  return open(given, hasher).root();
}

/**
 * Hashes a block anew from its leaves: what an auditor, or a restored backup, has to hold against.
 * @throws {InvalidInput} for what can't be a block of this tier, or one with an inner node that doesn't follow
 */
export function checkBlock(given: Block, hasher: Hasher): void {
  const subtree = open(given, hasher);
  const anew = createSubtree(TIERS[given.tier], hasher);
  anew.append(subtree.leaves());
  const [found, due] = [subtree.toBlock(), anew.toBlock()];
  if (found.some((byte, i) => byte !== due[i]))
    throw invalidInput('block', undefined, 'holds a node that is not the hash of its children');
}

function open({ tier, block }: Block, hasher: Hasher): Subtree {
  return createSubtree({ ...TIERS[tier], block }, hasher);
}
