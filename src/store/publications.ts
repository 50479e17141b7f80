/**
 * The publications' table: what was meant to be published is written down before anything is sent, and what became of it
 * afterwards. At most one is unfinished.
 * @module
 */
import { sql, type Selectable, type UpdateObject } from 'kysely';
import { keccak256, type Hex } from 'viem';
import { EligoError } from '../errors.ts';
import type { Publication } from '../protocol/publication.ts';
import { toBytes32, toHex, toStoredField } from './bytes.ts';
import type { Database } from './store.ts';
import type { PublicationsTable, Tables } from './tables.ts';

/**
 * `prepared`: written down; `handed`: signed for somebody else to submit; `signed`: its transaction is signed and perhaps
 * sent; `confirmed`: on chain; `overtaken`: the chain has another publication under its number.
 */
export type PublicationState = 'prepared' | 'handed' | 'signed' | 'confirmed' | 'overtaken';

/** A publication as the store has it. */
export type StoredPublication = Omit<Publication, 'treeId'> & {
  readonly state: PublicationState;
  /** Its own entry in the log. */
  readonly logSeq: bigint;
  /** The chain's block when it was prepared. */
  readonly preparedBlock: bigint;
  /** The transaction that is to carry it, signed. */
  readonly transaction:
    { readonly nonce: bigint; readonly raw: Hex; readonly hash: Hex } | undefined;
  /** Where it ended up. */
  readonly mined: { readonly hash: Hex; readonly block: bigint; readonly time: bigint } | undefined;
};

const UNFINISHED = ['prepared', 'handed', 'signed'] as const;

/** Whether a publication was written down and is not on chain for all that is known. */
export function isUnfinished({ state }: Pick<StoredPublication, 'state'>): boolean {
  return (UNFINISHED as readonly string[]).includes(state);
}

/** Writes down what is to be published. */
export async function insertPublication(
  db: Database,
  publication: Omit<StoredPublication, 'state' | 'transaction' | 'mined'>,
): Promise<void> {
  await db
    .insertInto('publications')
    .values({
      sequence: publication.sequence,
      state: 'prepared',
      log_seq: publication.logSeq,
      previous_root: toBytes32(publication.previousRoot),
      root: toBytes32(publication.root),
      size: publication.size,
      revoked: publication.revoked,
      ends_epoch: publication.endsEpoch,
      voids: publication.voids,
      log_head: toBytes32(publication.logHead),
      manifest_hash: toBytes32(publication.manifestHash),
      prepared_block: publication.preparedBlock,
      nonce: null,
      raw_transaction: null,
      transaction_hash: null,
      block_number: null,
      block_time: null,
    })
    .execute();
}

/**
 * Notes that a publication was signed for somebody else, that it has to be signed anew, or that the chain has another. As
 * all that follow, it changes only what is not at its end: whoever looked before another process ended it undoes nothing.
 * @returns the publication as it is now
 */
export async function setState(
  db: Database,
  sequence: bigint,
  state: 'prepared' | 'handed' | 'overtaken',
): Promise<StoredPublication> {
  return change(db, sequence, {
    state: state === 'overtaken' ? state : unlessLost(state),
    ...{ nonce: null, raw_transaction: null, transaction_hash: null },
  });
}

/** Keeps a signed transaction, before it is sent. @returns the publication as it is now */
export async function setSigned(
  db: Database,
  sequence: bigint,
  transaction: { readonly nonce: bigint; readonly raw: Hex; readonly hash: Hex },
): Promise<StoredPublication> {
  return change(db, sequence, {
    state: unlessLost('signed'),
    nonce: transaction.nonce,
    raw_transaction: Uint8Array.from(Buffer.from(transaction.raw.slice(2), 'hex')),
    transaction_hash: transaction.hash,
  });
}

/** Notes where a publication ended up. @returns the publication as it is now */
export async function setConfirmed(
  db: Database,
  sequence: bigint,
  mined: { readonly hash: Hex; readonly block: bigint; readonly time: bigint },
): Promise<StoredPublication> {
  return change(db, sequence, {
    state: 'confirmed',
    transaction_hash: mined.hash,
    block_number: mined.block,
    block_time: mined.time,
  });
}

/**
 * Notes that the chain has lost a publication which was at its end. A confirmed one stays so, without a block: its
 * successor may be unfinished, and two are never.
 * @returns the publication as it is now
 */
export async function reopen(db: Database, sequence: bigint): Promise<StoredPublication> {
  await db
    .updateTable('publications')
    .set({
      state: sql`case state when 'overtaken' then 'prepared' else state end`,
      ...{ block_number: null, block_time: null },
    })
    .where('sequence', '=', sequence)
    .where('state', 'in', ['confirmed', 'overtaken'])
    .execute();
  return reread(db, sequence);
}

function unlessLost(state: PublicationState) {
  return sql<string>`case state when 'confirmed' then state else ${state} end`;
}

async function change(
  db: Database,
  sequence: bigint,
  changes: UpdateObject<Tables, 'publications'>,
): Promise<StoredPublication> {
  await db
    .updateTable('publications')
    .set(changes)
    .where('sequence', '=', sequence)
    .where((where) =>
      where.or([
        where('state', 'in', UNFINISHED),
        where.and([where('state', '=', 'confirmed'), where('block_number', 'is', null)]),
      ]),
    )
    .execute();
  return reread(db, sequence);
}

async function reread(db: Database, sequence: bigint): Promise<StoredPublication> {
  const publication = await readPublication(db, sequence);
  if (publication) return publication;
  throw new EligoError('StoreMismatch', `the store lost publication ${sequence.toString()}`);
}

/**
 * The log entry of the last publication that is on chain, 0 before the first: later ones are not known to anyone.
 * @param onChain the chain's last number; what is above it was lost
 */
export async function lastKnownEntry(db: Database, onChain: bigint): Promise<bigint> {
  const row = await db
    .selectFrom('publications')
    .select('log_seq')
    .where('state', '=', 'confirmed')
    .where('sequence', '<=', onChain)
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.log_seq ?? 0n;
}

/** The publication with the highest number, undefined before the first. */
export async function latestPublication(db: Database): Promise<StoredPublication | undefined> {
  const row = await db
    .selectFrom('publications')
    .selectAll()
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && toStored(row);
}

/** The publication under a number. */
export async function readPublication(
  db: Database,
  sequence: bigint,
): Promise<StoredPublication | undefined> {
  const row = await db
    .selectFrom('publications')
    .selectAll()
    .where('sequence', '=', sequence)
    .executeTakeFirst();
  return row && toStored(row);
}

/**
 * The publication that is to be brought to the chain first: the lowest that is unfinished, or that the chain hasn't got
 * any more, after a reorganisation or because the node lags behind.
 * @param onChain the chain's last number
 */
export async function firstOpenPublication(
  db: Database,
  onChain: bigint,
): Promise<StoredPublication | undefined> {
  const rows = await db
    .selectFrom('publications')
    .selectAll()
    .where((where) => where.or([where('state', 'in', UNFINISHED), where('sequence', '>', onChain)]))
    .orderBy('sequence')
    .execute();
  // What was overtaken has no place below its successor, which stands on the other's.
  const row = rows.find(({ state }) => state !== 'overtaken') ?? rows.at(-1);
  return row && toStored(row);
}

function toStored(row: Selectable<PublicationsTable>): StoredPublication {
  const { nonce, raw_transaction, transaction_hash, block_number, block_time } = row;
  const hash = transaction_hash as Hex | null;
  const raw = raw_transaction && toHex(raw_transaction);
  return {
    sequence: row.sequence,
    state: row.state as PublicationState,
    logSeq: row.log_seq,
    previousRoot: toStoredField(row.previous_root),
    root: toStoredField(row.root),
    size: row.size,
    revoked: row.revoked,
    endsEpoch: row.ends_epoch,
    voids: row.voids,
    logHead: toHex(row.log_head),
    manifestHash: toHex(row.manifest_hash),
    preparedBlock: row.prepared_block,
    transaction:
      nonce === null || raw === null
        ? undefined
        : // Not the column's hash: the publication may have been mined in somebody else's transaction.
          { nonce, raw, hash: keccak256(raw) },
    mined:
      block_number === null || block_time === null || hash === null
        ? undefined
        : { hash, block: block_number, time: block_time },
  };
}
