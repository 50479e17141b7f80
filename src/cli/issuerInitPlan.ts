/**
 * `eligo issuer init --dry-run`: what would be registered, and which files would be made.
 * @module
 */
import { lstat } from 'node:fs/promises';
import { findAffected } from '../chain/affectedFacts.ts';
import type { WriteClient } from '../chain/client.ts';
import type { Deployment } from '../chain/deployment.ts';
import { rehearse } from '../chain/rehearse.ts';
import { getTree } from '../chain/roots.ts';
import { planIssuerTree, registerIssuerTree } from '../issuer/issuer.ts';
import { invalidInput } from '../errors.ts';
import { describeAffected } from './affectedWords.ts';
import { facts } from './output.ts';
import { uintFlag, type Context } from './verb.ts';

type Given = {
  readonly client: WriteClient;
  readonly deployment: Deployment;
  /** Undefined where it is DATABASE_URL. */
  readonly store: string | undefined;
  readonly out: string;
  readonly pepperFile: string;
};

/** Says what `issuer init` would do, as if there were no store yet. @throws {EligoError} what it would be refused with */
export async function showInitPlan(context: Context, given: Given): Promise<void> {
  const { flags, note, result } = context;
  const { client, deployment, store, out, pepperFile } = given;
  if (store !== undefined && (await isThere(store)))
    note(`${store} is there already: a store that was set up is taken up, and no tree registered.`);
  const sealKeyFile = flags.find('--seal-key-file');
  const files = [out, pepperFile, ...(sealKeyFile === undefined ? [] : [sealKeyFile])];
  const makes: string[] = [];
  for (const file of files) if (!(await isThere(file))) makes.push(file);
  const treeId = uintFlag(flags, '--tree', 64);
  const registers = treeId === undefined ? await planNew(context, given) : [];
  const { issuerId } =
    treeId === undefined ? { issuerId: undefined } : await takenTree(given, treeId);
  const affected =
    issuerId === undefined
      ? undefined
      : await findAffected(client, { deployment, deed: { kind: 'roles', issuerId } });
  const publisher = client.account.address;
  result({ done: false, issuer: issuerId, tree: treeId, publisher, registers, makes, affected }, [
    ...facts({
      ...{ issuer: issuerId, tree: treeId, publisher },
      'would register': registers.join(', ') || 'nothing',
      'would make': makes.join(', ') || 'no file',
    }),
    ...(affected ? describeAffected(affected) : ['Nobody is affected: a new tree has no holders.']),
    'Nothing was sent.',
  ]);
}

/** What is registered for `--uri`, in the order of the transactions. The first of them is rehearsed. */
async function planNew({ flags }: Context, { client, deployment }: Given): Promise<string[]> {
  const uri = flags.text('--uri');
  const account = client.account.address;
  await rehearse(client, account, (rehearsing) =>
    registerIssuerTree(rehearsing, { deployment, uri }),
  );
  const { issuerId, publishes } = await planIssuerTree(client, { deployment, uri, account });
  const issuer = issuerId === undefined ? 'an issuer' : undefined;
  const role = publishes ? undefined : `the role of publisher for ${account}`;
  const tree = issuerId === undefined ? 'its tree' : `a tree of issuer ${issuerId.toString()}`;
  return [issuer, role, tree].filter((what) => what !== undefined);
}

async function takenTree({ client, deployment }: Given, treeId: bigint) {
  const tree = await getTree(client, { deployment, treeId });
  if (tree.sequence === 0n) return tree;
  const rule = `must have no publications yet (it has ${tree.sequence.toString()})`;
  throw invalidInput('tree', treeId, rule);
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
