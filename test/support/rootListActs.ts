/**
 * What the steps about trust lists do to the history of rootModel.ts, or why they must be refused.
 * @module
 */
import { NEVER } from '../../src/protocol/field.ts';
import {
  lastPublishedAt,
  listsJoined,
  mayAct,
  membersOf,
  nextId,
  noticeFrom,
  presentRoot,
  standingOf,
  type History,
  type List,
  type Membership,
} from './rootModel.ts';
import type { Reasons, StepOf } from './rootSteps.ts';

const PLACES = 16;
const MOST_LISTS = 4;

export const reasons = (broken: Readonly<Record<string, boolean>>): Reasons =>
  Object.keys(broken).filter((name) => broken[name]);

/** What became of a tree's earlier roots. */
export type End = { readonly endsEpoch: boolean; readonly voids: boolean };

export function end(past: History, source: bigint, { endsEpoch, voids }: End, at: bigint): void {
  if (endsEpoch) past.sources.get(source)!.push({ what: 'epoch ended', at });
  if (voids) past.sources.get(source)!.push({ what: 'voided', at });
}

export function record(past: History, source: bigint, at: bigint): void {
  const root = presentRoot(past, source);
  past.sources.get(source)!.push({ what: 'published', root, at });
}

/** Admissions whose notice is over take force. @returns whether there was one */
export function settleDue(list: List, at: bigint): boolean {
  const due = list.memberships.filter((one) => {
    const from = noticeFrom(one);
    if (from === undefined || one.inForceAt !== undefined || one.goneAt !== undefined) return false;
    return !(at < from + list.notice);
  });
  for (const one of due) one.inForceAt = at;
  return due.length > 0;
}

/** Carries what happened to a tree into every list whose part it is, or is to be. */
export function tellLists(past: History, treeId: bigint, what: End, at: bigint): void {
  for (const list of listsJoined(past, treeId)) {
    const settled = settleDue(list, at);
    const isMember = membersOf(list).some((one) => one.treeId === treeId);
    if (isMember) end(past, list.id, what, at);
    if (isMember || settled) record(past, list.id, at);
  }
}

export function createList(past: History, step: StepOf<'createList'>): Reasons {
  const { by: owner, notice, memberSilence } = step;
  if (memberSilence === 0n) return ['InvalidMemberSilence'];
  const id = nextId(past);
  past.sources.set(id, []);
  const list = { id, owner, notice, memberSilence, memberships: [], offeredTo: undefined };
  past.lists.set(id, list);
  return [];
}

export function admit(past: History, { by, listId, treeId }: StepOf<'admit'>, at: bigint): Reasons {
  const [list, tree] = [past.lists.get(listId), past.trees.get(treeId)];
  const standing = list && standingOf(list, treeId);
  const place = list && freePlace(list);
  const refused = reasons({
    UnknownList: !list,
    UnknownTree: !tree,
    NotListOwner: list !== undefined && list.owner !== by,
    AlreadyAdmitted: standing?.admittedAt !== undefined,
    ListFull: list !== undefined && place === undefined,
  });
  if (refused.length > 0) return refused;

  Object.assign(standing ?? begin(list!, treeId), { admittedAt: at, place });
  return [];
}

export function join(past: History, { by, listId, treeId }: StepOf<'join'>, at: bigint): Reasons {
  const [list, tree] = [past.lists.get(listId), past.trees.get(treeId)];
  const standing = list && standingOf(list, treeId);
  const refused = reasons({
    UnknownList: !list,
    UnknownTree: !tree,
    NotOwner: tree !== undefined && !mayAct(past, tree.issuerId, 'owner', by),
    AlreadyJoined: standing?.joinedAt !== undefined,
    NothingPublished: tree !== undefined && lastPublishedAt(past, treeId) === 0n,
    TooManyLists: listsJoined(past, treeId).length >= MOST_LISTS,
  });
  if (refused.length > 0) return refused;

  Object.assign(standing ?? begin(list!, treeId), { joinedAt: at });
  return [];
}

function begin(list: List, treeId: bigint): Membership {
  const membership = { treeId };
  list.memberships.push(membership);
  return membership;
}

/** The first that no admitted tree has. */
function freePlace(list: List): number | undefined {
  const taken = new Set(list.memberships.filter(({ goneAt }) => !goneAt).map(({ place }) => place));
  return Array.from({ length: PLACES }, (_, place) => place).find((place) => !taken.has(place));
}

export function settle(past: History, { listId }: StepOf<'settle'>, at: bigint): Reasons {
  const list = past.lists.get(listId);
  if (!list) return ['UnknownList'];
  if (settleDue(list, at)) record(past, listId, at);
  return [];
}

export function removeMember(past: History, step: StepOf<'removeMember'>, at: bigint): Reasons {
  const list = past.lists.get(step.listId);
  if (!list) return ['UnknownList'];
  const standing = standingOf(list, step.treeId);
  const refused = reasons({
    NotListOwner: list.owner !== step.by,
    NotAdmitted: standing?.admittedAt === undefined,
  });
  if (refused.length === 0) depart(past, list, standing!, { endsEpoch: false, voids: true }, at);
  return refused;
}

export function leaveList(
  past: History,
  { by, listId, treeId }: StepOf<'leaveList'>,
  at: bigint,
): Reasons {
  const [list, tree] = [past.lists.get(listId), past.trees.get(treeId)];
  const standing = list && standingOf(list, treeId);
  const refused = reasons({
    UnknownList: !list,
    UnknownTree: !tree,
    NotOwner: tree !== undefined && !mayAct(past, tree.issuerId, 'owner', by),
    NotJoined: list !== undefined && standing?.joinedAt === undefined,
  });
  if (refused.length === 0) depart(past, list!, standing!, { endsEpoch: true, voids: false }, at);
  return refused;
}

/** Silence is judged by what counted last, so a tree that stays frozen falls silent too. */
export function removeSilent(past: History, step: StepOf<'removeSilent'>, at: bigint): Reasons {
  const list = past.lists.get(step.listId);
  if (!list) return ['UnknownList'];
  const member = membersOf(list).find(({ treeId }) => treeId === step.treeId);
  if (!member) return ['NotMember'];
  const patience = lastPublishedAt(past, step.treeId) + list.memberSilence;
  if (list.memberSilence === NEVER || at < patience) return ['MemberNotSilent'];

  depart(past, list, member, { endsEpoch: true, voids: false }, at);
  return [];
}

/** Who comes back needs admission and consent again. Only who was in force leaves a trace in the list's roots. */
function depart(past: History, list: List, who: Membership, what: End, at: bigint): void {
  who.goneAt = at;
  if (who.inForceAt === undefined) return;
  end(past, list.id, what, at);
  record(past, list.id, at);
}

export function voidList(past: History, { by, listId }: StepOf<'voidList'>, at: bigint): Reasons {
  const list = past.lists.get(listId);
  if (!list) return ['UnknownList'];
  if (list.owner !== by) return ['NotListOwner'];
  settleDue(list, at);
  end(past, listId, { endsEpoch: false, voids: true }, at);
  record(past, listId, at);
  return [];
}

export function offerList(past: History, { by, listId, to }: StepOf<'offerList'>): Reasons {
  const list = past.lists.get(listId);
  if (!list) return ['UnknownList'];
  if (list.owner !== by) return ['NotListOwner'];
  list.offeredTo = to;
  return [];
}

export function acceptList(past: History, { by, listId }: StepOf<'acceptList'>): Reasons {
  const list = past.lists.get(listId);
  if (!list) return ['UnknownList'];
  if (list.offeredTo !== by) return ['ListNotOffered'];
  [list.owner, list.offeredTo] = [by, undefined];
  return [];
}
