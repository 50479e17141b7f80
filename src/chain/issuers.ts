/**
 * Issuers on-chain: registering one, handing out its roles, handing over its ownership, anchoring schemas.
 * @module
 */
import { stringToHex, keccak256, zeroAddress, type Address, type TransactionReceipt } from 'viem';
import { canonicalJson } from '../protocol/codec.ts';
import { toField } from '../protocol/field.ts';
import type { Schema } from '../protocol/schema.ts';
import { issuerRegistryAbi } from './abis.ts';
import type { ReadClient, WriteClient } from './client.ts';
import type { Deployment } from './deployment.ts';
import { toCause, type Because, type MaybeBecause } from './governance.ts';
import { eventOf, read, sender } from './send.ts';

/** What somebody may do for an issuer; contracts/README.md has the powers of each. */
export type IssuerRole = 'owner' | 'publisher' | 'guardian';

/** The roles by their numbers in the contract. */
const ROLES = { owner: 0, publisher: 1, guardian: 2 } as const;

const HOLDS = { owner: 'isOwner', publisher: 'isPublisher', guardian: 'isGuardian' } as const;

type Issuer = { readonly deployment: Deployment; readonly issuerId: bigint };

/** A role that a key can be given: ownership is offered and accepted. */
type KeyRole = Exclude<IssuerRole, 'owner'>;

/** Registers an issuer owned by the client's account. @returns its id */
export async function registerIssuer(
  client: WriteClient,
  parameters: {
    readonly deployment: Deployment;
    readonly uri: string;
    /** The owner, if it isn't the client's account: a multisig or a timelock. */
    readonly owner?: Address;
  },
): Promise<bigint> {
  const { deployment, uri, owner = client.account.address } = parameters;
  const receipt = await act(client, deployment, 'registerIssuer', [owner, uri]);
  return eventOf(receipt, issuerRegistryAbi, 'IssuerRegistered').args.issuerId;
}

/**
 * Makes an account a publisher or a guardian. By an owner of the issuer.
 * @throws {ContractReverted} `NotOwner`, `AlreadyHeld`
 */
export async function grantRole(
  client: WriteClient,
  parameters: Issuer & MaybeBecause & { readonly role: KeyRole; readonly account: Address },
): Promise<TransactionReceipt> {
  const { deployment, issuerId, role, account } = parameters;
  const args = [issuerId, ROLES[role], account, ...toCause(parameters)] as const;
  return act(client, deployment, 'grantRole', args);
}

/**
 * Takes a role from an account. By an owner of the issuer. What a publisher published stands: only a freeze or a
 * correction voids it.
 * @throws {ContractReverted} `NotOwner`, `NotHeld`, `LastOwner`
 */
export async function revokeRole(
  client: WriteClient,
  parameters: Issuer & Because & { readonly role: IssuerRole; readonly account: Address },
): Promise<TransactionReceipt> {
  const { deployment, issuerId, role, account } = parameters;
  const args = [issuerId, ROLES[role], account, ...toCause(parameters)] as const;
  return act(client, deployment, 'revokeRole', args);
}

/**
 * Gives up a role of the client's account.
 * @throws {ContractReverted} `NotHeld`, `LastOwner`
 */
export async function renounceRole(
  client: WriteClient,
  parameters: Issuer & Because & { readonly role: IssuerRole },
): Promise<TransactionReceipt> {
  const { deployment, issuerId, role } = parameters;
  const args = [issuerId, ROLES[role], ...toCause(parameters)] as const;
  return act(client, deployment, 'renounceRole', args);
}

/**
 * Puts one key in the place of another, in one transaction. By an owner of the issuer.
 * @throws {ContractReverted} `NotOwner`, `NotHeld`, `AlreadyHeld`
 */
export async function rotateKey(
  client: WriteClient,
  parameters: Issuer &
    Because & { readonly role: KeyRole; readonly from: Address; readonly to: Address },
): Promise<TransactionReceipt> {
  const { deployment, issuerId, role, from, to } = parameters;
  const args = [issuerId, ROLES[role], from, to, ...toCause(parameters)] as const;
  return act(client, deployment, 'rotateKey', args);
}

/**
 * Offers ownership to an account; nothing changes until it accepts. A later offer takes the place of this one. By an
 * owner of the issuer.
 * @throws {ContractReverted} `NotOwner`, `AlreadyHeld`
 */
export async function offerOwnership(
  client: WriteClient,
  parameters: Issuer &
    MaybeBecause & {
      readonly account: Address;
      /** Hands the client's own ownership over once it is accepted, instead of sharing it. */
      readonly replaces: boolean;
    },
): Promise<TransactionReceipt> {
  const { deployment, issuerId, account, replaces } = parameters;
  const args = [issuerId, account, replaces, ...toCause(parameters)] as const;
  return act(client, deployment, 'offerOwnership', args);
}

/** Withdraws whatever ownership is offered. By an owner of the issuer. @throws {ContractReverted} `NotOwner` */
export async function withdrawOwnership(
  client: WriteClient,
  parameters: Issuer & Because,
): Promise<TransactionReceipt> {
  return offerOwnership(client, { ...parameters, account: zeroAddress, replaces: false });
}

/** Becomes an owner of the issuer, as was offered. @throws {ContractReverted} `NotOffered` */
export async function acceptOwnership(
  client: WriteClient,
  { deployment, issuerId }: Issuer,
): Promise<TransactionReceipt> {
  return act(client, deployment, 'acceptOwnership', [issuerId]);
}

/** Who may accept ownership of the issuer, undefined if nobody may. */
export async function getOfferedOwner(
  client: ReadClient,
  { deployment, issuerId }: Issuer,
): Promise<Address | undefined> {
  const { account } = await read(client, {
    ...registry(deployment),
    functionName: 'getOffer',
    args: [issuerId],
  });
  return account === zeroAddress ? undefined : account;
}

/** Whether an account has a role now. */
export async function holdsRole(
  client: ReadClient,
  parameters: Issuer & { readonly role: IssuerRole; readonly account: Address },
): Promise<boolean> {
  const { deployment, issuerId, role, account } = parameters;
  return read(client, {
    ...registry(deployment),
    functionName: HOLDS[role],
    args: [issuerId, account],
  });
}

/**
 * Says on-chain that the issuer attests under a schema, and which one it takes the place of. By an owner of the issuer.
 * @throws {ContractReverted} `NotOwner`, `SchemaAlreadyAnchored`, `UnknownSchema`, `SchemaSuperseded`
 */
export async function anchorSchema(
  client: WriteClient,
  parameters: {
    readonly deployment: Deployment;
    readonly issuerId: bigint;
    readonly schema: Schema;
    /** Where the document can be read. */
    readonly uri: string;
  },
): Promise<TransactionReceipt> {
  const { deployment, issuerId, uri } = parameters;
  const { document } = parameters.schema;
  const supersedes = toField(document.supersedes ?? 0n, 'schema.supersedes');
  const documentHash = keccak256(stringToHex(canonicalJson(document)));
  return act(client, deployment, 'anchorSchema', [issuerId, documentHash, supersedes, uri]);
}

function registry(deployment: Deployment): { address: Address; abi: typeof issuerRegistryAbi } {
  return { address: deployment.contracts.IssuerRegistry, abi: issuerRegistryAbi };
}

const act = sender(registry);
