/**
 * For which issuer a verb of governance acts, and as whom: by the issuer's file, or by its number and a node, for owners and
 * guardians who have no store.
 * @module
 */
import { getTree } from '../chain/roots.ts';
import { countLive } from '../store/attestations.ts';
import { NODE_FLAGS } from './gate.ts';
import { actorOf, connectActor, strangerOf, type Actor } from './governance.ts';
import { ISSUER_FLAG, atDesk, type Desk } from './issuerConfig.ts';
import { refuseBeside, refuseWithout } from './flags.ts';
import { uintFlag, type Context } from './verb.ts';

/** The flags that name an issuer. */
export const OFFICE_FLAGS = {
  ...ISSUER_FLAG,
  '--issuer-id <id>': "instead of the issuer's file: its number; with --rpc and --deployment",
  ...NODE_FLAGS,
} as const;

/** The flags that name a tree. */
export const TREE_FLAGS = {
  ...ISSUER_FLAG,
  '--tree <id>': "instead of the issuer's file: the tree's number; with --rpc and --deployment",
  ...NODE_FLAGS,
} as const;

/** An issuer, whoever acts for it, and its store where that is at hand. */
export type Office = {
  readonly actor: Actor;
  readonly issuerId: bigint;
  readonly desk: Desk | undefined;
};

/** Opens the issuer of the flags, lets `work` have it, and closes what was opened. @throws {InvalidInput} */
export async function atOffice(
  context: Context,
  work: (office: Office) => Promise<void>,
): Promise<void> {
  const issuerId = namedBy(context, '--issuer-id');
  if (issuerId === undefined) return atOwnDesk(context, work);
  return work({ actor: await connectActor(context), issuerId, desk: undefined });
}

/** The same for a tree. */
export async function atTree(
  context: Context,
  work: (office: Office & { readonly treeId: bigint }) => Promise<void>,
): Promise<void> {
  const treeId = namedBy(context, '--tree');
  if (treeId === undefined)
    return atOwnDesk(context, (office) => work({ ...office, treeId: office.desk.issuer.treeId }));
  const actor = await connectActor(context);
  const { issuerId } = await getTree(actor.client, { deployment: actor.deployment, treeId });
  return work({ actor, issuerId, treeId, desk: undefined });
}

/** How many attestations of the store are live; undefined without one. */
export async function liveOf(
  desk: Desk | undefined,
): Promise<{ readonly treeId: bigint; readonly live: number } | undefined> {
  if (!desk) return undefined;
  return { treeId: desk.issuer.treeId, live: await countLive(desk.store.db) };
}

function namedBy({ flags }: Context, flag: '--issuer-id' | '--tree'): bigint | undefined {
  const id = uintFlag(flags, flag, 64);
  if (id === undefined) refuseWithout(flags, flag, ['--rpc', '--deployment']);
  else refuseBeside(flags, flag, ['--issuer']);
  return id;
}

async function atOwnDesk(
  context: Context,
  work: (office: Office & { readonly desk: Desk }) => Promise<void>,
): Promise<void> {
  const stranger = strangerOf(context.flags);
  await atDesk(context, async (desk) => {
    const { deployment, issuerId } = desk.issuer;
    const actor =
      stranger === undefined
        ? actorOf(context.flags, { client: await desk.client(), deployment })
        : { client: await desk.reader(), deployment, account: stranger, signer: undefined };
    await work({ actor, issuerId, desk });
  });
}
