import { expect } from 'chai';
import { keccak256, stringToHex, type Address, type Hex } from 'viem';
import {
  EAS_CLAIM_FIELDS,
  adapterContext,
  adapterScope,
  easAction,
  encodeAdapterClaims,
  encodeEasData,
  signProtocolAction,
  tokenTableAction,
  veraxAction,
} from '../../src/chain/adapters.ts';
import { computeContext, computeScope } from '../../src/protocol/statement.ts';
import type { ProvenStatement } from '../../src/prover/proof.ts';
import { thrown } from '../support/world.ts';

const ADAPTER: Address = '0x00000000000000000000000000000000000000aa';
const ATTESTER: Address = '0x00000000000000000000000000000000000000b1';
const RECIPIENT: Address = '0x00000000000000000000000000000000000000c2';
const SCHEMA: Hex = `0x${'5c'.repeat(32)}`;

/** Numbers as a contract's calldata has them: 32 bytes each. */
const words = (...numbers: readonly (bigint | number)[]): string =>
  numbers.map((number) => BigInt(number).toString(16).padStart(64, '0')).join('');

/** A claim whose words are 1 to 15 in the order in which contracts read them, but for `checkedAt`. */
const claim = {
  statement: {
    ...{ nullifier: 1n, root: 2n, policy: 3n, disclosed: 4n, shown: 5n, checkedAt: 60n },
    context: 7n,
  } as ProvenStatement['statement'],
  proof: {
    ...{ protocol: 'groth16', curve: 'bn128' },
    pi_a: ['8', '9', '1'],
    // snarkjs writes the real part first, the chain wants the imaginary one.
    pi_b: [
      ['11', '10'],
      ['13', '12'],
      ['1', '0'],
    ],
    pi_c: ['14', '15', '1'],
  },
} as const satisfies ProvenStatement;
const CLAIM_WORDS = words(1, 2, 3, 4, 5, 60, 7, 8, 9, 10, 11, 12, 13, 14, 15);

describe('chain/adapters', () => {
  describe('what a proof is made for', () => {
    it('is the scope of the adapter and its one label', () => {
      const place = { chainId: 31_337n, adapter: ADAPTER };
      const label: Hex = `0x${'61646170746572'.padEnd(64, '0')}`;
      const scope = computeScope({ chainId: 31_337n, gate: ADAPTER, label });
      expect(adapterScope(place)).to.equal(scope);
      expect(adapterScope({ ...place, adapter: ATTESTER })).not.to.equal(scope);
      expect(adapterScope({ ...place, chainId: 1n })).not.to.equal(scope);
    });

    it('is the context of what happens in the host', () => {
      const place = { chainId: 31_337n, adapter: ADAPTER };
      const action = { id: 5n, actionHash: SCHEMA };
      const context = computeContext({ chainId: 31_337n, gate: ADAPTER, ...action });
      expect(adapterContext({ ...place, action })).to.equal(context);
    });
  });

  describe('an action', () => {
    const hashOf = (encoded: string): Hex => keccak256(`0x${encoded}`);

    it('of Sign Protocol is its schema, and the hash of the attester', () => {
      const parameters = { schemaId: 9n, attester: ATTESTER };
      const expected = { id: 9n, actionHash: hashOf(words(0xb1)) };
      expect(signProtocolAction(parameters)).to.deep.equal(expected);
    });

    it('of EAS is its schema, and the hash of attester and recipient', () => {
      const action = easAction({ schema: SCHEMA, attester: ATTESTER, recipient: RECIPIENT });
      expect(action).to.deep.equal({ id: BigInt(SCHEMA), actionHash: hashOf(words(0xb1, 0xc2)) });
    });

    it('of TokenTable is the schedule, and the hash of the recipient', () => {
      const action = tokenTableAction({ actualId: 2n ** 255n, recipient: RECIPIENT });
      expect(action).to.deep.equal({ id: 2n ** 255n, actionHash: hashOf(words(0xc2)) });
    });

    it('of Verax is its schema, and the hash of attester and payload', () => {
      const payload = {
        schemaId: SCHEMA,
        expirationDate: 6n,
        subject: '0xaabb',
        attestationData: '0x',
      } as const;
      const [subject, nothing] = [words(2) + 'aabb'.padEnd(64, '0'), words(0)];
      const tuple = SCHEMA.slice(2) + words(6, 0x80, 0xc0) + subject + nothing;
      const expected = { id: BigInt(SCHEMA), actionHash: hashOf(words(0xb1, 0x40) + tuple) };
      expect(veraxAction({ attester: ATTESTER, payload })).to.deep.equal(expected);
    });

    const payload = { schemaId: SCHEMA, expirationDate: 0n, subject: '0x', attestationData: '0x' };
    const make = {
      sign: (changes: object) =>
        signProtocolAction({ schemaId: 1n, attester: ATTESTER, ...changes }),
      eas: (changes: object) =>
        easAction({ schema: SCHEMA, attester: ATTESTER, recipient: RECIPIENT, ...changes }),
      tokenTable: (changes: object) =>
        tokenTableAction({ actualId: 1n, recipient: RECIPIENT, ...changes }),
      verax: (changes: object) =>
        veraxAction({ attester: ATTESTER, payload: { ...payload, ...changes } as never }),
    };
    for (const [name, changes] of [
      ['sign', { schemaId: 2n ** 64n }],
      ['sign', { attester: '0x01' }],
      ['eas', { schema: '0x5c' }],
      ['eas', { attester: 'alice' }],
      ['eas', { recipient: '0x01' }],
      ['tokenTable', { actualId: 2n ** 256n }],
      ['tokenTable', { recipient: '' }],
      ['verax', { schemaId: '0x' }],
      ['verax', { expirationDate: 2n ** 64n }],
      ['verax', { subject: '0x1' }],
      ['verax', { attestationData: 'data' }],
    ] as const) {
      const what = Object.entries(changes).map(([field, value]) => `${field} ${String(value)}`);
      it(`of ${name} is refused with ${what.join()}`, () => {
        make[name]({});
        expect(thrown(() => make[name](changes))).to.include({ code: 'InvalidInput' });
      });
    }
  });

  describe('encodeAdapterClaims', () => {
    it('writes fifteen words in the order in which contracts read them', () => {
      expect(encodeAdapterClaims([claim])).to.equal(`0x${CLAIM_WORDS}`);
    });

    it('writes several one after the other, and none as no bytes', () => {
      expect(encodeAdapterClaims([claim, claim])).to.equal(`0x${CLAIM_WORDS}${CLAIM_WORDS}`);
      expect(encodeAdapterClaims([])).to.equal('0x');
    });
  });

  describe('encodeEasData', () => {
    it('is the claim, where a schema has no fields of its own', () => {
      expect(encodeEasData({ claim })).to.equal(encodeAdapterClaims([claim]));
    });

    it("writes the schema's own fields behind it", () => {
      const own = { fields: 'string review, bool again', values: ['ok', true] };
      const text = words(2) + stringToHex('ok').slice(2).padEnd(64, '0');
      const expected = `0x${CLAIM_WORDS}${words(17 * 32, 1)}${text}`;
      expect(encodeEasData({ claim, ...own })).to.equal(expected);
    });

    for (const [name, change] of [
      ['a type that there is not', { fields: 'text review' }],
      ['too few values', { values: [] }],
      ['a value of another type', { fields: 'address about' }],
    ] as const) {
      it(`refuses ${name}`, () => {
        const own = { claim, fields: 'string review', values: ['ok'] };
        encodeEasData(own);
        expect(thrown(() => encodeEasData({ ...own, ...change }))).to.include({
          code: 'InvalidInput',
        });
      });
    }

    it('names as many fields as a claim has', () => {
      expect(EAS_CLAIM_FIELDS.split(',')).to.have.length(8);
    });
  });
});
