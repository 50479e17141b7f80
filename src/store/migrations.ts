/**
 * The numbered migrations, forward only: what was released is never edited, a change is a new number.
 * @module
 */
import { Migrator, sql, type Kysely, type Migration } from 'kysely';
import { EligoError } from '../errors.ts';

const migrations = {
  '0001-issuer': { up: createIssuerTables },
} as const satisfies Readonly<Record<string, Migration>>;

/** The number of the newest migration that this program knows. */
export const newestMigration = '0001-issuer' satisfies keyof typeof migrations;

/**
 * Brings a store to the newest version.
 * @throws {StoreMismatch} if a newer program made it
 */
export async function migrate(db: Kysely<unknown>): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve({ ...migrations }) },
  });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  if (error instanceof Error && /corrupted migrations/.test(error.message)) {
    throw new EligoError(
      'StoreMismatch',
      `the store was made by a newer version of this program, which knows migrations up to ${newestMigration}`,
      { known: newestMigration },
      error,
    );
  }
  throw error instanceof Error ? error : new Error('the migration failed', { cause: error });
}

async function createIssuerTables(db: Kysely<unknown>): Promise<void> {
  const statements = [
    sql`create table book (
      one boolean primary key default true check (one),
      deployment text not null,
      issuer_id bigint not null,
      tree_id bigint not null,
      pepper_check bytea not null,
      seal_key bytea,
      size integer not null default 0,
      revoked bigint not null default 0,
      log_seq bigint not null default 0,
      log_head bytea not null default decode(repeat('00', 32), 'hex'),
      log_at bigint not null default 0,
      built_seq bigint not null default 0,
      built_root bytea not null default ''
    )`,
    sql`create table schemas (id bytea primary key, document text not null)`,
    sql`create table attestations (
      position integer primary key,
      leaf bytea not null,
      schema_id bytea not null references schemas,
      issued_at bigint not null,
      expires_at bigint not null,
      live boolean not null,
      replaces integer,
      commitment bytea,
      subject_key bytea,
      personal bytea,
      token_hash bytea unique
    )`,
    sql`create unique index live_subject on attestations (schema_id, subject_key) where live`,
    sql`create unique index live_commitment on attestations (schema_id, commitment) where live`,
    sql`create index subject on attestations (subject_key)`,
    sql`create table log (
      seq bigint primary key,
      kind text not null check (kind in ('attest', 'revoke', 'reinstate', 'publish')),
      position integer,
      line text not null,
      head bytea not null
    )`,
    sql`create table publications (
      sequence bigint primary key,
      state text not null check (state in ('prepared', 'handed', 'signed', 'confirmed', 'overtaken')),
      log_seq bigint not null references log,
      previous_root bytea not null,
      root bytea not null,
      size integer not null,
      revoked bigint not null,
      ends_epoch boolean not null,
      voids boolean not null,
      log_head bytea not null,
      manifest_hash bytea not null,
      prepared_block bigint not null,
      nonce bigint,
      raw_transaction bytea,
      transaction_hash text,
      block_number bigint,
      block_time bigint
    )`,
    sql`create unique index one_unfinished on publications ((true)) where state in ('prepared', 'handed', 'signed')`,
    sql`create table blocks (
      tier smallint not null,
      index integer not null,
      block bytea not null,
      primary key (tier, index)
    )`,
    // Hashes don't compress: trying would cost more than it saves.
    sql`alter table blocks alter column block set storage external`,
    sql`create table staged_blocks (
      build bigint not null,
      index integer not null,
      block bytea not null,
      root bytea not null,
      primary key (build, index)
    )`,
    sql`alter table staged_blocks alter column block set storage external`,
    sql`create table enrolments (
      nonce bytea primary key,
      schema_id bytea not null references schemas,
      subject_key bytea not null,
      deadline bigint not null,
      expires_at bigint not null,
      personal bytea,
      position integer references attestations
    )`,
    sql`create unique index waiting_subject on enrolments (schema_id, subject_key) where position is null`,
  ];
  for (const statement of statements) await statement.execute(db);
}
