/**
 * Issuers on-chain: registering one, handing out its roles, anchoring schemas.
 * @module
 */
import { stringToHex, keccak256, type Address } from 'viem';
import { canonicalJson } from '../protocol/codec.ts';
import { toField } from '../protocol/field.ts';
import type { Schema } from '../protocol/schema.ts';
import { issuerRegistryAbi } from './abis.ts';
import type { WriteClient } from './client.ts';
import type { Deployment } from './deployment.ts';
import { eventOf, read, send } from './send.ts';

/** What somebody may do for an issuer; contracts/README.md has the powers of each. */
export type IssuerRole = 'owner' | 'publisher' | 'guardian';

const ROLE_FUNCTIONS = {
  owner: 'ownerRole',
  publisher: 'publisherRole',
  guardian: 'guardianRole',
} as const;

/** Registers an issuer owned by the client's account. @returns its id */
export async function registerIssuer(
  client: WriteClient,
  parameters: { readonly deployment: Deployment; readonly uri: string },
): Promise<bigint> {
  const receipt = await send(client, {
    address: parameters.deployment.contracts.IssuerRegistry,
    abi: issuerRegistryAbi,
    functionName: 'registerIssuer',
    args: [client.account.address, parameters.uri],
  });
  return eventOf(receipt, issuerRegistryAbi, 'IssuerRegistered').args.issuerId;
}

/** Gives an account a role. By an owner of the issuer. */
export async function grantRole(
  client: WriteClient,
  parameters: {
    readonly deployment: Deployment;
    readonly issuerId: bigint;
    readonly role: IssuerRole;
    readonly account: Address;
  },
): Promise<void> {
  const contract = {
    address: parameters.deployment.contracts.IssuerRegistry,
    abi: issuerRegistryAbi,
  };
  const role = await read(client, {
    ...contract,
    functionName: ROLE_FUNCTIONS[parameters.role],
    args: [parameters.issuerId],
  });
  await send(client, { ...contract, functionName: 'grantRole', args: [role, parameters.account] });
}

/** Says on-chain that the issuer attests under a schema. By an owner of the issuer. */
export async function anchorSchema(
  client: WriteClient,
  parameters: {
    readonly deployment: Deployment;
    readonly issuerId: bigint;
    readonly schema: Schema;
    /** Where the document can be read. */
    readonly uri: string;
  },
): Promise<void> {
  const { document } = parameters.schema;
  await send(client, {
    address: parameters.deployment.contracts.IssuerRegistry,
    abi: issuerRegistryAbi,
    functionName: 'anchorSchema',
    args: [
      parameters.issuerId,
      keccak256(stringToHex(canonicalJson(document))),
      toField(document.supersedes ?? 0n, 'schema.supersedes'),
      parameters.uri,
    ],
  });
}
