/**
 * A store: the issuer's tables on PGlite in a folder, or on PostgreSQL by URL; the same SQL on both (DESIGN.md section 4).
 * @module
 */
import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite, types } from '@electric-sql/pglite';
import { Kysely, PostgresDialect, type PostgresPool, type Transaction } from 'kysely';
import pg from 'pg';
import { EligoError, invalidInput } from '../errors.ts';
import { lockFolder } from './folderLock.ts';
import { migrate } from './migrations.ts';
import { isKeyOf, type SealKey } from './seal.ts';
import type { Tables } from './tables.ts';

/** Reads and writes: the store itself, or a transaction on it. */
export type Database = Kysely<Tables> | Transaction<Tables>;

/** An open store. */
export type Store = {
  readonly kind: 'folder' | 'postgres';
  readonly db: Kysely<Tables>;
  /** The key that personal data is sealed under. */
  readonly key: SealKey | undefined;
  /** The URL of a PostgreSQL store, for those that need a connection of their own. Holds a password. */
  readonly url: string | undefined;
  /** Runs work, all of it or nothing. */
  readonly transaction: <T>(work: (db: Transaction<Tables>) => Promise<T>) => Promise<T>;
  /**
   * Runs work that no second process may run at the same time.
   * @throws {StoreLocked} if one does
   */
  readonly alone: <T>(task: string, work: () => Promise<T>) => Promise<T>;
  readonly close: () => Promise<void>;
};

/**
 * Opens a store and brings it to the newest version; a folder that isn't there is made.
 * @param url a folder, or `postgres://…`
 * @param options.key what personal data is sealed under
 * @throws {StoreLocked} if another process has the folder
 * @throws {StoreUnavailable} if the server doesn't answer
 * @throws {StoreMismatch} if a newer program made it, or it is sealed under another key
 * @example
 * const store = await openStore('./issuer');
 * try { … } finally { await store.close(); }
 */
export async function openStore(
  url: string,
  options: { readonly key?: SealKey | undefined } = {},
): Promise<Store> {
  const isServer = /^postgres(ql)?:\/\//.test(url);
  // A URL with a slip of the pen must not become a folder's name: it may hold a password.
  if (url === '' || (!isServer && url.includes('://')))
    throw invalidInput('store', undefined, 'must be a folder or a postgres:// URL');
  const store = isServer ? openServer(url, options.key) : await openFolder(url, options.key);
  try {
    await migrate(store.db as unknown as Kysely<unknown>);
    await checkKey(store);
    return store;
  } catch (error) {
    await store.close();
    throw error instanceof EligoError ? error : unavailable(error);
  }
}

async function openFolder(folder: string, key: SealKey | undefined): Promise<Store> {
  const unlock = await lockFolder(folder).catch((error: unknown) => {
    throw unavailable(error);
  });
  try {
    const lite = await openPglite(join(folder, 'data'));
    const db = database(poolOf(lite));
    const running = new Set<string>();
    return {
      ...common(db, key),
      kind: 'folder',
      url: undefined,
      alone: async (task, work) => {
        if (running.has(task)) throw busy(task);
        running.add(task);
        try {
          return await work();
        } finally {
          running.delete(task);
        }
      },
      close: async () => {
        try {
          await db.destroy();
          await lite.close();
        } finally {
          await unlock();
        }
      },
    };
  } catch (error) {
    await unlock();
    throw unavailable(error);
  }
}

/** Byte strings by Buffer: PGlite's own way takes an array and a string a byte. */
const parsers = {
  [types.INT8]: (text: string) => BigInt(text),
  [types.BYTEA]: (text: string) => Uint8Array.from(Buffer.from(text.slice(2), 'hex')),
};
const serializers = {
  [types.BYTEA]: (bytes: Uint8Array) =>
    `\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}`,
};

/** A new database is made beside its place and moved there when it is whole: a crash leaves none that is half made. */
async function openPglite(directory: string): Promise<PGlite> {
  const there = await stat(directory).then(
    () => true,
    () => false,
  );
  if (!there) {
    const unfinished = `${directory}.part`;
    await rm(unfinished, { recursive: true, force: true });
    await (await PGlite.create(unfinished)).close();
    await rename(unfinished, directory);
  }
  return PGlite.create({ dataDir: directory, parsers, serializers });
}

/** PGlite as the pool that kysely's dialect expects: one connection, handed from one user to the next. */
function poolOf(lite: PGlite): PostgresPool {
  let last: Promise<void> = Promise.resolve();
  return {
    connect: async () => {
      const before = last;
      let release = (): void => undefined;
      last = new Promise((done) => {
        release = done;
      });
      await before;
      return {
        query: (async (sql: string, parameters: unknown[]) => {
          const { rows, affectedRows } = await lite.query(sql, parameters);
          return { command: 'UPDATE', rowCount: affectedRows ?? 0, rows };
        }) as never,
        release: () => {
          release();
        },
      };
    },
    end: () => Promise.resolve(),
  };
}

function openServer(url: string, key: SealKey | undefined): Store {
  const parserOf = pg.types.getTypeParser as (oid: number, format?: string) => unknown;
  const parsing = {
    getTypeParser: ((oid: number, format?: string) =>
      oid === types.INT8 ? BigInt : parserOf(oid, format)) as typeof pg.types.getTypeParser,
  };
  const pool = new pg.Pool({
    connectionString: url,
    types: parsing,
    connectionTimeoutMillis: 10_000,
  });
  // A connection that breaks while nobody uses it is no reason to end the process; the next query says what is wrong.
  pool.on('error', () => undefined);
  const db = database(pool);
  return {
    ...common(db, key),
    kind: 'postgres',
    url,
    alone: (task, work) => aloneOnServer(url, task, work),
    close: () => db.destroy(),
  };
}

/** Holds an advisory lock on a connection of its own: it goes with the process, however that ends. */
async function aloneOnServer<T>(url: string, task: string, work: () => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const lock = 'select pg_try_advisory_lock(hashtextextended($1, 0)) as taken';
    const { rows } = await client.query<{ taken: boolean }>(lock, [`eligo/${task}`]);
    if (rows[0]?.taken !== true) throw busy(task);
    return await work();
  } catch (error) {
    throw isConnectionError(error) ? unavailable(error) : error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function common(
  db: Kysely<Tables>,
  key: SealKey | undefined,
): Pick<Store, 'db' | 'key' | 'transaction'> {
  return { db, key, transaction: (work) => db.transaction().execute(work) };
}

function database(pool: PostgresPool): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}

/** A store that isn't set up yet takes any key. */
async function checkKey({ db, key }: Store): Promise<void> {
  const book = await db.selectFrom('book').select('seal_key').executeTakeFirst();
  if (!book || isKeyOf(book.seal_key, key)) return;
  const rule =
    book.seal_key === null
      ? 'is not sealed: open it without a key, or seal it with `issuer rekey`'
      : `is sealed: it needs the key that it was sealed under`;
  throw new EligoError('StoreMismatch', `the store ${rule}`);
}

function busy(task: string): EligoError {
  return new EligoError('StoreLocked', `another process is at it: ${task}`, { task });
}

function isConnectionError(error: unknown): boolean {
  const code = (error as { readonly code?: unknown }).code;
  return (
    typeof code === 'string' && /^(ECONN|ENOTFOUND|ETIMEDOUT|EPIPE|08|57P|3D000|28)/.test(code)
  );
}

/** The server's own words may repeat the URL, and with it the password: the code is all that is passed on. */
function unavailable(error: unknown): EligoError {
  if (error instanceof EligoError) return error;
  const code = (error as { readonly code?: unknown } | undefined)?.code;
  const reason = typeof code === 'string' ? code : error instanceof Error ? error.name : 'unknown';
  return new EligoError(
    'StoreUnavailable',
    `the store can't be opened (${reason})`,
    { reason },
    error,
  );
}
