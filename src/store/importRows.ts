/**
 * The rows of imports: what was read, and what became of each. What names a person in a row is sealed, forgotten once the
 * row is settled, and can be erased.
 * @module
 */
import { sql, type Selectable } from 'kysely';
import { bytesToHex, type Address } from 'viem';
import { EligoError } from '../errors.ts';
import type { Field } from '../protocol/field.ts';
import type { Values } from '../protocol/value.ts';
import { toBytes32, toStoredField, unnest } from './bytes.ts';
import { seal, unseal, type SealKey } from './seal.ts';
import type { Database } from './store.ts';
import type { ImportRowsTable } from './tables.ts';

const PAGE = 4096;
const ACCOUNT_LENGTH = 20;
const VALUE_LENGTH = 12;

/** What somebody holds according to a source, as long as it isn't settled. */
export type StagedRow = {
  readonly ordinal: number;
  readonly place: string;
  readonly subjectKey: Uint8Array;
  /** Lower-case. */
  readonly account: Address;
  readonly commitment: Field | undefined;
  readonly expiresAt: bigint;
  readonly values: Values;
  /** Empty for what is no part of anything. */
  readonly part: string;
};

/** A row as it comes in. */
export type NewImportRow = { readonly ordinal: number; readonly place: string } & (
  | ({ readonly state: 'staged' } & Omit<StagedRow, 'ordinal' | 'place'> & Source)
  | ({ readonly state: 'revoking' } & Source)
  | { readonly state: 'excluded'; readonly rule: string; readonly detail: string }
);

/** How a source names what stands in a row, where it may take it back. */
type Source = {
  readonly sourceId: string | undefined;
  readonly content: Uint8Array | undefined;
};

/** What became of a row. */
export type RowOutcome = {
  readonly ordinal: number;
  readonly state: 'issued' | 'waiting' | 'merged' | 'excluded' | 'withdrawn' | 'revoked';
  readonly rule?: string | undefined;
  readonly detail?: string | undefined;
  readonly other?: number | undefined;
  readonly held?: number | undefined;
  readonly position?: number | undefined;
  readonly nonce?: bigint | undefined;
};

/** Puts rows into the table. */
export async function insertImportRows(
  db: Database,
  key: SealKey | undefined,
  id: number,
  rows: readonly NewImportRow[],
): Promise<void> {
  if (rows.length === 0) return;
  const staged = rows.map((row) => (row.state === 'staged' ? row : undefined));
  const named = rows.map((row) => (row.state === 'excluded' ? undefined : row));
  const excluded = rows.map((row) => (row.state === 'excluded' ? row : undefined));
  const columns = unnest([
    ['int', rows.map((row) => row.ordinal)],
    ['text', rows.map((row) => row.state)],
    ['text', rows.map((row) => row.place)],
    ['text', named.map((row) => row?.sourceId ?? null)],
    ['bytea', named.map((row) => row?.content ?? null)],
    ['bytea', staged.map((row) => row?.subjectKey ?? null)],
    ['text', staged.map((row) => row?.part ?? '')],
    [
      'bytea',
      staged.map((row) => (row?.commitment === undefined ? null : toBytes32(row.commitment))),
    ],
    ['bigint', staged.map((row) => row?.expiresAt ?? null)],
    [
      'bytea',
      staged
        .map((row) => row && seal(key, packPersonal(row), rowName(id, row.ordinal)))
        .map((bytes) => bytes ?? null),
    ],
    ['text', excluded.map((row) => row?.rule ?? null)],
    ['text', excluded.map((row) => row?.detail ?? null)],
  ]);
  await sql`insert into import_rows (import, ordinal, state, place, source_id, content, subject_key, part,
    commitment, expires_at, personal, rule, detail) select ${id}::int, t.* from ${columns} as t`.execute(
    db,
  );
}

/** Staged rows in the order in which they were read. @param after an ordinal */
export async function readStaged(
  db: Database,
  key: SealKey | undefined,
  query: { readonly import: number; readonly after: number; readonly limit: number },
): Promise<readonly StagedRow[]> {
  const rows = await db
    .selectFrom('import_rows')
    .selectAll()
    .where('import', '=', query.import)
    .where('ordinal', '>', query.after)
    .where('state', '=', 'staged')
    .orderBy('ordinal')
    .limit(query.limit)
    .execute();
  return rows.map((row) => toStaged(row, key));
}

/**
 * The staged rows of subjects that have several, by subject, part and ordinal, a page at a time, as they are when the reading
 * begins. @param db a transaction
 */
export async function* readRepeated(
  db: Database,
  key: SealKey | undefined,
  id: number,
): AsyncGenerator<readonly StagedRow[]> {
  // Nobody has told the planner yet of a table that was filled a moment ago.
  await sql`analyze import_rows`.execute(db);
  const own = sql`import = ${sql.lit(id)} and state = 'staged'`;
  await sql`declare repeated cursor for select import_rows.* from import_rows
    join (select subject_key from import_rows where ${own}
      group by subject_key having count(*) > 1) as several using (subject_key)
    where ${own} order by subject_key, part, ordinal`.execute(db);
  for (;;) {
    const { rows } = await sql<
      Selectable<ImportRowsTable>
    >`fetch ${sql.lit(PAGE)} from repeated`.execute(db);
    if (rows.length === 0) break;
    yield rows.map((row) => toStaged(row, key));
  }
  await sql`close repeated`.execute(db);
}

/** Writes down what became of rows; what names a person in them is forgotten. */
export async function settleRows(
  db: Database,
  id: number,
  rows: readonly RowOutcome[],
): Promise<void> {
  if (rows.length === 0) return;
  const columns = unnest([
    ['int', rows.map((row) => row.ordinal)],
    ['text', rows.map((row) => row.state)],
    ['text', rows.map((row) => row.rule ?? null)],
    ['text', rows.map((row) => row.detail ?? null)],
    ['int', rows.map((row) => row.other ?? null)],
    ['int', rows.map((row) => row.held ?? null)],
    ['int', rows.map((row) => row.position ?? null)],
    ['bytea', rows.map((row) => (row.nonce === undefined ? null : toBytes32(row.nonce)))],
  ]);
  await sql`update import_rows set state = s.state, rule = s.rule, detail = s.detail, other = s.other,
    held = s.held, position = s.position, nonce = s.nonce, personal = null
    from (select * from ${columns}
      as t(ordinal, state, rule, detail, other, held, position, nonce)) as s
    where import_rows.import = ${id} and import_rows.ordinal = s.ordinal`.execute(db);
}

/** Notes that the source took settled rows back. */
export async function withdrawRows(
  db: Database,
  id: number,
  ordinals: readonly number[],
): Promise<void> {
  await sql`update import_rows set state = 'withdrawn'
    where import = ${id} and ordinal = any(${ordinals}::int[])`.execute(db);
}

/** Notes that what earlier rows of some subjects say is not what they wait for any more. */
export async function supersedeWaiting(
  db: Database,
  id: number,
  subjectKeys: readonly Uint8Array[],
): Promise<void> {
  if (subjectKeys.length === 0) return;
  await sql`update import_rows set nonce = null
    where import = ${id} and subject_key = any(${subjectKeys}::bytea[]) and nonce is not null`.execute(
    db,
  );
}

/** Gives staged rows other contents, such as the sum of their parts. */
export async function rewriteStaged(
  db: Database,
  key: SealKey | undefined,
  id: number,
  rows: readonly StagedRow[],
): Promise<void> {
  if (rows.length === 0) return;
  const columns = unnest([
    ['int', rows.map((row) => row.ordinal)],
    ['bytea', rows.map((row) => (row.commitment === undefined ? null : toBytes32(row.commitment)))],
    ['bytea', rows.map((row) => seal(key, packPersonal(row), rowName(id, row.ordinal)))],
  ]);
  await sql`update import_rows set commitment = s.commitment, personal = s.personal
    from (select * from ${columns} as t(ordinal, commitment, personal)) as s
    where import_rows.import = ${id} and import_rows.ordinal = s.ordinal`.execute(db);
}

/** Forgets a subject in every import. */
export async function eraseImportRows(db: Database, subjectKey: Uint8Array): Promise<void> {
  await sql`update import_rows set
      rule = case state when 'staged' then 'revoked' else rule end,
      detail = case state when 'staged' then 'was erased' else detail end,
      state = case state when 'staged' then 'excluded' else state end,
      source_id = null, content = null, subject_key = null, commitment = null, expires_at = null,
      personal = null, nonce = null
    where import in (select id from imports) and subject_key = ${subjectKey}`.execute(db);
}

/** Seals every row's personal data under another key, in the transaction that is given. */
export async function resealImportRows(
  db: Database,
  keys: { readonly from: SealKey | undefined; readonly to: SealKey | undefined },
): Promise<void> {
  const imports = await db.selectFrom('imports').select('id').execute();
  for (const { id } of imports) {
    for (let after = -1; ;) {
      const page = await readStaged(db, keys.from, { import: id, after, limit: PAGE });
      await rewriteStaged(db, keys.to, id, page);
      const last = page.at(-1);
      if (!last) break;
      after = last.ordinal;
    }
  }
}

function toStaged(row: Selectable<ImportRowsTable>, key: SealKey | undefined): StagedRow {
  const { ordinal, place, subject_key, part, commitment, expires_at, personal } = row;
  if (!subject_key || !personal || expires_at === null)
    throw new EligoError('StoreMismatch', `row ${ordinal} of an import lost its contents`);
  return {
    ...{ ordinal, place, part, subjectKey: subject_key, expiresAt: expires_at },
    commitment: commitment === null ? undefined : toStoredField(commitment),
    ...unpackPersonal(unseal(key, personal, rowName(row.import, ordinal))),
  };
}

/** Nobody with write access can move one person's row to another's place. */
function rowName(id: number, ordinal: number): Uint8Array {
  return Uint8Array.from(Buffer.from(`import ${id} row ${ordinal}`));
}

/** The account, then the four values in 12 bytes each. */
function packPersonal({ account, values }: Pick<StagedRow, 'account' | 'values'>): Uint8Array {
  const digits = values.map((value) => value.toString(16).padStart(2 * VALUE_LENGTH, '0'));
  return Uint8Array.from(Buffer.from(account.slice(2) + digits.join(''), 'hex'));
}

function unpackPersonal(bytes: Uint8Array): Pick<StagedRow, 'account' | 'values'> {
  if (bytes.length !== ACCOUNT_LENGTH + 4 * VALUE_LENGTH)
    throw new EligoError('StoreMismatch', 'personal data in the store has another length');
  const value = (i: number): bigint => {
    const start = ACCOUNT_LENGTH + i * VALUE_LENGTH;
    return BigInt(bytesToHex(bytes.subarray(start, start + VALUE_LENGTH)));
  };
  return {
    account: bytesToHex(bytes.subarray(0, ACCOUNT_LENGTH)),
    values: [value(0), value(1), value(2), value(3)],
  };
}
