/**
 * `eligo list admit`, `list join`, `list settle` and `list remove`: how trees come into a list, and out of it.
 * @module
 */
import type { Command } from 'commander';
import { isAddressEqual } from 'viem';
import { holdsRole } from '../chain/issuers.ts';
import {
  admit,
  getList,
  joinList,
  leaveList,
  removeMember,
  removeSilent,
  settleList,
} from '../chain/lists.ts';
import { getTree } from '../chain/roots.ts';
import { invalidInput } from '../errors.ts';
import { NODE_FLAGS } from './gate.ts';
import {
  ACTING_FLAGS,
  EVIDENCE_FLAG,
  MAYBE_REASON_FLAG,
  connectActor,
  perform,
  readBecause,
  readMaybeBecause,
  transactionOf,
  type Actor,
} from './governance.ts';
import { choiceFlag, refuseBeside } from './flags.ts';
import { addVerb, uintFlag, type Context, type Flags, type Surroundings } from './verb.ts';

/** The flags that name a list. */
export const LIST_FLAGS = { ...NODE_FLAGS, '--list <id>': "the list's number" } as const;

const MEMBER_FLAGS = { ...LIST_FLAGS, '--tree <id>': "the tree's number" } as const;

export const NODE_EXAMPLE = '--rpc http://127.0.0.1:8545 --deployment deployment.json';

const EXAMPLE = `${NODE_EXAMPLE} --list 3 --tree 1 --key-file key.txt`;

/** Adds `list admit`, `list join`, `list settle` and `list remove`. */
export function addListMembers(noun: Command, around: Surroundings): void {
  const optional = { ...MAYBE_REASON_FLAG, ...EVIDENCE_FLAG, ...ACTING_FLAGS };
  addVerb(noun, around, {
    name: 'admit',
    summary: "give a tree a place in a list; its owner has to join, and the list's notice to pass",
    required: MEMBER_FLAGS,
    optional,
    example: `list admit ${EXAMPLE} --dry-run`,
    act: (context) => agree(context, 'admit'),
  });
  addVerb(noun, around, {
    name: 'join',
    summary: 'consent to a list as an owner of the tree; a tree is in four lists at most',
    required: MEMBER_FLAGS,
    optional,
    example: `list join ${EXAMPLE}`,
    act: (context) => agree(context, 'join'),
  });
  addVerb(noun, around, {
    name: 'settle',
    summary: 'put memberships in force whose notice is over; anybody may',
    required: LIST_FLAGS,
    optional: ACTING_FLAGS,
    example: `list settle ${NODE_EXAMPLE} --list 3 --key-file key.txt`,
    act: settle,
  });
  addVerb(noun, around, {
    name: 'remove',
    summary:
      "take a tree off: the list's owner voids its roots by it, the tree's owner ends its epoch",
    required: MEMBER_FLAGS,
    optional: {
      '--side <side>': 'list or tree: for which side you act, where you own both',
      '--silent': 'instead: because it was silent for too long; anybody may',
      ...{
        '--reason <reason>': MAYBE_REASON_FLAG['--reason <reason>'].replace(
          /;.*/,
          '; needed unless --silent',
        ),
      },
      ...EVIDENCE_FLAG,
      ...ACTING_FLAGS,
    },
    example: `list remove ${EXAMPLE} --reason breach --evidence letter.pdf`,
    act: remove,
  });
}

/** The list's number. @throws {InvalidInput} */
export function listFlag(flags: Flags): bigint {
  return uintFlag(flags, '--list', 64) ?? missing('--list');
}

/** The tree's number. @throws {InvalidInput} */
export function treeFlag(flags: Flags): bigint {
  return uintFlag(flags, '--tree', 64) ?? missing('--tree');
}

function missing(flag: string): never {
  throw invalidInput(flag, 'missing', 'is needed here');
}

async function agree(context: Context, kind: 'admit' | 'join'): Promise<void> {
  const { flags } = context;
  const one = { listId: listFlag(flags), treeId: treeFlag(flags) };
  const because = await readMaybeBecause(context);
  const actor = await connectActor(context);
  const { deployment } = actor;
  const [name, act] = kind === 'admit' ? ['admitting', admit] : ['joining', joinList];
  await perform(context, actor, {
    name,
    send: (client) => act(client, { deployment, ...one, ...because }),
    deed: { kind, ...one },
    about: { list: one.listId, tree: one.treeId, ...because },
    found: transactionOf,
  });
}

async function settle(context: Context): Promise<void> {
  const listId = listFlag(context.flags);
  const actor = await connectActor(context);
  const { deployment } = actor;
  await perform(context, actor, {
    name: 'settling',
    send: (client) => settleList(client, { deployment, listId }),
    deed: { kind: 'settle', listId },
    about: { list: listId },
    found: transactionOf,
  });
}

async function remove(context: Context): Promise<void> {
  const { flags } = context;
  const one = { listId: listFlag(flags), treeId: treeFlag(flags) };
  const silent = flags.on('--silent');
  if (silent) refuseBeside(flags, '--silent', ['--reason', '--evidence', '--side']);
  const because = silent ? undefined : await readBecause(context);
  const side = flags.find('--side') === undefined ? undefined : choiceFlag(flags, '--side', SIDES);
  const actor = await connectActor(context);
  const { deployment } = actor;
  const about = { list: one.listId, tree: one.treeId };
  if (!because) {
    await perform(context, actor, {
      name: 'removing the silent tree',
      send: (client) => removeSilent(client, { deployment, ...one }),
      deed: { kind: 'removeSilent', ...one },
      about: { ...about, reason: 'silence' },
      found: transactionOf,
    });
    return;
  }
  const by = side ?? (await sideOf(actor, one));
  const act = by === 'list' ? removeMember : leaveList;
  await perform(context, actor, {
    name: by === 'list' ? 'removing the tree' : 'leaving the list',
    send: (client) => act(client, { deployment, ...one, ...because }),
    deed: { kind: by === 'list' ? 'remove' : 'leave', ...one },
    about: { ...about, side: by, ...because },
    found: transactionOf,
  });
}

const SIDES = ['list', 'tree'] as const;

/**
 * Which side an account is on. Who is on neither is let try as the list's owner: the contract says by name what is wrong.
 * @throws {InvalidInput} for who owns both: the two do different things
 */
async function sideOf(
  { client, deployment, account }: Actor,
  { listId, treeId }: { readonly listId: bigint; readonly treeId: bigint },
): Promise<(typeof SIDES)[number]> {
  const { owner } = await getList(client, { deployment, listId });
  const { issuerId } = await getTree(client, { deployment, treeId });
  const ownsTree = await holdsRole(client, { deployment, issuerId, role: 'owner', account });
  const ownsList = owner !== undefined && isAddressEqual(owner, account);
  if (ownsList && ownsTree) {
    const rule =
      'is needed here, since you own both: list voids the roots so far, tree makes them stale';
    throw invalidInput('--side', 'missing', rule);
  }
  return ownsTree ? 'tree' : 'list';
}
