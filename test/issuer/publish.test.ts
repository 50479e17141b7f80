import { expect } from 'chai';
import { zeroHash } from 'viem';
import { getTransactionCount } from 'viem/actions';
import {
  freeze,
  getTree,
  nextPublication,
  publish as publishDirectly,
} from '../../src/chain/roots.ts';
import { getTreeEvents } from '../../src/chain/publications.ts';
import { rebuildTree } from '../../src/issuer/auditRebuild.ts';
import type { Issuer } from '../../src/issuer/issuer.ts';
import {
  PUBLISHING,
  planPublication,
  preparePublication,
  publish,
  type PublishOptions,
} from '../../src/issuer/publish.ts';
import { revoke } from '../../src/issuer/revoke.ts';
import { toPublication } from '../../src/issuer/settle.ts';
import type { Field } from '../../src/protocol/field.ts';
import { backUp, restore } from '../../src/store/backup.ts';
import { toHex } from '../../src/store/bytes.ts';
import { createTree } from '../../src/tree/tree.ts';
import { throughClient, useIssuerChain } from '../support/issuerChain.ts';
import { headed } from '../support/logs.ts';
import {
  EVIDENCE,
  NOW,
  checkedLog,
  issued,
  rootOfLog,
  rowOf,
  rowsIn,
  rowsOf,
} from '../support/issuers.ts';
import { forEachStore, onServer, type Stores } from '../support/stores.ts';
import { useProcesses } from '../support/storeProcess.ts';
import { rejected } from '../support/world.ts';

const why = { reason: 'fraud', evidence: EVIDENCE, now: NOW } as const;

describe('issuer/publish', () => {
  const chain = useIssuerChain();
  const start = useProcesses();

  const newIssuer = async (stores: Stores): Promise<Issuer> =>
    chain().newIssuer(await stores.openFresh());

  forEachStore((stores) => {
    it('publishes what the plan says: the root of the log, its head before the entry, and counts', async () => {
      const { publisher, published, options } = chain();
      const issuer = await newIssuer(stores);
      await issued(issuer.store, rowsOf(3));
      const root = await rootOfLog(issuer.store);
      const { log_head } = await issuer.store.db
        .selectFrom('book')
        .select('log_head')
        .executeTakeFirstOrThrow();
      const plan = await planPublication(issuer, publisher, options);
      expect(plan).to.deep.include({ idle: false, unfinished: false });
      expect(plan.changes).to.deep.equal({ attested: 3, replaced: 0, revoked: 0, reinstated: 0 });
      expect(plan.after).to.deep.equal({
        ...{ treeId: issuer.treeId, sequence: 1n, previousRoot: plan.before.root, root, size: 3 },
        ...{ revoked: 0n, endsEpoch: false, voids: false, logHead: toHex(log_head) },
        manifestHash: zeroHash,
      });

      const settled = await publish(issuer, publisher, options);
      expect(settled).to.include({ state: 'confirmed', sequence: 1n, logSeq: 4n });
      expect(toPublication(issuer, settled!)).to.deep.equal(plan.after);
      expect(await published(issuer)).to.deep.equal([plan.after]);
      expect((await checkedLog(issuer.store)).at(-1)).to.deep.equal({
        ...{ seq: 4n, at: NOW, kind: 'publish', root, size: 3, revoked: 0n },
      });
      const { sequence, root: onChain } = await getTree(publisher, issuer);
      expect({ sequence, onChain }).to.deep.equal({ sequence: 1n, onChain: root });
    });

    it('publishes nothing where nothing changed, and a heartbeat where one is asked for', async () => {
      const { publisher, published, options } = chain();
      const issuer = await newIssuer(stores);
      expect(await publish(issuer, publisher, options)).to.equal(undefined);
      // The tree may be empty still.
      const first = await publish(issuer, publisher, { ...options, heartbeat: true });
      expect(first!.root).to.equal((await createTree()).root());
      await issued(issuer.store, rowsOf(2));
      const second = await publish(issuer, publisher, options);
      const rows = await rowsIn(issuer.store);
      expect((await planPublication(issuer, publisher, options)).idle).to.equal(true);
      expect(await publish(issuer, publisher, options)).to.equal(undefined);
      expect(await rowsIn(issuer.store)).to.deep.equal(rows);
      const beat = await publish(issuer, publisher, { ...options, heartbeat: true });
      expect(beat).to.include({ sequence: 3n, root: second!.root, endsEpoch: false });
      expect((await published(issuer)).map(({ sequence }) => sequence)).to.deep.equal([1n, 2n, 3n]);
    });

    it('ends the epoch where revocations grew, or where it is told to; voids where it is told to', async () => {
      const { publisher, published, options } = chain();
      const issuer = await newIssuer(stores);
      await issued(issuer.store, rowsOf(3));
      await publish(issuer, publisher, options);
      await revoke(issuer.store, { ...why, positions: [1] });
      const plan = await planPublication(issuer, publisher, options);
      expect(plan.after).to.include({ endsEpoch: true, revoked: 1n });
      expect(plan.changes).to.include({ revoked: 1 });
      await publish(issuer, publisher, options);
      await issued(issuer.store, [rowOf(7)]);
      await publish(issuer, publisher, options);
      await publish(issuer, publisher, { ...options, endsEpoch: true });
      await publish(issuer, publisher, { ...options, voids: true, manifestHash: EVIDENCE });
      const facts = (await published(issuer)).map(({ endsEpoch, voids, manifestHash }) =>
        [endsEpoch, voids, manifestHash === EVIDENCE].map(Number).join(''),
      );
      expect(facts).to.deep.equal(['000', '100', '000', '100', '011']);
    });

    it('plans what is unfinished before anything new', async () => {
      const { publisher, options } = chain();
      const issuer = await newIssuer(stores);
      await issued(issuer.store, rowsOf(3));
      const prepared = await preparePublication(issuer, publisher, options);
      await issued(issuer.store, rowsOf(3, 3));
      const plan = await planPublication(issuer, publisher, options);
      expect(plan).to.include({ unfinished: true, idle: false });
      expect(plan.changes.attested).to.equal(3);
      expect(plan.after).to.deep.equal(toPublication(issuer, prepared!.publication));
      const again = await preparePublication(issuer, publisher, options);
      expect(again).to.deep.equal({ ...prepared, isNew: false });
    });

    describe('given a publication that was begun before', () => {
      const begun = async (begunWith: Partial<PublishOptions> = {}): Promise<Issuer> => {
        const { publisher, options } = chain();
        const issuer = await newIssuer(stores);
        await issued(issuer.store, rowsOf(3));
        await preparePublication(issuer, publisher, { ...options, ...begunWith });
        return issuer;
      };

      it('finishes it, and ends there if there is nothing newer and nothing asked for', async () => {
        const { publisher, options, published } = chain();
        const issuer = await begun();
        expect(await publish(issuer, publisher, options)).to.include({ sequence: 1n, size: 3 });
        expect(await published(issuer)).to.have.length(1);
      });

      it('finishes it, and then publishes what is newer', async () => {
        const { publisher, options, published } = chain();
        const issuer = await begun();
        await issued(issuer.store, rowsOf(3, 3));
        expect(await publish(issuer, publisher, options)).to.include({ sequence: 2n, size: 6 });
        expect((await published(issuer)).map(({ size }) => size)).to.deep.equal([3, 6]);
      });

      const wishes: Readonly<Record<string, Partial<PublishOptions>>> = {
        'a voiding': { voids: true },
        'the end of the epoch': { endsEpoch: true },
        'a manifest': { manifestHash: EVIDENCE },
        'a sign of life': { heartbeat: true },
      };
      for (const [what, wish] of Object.entries(wishes)) {
        it(`finishes it, and then publishes ${what} that is asked for`, async () => {
          const { publisher, options, published } = chain();
          const issuer = await begun();
          const last = await publish(issuer, publisher, { ...options, ...wish });
          const { heartbeat, ...carried } = wish;
          expect(last).to.include({ sequence: 2n, state: 'confirmed', ...carried });
          const [first, second] = await published(issuer);
          expect(first).to.include({ endsEpoch: false, voids: false, manifestHash: zeroHash });
          expect(second).to.include(carried);
          expect(heartbeat === true || Object.keys(carried).length === 1).to.equal(true);
        });
      }

      it('does not void twice where the same call is made again, unless something is newer', async () => {
        const { publisher, options, published } = chain();
        const voiding = { ...options, voids: true };
        const once = await begun({ voids: true });
        expect(await publish(once, publisher, voiding)).to.include({ sequence: 1n, voids: true });
        expect(await published(once)).to.have.length(1);
        const newer = await begun({ voids: true });
        await issued(newer.store, rowsOf(1, 3));
        expect(await publish(newer, publisher, voiding)).to.include({ sequence: 2n, voids: true });
      });
    });

    it('plans a root, counts and a head of one moment, whatever is issued meanwhile', async () => {
      const { publisher, options } = chain();
      const issuer = await newIssuer(stores);
      await issued(issuer.store, rowsOf(3));
      let late = rowsOf(2, 3);
      const { alone } = issuer.store;
      const store: Issuer['store'] = {
        ...issuer.store,
        alone: async (task, work) => {
          const done = await alone(task, work);
          await issued(issuer.store, late);
          late = [];
          return done;
        },
      };
      const plan = await planPublication({ ...issuer, store }, publisher, options);
      expect(plan.after).to.include({ size: 5, root: await rootOfLog(issuer.store) });
      expect((await planPublication(issuer, publisher, options)).after).to.deep.equal(plan.after);
    });

    it('publishes while the tree is frozen: revocations get through', async () => {
      const { owner, publisher, deployment, options, published } = chain();
      const issuer = await newIssuer(stores);
      await issued(issuer.store, rowsOf(3));
      await publish(issuer, publisher, options);
      await freeze(owner, { deployment, treeId: issuer.treeId, reason: 'key-stolen' });
      await revoke(issuer.store, { ...why, positions: [0] });
      const settled = await publish(issuer, publisher, options);
      expect(settled).to.include({ state: 'confirmed', sequence: 2n, revoked: 1n });
      expect(await published(issuer)).to.have.length(2);
    });

    describe('given a publication that the store did not make', () => {
      const foreign = async (
        issuer: Issuer,
        root = 99n,
        changes: { readonly size?: number; readonly revoked?: bigint } = {},
      ): Promise<void> => {
        const { owner, deployment } = chain();
        const { size, revoked } = await getTree(owner, issuer);
        const facts = { root: root as Field, size, revoked, ...changes };
        const publication = await nextPublication(owner, { ...issuer, ...facts });
        await publishDirectly(owner, { deployment, publication });
      };

      it('refuses to go on, with and without changes of its own, and goes on above it if told to', async () => {
        const { publisher, options, published } = chain();
        const issuer = await newIssuer(stores);
        await issued(issuer.store, rowsOf(3));
        const own = await publish(issuer, publisher, options);
        await foreign(issuer);
        const refused = async (): Promise<void> => {
          const rows = await rowsIn(issuer.store, ['log', 'publications']);
          for (const work of [planPublication, publish]) {
            const error = await rejected(work(issuer, publisher, options));
            expect(error).to.include({ code: 'PublicationConflict' });
            expect(error.data).to.deep.equal({ sequence: 2n });
          }
          expect(await rowsIn(issuer.store, ['log', 'publications'])).to.deep.equal(rows);
        };
        await refused();
        // The foreign root must be answered, though nothing changed here.
        const accepting = { ...options, acceptForeign: true };
        expect((await planPublication(issuer, publisher, accepting)).idle).to.equal(false);
        const answer = await publish(issuer, publisher, accepting);
        expect(own).to.include({ voids: false });
        expect(answer).to.include({
          sequence: 3n,
          previousRoot: 99n,
          root: own!.root,
          voids: true,
        });
        expect(await published(issuer)).to.have.length(3);
        expect(await publish(issuer, publisher, accepting)).to.equal(undefined);
      });

      it('sees itself overtaken under a number that it had taken', async () => {
        const { publisher, options, published } = chain();
        const issuer = await newIssuer(stores);
        await issued(issuer.store, rowsOf(3));
        await preparePublication(issuer, publisher, options);
        await foreign(issuer);
        // The second call finds it overtaken already.
        for (let call = 0; call < 2; call++) {
          const error = await rejected(publish(issuer, publisher, options));
          expect(error).to.include({ code: 'PublicationConflict' });
          expect(error.data).to.deep.equal({ sequence: 1n });
        }
        const refused = await rejected(planPublication(issuer, publisher, options));
        expect(refused).to.include({ code: 'PublicationConflict' });
        const states = await issuer.store.db.selectFrom('publications').select('state').execute();
        expect(states).to.deep.equal([{ state: 'overtaken' }]);
        const answer = await publish(issuer, publisher, { ...options, acceptForeign: true });
        expect(answer).to.include({ sequence: 2n, previousRoot: 99n, size: 3 });
        expect(answer!.root).to.equal(await rootOfLog(issuer.store));
        expect(await published(issuer)).to.have.length(2);
        expect(await publish(issuer, publisher, options)).to.equal(undefined);
      });

      it('is voided by what is published above it, and the audit passes over it', async () => {
        const { publisher, options } = chain();
        const issuer = await newIssuer(stores);
        const audited = async () => {
          const events = await getTreeEvents(publisher, issuer);
          const { publications } = await rebuildTree({
            ...{ entries: headed(await checkedLog(issuer.store)), events },
          });
          return publications.map(({ status }) => status);
        };
        await issued(issuer.store, rowsOf(3));
        await publish(issuer, publisher, options);
        expect(await audited()).to.deep.equal(['reproduced']);
        await preparePublication(issuer, publisher, { ...options, heartbeat: true });
        await foreign(issuer);
        expect(await rejected(audited())).to.include({ code: 'AuditFailed' });
        await publish(issuer, publisher, { ...options, acceptForeign: true });
        expect(await audited()).to.deep.equal(['reproduced', 'voided', 'reproduced']);
        const own = await publish(issuer, publisher, {
          ...{ ...options, acceptForeign: true, heartbeat: true },
        });
        // There is nothing foreign any more.
        expect(own).to.include({ sequence: 4n, voids: false });
      });

      it('is refused, though accepted, where it counts more than this store', async () => {
        const { publisher, options } = chain();
        const accepting = { ...options, acceptForeign: true };
        for (const [more, passes] of [
          [{ size: 3 }, true],
          [{ size: 4 }, false],
          [{ revoked: 1n }, false],
        ] as const) {
          const issuer = await newIssuer(stores);
          await issued(issuer.store, rowsOf(3));
          await foreign(issuer, 99n, more);
          const rows = await rowsIn(issuer.store, ['log', 'publications']);
          if (passes) {
            expect(await publish(issuer, publisher, accepting)).to.include({ sequence: 2n });
            continue;
          }
          for (const work of [publish, planPublication]) {
            const error = await rejected(work(issuer, publisher, accepting));
            expect(error).to.include({ code: 'PublicationConflict' });
            expect(error.message).to.match(/restore a newer backup/);
            expect(error.data).to.deep.equal({ sequence: 1n, size: 0, revoked: 0n, ...more });
          }
          expect(await rowsIn(issuer.store, ['log', 'publications'])).to.deep.equal(rows);
        }
      });

      it('is what a store restored from an old backup finds', async () => {
        const { publisher, options } = chain();
        const issuer = await newIssuer(stores);
        await issued(issuer.store, rowsOf(2));
        await publish(issuer, publisher, options);
        const path = await stores.file('backup');
        await backUp(issuer.store, path);
        await issued(issuer.store, rowsOf(2, 2));
        await publish(issuer, publisher, options);
        const store = await stores.openFresh();
        await restore(store, path, options.build);
        const old: Issuer = { ...issuer, store };
        await issued(store, rowsOf(1, 4));
        for (const acceptForeign of [false, true]) {
          const error = await rejected(publish(old, publisher, { ...options, acceptForeign }));
          expect(error).to.include({ code: 'PublicationConflict' });
        }
        expect(await publish(issuer, publisher, options)).to.equal(undefined);
      });
    });

    describe('given a client that fails at one of its requests', () => {
      for (const moment of ['before', 'after'] as const) {
        it(`publishes each number once: ${moment} the node has heard it, at every request`, async () => {
          const { publisher, options, published } = chain();
          const issuer = await newIssuer(stores);
          const { address } = publisher.account;
          const before = await getTransactionCount(publisher, { address });
          let failures = 0;
          for (let failAt = 0; ; failAt++) {
            await issued(issuer.store, [rowOf(failAt)]);
            let requests = 0;
            const failing = throughClient(publisher, async (_, send) => {
              if (requests++ !== failAt) return send();
              if (moment === 'after') await send();
              throw new Error('cut off');
            });
            const outcome = await publish(issuer, failing, options).catch(
              (error: unknown) => error,
            );
            if (outcome instanceof Error) failures += 1;
            const kept = await noncesOf(issuer);
            const settled =
              outcome instanceof Error ? await publish(issuer, publisher, options) : undefined;
            const now = await noncesOf(issuer);
            expect(settled ?? outcome).to.include({
              state: 'confirmed',
              sequence: BigInt(failAt + 1),
            });
            expect(now.slice(0, kept.length)).to.deep.equal(
              kept.map((nonce, i) => nonce ?? now[i]),
            );
            if (requests <= failAt) break;
          }
          expect(failures).to.be.above(5);
          const sequences = (await published(issuer)).map(({ sequence }) => sequence);
          expect(sequences).to.deep.equal(sequences.map((_, i) => BigInt(i + 1)));
          const after = await getTransactionCount(publisher, { address });
          expect(after - before).to.equal(sequences.length);
        });
      }

      const noncesOf = async ({ store }: Issuer): Promise<readonly (bigint | null)[]> => {
        const rows = await store.db
          .selectFrom('publications')
          .select('nonce')
          .orderBy('sequence')
          .execute();
        return rows.map(({ nonce }) => nonce);
      };
    });
  });

  onServer((stores) => {
    it('is refused while another process publishes, whatever its account', async () => {
      const { publisher, options } = chain();
      const url = await stores.fresh();
      const issuer = await chain().newIssuer(await stores.open(url));
      await issued(issuer.store, rowsOf(1));
      const other = start('alone', [url, PUBLISHING]);
      expect(await other.line()).to.equal('ready');
      const error = await rejected(publish(issuer, publisher, options));
      expect(error).to.include({ code: 'StoreLocked' });
      expect(await other.finish()).to.equal(0);
      expect(await publish(issuer, publisher, options)).to.include({ state: 'confirmed' });
    });

    it('lets two accounts that publish at once publish each number once', async () => {
      const { owner, publisher, options, published } = chain();
      const issuer = await newIssuer(stores);
      for (let n = 0; n < 4; n++) {
        await issued(issuer.store, [rowOf(n)]);
        const outcomes = await Promise.allSettled(
          [owner, publisher].map((client) => publish(issuer, client, options)),
        );
        expect(outcomes.some(({ status }) => status === 'fulfilled')).to.equal(true);
        await publish(issuer, owner, options);
      }
      const sequences = (await published(issuer)).map(({ sequence }) => sequence);
      expect(sequences).to.deep.equal(sequences.map((_, i) => BigInt(i + 1)));
      expect(await planPublication(issuer, owner, options)).to.include({ idle: true });
    });
  });
});
