import { expect } from 'chai';
import {
  checkAttestation,
  createAttestation,
  hashAttestation,
} from '../../src/protocol/attestation.ts';
import { FIELD_ORDER, MAX_VALUE, NEVER } from '../../src/protocol/field.ts';
import { defineSchema } from '../../src/protocol/schema.ts';
import { readVectors, schemaDocument, someValues, thrown } from '../support/world.ts';

type Raw = {
  readonly schemaId: string;
  readonly commitment: string;
  readonly issuedAt: string;
  readonly expiresAt: string;
  readonly salt: string;
  readonly values: readonly string[];
};
type Vectors = {
  readonly attestations: readonly { readonly attestation: Raw; readonly leaf: string }[];
};

const DAY = 86_400n;

/** What a passing call is given. */
function parameters() {
  return {
    schema: defineSchema(schemaDocument()),
    commitment: 5n,
    issuedAt: 20_000n * DAY,
    values: someValues,
    salt: 6n,
  };
}

/** An attestation from outside that passes. */
function raw(): Raw {
  return {
    schemaId: '1',
    commitment: '2',
    issuedAt: '3',
    expiresAt: '4',
    salt: '5',
    values: ['6', '7', '8', '9'],
  };
}

describe('protocol/attestation', () => {
  describe('hashAttestation', () => {
    for (const { attestation, leaf } of (readVectors('attestation') as Vectors).attestations) {
      it(`equals the vector ${leaf.slice(0, 8)}…`, () => {
        expect(hashAttestation(checkAttestation(attestation)).toString()).to.equal(leaf);
      });
    }

    it('differs when any of the nine differs', () => {
      const base = checkAttestation(raw());
      const others = [
        { schemaId: '0' },
        { commitment: '0' },
        { issuedAt: '0' },
        { expiresAt: '5' },
        { salt: '0' },
        ...[0, 1, 2, 3].map((slot) => ({
          values: raw().values.map((value, i) => (i === slot ? '0' : value)),
        })),
      ].map((change) => checkAttestation({ ...raw(), ...change }));
      expect(new Set([base, ...others].map(hashAttestation)).size).to.equal(10);
    });
  });

  describe('createAttestation', () => {
    it('encodes the values and is valid for ever unless told otherwise', () => {
      const attestation = createAttestation(parameters());
      expect(attestation.values).to.deep.equal([56n, 1n, 719_161n, 400n]);
      expect(attestation.expiresAt).to.equal(NEVER);
      expect(attestation.schemaId).to.equal(parameters().schema.id);
    });

    for (const [at, floored] of [
      [0n, 0n],
      [DAY - 1n, 0n],
      [DAY, DAY],
      [20_000n * DAY + 1n, 20_000n * DAY],
      [20_001n * DAY - 1n, 20_000n * DAY],
      [NEVER, NEVER - (NEVER % DAY)],
    ] as const) {
      it(`floors issuedAt ${at.toString()} to its UTC day`, () => {
        expect(createAttestation({ ...parameters(), issuedAt: at }).issuedAt).to.equal(floored);
      });
    }

    it('draws a salt of its own for each', () => {
      const { schema, commitment, issuedAt, values } = parameters();
      const rest = { schema, commitment, issuedAt, values };
      const salts = new Set(Array.from({ length: 20 }, () => createAttestation(rest).salt));
      expect(salts.size).to.equal(20);
      expect(
        createAttestation({ ...rest, random: (n) => new Uint8Array(n).fill(1) }).salt,
      ).to.equal(BigInt(`0x${'01'.repeat(64)}`) % FIELD_ORDER);
    });

    it('takes an expiry on the day it is issued, and refuses one before', () => {
      const issuedAt = 20_000n * DAY + 500n;
      expect(
        createAttestation({ ...parameters(), issuedAt, expiresAt: 20_000n * DAY }).expiresAt,
      ).to.equal(20_000n * DAY);
      const error = thrown(() =>
        createAttestation({ ...parameters(), issuedAt, expiresAt: 20_000n * DAY - 1n }),
      );
      expect(error.data['field']).to.equal('expiresAt');
    });

    it('does not change what it is given', () => {
      const given = Object.freeze({ ...parameters(), values: Object.freeze({ ...someValues }) });
      expect(createAttestation(given).values).to.have.lengthOf(4);
    });
  });

  describe('checkAttestation', () => {
    const faults: Readonly<Record<string, Partial<Raw>>> = {
      schemaId: { schemaId: FIELD_ORDER.toString() },
      commitment: { commitment: (FIELD_ORDER + 2n).toString() },
      issuedAt: { issuedAt: (NEVER + 1n).toString() },
      expiresAt: { expiresAt: (NEVER + 1n).toString() },
      salt: { salt: (FIELD_ORDER + 5n).toString() },
      values: { values: ['6', '7', '8'] },
      'values[0]': { values: [(MAX_VALUE + 1n).toString(), '7', '8', '9'] },
      'values[3]': { values: ['6', '7', '8', '-9'] },
    };
    it('takes the untouched case, and each number at its edge', () => {
      const edge = (FIELD_ORDER - 1n).toString();
      const never = NEVER.toString();
      const values = Array.from({ length: 4 }, () => MAX_VALUE.toString());
      expect(checkAttestation(raw()).values).to.deep.equal([6n, 7n, 8n, 9n]);
      expect(
        checkAttestation({
          schemaId: edge,
          commitment: edge,
          issuedAt: never,
          expiresAt: never,
          salt: edge,
          values,
        }).salt,
      ).to.equal(FIELD_ORDER - 1n);
    });
    for (const [field, fault] of Object.entries(faults)) {
      it(`refuses ${field} out of its range`, () => {
        expect(thrown(() => checkAttestation({ ...raw(), ...fault })).data['field']).to.equal(
          field,
        );
      });
    }
    it('refuses an expiry before the issue, and takes one at the same second', () => {
      expect(checkAttestation({ ...raw(), expiresAt: '3' }).expiresAt).to.equal(3n);
      expect(thrown(() => checkAttestation({ ...raw(), expiresAt: '2' })).data['field']).to.equal(
        'expiresAt',
      );
    });
  });
});
