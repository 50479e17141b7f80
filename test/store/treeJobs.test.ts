import { expect } from 'chai';
import { sql } from 'kysely';
import { fieldToBytes } from '../../src/protocol/field.ts';
import type { Store } from '../../src/store/store.ts';
import { buildTree, readRoot, type BlockBuilder } from '../../src/store/tree.ts';
import { createDistributor, startTreeWorker } from '../../src/store/treeJobs.ts';
import { loadHasher, type Hasher } from '../../src/tree/hasher.ts';
import { inline } from '../../src/tree/threads.ts';
import { bound, issued, rowsOf, schema } from '../support/issuers.ts';
import { inFolder, onServer } from '../support/stores.ts';
import { useProcesses } from '../support/storeProcess.ts';
import { rejected } from '../support/world.ts';

const WINDOWS = 4;

/** Leaves in so many windows, a few in each. */
async function populate(store: Store): Promise<void> {
  await bound(store);
  await issued(store, rowsOf(3));
  await sql`insert into attestations (position, leaf, schema_id, issued_at, expires_at, live)
    select n * 65536, decode(lpad(to_hex(n), 64, '0'), 'hex'), ${fieldToBytes(schema.id)}, 0, 0, true
    from generate_series(1, ${WINDOWS - 1}::int) as n`.execute(store.db);
  await sql`insert into log (seq, kind, position, line, head)
    select 3 + n, 'attest', n * 65536, '{}', '' from generate_series(1, ${WINDOWS - 1}::int) as n`.execute(
    store.db,
  );
  await sql`update book set log_seq = ${2 + WINDOWS}::int`.execute(store.db);
}

describe('store/treeJobs', () => {
  const start = useProcesses();
  let hasher: Hasher;
  let builder: BlockBuilder;

  before(async () => {
    hasher = await loadHasher();
    builder = inline(hasher);
  });

  /** The root that one process makes of the same rows. */
  const localRoot = async (store: Store) => {
    const { db } = store;
    await buildTree(store, { builder });
    const root = await readRoot(db, hasher);
    await sql`truncate blocks, staged_blocks`.execute(db);
    await sql`update book set built_seq = 0, built_root = ''`.execute(db);
    return root;
  };

  inFolder((stores) => {
    it('is refused: one process has a folder to itself', async () => {
      const store = await stores.openFresh();
      expect(await rejected(startTreeWorker(store, { builder }))).to.include({
        code: 'InvalidInput',
      });
      expect(await rejected(createDistributor(store, { builder }))).to.include({
        code: 'InvalidInput',
      });
    });
  });

  onServer((stores) => {
    it('gives the root of a local build with two more processes at work', async () => {
      const url = await stores.fresh();
      const store = await stores.open(url);
      await populate(store);
      const root = await localRoot(store);
      const others = [start('work', [url]), start('work', [url])];
      for (const other of others) expect(await other.line()).to.equal('ready');
      const { distribute, close } = await createDistributor(store, { builder });
      try {
        await buildTree(store, { builder, distribute });
      } finally {
        await close();
      }
      expect(await readRoot(store.db, hasher)).to.equal(root);
      for (const other of others) expect(await other.finish()).to.equal(0);
    });

    it('does again what a process that was killed had begun', async () => {
      const url = await stores.fresh();
      const store = await stores.open(url);
      await populate(store);
      const root = await localRoot(store);
      const other = start('stall', [url]);
      expect(await other.line()).to.equal('ready');
      let killed: Promise<void> | undefined;
      const { distribute, close } = await createDistributor(store, {
        builder: {
          applyToBlocks: async (jobs) => {
            // This process waits until the other has taken a window, and is gone.
            killed ??= other.line().then((line) => {
              expect(line).to.equal('stalled');
              return other.kill();
            });
            await killed;
            return builder.applyToBlocks(jobs);
          },
        },
      });
      try {
        await buildTree(store, { builder, distribute });
      } finally {
        await close();
      }
      expect(killed).to.not.equal(undefined);
      expect(await readRoot(store.db, hasher)).to.equal(root);
    });

    it('gives up on a window that fails every time, and merges nothing', async () => {
      const store = await stores.openFresh();
      await populate(store);
      const failing: BlockBuilder = { applyToBlocks: () => Promise.reject(new Error('broken')) };
      const { distribute, close } = await createDistributor(store, { builder: failing });
      try {
        const error = await rejected(buildTree(store, { builder, distribute }));
        expect(error).to.include({ code: 'StoreUnavailable' });
      } finally {
        await close();
      }
      const book = await store.db.selectFrom('book').selectAll().executeTakeFirstOrThrow();
      expect(book.built_seq).to.equal(0n);
    });
  });
});
