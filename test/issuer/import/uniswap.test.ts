import { expect } from 'chai';
import { NEVER } from '../../../src/protocol/field.ts';
import { defineSchema } from '../../../src/protocol/schema.ts';
import {
  ANN,
  BOB,
  due,
  expectExcluded,
  expectRefused,
  readAll,
  type Reading,
} from '../../support/sourceFiles.ts';
import { schemaDocument } from '../../support/world.ts';
import type { AttestRecord, ImportRecord } from '../../../src/issuer/import/record.ts';

describe('issuer/import/uniswap', () => {
  const read = (document: unknown, options?: Reading): Promise<readonly ImportRecord[]> =>
    readAll('uniswap', typeof document === 'string' ? document : JSON.stringify(document), options);

  const entry = (number: number, account: string, amount: bigint, line = 1): AttestRecord => ({
    ...due(`entry ${number}`, account, amount),
    place: `line ${line}, entry ${number}`,
  });
  const RECORDS = [entry(1, ANN, 400n), entry(2, BOB, 5n)];

  const CLAIMS = {
    merkleRoot: `0x${'ab'.repeat(32)}`,
    tokenTotal: '0x0195',
    claims: {
      [ANN]: { index: 0, amount: '0x0190', proof: [`0x${'01'.repeat(32)}`] },
      [BOB]: { index: 1, amount: '0x05', proof: [], flags: { isLP: true, isUser: false } },
    },
  };
  const SHAPES = {
    'amounts by address': { [ANN]: '0x190', [BOB]: 5 },
    'a list with reasons': [
      { address: ANN, earnings: '0x190', reasons: 'socks,user' },
      { address: BOB, earnings: '5', reasons: '' },
    ],
    'a published document': CLAIMS,
    'claims in a file of their own': CLAIMS.claims,
  };

  for (const [what, document] of Object.entries(SHAPES)) {
    describe(`given ${what}`, () => {
      it('reads it, on one line or many', async () => {
        expect(await read(document)).to.deep.equal(RECORDS);
        const many = await read(JSON.stringify(document, null, 2));
        expect(many.map((record) => ({ ...record, place: '' }))).to.deep.equal(
          RECORDS.map((record) => ({ ...record, place: '' })),
        );
      });

      it('reads it in pieces of any length', async () => {
        for (const pieces of [1, 2, 3, 5, 100])
          expect(await read(document, { pieces })).to.deep.equal(RECORDS);
      });

      it('gives the same address twice as two records', async () => {
        const text = JSON.stringify(document)
          .replace(BOB, ANN)
          .replace(',"tokenTotal":"0x0195"', '');
        const records = await read(text);
        expect(records).to.deep.equal([RECORDS[0], entry(2, ANN, 5n)]);
      });

      const text = JSON.stringify(document);
      for (const [what, address, rule] of [
        ['of a bad checksum', BOB.replace('Fb', 'fb'), 'bad-checksum'],
        ['of zeros', `0x${'0'.repeat(40)}`, 'zero-address'],
        ['that is none', 'ann.eth', 'bad-address'],
      ] as const) {
        it(`excludes an address ${what} as ${rule}`, async () => {
          const [first, second] = await read(text.replace(BOB, address));
          expect(first).to.deep.equal(RECORDS[0]);
          expectExcluded(second, rule, /^address must/);
        });
      }

      it('takes a lower-case address', async () => {
        const lower = BOB.toLowerCase();
        expect((await read(text.replace(BOB, lower)))[1]).to.deep.equal(entry(2, lower, 5n));
      });

      const amounts = /"0x05"|(?<=:)5|"5"/;
      for (const amount of [
        ...['"-5"', '-5', '"-0x5"', '"5e3"', '5e3', '5E-3', '5.0', '"5.0"', '"five"', '""', 'null'],
        ...['true', '[]', '"0x"', '"0xg"', '" 5"', '"0x1000000000000000000000000"'],
      ]) {
        it(`excludes the amount ${amount}`, async () => {
          const unchecked = text.replace(',"tokenTotal":"0x0195"', '');
          expect(await read(unchecked)).to.deep.equal(RECORDS);
          const [first, second] = await read(unchecked.replace(amounts, amount));
          expect(first).to.deep.equal(RECORDS[0]);
          const isList = amount === '[]' && what === 'amounts by address';
          expectExcluded(second, isList ? 'bad-row' : 'bad-amount');
        });
      }

      it('is cut short nowhere', async () => {
        for (const length of [1, text.length >> 1, text.length - 1])
          await expectRefused(read(text.slice(0, length)), 1, /cut short/);
      });

      it('has nothing after it', async () => {
        await expectRefused(read(`${text}\n{}`), 2, /must be valid JSON/);
      });
    });
  }

  it('reads decimals where the units are', async () => {
    const units = { kind: 'decimal', decimals: 6 } as const;
    const records = await read({ [ANN]: '1.5', [BOB]: 2 }, { units });
    expect(records).to.deep.equal([entry(1, ANN, 1_500_000n), entry(2, BOB, 2_000_000n)]);
    expect(await read('{"a":0.1}'.replace('a', ANN), { units })).to.deep.equal([
      entry(1, ANN, 100_000n),
    ]);
    expectExcluded((await read({ [ANN]: '0x5' }, { units }))[0], 'bad-amount', /6 digits/);
  });

  it('keeps every digit of a number', async () => {
    const [record] = await read(`{"${ANN}":79228162514264337593543950335}`);
    expect(record).to.deep.equal(entry(1, ANN, 2n ** 96n - 1n));
  });

  it('names the line and counts the entries', async () => {
    const records = await read(`{\n"${ANN}":\n"5",\n\n"${BOB}":"x"}`);
    expect(records.map(({ place, id }) => [place, id])).to.deep.equal([
      ['line 2, entry 1', 'entry 1'],
      ['line 5, entry 2', 'entry 2'],
    ]);
  });

  it('reads a commitment and an expiry of a list, and lets those wait who have none', async () => {
    const list = [
      { address: ANN, earnings: '400', commitment: '7', expiresAt: '2027-01-01' },
      { address: BOB, earnings: '5', commitment: null },
      { address: BOB, earnings: '5' },
    ];
    const records = await read(list);
    expect(records[0]).to.deep.include({ commitment: 7n });
    expect((records[0] as AttestRecord).expiresAt < NEVER).to.equal(true);
    expect(records[1]).to.deep.equal(RECORDS[1]);
    expect(records[2]).to.deep.equal(entry(3, BOB, 5n));
  });

  it('feeds from flags within a claim', async () => {
    const schema = defineSchema({
      ...schemaDocument(),
      fields: [
        { name: 'amount', type: 'amount', description: 'Due', decimals: '6', meter: true },
        { name: 'user', type: 'bool', description: 'Used it' },
      ],
    });
    const mapping = { fields: { user: 'flags.isUser' } };
    const [without, withFlags] = await read(CLAIMS, { schema, mapping });
    expectExcluded(without, 'bad-row', /^flags\.isUser must be given/);
    expect(withFlags).to.deep.include({ values: [0n, 0n, 0n, 5n] });
  });

  describe('the numerals', () => {
    it('are hex where the mapping says so, with 0x or without', async () => {
      const mapping = { numerals: 'hex' };
      const records = await read({ [ANN]: '190', [BOB]: '0x5' }, { mapping });
      expect(records).to.deep.equal(RECORDS);
      const numbers = await read({ [ANN]: 400, [BOB]: '5' }, { mapping });
      expect(numbers).to.deep.equal(RECORDS);
    });

    it('that can only be hex are refused where it does not: the others would be read wrong', async () => {
      const document = { [ANN]: '190', [BOB]: '15af1d78b58c400000' };
      expect(await read(document, { mapping: { numerals: 'hex' } })).to.deep.equal([
        RECORDS[0],
        entry(2, BOB, 400n * 10n ** 18n),
      ]);
      await expectRefused(read(document), 1, /numerals are hex/);
    });
  });

  describe('the total', () => {
    const change = (from: string, to: string): string => JSON.stringify(CLAIMS).replace(from, to);

    it('may stand after the claims, and be decimal', async () => {
      const { tokenTotal, ...others } = CLAIMS;
      expect(await read({ ...others, tokenTotal })).to.deep.equal(RECORDS);
      expect(await read({ ...others, tokenTotal: '405' })).to.deep.equal(RECORDS);
      expect(await read(others)).to.deep.equal(RECORDS);
    });

    it('counts the claims that are excluded', async () => {
      const records = await read(change(BOB, `0x${'0'.repeat(40)}`));
      expectExcluded(records[1], 'zero-address');
    });

    for (const [what, text] of [
      ['another', change('0x0195', '0x0194')],
      ['none', change('0x0195', 'all')],
      ['a list', change('"0x0195"', '[]')],
      ['of other amounts', change('0x05', '0x06')],
      ['of an amount that is none', change('0x05', 'five')],
      ['of an amount that is missing', change('"amount":"0x05",', '')],
      [
        'of a claim that is none',
        change(/\{"index":1.*?\}\}/.exec(JSON.stringify(CLAIMS))![0], '5'),
      ],
    ] as const) {
      it(`is refused if it is ${what}`, async () => {
        expect(await read(CLAIMS)).to.have.length(2);
        await expectRefused(read(text), 1, /tokenTotal must be the sum/);
      });
    }
  });

  for (const [what, document, rule] of [
    ['a number', '5', /must be an object or a list/],
    ['a text', '"a"', /must be an object or a list/],
    ['claims that are none', { ...CLAIMS, claims: 5 }, /claims must be an object of claims/],
    ['a root without claims', { merkleRoot: '0x', [ANN]: '5' }, /feeds nothing/],
    ['a total without claims', { [ANN]: '5', tokenTotal: '5' }, /in a document with claims/],
    ['claims beside amounts', { [ANN]: '400', ...CLAIMS }, /claims must not stand beside/],
    ['an unknown key beside claims', { ...CLAIMS, creator: 'ann' }, /creator feeds nothing/],
    ['an unknown key in a claim', { [ANN]: { amount: '5', note: 'x' } }, /note feeds nothing/],
    ['an unknown key in a row', [{ address: ANN, earnings: '5', note: 'x' }], /note feeds nothing/],
    ['a key that may be a person', [{ address: ANN, earnings: '5', [BOB]: 1 }], /column 3 feeds/],
    [
      'a second address',
      { [ANN]: { amount: '5', address: BOB } },
      /address must not be given twice/,
    ],
    [
      'a key twice in a row',
      `[{"address":"${ANN}","earnings":"5","earnings":"6"}]`,
      /same key twice/,
    ],
    ['a key twice by its path', [{ address: ANN, 'a.b': 1, a: { b: 1 } }], /same key twice/],
    ['a total twice', JSON.stringify(CLAIMS).replace('{', '{"tokenTotal":"1",'), /given twice/],
    ['a depth bomb', `{"${ANN}":${'['.repeat(100_000)}`, /at most 64 deep/],
    ['a number of 10 MB', `{"${ANN}":${'9'.repeat(10_000_000)}}`, /numbers of at most/],
    ['a NUL byte', `{"${ANN}":"5\0"}`, /without NUL/],
    ['nothing', '', /cut short/],
  ] as const) {
    it(`refuses ${what}`, async () => {
      expect(await read(CLAIMS)).to.have.length(2);
      await expectRefused(read(document), 1, rule);
    });
  }

  it('passes over a key of the document that is ignored by name', async () => {
    const document = { creator: 'x', numDrops: 2, ...CLAIMS, note: { a: [] } };
    const mapping = { ignore: ['creator', 'note'] };
    expect(await read(document, { mapping })).to.deep.equal(RECORDS);
    await expectRefused(read(document, { mapping: { ignore: ['creator'] } }), 1, /note feeds/);
  });

  for (const [what, document] of [
    ['a text in a list', [{ address: ANN, earnings: '400' }, 'x']],
    ['a list in a list', [{ address: ANN, earnings: '400' }, []]],
    ['a list for an amount', { [ANN]: '400', [BOB]: [] }],
    ['a row without an amount', [{ address: ANN, earnings: '400' }, { address: BOB }]],
    ['a row without an address', [{ address: ANN, earnings: '400' }, { earnings: '5' }]],
  ] as const) {
    it(`excludes ${what} as bad-row`, async () => {
      const [first, second] = await read(document);
      expect(first).to.deep.equal(RECORDS[0]);
      expectExcluded(second, 'bad-row');
    });
  }
});
