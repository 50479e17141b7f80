import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { sql } from 'kysely';
import { reinstate, revoke } from '../../src/issuer/revoke.ts';
import { fieldToBytes, type Field } from '../../src/protocol/field.ts';
import { computeRoot } from '../../src/protocol/merklePath.ts';
import { toHex } from '../../src/store/bytes.ts';
import { lockBook } from '../../src/store/book.ts';
import type { Store } from '../../src/store/store.ts';
import {
  buildTree,
  buildWithin,
  readBlockLeaves,
  readPath,
  readRoot,
  stageWindow,
  type BlockBuilder,
  type WindowJob,
} from '../../src/store/tree.ts';
import { loadHasher, type Hasher } from '../../src/tree/hasher.ts';
import { inline } from '../../src/tree/threads.ts';
import { createTree } from '../../src/tree/tree.ts';
import {
  EVIDENCE,
  NOW,
  bound,
  checkedLog,
  commitmentOf,
  issued,
  replayed,
  rootOfLog,
  rowOf,
  rowsIn,
  rowsOf,
  schema,
} from '../support/issuers.ts';
import { forEachStore } from '../support/stores.ts';
import { rejected } from '../support/world.ts';

const why = { reason: 'fraud', evidence: EVIDENCE, now: NOW } as const;
const back = { reason: 'appeal-granted', evidence: EVIDENCE, now: NOW } as const;

/** A hash of 248 bits that costs next to nothing: for trees of many leaves. */
const quickHasher: Hasher = {
  nodes: (children) => hashEach(children, 128),
  leaves: (preimages) => hashEach(preimages, 288),
};

function hashEach(bytes: Uint8Array, width: number): Uint8Array {
  const hashes = new Uint8Array((bytes.length / width) * 32);
  for (let i = 0; i * width < bytes.length; i++) {
    const digest = createHash('sha256').update(bytes.subarray(i * width, (i + 1) * width));
    hashes.set(digest.digest().subarray(0, 31), 32 * i + 1);
  }
  return hashes;
}

/** A builder that counts the blocks that it changes, and throws before the call of a number. */
function countingBuilder(builder: BlockBuilder, failAt = Infinity) {
  let [calls, blocks] = [0, 0];
  return {
    builder: {
      applyToBlocks: async (jobs) => {
        if (calls++ === failAt) throw new Error('stopped');
        blocks += jobs.length;
        return builder.applyToBlocks(jobs);
      },
    } satisfies BlockBuilder,
    calls: () => calls,
    blocks: () => blocks,
  };
}

/** A generator of numbers below `n` that a seed repeats (mulberry32). */
function dice(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

const leafAt = (position: number): Field => (BigInt(position) + 1n) as Field;

/** Puts leaves into a store that nobody hashed, at positions `from` to `to - 1`, past the issuer. */
async function fill({ db }: Store, from: number, to: number): Promise<void> {
  await sql`insert into schemas values (${fieldToBytes(schema.id)}, '{}') on conflict do nothing`.execute(
    db,
  );
  await sql`insert into attestations (position, leaf, schema_id, issued_at, expires_at, live)
    select n, decode(lpad(to_hex(n + 1), 64, '0'), 'hex'), ${fieldToBytes(schema.id)}, 0, 0, true
    from generate_series(${from}::int, ${to - 1}::int) as n`.execute(db);
  await sql`insert into log (seq, kind, position, line, head)
    select log_seq + n - ${from} + 1, 'attest', n, '{}', ''
    from book, generate_series(${from}::int, ${to - 1}::int) as n`.execute(db);
  await sql`update book set size = ${to}::int, log_seq = log_seq + ${to - from}::int`.execute(db);
}

describe('store/tree', () => {
  let hasher: Hasher;
  let builder: BlockBuilder;

  before(async () => {
    hasher = await loadHasher();
    builder = inline(hasher);
  });

  forEachStore((stores) => {
    const open = async (): Promise<Store> => {
      const store = await stores.openFresh();
      await bound(store);
      return store;
    };

    it('of an empty log has the root of an empty tree, and no path', async () => {
      const store = await open();
      await buildTree(store, { builder });
      expect(await readRoot(store.db, hasher)).to.equal((await createTree()).root());
      expect(await rejected(readPath(store.db, 0, hasher))).to.include({ code: 'InvalidInput' });
    });

    const seed = Number(process.env['ELIGO_SEED'] ?? 20_260_101);
    it(`follows the log through any changes, in any parts (seed ${seed})`, async () => {
      const store = await open();
      const roll = dice(seed);
      let people = 0;
      const standing = async (live: boolean) =>
        store.db.selectFrom('attestations').selectAll().where('live', '=', live).execute();
      const steps = {
        issue: async () => {
          const count = 1 + roll(30);
          await issued(store, rowsOf(count, people));
          people += count;
        },
        revoke: async () => {
          const live = (await standing(true)).filter(() => roll(3) === 0);
          const positions = live.map(({ position }) => position);
          if (positions.length > 0) await revoke(store, { ...why, positions });
        },
        reinstate: async () => {
          for (const { position } of (await standing(false)).filter(() => roll(2) === 0))
            await reinstate(store, { ...back, positions: [position] }).catch(() => undefined);
        },
        replace: async () => {
          if (people === 0) return;
          const person = roll(people);
          const row = rowOf(person, { commitment: commitmentOf(100_000 + roll(1_000_000)) });
          await issued(store, [row], { ifLive: { replace: why } });
        },
        build: async () => {
          await buildTree(store, { builder });
          const root = await readRoot(store.db, hasher);
          expect(root).to.equal(await rootOfLog(store));
          const leaves = replayed(await checkedLog(store));
          for (const position of leaves.keys()) {
            if (roll(8) > 0) continue;
            const path = await readPath(store.db, position, hasher);
            expect(computeRoot(leaves[position]!, path)).to.equal(root);
          }
        },
      };
      const names = Object.keys(steps) as (keyof typeof steps)[];
      for (let step = 0; step < 30; step++) await steps[names[roll(names.length)]!]();
      await steps.issue();
      await steps.build();
      const kinds = new Set((await checkedLog(store)).map(({ kind }) => kind));
      expect([...kinds].sort()).to.deep.equal(['attest', 'reinstate', 'revoke']);
    });

    it('is right at the edges of chunks and windows', async () => {
      const store = await open();
      const tree = await createTree({ hasher: quickHasher });
      for (const size of [1_023, 1_024, 1_025, 32_767, 32_768, 32_769, 65_535, 65_536, 65_537]) {
        const before = tree.size();
        const added = Array.from({ length: size - before }, (_, i) => leafAt(before + i));
        await fill(store, before, size);
        tree.append(added);
        await buildTree(store, { builder: inline(quickHasher) });
        const root = await readRoot(store.db, quickHasher);
        expect(root, `of ${size}`).to.equal(tree.root());
        for (const position of [0, before, size - 1]) {
          const { siblings } = await readPath(store.db, position, quickHasher);
          expect(siblings).to.deep.equal(tree.path(position).siblings);
        }
        expect(await rejected(readPath(store.db, size, quickHasher))).to.include({
          code: 'InvalidInput',
        });
      }
      const last = await readBlockLeaves(store.db, 0, 64);
      expect(toHex(last)).to.equal(toHex(fieldToBytes(leafAt(65_536))));
      const chunks = store.db.selectFrom('blocks').select('index').where('tier', '=', 0);
      expect(await chunks.execute()).to.have.length(65);
    });

    describe('given a build that is interrupted', () => {
      it('goes on from there, wherever it was', async () => {
        const store = await open();
        await issued(store, rowsOf(3));
        // Two windows, then the two tiers above.
        await fill(store, 65_536, 65_540);
        const leaves = await store.db.selectFrom('attestations').selectAll().execute();
        const due = await rootOfPlaces(leaves);
        for (let failAt = 0; failAt < 4; failAt++) {
          const book = await rowsIn(store, ['book', 'blocks']);
          const stopped = countingBuilder(builder, failAt);
          const message = await buildTree(store, { builder: stopped.builder }).catch(
            (error: unknown) => (error as Error).message,
          );
          expect(message).to.equal('stopped');
          expect(await rowsIn(store, ['book', 'blocks'])).to.deep.equal(book);
        }
        const whole = countingBuilder(builder, 4);
        await buildTree(store, { builder: whole.builder });
        expect(whole.calls()).to.equal(4);
        expect(await readRoot(store.db, hasher)).to.equal(due);
        expect(await rowsIn(store, ['staged_blocks'])).to.deep.equal([]);
      });

      it('merges nothing where another process cleared a part of what was staged', async () => {
        const store = await open();
        await issued(store, rowsOf(3));
        await fill(store, 65_536, 65_540);
        const book = await rowsIn(store, ['book', 'blocks']);
        const distribute = async (jobs: readonly WindowJob[]): Promise<void> => {
          for (const job of jobs) await stageWindow(store.db, job, builder);
          await store.db.deleteFrom('staged_blocks').where('index', '=', 0).execute();
        };
        const error = await rejected(buildTree(store, { builder, distribute }));
        expect(error).to.include({ code: 'StoreLocked' });
        expect(await rowsIn(store, ['book', 'blocks'])).to.deep.equal(book);
        await buildTree(store, { builder });
        const leaves = await store.db.selectFrom('attestations').selectAll().execute();
        expect(await readRoot(store.db, hasher)).to.equal(await rootOfPlaces(leaves));
      });

      it('builds nothing again after it was whole, whoever opens the store next', async () => {
        const url = await stores.fresh();
        const store = await stores.open(url);
        await bound(store);
        await issued(store, rowsOf(1_030));
        const first = countingBuilder(inline(quickHasher));
        await buildTree(store, { builder: first.builder });
        expect(first.blocks()).to.equal(2 + 1 + 1);
        await store.close();
        const again = await stores.open(url);
        const second = countingBuilder(inline(quickHasher), 0);
        await buildTree(again, { builder: second.builder });
        expect(second.calls()).to.equal(0);

        // One more leaf: its own chunk, and one block of each tier above.
        await issued(again, [rowOf(2_000)]);
        const blocks = await rowsIn(again, ['blocks']);
        const third = countingBuilder(inline(quickHasher));
        await buildTree(again, { builder: third.builder });
        expect(third.blocks()).to.equal(3);
        const after = await rowsIn(again, ['blocks']);
        expect(after.filter((row) => blocks.includes(row))).to.have.length(1);
      });
    });

    it('tells how far it is', async () => {
      const store = await open();
      await issued(store, rowsOf(3));
      const told: (readonly [bigint, bigint])[] = [];
      await buildTree(store, {
        builder,
        onProgress: (done, of) => {
          told.push([done, of]);
        },
      });
      expect(told).to.deep.equal([[3n, 3n]]);
    });

    it('is built by one at a time', async () => {
      const store = await open();
      await issued(store, rowsOf(3));
      let second: Promise<unknown> = Promise.resolve();
      await buildTree(store, {
        builder: {
          applyToBlocks: async (jobs) => {
            if (store.kind === 'folder' && jobs[0]?.tier !== 0) return builder.applyToBlocks(jobs);
            second = rejected(buildTree(store, { builder }));
            await second;
            return builder.applyToBlocks(jobs);
          },
        },
      }).catch(() => undefined);
      expect(await second).to.include({ code: 'StoreLocked' });
    });

    it('is not put back by a build that a publication overtook', async () => {
      const store = await open();
      await issued(store, rowsOf(3));
      let handedOut = 0;
      const overtaken = async (jobs: readonly WindowJob[]): Promise<void> => {
        handedOut += 1;
        for (const job of jobs) await stageWindow(store.db, job, builder);
        await store.transaction(async (db) => {
          await lockBook(db, store);
          await buildWithin(db, { builder });
        });
        await issued(store, rowsOf(2, 3));
        await store.transaction(async (db) => {
          await lockBook(db, store);
          await buildWithin(db, { builder });
        });
        // A slow process hands in what nobody waits for any more.
        for (const job of jobs) await stageWindow(store.db, job, builder);
      };
      await buildTree(store, { builder, distribute: overtaken });
      expect(handedOut).to.equal(1);
      const book = await store.db.selectFrom('book').selectAll().executeTakeFirstOrThrow();
      expect(book.built_seq).to.equal(5n);
      expect(await readRoot(store.db, hasher)).to.equal(await rootOfLog(store));
    });

    it('takes up part of the log where it is asked to', async () => {
      const store = await open();
      await issued(store, rowsOf(3));
      const root = await rootOfLog(store);
      await issued(store, rowsOf(3, 3));
      await store.transaction((db) => buildWithin(db, { builder }, 3n));
      expect(await readRoot(store.db, hasher)).to.equal(root);
      await store.transaction((db) => buildWithin(db, { builder }));
      expect(await readRoot(store.db, hasher)).to.equal(await rootOfLog(store));
    });
  });

  /** The root of a tree with these leaves at their positions. */
  async function rootOfPlaces(
    places: readonly { readonly position: number; readonly leaf: Uint8Array }[],
  ): Promise<Field> {
    const last = Math.max(...places.map(({ position }) => position));
    const leaves = Array.from({ length: last + 1 }, () => 0n);
    for (const { position, leaf } of places) leaves[position] = BigInt(toHex(leaf));
    const tree = await createTree({ leaves, hasher: zeroSaving(hasher) });
    return tree.root();
  }
});

/** The same hashes; those of four equal children, of which an empty tree has many, are taken from a note. */
function zeroSaving(hasher: Hasher): Hasher {
  const notes = new Map<string, Uint8Array>();
  return {
    ...hasher,
    nodes: (children) => {
      const hashes = new Uint8Array(children.length / 4);
      for (let i = 0; i * 128 < children.length; i++) {
        const family = children.subarray(i * 128, (i + 1) * 128);
        const name = Buffer.from(family).toString('hex');
        const hash = notes.get(name) ?? hasher.nodes(family);
        notes.set(name, hash);
        hashes.set(hash, i * 32);
      }
      return hashes;
    },
  };
}
