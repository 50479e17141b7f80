import { expect } from 'chai';
import { createReplay } from '../../src/issuer/auditReplay.ts';
import type { Field } from '../../src/protocol/field.ts';
import type { LogEntry } from '../../src/protocol/log.ts';
import { makeLogBook, renumbered } from '../support/logs.ts';
import { fc, rejected } from '../support/world.ts';

/** Two publications: three attested; one revoked and replaced, one revoked and reinstated. */
async function honest(): Promise<readonly LogEntry[]> {
  const book = await makeLogBook();
  book.attest(11n);
  book.attest(12n);
  book.attest(13n);
  book.publish();
  book.revoke(0);
  book.attest(14n, 0);
  book.revoke(1);
  book.reinstate(1);
  book.publish();
  return book.entries;
}

const replay = async (entries: readonly LogEntry[]) => {
  const tree = await createReplay();
  for (const entry of entries) tree.apply(entry);
  return tree.state();
};

describe('issuer/auditReplay', () => {
  it('leads where the book stands', async () => {
    const book = await makeLogBook();
    expect(await replay([])).to.deep.equal({ root: book.tree.root(), size: 0, revoked: 0n });
    book.attest(11n);
    book.publish();
    book.revoke(0);
    const state = await replay(book.entries);
    expect(state).to.deep.equal({ root: book.tree.root(), size: 1, revoked: 1n });
  });

  it('follows any honest book', async () => {
    const action = fc.record({
      kind: fc.constantFrom('attest', 'replace', 'revoke', 'reinstate', 'publish'),
      pick: fc.nat(20),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 25 }), async (actions) => {
        const book = await makeLogBook();
        const live = new Set<number>();
        const dead = new Set<number>();
        const from = (set: Set<number>, pick: number) => [...set][pick % set.size];
        for (const { kind, pick } of actions) {
          if (kind === 'attest') live.add(book.attest(100n + BigInt(book.entries.length)));
          if (kind === 'publish') book.publish();
          const position = kind === 'reinstate' ? from(dead, pick) : from(live, pick);
          if (position === undefined) continue;
          if (kind === 'revoke' || kind === 'replace') {
            book.revoke(position);
            live.delete(position);
            dead.add(position);
            if (kind === 'revoke') continue;
            live.add(book.attest(100n + BigInt(book.entries.length), position));
          } else if (kind === 'reinstate') {
            book.reinstate(position);
            dead.delete(position);
            live.add(position);
          }
        }
        expect((await replay(book.entries)).root).to.equal(book.tree.root());
      }),
      { numRuns: 25 },
    );
  });

  it('takes a replacement that is taken back before it is published', async () => {
    const book = await makeLogBook();
    book.attest(11n);
    book.publish();
    book.revoke(0);
    book.attest(12n, 0);
    book.revoke(1);
    book.reinstate(0);
    book.publish();
    const state = await replay(book.entries);
    expect(state).to.deep.equal({ root: book.tree.root(), size: 2, revoked: 2n });
  });

  it('takes a replacement of what was replaced, taken back and revoked again', async () => {
    const book = await makeLogBook();
    book.attest(11n);
    book.revoke(0);
    book.reinstate(0);
    book.revoke(0);
    book.attest(12n, 0);
    book.publish();
    expect((await replay(book.entries)).root).to.equal(book.tree.root());
  });

  describe('refuses', () => {
    const at =
      (i: number, change: object) =>
      (entries: readonly LogEntry[]): readonly LogEntry[] =>
        entries.with(i, { ...entries[i]!, ...change });
    const without = (i: number) => (entries: readonly LogEntry[]) =>
      renumbered(entries.toSpliced(i, 1));
    type Change = (entries: readonly LogEntry[]) => readonly LogEntry[];
    const swapped: Change = (entries) =>
      renumbered(entries.with(0, entries[1]!).with(1, entries[0]!));
    const faults: Readonly<Record<string, readonly [Change, RegExp]>> = {
      'a gap in the numbers': [
        (entries) => entries.toSpliced(1, 1),
        /^log entry 3: seq is 3, must be 2$/,
      ],
      'a number twice': [at(1, { seq: 1n }), /^log entry 1: seq is 1, must be 2$/],
      'time that falls': [at(2, { at: 1n }), /^log entry 3: at is 1, must be at least /],
      'a position left out': [without(1), /^log entry 2: position is 2, must be 1$/],
      'two entries in another order': [swapped, /^log entry 1: position is 1, must be 0$/],
      'an entry put in': [
        (entries) => renumbered(entries.toSpliced(3, 0, { ...entries[2]! })),
        /^log entry 4: position is 2, must be 3$/,
      ],
      'an empty leaf': [
        at(1, { leaf: 0n as Field }),
        /^log entry 2: leaf is 0, must be other than 0$/,
      ],
      'another leaf': [at(1, { leaf: 99n as Field }), /^log entry 4: root is \d+, must be \d+$/],
      'another size': [at(3, { size: 4 }), /^log entry 4: size is 4, must be 3$/],
      'another count of revocations': [
        at(8, { revoked: 1n }),
        /^log entry 9: revoked is 1, must be 2$/,
      ],
      'another root': [at(8, { root: 1n as Field }), /^log entry 9: root is 1, must be \d+$/],
      'a revocation of nobody': [
        at(4, { position: 3 }),
        /^log entry 5: position is 3, must be a live one$/,
      ],
      'a revocation of one that is revoked': [
        at(6, { position: 0 }),
        /^log entry 7: position is 0, must be a live one$/,
      ],
      'a reinstatement of one that is live': [
        at(7, { position: 2 }),
        /^log entry 8: position is 2, must be a revoked one$/,
      ],
      'a reinstatement with another leaf': [
        at(7, { leaf: 99n as Field }),
        /^log entry 8: leaf is 99, must be 12$/,
      ],
      'a replacement of one that stays': [
        at(5, { replaces: 2 }),
        /^log entry 6: replaces is 2, must be a position revoked since the last publication, and revoked still$/,
      ],
      'a replacement of one that is revoked only afterwards': [
        at(5, { replaces: 1 }),
        /^log entry 6: replaces is 1, must be a position revoked since/,
      ],
      'a replacement of one that was reinstated before': [
        (entries) => {
          const back = { ...entries[7]!, at: entries[4]!.at, position: 0, leaf: 11n as Field };
          return renumbered(entries.toSpliced(5, 0, back));
        },
        /^log entry 7: replaces is 0, must be a position revoked since/,
      ],
      'a replacement of itself': [
        at(5, { replaces: 3 }),
        /^log entry 6: replaces is 3, must be a position revoked since/,
      ],
    };
    for (const [fault, [change, message]] of Object.entries(faults)) {
      it(fault, async () => {
        const entries = await honest();
        await replay(entries);
        const error = await rejected(replay(change(entries)));
        expect(error.code).to.equal('AuditFailed');
        expect(error.message).to.match(message);
        expect(error.data).to.have.property('logSeq');
      });
    }

    it('a replacement of one that an earlier publication revoked', async () => {
      const book = await makeLogBook();
      book.attest(11n);
      book.revoke(0);
      book.attest(12n, 0);
      book.publish();
      await replay(book.entries);
      book.attest(13n, 0);
      book.publish();
      expect((await rejected(replay(book.entries))).data['what']).to.equal('replaces');
    });
  });
});
