import { expect } from 'chai';
import { hashTypedData, recoverTypedDataAddress, type Address, type Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { createAttestation, hashAttestation } from '../../src/protocol/attestation.ts';
import { FIELD_ORDER } from '../../src/protocol/field.ts';
import {
  credentialTypedData,
  readCredential,
  writeCredential,
  type Credential,
} from '../../src/protocol/credential.ts';
import { defineSchema } from '../../src/protocol/schema.ts';
import { readVectors, schemaDocument, someValues, thrown } from '../support/world.ts';

type Vectors = {
  readonly attestations: readonly { readonly leaf: string }[];
  readonly credentials: readonly {
    readonly chainId: string;
    readonly registry: Address;
    readonly treeId: string;
    readonly position: string;
    readonly leaf: string;
    readonly digest: Hex;
  }[];
};

const publisher = privateKeyToAccount(`0x${'11'.repeat(32)}`);

/** A credential, signed by the publisher. */
async function makeCredential(): Promise<Credential> {
  const schema = defineSchema(schemaDocument());
  const unsigned = {
    circuit: 'ab'.repeat(32),
    chainId: 31337n,
    registry: '0x5FbDB2315678afecb367f032d93F642f64180aa3',
    tree: 1n,
    position: 4n ** 14n - 1n,
    attestation: createAttestation({
      schema,
      commitment: 5n,
      issuedAt: 1_728_000_000n,
      values: someValues,
      salt: 6n,
    }),
    schema,
  } as const;
  return { ...unsigned, signature: await publisher.signTypedData(credentialTypedData(unsigned)) };
}

describe('protocol/credential', () => {
  it('survives being written and read', async () => {
    const credential = await makeCredential();
    expect(readCredential(writeCredential(credential))).to.deep.equal(credential);
    expect(readCredential(JSON.stringify(writeCredential(credential)))).to.deep.equal(credential);
  });

  it('is plain JSON without numbers', async () => {
    const text = JSON.stringify(writeCredential(await makeCredential()));
    expect(text).not.to.match(/:\d/);
  });

  describe('the signature', () => {
    it('recovers the publisher who made it', async () => {
      const credential = await makeCredential();
      const { signature } = credential;
      const signer = await recoverTypedDataAddress({
        ...credentialTypedData(credential),
        signature,
      });
      expect(signer).to.equal(publisher.address);
    });

    it('recovers somebody else when anything signed is changed', async () => {
      const credential = await makeCredential();
      const { attestation } = credential;
      const changes: readonly Partial<Credential>[] = [
        { chainId: 1n },
        { registry: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8' },
        { tree: 2n },
        { position: 0n },
        { attestation: { ...attestation, issuedAt: attestation.issuedAt + 86_400n } },
      ];
      for (const change of changes) {
        const typed = credentialTypedData({ ...credential, ...change });
        const signer = await recoverTypedDataAddress({ ...typed, signature: credential.signature });
        expect(signer).not.to.equal(publisher.address);
      }
    });

    const { credentials } = readVectors('attestation') as Vectors;
    for (const { digest, treeId, position, ...rest } of credentials) {
      it(`signs the digest of the vector ${digest.slice(0, 10)}…`, async () => {
        const typed = credentialTypedData({
          chainId: BigInt(rest.chainId),
          registry: rest.registry,
          tree: BigInt(treeId),
          position: BigInt(position),
          attestation: (await makeCredential()).attestation,
        });
        expect(
          hashTypedData({ ...typed, message: { ...typed.message, leaf: BigInt(rest.leaf) } }),
        ).to.equal(digest);
      });
    }

    it('covers the leaf of the attestation', async () => {
      const credential = await makeCredential();
      expect(credentialTypedData(credential).message['leaf']).to.equal(
        hashAttestation(credential.attestation),
      );
    });
  });

  describe('when one thing is wrong', () => {
    type Document = Record<string, unknown> & { attestation: Record<string, unknown> };
    const faults: readonly (readonly [string, (document: Document) => void, string])[] = [
      ['another kind of document', (d) => (d['eligo'] = 'credential/2'), 'credential.eligo'],
      ['an unknown key', (d) => (d['note'] = 'hi'), 'credential'],
      ['a circuit that is no hash', (d) => (d['circuit'] = 'AB'.repeat(32)), 'credential.circuit'],
      [
        'a chain id beyond u64',
        (d) => (d['chainId'] = (2n ** 64n).toString()),
        'credential.chainId',
      ],
      ['a chain id as a number', (d) => (d['chainId'] = 31337), 'credential.chainId'],
      [
        'a registry with a wrong checksum',
        (d) => (d['registry'] = '0x5FbDB2315678afecb367f032d93F642f64180aA3'),
        'credential.registry',
      ],
      ['a tree beyond u64', (d) => (d['tree'] = (2n ** 64n).toString()), 'credential.tree'],
      [
        'a position beyond u28',
        (d) => (d['position'] = (4n ** 14n).toString()),
        'credential.position',
      ],
      ['a signature that is no hex', (d) => (d['signature'] = 'sig'), 'credential.signature'],
      [
        'three slots',
        ({ attestation }) => (attestation['values'] = ['1', '2', '3']),
        'credential.attestation.values',
      ],
      [
        'a value as a number',
        ({ attestation }) => (attestation['values'] = ['1', '2', '3', 4]),
        'credential.attestation.values[3]',
      ],
      [
        'an unknown key in the attestation',
        ({ attestation }) => (attestation['name'] = 'x'),
        'credential.attestation',
      ],
      [
        'an alias as its salt',
        ({ attestation }) => (attestation['salt'] = (FIELD_ORDER + 6n).toString()),
        'salt',
      ],
      [
        'another schema',
        (d) => (d['schema'] = { ...schemaDocument(), version: '2' }),
        'credential.schema',
      ],
      ['no schema', (d) => delete d['schema'], 'credential.schema'],
      ['a schema that is none', (d) => (d['schema'] = 5), 'schema'],
    ];
    for (const [name, change, field] of faults) {
      it(`refuses ${name}, and takes the untouched file`, async () => {
        const document = structuredClone(
          writeCredential(await makeCredential()),
        ) as unknown as Document;
        expect(readCredential(document).tree).to.equal(1n);
        change(document);
        const error = thrown(() => readCredential(document));
        expect(error.code).to.equal('InvalidInput');
        expect(error.data['field']).to.equal(field);
      });
    }
  });
});
