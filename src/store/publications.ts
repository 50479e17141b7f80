/**
 * The publications' table: what was meant to be published is written down before anything is sent, and what became of it
 * afterwards. At most one is unfinished.
 * @module
 */
import { keccak256, type Hex } from 'viem';
import { toBytes32, toHex, toStoredField } from './bytes.ts';
import type { Database } from './store.ts';

/**
 * `prepared`: written down; `handed`: signed for somebody else to submit; `signed`: its transaction is signed and perhaps
 * sent; `confirmed`: on chain; `overtaken`: the chain has another publication under its number.
 */
export type PublicationState = 'prepared' | 'handed' | 'signed' | 'confirmed' | 'overtaken';

/** A publication as the store has it. IRootRegistry.sol has the meaning of its fields. */
export type StoredPublication = {
  readonly sequence: bigint;
  readonly state: PublicationState;
  /** Its own entry in the log. */
  readonly logSeq: bigint;
  readonly previousRoot: bigint;
  readonly root: bigint;
  readonly size: number;
  readonly revoked: bigint;
  readonly endsEpoch: boolean;
  readonly voids: boolean;
  readonly logHead: Hex;
  readonly manifestHash: Hex;
  /** The chain's block when it was prepared. */
  readonly preparedBlock: bigint;
  /** The transaction that is to carry it, signed. */
  readonly transaction:
    { readonly nonce: bigint; readonly raw: Hex; readonly hash: Hex } | undefined;
  /** Where it ended up. */
  readonly mined: { readonly hash: Hex; readonly block: bigint; readonly time: bigint } | undefined;
};

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

/** Notes that a publication was signed for somebody else, or that it has to be signed anew. */
export async function setState(
  db: Database,
  sequence: bigint,
  state: 'prepared' | 'handed' | 'overtaken',
): Promise<void> {
  await db
    .updateTable('publications')
    .set({ state, nonce: null, raw_transaction: null, transaction_hash: null })
    .where('sequence', '=', sequence)
    .execute();
}

/** Keeps a signed transaction, before it is sent. */
export async function setSigned(
  db: Database,
  sequence: bigint,
  transaction: { readonly nonce: bigint; readonly raw: Hex; readonly hash: Hex },
): Promise<void> {
  await db
    .updateTable('publications')
    .set({
      state: 'signed',
      nonce: transaction.nonce,
      raw_transaction: Uint8Array.from(Buffer.from(transaction.raw.slice(2), 'hex')),
      transaction_hash: transaction.hash,
    })
    .where('sequence', '=', sequence)
    .execute();
}

/** Notes where a publication ended up. */
export async function setConfirmed(
  db: Database,
  sequence: bigint,
  mined: { readonly hash: Hex; readonly block: bigint; readonly time: bigint },
): Promise<void> {
  await db
    .updateTable('publications')
    .set({
      state: 'confirmed',
      transaction_hash: mined.hash,
      block_number: mined.block,
      block_time: mined.time,
    })
    .where('sequence', '=', sequence)
    .execute();
}

/** The log entry of the last publication that is on chain, 0 before the first: later ones are not known to anyone. */
export async function lastKnownEntry(db: Database): Promise<bigint> {
  const row = await db
    .selectFrom('publications')
    .select('log_seq')
    .where('state', '=', 'confirmed')
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
  if (!row) return undefined;
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
