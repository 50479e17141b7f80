import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { EligoError } from '../../../src/errors.ts';
import { listWaiting } from '../../../src/issuer/enrol.ts';
import { abandonImport, type ImportReport } from '../../../src/issuer/import/import.ts';
import type { AttestRecord, ImportRecord } from '../../../src/issuer/import/record.ts';
import type { Issuer } from '../../../src/issuer/issuer.ts';
import { erase, revoke } from '../../../src/issuer/revoke.ts';
import { subjectKey } from '../../../src/issuer/subject.ts';
import { canonicalJson } from '../../../src/protocol/codec.ts';
import { MAX_VALUE, fieldToBytes } from '../../../src/protocol/field.ts';
import { readAttestations } from '../../../src/store/attestations.ts';
import { backUp, restore } from '../../../src/store/backup.ts';
import { rekey } from '../../../src/store/rekey.ts';
import { loadHasher } from '../../../src/tree/hasher.ts';
import { inline } from '../../../src/tree/threads.ts';
import {
  CHAIN,
  FILE,
  OTHER_FILE,
  accountOf,
  address,
  attest,
  ended,
  importing,
  manifestReader,
  mark,
  people,
  reading,
  takesBack,
} from '../../support/imports.ts';
import {
  EVIDENCE,
  KEY,
  NOW,
  OTHER_KEY,
  PEPPER,
  bound,
  checkedLog,
  commitmentOf,
  issued,
  replayed,
  rowOf,
  rowsIn,
} from '../../support/issuers.ts';
import { forEachStore } from '../../support/stores.ts';
import { rejected } from '../../support/world.ts';

/** More than two batches. */
const MANY = 9_000;

describe('issuer/import', () => {
  forEachStore((stores) => {
    const open = async (): Promise<Issuer> => bound(await stores.openFresh({ key: KEY }));

    const leavesOf = async ({ store }: Issuer) => replayed(await checkedLog(store));

    const waitingOf = async (issuer: Issuer): Promise<readonly string[]> => {
      const all: string[] = [];
      for await (const { account } of listWaiting(issuer)) all.push(account.toLowerCase());
      return all.sort();
    };

    /** The live attestations by position: commitment and allocation. */
    const liveOf = async ({ store }: Issuer) => {
      const positions = (await leavesOf({ store } as Issuer)).map((_, i) => i);
      const found = await readAttestations(store.db, store.key, positions);
      return found
        .filter(({ live }) => live)
        .map(({ position, attestation }) => [
          position,
          attestation!.commitment,
          attestation!.values[3],
        ]);
    };

    const nothingIn = async (issuer: Issuer): Promise<void> => {
      expect(await rowsIn(issuer.store, ['attestations', 'enrolments', 'log'])).to.deep.equal([]);
      expect(await rowsIn(issuer.store, ['imports', 'import_rounds', 'import_rows'])).to.deep.equal(
        [],
      );
    };

    /** Every record is counted once. */
    const expectWhole = ({ facts }: ImportReport): void => {
      const excluded = Object.values(facts.excluded).map(Number);
      const parts = [facts.accepted, facts.merged, facts.pending, facts.revocations.read];
      const sum = [...parts.map(Number), ...excluded].reduce((a, b) => a + b, 0);
      expect(sum).to.equal(Number(facts.read));
    };

    describe('given a list', () => {
      it('attests who brings a commitment, in order, and lets the others wait', async () => {
        const issuer = await open();
        const manifest = manifestReader();
        const report = await importing(issuer, [attest(1), address(2), attest(3)], manifest);
        expectWhole(report!);
        expect(report!.facts).to.deep.include({
          ...{ read: '3', accepted: '2', merged: '0', pending: '1', excluded: {} },
          totals: { allocation: '1206' },
          positions: [{ first: '0', count: '2' }],
        });
        expect(await waitingOf(issuer)).to.deep.equal([accountOf(2)]);
        expect(await liveOf(issuer)).to.deep.equal([
          [0, commitmentOf(1), 401n],
          [1, commitmentOf(3), 403n],
        ]);
        const leaves = (await leavesOf(issuer)).map(fieldToBytes);
        const hash = createHash('sha256').update(Buffer.concat(leaves)).digest('hex');
        expect(report!.facts.leaves).to.equal(`0x${hash}`);
        const text = manifest.text();
        expect(`0x${createHash('sha256').update(text).digest('hex')}`).to.equal(
          report!.manifestHash,
        );
        expect(canonicalJson(JSON.parse(text))).to.equal(text);
        expect(text).not.to.include(accountOf(2).slice(2));
      });

      it('attests as of the day on which it began', async () => {
        const issuer = await open();
        await importing(issuer, [attest(1)]);
        const [first] = await readAttestations(issuer.store.db, KEY, [0]);
        expect(first!.attestation!.issuedAt).to.equal(NOW - (NOW % 86_400n));
      });

      it('gives the same leaves from the same seed in another store, and others from another', async () => {
        const records = [...people(40), address(50)];
        const [a, b, c] = [await open(), await open(), await open()];
        await importing(a, records);
        await importing(b, records);
        await importing(c, records, { seed: new Uint8Array(32).fill(8) });
        expect(await leavesOf(b)).to.deep.equal(await leavesOf(a));
        expect(await leavesOf(c)).not.to.deep.equal(await leavesOf(a));
      });

      it('does nothing for the same file a second time, and writes the same manifest', async () => {
        const issuer = await open();
        const [first, second] = [manifestReader(), manifestReader()];
        const records = [attest(1), address(2), attest(1)];
        const report = await importing(issuer, records, first);
        const rows = await rowsIn(issuer.store);
        const again = await importing(issuer, records, second);
        expect(again).to.deep.equal({ ...report, again: true });
        expect(second.text()).to.equal(first.text());
        expect(await rowsIn(issuer.store)).to.deep.equal(rows);
      });

      it('lists what a reader left out, and leaves out itself what no reader should have passed on', async () => {
        const issuer = await open();
        const manifest = manifestReader();
        const bad: ImportRecord[] = [
          {
            kind: 'exclude',
            place: 'line 1',
            id: 'line 1',
            rule: 'bad-amount',
            detail: 'amount must be digits',
          },
          attest(2, { account: '0x12' }),
          attest(3, { account: '0xFb6916095ca1df60bB79Ce92cE3Ea74c37c5d359'.replace('fb', 'FB') }),
          attest(4, { account: accountOf(0) }),
          attest(5, { expiresAt: NOW - 2n * 86_400n }),
          attest(6, { values: [0n, 0n, 0n, MAX_VALUE + 1n] }),
          attest(7, { values: [0n, 0n, 0n, MAX_VALUE] }),
        ];
        const report = await importing(issuer, bad, manifest);
        expectWhole(report!);
        expect(report!.facts).to.deep.include({
          accepted: '1',
          excluded: {
            ...{ 'bad-amount': '1', 'bad-address': '1', 'bad-checksum': '1', 'zero-address': '1' },
            ...{ expired: '1', 'bad-value': '1' },
          },
        });
        expect(manifest.rows().map(({ place, rule }) => [place, rule])).to.deep.equal([
          ['line 1', 'bad-amount'],
          ['line 2', 'bad-address'],
          ['line 3', 'bad-checksum'],
          ['line 4', 'zero-address'],
          ['line 5', 'expired'],
          ['line 6', 'bad-value'],
        ]);
        for (const { detail } of manifest.rows()) expect(detail).not.to.match(/0x[0-9a-f]{3,}/i);
      });
    });

    describe('given an account that stands there twice', () => {
      const different = (place: string, amount: bigint): AttestRecord =>
        attest(1, { place, id: place, values: [3n, 1n, 719_161n, amount] });

      it('merges what is equal, and takes the commitment from whichever has it', async () => {
        const issuer = await open();
        const upper = accountOf(0xabc).toUpperCase().replace('0X', '0x');
        const report = await importing(issuer, [
          ...[attest(1), attest(1), address(2), attest(2), attest(3), address(3)],
          ...[address(0xabc), address(0xabc, { account: upper })],
        ]);
        expectWhole(report!);
        expect(report!.facts).to.deep.include({
          accepted: '3',
          merged: '4',
          pending: '1',
          excluded: {},
        });
        expect((await liveOf(issuer)).map(([, commitment]) => commitment)).to.deep.equal(
          [1, 2, 3].map(commitmentOf),
        );
      });

      for (const [onConflict, amount, won, lost] of [
        ['newest', 7n, 'line 30', ['line 10', 'line 20']],
        ['first', 5n, 'line 10', ['line 20', 'line 30']],
      ] as const) {
        it(`lets the ${onConflict} win under that rule, and lists who lost to whom`, async () => {
          const issuer = await open();
          const manifest = manifestReader();
          const records = [
            different('line 10', 5n),
            attest(9),
            different('line 20', 6n),
            different('line 30', 7n),
          ];
          const report = await importing(issuer, records, { onConflict, ...manifest });
          expectWhole(report!);
          expect(report!.facts).to.deep.include({
            accepted: '2',
            excluded: { conflict: '2' },
            onConflict,
          });
          expect((await liveOf(issuer)).map(([, , value]) => value)).to.have.members([
            amount,
            409n,
          ]);
          const rows = manifest.rows();
          expect(rows.map((row) => row['lost'])).to.deep.equal(lost);
          expect(rows.at(onConflict === 'newest' ? -1 : 0)!['won']).to.equal(won);
          for (const row of rows) expect(row['detail']).to.equal('differs in allocation');
        });
      }

      it('refuses both by their places under refuse, issues nothing, and takes the corrected file', async () => {
        const issuer = await open();
        const refuse = { onConflict: 'refuse' } as const;
        const records = [attest(2), different('line 10', 5n), different('line 20', 6n)];
        const error = await rejected(importing(issuer, records, refuse));
        expect(error.code).to.equal('AlreadyAttested');
        expect(error.message).to.match(/line 20 and line 10 .* allocation/);
        await nothingIn(issuer);
        const report = await importing(issuer, records.slice(0, 2), {
          ...refuse,
          source: OTHER_FILE,
        });
        expect(report!.facts.accepted).to.equal('2');
      });

      it('sums parts, and refuses to guess where they differ in anything else', async () => {
        const part = (n: number, amount: bigint, changes: Partial<AttestRecord> = {}) =>
          attest(1, {
            part: `A/${n}`,
            place: `line ${n}`,
            values: [3n, 1n, 2n, amount],
            ...changes,
          });
        const issuer = await open();
        const manifest = manifestReader();
        const report = await importing(
          issuer,
          [
            ...[part(2, 20n), part(1, 10n), part(3, 30n), part(3, 30n)],
            ...[
              attest(5, { part: 'A/1' }),
              attest(5, { part: 'A/2', expiresAt: NOW + 86_400n, place: 'line 6' }),
            ],
            ...[attest(7, { part: 'A/1', values: [0n, 0n, 0n, MAX_VALUE] })],
            ...[attest(7, { part: 'A/2', values: [0n, 0n, 0n, 1n] })],
            ...[attest(8, { part: 'A/1' }), attest(8)],
          ],
          manifest,
        );
        expectWhole(report!);
        expect(report!.facts).to.deep.include({
          ...{ accepted: '1', merged: '3', excluded: { conflict: '4', 'bad-amount': '2' } },
          totals: { allocation: '60' },
        });
        expect(await liveOf(issuer)).to.deep.equal([[0, commitmentOf(1), 60n]]);
        expect(manifest.rows().map((row) => row['place'])).to.deep.equal([
          'line 5',
          'line 6',
          'line 7',
          'line 7',
          'line 8',
          'line 8',
        ]);
      });
    });

    describe('given a commitment under two accounts', () => {
      const records = [attest(1), attest(2, { commitment: commitmentOf(1) }), attest(3)];

      it('leaves the later out', async () => {
        const issuer = await open();
        const manifest = manifestReader();
        const report = await importing(issuer, records, manifest);
        expectWhole(report!);
        expect(report!.facts).to.deep.include({
          accepted: '2',
          excluded: { 'commitment-taken': '1' },
        });
        expect(manifest.rows()).to.deep.equal([
          {
            place: 'line 2',
            rule: 'commitment-taken',
            by: 'line 1',
            detail: 'commitment stands under another account',
          },
        ]);
      });

      it('refuses under refuse', async () => {
        const issuer = await open();
        const error = await rejected(importing(issuer, records, { onConflict: 'refuse' }));
        expect(error).to.include({ code: 'CommitmentTaken' });
        expect(error.message).to.match(/line 2 .* line 1/);
        await nothingIn(issuer);
      });

      it('does the same where it is live already', async () => {
        const issuer = await open();
        await importing(issuer, [attest(1)]);
        const later = [attest(2, { commitment: commitmentOf(1) })];
        const error = await rejected(
          importing(issuer, later, { source: OTHER_FILE, onConflict: 'refuse' }),
        );
        expect(error).to.include({ code: 'CommitmentTaken' });
        const report = await importing(issuer, later, { source: OTHER_FILE });
        expect(report!.facts).to.deep.include({
          accepted: '0',
          excluded: { 'commitment-taken': '1' },
        });
      });
    });

    describe('given people whom the store holds', () => {
      /** 1 is attested, 2 waits. */
      const begun = async (): Promise<Issuer> => {
        const issuer = await open();
        await importing(issuer, [attest(1), address(2)]);
        return issuer;
      };
      const changed = (n: number, changes: Partial<AttestRecord> = {}): AttestRecord =>
        address(n, { values: [3n, 1n, 719_161n, 9n], ...changes });

      it('merges what is equal, with a commitment or without', async () => {
        const issuer = await begun();
        const report = await importing(issuer, [address(1), address(2)], { source: OTHER_FILE });
        expectWhole(report!);
        expect(report!.facts).to.deep.include({ accepted: '0', merged: '2', pending: '0' });
        expect(await waitingOf(issuer)).to.deep.equal([accountOf(2)]);
      });

      it('replaces what differs under newest, with the file as evidence, and under the commitment that is bound', async () => {
        const issuer = await begun();
        const [invitation] = await waitingIn(issuer);
        const manifest = manifestReader();
        const report = await importing(issuer, [changed(1), changed(2)], {
          source: OTHER_FILE,
          ...manifest,
        });
        expectWhole(report!);
        expect(report!.facts).to.deep.include({ accepted: '1', replaced: '1', pending: '1' });
        expect(await liveOf(issuer)).to.deep.equal([[1, commitmentOf(1), 9n]]);
        expect((await checkedLog(issuer.store)).slice(1)).to.deep.include.members([
          (await checkedLog(issuer.store)).find((entry) => entry.kind === 'revoke'),
        ]);
        const revoked = (await checkedLog(issuer.store)).find((entry) => entry.kind === 'revoke');
        expect(revoked).to.include({
          position: 0,
          reason: 'data-changed',
          evidence: (OTHER_FILE as { sha256: string }).sha256,
        });
        expect(await waitingIn(issuer), 'the invitation stays good').to.deep.equal([invitation]);
        expect(manifest.rows()).to.deep.equal([
          { rule: 'conflict', won: 'line 1', lost: 'position 0', detail: 'differs in allocation' },
          {
            rule: 'conflict',
            ...{ won: 'line 2', lost: 'an enrolment that waits', detail: 'differs in allocation' },
          },
        ]);
      });

      it('keeps what it has under first, and refuses under refuse, before it issues anything', async () => {
        const issuer = await begun();
        const before = await rowsIn(issuer.store);
        const records = [attest(5), changed(1), changed(2)];
        const error = await rejected(
          importing(issuer, records, { source: OTHER_FILE, onConflict: 'refuse' }),
        );
        expect(error).to.include({ code: 'AlreadyAttested' });
        expect(error.message).to.match(/line 1 and position 0/);
        expect(await rowsIn(issuer.store)).to.deep.equal(before);
        const report = await importing(issuer, records, {
          source: OTHER_FILE,
          onConflict: 'first',
        });
        expect(report!.facts).to.deep.include({ accepted: '1', excluded: { conflict: '2' } });
        expect(await liveOf(issuer)).to.deep.equal([
          [0, commitmentOf(1), 401n],
          [1, commitmentOf(5), 405n],
        ]);
      });

      it('attests who waited and brings a commitment now: nobody waits for what they have', async () => {
        const issuer = await begun();
        const report = await importing(issuer, [attest(2)], { source: OTHER_FILE });
        expect(report!.facts).to.deep.include({ accepted: '1', merged: '0' });
        expect(await waitingOf(issuer)).to.deep.equal([]);
      });
    });

    const waitingIn = async (issuer: Issuer) => {
      const all = [];
      for await (const invitation of listWaiting(issuer)) all.push(invitation);
      return all;
    };

    describe('given an interruption', () => {
      const records: readonly ImportRecord[] = [
        ...people(MANY),
        attest(20_000, { commitment: undefined }),
        attest(7, { place: 'line 7 again', values: [3n, 1n, 719_161n, 1n] }),
      ];
      const whole = async (): Promise<readonly bigint[]> => {
        const issuer = await open();
        await importing(issuer, records);
        return leavesOf(issuer);
      };

      /** Ends a call at its nth word about progress. */
      const endsAt = async (issuer: Issuer, step: string, nth: number): Promise<void> => {
        const end = new AbortController();
        let seen = 0;
        const error = await ended(
          importing(issuer, records, {
            signal: end.signal,
            onProgress: (progress) => {
              if (progress.step === step && ++seen === nth) end.abort(new Error('ended'));
            },
          }),
        );
        expect(error.message).to.equal('ended');
      };

      it('goes on where it was, and gives the leaves of one that was not interrupted', async () => {
        const expected = await whole();
        const issuer = await open();
        await endsAt(issuer, 'reading', 1);
        expect((await rowsIn(issuer.store, ['import_rows'])).length).to.equal(4_096);
        await endsAt(issuer, 'resolving', 1);
        await endsAt(issuer, 'issuing', 1);
        expect(await leavesOf(issuer)).to.have.length(4_096);
        let calls = 0;
        const thrown = await ended(
          importing(issuer, records, {
            hashLeaves: () => {
              calls += 1;
              return Promise.reject(new Error('no hash'));
            },
          }),
        );
        expect([thrown.message, calls]).to.deep.equal(['no hash', 1]);
        const report = await importing(issuer, records, { now: NOW + 20n * 86_400n });
        expectWhole(report!);
        expect(report!.facts).to.deep.include({ accepted: String(MANY), pending: '1' });
        expect(await leavesOf(issuer)).to.deep.equal(expected);
      });

      it('names the import that is open to whoever brings another, and can be given up', async () => {
        const issuer = await open();
        await endsAt(issuer, 'reading', 1);
        const other = { source: OTHER_FILE } as const;
        const error = await rejected(importing(issuer, [attest(1)], other));
        expect(error).to.include({ code: 'InvalidInput' });
        expect(error.message).to.include((FILE as { sha256: string }).sha256);
        expect(await abandonImport(issuer)).to.equal(true);
        await nothingIn(issuer);
        expect(await abandonImport(issuer)).to.equal(false);
        expect((await importing(issuer, [attest(1)], other))!.facts.accepted).to.equal('1');
      });

      it('is not given up once something is issued, and keeps its rule', async () => {
        const issuer = await open();
        await endsAt(issuer, 'issuing', 1);
        expect(await rejected(abandonImport(issuer))).to.include({ code: 'InvalidInput' });
        const error = await rejected(importing(issuer, records, { onConflict: 'first' }));
        expect(error.message).to.match(/--on-conflict newest/);
        await importing(issuer, records);
      });

      it('takes a decision where somebody came between, though it was to refuse', async () => {
        const issuer = await open();
        const list = people(5_000);
        const refuse = { onConflict: 'refuse', source: OTHER_FILE } as const;
        const end = new AbortController();
        await ended(
          importing(issuer, list, {
            ...{ ...refuse, signal: end.signal },
            onProgress: ({ step }) => {
              if (step === 'issuing') end.abort();
            },
          }),
        );
        const [who, identifier] = [4_999, accountOf(4_999)];
        await issued(issuer.store, [
          rowOf(who, {
            subjectKey: subjectKey({ pepper: PEPPER, kind: 'address', identifier }),
            values: [3n, 1n, 719_161n, 1n],
          }),
        ]);
        const error = await rejected(importing(issuer, list, refuse));
        expect(error.message).to.match(/line 4999 and position 4096/);
        const report = await importing(issuer, list, { ...refuse, onConflict: 'first' });
        expectWhole(report!);
        expect(report!.facts).to.deep.include({
          ...{ accepted: '4999', excluded: { conflict: '1' } },
          positions: [
            { first: '0', count: '4096' },
            { first: '4097', count: '903' },
          ],
        });
      });

      it('forgets what it read of a file that turns out to be wrong', async () => {
        const issuer = await open();
        const broken = async function* () {
          yield* people(5_000);
          await Promise.resolve();
          throw new EligoError('InvalidInput', 'line 5001 must have 3 columns');
        };
        const error = await rejected(importing(issuer, [], { records: broken }));
        expect(error.message).to.equal('line 5001 must have 3 columns');
        await nothingIn(issuer);
      });
    });

    describe('in a dry run', () => {
      it('says what would be done, and leaves nothing behind', async () => {
        const issuer = await open();
        await importing(issuer, [attest(1)]);
        const before = await rowsIn(issuer.store);
        const manifest = manifestReader();
        const records = [
          attest(2),
          address(3),
          attest(2, { place: 'line 9', expiresAt: NOW + 1n }),
        ];
        const dry = { source: OTHER_FILE, dryRun: true, ...manifest };
        const report = await importing(issuer, records, dry);
        expectWhole(report!);
        expect(report!.facts).to.deep.include({
          ...{ accepted: '1', pending: '1', excluded: { conflict: '1' }, dryRun: true },
        });
        expect(report!.facts).not.to.have.any.keys('leaves', 'previous');
        expect(manifest.rows()).to.have.length(1);
        expect(await rowsIn(issuer.store)).to.deep.equal(before);
        const real = await importing(issuer, records, { source: OTHER_FILE });
        expect(real!.facts.totals).to.deep.equal(report!.facts.totals);
      });
    });

    describe('given events', () => {
      const event = (n: number, changes: Partial<AttestRecord> = {}): AttestRecord =>
        attest(n, { id: `eas/1/${n}`, ...changes });
      const fromChain = (changes: object = {}) => ({ source: CHAIN, ...changes });

      it('keeps what a mark follows, reads on from there, and closes a manifest a call', async () => {
        const issuer = await open();
        const starts: unknown[] = [];
        const call = (records: readonly (ImportRecord | ReturnType<typeof mark>)[]) =>
          importing(issuer, [], {
            ...fromChain(),
            records: (from) => {
              starts.push(from.cursor);
              return reading(records)(from);
            },
          });
        const first = await call([event(1), mark(5), event(2)]);
        expect(first!.facts).to.deep.include({
          accepted: '1',
          blocks: { from: '3', to: '5' },
          round: '1',
        });
        expect(await call([mark(6)]), 'nothing new').to.equal(undefined);
        const second = await call([event(2), mark(8)]);
        expect(second!.facts).to.deep.include({
          ...{ accepted: '1', blocks: { from: '6', to: '8' }, round: '2' },
          previous: first!.manifestHash,
        });
        expect(starts).to.deep.equal([undefined, { block: 5 }, { block: 6 }]);
        expect(await liveOf(issuer)).to.have.length(2);
      });

      it('revokes what the source takes back: by id, by content, staged, waiting, enrolled', async () => {
        const issuer = await open();
        const content = `0x${'cc'.repeat(32)}` as const;
        await importing(
          issuer,
          [
            ...[event(1), event(2), event(3, { content })],
            ...[event(3, { id: 'copy', content }), event(4, { commitment: undefined })],
            ...[event(5), takesBack('eas/1/5'), mark(9)],
          ],
          fromChain(),
        );
        expect(await liveOf(issuer)).to.have.length(3);
        const report = await importing(
          issuer,
          [
            ...[takesBack('eas/1/1'), takesBack('other', { content }), takesBack('eas/1/4')],
            ...[takesBack('eas/1/5'), takesBack('unknown'), mark(12)],
          ],
          fromChain(),
        );
        expectWhole(report!);
        expect(report!.facts.revocations).to.deep.equal({
          read: '5',
          revoked: '2',
          cancelled: '1',
        });
        expect((await liveOf(issuer)).map(([position]) => position)).to.deep.equal([1]);
        expect(await waitingOf(issuer)).to.deep.equal([]);
        const entries = (await checkedLog(issuer.store)).filter((entry) => entry.kind === 'revoke');
        const named = canonicalJson({ source: 'eas/1/1', place: 'the end of eas/1/1' });
        expect(entries[0]).to.include({
          ...{ position: 0, reason: 'data-changed' },
          evidence: `0x${createHash('sha256').update(named).digest('hex')}`,
        });
      });

      it('keeps what another record of the source still says', async () => {
        const issuer = await open();
        const twice = [event(1), event(1, { id: 'second' }), event(2, { commitment: undefined })];
        const waits = event(2, { id: 'waits too', commitment: undefined });
        await importing(issuer, [...twice, mark(4)], fromChain());
        await importing(issuer, [waits, event(1, { id: 'third' }), mark(5)], fromChain());
        for (const [block, id] of ['eas/1/1', 'second', 'eas/1/2'].entries())
          await importing(issuer, [takesBack(id), mark(6 + block)], fromChain());
        expect(await liveOf(issuer)).to.have.length(1);
        expect(await waitingOf(issuer)).to.have.length(1);
        const last = [takesBack('third'), takesBack('waits too'), mark(20)];
        await importing(issuer, last, fromChain());
        expect(await liveOf(issuer)).to.deep.equal([]);
        expect(await waitingOf(issuer)).to.deep.equal([]);
      });

      it('lets the newest record of a subject replace the older, whose end then changes nothing', async () => {
        const issuer = await open();
        const values = [3n, 1n, 719_161n, 9n] as const;
        await importing(
          issuer,
          [event(1), event(2, { commitment: undefined }), mark(4)],
          fromChain(),
        );
        const newer = [
          event(1, { id: 'n1', values }),
          event(2, { id: 'n2', commitment: undefined, values }),
        ];
        await importing(issuer, [...newer, mark(5)], fromChain());
        const ends = [takesBack('eas/1/1'), takesBack('eas/1/2')];
        await importing(issuer, [...ends, mark(6)], fromChain());
        expect(await liveOf(issuer)).to.deep.equal([[1, commitmentOf(1), 9n]]);
        expect(await waitingOf(issuer)).to.have.length(1);
        await importing(issuer, [takesBack('n1'), takesBack('n2'), mark(7)], fromChain());
        expect(await liveOf(issuer)).to.deep.equal([]);
        expect(await waitingOf(issuer)).to.deep.equal([]);
      });

      it('attests again what came again after its revocation', async () => {
        const issuer = await open();
        await importing(issuer, [event(1), mark(4)], fromChain());
        await importing(issuer, [takesBack('eas/1/1'), event(1), mark(5)], fromChain());
        expect((await liveOf(issuer)).map(([position]) => position)).to.deep.equal([1]);
      });

      it('leaves alone what the store had from elsewhere', async () => {
        const issuer = await open();
        await importing(issuer, [attest(1)]);
        await importing(issuer, [event(1), mark(4)], fromChain());
        await importing(issuer, [takesBack('eas/1/1'), mark(5)], fromChain());
        expect(await liveOf(issuer)).to.have.length(1);
      });
    });

    describe('at rest', () => {
      it('seals accounts and values while they are staged, and forgets them afterwards', async () => {
        const issuer = await open();
        const end = new AbortController();
        await ended(
          importing(issuer, people(5_000, 0xabcde), {
            signal: end.signal,
            onProgress: () => {
              end.abort();
            },
          }),
        );
        const staged = await issuer.store.db.selectFrom('import_rows').select('personal').execute();
        for (const { personal } of staged) expect(personal![0]).to.equal(1);
        await importing(issuer, people(5_000, 0xabcde));
        const rows = await issuer.store.db
          .selectFrom('import_rows')
          .select('ordinal')
          .where('personal', 'is not', null)
          .execute();
        expect(rows).to.deep.equal([]);
      });

      it('is sealed anew with the rest, and goes on', async () => {
        const url = await stores.fresh();
        const store = await stores.open(url, { key: KEY });
        const issuer = await bound(store);
        const end = new AbortController();
        await ended(
          importing(issuer, people(5_000), {
            signal: end.signal,
            onProgress: () => {
              end.abort();
            },
          }),
        );
        await rekey(store, { to: OTHER_KEY });
        await store.close();
        const again = { ...issuer, store: await stores.open(url, { key: OTHER_KEY }) };
        await importing(again, people(5_000), { seed: new Uint8Array(32) });
        const other = await open();
        await importing(other, people(5_000));
        expect(await leavesOf(again)).to.deep.equal(await leavesOf(other));
      });

      it('comes back from a backup as it was', async () => {
        const issuer = await open();
        await importing(issuer, [attest(1), address(2)]);
        const path = await stores.file('backup');
        await backUp(issuer.store, path);
        const copy = await stores.openFresh({ key: KEY });
        await restore(copy, path, { builder: inline(await loadHasher()) });
        const tables = ['imports', 'import_rounds', 'import_rows'] as const;
        const rows = await rowsIn(issuer.store, tables);
        expect(rows).to.have.length(4);
        expect(await rowsIn(copy, tables)).to.deep.equal(rows);
      });

      it('is erased with the person', async () => {
        const issuer = await open();
        await importing(issuer, [attest(1), attest(2), mark(4)], { source: CHAIN });
        const key = subjectKey({ pepper: PEPPER, kind: 'address', identifier: accountOf(1) });
        await revoke(issuer.store, {
          ...{ positions: [0], reason: 'holder-request', evidence: EVIDENCE, now: NOW },
        });
        await erase(issuer.store, { subjectKey: key });
        const rows = await rowsIn(issuer.store, ['import_rows']);
        const hex = Buffer.from(key).toString('hex');
        expect(rows.filter((row) => row.includes(hex))).to.deep.equal([]);
        expect(rows.filter((row) => row.includes('"source_id":null'))).to.have.length(1);
      });
    });
  });
});
