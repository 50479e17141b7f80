import { expect } from 'chai';
import {
  concat,
  encodeAbiParameters,
  hashDomain,
  hashTypedData,
  keccak256,
  stringToHex,
  type Hex,
} from 'viem';
import { publicationTypedData, type Publication } from '../../src/protocol/publication.ts';

const registry = '0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512';

const publication: Publication = {
  ...{ treeId: 1n, sequence: 2n, previousRoot: 3n, root: 4n, size: 5, revoked: 6n },
  ...{ endsEpoch: true, voids: false },
  logHead: `0x${'07'.repeat(32)}`,
  manifestHash: `0x${'08'.repeat(32)}`,
};

const place = { chainId: 31_337n, registry, publication, deadline: 9n } as const;

const digest = (changes: object = {}): Hex =>
  hashTypedData(publicationTypedData({ ...place, ...changes }));

/** As RootRegistry.sol computes it: one word a field. */
function digestOfContract(): Hex {
  const type =
    'Publication(uint64 treeId,uint64 sequence,uint256 previousRoot,uint256 root,uint32 size,uint64 revoked,bool endsEpoch,bool voids,bytes32 logHead,bytes32 manifestHash,uint40 deadline)';
  const words = encodeAbiParameters(
    Array.from({ length: 12 }, () => ({ type: 'uint256' })),
    [
      ...[BigInt(keccak256(stringToHex(type))), 1n, 2n, 3n, 4n, 5n, 6n, 1n, 0n],
      ...[BigInt(publication.logHead), BigInt(publication.manifestHash), 9n],
    ],
  );
  const domain = hashDomain({
    domain: { name: 'Eligo', version: '1', chainId: 31_337n, verifyingContract: registry },
    types: {
      EIP712Domain: [
        { name: 'name', type: 'string' },
        { name: 'version', type: 'string' },
        { name: 'chainId', type: 'uint256' },
        { name: 'verifyingContract', type: 'address' },
      ],
    },
  });
  return keccak256(concat(['0x1901', domain, keccak256(words)]));
}

describe('protocol/publication', () => {
  it('is signed as the contract hashes it', () => {
    expect(digest()).to.equal(digestOfContract());
  });

  const other: Readonly<Record<keyof Publication, bigint | number | boolean | Hex>> = {
    ...{ treeId: 9n, sequence: 9n, previousRoot: 9n, root: 9n, size: 9, revoked: 9n },
    ...{ endsEpoch: false, voids: true },
    logHead: `0x${'99'.repeat(32)}`,
    manifestHash: `0x${'99'.repeat(32)}`,
  };
  for (const [field, value] of Object.entries(other)) {
    it(`binds the signature to ${field}`, () => {
      expect(digest({ publication: { ...publication } })).to.equal(digest());
      expect(digest({ publication: { ...publication, [field]: value } })).not.to.equal(digest());
    });
  }

  for (const change of [
    { chainId: 1n },
    { registry: '0x5FbDB2315678afecb367f032d93F642f64180aa3' },
    { deadline: 10n },
  ]) {
    it(`binds the signature to ${Object.keys(change).join()}`, () => {
      expect(digest(change)).not.to.equal(digest());
    });
  }

  it('leaves out whatever else the object holds', () => {
    expect(digest({ publication: { ...publication, state: 'signed' } })).to.equal(digest());
  });
});
