/**
 * The enrolments' table: people who wait to bind their account to a commitment, each with the nonce that was drawn for
 * them. One waits at most once a schema.
 * @module
 */
import { sql } from 'kysely';
import { getAddress, type Address } from 'viem';
import type { Field } from '../protocol/field.ts';
import type { Values } from '../protocol/value.ts';
import { toBytes32, toStoredField, unnest } from './bytes.ts';
import { seal, unseal, type SealKey } from './seal.ts';
import type { Database } from './store.ts';

/** Somebody who is to be attested once their account has named a commitment. */
export type StoredEnrolment = {
  readonly nonce: bigint;
  readonly schemaId: Field;
  readonly subjectKey: Uint8Array;
  /** Unix seconds, the last at which it can be bound. */
  readonly deadline: bigint;
  /** Of the attestation. */
  readonly expiresAt: bigint;
  readonly account: Address;
  readonly values: Values;
  /** The attestation's, once bound. */
  readonly position: number | undefined;
};

/** Puts enrolments into the table, all waiting. */
export async function insertEnrolments(
  db: Database,
  key: SealKey | undefined,
  rows: readonly Omit<StoredEnrolment, 'position'>[],
): Promise<void> {
  if (rows.length === 0) return;
  const columns = unnest([
    ['bytea', rows.map((row) => toBytes32(row.nonce))],
    ['bytea', rows.map((row) => toBytes32(row.schemaId))],
    ['bytea', rows.map((row) => row.subjectKey)],
    ['bigint', rows.map((row) => row.deadline)],
    ['bigint', rows.map((row) => row.expiresAt)],
    ['bytea', rows.map((row) => seal(key, packPersonal(row), toBytes32(row.nonce)))],
  ]);
  await sql`insert into enrolments (nonce, schema_id, subject_key, deadline, expires_at, personal)
    select * from ${columns}`.execute(db);
}

/** The subjects among these that wait under a schema. */
export async function findWaiting(
  db: Database,
  schemaId: Field,
  subjectKeys: readonly Uint8Array[],
): Promise<readonly Uint8Array[]> {
  const rows = await db
    .selectFrom('enrolments')
    .select('subject_key')
    .where('schema_id', '=', toBytes32(schemaId))
    .where('position', 'is', null)
    .where(sql<boolean>`subject_key = any(${subjectKeys}::bytea[])`)
    .execute();
  return rows.map((row) => row.subject_key);
}

/** The enrolments by which these subjects wait under a schema. */
export async function findWaitingOf(
  db: Database,
  key: SealKey | undefined,
  query: { readonly schemaId: Field; readonly subjectKeys: readonly Uint8Array[] },
): Promise<readonly StoredEnrolment[]> {
  const rows = await db
    .selectFrom('enrolments')
    .selectAll()
    .where('schema_id', '=', toBytes32(query.schemaId))
    .where('position', 'is', null)
    .where(sql<boolean>`subject_key = any(${query.subjectKeys}::bytea[])`)
    .execute();
  return rows.map((row) => toEnrolment(row, key));
}

/** Where enrolments with these nonces ended up: undefined for one that waits. Those that are gone are left out. */
export async function findEnrolled(
  db: Database,
  nonces: readonly bigint[],
): Promise<ReadonlyMap<bigint, number | undefined>> {
  const rows = await db
    .selectFrom('enrolments')
    .select(['nonce', 'position'])
    .where(sql<boolean>`nonce = any(${nonces.map((nonce) => toBytes32(nonce))}::bytea[])`)
    .execute();
  return new Map(rows.map(({ nonce, position }) => [toStoredField(nonce), position ?? undefined]));
}

/** Gives up enrolments that wait. */
export async function dropEnrolments(db: Database, nonces: readonly bigint[]): Promise<void> {
  if (nonces.length === 0) return;
  await db
    .deleteFrom('enrolments')
    .where('position', 'is', null)
    .where(sql<boolean>`nonce = any(${nonces.map((nonce) => toBytes32(nonce))}::bytea[])`)
    .execute();
}

/** Enrolments that wait, in the order of their nonces, a page at a time. */
export async function* readWaiting(
  db: Database,
  key: SealKey | undefined,
): AsyncGenerator<StoredEnrolment> {
  const PAGE = 1024;
  for (let after = new Uint8Array(); ;) {
    const rows = await db
      .selectFrom('enrolments')
      .selectAll()
      .where('position', 'is', null)
      .where('personal', 'is not', null)
      .where('nonce', '>', after)
      .orderBy('nonce')
      .limit(PAGE)
      .execute();
    yield* rows.map((row) => toEnrolment(row, key));
    const last = rows.at(-1);
    if (!last) return;
    after = Uint8Array.from(last.nonce);
  }
}

/** The enrolment of a nonce, undefined if it was never drawn or was erased. */
export async function findEnrolment(
  db: Database,
  key: SealKey | undefined,
  nonce: bigint,
): Promise<StoredEnrolment | undefined> {
  const row = await db
    .selectFrom('enrolments')
    .selectAll()
    .where('nonce', '=', toBytes32(nonce))
    .executeTakeFirst();
  return row && row.personal !== null ? toEnrolment(row, key) : undefined;
}

/** Ends the waiting of an enrolment. */
export async function bindEnrolment(db: Database, nonce: bigint, position: number): Promise<void> {
  await db
    .updateTable('enrolments')
    .set({ position })
    .where('nonce', '=', toBytes32(nonce))
    .execute();
}

/** Gives up waiting enrolments of subjects, so that they can be invited anew. */
export async function dropWaiting(
  db: Database,
  schemaId: Field,
  subjectKeys: readonly Uint8Array[],
): Promise<void> {
  await db
    .deleteFrom('enrolments')
    .where('schema_id', '=', toBytes32(schemaId))
    .where('position', 'is', null)
    .where(sql<boolean>`subject_key = any(${subjectKeys}::bytea[])`)
    .execute();
}

/** Forgets a subject's enrolments. @returns how many */
export async function eraseEnrolments(db: Database, subjectKey: Uint8Array): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('enrolments')
    .where('subject_key', '=', subjectKey)
    .executeTakeFirst();
  return Number(numDeletedRows);
}

/** Seals every enrolment's personal data under another key, in the transaction that is given. */
export async function resealEnrolments(
  db: Database,
  keys: { readonly from: SealKey | undefined; readonly to: SealKey | undefined },
): Promise<void> {
  const PAGE = 4096;
  for (let after = new Uint8Array(); ;) {
    const rows = await db
      .selectFrom('enrolments')
      .select(['nonce', 'personal'])
      .where('nonce', '>', after)
      .where('personal', 'is not', null)
      .orderBy('nonce')
      .limit(PAGE)
      .execute();
    const last = rows.at(-1);
    if (!last) return;
    const columns = unnest([
      ['bytea', rows.map((row) => row.nonce)],
      [
        'bytea',
        rows.map((row) =>
          seal(keys.to, unseal(keys.from, row.personal ?? new Uint8Array(), row.nonce), row.nonce),
        ),
      ],
    ]);
    await sql`update enrolments set personal = renewed.personal
      from (select * from ${columns} as t(nonce, personal)) as renewed
      where enrolments.nonce = renewed.nonce`.execute(db);
    after = Uint8Array.from(last.nonce);
  }
}

type Row = {
  readonly nonce: Uint8Array;
  readonly schema_id: Uint8Array;
  readonly subject_key: Uint8Array;
  readonly deadline: bigint;
  readonly expires_at: bigint;
  readonly personal: Uint8Array | null;
  readonly position: number | null;
};

function toEnrolment(row: Row, key: SealKey | undefined): StoredEnrolment {
  const text = unseal(key, row.personal ?? new Uint8Array(), row.nonce);
  const { account, values } = JSON.parse(Buffer.from(text).toString()) as {
    account: string;
    values: readonly string[];
  };
  const value = (i: number): bigint => BigInt(values[i] ?? 0);
  return {
    nonce: toStoredField(row.nonce),
    schemaId: toStoredField(row.schema_id),
    subjectKey: row.subject_key,
    deadline: row.deadline,
    expiresAt: row.expires_at,
    account: getAddress(account),
    values: [value(0), value(1), value(2), value(3)],
    position: row.position ?? undefined,
  };
}

function packPersonal({ account, values }: Omit<StoredEnrolment, 'position'>): Uint8Array {
  const document = { account, values: values.map((value) => value.toString()) };
  return Uint8Array.from(Buffer.from(JSON.stringify(document)));
}
