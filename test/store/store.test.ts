import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { sql } from 'kysely';
import { openStore } from '../../src/store/store.ts';
import { KEY, OTHER_KEY, bound, issued, rowOf, rowsIn } from '../support/issuers.ts';
import { atPlace, forEachStore, inFolder, onServer } from '../support/stores.ts';
import { useProcesses } from '../support/storeProcess.ts';
import { rejected } from '../support/world.ts';

describe('store/store', () => {
  const start = useProcesses();

  forEachStore((stores) => {
    it('makes a store where there is none, and finds in it what was written', async () => {
      const url = await stores.place();
      const first = await stores.open(url);
      await bound(first);
      await issued(first, [rowOf(0)]);
      const before = await rowsIn(first);
      await first.close();

      const again = await stores.open(url);
      expect(again.kind).to.equal(stores.kind);
      expect(await rowsIn(again)).to.deep.equal(before);
    });

    it('reads integers of 64 bits as bigints, and gives affected rows', async () => {
      const { db } = await stores.openFresh();
      const { rows } = await sql`select 9007199254740993::bigint as big, 7 as small`.execute(db);
      expect(rows).to.deep.equal([{ big: 9_007_199_254_740_993n, small: 7 }]);
      const { numDeletedRows } = await db.deleteFrom('log').executeTakeFirst();
      expect(numDeletedRows).to.equal(0n);
    });

    describe('a transaction', () => {
      it('leaves nothing of what threw, and the store goes on', async () => {
        const store = await stores.openFresh();
        const before = await rowsIn(store);
        const work = store.transaction(async (db) => {
          await sql`insert into schemas values ('\\x01', 'x')`.execute(db);
          throw new Error('stop');
        });
        expect(await work.catch((error: unknown) => (error as Error).message)).to.equal('stop');
        expect(await rowsIn(store)).to.deep.equal(before);
        await store.transaction(async (db) => {
          await sql`insert into schemas values ('\\x01', 'x')`.execute(db);
        });
        expect(await rowsIn(store)).to.have.length(before.length + 1);
      });

      it('goes on after a statement that failed', async () => {
        const store = await stores.openFresh();
        const failed = await store
          .transaction((db) => sql`select 1 / 0`.execute(db))
          .catch((error: unknown) => (error as { code: string }).code);
        expect(failed).to.equal('22012');
        expect(await store.transaction((db) => sql`select 1`.execute(db))).to.have.property('rows');
      });

      it('runs beside others that were asked for at the same time', async () => {
        const store = await stores.openFresh();
        await bound(store);
        await Promise.all(
          Array.from({ length: 8 }, (_, n) => issued(store, [rowOf(n)], { now: BigInt(n) })),
        );
        const positions = await store.db.selectFrom('attestations').select('position').execute();
        expect(positions.map(({ position }) => position).sort()).to.deep.equal([
          0, 1, 2, 3, 4, 5, 6, 7,
        ]);
      });
    });

    describe('alone', () => {
      it('refuses a second run of the same task, lets another run, and gives it free again', async () => {
        const store = await stores.openFresh();
        const inner = await store.alone('a', async () => {
          expect(await store.alone('b', () => Promise.resolve('b ran'))).to.equal('b ran');
          return rejected(store.alone('a', () => Promise.resolve()));
        });
        expect(inner).to.include({ code: 'StoreLocked' });
        expect(inner.data).to.deep.equal({ task: 'a' });
        expect(await store.alone('a', () => Promise.resolve(1))).to.equal(1);
      });

      it('gives the task free when it throws, and throws what it threw', async () => {
        const store = await stores.openFresh();
        const error = new Error('mine');
        const thrown = await store.alone('a', () => Promise.reject(error)).catch((e: unknown) => e);
        expect(thrown).to.equal(error);
        expect(await store.alone('a', () => Promise.resolve(1))).to.equal(1);
      });
    });

    describe('given a store that a newer program made', () => {
      it('refuses it, and opens it once the newer migration is gone', async () => {
        const url = await stores.fresh();
        await (await stores.open(url)).close();
        await atPlace(url, `insert into kysely_migration values ('9999-newer', 'now')`);
        const error = await rejected(stores.open(url));
        expect(error).to.include({ code: 'StoreMismatch' });
        expect(error.data).to.deep.equal({ known: '0002-import' });
        await atPlace(url, `delete from kysely_migration where name = '9999-newer'`);
        expect(await stores.open(url)).to.include({ kind: stores.kind });
      });
    });

    describe('given a store that is set up', () => {
      for (const [made, right, wrong] of [
        ['sealed', KEY, [OTHER_KEY, undefined]],
        ['plain', undefined, [KEY]],
      ] as const) {
        it(`that is ${made}: opens with the key it was made with, and with no other`, async () => {
          const url = await stores.fresh();
          const options = right && { key: right };
          const first = await stores.open(url, options);
          await bound(first);
          await first.close();
          for (const key of wrong) {
            const error = await rejected(stores.open(url, key && { key }));
            expect(error).to.include({ code: 'StoreMismatch' });
            expect(error.message).to.match(made === 'plain' ? /is not sealed/ : /is sealed/);
          }
          await (await stores.open(url, options)).close();
        });
      }
    });
  });

  inFolder((stores) => {
    const own = async (url: string): Promise<string> =>
      (await readdir(url)).find((name) => name.startsWith('lock-'))!;

    it('is refused while this process has it open, and opens after it was closed', async () => {
      const url = await stores.fresh();
      const store = await stores.open(url);
      const error = await rejected(openStore(url));
      expect(error).to.include({ code: 'StoreLocked' });
      expect(error.data).to.deep.equal({ folder: url, pid: process.pid, host: hostname() });
      await store.close();
      await stores.open(url);
    });

    it('is refused while another process has it open, and opens once that was killed', async () => {
      const url = await stores.fresh();
      const other = start('hold', [url]);
      expect(await other.line()).to.equal('ready');
      const error = await rejected(openStore(url));
      expect(error).to.include({ code: 'StoreLocked' });
      expect(error.data).to.include({ pid: other.pid });

      await other.kill();
      expect(await own(url)).to.match(new RegExp(`-${other.pid}-`));
      await stores.open(url);
      expect(await own(url)).to.match(new RegExp(`-${process.pid}-`));
    });

    it('takes what another process wrote before it was killed', async () => {
      const url = await stores.fresh();
      const store = await stores.open(url);
      await bound(store);
      await store.close();
      const other = start('issue', [url, '0', '5']);
      expect(await other.line()).to.equal('done');
      await other.kill();
      const rows = await rowsIn(await stores.open(url), ['attestations']);
      expect(rows).to.have.length(5);
    });

    it('clears the lock of a process id that was given out again', async () => {
      const url = await stores.fresh();
      // This process lives, but it did not start then.
      await writeFile(join(url, `lock-${hostname()}-${process.pid}-1`), '');
      await stores.open(url);
      expect(await own(url)).to.not.match(/-1$/);
    });

    it('believes the lock of another host, and says which file to remove', async () => {
      const url = await stores.fresh();
      const name = 'lock-other.example-1-1';
      await writeFile(join(url, name), '');
      const error = await rejected(openStore(url));
      expect(error).to.include({ code: 'StoreLocked' });
      expect(error.message).to.match(/on other\.example.*remove lock-other\.example-1-1/);
      // It leaves no lock of its own behind.
      expect((await readdir(url)).filter((file) => file.startsWith('lock-'))).to.deep.equal([name]);
    });

    it('makes the store anew where making it was interrupted', async () => {
      const url = await stores.place();
      await mkdir(join(url, 'data.part'), { recursive: true });
      await writeFile(join(url, 'data.part', 'PG_VERSION'), 'half');
      const store = await stores.open(url);
      await bound(store);
      expect((await readdir(url)).filter((file) => file.startsWith('data'))).to.deep.equal([
        'data',
      ]);
    });

    it('says that it is not available where the folder is a file, and unlocks what is broken', async () => {
      const file = await stores.file('file');
      await writeFile(file, '');
      const error = await rejected(openStore(file));
      expect(error).to.include({ code: 'StoreUnavailable' });
      expect(error.data).to.deep.equal({ reason: 'EEXIST' });

      const broken = await stores.place();
      await mkdir(join(broken, 'data'), { recursive: true });
      await writeFile(join(broken, 'data', 'PG_VERSION'), '99');
      expect(await rejected(openStore(broken))).to.include({ code: 'StoreUnavailable' });
      expect(await readdir(broken)).to.deep.equal(['data']);
    });

    it('lets nobody but its owner into the folder, also one that was open before', async () => {
      const url = await stores.fresh();
      await chmod(url, 0o755);
      await stores.open(url);
      expect((await stat(url)).mode & 0o777).to.equal(0o700);
    });

    it('refuses an empty name, and a URL of another kind, which it does not repeat', async () => {
      for (const url of ['', 'postgresq://user:pass@host/db', 'POSTGRES://user:pass@host/db']) {
        const error = await rejected(openStore(url));
        expect(error).to.include({ code: 'InvalidInput' });
        expect(`${error.message} ${JSON.stringify(error.data)}`).not.to.include('pass');
      }
    });
  });

  onServer((stores) => {
    it('is migrated once by many that open it at the same time', async () => {
      const url = await stores.place();
      const all = await Promise.all(Array.from({ length: 6 }, () => stores.open(url)));
      const { rows } = await sql`select name from kysely_migration`.execute(all[0]!.db);
      expect(rows).to.deep.equal([{ name: '0001-issuer' }, { name: '0002-import' }]);
    });

    it('runs a task alone among processes, and gives it free when one is killed', async () => {
      const url = await stores.fresh();
      const store = await stores.open(url);
      const other = start('alone', [url, 'task']);
      expect(await other.line()).to.equal('ready');
      const error = await rejected(store.alone('task', () => Promise.resolve()));
      expect(error).to.include({ code: 'StoreLocked' });
      await other.kill();
      // The server notices the end of the connection in its own time.
      for (;;) {
        const outcome = await store.alone('task', () => Promise.resolve('ran')).catch(() => 'busy');
        if (outcome === 'ran') return;
      }
    });

    describe('given what is no server, or no database', () => {
      const withPassword = (url: string, changes: Partial<Record<'host' | 'pathname', string>>) => {
        const changed = Object.assign(new URL(url), { password: 'pa55word', ...changes });
        return changed.href;
      };

      for (const [name, broken, reason] of [
        [
          'a port that nobody listens at',
          (url: string) => withPassword(url, { host: '127.0.0.1:1' }),
          'ECONNREFUSED',
        ],
        [
          'a database that does not exist',
          (url: string) => withPassword(url, { pathname: '/none' }),
          '3D000',
        ],
        ['what is no URL', () => 'postgres://user:pa55word@:x:/none', undefined],
      ] as const) {
        it(`says so of ${name}, and keeps the password to itself`, async () => {
          const url = await stores.place();
          const error = await rejected(openStore(broken(url)));
          expect(error).to.include({ code: 'StoreUnavailable' });
          if (reason !== undefined) expect(error.data).to.deep.equal({ reason });
          expect(inspect(error, { depth: 10, showHidden: false })).to.not.include('pa55word');
          await stores.open(url);
        });
      }
    });
  });
});
