import { expect } from 'chai';
import {
  NO_MAPPING,
  amountsOf,
  bindMapping,
  checkMapping,
  readMapping,
  type Binding,
} from '../../../src/issuer/import/mapping.ts';
import { defineSchema } from '../../../src/protocol/schema.ts';
import { schemaDocument, thrown } from '../../support/world.ts';

describe('issuer/import/mapping', () => {
  const schema = defineSchema({
    ...schemaDocument(),
    fields: [
      { name: 'country', type: 'country', description: 'Country', set: true },
      { name: 'amount', type: 'amount', description: 'Amount', decimals: '18', meter: true },
      { name: 'points', type: 'uint', description: 'Points' },
    ],
  });
  const bind = (columns: readonly string[], mapping: object = {}, isTable = true): Binding =>
    bindMapping({ schema, mapping: readMapping(mapping), columns, known: ['proof'], isTable });
  const COLUMNS = ['address', 'country', 'amount', 'points'];

  /** The plan as `field <- column`, an amount marked. */
  const feedsOf = (binding: Binding): readonly string[] =>
    binding.kind === 'bound'
      ? binding.plan.feeds.map(
          ({ field, column, isAmount }) => `${field.name} <- ${column}${isAmount ? ' *' : ''}`,
        )
      : [];

  it('is an object with nothing unknown in it', () => {
    expect(readMapping({})).to.deep.equal(NO_MAPPING);
    expect(readMapping('{"fields":{"amount":"due"}}').fields).to.deep.equal({ amount: 'due' });
    for (const [document, path] of [
      ['{"field":{}}', /mapping/],
      ['{"fields":{"amount":5}}', /mapping\.fields\.amount/],
      ['{"fields":{"amount":""}}', /mapping\.fields\.amount/],
      ['{"ignore":"note"}', /mapping\.ignore/],
      ['{"ignore":[""]}', /mapping\.ignore\[0\]/],
      ['{"numerals":"roman"}', /mapping\.numerals/],
      ['{"account":"a","account":"b"}', /the same key twice/],
      ['[]', /mapping/],
      ['{', /valid JSON/],
    ] as const)
      expect(thrown(() => readMapping(document)).message, document).to.match(path);
  });

  it('feeds each field from the column of its name', () => {
    const binding = bind(COLUMNS);
    expect(feedsOf(binding)).to.deep.equal([
      'country <- country',
      'amount <- amount *',
      'points <- points',
    ]);
    expect(binding).to.have.nested.property('plan.account', 'address');
    expect(binding).to.have.nested.property('plan.commitment', undefined);
    expect(binding).to.have.nested.property('plan.expiresAt', undefined);
  });

  it('takes a commitment and an expiry where there are such columns', () => {
    const binding = bind([...COLUMNS, 'commitment', 'expiresAt']);
    expect(binding).to.have.nested.property('plan.commitment', 'commitment');
    expect(binding).to.have.nested.property('plan.expiresAt', 'expiresAt');
  });

  for (const column of ['claimableAmount', 'earnings']) {
    it(`feeds amount from ${column} too`, () => {
      const columns = COLUMNS.map((name) => (name === 'amount' ? column : name));
      expect(feedsOf(bind(columns))[1]).to.equal(`amount <- ${column} *`);
      expect(bind([...COLUMNS, column])).to.deep.equal({ kind: 'unknown', column });
    });
  }

  it('feeds what it is told to', () => {
    const mapping = {
      account: 'wallet',
      commitment: 'key',
      expiresAt: 'until',
      fields: { country: 'home', amount: 'due', points: 'earnings' },
    };
    const binding = bind(['wallet', 'key', 'until', 'home', 'due', 'earnings'], mapping);
    expect(feedsOf(binding)).to.deep.equal([
      'country <- home',
      'amount <- due *',
      'points <- earnings *',
    ]);
    expect(binding).to.have.nested.property('plan.account', 'wallet');
    expect(binding).to.have.nested.property('plan.commitment', 'key');
    expect(binding).to.have.nested.property('plan.expiresAt', 'until');
  });

  it('takes for amounts what it is told to', () => {
    expect(amountsOf(schema).map(({ name }) => name)).to.deep.equal(['amount']);
    const mapping = readMapping({ amounts: ['points', 'amount'] });
    expect(amountsOf(schema, mapping).map(({ name }) => name)).to.deep.equal(['amount', 'points']);
    expect(feedsOf(bind(COLUMNS, { amounts: [] }))).to.include('amount <- amount');
    for (const amounts of [['country'], ['due']])
      expect(thrown(() => amountsOf(schema, readMapping({ amounts }))).message).to.match(
        /mapping\.amounts\[0\]/,
      );
  });

  it('names the column that is missing, or that feeds nothing', () => {
    expect(bind(COLUMNS).kind).to.equal('bound');
    for (const column of COLUMNS)
      expect(bind(COLUMNS.filter((name) => name !== column))).to.deep.equal({
        kind: 'missing',
        column,
      });
    expect(bind([...COLUMNS, 'note'])).to.deep.equal({ kind: 'unknown', column: 'note' });
    expect(bind([...COLUMNS, 'Amount'])).to.deep.equal({ kind: 'unknown', column: 'Amount' });
    expect(bind(COLUMNS, { commitment: 'key' })).to.deep.equal({ kind: 'missing', column: 'key' });
  });

  it('passes over what is ignored by name, and what the format is known to have', () => {
    const columns = [...COLUMNS, 'note', 'proof', 'extra.note', 'proof.first'];
    expect(bind(columns).kind).to.equal('unknown');
    expect(bind(columns, { ignore: ['note', 'extra'] }).kind).to.equal('bound');
    expect(bind(columns, { ignore: ['note', 'other'] }).kind).to.equal('unknown');
  });

  it('does without the commitment of a JSON row that brings none', () => {
    const mapping = { commitment: 'key', expiresAt: 'until' };
    expect(bind(COLUMNS, mapping, false)).to.have.nested.property('plan.commitment', undefined);
    const binding = bind([...COLUMNS, 'key', 'until'], mapping, false);
    expect(binding).to.have.nested.property('plan.commitment', 'key');
    expect(binding).to.have.nested.property('plan.expiresAt', 'until');
  });

  it('refuses a column that feeds two things, or one that it ignores', () => {
    expect(bind(COLUMNS, { fields: { amount: 'amount' } }).kind).to.equal('bound');
    const twice = thrown(() => bind(COLUMNS, { fields: { amount: 'points' } }));
    expect(twice.message).to.match(/points.*one thing only/);
    const both = thrown(() => bind(COLUMNS, { ignore: ['amount'] }));
    expect(both.message).to.match(/mapping\.ignore.*amount/);
  });

  it('refuses fields that the schema has not, and decimals of another token', () => {
    const units = { kind: 'decimal', decimals: 18 } as const;
    checkMapping(schema, readMapping({ fields: { amount: 'due' } }), units);
    checkMapping(schema, NO_MAPPING, { kind: 'base' });
    const field = thrown(() => {
      checkMapping(schema, readMapping({ fields: { due: 'amount' } }), units);
    });
    expect(field.message).to.match(/mapping\.fields/);
    const decimals = thrown(() => {
      checkMapping(schema, NO_MAPPING, { kind: 'decimal', decimals: 6 });
    });
    expect(decimals.message).to.match(/decimals is 6: must be 18/);
  });
});
