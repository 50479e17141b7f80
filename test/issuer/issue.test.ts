import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { hashAttestation } from '../../src/protocol/attestation.ts';
import { NEVER, platformRandom } from '../../src/protocol/field.ts';
import { issue, type IssueRow } from '../../src/issuer/issue.ts';
import { readAttestations } from '../../src/store/attestations.ts';
import { countLog } from '../../src/store/log.ts';
import { readSchema } from '../../src/store/schemas.ts';
import type { Store } from '../../src/store/store.ts';
import {
  EVIDENCE,
  KEY,
  NOW,
  bound,
  checkedLog,
  commitmentOf,
  hashLeaves,
  issued,
  otherSchema,
  rowOf,
  rowsIn,
  rowsOf,
  schema,
} from '../support/issuers.ts';
import { forEachStore, onServer } from '../support/stores.ts';
import { useProcesses } from '../support/storeProcess.ts';
import { rejected } from '../support/world.ts';

const DAY = 86_400n;
const replace = { reason: 'key-lost', evidence: EVIDENCE } as const;

/** Expects that work is refused with this code, and leaves every row as it was. */
async function expectNothing(store: Store, code: string, work: () => Promise<unknown>) {
  const before = await rowsIn(store);
  const error = await rejected(work());
  expect(error).to.include({ code });
  expect(await rowsIn(store)).to.deep.equal(before);
  return error;
}

describe('issuer/issue', () => {
  const start = useProcesses();

  forEachStore((stores) => {
    const open = async (options?: Parameters<typeof stores.openFresh>[0]): Promise<Store> => {
      const store = await stores.openFresh(options);
      await bound(store);
      return store;
    };

    it('makes attestations whose leaves are those of the protocol, at the next positions', async () => {
      const store = await open({ key: KEY });
      const done = [
        ...(await issued(store, rowsOf(3), { hashLeaves })),
        ...(await issued(store, rowsOf(2, 3), { hashLeaves })),
      ];
      expect(done.map(({ position }) => position)).to.deep.equal([0, 1, 2, 3, 4]);
      const stored = await readAttestations(store.db, KEY, [0, 1, 2, 3, 4]);
      const salts = new Set(stored.map(({ attestation }) => attestation!.salt));
      expect(salts.size).to.equal(5);
      stored.forEach(({ attestation, leaf, live, replaces, subjectKey }, n) => {
        const { commitment, expiresAt, values } = rowOf(n);
        const { salt } = attestation!;
        const issuedAt = NOW - (NOW % DAY);
        expect(attestation).to.deep.equal({
          ...{ schemaId: schema.id, commitment, issuedAt, expiresAt, salt, values },
        });
        expect(hashAttestation(attestation!)).to.equal(leaf).and.to.equal(done[n]!.leaf);
        expect({ live, replaces }).to.deep.equal({ live: true, replaces: undefined });
        expect(Buffer.from(subjectKey!)).to.deep.equal(Buffer.from(rowOf(n).subjectKey));
      });
      expect(await checkedLog(store)).to.deep.equal(
        done.map(({ position, leaf }, i) => ({
          ...{ seq: BigInt(i + 1), at: NOW, kind: 'attest', position, leaf },
        })),
      );
      const book = await store.db.selectFrom('book').selectAll().executeTakeFirstOrThrow();
      expect(book).to.include({ size: 5, revoked: 0n, log_seq: 5n, log_at: NOW });
      expect((await readSchema(store.db, schema.id)).document).to.deep.equal(schema.document);
    });

    it('keeps the time of its log from falling when the clock does', async () => {
      const store = await open();
      await issued(store, [rowOf(0)], { now: NOW });
      await issued(store, [rowOf(1)], { now: NOW - 2n * DAY });
      await issued(store, [rowOf(2)], { now: NOW + 1n });
      const entries = await checkedLog(store);
      expect(entries.map(({ at }) => at)).to.deep.equal([NOW, NOW, NOW + 1n]);
      const [, second] = await readAttestations(store.db, undefined, [0, 1]);
      expect(second!.attestation!.issuedAt).to.equal(NOW - (NOW % DAY) - 2n * DAY);
    });

    it('draws a token for each, and keeps its hash only', async () => {
      const store = await open();
      const done = await issued(store, rowsOf(50), { tokens: true });
      const tokens = done.map(({ token }) => token!);
      expect(new Set(tokens).size).to.equal(50);
      expect(tokens.every((token) => Buffer.from(token, 'base64url').length === 32)).to.equal(true);
      const text = (await rowsIn(store)).join('\n');
      for (const token of tokens) {
        expect(text).to.not.include(token);
        expect(text).to.not.include(Buffer.from(token, 'base64url').toString('hex'));
        expect(text).to.include(
          createHash('sha256').update('eligo/token/1').update(token).digest('hex'),
        );
      }
    });

    describe('given a subject that holds a live attestation', () => {
      it('refuses it, unless it is under another schema', async () => {
        const store = await open();
        await issued(store, [rowOf(0)]);
        const again = rowOf(0, { commitment: commitmentOf(8) });
        const error = await expectNothing(store, 'AlreadyAttested', () =>
          issued(store, [rowOf(1), again]),
        );
        expect(error.message).to.match(/^line 0: .*at position 0$/);
        await issued(store, [rowOf(1), again], { schema: otherSchema });
      });

      it('leaves it with skip, and issues the others', async () => {
        const store = await open();
        await issued(store, [rowOf(1)]);
        const summary = await issue(store, {
          ...{ schema, rows: rowsOf(3), now: NOW, hashLeaves, ifLive: 'skip' },
        });
        expect(summary).to.deep.equal({ issued: 2, replaced: 0, skipped: 1 });
        const none = await issue(store, {
          ...{ schema, rows: rowsOf(3), now: NOW, hashLeaves, ifLive: 'skip' },
        });
        expect(none).to.deep.equal({ issued: 0, replaced: 0, skipped: 3 });
        expect(await checkedLog(store)).to.have.length(3);
      });

      it('replaces it: revoked first, then attested with what it replaces', async () => {
        const store = await open();
        const [old] = await issued(store, [rowOf(0)]);
        const [renewed, other] = await issued(
          store,
          [rowOf(0, { commitment: commitmentOf(8) }), rowOf(1)],
          { ifLive: { replace }, now: NOW + DAY },
        );
        expect([old!.replaces, renewed!.replaces, other!.replaces]).to.deep.equal([
          undefined,
          0,
          undefined,
        ]);
        const at = NOW + DAY;
        expect((await checkedLog(store)).slice(1)).to.deep.equal([
          { seq: 2n, at, kind: 'revoke', position: 0, ...replace },
          { seq: 3n, at, kind: 'attest', position: 1, leaf: renewed!.leaf, replaces: 0 },
          { seq: 4n, at, kind: 'attest', position: 2, leaf: other!.leaf },
        ]);
        const live = await readAttestations(store.db, undefined, [0, 1, 2]);
        expect(live.map((stored) => stored.live)).to.deep.equal([false, true, true]);
        expect(live[1]!.attestation!.issuedAt).to.equal(at - (at % DAY));
        expect(await countLog(store.db, { after: 1n, upTo: 4n })).to.deep.equal({
          ...{ attested: 2, replaced: 1, revoked: 1, reinstated: 0 },
        });
        const book = await store.db.selectFrom('book').selectAll().executeTakeFirstOrThrow();
        expect(book).to.include({ size: 3, revoked: 1n });
      });

      it('replaces it with the same commitment as well', async () => {
        const store = await open();
        await issued(store, [rowOf(0)]);
        await issued(store, [rowOf(0)], { ifLive: { replace } });
        expect(await checkedLog(store)).to.have.length(3);
      });
    });

    it('refuses a commitment that is live under another subject, in the store or the batch', async () => {
      const store = await open();
      await issued(store, [rowOf(0)]);
      const taken = rowOf(1, { commitment: commitmentOf(0) });
      await expectNothing(store, 'CommitmentTaken', () => issued(store, [taken]));
      await expectNothing(store, 'CommitmentTaken', () =>
        issued(store, [taken], { ifLive: 'skip' }),
      );
      const twice = [rowOf(1), rowOf(2, { commitment: commitmentOf(1) })];
      await expectNothing(store, 'CommitmentTaken', () => issued(store, twice));
      await issued(store, [taken], { schema: otherSchema });
      await issued(store, [rowOf(1), rowOf(2)]);
    });

    it('takes what would have expired today, and refuses what expired before issuedAt', async () => {
      const store = await open();
      const midnight = NOW - (NOW % DAY);
      const expired = [rowOf(0), rowOf(1, { expiresAt: midnight - 1n })];
      const error = await expectNothing(store, 'InvalidInput', () => issued(store, expired));
      expect(error.data).to.include({ field: 'line 1: expiresAt' });
      await issued(store, [rowOf(0), rowOf(1, { expiresAt: midnight })]);
    });

    it('refuses more than the tree holds, and takes what just fits', async () => {
      const store = await open();
      await store.db
        .updateTable('book')
        .set({ size: 4 ** 14 - 2 })
        .execute();
      await expectNothing(store, 'InvalidInput', () => issued(store, rowsOf(3)));
      const done = await issued(store, rowsOf(2));
      expect(done.map(({ position }) => position)).to.deep.equal([4 ** 14 - 2, 4 ** 14 - 1]);
      await expectNothing(store, 'InvalidInput', () => issued(store, [rowOf(5)]));
    });

    it('refuses a store that was never set up', async () => {
      const store = await stores.openFresh();
      await expectNothing(store, 'StoreMismatch', () => issued(store, [rowOf(0)]));
    });

    describe('given more rows than are written at a time', () => {
      async function* many(count: number, last: readonly IssueRow[]): AsyncGenerator<IssueRow> {
        await Promise.resolve();
        for (let n = 0; n < count; n++) yield rowOf(n);
        yield* last;
      }

      it('takes all of them or none: a duplicate across parts, a row that is bad, a reader that throws', async () => {
        const store = await open();
        await expectNothing(store, 'AlreadyAttested', () => issued(store, many(4096, [rowOf(0)])));
        const taken = rowOf(9_999, { commitment: commitmentOf(3) });
        await expectNothing(store, 'CommitmentTaken', () => issued(store, many(4096, [taken])));
        const expired = rowOf(9_999, { expiresAt: 1n });
        await expectNothing(store, 'InvalidInput', () => issued(store, many(4096, [expired])));
        const before = await rowsIn(store);
        const failing = async function* () {
          yield* many(4097, []);
          throw new Error('the file ends');
        };
        const thrown = await issued(store, failing()).catch((e: unknown) => (e as Error).message);
        expect(thrown).to.equal('the file ends');
        expect(await rowsIn(store)).to.deep.equal(before);

        const replaced = await rejected(
          issued(store, many(4096, [rowOf(0)]), { ifLive: { replace } }),
        );
        expect(replaced).to.include({ code: 'AlreadyAttested' });
        const done = await issued(store, many(4096, [rowOf(0), rowOf(4096)]), { ifLive: 'skip' });
        expect(done.map(({ position }) => position)).to.deep.equal(
          Array.from({ length: 4097 }, (_, i) => i),
        );
        expect(await checkedLog(store)).to.have.length(4097);
      });
    });

    it('takes a random source of its own', async () => {
      const store = await open();
      const lengths: number[] = [];
      const random = (length: number) => {
        lengths.push(length);
        return platformRandom(length);
      };
      await issued(store, [rowOf(0, { expiresAt: NEVER })], { random, tokens: true });
      expect(lengths).to.deep.equal([64, 32]);
    });
  });

  onServer((stores) => {
    it('is gapless with several processes that issue at once', async () => {
      const url = await stores.fresh();
      const store = await stores.open(url);
      await bound(store);
      const others = [0, 30].map((from) => start('issue', [url, String(from), String(from + 30)]));
      // As many at a time as a store has connections: one that waits for a connection gives up.
      for (let from = 60; from < 90; from += 10)
        await Promise.all(Array.from({ length: 10 }, (_, i) => issued(store, [rowOf(from + i)])));
      for (const other of others) expect(await other.line()).to.equal('done');
      const entries = await checkedLog(store);
      expect(entries.map((entry) => entry.kind === 'attest' && entry.position)).to.deep.equal(
        Array.from({ length: 90 }, (_, i) => i),
      );
      const book = await store.db.selectFrom('book').selectAll().executeTakeFirstOrThrow();
      expect(book).to.include({ size: 90, log_seq: 90n });
    });

    it('lets one of two win who issue to the same person at once', async () => {
      const store = await stores.openFresh();
      await bound(store);
      const outcomes = await Promise.allSettled([
        issued(store, [rowOf(0)]),
        issued(store, [rowOf(0, { commitment: commitmentOf(1) })]),
      ]);
      expect(outcomes.map(({ status }) => status).sort()).to.deep.equal(['fulfilled', 'rejected']);
      const lost = outcomes.find((outcome) => outcome.status === 'rejected');
      expect(lost!.reason).to.include({ code: 'AlreadyAttested' });
    });
  });
});
