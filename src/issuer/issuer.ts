/**
 * An issuer: a store that is bound to its tree on-chain.
 * @module
 */
import type { Address } from 'viem';
import { getContractEvents } from 'viem/actions';
import { canonicalJson } from '../protocol/codec.ts';
import { issuerRegistryAbi } from '../chain/abis.ts';
import type { ReadClient, WriteClient } from '../chain/client.ts';
import { readDeployment, type Deployment } from '../chain/deployment.ts';
import { grantRole, registerIssuer } from '../chain/issuers.ts';
import { answerOf } from '../chain/reverts.ts';
import { getTree, registerTree } from '../chain/roots.ts';
import { read } from '../chain/send.ts';
import { EligoError, invalidInput } from '../errors.ts';
import { bindStore, bindingOf, checkPepper, readBook } from '../store/book.ts';
import type { Store } from '../store/store.ts';
import { pepperCheck } from './subject.ts';

/** A store, and whose tree it keeps. */
export type Issuer = {
  readonly store: Store;
  readonly deployment: Deployment;
  readonly issuerId: bigint;
  readonly treeId: bigint;
};

/**
 * Opens the issuer of a store.
 * @param pepper checked, where it is given
 * @throws {StoreMismatch} if the store was never set up, or has another pepper
 */
export async function openIssuer(store: Store, pepper?: Uint8Array): Promise<Issuer> {
  const book = await readBook(store.db);
  if (pepper) checkPepper(book, pepperCheck(pepper));
  const { deployment, issuerId, treeId } = bindingOf(book);
  return { store, deployment: readDeployment(deployment), issuerId, treeId };
}

/**
 * Registers a tree for the issuer that the client's account owns under this URI, which is registered first if there is
 * none, and lets the account publish. Doing it again after a crash leaves at most an unused tree behind.
 */
export async function registerIssuerTree(
  client: WriteClient,
  parameters: { readonly deployment: Deployment; readonly uri: string },
): Promise<{ readonly issuerId: bigint; readonly treeId: bigint }> {
  const { deployment, uri } = parameters;
  const account = client.account.address;
  const plan = await planIssuerTree(client, { deployment, uri, account });
  const issuerId = plan.issuerId ?? (await registerIssuer(client, { deployment, uri }));
  if (!plan.publishes)
    await grantRole(client, { deployment, issuerId, role: 'publisher', account });
  return { issuerId, treeId: await registerTree(client, { deployment, issuerId }) };
}

/**
 * What `registerIssuerTree` would register: the issuer is undefined where there is none yet, and the account publishes
 * already or would be let.
 */
export async function planIssuerTree(
  client: ReadClient,
  parameters: {
    readonly deployment: Deployment;
    readonly uri: string;
    readonly account: Address;
  },
): Promise<{ readonly issuerId: bigint | undefined; readonly publishes: boolean }> {
  const issuerId = await findOwnIssuer(client, parameters);
  if (issuerId === undefined) return { issuerId, publishes: false };
  const role = { ...parameters, issuerId, role: 'isPublisher' } as const;
  return { issuerId, publishes: await hasRole(client, role) };
}

/** The newest issuer of this URI that the account registered and still owns, as far as the node remembers. */
async function findOwnIssuer(
  client: ReadClient,
  parameters: {
    readonly deployment: Deployment;
    readonly uri: string;
    readonly account: Address;
  },
): Promise<bigint | undefined> {
  const { deployment, uri, account } = parameters;
  const events = await answerOf(
    getContractEvents(client, {
      address: deployment.contracts.IssuerRegistry,
      abi: issuerRegistryAbi,
      eventName: 'IssuerRegistered',
      args: { owner: account },
      fromBlock: 0n,
      strict: true,
    }),
  ).catch((error: unknown) => {
    // Some nodes refuse to look so far back. Then a second registration is the lesser harm.
    if (error instanceof EligoError && error.code === 'ContractReverted') return [];
    throw error;
  });
  for (const { args } of [...events].reverse()) {
    const { issuerId } = args;
    const role = { deployment, issuerId, account, role: 'isOwner' } as const;
    if (args.uri === uri && (await hasRole(client, role))) return issuerId;
  }
  return undefined;
}

function hasRole(
  client: ReadClient,
  parameters: {
    readonly deployment: Deployment;
    readonly issuerId: bigint;
    readonly account: Address;
    readonly role: 'isOwner' | 'isPublisher';
  },
): Promise<boolean> {
  return read(client, {
    address: parameters.deployment.contracts.IssuerRegistry,
    abi: issuerRegistryAbi,
    functionName: parameters.role,
    args: [parameters.issuerId, parameters.account],
  });
}

/**
 * Sets a new store up for a tree that exists on-chain.
 * @throws {ContractReverted} `UnknownTree`
 * @throws {InvalidInput} if the tree has publications: its leaves can't be known to a new store
 * @throws {StoreMismatch} if the store is another tree's
 */
export async function setUpStore(
  store: Store,
  client: ReadClient,
  parameters: {
    readonly deployment: Deployment;
    readonly treeId: bigint;
    readonly pepper: Uint8Array;
  },
): Promise<Issuer> {
  const { deployment, treeId, pepper } = parameters;
  const { issuerId, sequence } = await getTree(client, { deployment, treeId });
  const isNew = !(await store.db.selectFrom('book').select('one').executeTakeFirst());
  if (isNew && sequence > 0n) {
    const rule = `must have no publications yet (it has ${sequence.toString()}): restore the backup of its store instead`;
    throw invalidInput('tree', treeId, rule);
  }
  await bindStore(
    store,
    { deployment: canonicalJson(deployment), issuerId, treeId },
    pepperCheck(pepper),
  );
  return { store, deployment, issuerId, treeId };
}
