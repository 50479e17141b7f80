/**
 * The stored tree: its blocks, brought up to the log. The log says what changed, the blocks are what follows from it, so
 * that a build can stop anywhere and go on, and a restart rebuilds nothing.
 *
 * A build goes window by window (32 chunks, 32,768 positions). A window reads the changes of its chunks and stages the
 * new ones; windows share no state, whoever runs them. Then one transaction puts the staged chunks in their place and
 * rehashes what stands above. Each node is written once.
 * @module
 */
import { sql } from 'kysely';
import { EligoError } from '../errors.ts';
import type { Field } from '../protocol/field.ts';
import { TREE_DEPTH, type MerklePath } from '../protocol/merklePath.ts';
import {
  CHUNK_LEAVES,
  TIERS,
  blockLeaves,
  pathInBlock,
  placesOf,
  type Tier,
} from '../tree/blocks.ts';
import type { Hasher } from '../tree/hasher.ts';
import type { Threads } from '../tree/threads.ts';
import { emptyRoots } from '../tree/tree.ts';
import { lockBook, readBook, type Book } from './book.ts';
import { toStoredField, unnest } from './bytes.ts';
import type { Database, Store } from './store.ts';

const WINDOW_LEAVES = 32 * CHUNK_LEAVES;

/** Log entries that one step takes up at most: what a crash can cost. More where many processes share the windows. */
const STEP_ENTRIES = 65_536n;
const SHARED_STEP_ENTRIES = 1_048_576n;

/** Who hashes blocks: this thread, or several. */
export type BlockBuilder = Pick<Threads, 'applyToBlocks'>;

/** The chunks of one window that log entries in `(from, to]` change. */
export type WindowJob = { readonly from: bigint; readonly to: bigint; readonly window: number };

/** How a build is done. */
export type BuildOptions = {
  readonly builder: BlockBuilder;
  /** Runs the windows of a step elsewhere, each by `stageWindow`; here, one after the other, if left out. */
  readonly distribute?: ((jobs: readonly WindowJob[]) => Promise<void>) | undefined;
  /** Told of log entries taken up, and how many there are. */
  readonly onProgress?: ((done: bigint, of: bigint) => void) | undefined;
};

/**
 * Brings the blocks up to the log's last entry.
 * @throws {StoreLocked} if another process is building
 */
export async function buildTree(store: Store, options: BuildOptions): Promise<void> {
  const { built_seq: from, log_seq: to } = await readBook(store.db);
  if (from === to) return;
  await store.alone('building the tree', async () => {
    await store.db.deleteFrom('staged_blocks').execute();
    for (;;) {
      const book = await readBook(store.db);
      if (book.built_seq === book.log_seq) return;
      const step = stepAfter(book, options.distribute ? SHARED_STEP_ENTRIES : STEP_ENTRIES);
      await stageStep(store.db, step, options);
      await store.transaction(async (db) => {
        // A publication may have built these entries meanwhile, under the same lock: then there is nothing to merge.
        const { built_seq } = await lockBook(db, store);
        if (built_seq === step.from) await mergeStep(db, step, options.builder);
      });
      options.onProgress?.(step.to - from, book.log_seq - from);
    }
  });
}

/**
 * `buildTree` for the last few entries, inside a transaction that holds the book.
 * @param upTo a log entry; the last if left out
 */
export async function buildWithin(
  db: Database,
  options: BuildOptions,
  upTo?: bigint,
): Promise<void> {
  for (;;) {
    const book = await readBook(db);
    const end = upTo ?? book.log_seq;
    if (book.built_seq >= end) return;
    const step = stepAfter({ ...book, log_seq: end }, STEP_ENTRIES);
    await stageStep(db, step, { builder: options.builder });
    await mergeStep(db, step, options.builder);
  }
}

type Step = { readonly from: bigint; readonly to: bigint };

function stepAfter({ built_seq: from, log_seq: end }: Book, entries: bigint): Step {
  const most = from + entries;
  return { from, to: most < end ? most : end };
}

async function stageStep(db: Database, step: Step, options: BuildOptions): Promise<void> {
  const { rows } = await sql<{
    window: number;
  }>`select distinct position / ${WINDOW_LEAVES}::int as window
    from log where seq > ${step.from} and seq <= ${step.to} and position is not null order by 1`.execute(
    db,
  );
  const jobs = rows.map(({ window }) => ({ ...step, window }));
  if (options.distribute) return options.distribute(jobs);
  for (const job of jobs) await stageWindow(db, job, options.builder);
}

/** Builds the changed chunks of a window beside the ones in force. Doing it twice does it once. */
export async function stageWindow(
  db: Database,
  job: WindowJob,
  builder: BlockBuilder,
): Promise<void> {
  const changes = await readChanges(db, job);
  const before = await readBlocks(
    db,
    0,
    changes.map(({ chunk }) => chunk),
  );
  const results = await builder.applyToBlocks(
    changes.map(({ chunk, indices, nodes }) => ({
      tier: 0,
      block: before.get(chunk),
      changes: { indices: Uint16Array.from(indices), nodes },
    })),
  );
  const columns = unnest([
    ['int', changes.map(({ chunk }) => chunk)],
    ['bytea', results.map(({ block }) => block)],
    ['bytea', results.map(({ root }) => root)],
  ]);
  await sql`insert into staged_blocks (build, index, block, root)
    select ${job.to}::bigint, * from ${columns}
    on conflict (build, index) do update set block = excluded.block, root = excluded.root`.execute(
    db,
  );
}

type ChunkChanges = {
  readonly chunk: number;
  readonly indices: readonly number[];
  readonly nodes: Uint8Array;
};

/** The last word on each position, a row a chunk: a revoked one is 0. */
async function readChanges(db: Database, job: WindowJob): Promise<readonly ChunkChanges[]> {
  const first = job.window * WINDOW_LEAVES;
  const { rows } = await sql<ChunkChanges>`
    select position / ${CHUNK_LEAVES}::int as chunk,
      array_agg(position % ${CHUNK_LEAVES}::int order by position) as indices,
      string_agg(node, ''::bytea order by position) as nodes
    from (
      select distinct on (log.position) log.position,
        case log.kind when 'revoke' then decode(repeat('00', 32), 'hex') else leaf end as node
      from log join attestations on attestations.position = log.position
      where seq > ${job.from} and seq <= ${job.to}
        and log.position >= ${first} and log.position < ${first + WINDOW_LEAVES}
      order by log.position, seq desc
    ) as last_words
    group by 1 order by 1`.execute(db);
  return rows;
}

/**
 * Puts staged chunks in their place, and rehashes the two tiers above.
 * @throws {StoreLocked} if chunks are missing
 */
async function mergeStep(db: Database, step: Step, builder: BlockBuilder): Promise<void> {
  const staged = await db
    .selectFrom('staged_blocks')
    .select(['index', 'root'])
    .where('build', '=', step.to)
    .orderBy('index')
    .execute();
  if (staged.length !== (await countChunks(db, step))) throw disturbed();
  if (staged.length > 0) {
    await sql`insert into blocks (tier, index, block)
      select 0, index, block from staged_blocks where build = ${step.to}
      on conflict (tier, index) do update set block = excluded.block`.execute(db);
    await db.deleteFrom('staged_blocks').where('build', '=', step.to).execute();
    const middle = await raise(db, 1, staged, builder);
    const [top] = await raise(db, 2, middle, builder);
    if (top) await db.updateTable('book').set({ built_root: top.root }).execute();
  }
  await db.updateTable('book').set({ built_seq: step.to }).execute();
}

/** The chunks that a step changes. */
async function countChunks(db: Database, { from, to }: Step): Promise<number> {
  const { rows } = await sql<{ count: bigint }>`
    select count(distinct position / ${CHUNK_LEAVES}::int) as count
    from log where seq > ${from} and seq <= ${to} and position is not null`.execute(db);
  return Number(rows[0]?.count ?? 0n);
}

/** Whoever loses the lock with its connection notices nothing, and another one clears what was staged. */
function disturbed(): EligoError {
  return new EligoError(
    'StoreLocked',
    'another process began to build the tree: the same command goes on where it left off',
  );
}

type NumberedRoot = { readonly index: number; readonly root: Uint8Array };

/** Writes the roots of one tier's blocks into the blocks of the tier above. @returns the roots of these */
async function raise(
  db: Database,
  tier: Tier,
  roots: readonly NumberedRoot[],
  builder: BlockBuilder,
): Promise<readonly NumberedRoot[]> {
  const width = 4 ** TIERS[tier].depth;
  const parents = [...new Set(roots.map(({ index }) => Math.floor(index / width)))];
  const before = await readBlocks(db, tier, parents);
  const results = await builder.applyToBlocks(
    parents.map((parent) => {
      const own = roots.filter(({ index }) => Math.floor(index / width) === parent);
      return {
        tier,
        block: before.get(parent),
        changes: {
          indices: Uint16Array.from(own, ({ index }) => index % width),
          nodes: Uint8Array.from(Buffer.concat(own.map(({ root }) => root))),
        },
      };
    }),
  );
  const columns = unnest([
    ['int', parents],
    ['bytea', results.map(({ block }) => block)],
  ]);
  await sql`insert into blocks (tier, index, block) select ${tier}::smallint, * from ${columns}
    on conflict (tier, index) do update set block = excluded.block`.execute(db);
  return results.map(({ root }, i) => ({ index: parents[i] as number, root }));
}

async function readBlocks(
  db: Database,
  tier: Tier,
  indices: readonly number[],
): Promise<ReadonlyMap<number, Uint8Array>> {
  const rows = await db
    .selectFrom('blocks')
    .select(['index', 'block'])
    .where('tier', '=', tier)
    .where(sql<boolean>`index = any(${indices}::int[])`)
    .execute();
  return new Map(rows.map(({ index, block }) => [index, block]));
}

/** The root that the blocks lead to. */
export async function readRoot(db: Database, hasher: Hasher): Promise<Field> {
  const { built_root } = await readBook(db);
  if (built_root.length > 0) return toStoredField(built_root);
  return emptyRoots(TREE_DEPTH, hasher)[TREE_DEPTH] as Field;
}

/** The leaves of one block, used ones only, 32 bytes each. */
export async function readBlockLeaves(
  db: Database,
  tier: Tier,
  index: number,
): Promise<Uint8Array> {
  const blocks = await readBlocks(db, tier, [index]);
  return blockLeaves({ tier, block: blocks.get(index) });
}

/** The path of a used position in the tree as it is built. @throws {InvalidInput} beyond it */
export async function readPath(
  db: Database,
  position: number,
  hasher: Hasher,
): Promise<MerklePath> {
  const siblings = [];
  for (const { tier, block, index } of placesOf(position)) {
    const blocks = await readBlocks(db, tier, [block]);
    siblings.push(...pathInBlock({ tier, block: blocks.get(block), index }, hasher));
  }
  return { position: BigInt(position), siblings };
}
