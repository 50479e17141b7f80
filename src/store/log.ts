/**
 * The log's table: appended to under the book's lock, never changed.
 * @module
 */
import { sql } from 'kysely';
import { nextHead, readLogEntry, writeLogEntry, type LogEvent } from '../protocol/log.ts';
import type { Book } from './book.ts';
import { toBytes32, toHex, unnest } from './bytes.ts';
import type { Database } from './store.ts';

const PAGE = 4096;

/**
 * Appends entries.
 * @param book locked in this transaction
 * @param now  Unix seconds; the log's time never falls, whatever the clock does
 * @returns the book after them
 * @throws {InvalidInput} for a reason that is not in the list, or evidence that is no sha256
 */
export async function appendLog(
  db: Database,
  book: Book,
  events: readonly LogEvent[],
  now: bigint,
): Promise<Book> {
  if (events.length === 0) return book;
  const at = now > book.log_at ? now : book.log_at;
  let head = toHex(book.log_head);
  const rows = events.map((event, i) => {
    const seq = book.log_seq + BigInt(i) + 1n;
    const line = writeLogEntry({ seq, at, ...event });
    // Reason and evidence are the caller's: a line that nobody could read would break the log for good.
    if ('reason' in event) readLogEntry(line, event.kind);
    head = nextHead(head, line);
    const position = event.kind === 'publish' ? null : event.position;
    return { seq, kind: event.kind, position, line, head: toBytes32(head) };
  });
  const columns = unnest([
    ['bigint', rows.map((row) => row.seq)],
    ['text', rows.map((row) => row.kind)],
    ['int', rows.map((row) => row.position)],
    ['text', rows.map((row) => row.line)],
    ['bytea', rows.map((row) => row.head)],
  ]);
  await sql`insert into log (seq, kind, position, line, head) select * from ${columns}`.execute(db);
  const after = {
    log_seq: book.log_seq + BigInt(events.length),
    log_head: toBytes32(head),
    log_at: at,
  };
  await db.updateTable('book').set(after).execute();
  return { ...book, ...after };
}

/** The log's lines in order, a page at a time. @param options.upTo the last entry; all if left out */
export async function* readLog(
  db: Database,
  options: { readonly after?: bigint; readonly upTo?: bigint } = {},
): AsyncGenerator<{ readonly seq: bigint; readonly line: string }> {
  let after = options.after ?? 0n;
  for (;;) {
    let query = db.selectFrom('log').select(['seq', 'line']).where('seq', '>', after);
    if (options.upTo !== undefined) query = query.where('seq', '<=', options.upTo);
    const page = await query.orderBy('seq').limit(PAGE).execute();
    yield* page;
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    after = last.seq;
  }
}

/** Log entries by kind; `replaced` counts those among `attested` that replace another. */
export type LogCounts = {
  readonly attested: number;
  readonly replaced: number;
  readonly revoked: number;
  readonly reinstated: number;
};

/** Counts the entries in `(after, upTo]`. */
export async function countLog(
  db: Database,
  range: { readonly after: bigint; readonly upTo: bigint },
): Promise<LogCounts> {
  const { rows } = await sql<{ kind: string; count: bigint; replaced: bigint }>`
    select kind, count(*) as count, count(replaces) as replaced
    from log left join attestations on attestations.position = log.position and kind = 'attest'
    where seq > ${range.after} and seq <= ${range.upTo} group by kind`.execute(db);
  const row = (kind: string) => rows.find((candidate) => candidate.kind === kind);
  return {
    attested: Number(row('attest')?.count ?? 0n),
    replaced: Number(row('attest')?.replaced ?? 0n),
    revoked: Number(row('revoke')?.count ?? 0n),
    reinstated: Number(row('reinstate')?.count ?? 0n),
  };
}
