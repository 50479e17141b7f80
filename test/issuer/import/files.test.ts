import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { getAddress } from 'viem';
import { DISTRIBUTION_FILE, hasDistribution } from '../../../scripts/bench/distribution.ts';
import {
  SOURCE_FORMATS,
  amountFields,
  readSourceFile,
  type SourceDigest,
  type SourceFormat,
} from '../../../src/issuer/import/files.ts';
import { readMapping } from '../../../src/issuer/import/mapping.ts';
import type { ImportRecord } from '../../../src/issuer/import/record.ts';
import { FIELD_ORDER, NEVER } from '../../../src/protocol/field.ts';
import { defineSchema } from '../../../src/protocol/schema.ts';
import { ANN, due, dumpOf, expectRefused, listSchema, readAll } from '../../support/sourceFiles.ts';
import { NOW, fc, rejected, uint } from '../../support/world.ts';

const SEED = Number(process.env['ELIGO_SEED'] ?? 20_260_101);
const MIB = 1_048_576;

/** What a row says, in any format. */
type Row = {
  readonly account: string;
  readonly amount: bigint;
  readonly commitment: bigint | undefined;
};

describe('issuer/import/files', () => {
  describe(`what is written in a format, seed ${SEED}`, () => {
    const account = fc
      .tuple(fc.bigInt({ min: 1n, max: 2n ** 160n - 1n }), fc.boolean())
      .map(([number, isLower]) => {
        const lower = `0x${number.toString(16).padStart(40, '0')}` as const;
        return isLower ? lower : getAddress(lower);
      });
    const row: fc.Arbitrary<Row> = fc.record({
      account,
      amount: uint(96),
      commitment: fc.option(fc.bigInt({ min: 0n, max: FIELD_ORDER - 1n }), { nil: undefined }),
    });
    const rows = fc.uniqueArray(row, {
      minLength: 1,
      maxLength: 40,
      selector: (one) => one.account,
    });
    const withoutCommitments = rows.map((all) =>
      all.map((one) => ({ ...one, commitment: undefined })),
    );

    const hex = (amount: bigint): string => `0x${amount.toString(16)}`;
    const decimal = (amount: bigint): string => {
      const digits = amount.toString().padStart(7, '0');
      return `${digits.slice(0, -6)}.${digits.slice(-6)}`;
    };
    const commitmentOf = ({ commitment }: Row) => commitment?.toString() ?? '';

    type Writer = {
      readonly format: SourceFormat;
      readonly rows: fc.Arbitrary<Row[]>;
      readonly decimals?: true;
      readonly write: (rows: readonly Row[]) => unknown;
    };
    const csvOf = (all: readonly Row[], amountOf: (amount: bigint) => string): string =>
      [
        'address,amount,commitment',
        ...all.map((one) => `${one.account},${amountOf(one.amount)},${commitmentOf(one)}`),
      ].join('\n');
    const claimsOf = (all: readonly Row[]) =>
      Object.fromEntries(
        all.map((one, index) => [one.account, { index, amount: hex(one.amount), proof: [] }]),
      );
    const writers: Readonly<Record<string, Writer>> = {
      csv: { format: 'csv', rows, write: (all) => csvOf(all, String) },
      'csv in decimals': {
        format: 'csv',
        rows,
        decimals: true,
        write: (all) => csvOf(all, decimal),
      },
      tokentable: {
        format: 'tokentable',
        rows,
        write: (all) =>
          [
            'index,group,claimableAmount,commitment,address',
            ...all.map((one, i) => `${i},g,${one.amount},${commitmentOf(one)},${one.account}`),
          ].join('\r\n'),
      },
      'uniswap amounts': {
        format: 'uniswap',
        rows: withoutCommitments,
        write: (all) => Object.fromEntries(all.map((one) => [one.account, hex(one.amount)])),
      },
      'uniswap reasons': {
        format: 'uniswap',
        rows,
        write: (all) =>
          all.map((one) => ({
            address: one.account,
            earnings: hex(one.amount),
            reasons: '',
            commitment: commitmentOf(one),
          })),
      },
      'uniswap claims': {
        format: 'uniswap',
        rows: withoutCommitments,
        write: (all) => ({
          tokenTotal: hex(all.reduce((sum, one) => sum + one.amount, 0n)),
          claims: claimsOf(all),
        }),
      },
      'uniswap files of claims': { format: 'uniswap', rows: withoutCommitments, write: claimsOf },
      openzeppelin: {
        format: 'openzeppelin',
        rows: withoutCommitments,
        write: (all) => dumpOf(all.map((one) => [one.account, String(one.amount)])),
      },
    };

    for (const [what, { format, rows: arbitrary, decimals, write }] of Object.entries(writers)) {
      it(`comes back the same: ${what}`, async () => {
        const cut = fc.integer({ min: 1, max: 400 });
        await fc.assert(
          fc.asyncProperty(
            arbitrary,
            cut,
            fc.boolean(),
            fc.boolean(),
            async (all, pieces, isPacked, isPretty) => {
              const document = write(all);
              const text =
                typeof document === 'string'
                  ? document
                  : JSON.stringify(document, null, isPretty ? 2 : 0);
              const bytes = isPacked ? gzipSync(text) : Buffer.from(text);
              const units = decimals
                ? ({ kind: 'decimal', decimals: 6 } as const)
                : ({ kind: 'base' } as const);
              const records = await readAll(format, bytes, { pieces, units });
              const found = records.map((record) =>
                record.kind === 'attest'
                  ? {
                      account: record.account,
                      amount: record.values[3],
                      commitment: record.commitment,
                    }
                  : record,
              );
              expect(found).to.deep.equal(all);
              expect(new Set(records.map(({ id }) => id)).size).to.equal(all.length);
            },
          ),
          { numRuns: 60 },
        );
      });
    }
  });

  it('gives the same records for gzip, and the digest of each as it was given', async () => {
    const text = `address,amount\n${ANN},5\n`;
    for (const bytes of [Buffer.from(text), gzipSync(text)]) {
      const digests: SourceDigest[] = [];
      const onDigest = (digest: SourceDigest) => void digests.push(digest);
      expect(await readAll('csv', bytes, { onDigest })).to.deep.equal([due('line 2', ANN, 5n)]);
      const sha256 = `0x${createHash('sha256').update(bytes).digest('hex')}`;
      expect(digests).to.deep.equal([{ sha256, bytes: BigInt(bytes.length) }]);
    }
  });

  it('gives no digest of what it refuses', async () => {
    const digests: SourceDigest[] = [];
    const onDigest = (digest: SourceDigest) => void digests.push(digest);
    await rejected(readAll('csv', 'address\n', { onDigest }));
    expect(digests).to.deep.equal([]);
  });

  for (const format of SOURCE_FORMATS) {
    it(`refuses gzip that is cut short, or followed by something: ${format}`, async () => {
      const texts = {
        csv: `address,amount\n${ANN},5\n`,
        tokentable: `address,group,index,claimableTimestamp,claimableAmount\n${ANN},g,0,5,5\n`,
        uniswap: JSON.stringify({ [ANN]: '5' }),
        openzeppelin: JSON.stringify(dumpOf([[ANN, '5']])),
      };
      const packed = gzipSync(texts[format]);
      expect(await readAll(format, packed)).to.have.length(1);
      const short = packed.subarray(0, -12);
      await expectRefused(readAll(format, short), undefined, /^line \d .*cut short/);
      const long = Buffer.concat([packed, Buffer.from('more')]);
      await expectRefused(readAll(format, long), undefined, /^line \d .*damaged/);
    });
  }

  it('says which fields are amounts', () => {
    expect(amountFields(listSchema)).to.deep.equal(['amount']);
    expect(amountFields(listSchema, readMapping({ amounts: [] }))).to.deep.equal([]);
  });

  it('refuses a group, or numerals, where the format has none', async () => {
    const csv = `address,amount\n${ANN},5\n`;
    expect(await readAll('csv', csv)).to.have.length(1);
    await expectRefused(readAll('csv', csv, { group: 'g' }), undefined, /^group goes with/);
    const mapping = { numerals: 'hex' };
    await expectRefused(readAll('csv', csv, { mapping }), undefined, /^mapping\.numerals/);
  });

  it('refuses a mapping or decimals that the schema does not have, before it reads', async () => {
    const unread = async function* (): AsyncGenerator<Uint8Array> {
      await Promise.resolve();
      yield* [];
      throw new Error('it was read');
    };
    for (const options of [
      { mapping: { fields: { due: 'amount' } } },
      { units: { kind: 'decimal', decimals: 18 } as const },
      { units: { kind: 'decimal', decimals: 78 } as const },
    ])
      await rejected(readAll('csv', '', { input: { chunks: unread() }, ...options }));
  });

  it('ends when it is told to', async () => {
    const reason = new Error('enough');
    const work = readAll('csv', `address,amount\n${ANN},5\n`, {
      signal: AbortSignal.abort(reason),
    });
    expect(await work.catch((error: unknown) => error)).to.equal(reason);
  });

  describe('given 40 MB of rows', () => {
    let folder = '';
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'eligo-test-'));
    });
    after(() => rm(folder, { recursive: true }));

    const ROWS = 300_000;
    const account = (i: number): string => `0x${(i + 1).toString(16).padStart(40, '0')}`;
    const padding = 'x'.repeat(70);
    for (const [format, begin, row, end] of [
      ['csv', 'address,amount,note\n', (i: number) => `${account(i)},5,${padding}\n`, ''],
      [
        'uniswap',
        '{',
        (i: number) => `${i > 0 ? ',' : ''}"${account(i)}":{"amount":"0x5","note":"${padding}"}`,
        '}',
      ],
    ] as const) {
      it(`keeps little of it: ${format}`, async () => {
        const path = join(folder, format);
        const text = Array.from({ length: ROWS }, (_, i) => row(i)).join('');
        await writeFile(path, `${begin}${text}${end}`);
        // A process of its own, with a heap that could not hold the file.
        const program = `
          import { readSourceFile } from ${JSON.stringify(new URL('../../../src/issuer/import/files.ts', import.meta.url).href)};
          import { readMapping } from ${JSON.stringify(new URL('../../../src/issuer/import/mapping.ts', import.meta.url).href)};
          import { defineSchema } from ${JSON.stringify(new URL('../../../src/protocol/schema.ts', import.meta.url).href)};
          let rows = 0;
          for await (const record of readSourceFile({
            input: { path: ${JSON.stringify(path)} }, format: '${format}',
            schema: defineSchema(${JSON.stringify(listSchema.document)}), mapping: readMapping({ ignore: ['note'] }),
            units: { kind: 'base' }, expiresAt: 5n, now: 5n,
          })) rows += record.kind === 'attest' ? 1 : 0;
          console.log(rows);
        `;
        const script = join(folder, `${format}.mts`);
        await writeFile(script, program);
        const { stdout } = await promisify(execFile)(
          process.execPath,
          ['--import', 'tsx', '--max-old-space-size=32', '--max-semi-space-size=2', script],
          { cwd: process.cwd() },
        );
        expect(stdout.trim()).to.equal(String(ROWS));
      });
    }
  });

  it('refuses a number of 10 MB, and a depth bomb in gzip, before memory is gone', async () => {
    const number = gzipSync(`{"${ANN}":${'9'.repeat(10_000_000)}}`);
    await expectRefused(readAll('uniswap', number), 1, /numbers of at most/);
    const bomb = gzipSync(Buffer.alloc(100 * MIB, '['));
    await expectRefused(readAll('uniswap', bomb), 1, /at most 64 deep/);
    await expectRefused(readAll('openzeppelin', bomb), 1, /at most 64 deep/);
  });

  const title = 'reads a real distribution of 126,402 rows, to the base unit';
  if (!hasDistribution) {
    it.skip(`${title} (${DISTRIBUTION_FILE} is not here)`);
  } else {
    it(title, async () => {
      const schema = defineSchema({
        ...listSchema.document,
        fields: [
          { name: 'amount', type: 'amount', description: 'Due', decimals: '18', meter: true },
          { name: 'user', type: 'bool', description: 'Used it', set: true },
        ],
      });
      let attested = 0;
      let users = 0;
      let total = 0n;
      let digest: SourceDigest | undefined;
      const excluded: ImportRecord[] = [];
      for await (const record of readSourceFile({
        input: { path: DISTRIBUTION_FILE },
        format: 'csv',
        schema,
        mapping: readMapping({ fields: { user: 'isUser' }, ignore: ['index', 'isLP', 'isSOCKS'] }),
        units: { kind: 'base' },
        expiresAt: NEVER,
        now: NOW,
        onDigest: (found) => (digest = found),
      })) {
        if (record.kind !== 'attest') {
          excluded.push(record);
          continue;
        }
        attested += 1;
        users += Number(record.values[0]);
        total += record.values[3];
      }
      expect(attested).to.equal(126_401);
      expect(users).to.be.within(1, attested - 1);
      expect(excluded).to.deep.equal([
        {
          kind: 'exclude',
          place: 'line 2',
          id: 'line 2',
          rule: 'zero-address',
          detail: 'address must not be the zero address',
        },
      ]);
      expect(total + 400n * 10n ** 18n).to.equal(76_767_851_882_212n * 10n ** 12n);
      const file = await readFile(DISTRIBUTION_FILE);
      expect(digest?.bytes).to.equal(BigInt(file.length));
      expect(digest?.sha256).to.equal(`0x${createHash('sha256').update(file).digest('hex')}`);
    });
  }
});
