/**
 * The tables of a store, as kysely types them. Field elements, heads and keys are 32 bytes, big-endian; times are Unix
 * seconds. migrations.ts creates them.
 * @module
 */
import type { ColumnType, Generated } from 'kysely';

/** A number of 64 bits: read as a bigint, written as one. */
type Int8 = ColumnType<bigint, bigint, bigint>;
type Counter = ColumnType<bigint, bigint | undefined, bigint>;
type Bytes = Uint8Array;

/** The one row that says whose store this is, and the counters that every change passes through under its lock. */
export type BookTable = {
  one: Generated<boolean>;
  /** The deployment whose registries the tree is in, as its canonical document. */
  deployment: string;
  issuer_id: Int8;
  tree_id: Int8;
  /** HMAC of a fixed label under the issuer's pepper: a wrong pepper is noticed. */
  pepper_check: Bytes;
  /** Id of the key that personal data is sealed under; null = not encrypted. */
  seal_key: Bytes | null;
  /** Positions used. */
  size: Generated<number>;
  /** Revocations ever made. */
  revoked: Counter;
  log_seq: Counter;
  log_head: Generated<Bytes>;
  log_at: Counter;
  /** The log entry up to which the blocks hold the tree, and the root they lead to. */
  built_seq: Counter;
  built_root: Generated<Bytes>;
};

export type SchemasTable = { id: Bytes; document: string };

export type AttestationsTable = {
  position: number;
  leaf: Bytes;
  schema_id: Bytes;
  issued_at: Int8;
  expires_at: Int8;
  live: boolean;
  replaces: number | null;
  /** Null once erased, like the three after it. */
  commitment: Bytes | null;
  subject_key: Bytes | null;
  /** Salt and values, sealed. */
  personal: Bytes | null;
  /** sha256 of the one-time token that fetches the credential. */
  token_hash: Bytes | null;
};

export type LogTable = {
  seq: Int8;
  kind: string;
  position: number | null;
  line: string;
  head: Bytes;
};

export type PublicationsTable = {
  sequence: Int8;
  /** `prepared`, `handed` (signed for somebody else to submit), `signed` (ours, perhaps sent), `confirmed`, `overtaken`. */
  state: string;
  /** Its own entry in the log. */
  log_seq: Int8;
  previous_root: Bytes;
  root: Bytes;
  size: number;
  revoked: Int8;
  ends_epoch: boolean;
  voids: boolean;
  log_head: Bytes;
  manifest_hash: Bytes;
  /** The chain's block when it was prepared: it isn't looked for before. */
  prepared_block: Int8;
  nonce: Int8 | null;
  raw_transaction: Bytes | null;
  transaction_hash: string | null;
  block_number: Int8 | null;
  block_time: Int8 | null;
};

export type BlocksTable = { tier: number; index: number; block: Bytes };

/** Chunks that a build has finished and not yet merged. `build` is the log entry that it builds up to. */
export type StagedBlocksTable = { build: Int8; index: number; block: Bytes; root: Bytes };

export type EnrolmentsTable = {
  nonce: Bytes;
  schema_id: Bytes;
  subject_key: Bytes;
  deadline: Int8;
  expires_at: Int8;
  /** Account and values, sealed; null once erased. */
  personal: Bytes | null;
  /** Null while it waits for its holder. */
  position: number | null;
};

/** A source that is imported, once or again and again. */
export type ImportsTable = {
  id: number;
  /** What is read and how, as canonical JSON: the same text is the same import. */
  source: string;
  schema_id: Bytes;
  /** 32 bytes, sealed: the salts follow from it. */
  seed: Bytes;
  /** Records read and kept. */
  read: Generated<number>;
  /** Where its reader goes on. */
  cursor: string | null;
};

/** One go through a source, with one manifest; a file has one, a chain that is followed has many. */
export type ImportRoundsTable = {
  import: number;
  round: number;
  /** `reading`, `resolved` (nothing more is read, and who wins is settled), `done`. */
  state: string;
  /** When it began: its attestations are of that day, whenever they are issued. */
  now: Int8;
  /** Of its invitations. */
  deadline: Int8;
  on_conflict: string;
  /** Records read before it, and where its reader began. */
  first: number;
  first_cursor: string | null;
  /** Records of its own; null while it is read. */
  read: number | null;
  /** Sums over what is issued and waits so far, JSON. */
  tally: string;
  /** The manifest without its list, canonical JSON; null until it is done, as is its hash. */
  facts: string | null;
  hash: Bytes | null;
  /** The order in which rounds of any import were done, from 1. */
  closed: number | null;
  /** Which publication was to carry the manifest's hash. */
  publication: Int8 | null;
};

export type ImportRowsTable = {
  import: number;
  /** Counted from 0 within the import. */
  ordinal: number;
  /**
   * `staged`; then `issued`, `waiting` for enrolment, `merged` or `excluded`; `withdrawn` once the source took it back. What
   * takes back is `revoking`, then `revoked`.
   */
  state: string;
  place: string;
  source_id: string | null;
  content: Bytes | null;
  subject_key: Bytes | null;
  part: string;
  commitment: Bytes | null;
  expires_at: Int8 | null;
  /** Account and values, sealed; null once the row is settled. */
  personal: Bytes | null;
  rule: string | null;
  detail: string | null;
  /** The row that it was merged into, or that decided against it. */
  other: number | null;
  /** The position that it was compared with. */
  held: number | null;
  position: number | null;
  /** The enrolment's. */
  nonce: Bytes | null;
};

export type Tables = {
  book: BookTable;
  schemas: SchemasTable;
  attestations: AttestationsTable;
  log: LogTable;
  publications: PublicationsTable;
  blocks: BlocksTable;
  staged_blocks: StagedBlocksTable;
  enrolments: EnrolmentsTable;
  imports: ImportsTable;
  import_rounds: ImportRoundsTable;
  import_rows: ImportRowsTable;
};
