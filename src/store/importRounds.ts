/**
 * The table of imports' rounds. A round is one go through a source, and has one manifest; at most one is unfinished.
 * @module
 */
import { sql } from 'kysely';
import type { Hex } from 'viem';
import { toBytes32, toHex } from './bytes.ts';
import { setRead, type StoredImport } from './imports.ts';
import type { Database } from './store.ts';

/** Who wins where two say different things of one person: the later, the earlier, or nobody. */
export const CONFLICT_RULES = ['newest', 'first', 'refuse'] as const;

export type ConflictRule = (typeof CONFLICT_RULES)[number];

/** `reading`; `resolved`: nothing more is read, and who wins is settled; `done`. */
export type RoundState = 'reading' | 'resolved' | 'done';

/** One go through a source. */
export type StoredRound = {
  readonly import: number;
  /** Counted from 1. */
  readonly round: number;
  readonly state: RoundState;
  /** Unix seconds: its attestations are of this day. */
  readonly now: bigint;
  /** Of its invitations, Unix seconds. */
  readonly deadline: bigint;
  readonly onConflict: ConflictRule;
  /** Records of the import before it. */
  readonly first: number;
  /** Records of its own; undefined while it is read. */
  readonly read: number | undefined;
  /** Sums so far, JSON. */
  readonly tally: string;
  /** Once it is done. */
  readonly manifest:
    | {
        /** All of it but its list, canonical JSON. */
        readonly facts: string;
        /** sha256 of the whole. */
        readonly hash: Hex;
        /** The number of the publication that was to carry it. */
        readonly publication: bigint | undefined;
      }
    | undefined;
};

/** The round that isn't done, with its import's source. */
export async function unfinishedRound(
  db: Database,
): Promise<(StoredRound & { readonly source: string }) | undefined> {
  const row = await db
    .selectFrom('import_rounds')
    .innerJoin('imports', 'imports.id', 'import_rounds.import')
    .selectAll('import_rounds')
    .select('imports.source')
    .where('state', '<>', 'done')
    .executeTakeFirst();
  return row && { ...toRound(row), source: row.source };
}

/** The last round of an import. */
export async function lastRound(db: Database, id: number): Promise<StoredRound | undefined> {
  const row = await db
    .selectFrom('import_rounds')
    .selectAll()
    .where('import', '=', id)
    .orderBy('round', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && toRound(row);
}

/** Begins a round. */
export async function insertRound(
  db: Database,
  begun: StoredImport,
  round: Pick<StoredRound, 'round' | 'now' | 'deadline' | 'onConflict' | 'tally'>,
): Promise<StoredRound> {
  const { now, deadline, onConflict, tally } = round;
  await db
    .insertInto('import_rounds')
    .values({
      ...{ import: begun.id, round: round.round, state: 'reading', now, deadline, tally },
      ...{ on_conflict: onConflict, first: begun.read, first_cursor: begun.cursor ?? null },
      ...{ read: null, facts: null, hash: null, closed: null, publication: null },
    })
    .execute();
  return {
    ...{ import: begun.id, state: 'reading', first: begun.read, read: undefined },
    ...{ ...round, manifest: undefined },
  };
}

type Name = Pick<StoredRound, 'import' | 'round'>;

/** Changes what a round goes by, as long as nothing depends on it. */
export async function setRule(db: Database, name: Name, onConflict: ConflictRule): Promise<void> {
  await updateRound(db, name, { on_conflict: onConflict });
}

/** Notes that a round is read, and who wins in it. */
export async function setResolved(db: Database, name: Name, read: number): Promise<void> {
  await updateRound(db, name, { state: 'resolved', read });
}

/** Keeps the sums so far. */
export async function setTally(db: Database, name: Name, tally: string): Promise<void> {
  await updateRound(db, name, { tally });
}

/** Closes a round with its manifest. */
export async function setDone(
  db: Database,
  name: Name,
  manifest: { readonly facts: string; readonly hash: Hex },
): Promise<void> {
  const { last } = await db
    .selectFrom('import_rounds')
    .select((max) => max.fn.max<number | null>('closed').as('last'))
    .executeTakeFirstOrThrow();
  await updateRound(db, name, {
    ...{ state: 'done', facts: manifest.facts, hash: toBytes32(manifest.hash) },
    closed: (last ?? 0) + 1,
  });
}

async function updateRound(
  db: Database,
  { import: id, round }: Name,
  changes: Readonly<Record<string, unknown>>,
): Promise<void> {
  await db
    .updateTable('import_rounds')
    .set(changes)
    .where('import', '=', id)
    .where('round', '=', round)
    .execute();
}

/** Gives up a round of which nothing was issued: the import is as it was before, or gone if it was its first. */
export async function deleteRound(db: Database, name: Name): Promise<void> {
  const { import: id, round } = name;
  const { first, first_cursor } = await db
    .deleteFrom('import_rounds')
    .where('import', '=', id)
    .where('round', '=', round)
    .returning(['first', 'first_cursor'])
    .executeTakeFirstOrThrow();
  await db
    .deleteFrom('import_rows')
    .where('import', '=', id)
    .where('ordinal', '>=', first)
    .execute();
  if (round === 1) await db.deleteFrom('imports').where('id', '=', id).execute();
  else await setRead(db, id, { read: first, cursor: first_cursor ?? undefined });
}

/** Forgets a round in which nothing was read; where its reader goes on stays. */
export async function dropRound(db: Database, { import: id, round }: Name): Promise<void> {
  await db
    .deleteFrom('import_rounds')
    .where('import', '=', id)
    .where('round', '=', round)
    .execute();
}

/** The hash of the manifest that was closed last, of any import. */
export async function lastManifest(db: Database): Promise<Hex | undefined> {
  const row = await db
    .selectFrom('import_rounds')
    .select('hash')
    .where('closed', 'is not', null)
    .orderBy('closed', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.hash ? toHex(row.hash) : undefined;
}

/** The hash of the last manifest that no publication carries; each names the one before it. */
export async function unpublishedManifest(db: Database): Promise<Hex | undefined> {
  const row = await db
    .selectFrom('import_rounds')
    .leftJoin('publications', 'publications.sequence', 'import_rounds.publication')
    .select('hash')
    .where('import_rounds.state', '=', 'done')
    .where((where) =>
      where.or([where('publication', 'is', null), where('publications.state', '=', 'overtaken')]),
    )
    .orderBy('closed', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.hash ? toHex(row.hash) : undefined;
}

/** Notes which publication carries a manifest, and all that it leads back to. */
export async function setCarried(db: Database, hash: Hex, sequence: bigint): Promise<void> {
  await sql`update import_rounds set publication = ${sequence}
    where closed <= (select closed from import_rounds where hash = ${toBytes32(hash)})
      and (publication is null
        or publication in (select sequence from publications where state = 'overtaken'))`.execute(
    db,
  );
}

type RoundRow = {
  readonly import: number;
  readonly round: number;
  readonly state: string;
  readonly now: bigint;
  readonly deadline: bigint;
  readonly on_conflict: string;
  readonly first: number;
  readonly read: number | null;
  readonly tally: string;
  readonly facts: string | null;
  readonly hash: Uint8Array | null;
  readonly publication: bigint | null;
};

function toRound(row: RoundRow): StoredRound {
  const { round, now, deadline, first, tally, facts, hash, publication } = row;
  return {
    ...{ import: row.import, round, now, deadline, first, tally, read: row.read ?? undefined },
    state: row.state as RoundState,
    onConflict: row.on_conflict as ConflictRule,
    manifest:
      facts === null || hash === null
        ? undefined
        : { facts, hash: toHex(hash), publication: publication ?? undefined },
  };
}
