/**
 * An issuer: a store that is bound to its tree on-chain.
 * @module
 */
import { canonicalJson } from '../protocol/codec.ts';
import type { ReadClient, WriteClient } from '../chain/client.ts';
import { readDeployment, type Deployment } from '../chain/deployment.ts';
import { grantRole, registerIssuer } from '../chain/issuers.ts';
import { getTree, registerTree } from '../chain/roots.ts';
import { invalidInput } from '../errors.ts';
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

/** Registers an issuer owned by the client's account, which may publish as well, and a tree for it. */
export async function registerIssuerTree(
  client: WriteClient,
  parameters: { readonly deployment: Deployment; readonly uri: string },
): Promise<{ readonly issuerId: bigint; readonly treeId: bigint }> {
  const { deployment, uri } = parameters;
  const issuerId = await registerIssuer(client, { deployment, uri });
  const account = client.account.address;
  await grantRole(client, { deployment, issuerId, role: 'publisher', account });
  return { issuerId, treeId: await registerTree(client, { deployment, issuerId }) };
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
