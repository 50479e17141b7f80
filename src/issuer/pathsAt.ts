/**
 * The tree as it was at the last publication that is known to be on the chain. The stored blocks may be ahead of it: a
 * build, of a dry run or of a publication on its way, takes up all that the log has. What the log says after the
 * publication is taken back here, block by block and in memory; the store stays as it is.
 * @module
 */
import { sql } from 'kysely';
import { EligoError } from '../errors.ts';
import { toHex, toStoredField } from '../store/bytes.ts';
import type { Database } from '../store/store.ts';
import { readBlockLeaves } from '../store/tree.ts';
import { CHUNK_LEAVES, TIERS, type Tier } from '../tree/blocks.ts';
import type { Hasher } from '../tree/hasher.ts';
import { NODE_BYTES } from '../tree/nodes.ts';
import { createSubtree } from '../tree/subtree.ts';
import type { BlockReader, PathPublication } from './pathFiles.ts';

/** What `exportPaths` needs of a tree. */
export type PublishedTree = {
  readonly publication: PathPublication;
  readonly blocks: BlockReader;
};

type Change = { readonly index: number; readonly node: Uint8Array };

/** Leaves of a tier's blocks that were others at the publication, by block. */
type Changes = Map<number, Change[]>;

type Published = PathPublication & { readonly logSeq: bigint };

/**
 * Reads the tree of the last confirmed publication.
 * @param db the store at one moment: a transaction that sees no other's changes, open while `blocks` is used
 * @throws {PublicationPending} if no publication is known to be on the chain
 */
export async function readPublishedTree(db: Database, hasher: Hasher): Promise<PublishedTree> {
  const { logSeq, ...publication } = await readConfirmed(db);
  const used = usedLeaves(publication.size);
  const changes: [Changes, Changes, Changes] = [
    await readTakenBack(db, { ...publication, logSeq }),
    new Map<number, Change[]>(),
    new Map<number, Change[]>(),
  ];
  const blocks = async (tier: Tier, block: number): Promise<Uint8Array> => {
    const width = 4 ** TIERS[tier].depth;
    const room = Math.min(width, Math.max(0, used[tier] - block * width));
    const leaves = (await readBlockLeaves(db, tier, block)).slice(0, room * NODE_BYTES);
    for (const { index, node } of changes[tier].get(block) ?? [])
      leaves.set(node, index * NODE_BYTES);
    return leaves;
  };
  for (const [tier, above] of [
    [0, 1],
    [1, 2],
  ] as const) {
    const width = 4 ** TIERS[tier].depth;
    // The last block may hold leaves that came later; those behind it are not asked for.
    const last = used[tier] === 0 ? [] : [Math.ceil(used[tier] / width) - 1];
    for (const block of new Set([...changes[tier].keys(), ...last])) {
      const subtree = createSubtree(TIERS[tier], hasher);
      subtree.append(await blocks(tier, block));
      raise(changes[above], { tier: above, leaf: block, node: subtree.root() });
    }
  }
  return { publication, blocks };
}

/** Leaves used in each tier of a tree of so many positions. */
function usedLeaves(size: number): readonly [number, number, number] {
  return [size, Math.ceil(size / 4 ** TIERS[1].base), Math.ceil(size / 4 ** TIERS[2].base)];
}

/** Puts the root of a block among the changes of the tier above. */
function raise(
  changes: Changes,
  { tier, leaf, node }: { readonly tier: Tier; readonly leaf: number; readonly node: Uint8Array },
): void {
  const width = 4 ** TIERS[tier].depth;
  const block = Math.floor(leaf / width);
  const change = { index: leaf % width, node };
  const others = changes.get(block);
  if (others) others.push(change);
  else changes.set(block, [change]);
}

/** @throws {PublicationPending} */
async function readConfirmed(db: Database): Promise<Published> {
  const row = await db
    .selectFrom('publications')
    .select(['sequence', 'root', 'size', 'revoked', 'log_head', 'log_seq'])
    .where('state', '=', 'confirmed')
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!row) {
    const message = 'nothing is known to be on the chain: run `issuer publish` first';
    throw new EligoError('PublicationPending', message);
  }
  const { sequence, size, revoked, log_seq: logSeq } = row;
  const [root, logHead] = [toStoredField(row.root), toHex(row.log_head)];
  return { sequence, root, size, revoked, logHead, logSeq };
}

/**
 * What stood at each position that the log names after a publication: whoever is revoked first was live, whoever is
 * reinstated first was revoked.
 */
async function readTakenBack(db: Database, { logSeq, size }: Published): Promise<Changes> {
  const { rows } = await sql<{ chunk: number; indices: number[]; nodes: Uint8Array }>`
    select position / ${CHUNK_LEAVES}::int as chunk,
      array_agg(position % ${CHUNK_LEAVES}::int order by position) as indices,
      string_agg(node, ''::bytea order by position) as nodes
    from (
      select distinct on (log.position) log.position,
        case log.kind when 'revoke' then leaf else decode(repeat('00', 32), 'hex') end as node
      from log join attestations on attestations.position = log.position
      where seq > ${logSeq} and log.position < ${size}
      order by log.position, seq
    ) as first_words
    group by 1`.execute(db);
  return new Map(
    rows.map(({ chunk, indices, nodes }) => {
      const nodeAt = (i: number) => nodes.subarray(i * NODE_BYTES, (i + 1) * NODE_BYTES);
      return [chunk, indices.map((index, i) => ({ index, node: nodeAt(i) }))];
    }),
  );
}
