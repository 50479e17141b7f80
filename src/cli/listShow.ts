/**
 * `eligo list show`: a list as it stands, its trees, and the campaigns that go by it.
 * @module
 */
import type { Command } from 'commander';
import type { KnownCampaign } from '../chain/affected.ts';
import { findCampaigns } from '../chain/affectedFacts.ts';
import { getChainTime, type ReadClient } from '../chain/client.ts';
import type { Deployment } from '../chain/deployment.ts';
import { getList, type Member, type TrustListFacts } from '../chain/lists.ts';
import { getTree, type TreeFacts } from '../chain/roots.ts';
import { NEVER } from '../protocol/field.ts';
import { describeSpan, describeToken } from './campaignWords.ts';
import { readNode } from './gate.ts';
import { LIST_FLAGS, NODE_EXAMPLE, listFlag } from './listMembers.ts';
import { facts, moment, table } from './output.ts';
import { addVerb, type Context, type Surroundings } from './verb.ts';

/** Adds `list show`. */
export function addListShow(noun: Command, around: Surroundings): void {
  addVerb(noun, around, {
    name: 'show',
    summary: 'show a list as it stands: its trees, what they wait for, where it is used',
    required: LIST_FLAGS,
    example: `list show ${NODE_EXAMPLE} --list 3`,
    act: show,
  });
}

/** What a tree's place comes to. `due`: its notice is over, and nothing has touched the list since. */
type State = 'waits for consent' | 'waits for notice' | 'due' | 'in force' | 'frozen';

type ShownMember = {
  readonly place: number;
  readonly treeId: bigint;
  readonly issuerId: bigint;
  readonly state: State;
  /** Unix seconds from which it can be settled, where it waits for that. */
  readonly inForceFrom: bigint | undefined;
  /** Unix seconds, 0 = it never published. */
  readonly lastPublishedAt: bigint;
  /** Unix seconds from which anybody may remove it, where it is in force and the list has a limit. */
  readonly silentFrom: bigint | undefined;
  readonly silent: boolean;
};

async function show(context: Context): Promise<void> {
  const listId = listFlag(context.flags);
  const { client, deployment } = await readNode(context);
  const list = await getList(client, { deployment, listId });
  const now = await getChainTime(client);
  const members: ShownMember[] = [];
  for (const member of list.members)
    members.push(await showMember(client, { deployment, list, member, now }));
  const campaigns = await findCampaigns(client, { deployment, sources: [listId] });
  const ofTree = list.owner === undefined;
  context.result({ list: listId, ofTree, now, ...list, members, campaigns }, [
    ...describeList(listId, list),
    ...(members.length > 0 ? [memberTable(members)] : []),
    ...describeUse(campaigns),
  ]);
}

async function showMember(
  client: ReadClient,
  given: {
    readonly deployment: Deployment;
    readonly list: TrustListFacts;
    readonly member: Member;
    readonly now: bigint;
  },
): Promise<ShownMember> {
  const { deployment, list, member, now } = given;
  const { place, treeId, since, inForce } = member;
  const tree = await getTree(client, { deployment, treeId });
  const { lastPublishedAt } = await getList(client, { deployment, listId: treeId });
  const inForceFrom = inForce || since === undefined ? undefined : since + list.notice;
  const { memberSilence } = list;
  const silentFrom =
    inForce && memberSilence !== NEVER ? lastPublishedAt + memberSilence : undefined;
  return {
    ...{ place, treeId, issuerId: tree.issuerId },
    state: stateOf({ tree, member, inForceFrom, now }),
    ...{ inForceFrom, lastPublishedAt, silentFrom },
    silent: silentFrom !== undefined && now >= silentFrom,
  };
}

function stateOf(given: {
  readonly tree: TreeFacts;
  readonly member: Member;
  readonly inForceFrom: bigint | undefined;
  readonly now: bigint;
}): State {
  const { tree, member, inForceFrom, now } = given;
  if (member.inForce) return tree.frozen ? 'frozen' : 'in force';
  if (inForceFrom === undefined) return 'waits for consent';
  return now < inForceFrom ? 'waits for notice' : 'due';
}

function describeList(listId: bigint, list: TrustListFacts): readonly string[] {
  const { owner, offeredTo, notice, memberSilence, root, lastPublishedAt } = list;
  const newest = { root: root === 0n ? 'none' : root, epoch: list.epoch };
  const spoken = lastPublishedAt === 0n ? 'never' : moment(lastPublishedAt);
  if (owner === undefined)
    return facts({ list: `${listId.toString()} (a tree's own)`, ...newest, 'last word': spoken });
  return facts({
    list: listId,
    owner,
    'offered to': offeredTo,
    notice: describeSpan(notice),
    'members may be silent for': memberSilence === NEVER ? 'ever' : describeSpan(memberSilence),
    ...newest,
    'oldest last word': spoken,
  });
}

function memberTable(members: readonly ShownMember[]): string {
  return table(
    ['place', 'tree', 'issuer', 'state', 'last published'],
    members.map((member) => [
      String(member.place),
      member.treeId.toString(),
      member.issuerId.toString(),
      describeState(member),
      member.lastPublishedAt === 0n ? 'never' : moment(member.lastPublishedAt),
    ]),
  );
}

function describeState({ state, inForceFrom, silent, silentFrom }: ShownMember): string {
  const silence = silent && silentFrom !== undefined ? `, silent since ${moment(silentFrom)}` : '';
  if (state === 'waits for notice' && inForceFrom !== undefined)
    return `waits for its notice until ${moment(inForceFrom)}`;
  if (state === 'due') return 'its notice is over: eligo list settle';
  return `${state}${silence}`;
}

function describeUse(campaigns: readonly KnownCampaign[]): readonly string[] {
  if (campaigns.length === 0) return ['No campaign that is not over goes by it.'];
  return [
    table(
      ['campaign', 'state', 'can still pay', 'closes'],
      campaigns.map(({ campaignId, state, budget, token, closesAt }) => [
        ...[campaignId.toString(), state, `${budget.toString()} of ${describeToken(token)}`],
        moment(closesAt),
      ]),
    ),
  ];
}
