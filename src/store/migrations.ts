/**
 * The numbered migrations, forward only: what was released is never edited, a change is a new number.
 * @module
 */
import { Migrator, sql, type Kysely, type Migration } from 'kysely';
import { EligoError } from '../errors.ts';

const migrations = {
  '0001-issuer': { up: createIssuerTables },
  '0002-import': { up: createImportTables },
} as const satisfies Readonly<Record<string, Migration>>;

/** The number of the newest migration that this program knows. */
export const newestMigration = '0002-import' satisfies keyof typeof migrations;

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

async function createImportTables(db: Kysely<unknown>): Promise<void> {
  const statements = [
    sql`create table imports (
      id integer primary key,
      source text not null,
      schema_id bytea not null references schemas,
      seed bytea not null,
      read integer not null default 0,
      cursor text
    )`,
    sql`create table import_rounds (
      import integer not null references imports,
      round integer not null,
      state text not null check (state in ('reading', 'resolved', 'done')),
      now bigint not null,
      deadline bigint not null,
      on_conflict text not null check (on_conflict in ('newest', 'first', 'refuse')),
      first integer not null,
      first_cursor text,
      read integer,
      tally text not null,
      facts text,
      hash bytea,
      closed integer unique,
      publication bigint references publications,
      primary key (import, round)
    )`,
    sql`create unique index one_unfinished_round on import_rounds ((true)) where state <> 'done'`,
    sql`create table import_rows (
      import integer not null references imports,
      ordinal integer not null,
      state text not null check (state in
        ('staged', 'issued', 'waiting', 'merged', 'excluded', 'withdrawn', 'revoking', 'revoked')),
      place text not null,
      source_id text,
      content bytea,
      subject_key bytea,
      part text not null,
      commitment bytea,
      expires_at bigint,
      personal bytea,
      rule text,
      detail text,
      other integer,
      held integer,
      position integer,
      nonce bytea,
      primary key (import, ordinal)
    )`,
    // A person's rows stand together, a schedule's parts in order: whoever resolves them holds one at a time.
    sql`create index import_subject on import_rows (import, subject_key, part, ordinal)`,
    sql`create index import_source on import_rows (import, source_id) where source_id is not null`,
    sql`create index import_content on import_rows (import, content) where content is not null`,
  ];
  for (const statement of statements) await statement.execute(db);
}
