/**
 * Trees on-chain: creating, publishing, freezing, and what a reader may know of a root (PROTOCOL.md section 4).
 * @module
 */
import { zeroHash, type Address, type Hex, type TransactionReceipt } from 'viem';
import { signTypedData } from 'viem/actions';
import type { Field } from '../protocol/field.ts';
import { publicationTypedData, type Publication } from '../protocol/publication.ts';
import type { RootFacts } from '../verifier/rootRule.ts';
import { rootRegistryAbi } from './abis.ts';
import type { ReadClient, WriteClient } from './client.ts';
import type { Deployment } from './deployment.ts';
import { toCause, type Because } from './governance.ts';
import { eventOf, read, send } from './send.ts';

/** A tree as its latest publication left it. */
export type TreeFacts = {
  readonly issuerId: bigint;
  readonly sequence: bigint;
  readonly size: number;
  readonly revoked: bigint;
  readonly root: bigint;
  readonly frozen: boolean;
};

type Tree = { readonly deployment: Deployment; readonly treeId: bigint };

/** Creates a tree for an issuer; its id is also its own list's. By an owner of the issuer. @returns the id */
export async function registerTree(
  client: WriteClient,
  parameters: { readonly deployment: Deployment; readonly issuerId: bigint },
): Promise<bigint> {
  const receipt = await send(client, {
    ...registry(parameters.deployment),
    functionName: 'createTree',
    args: [parameters.issuerId],
  });
  return eventOf(receipt, rootRegistryAbi, 'TreeCreated').args.treeId;
}

/** The tree on-chain. @throws {ContractReverted} `UnknownTree` */
export async function getTree(
  client: ReadClient,
  { deployment, treeId }: Tree,
): Promise<TreeFacts> {
  return read(client, { ...registry(deployment), functionName: 'getTree', args: [treeId] });
}

/**
 * The publication that follows the tree's latest: the next number, the root before, and the epoch ended where the count
 * of revocations grew.
 */
export async function nextPublication(
  client: ReadClient,
  parameters: Tree & {
    readonly root: Field;
    readonly size: number;
    readonly revoked: bigint;
    readonly endsEpoch?: boolean;
    readonly voids?: boolean;
    readonly logHead?: Hex;
    readonly manifestHash?: Hex;
  },
): Promise<Publication> {
  const before = await getTree(client, parameters);
  return {
    treeId: parameters.treeId,
    sequence: before.sequence + 1n,
    previousRoot: before.root,
    root: parameters.root,
    size: parameters.size,
    revoked: parameters.revoked,
    endsEpoch: parameters.endsEpoch ?? parameters.revoked > before.revoked,
    voids: parameters.voids ?? false,
    logHead: parameters.logHead ?? zeroHash,
    manifestHash: parameters.manifestHash ?? zeroHash,
  };
}

/** Publishes a root. By a publisher of the tree's issuer. */
export async function publish(
  client: WriteClient,
  parameters: { readonly deployment: Deployment; readonly publication: Publication },
): Promise<TransactionReceipt> {
  return send(client, {
    ...registry(parameters.deployment),
    functionName: 'publish',
    args: [parameters.publication],
  });
}

/**
 * Signs a publication for somebody else to submit.
 * @param parameters.deadline Unix seconds, the last at which the signature counts
 */
export async function signPublication(
  client: WriteClient,
  parameters: {
    readonly deployment: Deployment;
    readonly publication: Publication;
    readonly deadline: number;
  },
): Promise<Hex> {
  const { deployment, publication, deadline } = parameters;
  const typedData = publicationTypedData({
    chainId: BigInt(client.chain.id),
    registry: deployment.contracts.RootRegistry,
    publication,
    deadline: BigInt(deadline),
  });
  return signTypedData(client, { account: client.account, ...typedData });
}

/** Submits a publication that a publisher signed. By anyone. */
export async function publishBySignature(
  client: WriteClient,
  parameters: {
    readonly deployment: Deployment;
    readonly publication: Publication;
    readonly deadline: number;
    readonly publisher: Address;
    readonly signature: Hex;
  },
): Promise<TransactionReceipt> {
  const { publication, deadline, publisher, signature } = parameters;
  return send(client, {
    ...registry(parameters.deployment),
    functionName: 'publishBySignature',
    args: [publication, deadline, publisher, signature],
  });
}

/** Voids every root of the tree at once. By a guardian or an owner of the issuer. */
export async function freeze(
  client: WriteClient,
  parameters: Tree & Because,
): Promise<TransactionReceipt> {
  const { deployment, treeId } = parameters;
  return send(client, {
    ...registry(deployment),
    functionName: 'freeze',
    args: [treeId, ...toCause(parameters)],
  });
}

/**
 * Ends a freeze with the first publication that counts again. By an owner of the issuer. Whoever may publish can get ahead
 * of it: a stolen key's role is taken first.
 * @throws {ContractReverted} `NotFrozen`, `NotOwner`, `WrongSequence`, `WrongPreviousRoot`
 */
export async function unfreeze(
  client: WriteClient,
  parameters: Because & { readonly deployment: Deployment; readonly publication: Publication },
): Promise<TransactionReceipt> {
  return send(client, {
    ...registry(parameters.deployment),
    functionName: 'unfreeze',
    args: [parameters.publication, ...toCause(parameters)],
  });
}

/**
 * What a source says about a root: all that `checkRoot` of the verifier needs.
 * @param parameters.source a list, or a tree for the tree's own list
 */
export async function getRoot(
  client: ReadClient,
  parameters: { readonly deployment: Deployment; readonly source: bigint; readonly root: bigint },
): Promise<RootFacts> {
  const facts = await read(client, {
    ...registry(parameters.deployment),
    functionName: 'getRoot',
    args: [parameters.source, parameters.root],
  });
  return {
    frozen: facts.frozen,
    known: facts.known,
    current: facts.current,
    endedAt: BigInt(facts.endedAt),
    lastPublishedAt: BigInt(facts.lastPublishedAt),
  };
}

function registry(deployment: Deployment): { address: Address; abi: typeof rootRegistryAbi } {
  return { address: deployment.contracts.RootRegistry, abi: rootRegistryAbi };
}
