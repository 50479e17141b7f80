/**
 * `eligo issuer freeze` and `issuer unfreeze`: what a guardian does at once, and an owner ends.
 * @module
 */
import type { Command } from 'commander';
import { isHex, type Hex } from 'viem';
import type { Because } from '../chain/governance.ts';
import { freeze, nextPublication, unfreeze as unfreezeByHand } from '../chain/roots.ts';
import { EligoError, invalidInput } from '../errors.ts';
import { planPublication } from '../issuer/publish.ts';
import { unfreeze } from '../issuer/unfreeze.ts';
import { TREE_DEPTH } from '../protocol/merklePath.ts';
import type { Publication } from '../protocol/publication.ts';
import {
  ACTING_FLAGS,
  EVIDENCE_FLAG,
  REASON_FLAG,
  perform,
  readBecause,
  transactionOf,
} from './governance.ts';
import type { Desk } from './issuerConfig.ts';
import { refuseBeside } from './flags.ts';
import { TREE_FLAGS, atTree, liveOf, type Office } from './issuerOffice.ts';
import { SENDING_FLAGS, saying, withTools } from './issuerPublishing.ts';
import {
  addVerb,
  fieldText,
  integerFlag,
  uintFlag,
  type Context,
  type Surroundings,
} from './verb.ts';

const ROOT_FLAGS = {
  '--root <number>': "the root that counts again; of one's own tree, what the log must come to",
  '--size <number>': 'with --tree: positions used under that root',
  '--revoked <number>': 'with --tree: revocations up to it',
  '--log-head <hex>': 'with --tree: head of the log up to it; none if left out',
} as const;

/** What only the sending of one's own publication takes. There is nothing foreign to accept: all that was is voided. */
const WAITING = {
  '--bump': SENDING_FLAGS['--bump'],
  '--timeout <seconds>': SENDING_FLAGS['--timeout <seconds>'],
  '--distribute': SENDING_FLAGS['--distribute'],
} as const;

/** Adds `issuer freeze` and `issuer unfreeze`. */
export function addIssuerFreeze(noun: Command, around: Surroundings): void {
  addVerb(noun, around, {
    name: 'freeze',
    summary: 'void every root of a tree at once; its guardian may, and its owner',
    required: REASON_FLAG,
    optional: { ...EVIDENCE_FLAG, ...TREE_FLAGS, ...ACTING_FLAGS },
    example: 'issuer freeze --reason key-stolen --evidence report.pdf --dry-run',
    act: freezeTree,
  });
  addVerb(noun, around, {
    name: 'unfreeze',
    summary: "end a freeze with the root that the store's log comes to, or with one that is named",
    required: REASON_FLAG,
    optional: { ...EVIDENCE_FLAG, ...ROOT_FLAGS, ...TREE_FLAGS, ...ACTING_FLAGS, ...WAITING },
    example: 'issuer unfreeze --reason resolved --key-file owner.txt --dry-run',
    act: unfreezeTree,
  });
}

async function freezeTree(context: Context): Promise<void> {
  const because = await readBecause(context);
  await atTree(context, async ({ actor, issuerId, treeId, desk }) => {
    const { deployment } = actor;
    await perform(context, actor, {
      name: 'freezing the tree',
      send: (client) => freeze(client, { deployment, treeId, ...because }),
      deed: { kind: 'freeze', treeId },
      live: await liveOf(desk),
      about: { issuer: issuerId, tree: treeId, ...because },
      found: transactionOf,
      notes: [
        'Publications go on, and enter no list. Next, by an owner: eligo issuer rotate, if a key was stolen; then eligo issuer unfreeze',
      ],
    });
  });
}

type Tree = Office & { readonly treeId: bigint };

async function unfreezeTree(context: Context): Promise<void> {
  const because = await readBecause(context);
  await atTree(context, async (tree) => {
    const { desk } = tree;
    if (!desk) return unfreezeNamed(context, tree, because);
    refuseBeside(context.flags, 'the store, which knows them', [
      ...['--size', '--revoked', '--log-head'],
    ]);
    return unfreezeOwn(context, { ...tree, desk }, because);
  });
}

async function unfreezeOwn(
  context: Context,
  tree: Tree & { readonly desk: Desk },
  because: Because,
): Promise<void> {
  const { actor, desk, treeId, issuerId } = tree;
  const { deployment, client } = actor;
  await withTools(context, desk, { unfreezing: because }, async (options) => {
    const { after } = await context.step('comparing with the chain', (say) =>
      planPublication(desk.issuer, client, saying(options, say)),
    );
    refuseOther(context, after);
    await perform(context, actor, {
      name: 'unfreezing the tree',
      rehearsal: (signer) => unfreezeByHand(signer, { deployment, publication: after, ...because }),
      send: (signer) => unfreeze(desk.issuer, signer, { ...options, unfreezing: because }),
      deed: { kind: 'unfreeze', treeId },
      live: await liveOf(desk),
      about: { issuer: issuerId, tree: treeId, ...because, ...aboutOf(after) },
      found: ({ mined, ...made }) => ({ ...aboutOf(made), transaction: mined?.hash }),
      notes: [
        'It voids whatever was published before. Take a stolen key first: whoever may publish can get ahead of it.',
      ],
    });
  });
}

async function unfreezeNamed(context: Context, tree: Tree, because: Because): Promise<void> {
  const { flags } = context;
  refuseBeside(flags, '--tree', ['--bump', '--timeout', '--distribute']);
  const { actor, treeId, issuerId } = tree;
  const { deployment, client } = actor;
  const named = {
    root: fieldText(flags.text('--root'), '--root'),
    size: Number(integerFlag(flags, '--size', { min: 0n, max: SIZE }) ?? flags.text('--size')),
    revoked: uintFlag(flags, '--revoked', 64) ?? BigInt(flags.text('--revoked')),
    ...logHeadOf(context),
  };
  const publication = await nextPublication(client, { deployment, treeId, ...named });
  await perform(context, actor, {
    name: 'unfreezing the tree',
    send: (signer) => unfreezeByHand(signer, { deployment, publication, ...because }),
    deed: { kind: 'unfreeze', treeId },
    about: { issuer: issuerId, tree: treeId, ...because, ...aboutOf(publication) },
    found: transactionOf,
    notes: [
      "The issuer's store, if there is one, learns of it as of a foreign publication: eligo issuer publish --accept-foreign",
    ],
  });
}

const SIZE = 4n ** BigInt(TREE_DEPTH);

function logHeadOf({ flags }: Context): { readonly logHead?: Hex } {
  const text = flags.find('--log-head');
  if (text === undefined) return {};
  if (isHex(text) && text.length === 66) return { logHead: text };
  throw invalidInput('--log-head', text, 'must be 0x and 64 hex digits');
}

/** What somebody reads to the owner must be what the owner's log comes to. */
function refuseOther({ flags }: Context, { root }: Publication): void {
  const text = flags.find('--root');
  if (text === undefined) return;
  const named = fieldText(text, '--root');
  if (named === root) return;
  throw new EligoError(
    'PublicationConflict',
    `--root is ${named.toString()}, the log comes to ${root.toString()}: one of the two is wrong`,
    { named, root },
  );
}

function aboutOf(publication: Pick<Publication, 'sequence' | 'root' | 'size' | 'revoked'>) {
  const { sequence, root, size, revoked } = publication;
  return { sequence, root, size: BigInt(size), revoked };
}
