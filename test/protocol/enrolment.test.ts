import { expect } from 'chai';
import { hashTypedData } from 'viem';
import {
  createInvitation,
  enrolmentTypedData,
  readEnrolment,
  readInvitation,
  writeEnrolment,
  writeInvitation,
  type Enrolment,
} from '../../src/protocol/enrolment.ts';
import { toField } from '../../src/protocol/field.ts';
import { defineSchema } from '../../src/protocol/schema.ts';
import { schemaDocument, thrown } from '../support/world.ts';

const REGISTRY = '0x5FbDB2315678afecb367f032d93F642f64180aa3';
const ACCOUNT = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';

describe('protocol/enrolment', () => {
  const schema = defineSchema(schemaDocument());
  const parameters = {
    chainId: 31_337n,
    registry: REGISTRY,
    issuerId: 1n,
    schema,
    account: ACCOUNT,
    deadline: 1_767_225_600n,
  } as const;
  const invite = () =>
    createInvitation({ ...parameters, random: (n) => new Uint8Array(n).fill(1) });
  const enrol = (): Enrolment => {
    const { schema: invited, ...binding } = invite();
    return {
      ...binding,
      schemaId: invited.id,
      commitment: toField(5n, 'commitment'),
      signature: '0x1234',
    };
  };

  describe('createInvitation', () => {
    it('holds what it was given, the id of the schema and 32 random bytes', () => {
      expect(invite()).to.deep.equal({
        ...parameters,
        schemaId: schema.id,
        nonce: BigInt(`0x${'01'.repeat(32)}`),
      });
    });

    it('draws another nonce each time', () => {
      const nonces = Array.from({ length: 20 }, () => createInvitation(parameters).nonce);
      expect(new Set(nonces).size).to.equal(20);
    });

    it('refuses a source that gives fewer bytes', () => {
      const short = { ...parameters, random: () => new Uint8Array(31) };
      expect(thrown(() => createInvitation(short)).data['field']).to.equal('random');
    });

    for (const [field, fault] of Object.entries({
      chainId: { chainId: 2n ** 64n },
      issuerId: { issuerId: 2n ** 64n },
      deadline: { deadline: 2n ** 40n },
    })) {
      it(`refuses ${field} beyond its range, and takes its last value`, () => {
        const [[key, value] = ['', 0n]] = Object.entries(fault);
        expect(createInvitation({ ...parameters, [key]: value - 1n })).to.have.property(
          key,
          value - 1n,
        );
        const error = thrown(() => createInvitation({ ...parameters, ...fault }));
        expect(error.data['field']).to.equal(`invitation.${field}`);
      });
    }
  });

  describe('the documents', () => {
    it('an invitation comes back as it was written', () => {
      const document = writeInvitation(invite());
      expect(document).to.have.all.keys(
        ...['eligo', 'chainId', 'registry', 'issuerId', 'schema', 'account', 'nonce', 'deadline'],
      );
      expect(readInvitation(JSON.stringify(document))).to.deep.equal(invite());
    });

    it('an enrolment comes back as it was written', () => {
      const document = writeEnrolment(enrol());
      expect(document).to.have.all.keys(
        ...['eligo', 'chainId', 'registry', 'issuerId', 'schemaId', 'account', 'nonce', 'deadline'],
        ...['commitment', 'signature'],
      );
      expect(readEnrolment(JSON.stringify(document))).to.deep.equal(enrol());
    });

    const zero = `0x${'00'.repeat(20)}`;
    const wrongChecksum = ACCOUNT.replace('C5', 'c5');
    const both = {
      'another kind': { eligo: 'credential/1' },
      'a key more': { colour: 'blue' },
      'a chain id as a number': { chainId: 31_337 },
      'a registry that is none': { registry: '0x12' },
      'an account with a wrong checksum': { account: wrongChecksum },
      'the zero account': { account: zero },
      'an issuer beyond 64 bits': { issuerId: (2n ** 64n).toString() },
      'a nonce beyond 256 bits': { nonce: (2n ** 256n).toString() },
      'a deadline beyond 40 bits': { deadline: (2n ** 40n).toString() },
      'no deadline': { deadline: undefined },
    };
    const enrolmentOnly = {
      'a schema id that is no field element': { schemaId: (2n ** 254n).toString() },
      'a commitment that is no field element': { commitment: (2n ** 254n).toString() },
      'half a byte of signature': { signature: '0x123' },
      'no signature': { signature: '0x' },
    };
    for (const [what, fault] of Object.entries(both)) {
      it(`an invitation refuses ${what}`, () => {
        const document = writeInvitation(invite());
        expect(readInvitation(document)).to.deep.equal(invite());
        const error = thrown(() => readInvitation({ ...document, ...fault }));
        expect(error.code).to.equal('InvalidInput');
        expect(error.message).to.match(/^invitation/);
      });
    }
    for (const [what, fault] of Object.entries({ ...both, ...enrolmentOnly })) {
      it(`an enrolment refuses ${what}`, () => {
        const document = writeEnrolment(enrol());
        expect(readEnrolment(document)).to.deep.equal(enrol());
        const error = thrown(() => readEnrolment({ ...document, ...fault }));
        expect(error.code).to.equal('InvalidInput');
        expect(error.message).to.match(/^enrolment/);
      });
    }

    it('an invitation refuses what is no schema', () => {
      const document = { ...writeInvitation(invite()), schema: { eligo: 'schema/1' } };
      expect(thrown(() => readInvitation(document)).data['field']).to.match(/^schema/);
    });
  });

  describe('enrolmentTypedData', () => {
    it('is the type of the protocol page, with the schema as 32 bytes', () => {
      const { domain, types, primaryType, message } = enrolmentTypedData(enrol());
      expect(domain).to.deep.equal({
        name: 'Eligo',
        version: '1',
        chainId: 31_337n,
        verifyingContract: REGISTRY,
      });
      const fields = (types['Enrolment'] as { name: string; type: string }[])
        .map(({ type, name }) => `${type} ${name}`)
        .join(',');
      expect(`${primaryType}(${fields})`).to.equal(
        'Enrolment(address account,uint256 commitment,uint64 issuerId,bytes32 source,uint256 nonce,uint40 deadline)',
      );
      expect(message['source']).to.equal(`0x${schema.id.toString(16).padStart(64, '0')}`);
    });

    it('has another hash for each field', () => {
      const enrolment = enrol();
      const others: Enrolment[] = [
        enrolment,
        { ...enrolment, chainId: 1n },
        { ...enrolment, registry: ACCOUNT },
        { ...enrolment, issuerId: 2n },
        { ...enrolment, schemaId: toField(1n, 'schemaId') },
        { ...enrolment, account: REGISTRY },
        { ...enrolment, nonce: 1n },
        { ...enrolment, deadline: 1n },
        { ...enrolment, commitment: toField(6n, 'commitment') },
      ];
      const hashes = others.map((other) => hashTypedData(enrolmentTypedData(other)));
      expect(new Set(hashes).size).to.equal(others.length);
    });
  });
});
