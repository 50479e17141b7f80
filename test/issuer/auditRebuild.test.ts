import { expect } from 'chai';
import { zeroHash } from 'viem';
import { rebuildTree } from '../../src/issuer/auditRebuild.ts';
import type { Field } from '../../src/protocol/field.ts';
import type { LogEntry } from '../../src/protocol/log.ts';
import { headed, makeLogBook, renumbered, type BookPublication } from '../support/logs.ts';
import { makeTreeEvents } from '../support/treeEvents.ts';
import { rejected } from '../support/world.ts';

const HEAD = `0x${'66'.repeat(32)}` as const;

/** A log with three publications, and a chain to publish them on. */
async function makeHistory() {
  const book = await makeLogBook();
  const chain = makeTreeEvents();
  book.attest(11n);
  book.attest(12n);
  const first = book.publish();
  book.revoke(0);
  const second = book.publish();
  book.attest(13n);
  const third = book.publish();
  return { book, chain, first, second, third };
}

type History = Awaited<ReturnType<typeof makeHistory>>;

const audit = (history: Pick<History, 'book' | 'chain'>, entries = history.book.entries) =>
  rebuildTree({ entries: headed(entries), events: history.chain.events });

/** What a thief publishes: more of everything, and a head that the log doesn't have. */
const stolen = (before: BookPublication): BookPublication => ({
  ...{ root: 666n as Field, size: before.size + 10, revoked: before.revoked + 5n, logHead: HEAD },
});

/** A history that the chain has whole. */
async function published(changes: Readonly<Record<number, object>> = {}) {
  const history = await makeHistory();
  for (const [i, publication] of [history.first, history.second, history.third].entries())
    history.chain.publish(publication, changes[i]);
  return history;
}

describe('issuer/auditRebuild', () => {
  it('agrees with a chain that has what the log says', async () => {
    const history = await published();
    const { book, first, third } = history;
    const report = await audit(history);
    expect(report.publications.map(({ sequence, logSeq, status }) => [sequence, logSeq, status]))
      .to.deep.equal([
        [1n, 3n, 'reproduced'],
        [2n, 5n, 'reproduced'],
        [3n, 7n, 'reproduced'],
      ]); // prettier-ignore
    expect(report.publications[0]).to.deep.include({
      ...{ root: first.root, size: 2, revoked: 0n, endsEpoch: false, block: 10n },
      time: 1_767_300_010n,
    });
    expect(report).to.deep.include({
      ...{ entries: 7n, head: book.head(), root: third.root, size: 3, revoked: 1n },
      ...{ unpublished: 0n, unsent: [], frozen: false },
    });
  });

  it('agrees where neither has anything', async () => {
    const history = { book: await makeLogBook(), chain: makeTreeEvents() };
    expect(await audit(history)).to.deep.include({
      entries: 0n,
      publications: [],
      unpublished: 0n,
    });
  });

  it('counts what is not published yet', async () => {
    const history = await published();
    history.book.attest(14n);
    history.book.revoke(1);
    expect((await audit(history)).unpublished).to.equal(2n);
  });

  it('reports publish entries at the end that the chain does not have yet', async () => {
    const history = await makeHistory();
    history.chain.publish(history.first);
    const { unsent, unpublished, publications } = await audit(history);
    expect(unsent.map(({ logSeq }) => logSeq)).to.deep.equal([5n, 7n]);
    expect([unpublished, publications.length]).to.deep.equal([4n, 1]);
  });

  it('takes a publication that only repeats the one before', async () => {
    const history = await makeHistory();
    const { first, second, third, chain } = history;
    for (const publication of [first, first, second, third, third]) chain.publish(publication);
    const { publications } = await audit(history);
    expect(publications.map(({ logSeq }) => logSeq)).to.deep.equal([3n, 3n, 5n, 7n, 7n]);
  });

  describe('names the first difference where the chain has another', () => {
    const faults: Readonly<Record<string, object>> = {
      root: { root: 99n },
      size: { size: 9 },
      revoked: { revoked: 8n, endsEpoch: true },
      logHead: { logHead: HEAD },
    };
    for (const [what, change] of Object.entries(faults)) {
      for (const i of [0, 1, 2]) {
        it(`${what} in publication ${i + 1}`, async () => {
          await audit(await published());
          const error = await rejected(audit(await published({ [i]: change })));
          expect(error.code).to.equal('AuditFailed');
          const logSeq = [3n, 5n, 7n][i];
          expect(error.data).to.include({
            sequence: BigInt(i + 1),
            block: BigInt(10 + i),
            logSeq,
            what,
          });
          expect(error.message).to.include(`publication ${i + 1} (block ${10 + i})`);
          expect(error.message).to.include(String(error.data['chain']));
          expect(error.message).to.include(String(error.data['log']));
        });
      }
    }

    it('an epoch that goes on though revocations grew', async () => {
      const error = await rejected(audit(await published({ 1: { endsEpoch: false } })));
      expect(error.data).to.include({ what: 'endsEpoch', sequence: 2n, block: 11n, logSeq: 5n });
      await audit(await published({ 2: { endsEpoch: true } }));
    });
  });

  describe('names the first difference where the log was tampered with', () => {
    type Change = (entries: readonly LogEntry[]) => readonly LogEntry[];
    const changed =
      (i: number, change: object): Change =>
      (entries) =>
        entries.with(i, { ...entries[i]!, ...change });
    const faults: Readonly<Record<string, readonly [Change, object]>> = {
      'a leaf': [changed(1, { leaf: 99n }), { what: 'root', logSeq: 3n, sequence: 1n, block: 10n }],
      'a time': [changed(1, { at: 1_767_225_601n }), { what: 'logHead', logSeq: 3n, sequence: 1n }],
      'a reason': [
        changed(3, { reason: 'court-order' }),
        { what: 'logHead', logSeq: 5n, sequence: 2n, block: 11n },
      ],
      'a revocation of another': [
        changed(3, { position: 1 }),
        { what: 'root', logSeq: 5n, sequence: 2n },
      ],
      'an entry dropped': [(e) => e.toSpliced(1, 1), { what: 'seq', logSeq: 3n, sequence: 1n }],
      'a revocation dropped, and all numbered anew': [
        (e) => renumbered(e.toSpliced(3, 1)),
        { what: 'root', logSeq: 4n, sequence: 2n },
      ],
      'a publication dropped, and all numbered anew': [
        (e) => renumbered(e.toSpliced(4, 1)),
        { what: 'root', logSeq: 6n, sequence: 2n, block: 11n },
      ],
      'an entry put in': [
        (e) => renumbered(e.toSpliced(2, 0, { ...e[1]!, position: 2 } as LogEntry)),
        { what: 'root', logSeq: 4n, sequence: 1n },
      ],
      'two entries swapped': [
        (e) => renumbered(e.with(0, e[1]!).with(1, e[0]!)),
        { what: 'position', logSeq: 1n, sequence: 1n },
      ],
      'an end cut off': [
        (e) => e.slice(0, 5),
        { what: 'logHead', logSeq: 5n, sequence: 3n, block: 12n },
      ],
    };
    for (const [fault, [change, data]] of Object.entries(faults)) {
      it(fault, async () => {
        const history = await published();
        await audit(history);
        const error = await rejected(audit(history, [...change(history.book.entries)]));
        expect(error.code).to.equal('AuditFailed');
        expect(error.data).to.include(data);
      });
    }

    it('a whole other log, made to fit itself', async () => {
      const history = await published();
      const other = await makeLogBook();
      other.attest(21n);
      other.publish();
      const error = await rejected(audit(history, other.entries));
      expect(error.data).to.include({ what: 'root', sequence: 1n, block: 10n, logSeq: 2n });
    });
  });

  describe('given a thief with a publishing key', () => {
    it('passes over what an unfreezing voided', async () => {
      const history = await makeHistory();
      const { chain, first, second, third } = history;
      chain.publish(first);
      chain.publish(stolen(first));
      chain.freeze();
      chain.publish({ ...stolen(first), root: 667n as Field });
      chain.unfreeze(second);
      chain.publish(third);
      const report = await audit(history);
      const statuses = report.publications.map(({ status }) => status);
      expect(statuses).to.deep.equal([
        'reproduced',
        'voided',
        'voided',
        'reproduced',
        'reproduced',
      ]);
      expect(report.frozen).to.equal(false);
      expect(report.unsent).to.deep.equal([]);
    });

    it('passes over what a correction voided, and what was published with the head of the log', async () => {
      const history = await makeHistory();
      const { chain, first, second, third } = history;
      chain.publish(first);
      chain.publish(second, { root: 666n });
      chain.publish(second, { voids: true });
      chain.publish(third);
      const { publications } = await audit(history);
      expect(publications.map(({ status }) => status)).to.deep.equal([
        ...['reproduced', 'voided', 'reproduced', 'reproduced'],
      ]);
    });

    it('passes over what is published while the tree is frozen', async () => {
      const history = await makeHistory();
      const { chain, first } = history;
      chain.publish(first);
      chain.freeze();
      chain.publish(stolen(first), { voids: true });
      const report = await audit(history);
      expect(report.frozen).to.equal(true);
      expect(report.publications.map(({ status }) => status)).to.deep.equal([
        ...['reproduced', 'voided'],
      ]);
    });

    it('does not pass over what nothing voided', async () => {
      const history = await makeHistory();
      const { chain, first, second } = history;
      chain.publish(first);
      chain.publish(stolen(first));
      const error = await rejected(audit(history));
      expect(error.data).to.include({ sequence: 2n, what: 'root', chain: '666' });
      chain.publish(second, { voids: true });
      await audit(history);
      chain.publish(stolen(first));
      expect((await rejected(audit(history))).data).to.include({ sequence: 4n });
    });

    it('does not let a thief void a publication by its own repetition', async () => {
      const history = await makeHistory();
      const { chain, first, second } = history;
      chain.publish(first);
      chain.publish(stolen(first));
      chain.publish(stolen(first), { voids: true });
      expect((await rejected(audit(history))).data).to.include({ sequence: 3n, what: 'root' });
      chain.publish(second, { voids: true });
      expect((await audit(history)).publications.length).to.equal(4);
    });

    it('lets nothing pass that was published after the voiding', async () => {
      const history = await makeHistory();
      const { chain, first, second } = history;
      chain.publish(first);
      chain.freeze();
      chain.unfreeze(stolen(first));
      chain.publish(second);
      expect((await rejected(audit(history))).data).to.include({ sequence: 2n, what: 'root' });
    });

    it('reports an entry that was overtaken, and only there', async () => {
      const history = await makeHistory();
      const { chain, first, third } = history;
      chain.publish(first);
      chain.publish(third);
      const error = await rejected(audit(history));
      expect(error.message).to.match(
        /^log entry 5 publishes the root \d+, which the chain never got/,
      );
      const overtaken = await makeHistory();
      overtaken.chain.publish(overtaken.first);
      overtaken.chain.publish(stolen(overtaken.first));
      overtaken.chain.freeze();
      overtaken.chain.unfreeze(overtaken.third);
      const { unsent } = await audit(overtaken);
      expect(unsent.map(({ logSeq }) => logSeq)).to.deep.equal([5n]);
    });
  });

  it('calls a chain without heads a difference', async () => {
    const history = await published({ 0: { logHead: zeroHash } });
    expect((await rejected(audit(history))).data).to.include({ what: 'logHead', chain: zeroHash });
  });
});
