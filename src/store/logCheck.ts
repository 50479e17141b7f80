/**
 * A store's log held against itself and against the rows that follow from it: what a restored backup has to stand.
 * @module
 */
import { sql } from 'kysely';
import { invalidInput } from '../errors.ts';
import { EMPTY_HEAD, nextHead, readLogEntry } from '../protocol/log.ts';
import { readBook } from './book.ts';
import { toBytes32, toHex } from './bytes.ts';
import { sameBytes } from './seal.ts';
import type { Database } from './store.ts';

const PAGE = 4096;

type Row = {
  readonly seq: bigint;
  readonly kind: string;
  readonly position: number | null;
  readonly line: string;
  readonly head: Uint8Array;
  /** Of the attestation at that position. */
  readonly leaf: Uint8Array | null;
};

/**
 * Checks that the log has no gap, that each head follows from the one before and the last is the book's, and that
 * attestations and counters are what it says.
 * @throws {InvalidInput}
 */
export async function checkLog(db: Database): Promise<void> {
  let head = EMPTY_HEAD;
  let seq = 0n;
  for await (const row of readRows(db)) {
    head = nextHead(head, row.line);
    seq += 1n;
    const fits = row.seq === seq && toHex(row.head) === head && followsLine(row);
    if (!fits) throw invalidInput('backup.log', row.seq, 'must be an entry that fits those before');
  }
  const book = await readBook(db);
  if (seq !== book.log_seq || head !== toHex(book.log_head))
    throw invalidInput('backup.log', undefined, 'must lead to the head that the book has');
  await checkStanding(db, book);
}

/** Whether the columns of an entry, and the leaf of its attestation, are those of its line. */
function followsLine({ seq, kind, position, line, leaf }: Row): boolean {
  const entry = readLogEntry(line, `backup.log[${seq}]`);
  if (entry.seq !== seq || entry.kind !== kind) return false;
  if (entry.kind === 'publish') return position === null;
  if (entry.position !== position || leaf === null) return false;
  return entry.kind === 'revoke' || sameBytes(leaf, toBytes32(entry.leaf));
}

async function* readRows(db: Database): AsyncGenerator<Row> {
  for (let after = 0n; ;) {
    const { rows } = await sql<Row>`select seq, kind, log.position, line, head, leaf
      from log left join attestations on attestations.position = log.position
      where seq > ${after} order by seq limit ${PAGE}`.execute(db);
    yield* rows;
    const last = rows.at(-1);
    if (!last) return;
    after = last.seq;
  }
}

/** An attestation is live unless the log's last word on it is a revocation; positions have no gap. */
async function checkStanding(
  db: Database,
  book: { readonly size: number; readonly revoked: bigint },
): Promise<void> {
  const { rows } = await sql<{ wrong: bigint; used: bigint; last: number | null }>`
    select count(*) filter (where live is distinct from (kind <> 'revoke')) as wrong,
      count(live) as used, max(position) as last
    from (select distinct on (position) position, kind from log where position is not null
      order by position, seq desc) as last_words
    full join attestations using (position)`.execute(db);
  const { rows: counts } = await sql<{ revoked: bigint }>`
    select count(*) as revoked from log where kind = 'revoke'`.execute(db);
  const [{ wrong, used, last } = { wrong: 1n, used: 0n, last: null }] = rows;
  const size = (last ?? -1) + 1;
  const fits =
    wrong === 0n &&
    BigInt(size) === used &&
    size === book.size &&
    counts[0]?.revoked === book.revoked;
  if (!fits) throw invalidInput('backup.attestations', undefined, 'must be those of the log');
}
