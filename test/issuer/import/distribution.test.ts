/**
 * A real list as it is: 126,402 rows of addresses, a few hundred generated keys among them, whose holders then enrol.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { createGunzip, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { privateKeyToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import { DISTRIBUTION_FILE, hasDistribution } from '../../../scripts/bench/distribution.ts';
import type { WriteClient } from '../../../src/chain/client.ts';
import { signEnrolment } from '../../../src/chain/enrolments.ts';
import { enrol, listWaiting } from '../../../src/issuer/enrol.ts';
import { amountFields, readSourceFile } from '../../../src/issuer/import/files.ts';
import { readMapping } from '../../../src/issuer/import/mapping.ts';
import type { Invitation } from '../../../src/protocol/enrolment.ts';
import { NEVER } from '../../../src/protocol/field.ts';
import { METER_SLOT, defineSchema } from '../../../src/protocol/schema.ts';
import { readAttestations } from '../../../src/store/attestations.ts';
import { findWaitingOf } from '../../../src/store/enrolments.ts';
import { subjectKey } from '../../../src/issuer/subject.ts';
import { importing, manifestReader } from '../../support/imports.ts';
import {
  KEY,
  NOW,
  PEPPER,
  bound,
  checkedLog,
  commitmentOf,
  hashLeaves,
} from '../../support/issuers.ts';
import { forEachStore } from '../../support/stores.ts';

const ROWS = 126_402;
const TOTAL = 76_767_851_882212n * 10n ** 12n;

/** Of the file's first row, whose address nobody has. */
const NOBODYS = 400n * 10n ** 18n;

const KEYS = 300;
const EACH = 10n ** 18n + 1n;

/** All of it on a store in a folder; a share of it on PostgreSQL, unless ELIGO_SLOW is set. */
const SHARE = process.env['ELIGO_SLOW'] === undefined ? 10_000 : ROWS;

const schema = defineSchema({
  eligo: 'schema/1',
  name: 'UNI distribution',
  version: '1',
  description: 'What an address was allotted, and why',
  fields: [
    { name: 'amount', type: 'amount', decimals: '18', description: 'Allotment', meter: true },
    { name: 'isUser', type: 'uint', description: '1 if it had used the exchange' },
    { name: 'isLP', type: 'uint', description: '1 if it had provided liquidity' },
    { name: 'isSOCKS', type: 'uint', description: '1 if it had redeemed or held SOCKS' },
  ],
});

const mapping = readMapping({ ignore: ['index'] });

/** Keys that nobody has to keep: each follows from its number. */
const holders = Array.from({ length: KEYS }, (_, n) => {
  const digest = createHash('sha256').update(`holder ${n}`).digest('hex');
  const account = privateKeyToAccount(`0x${digest}`);
  const request = () => Promise.reject(new Error('asked'));
  return { account, chain: foundry, request } as unknown as WriteClient;
});

/** So many rows of the file, and the holders' after them, packed as the file is. @returns the total of all */
async function writeList(path: string, rows: number): Promise<bigint> {
  const lines: string[] = [];
  let total = BigInt(KEYS) * EACH;
  const text = createReadStream(DISTRIBUTION_FILE).pipe(createGunzip());
  for await (const line of createInterface({ input: text })) {
    if (lines.length > rows) break;
    if (lines.length > 0) total += BigInt(line.split(',')[2]!);
    lines.push(line);
  }
  const own = holders.map(
    ({ account }, n) => `${1_000_000 + n},${account.address},${EACH.toString()},1,0,0`,
  );
  await writeFile(path, gzipSync(`${[...lines, ...own].join('\n')}\n`));
  return total;
}

forEachStore((stores) => {
  const rows = stores.kind === 'folder' ? ROWS : SHARE;
  const title = `imports ${rows} of its ${ROWS} rows as they are, and enrols ${KEYS} holders by their signatures`;
  if (!hasDistribution) {
    it.skip(`${title} (${DISTRIBUTION_FILE} is not here)`);
    return;
  }

  it(title, async function () {
    this.timeout(15 * 60_000);
    const path = await stores.file('list.csv.gz');
    const total = await writeList(path, rows);
    if (rows === ROWS) expect(total).to.equal(TOTAL + BigInt(KEYS) * EACH);
    const bytes = await readFile(path);
    const sha256 = `0x${createHash('sha256').update(bytes).digest('hex')}` as const;
    const issuer = await bound(await stores.openFresh({ key: KEY }));
    const manifest = manifestReader();
    const report = await importing(issuer, [], {
      ...{ source: { kind: 'file', sha256, bytes: BigInt(bytes.length) }, schema, ...manifest },
      ...{ sums: amountFields(schema, mapping), onConflict: 'refuse' },
      records: ({ now }) =>
        readSourceFile({
          ...{ input: { path }, format: 'csv', schema, mapping, units: { kind: 'base' }, now },
          expiresAt: NEVER,
        }),
    });
    const pending = rows - 1 + KEYS;
    expect(report!.facts).to.deep.include({
      ...{ read: String(rows + KEYS), accepted: '0', merged: '0', pending: String(pending) },
      excluded: { 'zero-address': '1' },
      totals: { amount: (total - NOBODYS).toString() },
    });
    expect(manifest.rows()).to.have.length(1);
    expect(manifest.rows()[0]).to.include({ place: 'line 2', rule: 'zero-address' });

    const invitations = new Map<string, Invitation>();
    const own = new Set<string>(holders.map(({ account }) => account.address));
    let waiting = 0;
    for await (const invitation of listWaiting(issuer)) {
      waiting += 1;
      if (own.has(invitation.account)) invitations.set(invitation.account, invitation);
    }
    expect(waiting).to.equal(pending);
    for (const [n, holder] of holders.entries()) {
      const invitation = invitations.get(holder.account.address)!;
      const enrolment = await signEnrolment(holder, { invitation, commitment: commitmentOf(n) });
      const { position } = await enrol(issuer, holder, {
        ...{ enrolment, now: NOW, hashLeaves },
      });
      expect(position).to.equal(n);
    }
    expect(await checkedLog(issuer.store)).to.have.length(KEYS);
    const positions = holders.map((_, n) => n);
    const attested = await readAttestations(issuer.store.db, KEY, positions);
    for (const [n, { attestation }] of attested.entries())
      expect(attestation).to.deep.include({
        commitment: commitmentOf(n),
        values: [1n, 0n, 0n, EACH],
      });
    const { left, sum } = await stillWaiting(path);
    expect(left).to.equal(pending - KEYS);
    expect(sum + BigInt(KEYS) * EACH).to.equal(total - NOBODYS);

    /** What those who are left wait for, asked for by the addresses in the file. */
    async function stillWaiting(list: string) {
      let [left, sum] = [0, 0n];
      let keys: Uint8Array[] = [];
      const count = async (): Promise<void> => {
        const query = { schemaId: schema.id, subjectKeys: keys };
        const found = await findWaitingOf(issuer.store.db, KEY, query);
        left += found.length;
        sum += found.reduce((all, { values }) => all + values[METER_SLOT], 0n);
        keys = [];
      };
      const text = createReadStream(list).pipe(createGunzip());
      for await (const line of createInterface({ input: text })) {
        const identifier = line.split(',')[1]!.toLowerCase();
        if (!identifier.startsWith('0x')) continue;
        keys.push(subjectKey({ pepper: PEPPER, kind: 'address', identifier }));
        if (keys.length === 4_096) await count();
      }
      await count();
      return { left, sum };
    }
  });
});
