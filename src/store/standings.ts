/**
 * What decides whether attestations can be revoked or reinstated: how they stand, and who stands in their way.
 * @module
 */
import { sql } from 'kysely';
import type { Field } from '../protocol/field.ts';
import { toStoredField } from './bytes.ts';
import type { Database } from './store.ts';

/** How an attestation stands; nothing is unsealed for it. */
export type Standing = {
  readonly position: number;
  readonly leaf: Field;
  readonly live: boolean;
  readonly erased: boolean;
};

/** The standing of these positions, ascending. Positions that aren't used are left out. */
export async function readStandings(
  db: Database,
  positions: readonly number[],
): Promise<readonly Standing[]> {
  const rows = await db
    .selectFrom('attestations')
    .select(['position', 'leaf', 'live', (row) => row('personal', 'is', null).as('erased')])
    .where(sql<boolean>`position = any(${positions}::int[])`)
    .orderBy('position')
    .execute();
  return rows.map(({ position, leaf, live, erased }) => ({
    ...{ position, live, leaf: toStoredField(leaf) },
    erased: Boolean(erased),
  }));
}

/**
 * The first of these revoked positions whose subject or commitment has a live attestation, or stands among them before.
 * Each of the four questions is one that an index, or the few rows themselves, can answer.
 */
export async function findRival(
  db: Database,
  positions: readonly number[],
): Promise<{ readonly position: number; readonly same: 'subject' | 'commitment' } | undefined> {
  const { rows } = await sql<{ position: number; subject: boolean }>`
    with own as (
      select position, schema_id, subject_key, commitment
      from attestations where position = any(${positions}::int[])
    )
    select own.position, true as subject from own join attestations as other
      on other.live and other.schema_id = own.schema_id and other.subject_key = own.subject_key
    union all select own.position, false from own join attestations as other
      on other.live and other.schema_id = own.schema_id and other.commitment = own.commitment
    union all select own.position, true from own join own as other
      on other.schema_id = own.schema_id and other.subject_key = own.subject_key
      where other.position < own.position
    union all select own.position, false from own join own as other
      on other.schema_id = own.schema_id and other.commitment = own.commitment
      where other.position < own.position
    order by 1, 2 desc limit 1`.execute(db);
  const [first] = rows;
  return first && { position: first.position, same: first.subject ? 'subject' : 'commitment' };
}
