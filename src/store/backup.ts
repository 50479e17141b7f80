/**
 * Backup and restore: a store as compressed lines, the same for a folder and a server, so that one can follow the other.
 *
 * The first line is a header, then a line a row, `{"table", "row"}`, and the last line counts the rows and hashes all that
 * came before: a file that was cut short is noticed. Sealed data stays sealed. The blocks of the tree are left out: they
 * follow from the log, and a restore builds them anew and holds them against the last publication.
 * @module
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { Readable, pipeline as connect } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { sql } from 'kysely';
import { EligoError, invalidInput } from '../errors.ts';
import { loadHasher } from '../tree/hasher.ts';
import { lockBook, type Book } from './book.ts';
import { checkLog } from './logCheck.ts';
import { newestMigration } from './migrations.ts';
import type { Database, Store } from './store.ts';
import { buildWithin, readRoot, type BuildOptions } from './tree.ts';
import { latestPublication } from './publications.ts';

/** In the order in which rows refer to each other. */
const TABLES = [
  'book',
  'schemas',
  'log',
  'attestations',
  'publications',
  'enrolments',
  'imports',
  'import_rounds',
  'import_rows',
] as const;

const PAGE = 1024;

type Table = (typeof TABLES)[number];

/**
 * Writes a backup, as the store is at one moment.
 * @param path where; must not exist. It holds personal data: readable by its owner only
 * @returns the number of rows
 * @throws {FileUnavailable} if it exists or can't be written
 */
export async function backUp(
  store: Store,
  path: string,
  say: (rows: number) => void = () => undefined,
): Promise<number> {
  const file = await create(path);
  let rows = 0;
  try {
    await store.db
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute(async (db) => {
        const lines = withTrailer(db, (count) => {
          rows = count;
          say(count);
        });
        const target = file.createWriteStream({ flush: true });
        await pipeline(Readable.from(lines), createGzip(), target);
      });
    return rows;
  } catch (error) {
    // Half a backup is none, and in the way of the next.
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

async function create(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    const message = `the backup ${path} can't be made (${code})`;
    throw new EligoError('FileUnavailable', message, { path, reason: code }, error);
  }
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
 * @param options.check looks at whose store it is before anything is committed, and throws if it is not the right one
 * @throws {StoreMismatch} if the store is in use already, the key is another, or a newer program made the backup
 * @throws {InvalidInput} if the file is no backup, was cut short or altered
 */
export async function restore(
  store: Store,
  path: string,
  options: BuildOptions & {
    readonly onRows?: (rows: number) => void;
    readonly check?: (book: Book) => void;
  },
): Promise<number> {
  return store.transaction(async (db) => {
    if (await db.selectFrom('book').select('one').executeTakeFirst())
      throw new EligoError('StoreMismatch', 'the store is in use: restore into a new one');
    const rows = await insertRows(db, path, options.onRows ?? (() => undefined));
    await db.updateTable('book').set({ built_seq: 0n, built_root: new Uint8Array() }).execute();
    const book = await lockBook(db, store);
    options.check?.(book);
    await checkLog(db);
    await checkRoot(db, options);
    await buildWithin(db, options);
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
  let begun = false;
  let whole = false;
  const flush = async (): Promise<void> => {
    if (!pending) return;
    const { table, rows } = pending;
    await insertJson(db, table, rows);
    pending = undefined;
    say(count);
  };
  for await (const text of linesOf(path)) {
    const line = parseLine(text, count);
    if (whole) throw invalidInput('backup', undefined, 'must end with its last line');
    if (begun === (line.kind === 'header'))
      throw invalidInput('backup', undefined, 'must begin with its one header');
    begun = true;
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

/** @throws {InvalidInput} for rows that the table doesn't take; the server's own words would repeat them */
async function insertJson(db: Database, table: Table, rows: readonly string[]): Promise<void> {
  const target = sql.table(table);
  const json = `[${rows.join(',')}]`;
  try {
    await sql`insert into ${target} select * from
      json_populate_recordset(null::${target}, ${json}::json)`.execute(db);
  } catch (error) {
    const code = (error as { readonly code?: unknown }).code;
    // SQLSTATE classes 22 and 23: data that is none, or that contradicts other data.
    if (typeof code !== 'string' || !/^2[23]/.test(code)) throw error;
    throw invalidInput('backup', undefined, `must have rows that fit the table ${table} (${code})`);
  }
}

/** Not readline: it says nothing of errors of the stream that it reads. */
async function* linesOf(path: string): AsyncGenerator<string> {
  // Whatever ends one of the two ends the other; the error is thrown where the text is read.
  const text = connect(createReadStream(path), createGunzip(), () => undefined).setEncoding('utf8');
  let rest = '';
  try {
    for await (const piece of text as AsyncIterable<string>) {
      const lines = (rest + piece).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw invalidInput('backup', undefined, `must be a backup that can be read (${code})`);
  }
  if (rest !== '') yield rest;
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

/** Builds up to the last publication, and holds the root against it. */
async function checkRoot(db: Database, options: BuildOptions): Promise<void> {
  const latest = await latestPublication(db);
  if (!latest) return;
  await buildWithin(db, options, latest.logSeq);
  if ((await readRoot(db, await loadHasher())) !== latest.root)
    throw invalidInput('backup.log', undefined, 'must lead to the root of the last publication');
}
