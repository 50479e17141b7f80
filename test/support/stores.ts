/**
 * Stores for tests: each kind that there is, a fresh one for each test, closed and gone after it.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import { openStore, type Store } from '../../src/store/store.ts';
import type { SealKey } from '../../src/store/seal.ts';

/** A server whose databases tests may make and drop, such as `.ci/postgres` starts. */
const SERVER = process.env['ELIGO_TEST_DATABASE'];

/** In memory where the platform has such a folder: an empty store is 39 MB, and each test copies one. */
const TEMPORARY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** Where a test's stores come from. */
export type Stores = {
  readonly kind: Store['kind'];
  /** Somewhere with no store yet: a folder, or the URL of an empty database. */
  readonly place: () => Promise<string>;
  /** A new store's place: in a folder, made from a template that is migrated already. */
  readonly fresh: () => Promise<string>;
  /** Opens a store, to be closed after the test. */
  readonly open: (url: string, options?: { readonly key?: SealKey }) => Promise<Store>;
  /** Opens a new store. */
  readonly openFresh: (options?: { readonly key?: SealKey }) => Promise<Store>;
  /** A file of this test's. */
  readonly file: (name: string) => Promise<string>;
};

/** Declares tests once for a store in a folder and once for one on PostgreSQL. */
export function forEachStore(tests: (stores: Stores) => void): void {
  inFolder(tests);
  onServer(tests);
}

/** Declares tests for a store in a folder. */
export function inFolder(tests: (stores: Stores) => void): void {
  describe('in a folder', () => {
    const { stores } = useStores('folder', (fresh) => newFolder(fresh));
    tests(stores);
  });
}

/** Declares tests for a store on PostgreSQL. */
export function onServer(tests: (stores: Stores) => void): void {
  if (SERVER === undefined) {
    describe.skip('on PostgreSQL (ELIGO_TEST_DATABASE names no server)', () => {
      tests({} as Stores);
    });
    return;
  }
  describe('on PostgreSQL', () => {
    const { stores } = useStores('postgres', () => newDatabase(SERVER));
    tests(stores);
  });
}

type Place = { readonly url: string; readonly remove: () => Promise<void> };

function useStores(kind: Store['kind'], make: (fresh: boolean) => Promise<Place>) {
  const opened: Store[] = [];
  const removals: (() => Promise<void>)[] = [];
  const placeOf = async (fresh: boolean): Promise<string> => {
    const { url, remove } = await make(fresh);
    removals.push(remove);
    return url;
  };
  const open: Stores['open'] = async (url, options) => {
    const store = closedOnce(await openStore(url, options));
    opened.push(store);
    return store;
  };
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
    for (const remove of removals.splice(0)) await remove();
  });
  const stores: Stores = {
    kind,
    place: () => placeOf(false),
    fresh: () => placeOf(true),
    open,
    openFresh: async (options) => open(await placeOf(true), options),
    file: async (name) => {
      const folder = await mkdtemp(join(TEMPORARY, 'eligo-file-'));
      removals.push(() => rm(folder, { recursive: true }));
      return join(folder, name);
    },
  };
  return { stores };
}

/** A test may close its store itself. */
function closedOnce(store: Store): Store {
  let closing: Promise<void> | undefined;
  return { ...store, close: () => (closing ??= store.close()) };
}

let template: Promise<string> | undefined;

/** A new folder costs seconds, a copy of one a fraction of one. */
function templateFolder(): Promise<string> {
  template ??= (async () => {
    const folder = await mkdtemp(join(TEMPORARY, 'eligo-template-'));
    process.once('exit', () => {
      rmSync(folder, { recursive: true, force: true });
    });
    const store = await openStore(join(folder, 'store'));
    await store.close();
    return join(folder, 'store');
  })();
  return template;
}

async function newFolder(fresh: boolean): Promise<Place> {
  const folder = await mkdtemp(join(TEMPORARY, 'eligo-store-'));
  const url = join(folder, 'store');
  if (fresh) await cp(await templateFolder(), url, { recursive: true });
  return { url, remove: () => rm(folder, { recursive: true, force: true }) };
}

async function newDatabase(server: string): Promise<Place> {
  const name = `eligo_test_${randomBytes(8).toString('hex')}`;
  await onDatabase(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    remove: () => onDatabase(server, `drop database ${name} with (force)`),
  };
}

async function onDatabase(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/**
 * Waits until nobody has the place open: a server goes on with the last statement of a client that was killed, and notices
 * its end afterwards.
 */
export async function untilLeft(url: string): Promise<void> {
  if (!url.startsWith('postgres')) return;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const others = `select 1 from pg_stat_activity where datname = current_database()
      and backend_type = 'client backend' and pid <> pg_backend_pid()`;
    for (;;) if ((await client.query(others)).rowCount === 0) return;
  } finally {
    await client.end();
  }
}

/** Runs a statement in a place that nobody has open, past the store. */
export async function atPlace(url: string, statement: string): Promise<void> {
  if (url.startsWith('postgres')) return onDatabase(url, statement);
  const lite = await PGlite.create(join(url, 'data'));
  try {
    await lite.exec(statement);
  } finally {
    await lite.close();
  }
}
