/**
 * A chain with the contracts for one test file, and issuers on it, each with a tree of its own.
 * @module
 */
import type { Hex } from 'viem';
import { connect, type WriteClient } from '../../src/chain/client.ts';
import { deployContracts, type Deployment } from '../../src/chain/deployment.ts';
import { grantRole, holdsRole } from '../../src/chain/issuers.ts';
import { LOCAL_KEYS } from '../../src/chain/localChain.ts';
import { getTreeEvents } from '../../src/chain/publications.ts';
import { registerIssuerTree, setUpStore, type Issuer } from '../../src/issuer/issuer.ts';
import type { PublishOptions } from '../../src/issuer/publish.ts';
import type { Publication } from '../../src/protocol/publication.ts';
import { loadArtifacts } from '../../src/prover/artifacts.ts';
import type { Store } from '../../src/store/store.ts';
import { loadHasher } from '../../src/tree/hasher.ts';
import { inline } from '../../src/tree/threads.ts';
import { startAnvil, type Anvil } from './anvil.ts';
import { NOW, PEPPER } from './issuers.ts';

/** A chain, and who acts on it. */
export type IssuerChain = {
  readonly anvil: Anvil;
  readonly deployment: Deployment;
  /** Owns every issuer. */
  readonly owner: WriteClient;
  /** Publishes, and does nothing else. */
  readonly publisher: WriteClient;
  readonly stranger: WriteClient;
  /** Registers an issuer with a tree, and sets a store up for it. */
  readonly newIssuer: (store: Store) => Promise<Issuer>;
  /** The publications of an issuer's tree, as the chain has them. */
  readonly published: (issuer: Issuer) => Promise<readonly Publication[]>;
  readonly options: PublishOptions;
};

/** Starts a chain before the tests of a `describe`, and ends it after them. */
export function useIssuerChain(): () => IssuerChain {
  let world: IssuerChain;
  before(async () => {
    world = await startIssuerChain();
  });
  after(() => world.anvil.stop());
  return () => world;
}

async function startIssuerChain(): Promise<IssuerChain> {
  const anvil = await startAnvil();
  const as = (privateKey: Hex): Promise<WriteClient> => connect({ url: anvil.url, privateKey });
  const owner = { ...(await as(LOCAL_KEYS[0]!)), pollingInterval: 5 };
  const publisher = { ...(await as(LOCAL_KEYS[1]!)), pollingInterval: 5 };
  const stranger = { ...(await as(LOCAL_KEYS[2]!)), pollingInterval: 5 };
  const deployment = await deployContracts(owner, { artifacts: await loadArtifacts() });
  const hasher = await loadHasher();
  return {
    ...{ anvil, deployment, owner, publisher, stranger },
    newIssuer: async (store) => {
      const { issuerId, treeId } = await registerIssuerTree(owner, { deployment, uri: '' });
      const account = publisher.account.address;
      // The second time it is the same issuer.
      const role = { deployment, issuerId, role: 'publisher', account } as const;
      if (!(await holdsRole(owner, role))) await grantRole(owner, role);
      return setUpStore(store, owner, { deployment, treeId, pepper: PEPPER });
    },
    published: async ({ treeId }) =>
      (await getTreeEvents(owner, { deployment, treeId })).flatMap((event) =>
        event.kind === 'published' ? [event.publication] : [],
      ),
    options: { build: { builder: inline(hasher) }, hasher, now: NOW },
  };
}

/** A request that a client makes. */
export type ClientRequest = { readonly method: string };

/** A client that passes every request on by way of a function. */
export function throughClient(
  client: WriteClient,
  pass: (request: ClientRequest, send: () => Promise<unknown>) => Promise<unknown>,
): WriteClient {
  const { request } = client;
  const passing = (asked: ClientRequest, options: unknown): Promise<unknown> =>
    pass(asked, () =>
      (request as (asked: ClientRequest, options: unknown) => Promise<unknown>)(asked, options),
    );
  return { ...client, request: passing as WriteClient['request'] };
}
