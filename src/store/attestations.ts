/**
 * The attestations' table. A position is never reused; what hides or names a person is sealed, and can be erased.
 * @module
 */
import { sql } from 'kysely';
import type { Attestation } from '../protocol/attestation.ts';
import { EligoError } from '../errors.ts';
import type { Field } from '../protocol/field.ts';
import type { Values } from '../protocol/value.ts';
import { toBytes32, toStoredField, unnest } from './bytes.ts';
import { seal, unseal, type SealKey } from './seal.ts';
import type { Database } from './store.ts';

const VALUE_LENGTH = 12;

/** An attestation with its place in the tree, and what the store keeps beside it. */
export type StoredAttestation = {
  readonly position: number;
  readonly leaf: Field;
  readonly live: boolean;
  readonly replaces: number | undefined;
  /** Undefined once erased. */
  readonly attestation: Attestation | undefined;
  readonly subjectKey: Uint8Array | undefined;
};

/** What is put into the table. */
export type NewAttestation = {
  readonly position: number;
  readonly leaf: Field;
  readonly attestation: Attestation;
  readonly subjectKey: Uint8Array;
  readonly replaces: number | undefined;
  readonly tokenHash: Uint8Array | undefined;
};

/** Who holds a live attestation: of a subject, or of a commitment. */
export type Holder = {
  readonly position: number;
  readonly subjectKey: Uint8Array;
  readonly commitment: Uint8Array;
};

/** Puts attestations into the table, all live. */
export async function insertAttestations(
  db: Database,
  key: SealKey | undefined,
  rows: readonly NewAttestation[],
): Promise<void> {
  if (rows.length === 0) return;
  const columns = unnest([
    ['int', rows.map((row) => row.position)],
    ['bytea', rows.map((row) => toBytes32(row.leaf))],
    ['bytea', rows.map((row) => toBytes32(row.attestation.schemaId))],
    ['bigint', rows.map((row) => row.attestation.issuedAt)],
    ['bigint', rows.map((row) => row.attestation.expiresAt)],
    ['boolean', rows.map(() => true)],
    ['int', rows.map((row) => row.replaces ?? null)],
    ['bytea', rows.map((row) => toBytes32(row.attestation.commitment))],
    ['bytea', rows.map((row) => row.subjectKey)],
    ['bytea', rows.map((row) => seal(key, packPersonal(row.attestation), toBytes32(row.leaf)))],
    ['bytea', rows.map((row) => row.tokenHash ?? null)],
  ]);
  await sql`insert into attestations (position, leaf, schema_id, issued_at, expires_at, live, replaces,
    commitment, subject_key, personal, token_hash) select * from ${columns}`.execute(db);
}

/** The live attestations of a schema that these subjects or these commitments hold. */
export async function findHolders(
  db: Database,
  query: {
    readonly schemaId: Field;
    readonly subjectKeys: readonly Uint8Array[];
    readonly commitments: readonly Field[];
  },
): Promise<readonly Holder[]> {
  const rows = await db
    .selectFrom('attestations')
    .select(['position', 'subject_key', 'commitment'])
    .where('schema_id', '=', toBytes32(query.schemaId))
    .where('live', '=', true)
    .where(
      sql<boolean>`(subject_key = any(${query.subjectKeys}::bytea[])
        or commitment = any(${query.commitments.map(toBytes32)}::bytea[]))`,
    )
    .orderBy('position')
    .execute();
  return rows.map(({ position, subject_key, commitment }) => ({
    position,
    subjectKey: subject_key ?? new Uint8Array(),
    commitment: commitment ?? new Uint8Array(),
  }));
}

/** The attestations at these positions, ascending. Positions that aren't used are left out. */
export async function readAttestations(
  db: Database,
  key: SealKey | undefined,
  positions: readonly number[],
): Promise<readonly StoredAttestation[]> {
  const rows = await db
    .selectFrom('attestations')
    .selectAll()
    .where(sql<boolean>`position = any(${positions}::int[])`)
    .orderBy('position')
    .execute();
  return rows.map((row) => ({
    position: row.position,
    leaf: toStoredField(row.leaf),
    live: row.live,
    replaces: row.replaces ?? undefined,
    subjectKey: row.subject_key ?? undefined,
    attestation:
      row.personal === null || row.commitment === null
        ? undefined
        : {
            schemaId: toStoredField(row.schema_id),
            commitment: toStoredField(row.commitment),
            issuedAt: row.issued_at,
            expiresAt: row.expires_at,
            ...unpackPersonal(unseal(key, row.personal, row.leaf)),
          },
  }));
}

/** The positions of a subject's attestations under any schema, ascending. @param options.live only those */
export async function findPositions(
  db: Database,
  subjectKeys: readonly Uint8Array[],
  options: { readonly live: boolean | undefined; readonly schemaId?: Field | undefined },
): Promise<readonly { readonly position: number; readonly subjectKey: Uint8Array }[]> {
  let query = db
    .selectFrom('attestations')
    .select(['position', 'subject_key'])
    .where(sql<boolean>`subject_key = any(${subjectKeys}::bytea[])`);
  if (options.live !== undefined) query = query.where('live', '=', options.live);
  if (options.schemaId !== undefined)
    query = query.where('schema_id', '=', toBytes32(options.schemaId));
  const rows = await query.orderBy('position').execute();
  return rows.map(({ position, subject_key }) => ({
    position,
    subjectKey: subject_key ?? new Uint8Array(),
  }));
}

/** How many attestations are live. */
export async function countLive(db: Database): Promise<number> {
  const { live } = await db
    .selectFrom('attestations')
    .select((count) => count.fn.countAll<bigint>().as('live'))
    .where('live', '=', true)
    .executeTakeFirstOrThrow();
  return Number(live);
}

/** Revokes or reinstates. */
export async function setLive(
  db: Database,
  positions: readonly number[],
  live: boolean,
): Promise<void> {
  if (positions.length === 0) return;
  await db
    .updateTable('attestations')
    .set({ live })
    .where(sql<boolean>`position = any(${positions}::int[])`)
    .execute();
}

/** Forgets all but leaf, schema and times. */
export async function eraseAttestations(db: Database, positions: readonly number[]): Promise<void> {
  await db
    .updateTable('attestations')
    .set({ commitment: null, subject_key: null, personal: null, token_hash: null })
    .where(sql<boolean>`position = any(${positions}::int[])`)
    .execute();
}

/** Gives an attestation another token; undefined takes it away. */
export async function setToken(
  db: Database,
  position: number,
  tokenHash: Uint8Array | undefined,
): Promise<void> {
  await db
    .updateTable('attestations')
    .set({ token_hash: tokenHash ?? null })
    .where('position', '=', position)
    .execute();
}

/** Spends a token: of two who come with the same one, one gets the position. */
export async function spendToken(db: Database, tokenHash: Uint8Array): Promise<number | undefined> {
  const row = await db
    .updateTable('attestations')
    .set({ token_hash: null })
    .where('token_hash', '=', tokenHash)
    .returning('position')
    .executeTakeFirst();
  return row?.position;
}

/** Seals every attestation's and enrolment's personal data under another key, in the transaction that is given. */
export async function resealAttestations(
  db: Database,
  keys: { readonly from: SealKey | undefined; readonly to: SealKey | undefined },
  say: (done: number) => void,
): Promise<void> {
  const PAGE = 4096;
  for (let after = -1, done = 0; ;) {
    const rows = await db
      .selectFrom('attestations')
      .select(['position', 'leaf', 'personal'])
      .where('position', '>', after)
      .where('personal', 'is not', null)
      .orderBy('position')
      .limit(PAGE)
      .execute();
    const last = rows.at(-1);
    if (!last) return;
    const columns = unnest([
      ['int', rows.map((row) => row.position)],
      [
        'bytea',
        rows.map((row) =>
          seal(keys.to, unseal(keys.from, row.personal ?? new Uint8Array(), row.leaf), row.leaf),
        ),
      ],
    ]);
    await sql`update attestations set personal = renewed.personal
      from (select * from ${columns} as t(position, personal)) as renewed
      where attestations.position = renewed.position`.execute(db);
    after = last.position;
    done += rows.length;
    say(done);
  }
}

/** Salt, then the four values in 12 bytes each. */
function packPersonal({ salt, values }: Attestation): Uint8Array {
  const digits = values.map((value) => value.toString(16).padStart(2 * VALUE_LENGTH, '0'));
  const text = salt.toString(16).padStart(64, '0') + digits.join('');
  return Uint8Array.from(Buffer.from(text, 'hex'));
}

function unpackPersonal(bytes: Uint8Array): { salt: Field; values: Values } {
  if (bytes.length !== 32 + 4 * VALUE_LENGTH)
    throw new EligoError('StoreMismatch', 'personal data in the store has another length');
  const value = (i: number): bigint => {
    const start = 32 + i * VALUE_LENGTH;
    return BigInt(`0x${Buffer.from(bytes.subarray(start, start + VALUE_LENGTH)).toString('hex')}`);
  };
  return {
    salt: toStoredField(bytes.subarray(0, 32)),
    values: [value(0), value(1), value(2), value(3)],
  };
}
