import { expect } from 'chai';
import { zeroHash } from 'viem';
import { fetchPath } from '../../src/claimant/paths.ts';
import { exportPaths } from '../../src/issuer/pathFiles.ts';
import { readPublishedTree, type PublishedTree } from '../../src/issuer/pathsAt.ts';
import { reinstate, revoke } from '../../src/issuer/revoke.ts';
import { computeRoot } from '../../src/protocol/merklePath.ts';
import { lockBook } from '../../src/store/book.ts';
import { toHex } from '../../src/store/bytes.ts';
import { appendLog } from '../../src/store/log.ts';
import { insertPublication, setConfirmed } from '../../src/store/publications.ts';
import type { Store } from '../../src/store/store.ts';
import { buildTree, readBlockLeaves, readRoot } from '../../src/store/tree.ts';
import type { Tier } from '../../src/tree/blocks.ts';
import { loadHasher } from '../../src/tree/hasher.ts';
import { inline } from '../../src/tree/threads.ts';
import { EVIDENCE, NOW, bound, issued, rowsIn, rowsOf } from '../support/issuers.ts';
import { HEADER } from '../support/logs.ts';
import { forEachStore } from '../support/stores.ts';
import { fc, rejected } from '../support/world.ts';

const why = { reason: 'fraud', evidence: EVIDENCE, now: NOW } as const;
const back = { reason: 'appeal-granted', evidence: EVIDENCE, now: NOW } as const;

/** Every block that trees of these tests have, and one more of each tier. */
const BLOCKS: readonly (readonly [Tier, number])[] = [
  ...[0, 1, 2, 3].map((block) => [0, block] as const),
  ...([[1, 0], [1, 1], [2, 0], [2, 1]] as const), // prettier-ignore
];

async function build(store: Store): Promise<void> {
  await buildTree(store, { builder: inline(await loadHasher()) });
}

/** Builds the tree, and writes down that it was published; on the chain if it is told so. */
async function published(store: Store, state: 'confirmed' | 'prepared' = 'confirmed') {
  await build(store);
  const root = await readRoot(store.db, await loadHasher());
  return store.transaction(async (db) => {
    const book = await lockBook(db, store);
    const { size, revoked } = book;
    const { log_seq } = await appendLog(db, book, [{ kind: 'publish', root, size, revoked }], NOW);
    const before = await db.selectFrom('publications').select('sequence').execute();
    const sequence = BigInt(before.length + 1);
    const publication = { sequence, root, size, revoked, logHead: toHex(book.log_head) };
    await insertPublication(db, {
      ...{ ...publication, logSeq: log_seq, previousRoot: 0n, manifestHash: zeroHash },
      ...{ endsEpoch: false, voids: false, preparedBlock: 1n },
    });
    if (state === 'confirmed')
      await setConfirmed(db, sequence, { hash: zeroHash, block: 1n, time: NOW });
    return publication;
  });
}

async function leavesOf(blocks: PublishedTree['blocks']): Promise<readonly string[]> {
  const leaves = [];
  for (const [tier, block] of BLOCKS)
    leaves.push(Buffer.from(await blocks(tier, block)).toString('hex'));
  return leaves;
}

const read = async (store: Store): Promise<PublishedTree> =>
  readPublishedTree(store.db, await loadHasher());

const storedLeaves = (store: Store): Promise<readonly string[]> =>
  leavesOf((tier, block) => readBlockLeaves(store.db, tier, block));

describe('issuer/pathsAt', () => {
  forEachStore((stores) => {
    it('is the stored tree where nothing came after the publication', async () => {
      const { store } = await bound(await stores.openFresh());
      await issued(store, rowsOf(1_030));
      await revoke(store, { positions: [3], ...why });
      const publication = await published(store);
      const tree = await read(store);
      expect(tree.publication).to.deep.equal(publication);
      expect(await leavesOf(tree.blocks)).to.deep.equal(await storedLeaves(store));
    });

    describe('given a build after the publication', () => {
      const changes: Readonly<Record<string, (store: Store) => Promise<unknown>>> = {
        'of positions in the last chunk': (store) => issued(store, rowsOf(2, 2_000)),
        'of new chunks': (store) => issued(store, rowsOf(2_100, 2_000)),
        'of a revocation': (store) => revoke(store, { positions: [0, 1_029], ...why }),
        'of a reinstatement': (store) => reinstate(store, { positions: [3, 1_028], ...back }),
        'of a revocation and its reinstatement': async (store) => {
          await revoke(store, { positions: [5], ...why });
          await reinstate(store, { positions: [5], ...back });
        },
        'of a reinstatement and another revocation': async (store) => {
          await reinstate(store, { positions: [3], ...back });
          await revoke(store, { positions: [3], ...why });
        },
        'of a position that is revoked at once': async (store) => {
          const [first] = await issued(store, rowsOf(1, 2_000));
          await revoke(store, { positions: [first!.position], ...why });
        },
      };
      for (const [what, change] of Object.entries(changes)) {
        it(`gives the blocks as they were published: ${what}`, async () => {
          const { store } = await bound(await stores.openFresh());
          await issued(store, rowsOf(1_030));
          await revoke(store, { positions: [3, 1_028], ...why });
          const publication = await published(store);
          const before = await storedLeaves(store);
          await change(store);
          await build(store);
          const rows = await rowsIn(store);
          const tree = await read(store);
          expect(tree.publication).to.deep.equal(publication);
          expect(await leavesOf(tree.blocks)).to.deep.equal(before);
          expect(await rowsIn(store)).to.deep.equal(rows);
        });
      }

      it('gives the blocks of a tree that was published full to the end of a chunk', async () => {
        const { store } = await bound(await stores.openFresh());
        await issued(store, rowsOf(1_024));
        await published(store);
        const before = await storedLeaves(store);
        await issued(store, rowsOf(1, 2_000));
        await build(store);
        expect(await storedLeaves(store)).not.to.deep.equal(before);
        expect(await leavesOf((await read(store)).blocks)).to.deep.equal(before);
      });

      it('gives no blocks of a tree that was published empty', async () => {
        const { store } = await bound(await stores.openFresh());
        await published(store);
        await issued(store, rowsOf(2));
        await build(store);
        expect(new Set(await leavesOf((await read(store)).blocks))).to.deep.equal(new Set(['']));
      });

      it('gives files that lead a holder to the root of the publication', async () => {
        const { store } = await bound(await stores.openFresh());
        const all = await issued(store, rowsOf(5));
        const { root } = await published(store);
        await revoke(store, { positions: [1], ...why });
        await issued(store, rowsOf(2, 2_000));
        await build(store);
        expect(await readRoot(store.db, await loadHasher())).not.to.equal(root);
        const folder = await stores.file('paths');
        await exportPaths({ ...(await read(store)), folder, header: HEADER });
        const { leaf, path } = await fetchPath({ source: folder, root, position: 1 });
        expect(leaf).to.equal(all[1]!.leaf);
        expect(computeRoot(leaf, path)).to.equal(root);
      });
    });

    it('is the tree of the last publication on the chain where a later one is on its way', async () => {
      const { store } = await bound(await stores.openFresh());
      await issued(store, rowsOf(3));
      const publication = await published(store);
      const before = await storedLeaves(store);
      await revoke(store, { positions: [1], ...why });
      await published(store, 'prepared');
      const tree = await read(store);
      expect(tree.publication).to.deep.equal(publication);
      expect(await leavesOf(tree.blocks)).to.deep.equal(before);
    });

    it('refuses where nothing is on the chain', async () => {
      const { store } = await bound(await stores.openFresh());
      await issued(store, rowsOf(3));
      await published(store, 'prepared');
      const error = await rejected(read(store));
      expect(error.code).to.equal('PublicationPending');
      await setConfirmed(store.db, 1n, { hash: zeroHash, block: 1n, time: NOW });
      expect((await read(store)).publication.sequence).to.equal(1n);
    });

    it('takes back whatever came after a publication', async () => {
      const { store } = await bound(await stores.openFresh());
      const action = fc.record({ kind: fc.constantFrom('issue', 'turn'), pick: fc.nat(60) });
      let people = 0;
      const act = async ({ kind, pick }: { kind: string; pick: number }): Promise<void> => {
        if (kind === 'issue' || people === 0) {
          await issued(store, rowsOf(1 + pick, people));
          people += 1 + pick;
          return;
        }
        const position = pick % people;
        const { live } = await store.db
          .selectFrom('attestations')
          .select('live')
          .where('position', '=', position)
          .executeTakeFirstOrThrow();
        if (live) await revoke(store, { positions: [position], ...why });
        else await reinstate(store, { positions: [position], ...back });
      };
      const actions = fc.array(action, { maxLength: 12 });
      // fast-check names the seed of a failure. The store goes on from run to run.
      await fc.assert(
        fc.asyncProperty(actions, actions, async (earlier, later) => {
          for (const each of earlier) await act(each);
          await published(store);
          const before = await storedLeaves(store);
          for (const each of later) await act(each);
          await build(store);
          expect(await leavesOf((await read(store)).blocks)).to.deep.equal(before);
        }),
        { numRuns: 8, endOnFailure: true },
      );
    });
  });
});
