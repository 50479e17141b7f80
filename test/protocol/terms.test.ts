import { expect } from 'chai';
import { EligoError } from '../../src/errors.ts';
import type { Attestation } from '../../src/protocol/attestation.ts';
import { FIELD_ORDER, MAX_VALUE, NEVER, type Field } from '../../src/protocol/field.ts';
import { definePolicy, evaluatePolicy } from '../../src/protocol/policy.ts';
import { defineSchema } from '../../src/protocol/schema.ts';
import {
  compileTerms,
  computePolicy,
  computeTermsHash,
  disclosedSlot,
  termsFromFields,
  termsToFields,
  type Terms,
} from '../../src/protocol/terms.ts';
import { fc, readVectors, schemaDocument, thrown } from '../support/world.ts';

type Vectors = {
  readonly policies: readonly {
    readonly source: string;
    readonly document: { readonly disclose?: string };
    readonly terms: readonly string[];
    readonly termsHash: string;
    readonly scope: string;
    readonly policy: string;
  }[];
};
type Clause = Readonly<Record<string, unknown>>;

const schema = defineSchema(schemaDocument());

/** Compiles a policy of these clauses. */
function compile(where: readonly Clause[], rest: object = {}): Terms {
  const document = { eligo: 'policy/1', schema: schema.id.toString(), issued: {}, where, ...rest };
  return compileTerms(definePolicy(document, schema));
}

/** Terms as the circuit judges them, written from PROTOCOL.md sections 2 and 3. */
function circuitAccepts(
  terms: Terms,
  a: Attestation,
  checkedAt: bigint,
  claimIndex: bigint,
): boolean {
  const bit = (map: bigint, i: bigint): boolean => ((map >> i) & 1n) === 1n;
  const v0 = a.values[0];
  return (
    a.schemaId === terms.schemaId &&
    a.issuedAt <= checkedAt &&
    checkedAt <= a.expiresAt &&
    terms.issuedAfter <= a.issuedAt &&
    a.issuedAt <= terms.issuedBefore &&
    a.values.every((v, i) => terms.lo[i]! <= v && v <= terms.hi[i]!) &&
    (terms.mode < 8n || (v0 < 256n && bit(v0 < 128n ? terms.setLow : terms.setHigh, v0 % 128n))) &&
    (terms.step === 0n || terms.lo[3] + terms.step * (claimIndex + 1n) <= a.values[3])
  );
}

describe('protocol/terms', () => {
  const { policies } = readVectors('policy') as Vectors;

  describe('compileTerms', () => {
    for (const { source, document, terms, termsHash, scope, policy } of policies) {
      it(`gives the terms of the vector: ${source}`, () => {
        const compiled = compileTerms(definePolicy(document, schema));
        expect(termsToFields(compiled).map(String)).to.deep.equal(terms);
        expect(computeTermsHash(compiled).toString()).to.equal(termsHash);
        expect(computePolicy(scope, compiled).toString()).to.equal(policy);
      });
    }

    it('writes what is off as its neutral value', () => {
      const terms = compile([]);
      expect(terms).to.deep.equal({
        schemaId: schema.id,
        issuedAfter: 0n,
        issuedBefore: NEVER,
        mode: 0n,
        setLow: 0n,
        setHigh: 0n,
        step: 0n,
        lo: [0n, 0n, 0n, 0n],
        hi: [MAX_VALUE, MAX_VALUE, MAX_VALUE, MAX_VALUE],
      });
    });

    it('complements over all 256 bits, in both halves', () => {
      const terms = compile([{ field: 'country', notIn: ['AD', 'ZW'] }]);
      expect(terms.setLow).to.equal(2n ** 128n - 2n);
      expect(terms.setHigh).to.equal(2n ** 128n - 1n - 2n ** 120n);
    });

    it('writes each mode: disclose in 0..4, the set on or off', () => {
      const names = [undefined, 'country', 'tier', 'born', 'allocation'] as const;
      const where = [{ field: 'country', in: ['DE'] }];
      names.forEach((disclose, i) => {
        const rest = disclose ? { disclose } : {};
        expect(compile([], rest).mode).to.equal(BigInt(i));
        expect(compile(where, rest).mode).to.equal(BigInt(8 + i));
        expect(disclosedSlot(compile(where, rest))).to.equal(i === 0 ? undefined : i - 1);
      });
    });

    it('intersects clauses, and both ends may meet in one value', () => {
      const terms = compile([
        { field: 'allocation', atLeast: '5' },
        { field: 'allocation', atMost: '9' },
        { field: 'allocation', between: ['2', '5'] },
      ]);
      expect([terms.lo[3], terms.hi[3]]).to.deep.equal([5n, 5n]);
    });

    const contradictions: readonly (readonly [
      string,
      readonly Clause[],
      readonly Clause[],
      object,
      string,
    ])[] = [
      [
        'ranges',
        [
          { field: 'allocation', atLeast: '5' },
          { field: 'allocation', atMost: '4' },
        ],
        [
          { field: 'allocation', atLeast: '5' },
          { field: 'allocation', atMost: '5' },
        ],
        {},
        'policy.where',
      ],
      [
        'sets',
        [
          { field: 'country', in: ['DE'] },
          { field: 'country', notIn: ['DE', 'FR'] },
        ],
        [
          { field: 'country', in: ['DE'] },
          { field: 'country', notIn: ['FR'] },
        ],
        {},
        'policy.where',
      ],
      [
        'a set and a value',
        [
          { field: 'country', in: ['DE', 'FR'] },
          { field: 'country', is: 'US' },
        ],
        [
          { field: 'country', in: ['DE', 'FR'] },
          { field: 'country', is: 'FR' },
        ],
        {},
        'policy.where',
      ],
      [
        'a note and a range',
        [{ field: 'allocation', atMost: '99' }],
        [{ field: 'allocation', atMost: '100' }],
        { note: '100' },
        'policy.note',
      ],
      [
        'a note and a floor',
        [{ field: 'allocation', atLeast: (MAX_VALUE - 99n).toString() }],
        [{ field: 'allocation', atLeast: (MAX_VALUE - 100n).toString() }],
        { note: '100' },
        'policy.note',
      ],
    ];
    for (const [name, empty, full, rest, field] of contradictions) {
      it(`refuses ${name} that nobody can meet, and takes the nearest that somebody can`, () => {
        expect(compile(full, rest).schemaId).to.equal(schema.id);
        expect(thrown(() => compile(empty, rest)).data['field']).to.equal(field);
      });
    }
  });

  it('accepts exactly whom evaluatePolicy accepts, beside every boundary', () => {
    const countries = ['AD', 'DE', 'FR', 'ZW'] as const;
    const country = fc.oneof(
      fc
        .subarray([...countries], { minLength: 1 })
        .map((list): Clause => ({ field: 'country', in: list })),
      fc
        .subarray([...countries], { minLength: 1 })
        .map((list): Clause => ({ field: 'country', notIn: list })),
      fc.constantFrom(...countries).map((is): Clause => ({ field: 'country', is })),
    );
    const amount = fc.integer({ min: 3, max: 12 });
    const allocation = fc.oneof(
      amount.map((n): Clause => ({ field: 'allocation', atLeast: String(n) })),
      amount.map((n): Clause => ({ field: 'allocation', atMost: String(n) })),
      fc.tuple(amount, amount).map(([a, b]): Clause => ({
        field: 'allocation',
        between: [String(Math.min(a, b)), String(Math.max(a, b))],
      })),
      amount.map((n): Clause => ({
        field: 'allocation',
        in: [String(n), String(n + 2), String(n + 1)],
      })),
    );
    const where = fc.array(
      fc.oneof(country, allocation, fc.constant<Clause>({ field: 'tier', atLeast: 'basic' })),
      { maxLength: 3 },
    );
    const note = fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined });
    const attestation = fc.record({
      v0: fc.constantFrom(0n, 56n, 74n, 248n, 249n, 255n, 256n, MAX_VALUE),
      v1: fc.constantFrom(0n, 1n, 2n),
      v3: fc.bigInt({ min: 2n, max: 16n }),
      issuedAt: fc.bigInt({ min: 99n, max: 102n }),
      expiresAt: fc.bigInt({ min: 102n, max: 105n }),
    });
    const times = fc.record({
      checkedAt: fc.bigInt({ min: 99n, max: 106n }),
      claimIndex: fc.bigInt({ min: 0n, max: 4n }),
    });
    const counts = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(
        where,
        note,
        attestation,
        times,
        (clauses, noteOrNone, { v0, v1, v3, ...rest }, at) => {
          const document = {
            eligo: 'policy/1',
            schema: schema.id.toString(),
            issued: { after: '100', before: '101' },
            where: clauses,
            ...(noteOrNone === undefined ? {} : { note: String(noteOrNone) }),
          };
          const policy = definePolicy(document, schema);
          let terms: Terms;
          const subject: Attestation = {
            ...{ schemaId: schema.id, commitment: 1n as Field, salt: 1n as Field },
            ...{ values: [v0, v1, 0n, v3], ...rest },
          };
          const { eligible } = evaluatePolicy(policy, subject, at);
          try {
            terms = compileTerms(policy);
          } catch (error) {
            expect(error).to.be.instanceOf(EligoError); // nobody can meet it
            expect(eligible).to.equal(false);
            return;
          }
          counts[eligible ? 'accepted' : 'refused'] += 1;
          expect(circuitAccepts(terms, subject, at.checkedAt, at.claimIndex)).to.equal(eligible);
        },
      ),
      { numRuns: 4_000 },
    );
    expect(counts.accepted).to.be.above(100);
    expect(counts.refused).to.be.above(100);
  });

  describe('termsFromFields', () => {
    const passing = (): bigint[] => policies[1]!.terms.map(BigInt);

    it('is the inverse of termsToFields', () => {
      for (const { terms } of policies) {
        expect(termsToFields(termsFromFields(terms)).map(String)).to.deep.equal(terms);
      }
    });

    const widths: readonly (readonly [number, string, bigint])[] = [
      [0, 'terms.schemaId', FIELD_ORDER],
      [1, 'terms.issuedAfter', 2n ** 40n],
      [2, 'terms.issuedBefore', 2n ** 40n],
      [3, 'terms.mode', 16n],
      [4, 'terms.setLow', 2n ** 128n],
      [5, 'terms.setHigh', 2n ** 128n],
      [6, 'terms.step', 2n ** 96n],
      ...[0, 1, 2, 3].map((slot) => [8 + 2 * slot, `terms.hi[${slot}]`, 2n ** 96n] as const),
    ];
    for (const [index, field, limit] of widths) {
      it(`takes ${field} below its limit and refuses the limit`, () => {
        const below = passing();
        if (field === 'terms.step') below[3] = 8n; // metered terms disclose nothing
        below[index] = field === 'terms.mode' ? 12n : limit - 1n;
        expect(termsToFields(termsFromFields(below))[index]).to.equal(below[index]);
        const beyond = passing();
        beyond[index] = limit;
        expect(thrown(() => termsFromFields(beyond)).data['field']).to.equal(field);
      });
    }

    for (const mode of [5n, 6n, 7n, 13n, 14n, 15n]) {
      it(`refuses mode ${mode.toString()}, which discloses no slot`, () => {
        const fields = passing();
        fields[3] = mode;
        expect(thrown(() => termsFromFields(fields)).data['field']).to.equal('terms.mode');
      });
    }

    it('refuses a step with a disclosure, and takes either', () => {
      const [disclosing, metered, both] = [passing(), passing(), passing()];
      metered[3] = 8n;
      metered[6] = 1n;
      both[6] = 1n;
      expect(disclosedSlot(termsFromFields(disclosing))).to.equal(1);
      expect(termsFromFields(metered).step).to.equal(1n);
      expect(thrown(() => termsFromFields(both)).data['field']).to.equal('terms.mode');
    });

    it('refuses lo above hi, and takes them equal', () => {
      const fields = passing();
      fields[13] = fields[14]!;
      expect(termsFromFields(fields).lo[3]).to.equal(fields[14]);
      fields[14] = fields[13] - 1n;
      expect(thrown(() => termsFromFields(fields)).data['field']).to.equal('terms.lo[3]');
    });

    it('refuses fourteen and sixteen', () => {
      expect(thrown(() => termsFromFields(passing().slice(1))).data['field']).to.equal('terms');
      expect(thrown(() => termsFromFields([...passing(), 0n])).data['field']).to.equal('terms');
    });
  });

  it('hashes any change of any of the fifteen to another policy, and another scope too', () => {
    const terms = policies[1]!.terms.map(BigInt);
    const hashes = terms.map((_, i) => {
      const changed = [...terms];
      changed[i] = i === 3 ? 9n : terms[i]! ^ 1n;
      if (i >= 7 && changed[i] > MAX_VALUE) changed[i] = 0n;
      return computePolicy(1n, { ...termsFromFields(terms), ...rawTerms(changed) });
    });
    hashes.push(
      computePolicy(1n, termsFromFields(terms)),
      computePolicy(2n, termsFromFields(terms)),
    );
    expect(new Set(hashes).size).to.equal(17);
    expect(
      thrown(() => computePolicy(FIELD_ORDER + 1n, termsFromFields(terms))).data['field'],
    ).to.equal('scope');
  });
});

/** Terms from fifteen numbers, canonical or not. */
function rawTerms(fields: readonly bigint[]): Terms {
  const [
    schemaId,
    issuedAfter,
    issuedBefore,
    mode,
    setLow,
    setHigh,
    step,
    lo0,
    hi0,
    lo1,
    hi1,
    lo2,
    hi2,
    lo3,
    hi3,
  ] = fields as readonly bigint[] & Record<number, bigint>;
  return {
    schemaId: schemaId as Field,
    ...{
      issuedAfter: issuedAfter!,
      issuedBefore: issuedBefore!,
      mode: mode!,
      setLow: setLow!,
      setHigh: setHigh!,
      step: step!,
    },
    lo: [lo0!, lo1!, lo2!, lo3!],
    hi: [hi0!, hi1!, hi2!, hi3!],
  };
}
