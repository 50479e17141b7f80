/**
 * `eligo list create`, `list void`, `list offer` and `list accept`: what a list's owner does, and who becomes one.
 * @module
 */
import type { Command } from 'commander';
import {
  acceptList,
  createList,
  getList,
  offerList,
  voidList,
  withdrawList,
} from '../chain/lists.ts';
import { describeSpan } from './campaignWords.ts';
import { NODE_FLAGS, addressFlag } from './gate.ts';
import {
  ACTING_FLAGS,
  EVIDENCE_FLAG,
  MAYBE_REASON_FLAG,
  REASON_FLAG,
  connectActor,
  perform,
  readBecause,
  readMaybeBecause,
  transactionOf,
} from './governance.ts';
import { oneOf, spanFlag } from './flags.ts';
import { LIST_FLAGS, NODE_EXAMPLE, listFlag } from './listMembers.ts';
import { addVerb, type Context, type Surroundings } from './verb.ts';

/** Adds `list create`, `list void`, `list offer` and `list accept`. */
export function addListOwner(noun: Command, around: Surroundings): void {
  addVerb(noun, around, {
    name: 'create',
    summary: 'create a list, which is yours; notice and patience never change afterwards',
    required: {
      ...NODE_FLAGS,
      '--notice <span>': 'between admission and effect: seconds, or such as 7d',
      '--member-silence <span>': 'after which anybody may remove a silent member; or never',
    },
    optional: ACTING_FLAGS,
    example: `list create ${NODE_EXAMPLE} --key-file key.txt --notice 7d --member-silence 30d`,
    act: create,
  });
  addVerb(noun, around, {
    name: 'void',
    summary: 'refuse every earlier root of the list at once; its members keep their places',
    required: { ...LIST_FLAGS, ...REASON_FLAG },
    optional: { ...EVIDENCE_FLAG, ...ACTING_FLAGS },
    example: `list void ${NODE_EXAMPLE} --list 3 --key-file key.txt --reason key-stolen --dry-run`,
    act: voidAll,
  });
  addVerb(noun, around, {
    name: 'offer',
    summary: 'offer the list to another owner; nothing changes until it is accepted',
    required: LIST_FLAGS,
    optional: {
      '--to <address>': 'whom; a later offer takes the place of this one',
      '--withdraw': 'instead: offers it to nobody any more; with --reason',
      ...MAYBE_REASON_FLAG,
      ...EVIDENCE_FLAG,
      ...ACTING_FLAGS,
    },
    example: `list offer ${NODE_EXAMPLE} --list 3 --key-file key.txt --to 0x70997970C51812dc3A010C7d01b50e0d17dc79C8`,
    act: offer,
  });
  addVerb(noun, around, {
    name: 'accept',
    summary: 'become the owner of a list that is offered to you',
    required: LIST_FLAGS,
    optional: ACTING_FLAGS,
    example: `list accept ${NODE_EXAMPLE} --list 3 --key-file key.txt`,
    act: accept,
  });
}

async function create(context: Context): Promise<void> {
  const { flags } = context;
  const notice = spanFlag(flags, '--notice', { min: 0n, never: false });
  const memberSilence = spanFlag(flags, '--member-silence', { min: 1n, never: true });
  const actor = await connectActor(context);
  const { deployment } = actor;
  const terms = { notice: Number(notice), memberSilence: Number(memberSilence) };
  await perform(context, actor, {
    name: 'creating the list',
    send: (client) => createList(client, { deployment, ...terms }),
    about: { notice, memberSilence },
    found: (list) => ({ list }),
    notes: [
      `A member may be silent for ${describeSpan(memberSilence)}; both spans are fixed for good.`,
      'Nobody is affected: a new list has no trees. Next: eligo list admit',
    ],
  });
}

async function voidAll(context: Context): Promise<void> {
  const listId = listFlag(context.flags);
  const because = await readBecause(context);
  const actor = await connectActor(context);
  const { deployment } = actor;
  await perform(context, actor, {
    name: 'voiding the list',
    send: (client) => voidList(client, { deployment, listId, ...because }),
    deed: { kind: 'void', listId },
    about: { list: listId, ...because },
    found: transactionOf,
  });
}

async function offer(context: Context): Promise<void> {
  const { flags } = context;
  const listId = listFlag(flags);
  const withdraws = oneOf(flags, ['--to', '--withdraw']) === '--withdraw';
  const account = withdraws ? undefined : addressFlag(flags, '--to');
  const because = withdraws ? await readBecause(context) : await readMaybeBecause(context);
  const actor = await connectActor(context);
  const { deployment } = actor;
  await perform(context, actor, {
    name: withdraws ? 'withdrawing the offer' : 'offering the list',
    send: (client) =>
      account === undefined
        ? withdrawList(client, { deployment, listId, reason: 'planned', ...because })
        : offerList(client, { deployment, listId, account, ...because }),
    deed: { kind: 'handOver', listId },
    about: { list: listId, offeredTo: account ?? 'nobody', ...because },
    found: transactionOf,
    notes: account ? [`Nothing changes until ${account} accepts.`] : [],
  });
}

async function accept(context: Context): Promise<void> {
  const listId = listFlag(context.flags);
  const actor = await connectActor(context);
  const { deployment, client } = actor;
  const { owner } = await getList(client, { deployment, listId });
  await perform(context, actor, {
    name: 'accepting the list',
    send: (signer) => acceptList(signer, { deployment, listId }),
    deed: { kind: 'handOver', listId },
    about: { list: listId, ownerBefore: owner },
    found: transactionOf,
  });
}
