/**
 * Backup and restore: a store as compressed lines, the same for a folder and a server, so that one can follow the other.
 *
 * The first line is a header, then a line a row, `{"table", "row"}`, and the last line counts the rows and hashes all that
 * came before: a file that was cut short is noticed. Sealed data stays sealed. The blocks of the tree are left out: they
 * follow from the log, and a restore builds them anew and holds them against the last publication.
 * @module
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { sql } from 'kysely';
import { EligoError, invalidInput } from '../errors.ts';
import { EMPTY_HEAD, nextHead } from '../protocol/log.ts';
import { lockBook, readBook } from './book.ts';
import { toHex } from './bytes.ts';
import { newestMigration } from './migrations.ts';
import type { Database, Store } from './store.ts';
import { buildWithin, type BuildOptions } from './tree.ts';
import { latestPublication } from './publications.ts';
import { readLog } from './log.ts';

/** In the order in which rows refer to each other. */
const TABLES = ['book', 'schemas', 'log', 'attestations', 'publications', 'enrolments'] as const;

const PAGE = 1024;

type Table = (typeof TABLES)[number];

/**
 * Writes a backup, as the store is at one moment.
 * @param path where; must not exist. It holds personal data: readable by its owner only
 * @returns the number of rows
 */
export async function backUp(
  store: Store,
  path: string,
  say: (rows: number) => void = () => undefined,
): Promise<number> {
  let rows = 0;
  await store.db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (db) => {
      const lines = withTrailer(db, (count) => {
        rows = count;
        say(count);
      });
      const file = createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true });
      await pipeline(Readable.from(lines), createGzip(), file);
    });
  return rows;
}

async function* withTrailer(db: Database, counted: (rows: number) => void): AsyncGenerator<string> {
  const hash = createHash('sha256');
  const line = (document: object): string => {
    const text = `${JSON.stringify(document)}\n`;
    hash.update(text);
    return text;
  };
  let rows = 0;
  yield line({ eligo: 'backup/1', migration: newestMigration });
  for (const table of TABLES) {
    for await (const page of readRows(db, table)) {
      // The row is text of JSON already, numbers of 64 bits included: it is not parsed on the way.
      for (const row of page) yield line({ table, row });
      rows += page.length;
      counted(rows);
    }
  }
  yield `${JSON.stringify({ rows: String(rows), sha256: hash.digest('hex') })}\n`;
}

async function* readRows(db: Database, table: Table): AsyncGenerator<readonly string[]> {
  const name = sql.ref(table);
  await sql`declare backup cursor for select row_to_json(${name})::text as row from ${sql.table(table)}`.execute(
    db,
  );
  for (;;) {
    const { rows } = await sql<{ row: string }>`fetch ${sql.lit(PAGE)} from backup`.execute(db);
    if (rows.length === 0) break;
    yield rows.map(({ row }) => row);
  }
  await sql`close backup`.execute(db);
}

/**
 * Fills a new store from a backup, all of it or nothing: log, heads and tree are checked against each other.
 * @throws {StoreMismatch} if the store is in use already, the key is another, or a newer program made the backup
 * @throws {InvalidInput} if the file is no backup, was cut short or altered
 */
export async function restore(
  store: Store,
  path: string,
  options: BuildOptions & { readonly onRows?: (rows: number) => void },
): Promise<number> {
  return store.transaction(async (db) => {
    if (await db.selectFrom('book').select('one').executeTakeFirst())
      throw new EligoError('StoreMismatch', 'the store is in use: restore into a new one');
    const rows = await insertRows(db, path, options.onRows ?? (() => undefined));
    await db.updateTable('book').set({ built_seq: 0n, built_root: new Uint8Array() }).execute();
    await lockBook(db, store);
    await checkHeads(db);
    await buildWithin(db, options);
    await checkRoot(db);
    return rows;
  });
}

type BackupLine =
  | { readonly kind: 'header'; readonly migration: string }
  | { readonly kind: 'row'; readonly table: Table; readonly row: string }
  | { readonly kind: 'trailer'; readonly rows: string; readonly sha256: string };

async function insertRows(
  db: Database,
  path: string,
  say: (rows: number) => void,
): Promise<number> {
  const hash = createHash('sha256');
  let pending: { table: Table; rows: string[] } | undefined;
  let count = 0;
  let whole = false;
  const flush = async (): Promise<void> => {
    if (!pending) return;
    const { table, rows } = pending;
    const target = sql.table(table);
    await sql`insert into ${target} select * from
      json_populate_recordset(null::${target}, ${`[${rows.join(',')}]`}::json)`.execute(db);
    pending = undefined;
    say(count);
  };
  for await (const text of linesOf(path)) {
    const line = parseLine(text, count);
    if (whole) throw invalidInput('backup', undefined, 'must end with its last line');
    if (line.kind === 'trailer') {
      await flush();
      const right = line.rows === String(count) && line.sha256 === hash.digest('hex');
      if (!right) throw invalidInput('backup', undefined, 'was altered: its hash differs');
      whole = true;
      continue;
    }
    hash.update(`${text}\n`);
    if (line.kind === 'header') {
      refuseNewer(line.migration);
      continue;
    }
    if (pending && (pending.table !== line.table || pending.rows.length === PAGE)) await flush();
    pending ??= { table: line.table, rows: [] };
    pending.rows.push(line.row);
    count += 1;
  }
  if (!whole) throw invalidInput('backup', undefined, 'was cut short: its last line is missing');
  return count;
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const bytes = createReadStream(path);
  const text = createGunzip();
  const piped = pipeline(bytes, text);
  try {
    yield* createInterface({ input: text, crlfDelay: Infinity });
    await piped;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw invalidInput('backup', undefined, `must be a backup that can be read (${code})`);
  } finally {
    piped.catch(() => undefined);
  }
}

function parseLine(text: string, number: number): BackupLine {
  let document: Partial<Record<string, unknown>>;
  try {
    document = JSON.parse(text) as Partial<Record<string, unknown>>;
  } catch {
    throw invalidInput('backup', undefined, `row ${number + 1} must be JSON`);
  }
  const { eligo, migration, table, row, rows, sha256 } = document;
  if (eligo === 'backup/1' && typeof migration === 'string') return { kind: 'header', migration };
  if (typeof rows === 'string' && typeof sha256 === 'string')
    return { kind: 'trailer', rows, sha256 };
  const known = TABLES.find((name) => name === table);
  if (known && typeof row === 'string') return { kind: 'row', table: known, row };
  throw invalidInput('backup', undefined, `row ${number + 1} is none of a backup`);
}

function refuseNewer(migration: string): void {
  if (migration <= newestMigration) return;
  throw new EligoError(
    'StoreMismatch',
    `the backup was made by a newer program (${migration}); this one knows ${newestMigration}`,
  );
}

async function checkHeads(db: Database): Promise<void> {
  let head = EMPTY_HEAD;
  let seq = 0n;
  for await (const entry of readLog(db)) {
    head = nextHead(head, entry.line);
    seq += 1n;
    if (entry.seq !== seq) throw invalidInput('backup.log', entry.seq, `must be entry ${seq}`);
  }
  const book = await readBook(db);
  if (seq !== book.log_seq || head !== toHex(book.log_head))
    throw invalidInput('backup.log', undefined, 'must lead to the head that the book has');
}

async function checkRoot(db: Database): Promise<void> {
  const book = await readBook(db);
  const latest = await latestPublication(db);
  if (!latest || latest.logSeq !== book.log_seq) return;
  if (BigInt(toHex(book.built_root)) !== latest.root)
    throw invalidInput('backup.log', undefined, 'must lead to the root of the last publication');
}
