/**
 * What came to pass in a sequence, so that a test can tell whether everything did somewhere.
 * @module
 */
import { NEVER } from '../../src/protocol/field.ts';
import { take } from './rootActs.ts';
import type { Transcript } from './rootJudge.ts';
import { beginHistory, isFrozen, latest, membersOf, type History } from './rootModel.ts';
import type { Step } from './rootSteps.ts';

const ACTS: readonly Step['act'][] = [
  ...(['createTree', 'publish', 'publishBySignature', 'freeze', 'unfreeze', 'createList'] as const),
  ...(['admit', 'join', 'settle', 'removeMember', 'leaveList', 'removeSilent'] as const),
  ...(['voidList', 'offerList', 'acceptList', 'grantRole', 'revokeRole', 'rotateKey'] as const),
];

const REFUSALS = [
  ...['AlreadyAdmitted', 'AlreadyFrozen', 'AlreadyHeld', 'AlreadyJoined', 'DeadlinePassed'],
  ...['EpochMustEnd', 'InvalidMemberSilence', 'InvalidSignature', 'ListFull', 'ListNotOffered'],
  ...['MemberNotSilent', 'NotAdmitted', 'NotFrozen', 'NotGuardian', 'NotHeld', 'NotJoined'],
  ...['NotListOwner', 'NotMember', 'NotOwner', 'NotPublisher', 'NothingPublished', 'RevokedFell'],
  ...['RootOutOfRange', 'SizeOutOfRange', 'TooManyLists', 'UnknownList', 'UnknownTree'],
  ...['WrongPreviousRoot', 'WrongSequence'],
];

const VERDICTS = ['accepted', 'SourceFrozen', 'UnknownRoot', 'StaleRoot', 'SilentSource'];

const OTHERS = [
  'published during a freeze',
  'brought back an older root',
  'published the largest counts',
  'let the counts fall',
  'mined several steps in one block',
  'mined two blocks in one second',
  'mined in the last second of u40',
  'had five members in force',
];

/** Everything that must come to pass somewhere: what is never done proves nothing. */
export const DEEDS: readonly string[] = [...ACTS, ...REFUSALS, ...VERDICTS, ...OTHERS];

/** What came to pass: acts that were taken, refusals, verdicts, and what is rare. */
export function deedsOf({ sequence, answers }: Transcript): ReadonlySet<string> {
  const deeds = new Set<string>();
  const past = beginHistory();
  for (const [i, { at, steps }] of sequence.blocks.entries()) {
    const { outcomes, picture } = answers[i]!;
    if (steps.length > 1) deeds.add('mined several steps in one block');
    if (sequence.blocks[i - 1]?.at === at) deeds.add('mined two blocks in one second');
    if (at === NEVER) deeds.add('mined in the last second of u40');
    for (const [j, step] of steps.entries()) {
      const taken = outcomes[j] === 'taken';
      deeds.add(taken ? step.act : outcomes[j]!);
      if (taken) for (const deed of rareDeeds(past, step)) deeds.add(deed);
      take(past, step, at);
    }
    for (const [name, facts] of picture)
      if (name.startsWith('verdicts')) for (const verdict of facts.split(',')) deeds.add(verdict);
    if ([...past.lists.values()].some((list) => membersOf(list).length > 4))
      deeds.add('had five members in force');
  }
  return deeds;
}

function rareDeeds(past: History, step: Step): readonly string[] {
  if (!('publication' in step)) return [];
  const { root, size, revoked, treeId } = step.publication;
  const tree = past.trees.get(treeId)!;
  const last = latest(tree);
  const older = tree.made.slice(0, -1).some(({ publication }) => publication.root === root);
  const fell = revoked < (last?.revoked ?? 0n) && size < (last?.size ?? 0);
  return [
    ...(step.act !== 'unfreeze' && isFrozen(tree) ? ['published during a freeze'] : []),
    ...(older && root !== last?.root ? ['brought back an older root'] : []),
    ...(revoked === 2n ** 64n - 1n ? ['published the largest counts'] : []),
    ...(fell ? ['let the counts fall'] : []),
  ];
}
