import { expect } from 'chai';
import type { Attestation } from '../../src/protocol/attestation.ts';
import { FIELD_ORDER, HIDDEN_INDEX, MAX_VALUE, NEVER } from '../../src/protocol/field.ts';
import { definePolicy, evaluatePolicy, type Evaluation } from '../../src/protocol/policy.ts';
import { defineSchema } from '../../src/protocol/schema.ts';
import {
  CHECKED_AT,
  ISSUED_AT,
  makeWorld,
  readVectors,
  schemaDocument,
  thrown,
} from '../support/world.ts';

type Vectors = {
  readonly policies: readonly { readonly document: unknown; readonly policyId: string }[];
};
type Document = Record<string, unknown> & {
  issued: Record<string, unknown>;
  where: Record<string, unknown>[];
};

const schema = defineSchema(schemaDocument());

/** A policy that uses everything but a note. */
function policyDocument(): Document {
  return {
    eligo: 'policy/1',
    schema: schema.id.toString(),
    issued: { after: '100', before: '200' },
    where: [
      { field: 'country', in: ['DE', 'FR'] },
      { field: 'tier', atLeast: 'basic' },
      { field: 'born', between: ['1950-01-01', '2007-12-31'] },
    ],
    disclose: 'tier',
  };
}

/** The first clause that isn't met, or undefined. */
function unmet(evaluation: Evaluation): string | undefined {
  return evaluation.eligible ? undefined : evaluation.clause;
}

describe('protocol/policy', () => {
  describe('definePolicy', () => {
    for (const { document, policyId } of (readVectors('policy') as Vectors).policies) {
      it(`has the id of the vector ${policyId.slice(0, 8)}…`, () => {
        expect(definePolicy(document, schema).id.toString()).to.equal(policyId);
        expect(definePolicy(JSON.stringify(document), schema).id.toString()).to.equal(policyId);
      });
    }

    it('changes its id with any change', () => {
      const changes: ((document: Document) => void)[] = [
        () => undefined,
        (d) => (d.issued['before'] = '201'),
        (d) => delete d.issued['after'],
        (d) => (d.where[0] = { field: 'country', in: ['FR', 'DE'] }),
        (d) => d.where.reverse(),
        (d) => delete d['disclose'],
      ];
      const ids = changes.map((change) => {
        const document = policyDocument();
        change(document);
        return definePolicy(document, schema).id;
      });
      expect(new Set(ids).size).to.equal(changes.length);
    });

    it('says its clauses in words', () => {
      const { clauses } = definePolicy(policyDocument(), schema);
      expect(clauses.map(({ text }) => text)).to.deep.equal([
        'where[0]: country in [DE, FR]',
        'where[1]: tier atLeast basic',
        'where[2]: born between [1950-01-01, 2007-12-31]',
      ]);
    });

    const clause = (operation: Record<string, unknown>) => (d: Document) =>
      (d.where[0] = operation);
    const faults: readonly (readonly [string, (document: Document) => void, string, RegExp])[] = [
      ['another kind of document', (d) => (d['eligo'] = 'policy/2'), 'policy.eligo', /policy\/1/],
      ['an unknown key', (d) => (d['name'] = 'x'), 'policy', /Unrecognized/],
      [
        'another schema',
        (d) => (d['schema'] = '1'),
        'policy.schema',
        /must be the id of the schema given/,
      ],
      [
        'an alias of the schema',
        (d) => (d['schema'] = (schema.id + FIELD_ORDER).toString()),
        'policy.schema',
        /r - 1/,
      ],
      ['no times', (d) => delete (d as Record<string, unknown>)['issued'], 'policy.issued', /./],
      [
        'a time beyond u40',
        (d) => (d.issued['before'] = (NEVER + 1n).toString()),
        'policy.issued.before',
        /2\^40 - 1/,
      ],
      ['a time as a number', (d) => (d.issued['before'] = 200), 'policy.issued.before', /string/],
      [
        'times that contradict',
        (d) => (d.issued['after'] = '201'),
        'policy.issued.after',
        /must not be later/,
      ],
      [
        'an unknown field',
        clause({ field: 'city', is: 'x' }),
        'policy.where[0].field',
        /must be a field/,
      ],
      ['no operator', clause({ field: 'tier' }), 'policy.where[0]', /exactly one operator/],
      [
        'two operators',
        clause({ field: 'tier', atLeast: 'none', atMost: 'full' }),
        'policy.where[0]',
        /exactly one operator/,
      ],
      [
        'an unknown operator',
        clause({ field: 'tier', above: 'none' }),
        'policy.where[0]',
        /Unrecognized/,
      ],
      [
        'an operand as a number',
        clause({ field: 'allocation', atLeast: 5 }),
        'policy.where[0].atLeast',
        /must be text/,
      ],
      [
        'an operand that is no value',
        clause({ field: 'tier', is: 'gold' }),
        'policy.where[0].is',
        /one of the labels/,
      ],
      [
        'one wrong country of two',
        clause({ field: 'country', in: ['DE', 'XX'] }),
        'policy.where[0].in[1]',
        /ISO 3166/,
      ],
      [
        'an empty list',
        clause({ field: 'country', in: [] }),
        'policy.where[0].in',
        /must not be empty/,
      ],
      [
        'an order of countries',
        clause({ field: 'country', atLeast: 'DE' }),
        'policy.where[0].atLeast',
        /an order/,
      ],
      [
        'a range upside down',
        clause({ field: 'born', between: ['2000-01-02', '2000-01-01'] }),
        'policy.where[0].between',
        /low end/,
      ],
      [
        'a range with one end',
        clause({ field: 'born', between: ['2000-01-02'] }),
        'policy.where[0].between',
        /./,
      ],
      [
        'notIn outside the set field',
        clause({ field: 'tier', notIn: ['none'] }),
        'policy.where[0].notIn',
        /only the set field/,
      ],
      [
        'a gapped in outside the set field',
        clause({ field: 'tier', in: ['none', 'full'] }),
        'policy.where[0].in',
        /without a gap/,
      ],
      [
        'an unknown field to disclose',
        (d) => (d['disclose'] = 'city'),
        'policy.disclose',
        /must be a field/,
      ],
      [
        'a note of 0',
        (d) => {
          delete d['disclose'];
          d['note'] = '0';
        },
        'policy.note',
        /from 1/,
      ],
      [
        'a note beyond u96',
        (d) => {
          delete d['disclose'];
          d['note'] = (MAX_VALUE + 1n).toString();
        },
        'policy.note',
        /from 1/,
      ],
      [
        'a note with disclosure',
        (d) => (d['note'] = '1'),
        'policy.disclose',
        /metered policy discloses nothing/,
      ],
    ];
    it('takes the untouched document, gapped in on the set field, and contiguous in elsewhere in any order', () => {
      expect(definePolicy(policyDocument(), schema).clauses).to.have.lengthOf(3);
      const document = policyDocument();
      document.where = [
        { field: 'country', in: ['ZW', 'AD'] },
        { field: 'tier', in: ['full', 'none', 'basic', 'full'] },
      ];
      expect(definePolicy(document, schema).clauses[1]?.operands).to.deep.equal([2n, 0n, 1n, 2n]);
    });
    for (const [name, change, field, rule] of faults) {
      it(`refuses ${name}`, () => {
        const document = policyDocument();
        change(document);
        const error = thrown(() => definePolicy(document, schema));
        expect(error.code).to.equal('InvalidInput');
        expect(error.data['field']).to.equal(field);
        expect(error.message).to.match(rule);
      });
    }

    it('refuses a note under a schema without a meter field, and takes it under one with', () => {
      const document = { eligo: 'policy/1', issued: {}, where: [], note: '100' };
      expect(definePolicy({ ...document, schema: schema.id.toString() }, schema).note).to.equal(
        100n,
      );
      const other = schemaDocument();
      other.fields.pop();
      const without = defineSchema(other);
      expect(
        thrown(() => definePolicy({ ...document, schema: without.id.toString() }, without)).data[
          'field'
        ],
      ).to.equal('policy.note');
    });
  });

  describe('evaluatePolicy', () => {
    const at = { checkedAt: CHECKED_AT, claimIndex: 0n };

    it('gives the outcome that a proof would have', async () => {
      const { policy, holders } = await makeWorld({ policy: { disclose: 'tier' } });
      const found = evaluatePolicy(policy, holders[0]!.attestation, { ...at, claimIndex: 3n });
      expect(found).to.deep.equal({
        eligible: true,
        outcome: { disclosed: 1n, shown: 3n, checkedAt: CHECKED_AT },
      });
    });

    const issuedAt = ISSUED_AT;
    const cases: readonly (readonly [string, Partial<Attestation>, object, string | undefined])[] =
      [
        ['an attestation under another schema', { schemaId: 1n as never }, {}, 'schema'],
        ['a check in the second before the issue', {}, { checkedAt: issuedAt - 1n }, 'issuedAt'],
        ['a check in the second of the issue', {}, { checkedAt: issuedAt }, undefined],
        ['a check in the second of the expiry', { expiresAt: CHECKED_AT }, {}, undefined],
        ['a check in the second after the expiry', { expiresAt: CHECKED_AT - 1n }, {}, 'expiresAt'],
        ['another country', { values: [0n, 1n, 719_161n, 400n] }, {}, 'where[0]'],
        ['a set value of 256', { values: [256n, 1n, 719_161n, 400n] }, {}, 'where[0]'],
        [
          'a set value that is 56 + 2^64',
          { values: [56n + 2n ** 64n, 1n, 719_161n, 400n] },
          {},
          'where[0]',
        ],
        ['a lower tier', { values: [56n, 0n, 719_161n, 400n] }, {}, 'where[1]'],
        [
          'everything wrong: the first in order',
          { schemaId: 1n as never, values: [0n, 0n, 0n, 0n] },
          { checkedAt: 0n },
          'schema',
        ],
      ];
    for (const [name, change, changedParameters, clause] of cases) {
      it(`${clause === undefined ? 'accepts' : `names ${clause} for`} ${name}`, async () => {
        const { policy, holders } = await makeWorld();
        const { attestation } = holders[0]!;
        expect(unmet(evaluatePolicy(policy, attestation, at))).to.equal(undefined);
        const found = evaluatePolicy(
          policy,
          { ...attestation, ...change },
          { ...at, ...changedParameters },
        );
        expect(unmet(found)).to.equal(clause);
      });
    }

    it('holds the snapshot to the second at both ends', async () => {
      const boundary = async (issued: {
        after?: string;
        before?: string;
      }): Promise<string | undefined> => {
        const { policy, holders } = await makeWorld({ policy: { issued } });
        return unmet(evaluatePolicy(policy, holders[0]!.attestation, at));
      };
      expect(await boundary({ after: issuedAt.toString() })).to.equal(undefined);
      expect(await boundary({ after: (issuedAt + 1n).toString() })).to.equal('issued.after');
      expect(await boundary({ before: issuedAt.toString() })).to.equal(undefined);
      expect(await boundary({ before: (issuedAt - 1n).toString() })).to.equal('issued.before');
    });

    const operators: readonly (readonly [
      Record<string, unknown>,
      Readonly<Record<string, boolean>>,
    ])[] = [
      [
        { field: 'allocation', is: '5' },
        { '4': false, '5': true, '6': false },
      ],
      [
        { field: 'allocation', atLeast: '5' },
        { '4': false, '5': true, [MAX_VALUE.toString()]: true },
      ],
      [
        { field: 'allocation', atMost: '5' },
        { '0': true, '5': true, '6': false },
      ],
      [
        { field: 'allocation', between: ['5', '7'] },
        { '4': false, '5': true, '7': true, '8': false },
      ],
      [
        { field: 'allocation', in: ['6', '5', '7'] },
        { '4': false, '5': true, '7': true, '8': false },
      ],
      [
        { field: 'country', is: 'DE' },
        { AE: false, DE: true },
      ],
      [
        { field: 'country', in: ['AD', 'ZW'] },
        { AD: true, AE: false, ZW: true },
      ],
      [
        { field: 'country', notIn: ['AD', 'ZW'] },
        { AD: false, AE: true, ZW: false },
      ],
    ];
    for (const [clause, answers] of operators) {
      it(`understands ${JSON.stringify(clause)}`, async () => {
        for (const [value, expected] of Object.entries(answers)) {
          const world = await makeWorld({
            attestations: 1,
            values: { [clause['field'] as string]: value },
            policy: { where: [clause as never] },
          });
          const found = evaluatePolicy(world.policy, world.holders[0]!.attestation, at);
          expect(found.eligible, value).to.equal(expected);
        }
      });
    }

    it('does not take a value of 256 or more for one that is not in the set', async () => {
      const { policy, holders } = await makeWorld({
        policy: { where: [{ field: 'country', notIn: ['US'] }] },
      });
      for (const [v0, clause] of [
        [249n, undefined],
        [255n, undefined],
        [256n, 'where[0]'],
        [MAX_VALUE, 'where[0]'],
      ] as const) {
        const attestation = { ...holders[0]!.attestation, values: [v0, 1n, 0n, 0n] } as const;
        expect(unmet(evaluatePolicy(policy, attestation, at))).to.equal(clause);
      }
    });

    describe('given a meter of 100', () => {
      it('takes four notes out of 400 and not five, and shows no number', async () => {
        const { policy, holders } = await makeWorld({ policy: { note: '100' } });
        for (const [claimIndex, clause] of [
          [0n, undefined],
          [3n, undefined],
          [4n, 'note'],
          [HIDDEN_INDEX, 'note'],
        ] as const) {
          const found = evaluatePolicy(policy, holders[0]!.attestation, { ...at, claimIndex });
          expect(unmet(found), claimIndex.toString()).to.equal(clause);
          if (found.eligible)
            expect(found.outcome).to.deep.equal({
              disclosed: 0n,
              shown: HIDDEN_INDEX,
              checkedAt: CHECKED_AT,
            });
        }
      });
      it('keeps back what a lower bound asks for', async () => {
        const where = [{ field: 'allocation', atLeast: '101' }];
        const { policy, holders } = await makeWorld({ policy: { note: '100', where } });
        expect(
          unmet(evaluatePolicy(policy, holders[0]!.attestation, { ...at, claimIndex: 1n })),
        ).to.equal(undefined);
        expect(
          unmet(evaluatePolicy(policy, holders[0]!.attestation, { ...at, claimIndex: 2n })),
        ).to.equal('note');
      });
    });

    it('looks at the tree first, where it is told the root', async () => {
      const { policy, holders, list, tree } = await makeWorld();
      const path = list.extendPath(0, tree.path(0));
      const { attestation } = holders[0]!;
      expect(
        unmet(
          evaluatePolicy(policy, attestation, { ...at, membership: { path, root: list.root } }),
        ),
      ).to.equal(undefined);
      expect(
        unmet(
          evaluatePolicy(policy, attestation, { ...at, membership: { path, root: tree.root() } }),
        ),
      ).to.equal('tree');
      const other = { ...attestation, schemaId: 1n as never };
      expect(
        unmet(evaluatePolicy(policy, other, { ...at, membership: { path, root: list.root } })),
      ).to.equal('tree');
    });

    for (const [field, fault] of [
      ['checkedAt', { checkedAt: NEVER + 1n }],
      ['claimIndex', { claimIndex: 2n ** 32n }],
    ] as const) {
      it(`throws where ${field} is out of its range`, async () => {
        const { policy, holders } = await makeWorld();
        expect(
          thrown(() => evaluatePolicy(policy, holders[0]!.attestation, { ...at, ...fault })).data[
            'field'
          ],
        ).to.equal(field);
      });
    }
  });
});
