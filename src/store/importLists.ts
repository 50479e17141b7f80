/**
 * What the rows of an import came to, for its manifest: counted, listed, and by their leaves.
 * @module
 */
import type { Database } from './store.ts';

const PAGE = 4096;

/** The rows `[from, to)` of an import. */
export type Span = { readonly import: number; readonly from: number; readonly to: number };

/** The rows that stand below each other in a manifest's list: whatever has a rule, in order, a page at a time. */
export async function* readListed(
  db: Database,
  { import: id, from, to }: Span,
): AsyncGenerator<ListedRow> {
  for (let after = from - 1; ;) {
    const rows = await db
      .selectFrom('import_rows as own')
      .leftJoin('import_rows as by', (join) =>
        join.onRef('by.import', '=', 'own.import').onRef('by.ordinal', '=', 'own.other'),
      )
      .select(['own.ordinal', 'own.place', 'own.state', 'own.rule', 'own.detail', 'own.held'])
      .select('by.place as by')
      .where('own.import', '=', id)
      .where('own.ordinal', '>', after)
      .where('own.ordinal', '<', to)
      .where('own.rule', 'is not', null)
      .orderBy('own.ordinal')
      .limit(PAGE)
      .execute();
    for (const { ordinal, place, state, rule, detail, held, by } of rows)
      yield {
        ...{ ordinal, place, rule: rule ?? '', detail: detail ?? '', lost: state === 'excluded' },
        ...{ by: by ?? undefined, held: held ?? undefined },
      };
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    after = last.ordinal;
  }
}

/** A row of a manifest's list. */
export type ListedRow = {
  readonly ordinal: number;
  readonly place: string;
  readonly rule: string;
  readonly detail: string;
  /** False for a row that won, against what the store held. */
  readonly lost: boolean;
  /** The place of the row that decided against it. */
  readonly by: string | undefined;
  /** The position that it was compared with. */
  readonly held: number | undefined;
};

/** The positions and leaves that a span's rows were given, in order, a page at a time. */
export async function* readLeaves(
  db: Database,
  { import: id, from, to }: Span,
): AsyncGenerator<readonly { readonly position: number; readonly leaf: Uint8Array }[]> {
  for (let after = from - 1; ;) {
    const rows = await db
      .selectFrom('import_rows as own')
      .innerJoin('attestations', 'attestations.position', 'own.position')
      .select(['own.ordinal', 'own.position', 'attestations.leaf'])
      .where('own.import', '=', id)
      .where('own.ordinal', '>', after)
      .where('own.ordinal', '<', to)
      .orderBy('own.ordinal')
      .limit(PAGE)
      .execute();
    yield rows.map(({ position, leaf }) => ({ position: position ?? 0, leaf }));
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    after = last.ordinal;
  }
}

/** How many rows of a span are in each state, those with a rule apart. */
export async function countRows(
  db: Database,
  { import: id, from, to }: Span,
): Promise<
  readonly { readonly state: string; readonly rule: string | null; readonly count: number }[]
> {
  const rows = await db
    .selectFrom('import_rows')
    .select(['state', 'rule'])
    .select((count) => count.fn.countAll<bigint>().as('count'))
    .where('import', '=', id)
    .where('ordinal', '>=', from)
    .where('ordinal', '<', to)
    .groupBy(['state', 'rule'])
    .execute();
  return rows.map(({ state, rule, count }) => ({ state, rule, count: Number(count) }));
}
