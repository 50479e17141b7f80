/**
 * A tree on a chain of its own, and the log that it follows: what `eligo audit` is given.
 * @module
 */
import { connect } from '../../src/chain/client.ts';
import { deployContracts } from '../../src/chain/deployment.ts';
import { grantRole, registerIssuer } from '../../src/chain/issuers.ts';
import { LOCAL_KEYS, startLocalChain } from '../../src/chain/localChain.ts';
import { freeze, nextPublication, publish, registerTree, unfreeze } from '../../src/chain/roots.ts';
import { exportLog } from '../../src/issuer/logFiles.ts';
import type { Field } from '../../src/protocol/field.ts';
import type { Publication } from '../../src/protocol/publication.ts';
import { loadArtifacts } from '../../src/prover/artifacts.ts';
import { DAY, NOW, type Folder } from './cli.ts';
import { each, makeLogBook, type BookPublication } from './logs.ts';

/**
 * A chain with a tree of one issuer, nothing published; deployment.json in the folder, and the log under `log` as soon as
 * it is saved.
 */
export async function openAuditWorld(folder: Folder) {
  const chain = await startLocalChain({ arguments: ['--timestamp', String(NOW + DAY)] });
  const owner = await connect({ url: chain.url, privateKey: LOCAL_KEYS[0]! });
  const deployment = await deployContracts(owner, { artifacts: await loadArtifacts() });
  const issuerId = await registerIssuer(owner, { deployment, uri: 'https://issuer.example' });
  const { address: account } = owner.account;
  await grantRole(owner, { deployment, issuerId, role: 'publisher', account });
  const treeId = await registerTree(owner, { deployment, issuerId });
  await folder.write('deployment.json', deployment);
  const registry = deployment.contracts.RootRegistry;
  const header = { chainId: 31_337n, registry, tree: treeId };
  const next = async (publication: BookPublication, changes: Partial<Publication>) => ({
    ...(await nextPublication(owner, { deployment, treeId, ...publication })),
    ...changes,
  });
  const book = await makeLogBook();
  return {
    ...{ chain, treeId, book, header },
    publish: async (publication: BookPublication, changes: Partial<Publication> = {}) => {
      await publish(owner, { deployment, publication: await next(publication, changes) });
    },
    freeze: () => freeze(owner, { deployment, treeId, reason: 'key-stolen' }),
    unfreeze: async (publication: BookPublication) => {
      const named = await next(publication, {});
      await unfreeze(owner, { deployment, publication: named, reason: 'resolved' });
    },
    /** What a thief with a publishing key would publish. */
    stolen: (before: BookPublication): BookPublication => ({
      ...{ root: 666n as Field, size: before.size + 3, revoked: before.revoked },
      logHead: `0x${'66'.repeat(32)}`,
    }),
    /** Exports lines of a log, the book's where none are given. @returns the folder, and the index's CID */
    saveLog: async (name: string, lines: readonly string[] = book.lines()) => {
      const path = folder.file(name);
      const { cid } = await exportLog({ lines: each(lines), header, folder: path });
      return { path, cid };
    },
    /** The flags that name the chain and the tree. */
    onChain: [
      ...['--rpc', chain.url, '--deployment', folder.file('deployment.json')],
      ...['--tree', String(treeId)],
    ],
  };
}

export type AuditWorld = Awaited<ReturnType<typeof openAuditWorld>>;
