import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { readSourceFile } from '../../../src/issuer/import/files.ts';
import type { ImportRecord } from '../../../src/issuer/import/record.ts';
import { FIELD_ORDER, NEVER } from '../../../src/protocol/field.ts';
import { defineSchema } from '../../../src/protocol/schema.ts';
import { encodeValues } from '../../../src/protocol/value.ts';
import {
  ANN,
  BOB,
  due,
  expectExcluded,
  expectRefused,
  listSchema,
  readAll,
  type Reading,
} from '../../support/sourceFiles.ts';
import { NOW, schemaDocument } from '../../support/world.ts';

const MIB = 1_048_576;

describe('issuer/import/csv', () => {
  const csv = (...lines: readonly string[]): string => `${lines.join('\n')}\n`;
  const HEADER = 'address,amount';
  const BASE = csv(HEADER, `${ANN},400`, `${BOB},5`);
  const RECORDS = [due('line 2', ANN, 400n), due('line 3', BOB, 5n)];

  /** The second row of two, changed; the first is as ever. */
  const second = async (line: string, options: Reading = {}): Promise<ImportRecord> => {
    const records = await readAll('csv', csv(HEADER, `${ANN},400`, line), options);
    expect(records).to.have.length(2);
    expect(records[0]).to.deep.equal(RECORDS[0]);
    return records[1]!;
  };

  it('reads rows', async () => {
    expect(await readAll('csv', BASE)).to.deep.equal(RECORDS);
  });

  it('reads a byte order mark, CRLF, empty lines, quotes, and a last line without an end', async () => {
    const text = `\ufeff"address",amount\r\n\r\n${ANN},"400"\r\n${BOB},5`;
    expect(await readAll('csv', text)).to.deep.equal([
      due('line 3', ANN, 400n),
      due('line 4', BOB, 5n),
    ]);
  });

  it('reads decimals exactly', async () => {
    const units = { kind: 'decimal', decimals: 6 } as const;
    const text = csv(HEADER, `${ANN},79228162514264337593543.950335`, `${BOB},0.000001`);
    expect(await readAll('csv', text, { units })).to.deep.equal([
      due('line 2', ANN, 2n ** 96n - 1n),
      due('line 3', BOB, 1n),
    ]);
  });

  it('reads a commitment, and lets those wait who have none', async () => {
    const text = csv(`${HEADER},commitment`, `${ANN},400,7`, `${BOB},5,`);
    expect(await readAll('csv', text)).to.deep.equal([
      { ...RECORDS[0], commitment: 7n },
      RECORDS[1],
    ]);
  });

  it('reads an expiry, and gives the others that of the import', async () => {
    const expiresAt = NOW + 5n;
    const text = csv(`${HEADER},expiresAt`, `${ANN},400,2027-01-01`, `${BOB},5,`);
    const records = await readAll('csv', text, { expiresAt });
    const last = BigInt(Date.UTC(2027, 0, 1, 23, 59, 59)) / 1_000n;
    expect(records).to.deep.equal([
      { ...RECORDS[0], expiresAt: last },
      { ...RECORDS[1], expiresAt },
    ]);
  });

  it('feeds a wider schema by a mapping, what is true as 1 too', async () => {
    const schema = defineSchema({
      ...schemaDocument(),
      fields: [
        { name: 'country', type: 'country', description: 'Country', set: true },
        { name: 'member', type: 'bool', description: 'Member' },
        { name: 'allocation', type: 'amount', description: 'Due', decimals: '6', meter: true },
      ],
    });
    const text = csv(
      'id,home,wallet,isUser,total',
      `1,DE,${ANN},1,1.5`,
      `2,FR,${BOB},false,2`,
      `3,XX,${BOB},1,2`,
      `4,FR,${BOB},2,2`,
    );
    const records = await readAll('csv', text, {
      schema,
      units: { kind: 'decimal', decimals: 6 },
      mapping: {
        account: 'wallet',
        fields: { country: 'home', member: 'isUser', allocation: 'total' },
        ignore: ['id'],
      },
    });
    const values = [
      encodeValues(schema, { country: 'DE', member: true, allocation: 1_500_000n }),
      encodeValues(schema, { country: 'FR', member: false, allocation: 2_000_000n }),
    ];
    const attested = records.slice(0, 2).map((record) => record.kind === 'attest' && record.values);
    expect(attested).to.deep.equal(values);
    expectExcluded(records[2], 'bad-value', /^home must be an ISO 3166/);
    expectExcluded(records[3], 'bad-value', /^isUser must be true or false/);
  });

  it('gives the same address twice as two records', async () => {
    const text = csv(HEADER, `${ANN},400`, `${ANN},400`, `${ANN.toLowerCase()},5`);
    expect(await readAll('csv', text)).to.have.length(3);
  });

  describe('an address', () => {
    it('is taken in lower or upper case, and with space around it', async () => {
      const lower = BOB.toLowerCase();
      expect(await second(`${lower},5`)).to.deep.equal(due('line 3', lower, 5n));
      const upper = `0x${BOB.slice(2).toUpperCase()}`;
      expect(await second(`${upper},5`)).to.deep.equal(due('line 3', upper, 5n));
      expect(await second(` ${BOB} ,5`)).to.deep.equal(RECORDS[1]);
    });

    for (const [what, address, rule] of [
      ['of a bad checksum', BOB.replace('Fb', 'fb'), 'bad-checksum'],
      ['of zeros', `0x${'0'.repeat(40)}`, 'zero-address'],
      ['too short', BOB.slice(0, -1), 'bad-address'],
      ['too long', `${BOB}0`, 'bad-address'],
      ['without 0x', BOB.slice(2), 'bad-address'],
      ['with 0X', BOB.replace('0x', '0X'), 'bad-address'],
      ['of other letters', BOB.replace('C', 'G'), 'bad-address'],
      ['of other digits', BOB.replace('7', '７'), 'bad-address'],
      ['that is empty', '', 'bad-address'],
      ['that is a name', 'ann.eth', 'bad-address'],
    ] as const) {
      it(`${what} is excluded as ${rule}`, async () => {
        expect(await second(`${BOB},5`)).to.deep.equal(RECORDS[1]);
        expectExcluded(await second(`${address},5`), rule, /^address must/);
      });
    }
  });

  describe('an amount', () => {
    for (const amount of [
      ...['', '-5', '+5', '5e3', '5E3', '0x5', 'five', 'NaN', '5.0', '"5,000"', ' 5', '05'],
      (2n ** 96n).toString(),
      '9'.repeat(100_000),
    ]) {
      it(`${amount.slice(0, 40)} is excluded as bad-amount`, async () => {
        expect(await second(`${BOB},5`)).to.deep.equal(RECORDS[1]);
        expectExcluded(await second(`${BOB},${amount}`), 'bad-amount', /^amount must/);
      });
    }

    for (const amount of [
      '-0.5',
      '5e-3',
      '0x5',
      '0.0000005',
      '5.',
      '79228162514264337593543.950336',
    ]) {
      it(`${amount} in decimals is excluded as bad-amount`, async () => {
        const units = { kind: 'decimal', decimals: 6 } as const;
        const read = (text: string) =>
          readAll('csv', csv(HEADER, `${BOB},${text}`), { units }).then(([record]) => record);
        expect(await read('0.5')).to.deep.equal(due('line 2', BOB, 500_000n));
        expectExcluded(await read(amount), 'bad-amount', /^amount must/);
      });
    }

    it('as large as may be is taken', async () => {
      const largest = 2n ** 96n - 1n;
      expect(await second(`${BOB},${largest}`)).to.deep.equal(due('line 3', BOB, largest));
    });
  });

  describe('a commitment', () => {
    for (const text of [FIELD_ORDER.toString(), '-1', '0x7', 'seven', '7.0', ' ']) {
      it(`${text} is excluded as bad-commitment`, async () => {
        const read = (commitment: string) =>
          readAll('csv', csv(`${HEADER},commitment`, `${BOB},5,${commitment}`)).then(
            ([record]) => record,
          );
        expect(await read('7')).to.deep.equal({ ...due('line 2', BOB, 5n), commitment: 7n });
        expectExcluded(await read(text), 'bad-commitment', /^commitment must/);
      });
    }
  });

  describe('an expiry', () => {
    for (const [text, rule] of [
      ['soon', 'bad-expiry'],
      ['2026-02-30', 'bad-expiry'],
      [(NEVER + 1n).toString(), 'bad-expiry'],
      [(NOW - 1n).toString(), 'expired'],
      ['2020-01-01', 'expired'],
    ] as const) {
      it(`${text} is excluded as ${rule}`, async () => {
        const read = (expiry: string) =>
          readAll('csv', csv(`${HEADER},expiresAt`, `${BOB},5,${expiry}`)).then(
            ([record]) => record,
          );
        expect(await read(NOW.toString())).to.deep.equal({
          ...due('line 2', BOB, 5n),
          expiresAt: NOW,
        });
        expectExcluded(await read(text), rule, /^expiresAt must/);
      });
    }
  });

  for (const [what, line] of [
    ['a cell too few', BOB],
    ['a cell too many', `${BOB},5,6`],
  ] as const) {
    it(`excludes a row with ${what} as bad-row`, async () => {
      expectExcluded(await second(line), 'bad-row', /as many columns as the header/);
    });
  }

  for (const [what, text, line, rule] of [
    ['no line at all', '', 1, /must be a header/],
    ['no header', csv(`${ANN},400`), 1, /address must be a column/],
    ['a missing column', csv('address', ANN), 1, /amount must be a column/],
    ['an extra column', csv(`${HEADER},note`, `${ANN},400,x`), 1, /note feeds nothing/],
    [
      'an extra column without a name',
      csv(`${HEADER},`, `${ANN},400,`),
      1,
      /column 3 feeds nothing/,
    ],
    ['a column named like a person', csv(`${HEADER},${BOB}x`), 1, /column 3 feeds nothing/],
    ['a column twice', csv(`${HEADER},amount`, `${ANN},400,5`), 1, /column 3 must not be named/],
    [
      'a column in other letters',
      csv('address,Amount', `${ANN},400`),
      1,
      /amount must be a column/,
    ],
    ['an open quote', csv(HEADER, `"${ANN},400`), 2, /quote is still open/],
    ['a quote inside a value', csv(HEADER, `${ANN}",400`), 2, /quotes around whole values/],
    ['a NUL byte', csv(HEADER, `${ANN},4\x0000`), 2, /without NUL/],
    ['a NUL byte in the header', csv('address,\0amount'), 1, /without NUL/],
    ['bytes that are no UTF-8', Buffer.from(csv(HEADER, `${ANN},4\xff`), 'latin1'), 2, /UTF-8/],
    ['UTF-16', Buffer.from(`\ufeff${BASE}`, 'utf16le'), 1, /UTF-8/],
  ] as const) {
    it(`refuses ${what}`, async () => {
      expect(await readAll('csv', BASE)).to.have.length(2);
      await expectRefused(readAll('csv', text), line, rule);
    });
  }

  it('names a column that is like a name only', async () => {
    await expectRefused(
      readAll('csv', csv(`${HEADER},${ANN}`, `${BOB},5,x`)),
      1,
      /^line 1, column 3 feeds nothing/,
    );
  });

  describe('given a line of 100 MB', () => {
    for (const [what, text] of [
      ['a cell', 'a'.repeat(65_536)],
      ['cells', 'a,'.repeat(32_768)],
      ['quoted lines', `"${'a\n'.repeat(30_000)}`],
      ['a number of 10 MB and more', '9'.repeat(65_536)],
    ] as const) {
      it(`of ${what}, it is refused after little more than 1 MiB`, async () => {
        let given = 0;
        const chunks = async function* (): AsyncGenerator<Uint8Array> {
          yield await Promise.resolve(Buffer.from(`${HEADER}\n${ANN},400\n`));
          const begin = what === 'quoted lines' ? '"' : '';
          yield Buffer.from(begin);
          const piece = Buffer.from(text.replaceAll('"', ''));
          for (; given < 100 * MIB; given += piece.length) yield piece;
        };
        const records: ImportRecord[] = [];
        const work = (async () => {
          for await (const record of readSourceFile({
            input: { chunks: chunks() },
            format: 'csv',
            schema: listSchema,
            units: { kind: 'base' },
            expiresAt: NEVER,
            now: NOW,
          }))
            records.push(record);
        })();
        await expectRefused(work, undefined, /at most 1 MiB long/);
        expect(given).to.be.below(4 * MIB);
      });
    }

    it('in a gzip bomb, it is refused as early', async () => {
      const bomb = gzipSync(
        Buffer.concat([Buffer.from(`${HEADER}\n`), Buffer.alloc(100 * MIB, 'a')]),
      );
      expect(bomb.length).to.be.below(MIB);
      const before = process.memoryUsage().rss;
      await expectRefused(readAll('csv', bomb), 2, /at most 1 MiB long/);
      expect(process.memoryUsage().rss - before).to.be.below(96 * MIB);
    });
  });
});

describe('issuer/import/csv: TokenTable', () => {
  const HEADER = 'address,group,index,claimableTimestamp,claimableAmount';
  const G1 = `0x${'01'.repeat(32)}`;
  const G2 = 'team';
  const csv = (...lines: readonly string[]): string => `${[HEADER, ...lines].join('\n')}\n`;
  const BASE = csv(`${ANN},${G1},0,1800000000,400`, `${ANN},${G1},1,1900000000,5`);

  it('reads each unlock as a part', async () => {
    expect(await readAll('tokentable', BASE)).to.deep.equal([
      { ...due('line 2', ANN, 400n), part: `${G1}/0` },
      { ...due('line 3', ANN, 5n), part: `${G1}/1` },
    ]);
  });

  it('feeds from the timestamp only if the mapping says so', async () => {
    const schema = defineSchema({
      ...schemaDocument(),
      fields: [
        { name: 'opens', type: 'datetime', description: 'Opens' },
        { name: 'amount', type: 'amount', description: 'Due', decimals: '6', meter: true },
      ],
    });
    const mapping = { fields: { opens: 'claimableTimestamp' } };
    const [record] = await readAll('tokentable', BASE, { schema, mapping });
    expect(record).to.deep.include({ values: [1_800_000_000n, 0n, 0n, 400n] });
  });

  it('reads one group of several, and counts the rest', async () => {
    const text = `${BASE}${BOB},${G2},0,1800000000,7\n`;
    const records = await readAll('tokentable', text, { group: G1 });
    expect(records.slice(0, 2)).to.deep.equal(await readAll('tokentable', BASE));
    expectExcluded(records[2], 'other-group');
    const others = await readAll('tokentable', text, { group: G2 });
    expect(others[2]).to.deep.equal({ ...due('line 4', BOB, 7n), part: `${G2}/0` });
    expect(others.slice(0, 2).map((record) => record.kind)).to.deep.equal(['exclude', 'exclude']);
  });

  it('names the groups of a file that has several, where none was asked for', async () => {
    const text = `${BASE}${BOB},${G2},0,1800000000,7\n${BOB},${ANN},0,1800000000,7\n`;
    expect(await readAll('tokentable', text, { group: G1 })).to.have.length(4);
    const rule = new RegExp(`^line 4, group .*${G1}, team, that of line 5$`);
    await expectRefused(readAll('tokentable', text), 4, rule);
    const many = Array.from({ length: 100_000 }, (_, i) => `${BOB},g${i},0,1800000000,7`);
    await expectRefused(readAll('tokentable', csv(...many)), 3, /g0, g1, .*g7, …$/);
  });

  for (const index of ['', '-1', '1.0', 'first', '01', '1e3']) {
    it(`excludes the index "${index}" as bad-row`, async () => {
      const records = await readAll('tokentable', BASE.replace(',1,', `,${index},`));
      expect(records[0]).to.include({ kind: 'attest' });
      expectExcluded(records[1], 'bad-row', /^index must/);
    });
  }

  for (const column of ['address', 'group', 'index']) {
    it(`refuses a file without ${column}`, async () => {
      await expectRefused(
        readAll('tokentable', BASE.replace(column, `${column}s`), {
          mapping: { ignore: [`${column}s`] },
        }),
        1,
        new RegExp(`${column} must be a column`),
      );
    });
  }

  it('does without the timestamp', async () => {
    const text = BASE.replaceAll(/,1[89]00000000/g, '').replace(',claimableTimestamp', '');
    expect(await readAll('tokentable', text)).to.deep.equal(await readAll('tokentable', BASE));
  });
});
