/**
 * What each step does to the history of rootModel.ts, or why it must be refused: trees and roles here, lists in
 * rootListActs.ts.
 * @module
 */
import { FIELD_ORDER } from '../../src/protocol/field.ts';
import * as lists from './rootListActs.ts';
import { isFrozen, latest, mayAct, nextId, roleOf, type History, type Tree } from './rootModel.ts';
import type { Account, Publication, Reasons, Step, StepOf } from './rootSteps.ts';

const { end, reasons, record, tellLists } = lists;
const MAX_SIZE = 4 ** 14;

function enter(
  past: History,
  tree: Tree,
  publication: Publication,
  what: lists.End,
  at: bigint,
): void {
  tree.made.push({ publication, at, counts: true });
  end(past, tree.id, what, at);
  record(past, tree.id, at);
  tellLists(past, tree.id, what, at);
}

/** What every publication must be, the one that ends a freeze included. */
function brokenRules(tree: Tree, next: Publication): Readonly<Record<string, boolean>> {
  const last = latest(tree);
  return {
    WrongSequence: next.sequence !== (last?.sequence ?? 0n) + 1n,
    WrongPreviousRoot: next.previousRoot !== (last?.root ?? 0n),
    RootOutOfRange: next.root === 0n || next.root >= FIELD_ORDER,
    SizeOutOfRange: next.size > MAX_SIZE,
    EpochMustEnd: next.revoked > (last?.revoked ?? 0n) && !next.endsEpoch,
  };
}

/** Whether a freeze is on decides only whether the publication counts, never whether it is taken. */
function publish(past: History, publisher: Account, next: Publication, at: bigint): Reasons {
  const tree = past.trees.get(next.treeId);
  if (!tree) return ['UnknownTree'];
  const last = latest(tree);
  const broken = brokenRules(tree, next);
  const refused = reasons({
    ...broken,
    NotPublisher: !mayAct(past, tree.issuerId, 'publisher', publisher),
    SizeOutOfRange: broken['SizeOutOfRange'] === true || next.size < (last?.size ?? 0),
    RevokedFell: next.revoked < (last?.revoked ?? 0n),
  });
  if (refused.length > 0) return refused;

  if (isFrozen(tree)) tree.made.push({ publication: next, at, counts: false });
  else enter(past, tree, next, next, at);
  return [];
}

function publishBySignature(
  past: History,
  { publication, deadline, publisher, signedBy }: StepOf<'publishBySignature'>,
  at: bigint,
): Reasons {
  const refused = reasons({
    DeadlinePassed: at > deadline,
    InvalidSignature: signedBy !== publisher,
  });
  return refused.length > 0 ? refused : publish(past, publisher, publication, at);
}

function freeze(past: History, { by, treeId }: StepOf<'freeze'>, at: bigint): Reasons {
  const tree = past.trees.get(treeId);
  if (!tree) return ['UnknownTree'];
  const [guards, owns] = (['guardian', 'owner'] as const).map((role) =>
    mayAct(past, tree.issuerId, role, by),
  );
  const refused = reasons({ NotGuardian: !guards && !owns, AlreadyFrozen: isFrozen(tree) });
  if (refused.length > 0) return refused;

  tree.freezes.push({ at });
  end(past, treeId, { endsEpoch: false, voids: true }, at);
  tellLists(past, treeId, { endsEpoch: false, voids: true }, at);
  return [];
}

/** Here alone size and revoked may fall. */
function unfreeze(past: History, { by, publication }: StepOf<'unfreeze'>, at: bigint): Reasons {
  const tree = past.trees.get(publication.treeId);
  if (!tree) return ['UnknownTree'];
  const refused = reasons({
    ...brokenRules(tree, publication),
    NotOwner: !mayAct(past, tree.issuerId, 'owner', by),
    NotFrozen: !isFrozen(tree),
  });
  if (refused.length > 0) return refused;

  tree.freezes.at(-1)!.endedAt = at;
  enter(past, tree, publication, { endsEpoch: publication.endsEpoch, voids: true }, at);
  return [];
}

function createTree(past: History, { by, issuerId }: StepOf<'createTree'>): Reasons {
  if (!mayAct(past, issuerId, 'owner', by)) return ['NotOwner'];
  const id = nextId(past);
  past.sources.set(id, []);
  past.trees.set(id, { id, issuerId, made: [], freezes: [] });
  return [];
}

/** Publishers and guardians; ownership has a test of its own. */
function grantRole(past: History, step: StepOf<'grantRole' | 'revokeRole'>): Reasons {
  const { by, issuerId, role, account } = step;
  const grants = step.act === 'grantRole';
  const held = mayAct(past, issuerId, role, account);
  const refused = reasons({
    NotOwner: !mayAct(past, issuerId, 'owner', by),
    [grants ? 'AlreadyHeld' : 'NotHeld']: held === grants,
  });
  if (refused.length > 0) return refused;
  if (grants) past.roles.add(roleOf(issuerId, role, account));
  else past.roles.delete(roleOf(issuerId, role, account));
  return [];
}

function rotateKey(
  past: History,
  { by, issuerId, role, account, to }: StepOf<'rotateKey'>,
): Reasons {
  const refused = reasons({
    NotOwner: !mayAct(past, issuerId, 'owner', by),
    AlreadyHeld: mayAct(past, issuerId, role, to),
    NotHeld: !mayAct(past, issuerId, role, account),
  });
  if (refused.length > 0) return refused;
  past.roles.delete(roleOf(issuerId, role, account));
  past.roles.add(roleOf(issuerId, role, to));
  return [];
}

/** What each act does. */
const ACTS: {
  readonly [A in Step['act']]: (past: History, step: StepOf<A>, at: bigint) => Reasons;
} = {
  publish: (past, { by, publication }, at) => publish(past, by, publication, at),
  ...{
    publishBySignature,
    freeze,
    unfreeze,
    createTree,
    grantRole,
    revokeRole: grantRole,
    rotateKey,
  },
  createList: lists.createList,
  admit: lists.admit,
  join: lists.join,
  settle: lists.settle,
  removeMember: lists.removeMember,
  leaveList: lists.leaveList,
  removeSilent: lists.removeSilent,
  voidList: lists.voidList,
  offerList: lists.offerList,
  acceptList: lists.acceptList,
};

/** Takes a step at a time, or says why it must be refused: then it changes nothing. */
export function take(past: History, step: Step, at: bigint): Reasons {
  const act = ACTS[step.act] as (past: History, step: Step, at: bigint) => Reasons;
  return act(past, step, at);
}
