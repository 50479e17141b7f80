/**
 * The schemas that a store's attestations are made under.
 * @module
 */
import { EligoError } from '../errors.ts';
import { canonicalJson } from '../protocol/codec.ts';
import type { Field } from '../protocol/field.ts';
import { defineSchema, type Schema } from '../protocol/schema.ts';
import { toBytes32 } from './bytes.ts';
import type { Database } from './store.ts';

/** Keeps a schema; the same document again changes nothing. */
export async function keepSchema(db: Database, schema: Schema): Promise<void> {
  await db
    .insertInto('schemas')
    .values({ id: toBytes32(schema.id), document: canonicalJson(schema.document) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** A schema by its id. @throws {StoreMismatch} if the store hasn't got it */
export async function readSchema(db: Database, id: Field): Promise<Schema> {
  const row = await db
    .selectFrom('schemas')
    .select('document')
    .where('id', '=', toBytes32(id))
    .executeTakeFirst();
  if (row) return defineSchema(row.document);
  throw new EligoError('StoreMismatch', `the store has no schema ${id.toString()}`);
}
