import { expect } from 'chai';
import { erase, positionsOf, reinstate, revoke } from '../../src/issuer/revoke.ts';
import { NEVER } from '../../src/protocol/field.ts';
import { readAttestations } from '../../src/store/attestations.ts';
import { insertEnrolments } from '../../src/store/enrolments.ts';
import type { Store } from '../../src/store/store.ts';
import { buildTree, readRoot } from '../../src/store/tree.ts';
import { loadHasher } from '../../src/tree/hasher.ts';
import { inline } from '../../src/tree/threads.ts';
import {
  EVIDENCE,
  NOW,
  bound,
  checkedLog,
  commitmentOf,
  issued,
  otherSchema,
  rowOf,
  rowsIn,
  rowsOf,
  schema,
  subjectOf,
} from '../support/issuers.ts';
import { forEachStore } from '../support/stores.ts';
import { rejected } from '../support/world.ts';

const why = { reason: 'fraud', evidence: EVIDENCE, now: NOW + 5n } as const;
const back = { reason: 'appeal-granted', evidence: EVIDENCE, now: NOW + 9n } as const;

/** Expects a refusal with this code and position that leaves every row as it was. */
async function expectNothing(
  store: Store,
  code: string,
  position: number | undefined,
  work: () => Promise<unknown>,
): Promise<void> {
  const before = await rowsIn(store);
  const error = await rejected(work());
  expect(error).to.include({ code });
  expect(error.data['position']).to.equal(position);
  expect(await rowsIn(store)).to.deep.equal(before);
}

describe('issuer/revoke', () => {
  forEachStore((stores) => {
    /** A store with four people. */
    const open = async (): Promise<Store> => {
      const store = await stores.openFresh();
      await bound(store);
      await issued(store, rowsOf(4), { tokens: true });
      return store;
    };
    const lives = async (store: Store): Promise<readonly boolean[]> =>
      (await readAttestations(store.db, undefined, [0, 1, 2, 3])).map(({ live }) => live);
    const book = (store: Store) =>
      store.db.selectFrom('book').selectAll().executeTakeFirstOrThrow();

    it('refuses a reason that is not in the list, and evidence that is no sha256', async () => {
      const store = await open();
      const faults = [
        { reason: 'boredom' as 'fraud' },
        { evidence: EVIDENCE.toUpperCase().replace('0X', '0x') as typeof EVIDENCE },
        { evidence: EVIDENCE.slice(0, -2) as typeof EVIDENCE },
      ];
      for (const fault of faults) {
        const work = (): Promise<void> => revoke(store, { ...why, ...fault, positions: [1] });
        await expectNothing(store, 'InvalidInput', undefined, work);
      }
      await revoke(store, { ...why, positions: [1] });
    });

    it('revokes in the order given, counts each, and writes it to the log', async () => {
      const store = await open();
      await revoke(store, { ...why, positions: [2, 0] });
      expect(await lives(store)).to.deep.equal([false, true, false, true]);
      const { reason, evidence, now: at } = why;
      expect((await checkedLog(store)).slice(4)).to.deep.equal([
        { seq: 5n, at, kind: 'revoke', position: 2, reason, evidence },
        { seq: 6n, at, kind: 'revoke', position: 0, reason, evidence },
      ]);
      expect(await book(store)).to.include({ revoked: 2n, size: 4 });
    });

    it('refuses unknown, revoked and doubled positions, all or nothing', async () => {
      const store = await open();
      await revoke(store, { ...why, positions: [0] });
      const refusals = [
        ['UnknownAttestation', 4, [1, 4]],
        ['UnknownAttestation', -1, [1, -1]],
        ['AlreadyRevoked', 0, [1, 0]],
        ['InvalidInput', undefined, [1, 1]],
        ['InvalidInput', undefined, []],
      ] as const;
      for (const [code, position, positions] of refusals)
        await expectNothing(store, code, position, () => revoke(store, { ...why, positions }));
      await revoke(store, { ...why, positions: [1] });
    });

    it('reinstates the same leaves, without counting a revocation less', async () => {
      const store = await open();
      const leaves = (await readAttestations(store.db, undefined, [0, 1])).map(({ leaf }) => leaf);
      await revoke(store, { ...why, positions: [0, 1] });
      await reinstate(store, { ...back, positions: [1, 0] });
      expect(await lives(store)).to.deep.equal([true, true, true, true]);
      const { reason, evidence, now: at } = back;
      expect((await checkedLog(store)).slice(6)).to.deep.equal([
        { seq: 7n, at, kind: 'reinstate', position: 1, leaf: leaves[1], reason, evidence },
        { seq: 8n, at, kind: 'reinstate', position: 0, leaf: leaves[0], reason, evidence },
      ]);
      expect(await book(store)).to.include({ revoked: 2n, size: 4 });
    });

    it('refuses to reinstate what is unknown, live, or named twice, all or nothing', async () => {
      const store = await open();
      await revoke(store, { ...why, positions: [0] });
      const refusals = [
        ['UnknownAttestation', 4, [0, 4]],
        ['NotRevoked', 1, [0, 1]],
        ['InvalidInput', undefined, [0, 0]],
        ['InvalidInput', undefined, []],
      ] as const;
      for (const [code, position, positions] of refusals)
        await expectNothing(store, code, position, () => reinstate(store, { ...back, positions }));
      await reinstate(store, { ...back, positions: [0] });
    });

    it('refuses to reinstate where the subject or the commitment is live elsewhere by now', async () => {
      const store = await open();
      await revoke(store, { ...why, positions: [0, 1] });
      await issued(store, [
        rowOf(0, { commitment: commitmentOf(50) }), // 4: the subject of 0
        rowOf(51, { commitment: commitmentOf(1) }), // 5: the commitment of 1
      ]);
      const again = (positions: readonly number[]) => () =>
        reinstate(store, { ...back, positions });
      await expectNothing(store, 'AlreadyAttested', 0, again([0]));
      await expectNothing(store, 'CommitmentTaken', 1, again([1]));
      await revoke(store, { ...why, positions: [4, 5] });
      // Both of one subject, or of one commitment, in one call.
      await expectNothing(store, 'AlreadyAttested', 4, again([0, 4]));
      await expectNothing(store, 'CommitmentTaken', 5, again([1, 5]));
      await reinstate(store, { ...back, positions: [0, 1] });
    });

    it('reinstates one person under two schemas in one call', async () => {
      const store = await open();
      await issued(store, [rowOf(0)], { schema: otherSchema });
      await revoke(store, { ...why, positions: [0, 4] });
      await reinstate(store, { ...back, positions: [0, 4] });
      expect(await lives(store)).to.deep.equal([true, true, true, true]);
    });

    it('finds positions by subject, live ones or revoked ones, under any schema or one', async () => {
      const store = await open();
      await issued(store, [rowOf(0)], { schema: otherSchema });
      await revoke(store, { ...why, positions: [0] });
      const of = (subjects: readonly number[], live: boolean, schemaId?: typeof schema.id) =>
        positionsOf(store, { subjectKeys: subjects.map(subjectOf), live, schemaId });
      expect(await of([0, 1], true)).to.deep.equal([1, 4]);
      expect(await of([0], false)).to.deep.equal([0]);
      expect(await of([0], true, otherSchema.id)).to.deep.equal([4]);
      for (const work of [of([1, 0], true, schema.id), of([0, 1], false), of([1, 77], true)]) {
        const error = await rejected(work);
        expect(error).to.include({ code: 'UnknownAttestation' });
        expect(error.data).to.deep.equal({ number: 2 });
      }
    });

    describe('erasing', () => {
      it('refuses a person with a live attestation under any schema', async () => {
        const store = await open();
        await issued(store, [rowOf(0)], { schema: otherSchema });
        await revoke(store, { ...why, positions: [0] });
        await expectNothing(store, 'NotRevoked', 4, () =>
          erase(store, { subjectKey: subjectOf(0) }),
        );
        await revoke(store, { ...why, positions: [4] });
        const erased = await erase(store, { subjectKey: subjectOf(0) });
        expect(erased).to.deep.equal({ positions: [0, 4], enrolments: 0 });
      });

      it('leaves no byte of the person in a row, and leaf, log and root as they were', async () => {
        const store = await open();
        await insertEnrolments(store.db, undefined, [
          {
            ...{ nonce: 7n, schemaId: schema.id, subjectKey: subjectOf(1), deadline: NOW },
            ...{ expiresAt: NEVER, account: `0x${'a1'.repeat(20)}`, values: [1n, 2n, 3n, 4n] },
          },
        ]);
        await revoke(store, { ...why, positions: [1] });
        const hasher = await loadHasher();
        await buildTree(store, { builder: inline(hasher) });
        const [before] = await readAttestations(store.db, undefined, [1]);
        const { salt, commitment } = before!.attestation!;
        const personal = [salt.toString(16), commitment.toString(16), hexOf(subjectOf(1))];
        const kept = async () => [
          await rowsIn(store, ['log', 'book', 'blocks']),
          await readRoot(store.db, hasher),
        ];
        const unchanged = await kept();
        const text = async (): Promise<string> =>
          (await rowsIn(store, ['attestations', 'enrolments'])).join('\n');
        for (const piece of personal) expect(await text()).to.include(piece);
        expect(await text()).to.match(/enrolments /);

        const erased = await erase(store, { subjectKey: subjectOf(1) });
        expect(erased).to.deep.equal({ positions: [1], enrolments: 1 });
        expect(await kept()).to.deep.equal(unchanged);
        for (const piece of personal) expect(await text()).to.not.include(piece);
        expect(await text()).to.not.match(/enrolments /);
        const [after] = await readAttestations(store.db, undefined, [1]);
        expect(after).to.deep.equal({
          ...before,
          attestation: undefined,
          subjectKey: undefined,
        });
        const row = await store.db
          .selectFrom('attestations')
          .select('token_hash')
          .where('position', '=', 1)
          .executeTakeFirst();
        expect(row).to.deep.equal({ token_hash: null });
      });

      it('keeps what was erased from coming back', async () => {
        const store = await open();
        await revoke(store, { ...why, positions: [1, 2] });
        await erase(store, { subjectKey: subjectOf(1) });
        await expectNothing(store, 'DataErased', 1, () =>
          reinstate(store, { ...back, positions: [2, 1] }),
        );
        await reinstate(store, { ...back, positions: [2] });
        // The person may be attested anew, and is erased once.
        expect(await erase(store, { subjectKey: subjectOf(1) })).to.deep.equal({
          ...{ positions: [], enrolments: 0 },
        });
        await issued(store, [rowOf(1)]);
      });
    });
  });
});

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
