/**
 * Trust lists on-chain: up to sixteen trees under one root, by the will of the list's owner and of each tree's owner
 * (PROTOCOL.md sections 2 and 4).
 * @module
 */
import {
  zeroAddress,
  type Address,
  type ContractFunctionReturnType,
  type TransactionReceipt,
} from 'viem';
import { rootRegistryAbi } from './abis.ts';
import type { ReadClient, WriteClient } from './client.ts';
import type { Deployment } from './deployment.ts';
import { toCause, type Because, type MaybeBecause } from './governance.ts';
import { eventOf, read, sender } from './send.ts';

/** A tree's place in a list. */
export type Member = {
  /** 0 to 15; it decides where the tree's root stands in the list's tree. */
  readonly place: number;
  readonly treeId: bigint;
  /** Unix seconds from which the list's notice runs, undefined until the tree's owner has joined. */
  readonly since: bigint | undefined;
  /** Whether the list's root counts it now. */
  readonly inForce: boolean;
};

/** A list as it stands. */
export type TrustListFacts = {
  /** Undefined for a tree's own list. */
  readonly owner: Address | undefined;
  /** Who may accept the list, undefined if nobody may. */
  readonly offeredTo: Address | undefined;
  /** Seconds between admission and effect. */
  readonly notice: bigint;
  /** Seconds of silence after which anyone may remove a member; 2^40-1 = never. */
  readonly memberSilence: bigint;
  /** The newest root, 0 = none in force. */
  readonly root: bigint;
  readonly epoch: bigint;
  readonly generation: bigint;
  /** Unix seconds, the smallest over members in force and not frozen; 0 = there is none. */
  readonly lastPublishedAt: bigint;
  /** Whoever has a place, in their order. */
  readonly members: readonly Member[];
};

type List = { readonly deployment: Deployment; readonly listId: bigint };
type Membership = List & { readonly treeId: bigint };

/**
 * Creates a list owned by the client's account.
 * @param parameters.notice        seconds between an admission and its effect
 * @param parameters.memberSilence seconds of silence after which anyone may remove a member; 2^40-1 = never
 * @returns its id
 * @throws {ContractReverted} `InvalidMemberSilence` for 0
 */
export async function createList(
  client: WriteClient,
  parameters: {
    readonly deployment: Deployment;
    readonly notice: number;
    readonly memberSilence: number;
  },
): Promise<bigint> {
  const { deployment, notice, memberSilence } = parameters;
  const receipt = await act(client, deployment, 'createList', [notice, memberSilence]);
  return eventOf(receipt, rootRegistryAbi, 'ListCreated').args.listId;
}

/** Gives a tree a place. By the list's owner. @throws {ContractReverted} `AlreadyAdmitted`, `ListFull` */
export async function admit(
  client: WriteClient,
  parameters: Membership & MaybeBecause,
): Promise<TransactionReceipt> {
  const { deployment, listId, treeId } = parameters;
  return act(client, deployment, 'admit', [listId, treeId, ...toCause(parameters)]);
}

/**
 * Consents to a list. By an owner of the tree's issuer.
 * @throws {ContractReverted} `NothingPublished`, `AlreadyJoined`, `TooManyLists`
 */
export async function joinList(
  client: WriteClient,
  parameters: Membership & MaybeBecause,
): Promise<TransactionReceipt> {
  const { deployment, listId, treeId } = parameters;
  return act(client, deployment, 'join', [listId, treeId, ...toCause(parameters)]);
}

/** Puts memberships in force whose notice is over. By anyone. */
export async function settleList(
  client: WriteClient,
  { deployment, listId }: List,
): Promise<TransactionReceipt> {
  return act(client, deployment, 'settle', [listId]);
}

/**
 * Takes a tree off; if it was in force, every earlier root of the list is void. By the list's owner.
 * @throws {ContractReverted} `NotAdmitted`
 */
export async function removeMember(
  client: WriteClient,
  parameters: Membership & Because,
): Promise<TransactionReceipt> {
  const { deployment, listId, treeId } = parameters;
  return act(client, deployment, 'removeMember', [listId, treeId, ...toCause(parameters)]);
}

/**
 * Takes one's own tree off; if it was in force, earlier roots of the list are stale. By an owner of the tree's issuer.
 * @throws {ContractReverted} `NotJoined`
 */
export async function leaveList(
  client: WriteClient,
  parameters: Membership & Because,
): Promise<TransactionReceipt> {
  const { deployment, listId, treeId } = parameters;
  return act(client, deployment, 'leaveList', [listId, treeId, ...toCause(parameters)]);
}

/**
 * Takes a member off that was silent for too long; earlier roots are stale. By anyone.
 * @throws {ContractReverted} `NotMember`, `MemberNotSilent`
 */
export async function removeSilent(
  client: WriteClient,
  { deployment, listId, treeId }: Membership,
): Promise<TransactionReceipt> {
  return act(client, deployment, 'removeSilent', [listId, treeId]);
}

/** Voids every earlier root of the list; the members keep their places. By the list's owner. */
export async function voidList(
  client: WriteClient,
  parameters: List & Because,
): Promise<TransactionReceipt> {
  const { deployment, listId } = parameters;
  return act(client, deployment, 'voidList', [listId, ...toCause(parameters)]);
}

/** Offers the list to an account; nothing changes until it accepts. By the list's owner. */
export async function offerList(
  client: WriteClient,
  parameters: List & MaybeBecause & { readonly account: Address },
): Promise<TransactionReceipt> {
  const { deployment, listId, account } = parameters;
  return act(client, deployment, 'offerList', [listId, account, ...toCause(parameters)]);
}

/** Withdraws the list from whom it is offered to. By the list's owner. */
export async function withdrawList(
  client: WriteClient,
  parameters: List & Because,
): Promise<TransactionReceipt> {
  return offerList(client, { ...parameters, account: zeroAddress });
}

/** Becomes the list's owner, as was offered. @throws {ContractReverted} `ListNotOffered` */
export async function acceptList(
  client: WriteClient,
  { deployment, listId }: List,
): Promise<TransactionReceipt> {
  return act(client, deployment, 'acceptList', [listId]);
}

/** The list; a tree's id names the tree's own. @throws {ContractReverted} `UnknownList` */
export async function getList(
  client: ReadClient,
  { deployment, listId }: List,
): Promise<TrustListFacts> {
  const facts = await read(client, {
    ...registry(deployment),
    functionName: 'getList',
    args: [listId],
  });
  return toTrustListFacts(facts);
}

/** What the contract answers about a list, as we have it. */
export function toTrustListFacts(
  facts: ContractFunctionReturnType<typeof rootRegistryAbi, 'view', 'getList'>,
): TrustListFacts {
  return {
    owner: someone(facts.owner),
    offeredTo: someone(facts.offeredTo),
    notice: BigInt(facts.notice),
    memberSilence: BigInt(facts.memberSilence),
    root: facts.root,
    epoch: BigInt(facts.epoch),
    generation: BigInt(facts.generation),
    lastPublishedAt: BigInt(facts.lastPublishedAt),
    members: facts.members.flatMap(({ treeId, since, inForce }, place) =>
      treeId === 0n
        ? []
        : [{ place, treeId, since: since === 0 ? undefined : BigInt(since), inForce }],
    ),
  };
}

/** The lists that the tree's owner joined, the tree's own aside; not all need hold it yet. */
export async function getListsOf(
  client: ReadClient,
  parameters: { readonly deployment: Deployment; readonly treeId: bigint },
): Promise<readonly bigint[]> {
  const listIds = await read(client, {
    ...registry(parameters.deployment),
    functionName: 'getListsOf',
    args: [parameters.treeId],
  });
  return listIds.filter((listId) => listId !== 0n);
}

const someone = (account: Address): Address | undefined =>
  account === zeroAddress ? undefined : account;

function registry(deployment: Deployment): { address: Address; abi: typeof rootRegistryAbi } {
  return { address: deployment.contracts.RootRegistry, abi: rootRegistryAbi };
}

const act = sender(registry);
