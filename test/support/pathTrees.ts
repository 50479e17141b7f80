/**
 * Trees cut into blocks, as a store would keep them, for the tests of private paths.
 * @module
 */
import { bytesToField, type Field } from '../../src/protocol/field.ts';
import type { BlockReader } from '../../src/issuer/pathFiles.ts';
import { CHUNK_LEAVES, TIERS, type Tier } from '../../src/tree/blocks.ts';
import { loadHasher } from '../../src/tree/hasher.ts';
import { createSubtree, emptyNodes } from '../../src/tree/subtree.ts';
import { HEADER } from './logs.ts';
import { packed } from './nodes.ts';

/** Leaves as blocks, and what publishes them. The leaves may begin at the start of any chunk; before them all is empty. */
export async function cutTree(leaves: readonly bigint[], firstChunk = 0) {
  const hasher = await loadHasher();
  const kept = new Map<string, Uint8Array>();
  const rootOf = (tier: Tier, block: number, nodes: Uint8Array): Uint8Array => {
    kept.set(`${tier}/${block}`, nodes);
    const subtree = createSubtree(TIERS[tier], hasher);
    subtree.append(nodes);
    return subtree.root();
  };
  let level = Array.from({ length: Math.ceil(leaves.length / CHUNK_LEAVES) }, (_, i) =>
    rootOf(0, firstChunk + i, packed(leaves.slice(i * CHUNK_LEAVES, (i + 1) * CHUNK_LEAVES))),
  );
  const empty = emptyNodes(hasher)[5]!;
  level = [...Array.from({ length: firstChunk }, () => empty), ...level];
  level = Array.from({ length: Math.ceil(level.length / 1_024) }, (_, i) =>
    rootOf(1, i, Buffer.concat(level.slice(i * 1_024, (i + 1) * 1_024))),
  );
  const root: Field = bytesToField(rootOf(2, 0, Buffer.concat(level)), 'root');
  const size = firstChunk * CHUNK_LEAVES + leaves.length;
  const asked: string[] = [];
  const blocks: BlockReader = (tier, block) => {
    asked.push(`${tier}/${block}`);
    return kept.get(`${tier}/${block}`) ?? new Uint8Array();
  };
  return { root, size, blocks, asked };
}

export type CutTree = Awaited<ReturnType<typeof cutTree>>;

/** What publishes a tree. */
export function publicationOf({ root, size }: CutTree, sequence = 1n) {
  return { sequence, root, size, revoked: 0n, logHead: `0x${'34'.repeat(32)}` } as const;
}

/** What `exportPaths` takes for a tree. */
export function exportOf(tree: CutTree, folder: string, sequence = 1n) {
  const { blocks } = tree;
  return { folder, header: HEADER, publication: publicationOf(tree, sequence), blocks };
}
