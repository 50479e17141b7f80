import { expect } from 'chai';
import { traceAttestation, tracePublication } from '../../src/issuer/auditTrace.ts';
import type { Field } from '../../src/protocol/field.ts';
import { EVIDENCE, RECORDED_AT, headed, makeLogBook } from '../support/logs.ts';
import { makeTreeEvents } from '../support/treeEvents.ts';
import { rejected } from '../support/world.ts';

/** The place of publication number n: what `makeTreeEvents` gives the n-th event. */
const place = (sequence: bigint, event = sequence) => {
  const block = 9n + event;
  const transaction = `0x${block.toString(16).padStart(64, '0')}`;
  return { sequence, block, time: 1_767_300_000n + block, transaction };
};

/** Attested, revoked, replaced, reinstated, over three publications; one entry is not published. */
async function makeHistory() {
  const book = await makeLogBook();
  const chain = makeTreeEvents();
  book.attest(11n);
  book.attest(12n);
  chain.publish(book.publish());
  book.revoke(0);
  book.attest(13n, 0);
  chain.publish(book.publish());
  book.reinstate(0);
  chain.publish(book.publish());
  book.revoke(1);
  return { book, chain };
}

type History = Awaited<ReturnType<typeof makeHistory>>;

const sides = ({ book, chain }: History) => ({
  entries: headed(book.entries),
  events: chain.events,
});

const at = (logSeq: bigint) => ({ logSeq, at: RECORDED_AT + logSeq });

describe('issuer/auditTrace', () => {
  describe('traceAttestation', () => {
    it('follows an attestation by its position', async () => {
      const history = await makeHistory();
      const trace = await traceAttestation({ ...sides(history), subject: { position: 0 } });
      const [fraud, appeal] = ['fraud', 'appeal-granted'].map((reason) => ({
        reason,
        evidence: EVIDENCE,
      }));
      expect(trace).to.deep.equal({
        position: 0,
        leaf: 11n,
        steps: [
          { what: 'attested', ...at(1n), publication: place(1n) },
          { what: 'revoked', ...at(4n), ...fraud, publication: place(2n) },
          { what: 'replaced', ...at(5n), other: 2, publication: place(2n) },
          { what: 'reinstated', ...at(7n), ...appeal, publication: place(3n) },
        ],
      });
    });

    it('follows an attestation by its leaf, and says what it replaces', async () => {
      const history = await makeHistory();
      const subject = { leaf: 13n as Field };
      const trace = await traceAttestation({ ...sides(history), subject });
      expect(trace).to.deep.equal({
        position: 2,
        leaf: 13n,
        steps: [{ what: 'attested', ...at(5n), other: 0, publication: place(2n) }],
      });
    });

    it('leaves the publication out where there is none yet', async () => {
      const history = await makeHistory();
      const { steps } = await traceAttestation({ ...sides(history), subject: { position: 1 } });
      expect(steps.map(({ publication }) => publication?.sequence)).to.deep.equal([1n, undefined]);
    });

    it('passes over a publish entry that the chain never got', async () => {
      const history = await makeHistory();
      const { book, chain } = history;
      book.publish();
      expect((await traceAttestation({ ...sides(history), subject: { position: 1 } })).steps[1])
        .not.to.have.property('publication'); // prettier-ignore
      book.attest(14n);
      const last = book.publish();
      chain.freeze();
      chain.unfreeze({ ...last, logHead: `0x${'66'.repeat(32)}` });
      chain.publish(last, { voids: true });
      const { steps } = await traceAttestation({ ...sides(history), subject: { position: 1 } });
      expect(steps[1]!.publication!.sequence).to.equal(5n);
    });

    for (const subject of [{ position: 3 }, { leaf: 99n as Field }]) {
      it(`knows no ${JSON.stringify(Object.keys(subject))} that the log does not have`, async () => {
        const history = await makeHistory();
        const error = await rejected(traceAttestation({ ...sides(history), subject }));
        expect(error.code).to.equal('UnknownAttestation');
      });
    }

    it('refuses a log that is not the one of the chain', async () => {
      const history = await makeHistory();
      const { events } = history.chain;
      await traceAttestation({ ...sides(history), subject: { position: 0 } });
      const other = history.book.entries.with(0, { ...history.book.entries[0]!, at: 1n });
      const error = await rejected(
        traceAttestation({ entries: headed(other), events, subject: { position: 0 } }),
      );
      expect(error.code).to.equal('AuditFailed');
      expect(error.data).to.include({ what: 'logHead', sequence: 1n });
    });
  });

  describe('tracePublication', () => {
    it('says what a publication brought, and what made it stale', async () => {
      const history = await makeHistory();
      const [first, second, third] = await Promise.all(
        [1n, 2n, 3n].map((sequence) => tracePublication({ ...sides(history), sequence })),
      );
      expect(first).to.deep.include({
        ...{ ...place(1n), status: 'reproduced', size: 2, revoked: 0n, logSeq: 3n },
        ...{ entries: { first: 1n, last: 3n }, attested: [0, 1], revokedPositions: [] },
        ...{ reinstated: [], staleFrom: place(2n) },
      });
      expect(second).to.deep.include({
        ...{ entries: { first: 4n, last: 6n }, attested: [2], revokedPositions: [0] },
        endsEpoch: true,
      });
      expect(third).to.deep.include({ entries: { first: 7n, last: 8n }, reinstated: [0] });
      for (const trace of [second, third])
        expect(trace).not.to.have.any.keys('staleFrom', 'voidedBy');
    });

    it('says what voided it', async () => {
      const history = await makeHistory();
      const { book, chain } = history;
      chain.publish({ ...book.publish(), root: 666n as Field, size: 9 });
      chain.freeze();
      book.attest(14n);
      chain.unfreeze(book.publish());
      const thief = await tracePublication({ ...sides(history), sequence: 4n });
      expect(thief).to.deep.include({ status: 'voided', attested: [] });
      expect(thief).not.to.have.any.keys('entries', 'logSeq');
      const { block, time, transaction } = place(0n, 5n);
      const voidedBy = { kind: 'frozen', block, time, transaction };
      expect(thief.voidedBy).to.deep.equal(voidedBy);
      const third = await tracePublication({ ...sides(history), sequence: 3n });
      expect(third.voidedBy).to.deep.equal(voidedBy);
      expect(third.status).to.equal('reproduced');
      const last = await tracePublication({ ...sides(history), sequence: 5n });
      expect(last).to.deep.include({ status: 'reproduced', attested: [3], revokedPositions: [1] });
      expect(last).not.to.have.any.keys('staleFrom', 'voidedBy');
    });

    for (const sequence of [0n, 4n]) {
      it(`refuses number ${sequence}`, async () => {
        const history = await makeHistory();
        const error = await rejected(tracePublication({ ...sides(history), sequence }));
        expect(error.message).to.equal(`sequence is ${sequence}: must be from 1 to 3`);
      });
    }
  });
});
