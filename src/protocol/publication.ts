/**
 * A publication: a numbered root of a tree, and what a publisher signs of it (PROTOCOL.md section 4).
 * @module
 */
import type { Address, Hex, TypedDataDomain } from 'viem';

/** A numbered root of a tree; IRootRegistry.sol has the meaning of each field. */
export type Publication = {
  readonly treeId: bigint;
  readonly sequence: bigint;
  readonly previousRoot: bigint;
  readonly root: bigint;
  readonly size: number;
  readonly revoked: bigint;
  readonly endsEpoch: boolean;
  readonly voids: boolean;
  readonly logHead: Hex;
  readonly manifestHash: Hex;
};

const PUBLICATION_TYPE = [
  { name: 'treeId', type: 'uint64' },
  { name: 'sequence', type: 'uint64' },
  { name: 'previousRoot', type: 'uint256' },
  { name: 'root', type: 'uint256' },
  { name: 'size', type: 'uint32' },
  { name: 'revoked', type: 'uint64' },
  { name: 'endsEpoch', type: 'bool' },
  { name: 'voids', type: 'bool' },
  { name: 'logHead', type: 'bytes32' },
  { name: 'manifestHash', type: 'bytes32' },
  { name: 'deadline', type: 'uint40' },
] as const;

/**
 * What a publisher signs (EIP-712), for anybody to submit.
 * @param parameters.registry the RootRegistry
 * @param parameters.deadline Unix seconds, the last at which the signature counts
 */
export function publicationTypedData(parameters: {
  readonly chainId: bigint;
  readonly registry: Address;
  readonly publication: Publication;
  readonly deadline: bigint;
}): {
  readonly domain: TypedDataDomain;
  readonly types: {
    readonly Publication: readonly { readonly name: string; readonly type: string }[];
  };
  readonly primaryType: 'Publication';
  readonly message: Readonly<Record<string, bigint | number | boolean | Hex>>;
} {
  const { chainId, registry, publication, deadline } = parameters;
  const { treeId, sequence, previousRoot, root, size, revoked } = publication;
  const { endsEpoch, voids, logHead, manifestHash } = publication;
  return {
    domain: { name: 'Eligo', version: '1', chainId, verifyingContract: registry },
    types: { Publication: PUBLICATION_TYPE },
    primaryType: 'Publication',
    message: {
      ...{ treeId, sequence, previousRoot, root, size, revoked },
      ...{ endsEpoch, voids, logHead, manifestHash, deadline },
    },
  };
}
