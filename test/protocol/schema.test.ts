import { expect } from 'chai';
import { canonicalJson } from '../../src/protocol/codec.ts';
import { FIELD_ORDER } from '../../src/protocol/field.ts';
import { defineSchema, fieldOf } from '../../src/protocol/schema.ts';
import { readVectors, schemaDocument, thrown } from '../support/world.ts';

type Vectors = {
  readonly schemas: readonly {
    readonly document: unknown;
    readonly canonical: string;
    readonly slots: readonly string[];
    readonly schemaId: string;
  }[];
};
type Document = ReturnType<typeof schemaDocument>;
type Loose = Record<string, unknown> & { fields: Record<string, unknown>[] };

/** The document after a change, which a schema need not survive. */
function changed(change: (document: Loose) => void): Loose {
  const document = structuredClone<Document>(schemaDocument()) as Loose;
  change(document);
  return document;
}

describe('protocol/schema', () => {
  for (const { document, canonical, slots, schemaId } of (readVectors('schema') as Vectors)
    .schemas) {
    describe(`given the vector ${schemaId.slice(0, 8)}…`, () => {
      it('has the id, the canonical text and the slots', () => {
        const schema = defineSchema(document);
        expect(canonicalJson(schema.document)).to.equal(canonical);
        expect(schema.id.toString()).to.equal(schemaId);
        expect(schema.fields.map(({ slot }) => String(slot))).to.deep.equal(slots);
      });

      it('is the same from JSON text, whatever the order of its keys', () => {
        expect(defineSchema(canonical).id.toString()).to.equal(schemaId);
        expect(defineSchema(JSON.stringify(document)).id.toString()).to.equal(schemaId);
      });
    });
  }

  describe('the id', () => {
    const changes: Readonly<Record<string, (document: Loose) => void>> = {
      'the name': (document) => (document['name'] = 'Residence'),
      'the version': (document) => (document['version'] = '2'),
      'the description': (document) => (document['description'] = ''),
      'what it supersedes': (document) => (document['supersedes'] = '1'),
      "a field's name": ({ fields }) => (fields[0]!['name'] = 'state'),
      "a field's type": ({ fields }) => (fields[2]!['type'] = 'datetime'),
      "a field's description": ({ fields }) => (fields[2]!['description'] = 'Birthday'),
      'a label': ({ fields }) => (fields[1]!['labels'] = ['none', 'basic', 'complete']),
      'the order of the labels': ({ fields }) => (fields[1]!['labels'] = ['none', 'full', 'basic']),
      'the order of the fields': ({ fields }) => fields.reverse(),
      decimals: ({ fields }) => (fields[3]!['decimals'] = '6'),
      'the set mark': ({ fields }) => delete fields[0]!['set'],
      'the meter mark': ({ fields }) => delete fields[3]!['meter'],
      'a field less': ({ fields }) => fields.splice(2, 1),
    };
    it('changes with whatever changes', () => {
      const ids = Object.values(changes).map((change) => defineSchema(changed(change)).id);
      expect(new Set([defineSchema(schemaDocument()).id, ...ids]).size).to.equal(ids.length + 1);
    });

    it('has at most 248 bits', () => {
      expect(defineSchema(schemaDocument()).id < 2n ** 248n).to.equal(true);
    });
  });

  describe('slots', () => {
    const field = (name: string, marks: object = {}): object => ({
      name,
      type: 'uint',
      description: '',
      ...marks,
    });
    const slotsOf = (...fields: object[]): readonly number[] =>
      defineSchema(changed((document) => (document.fields = fields as Loose['fields']))).fields.map(
        ({ slot }) => slot,
      );
    const set = field('s', { type: 'bool', set: true });
    const meter = field('m', { meter: true });

    it('ascend where nothing is marked', () => {
      expect(slotsOf(field('a'))).to.deep.equal([0]);
      expect(slotsOf(field('a'), field('b'), field('c'), field('d'))).to.deep.equal([0, 1, 2, 3]);
    });
    it('give the set field slot 0, wherever it stands', () => {
      expect(slotsOf(field('a'), set)).to.deep.equal([1, 0]);
      expect(slotsOf(field('a'), field('b'), field('c'), set)).to.deep.equal([1, 2, 3, 0]);
    });
    it('give the meter field slot 3, wherever it stands', () => {
      expect(slotsOf(meter)).to.deep.equal([3]);
      expect(slotsOf(meter, field('a'), field('b'), field('c'))).to.deep.equal([3, 0, 1, 2]);
    });
    it('give both theirs', () => {
      expect(slotsOf(meter, field('a'), set)).to.deep.equal([3, 1, 0]);
    });
  });

  describe('when one rule is broken', () => {
    const faults: readonly (readonly [string, (document: Loose) => void, string, RegExp])[] = [
      ['another kind of document', (d) => (d['eligo'] = 'schema/2'), 'schema.eligo', /schema\/1/],
      ['no name', (d) => delete d['name'], 'schema.name', /./],
      ['an empty name', (d) => (d['name'] = ''), 'schema.name', /empty/],
      ['an empty version', (d) => (d['version'] = ''), 'schema.version', /empty/],
      ['a numeric version', (d) => (d['version'] = 1), 'schema.version', /string/],
      ['no description', (d) => delete d['description'], 'schema.description', /./],
      ['an unknown key', (d) => (d['issuer'] = 'me'), 'schema', /Unrecognized key: "issuer"/],
      [
        'an unknown key in a field',
        ({ fields }) => (fields[1]!['unit'] = 'm'),
        'schema.fields[1]',
        /Unrecognized key: "unit"/,
      ],
      ['a name that is not NFC', (d) => (d['name'] = 'E\u0301cole'), 'schema.name', /NFC/],
      ['half of a surrogate pair', (d) => (d['name'] = 'a\ud83d'), 'schema.name', /surrogate/],
      [
        'a label that is not NFC',
        ({ fields }) => (fields[1]!['labels'] = ['a', 'e\u0301']),
        'schema.fields[1].labels[1]',
        /NFC/,
      ],
      [
        'an alias as what it supersedes',
        (d) => (d['supersedes'] = FIELD_ORDER.toString()),
        'schema.supersedes',
        /r - 1/,
      ],
      ['no field', (d) => (d.fields = []), 'schema.fields', /one to four/],
      [
        'five fields',
        ({ fields }) => fields.push({ name: 'e', type: 'uint', description: '' }),
        'schema.fields',
        /one to four/,
      ],
      [
        'a name twice',
        ({ fields }) => (fields[2]!['name'] = 'tier'),
        'schema.fields',
        /different names/,
      ],
      [
        'a name in capitals',
        ({ fields }) => (fields[2]!['name'] = 'Born'),
        'schema.fields[2].name',
        /lower camel case/,
      ],
      [
        'a name of 33 letters',
        ({ fields }) => (fields[2]!['name'] = 'b'.repeat(33)),
        'schema.fields[2].name',
        /1 to 32/,
      ],
      [
        'an unknown type',
        ({ fields }) => (fields[2]!['type'] = 'float'),
        'schema.fields[2].type',
        /must be one of/,
      ],
      [
        'an enum without labels',
        ({ fields }) => delete fields[1]!['labels'],
        'schema.fields[1].labels',
        /needs its labels/,
      ],
      [
        'an enum without a label',
        ({ fields }) => (fields[1]!['labels'] = []),
        'schema.fields[1].labels',
        /./,
      ],
      [
        'an empty label',
        ({ fields }) => (fields[1]!['labels'] = ['']),
        'schema.fields[1].labels[0]',
        /empty/,
      ],
      [
        'a label twice',
        ({ fields }) => (fields[1]!['labels'] = ['a', 'b', 'a']),
        'schema.fields[1].labels',
        /different/,
      ],
      [
        '257 labels',
        ({ fields }) => (fields[1]!['labels'] = labels(257)),
        'schema.fields[1].labels',
        /at most 256/,
      ],
      [
        'labels on a date',
        ({ fields }) => (fields[2]!['labels'] = ['a']),
        'schema.fields[2].labels',
        /only an enum/,
      ],
      [
        'an amount without decimals',
        ({ fields }) => delete fields[3]!['decimals'],
        'schema.fields[3].decimals',
        /how many decimals/,
      ],
      [
        'decimals as a number',
        ({ fields }) => (fields[3]!['decimals'] = 18),
        'schema.fields[3].decimals',
        /string/,
      ],
      [
        'decimals with a leading zero',
        ({ fields }) => (fields[3]!['decimals'] = '018'),
        'schema.fields[3].decimals',
        /0 to 99/,
      ],
      [
        'decimals on a date',
        ({ fields }) => (fields[2]!['decimals'] = '2'),
        'schema.fields[2].decimals',
        /only an amount/,
      ],
      [
        'a date as the set field',
        ({ fields }) => {
          moveMark(fields, 'set', 0, 2);
        },
        'schema.fields[2].set',
        /can be the set field/,
      ],
      [
        'an amount as the set field',
        ({ fields }) => {
          moveMark(fields, 'set', 0, 3);
        },
        'schema.fields[3].set',
        /can be the set field/,
      ],
      [
        'two set fields',
        ({ fields }) => (fields[1]!['set'] = true),
        'schema.fields',
        /at most one field is marked "set"/,
      ],
      [
        'a set mark that is false',
        ({ fields }) => (fields[0]!['set'] = false),
        'schema.fields[0].set',
        /true or absent/,
      ],
      [
        'a date as the meter field',
        ({ fields }) => {
          moveMark(fields, 'meter', 3, 2);
        },
        'schema.fields[2].meter',
        /can be the meter field/,
      ],
      ['two meter fields', twoMeters, 'schema.fields', /at most one field is marked "meter"/],
      [
        'a field that is set and meter',
        ({ fields }) => (fields[0]!['meter'] = true),
        'schema.fields[0].meter',
        /can be the meter field/,
      ],
    ];

    it('takes the untouched document, with a label list of 256 too', () => {
      expect(defineSchema(changed(() => undefined)).fields).to.have.lengthOf(4);
      expect(
        defineSchema(changed(({ fields }) => (fields[1]!['labels'] = labels(256)))).fields,
      ).to.have.lengthOf(4);
    });
    for (const [name, change, field, rule] of faults) {
      it(`refuses ${name}`, () => {
        const error = thrown(() => defineSchema(changed(change)));
        expect(error.code).to.equal('InvalidInput');
        expect(error.data['field']).to.equal(field);
        expect(error.message).to.match(rule);
      });
    }
  });

  describe('fieldOf', () => {
    it('finds a field by its name, and names those that exist for another', () => {
      const schema = defineSchema(schemaDocument());
      expect(fieldOf(schema, 'tier', 'x').slot).to.equal(1);
      expect(thrown(() => fieldOf(schema, 'level', 'x')).message).to.equal(
        'x is "level": must be a field of the schema "Residency" (country, tier, born, allocation)',
      );
    });
  });
});

function labels(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `label ${i}`);
}

function moveMark(fields: Loose['fields'], mark: string, from: number, to: number): void {
  fields[from]![mark] = undefined;
  fields[to]![mark] = true;
}

function twoMeters({ fields }: Loose): void {
  fields[2] = { name: 'points', type: 'uint', description: '', meter: true };
}
