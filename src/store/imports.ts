/**
 * The table of imports: a row a source, with the seed that its salts follow from.
 * @module
 */
import { sql } from 'kysely';
import type { Field } from '../protocol/field.ts';
import { toBytes32, toStoredField, unnest } from './bytes.ts';
import { seal, unseal, type SealKey } from './seal.ts';
import type { Database } from './store.ts';

/** A source that is imported. */
export type StoredImport = {
  readonly id: number;
  /** What is read and how, as canonical JSON. */
  readonly source: string;
  readonly schemaId: Field;
  /** 32 bytes. Secret: whoever has it and the rows can recompute every salt. */
  readonly seed: Uint8Array;
  /** Records read and kept. */
  readonly read: number;
  /** Where its reader goes on. */
  readonly cursor: string | undefined;
};

/** The import of a source. */
export async function findImport(
  db: Database,
  key: SealKey | undefined,
  source: string,
): Promise<StoredImport | undefined> {
  const row = await db
    .selectFrom('imports')
    .selectAll()
    .where('source', '=', source)
    .executeTakeFirst();
  return (
    row && {
      ...{ id: row.id, source, schemaId: toStoredField(row.schema_id), read: row.read },
      ...{ seed: unseal(key, row.seed, seedName(row.id)), cursor: row.cursor ?? undefined },
    }
  );
}

/** Adds an import. */
export async function insertImport(
  db: Database,
  key: SealKey | undefined,
  added: Pick<StoredImport, 'source' | 'schemaId' | 'seed'>,
): Promise<StoredImport> {
  const { source, schemaId, seed } = added;
  const { last } = await db
    .selectFrom('imports')
    .select((max) => max.fn.max<number | null>('id').as('last'))
    .executeTakeFirstOrThrow();
  const id = (last ?? 0) + 1;
  const sealed = seal(key, seed, seedName(id));
  const row = { id, source, schema_id: toBytes32(schemaId), seed: sealed, cursor: null };
  await db.insertInto('imports').values(row).execute();
  return { id, source, schemaId, seed, read: 0, cursor: undefined };
}

/** Notes how far a source has been read. */
export async function setRead(
  db: Database,
  id: number,
  { read, cursor }: Pick<StoredImport, 'read' | 'cursor'>,
): Promise<void> {
  await db
    .updateTable('imports')
    .set({ read, cursor: cursor ?? null })
    .where('id', '=', id)
    .execute();
}

/** Seals every import's seed under another key, in the transaction that is given. */
export async function resealSeeds(
  db: Database,
  keys: { readonly from: SealKey | undefined; readonly to: SealKey | undefined },
): Promise<void> {
  const rows = await db.selectFrom('imports').select(['id', 'seed']).execute();
  if (rows.length === 0) return;
  const seeds = rows.map(({ id, seed }) => {
    const name = seedName(id);
    return seal(keys.to, unseal(keys.from, seed, name), name);
  });
  const columns = unnest([
    ['int', rows.map(({ id }) => id)],
    ['bytea', seeds],
  ]);
  await sql`update imports set seed = renewed.seed
    from (select * from ${columns} as t(id, seed)) as renewed
    where imports.id = renewed.id`.execute(db);
}

function seedName(id: number): Uint8Array {
  return Uint8Array.from(Buffer.from(`import ${id} seed`));
}
