/**
 * Building the blocks of a whole tree from its leaves: every chunk is a job of its own, then the tiers above.
 * @module
 */
import { invalidInput } from '../errors.ts';
import { TIERS, type BlockJob, type Tier } from './blocks.ts';
import { NODE_BYTES } from './nodes.ts';
import type { Threads } from './threads.ts';

/** The blocks of a tree by tier and number, and its root; without leaves there is no block and no root. */
export type BuiltTree = {
  readonly tiers: readonly [Blocks, Blocks, Blocks];
  readonly root: Uint8Array | undefined;
};

/** The blocks of a tier, by number. */
export type Blocks = readonly Uint8Array[];

/**
 * Builds every block of a tree of depth 14.
 * @param leaves 32 bytes each, by position; zeros for a revoked one
 * @throws {InvalidInput} if a leaf is not a field element or they don't fit
 * @example
 * const { tiers, root } = await buildBlocks(leaves, createThreads());
 */
export async function buildBlocks(leaves: Uint8Array, threads: Threads): Promise<BuiltTree> {
  if (leaves.length / NODE_BYTES > 4 ** 14)
    throw invalidInput('leaves', leaves.length / NODE_BYTES, 'must be at most 4^14');
  const chunks = await buildTier(0, leaves, threads);
  const above = await buildTier(1, chunks.roots, threads);
  const top = await buildTier(2, above.roots, threads);
  return {
    tiers: [chunks.blocks, above.blocks, top.blocks],
    root: top.blocks.length === 0 ? undefined : top.roots,
  };
}

async function buildTier(
  tier: Tier,
  nodes: Uint8Array,
  threads: Threads,
): Promise<{ readonly blocks: Blocks; readonly roots: Uint8Array }> {
  const width = 4 ** TIERS[tier].depth * NODE_BYTES;
  const jobs = Array.from({ length: Math.ceil(nodes.length / width) }, (_, i) =>
    fillingJob(tier, nodes.subarray(i * width, (i + 1) * width)),
  );
  const results = await threads.applyToBlocks(jobs);
  const roots = new Uint8Array(results.length * NODE_BYTES);
  results.forEach(({ root }, i) => {
    roots.set(root, i * NODE_BYTES);
  });
  return { blocks: results.map(({ block }) => block), roots };
}

function fillingJob(tier: Tier, nodes: Uint8Array): BlockJob {
  const indices = Uint16Array.from({ length: nodes.length / NODE_BYTES }, (_, index) => index);
  return { tier, block: undefined, changes: { indices, nodes } };
}
