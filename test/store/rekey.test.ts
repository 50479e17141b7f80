import { expect } from 'chai';
import { sql } from 'kysely';
import { NEVER } from '../../src/protocol/field.ts';
import { readAttestations } from '../../src/store/attestations.ts';
import { insertEnrolments, readWaiting } from '../../src/store/enrolments.ts';
import { rekey } from '../../src/store/rekey.ts';
import { toSealKey, type SealKey } from '../../src/store/seal.ts';
import type { Store } from '../../src/store/store.ts';
import {
  KEY,
  OTHER_KEY,
  bound,
  issued,
  rowsIn,
  rowsOf,
  schema,
  subjectOf,
} from '../support/issuers.ts';
import { forEachStore } from '../support/stores.ts';
import { rejected } from '../support/world.ts';

const ACCOUNT = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
const VALUES = [276n, 2n, 719_162n, 2n ** 95n + 1n] as const;

/** Four people attested, and one who waits. */
async function populate(store: Store): Promise<void> {
  await bound(store);
  await issued(
    store,
    rowsOf(4).map((row) => ({ ...row, values: VALUES })),
  );
  await insertEnrolments(store.db, store.key, [
    {
      nonce: 77n,
      schemaId: schema.id,
      subjectKey: subjectOf(9),
      deadline: 1n,
      expiresAt: NEVER,
      account: ACCOUNT,
      values: VALUES,
    },
  ]);
}

/** All that is sealed, opened. */
async function readAll({ db, key }: Store) {
  const waiting = [];
  for await (const enrolment of readWaiting(db, key)) waiting.push(enrolment);
  return { waiting, attestations: await readAttestations(db, key, [0, 1, 2, 3]) };
}

/** Whether any column of any row holds these bytes. */
async function holds(store: Store, bytes: Uint8Array): Promise<boolean> {
  const hex = Buffer.from(bytes).toString('hex');
  const text = (await rowsIn(store)).join('\n');
  return text.includes(hex) || text.includes(Buffer.from(bytes).toString('latin1'));
}

describe('store/rekey', () => {
  forEachStore((stores) => {
    it('seals plain data, seals it under another key, and makes it plain again', async () => {
      const url = await stores.fresh();
      let store = await stores.open(url);
      await populate(store);
      const before = await readAll(store);
      const { salt, values } = before.attestations[0]!.attestation!;
      const secrets = [
        Buffer.from(salt.toString(16).padStart(64, '0'), 'hex'),
        Buffer.from(values[3].toString(16).padStart(24, '0'), 'hex'),
        Buffer.from(Buffer.from(ACCOUNT).toString('hex')),
      ];
      const keys: readonly (SealKey | undefined)[] = [KEY, OTHER_KEY, undefined];
      for (const to of keys) {
        const rows: number[] = [];
        await rekey(store, {
          to,
          onRows: (done) => {
            rows.push(done);
          },
        });
        expect(rows).to.deep.equal([4]);
        await store.close();
        store = await stores.open(url, to && { key: to });
        expect(await readAll(store)).to.deep.equal(before);
        for (const secret of secrets) expect(await holds(store, secret)).to.equal(to === undefined);
      }
    });

    it('leaves everything as it was if it is interrupted, at any row', async () => {
      const store = await stores.openFresh({ key: KEY });
      await populate(store);
      const before = await rowsIn(store);
      const stopped = await rekey(store, {
        to: OTHER_KEY,
        onRows: () => {
          throw new Error('stop');
        },
      }).catch((error: unknown) => (error as Error).message);
      expect(stopped).to.equal('stop');
      expect(await rowsIn(store)).to.deep.equal(before);
      // And after the attestations, at an enrolment that can't be opened.
      await sql`update enrolments set personal = set_byte(personal, 30, 255 - get_byte(personal, 30))`.execute(
        store.db,
      );
      const altered = await rowsIn(store);
      expect(await rejected(rekey(store, { to: OTHER_KEY }))).to.include({ code: 'StoreMismatch' });
      expect(await rowsIn(store)).to.deep.equal(altered);
    });

    it('refuses data that was moved to another row', async () => {
      const store = await stores.openFresh({ key: KEY });
      await populate(store);
      await readAttestations(store.db, KEY, [0]);
      await sql`update attestations set personal = (select personal from attestations where position = 1)
        where position = 0`.execute(store.db);
      const error = await rejected(readAttestations(store.db, KEY, [0]));
      expect(error).to.include({ code: 'StoreMismatch' });
    });
  });

  forEachStore((stores) => {
    it('shuts out who has it open with the old key', async () => {
      const url = await stores.fresh();
      const store = await stores.open(url, { key: KEY });
      const other = stores.kind === 'postgres' ? await stores.open(url, { key: KEY }) : store;
      await populate(store);
      await rekey(store, { to: toSealKey(new Uint8Array(32).fill(5)) });
      for (const old of [store, other]) {
        expect(await rejected(issued(old, rowsOf(1, 7)))).to.include({ code: 'StoreMismatch' });
        expect(await rejected(readAttestations(old.db, KEY, [0]))).to.include({
          code: 'StoreMismatch',
        });
        expect(await rejected(rekey(old, { to: undefined }))).to.include({ code: 'StoreMismatch' });
      }
    });
  });
});
