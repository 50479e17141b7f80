/**
 * How rows of an import hang together: what takes back what, and whose commitment is whose.
 * @module
 */
import { sql } from 'kysely';
import { toStoredField, unnest } from './bytes.ts';
import type { Database } from './store.ts';

/** What a source took back. */
export type Revocation = {
  readonly ordinal: number;
  readonly place: string;
  readonly sourceId: string | undefined;
  readonly content: Uint8Array | undefined;
};

/** What became of a row of somebody's, and where that leads. */
export type LinkedRow = {
  readonly ordinal: number;
  readonly state: string;
  /** Undefined once erased. */
  readonly subjectKey: Uint8Array | undefined;
  readonly other: number | undefined;
  readonly held: number | undefined;
  readonly position: number | undefined;
  readonly nonce: bigint | undefined;
};

/** Excludes staged rows that the source took back later, by their id or by their content. */
export async function excludeRevoked(db: Database, id: number): Promise<void> {
  for (const column of ['source_id', 'content'] as const) {
    const name = sql.ref(column);
    await sql`update import_rows as own
      set state = 'excluded', rule = 'revoked', detail = 'was taken back later', other = by.ordinal, personal = null
      from (select ordinal, ${name} from import_rows
        where import = ${id} and state = 'revoking' and ${name} is not null) as by
      where own.import = ${id} and own.state = 'staged' and own.${name} = by.${name}
        and own.ordinal < by.ordinal`.execute(db);
  }
}

/** A staged row whose commitment an earlier one of another subject brings, and that one. */
export type TakenCommitment = {
  readonly place: string;
  readonly first: string;
};

/** The first staged row whose commitment an earlier one has. */
export async function findTakenCommitment(
  db: Database,
  id: number,
): Promise<TakenCommitment | undefined> {
  const { rows } = await sql<TakenCommitment>`
    select own.place, by.place as first
    from (${ranked(id)}) as own
    join import_rows as by on by.import = ${id} and by.ordinal = own.first
    where own.ordinal > own.first order by own.ordinal limit 1`.execute(db);
  return rows[0];
}

/** Excludes staged rows whose commitment an earlier one has. */
export async function excludeTakenCommitments(db: Database, id: number): Promise<void> {
  await sql`update import_rows as own
    set state = 'excluded', rule = 'commitment-taken', other = ranked.first, personal = null,
      detail = 'commitment stands under another account'
    from (${ranked(id)}) as ranked
    where own.import = ${id} and own.ordinal = ranked.ordinal and ranked.ordinal > ranked.first`.execute(
    db,
  );
}

/** Each staged row with a commitment, and the first one that has the same. */
function ranked(id: number) {
  return sql`select ordinal, place, min(ordinal) over (partition by commitment) as first
    from import_rows where import = ${id} and state = 'staged' and commitment is not null`;
}

/** What is still to be taken back, in order. */
export async function readRevocations(
  db: Database,
  id: number,
  limit: number,
): Promise<readonly Revocation[]> {
  const rows = await db
    .selectFrom('import_rows')
    .select(['ordinal', 'place', 'source_id', 'content'])
    .where('import', '=', id)
    .where('state', '=', 'revoking')
    .orderBy('ordinal')
    .limit(limit)
    .execute();
  return rows.map(({ ordinal, place, source_id, content }) => ({
    ...{ ordinal, place, sourceId: source_id ?? undefined, content: content ?? undefined },
  }));
}

/** Which settled rows each of these takes back: their ordinals by its own. */
export async function findRevoked(
  db: Database,
  id: number,
  revocations: readonly Revocation[],
): Promise<readonly { readonly by: number; readonly ordinal: number }[]> {
  const columns = unnest([
    ['int', revocations.map(({ ordinal }) => ordinal)],
    ['text', revocations.map(({ sourceId }) => sourceId ?? null)],
    ['bytea', revocations.map(({ content }) => content ?? null)],
  ]);
  const settled = sql`own.import = ${id} and own.ordinal < t.by
    and own.state in ('issued', 'waiting', 'merged')`;
  const { rows } = await sql<{ by: number; ordinal: number }>`
    with t as (select * from ${columns} as t(by, source_id, content))
    select t.by, own.ordinal from t join import_rows as own
      on own.source_id = t.source_id and ${settled}
    union select t.by, own.ordinal from t join import_rows as own
      on own.content = t.content and ${settled}
    order by 1, 2`.execute(db);
  return rows;
}

/** All rows of an import that are about the subjects of some of its rows. */
export async function readLinked(
  db: Database,
  id: number,
  ordinals: readonly number[],
): Promise<readonly LinkedRow[]> {
  const { rows } = await sql<{
    ordinal: number;
    state: string;
    subject_key: Uint8Array | null;
    other: number | null;
    held: number | null;
    position: number | null;
    nonce: Uint8Array | null;
  }>`select ordinal, state, subject_key, other, held, position, nonce from import_rows
    where import = ${id} and subject_key in (select subject_key from import_rows
      where import = ${id} and ordinal = any(${ordinals}::int[]))
    order by ordinal`.execute(db);
  return rows.map((row) => ({
    ...{ ordinal: row.ordinal, state: row.state, subjectKey: row.subject_key ?? undefined },
    ...{ other: row.other ?? undefined, held: row.held ?? undefined },
    position: row.position ?? undefined,
    nonce: row.nonce === null ? undefined : toStoredField(row.nonce),
  }));
}
