import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { COUNTRIES } from '../../src/protocol/countries.ts';
import { MAX_VALUE, NEVER } from '../../src/protocol/field.ts';
import { defineSchema, type FieldType, type SchemaField } from '../../src/protocol/schema.ts';
import {
  EPOCH_DAY,
  decodeValue,
  encodeDate,
  encodeValue,
  encodeValues,
  type ValueInput,
} from '../../src/protocol/value.ts';
import { fc, readVectors, schemaDocument, someValues, thrown } from '../support/world.ts';

type Vectors = {
  readonly values: readonly {
    readonly type: FieldType;
    readonly value: ValueInput;
    readonly slot: string;
  }[];
};

/** A field of a type. */
function fieldOf(type: FieldType): SchemaField {
  const labels = type === 'enum' ? { labels: ['none', 'basic', 'full'] } : {};
  const decimals = type === 'amount' ? { decimals: '18' } : {};
  return { name: 'x', type, description: '', slot: 0, ...labels, ...decimals };
}

const encode = (type: FieldType, value: unknown): bigint =>
  encodeValue(fieldOf(type), value as ValueInput, 'x');

describe('protocol/value', () => {
  describe('encodeValue', () => {
    for (const { type, value, slot } of (readVectors('schema') as Vectors).values) {
      it(`writes the ${type} ${JSON.stringify(value)} as the vector says`, () => {
        expect(encode(type, value).toString()).to.equal(slot);
      });
      if (type !== 'tag') {
        it(`reads the ${type} ${JSON.stringify(value)} back`, () => {
          expect(decodeValue(fieldOf(type), BigInt(slot))).to.equal(String(value));
        });
      }
    }

    it('counts days from 0001-01-01: 1970-01-01 is 719162', () => {
      expect(encode('date', '0001-01-01')).to.equal(0n);
      expect(encode('date', '1969-12-31')).to.equal(719_161n);
      expect(encode('date', '1970-01-01')).to.equal(719_162n);
    });

    it('counts one day a day through every month, leap years included', () => {
      fc.assert(
        fc.property(
          fc.date({
            min: new Date('0001-01-01T00:00:00Z'),
            max: new Date('9999-12-30T00:00:00Z'),
            noInvalidDate: true,
          }),
          (date) => {
            const day = date.toISOString().slice(0, 10);
            const next = new Date(date.getTime() + 86_400_000).toISOString().slice(0, 10);
            expect(encode('date', next) - encode('date', day)).to.equal(1n);
            expect(decodeValue(fieldOf('date'), encode('date', day))).to.equal(day);
          },
        ),
      );
    });

    const faults: Readonly<Partial<Record<FieldType, readonly unknown[]>>> = {
      uint: [MAX_VALUE + 1n, (MAX_VALUE + 1n).toString(), -1n, '-1', '1.0', true, 1],
      amount: [MAX_VALUE + 1n, '1.5', '1e18', ' 1'],
      datetime: [NEVER + 1n, '-1', '1970-01-01'],
      bool: ['yes', '1', 1n, 0n, 1, null, 'TRUE'],
      date: [
        '1900-02-29',
        '2001-02-29',
        '2000-02-30',
        '2000-13-01',
        '2000-00-01',
        '2000-01-00',
        '0000-12-31',
        '10000-01-01',
        '70-01-01',
        '1970-1-1',
        '1970-01-01T00:00:00Z',
        ' 1970-01-01',
        719_162n,
        true,
      ],
      enum: ['None', '', '0', 0n, 'none '],
      country: ['de', 'DEU', 'XX', 'EU', '55', 55n, ''],
      tag: [1n, true, 'a\ud83d'],
    };
    for (const [type, values] of Object.entries(faults)) {
      for (const value of values) {
        it(`refuses the ${type} ${typeof value === 'bigint' ? `${value.toString()}n` : JSON.stringify(value)}`, () => {
          const error = thrown(() => encode(type as FieldType, value));
          expect(error.code).to.equal('InvalidInput');
          expect(error.data['field']).to.equal('x');
        });
      }
    }

    it('takes tags in NFC and not, as one text', () => {
      expect(encode('tag', 'E\u0301coles')).to.equal(encode('tag', 'Écoles'));
      expect(encode('tag', 'vip')).not.to.equal(encode('tag', 'VIP'));
      expect(encode('tag', 'vip') <= MAX_VALUE).to.equal(true);
      expect(decodeValue(fieldOf('tag'), 255n)).to.equal('0x0000000000000000000000ff');
    });
  });

  describe('decodeValue', () => {
    it('shows what no value of its type is written as as the number it is', () => {
      expect(decodeValue(fieldOf('bool'), 1n)).to.equal('true');
      expect(decodeValue(fieldOf('bool'), 2n)).to.equal('2');
      expect(decodeValue(fieldOf('enum'), 3n)).to.equal('3');
      expect(decodeValue(fieldOf('country'), 249n)).to.equal('249');
      expect(decodeValue(fieldOf('date'), 3_652_058n)).to.equal('9999-12-31');
      expect(decodeValue(fieldOf('date'), 3_652_059n)).to.equal('3652059');
    });
    it('shows any slot of any type', () => {
      const types: readonly FieldType[] = [
        'uint',
        'bool',
        'date',
        'datetime',
        'amount',
        'enum',
        'country',
        'tag',
      ];
      for (const type of types) {
        expect(decodeValue(fieldOf(type), MAX_VALUE)).to.match(/^(\d{29}|0xf{24})$/);
      }
    });
  });

  describe('the countries', () => {
    it('are the 249 codes, frozen by the hash of their list', () => {
      expect(COUNTRIES).to.have.lengthOf(249);
      expect(createHash('sha256').update(COUNTRIES.join(' ')).digest('hex')).to.equal(
        'e1c950d24ceb933ac49eaa44de8d1a7ffb6bf40bfe519a5a99d791cb50332197',
      );
    });
    it('are alphabetical and different, two capitals each', () => {
      expect([...COUNTRIES].sort()).to.deep.equal(COUNTRIES);
      expect(new Set(COUNTRIES).size).to.equal(249);
      for (const code of COUNTRIES) expect(code).to.match(/^[A-Z]{2}$/);
    });
  });

  describe('encodeValues', () => {
    const schema = defineSchema(schemaDocument());

    it('fills the slots, and leaves 0 in one that no field takes', () => {
      expect(encodeValues(schema, someValues)).to.deep.equal([56n, 1n, 719_161n, 400n]);
      const document = schemaDocument();
      document.fields.splice(1, 2);
      const short = defineSchema(document);
      expect(encodeValues(short, { country: 'DE', allocation: '400' })).to.deep.equal([
        56n,
        0n,
        0n,
        400n,
      ]);
    });
    it('refuses a missing value: absent is not 0', () => {
      const rest = { country: 'DE', born: '1969-12-31', allocation: '400' };
      const error = thrown(() => encodeValues(schema, rest));
      expect(error.message).to.equal('values.tier is "missing": every field needs a value');
    });
    it('refuses a name that the schema does not know', () => {
      const error = thrown(() => encodeValues(schema, { ...someValues, level: 'basic' }));
      expect(error.data['field']).to.equal('values.level');
    });
    it('names the field of a value that does not fit', () => {
      expect(
        thrown(() => encodeValues(schema, { ...someValues, born: '1900-02-29' })).data['field'],
      ).to.equal('values.born');
    });
  });

  describe('encodeDate', () => {
    it('counts 1970-01-01 as EPOCH_DAY, and 0001-01-01 as 0', () => {
      expect(encodeDate('1970-01-01', 'day')).to.equal(EPOCH_DAY);
      expect(encodeDate('0001-01-01', 'day')).to.equal(0n);
    });
  });
});
