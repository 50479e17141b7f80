/**
 * One random step: first one that a history would let through, where there is such, then one thing wrong with it.
 * @module
 */
import { FIELD_ORDER, NEVER } from '../../src/protocol/field.ts';
import type { Random } from './circuits/random.ts';
import {
  isFrozen,
  lastPublishedAt,
  latest,
  mayAct,
  membersOf,
  standingOf,
  type History,
  type List,
  type Tree,
} from './rootModel.ts';
import type { Account, Publication, Role, Step, StepOf } from './rootSteps.ts';

const MAX_SIZE = 4 ** 14;
const MOST_REVOKED = 2n ** 64n - 1n;

/** What lists are made with. */
export const NOTICES = [0n, 0n, 0n, 1n, 60n, 3_600n, NEVER] as const;
export const SILENCES = [1n, 60n, 3_600n, 3_600n, NEVER - 1n, NEVER] as const;

/** Everyone who acts, by the number of the account. */
export const ACCOUNTS: readonly Account[] = [
  ...['heir', 'publisher1', 'publisher2', 'spare', 'owner1'],
  ...['owner2', 'guardian1', 'guardian2', 'listOwner', 'stranger'],
];

/** Those whose keys are at hand, to sign with. */
const SIGNERS: readonly [Account, ...Account[]] = ['publisher1', 'publisher2', 'spare', 'heir'];

/** How often what comes up, the shares in percent. */
export type Habits = {
  readonly weights: Readonly<Record<Step['act'], number>>;
  /** Steps with one thing wrong. */
  readonly wrong: number;
  /** Blocks with more than one step. */
  readonly pairs: number;
  /** Blocks at a boundary or beside it. */
  readonly edges: number;
};

type Draw = {
  readonly random: Random;
  readonly past: History;
  readonly habits: Habits;
  readonly now: bigint;
};

/** A step that would be taken, if there is one of the kind that is drawn; a publication otherwise. */
export function drawStep(draw: Draw): Step {
  const acts = Object.entries(draw.habits.weights).flatMap(([act, weight]) =>
    Array.from({ length: weight }, () => act as Step['act']),
  );
  const act = oneOf(draw, acts) ?? 'publish';
  const tempting = draw.random.percent(40) ? nearlySilent(draw) : undefined;
  return tempting ?? DRAWS[act](draw) ?? drawPublish(draw);
}

/** The removal of a member whose silence is as long as its list bears, within a second. */
function nearlySilent(draw: Draw): Step | undefined {
  const pair = onePair(draw, (list, { id }) => {
    const turns = lastPublishedAt(draw.past, id) + list.memberSilence;
    return isIn(list, id) && turns - 1n <= draw.now && draw.now <= turns + 1n;
  });
  return pair && removal(pair);
}

/** One of them, undefined if there is none. */
function oneOf<T>({ random }: Pick<Draw, 'random'>, choices: readonly T[]): T | undefined {
  return choices[random.below(choices.length)];
}

const DRAWS: Readonly<Record<Step['act'], (draw: Draw) => Step | undefined>> = {
  publish: drawPublish,
  publishBySignature: drawSigned,
  freeze: drawFreeze,
  unfreeze: drawUnfreeze,
  createTree: (draw) => {
    const issuerId = draw.random.pick([1n, 2n]);
    return { act: 'createTree', by: holderOf(draw, issuerId, 'owner'), issuerId };
  },
  createList: ({ random }) => ({
    act: 'createList',
    by: random.pick(['listOwner', 'heir']),
    notice: random.pick(NOTICES),
    memberSilence: random.pick(SILENCES),
  }),
  admit: (draw) =>
    ofList(draw, 'admit', (list, { id }) => standingOf(list, id)?.admittedAt === undefined),
  join: (draw) =>
    ofTree(draw, 'join', (list, { id }) => standingOf(list, id)?.joinedAt === undefined),
  removeMember: (draw) =>
    ofList(draw, 'removeMember', (list, { id }) => standingOf(list, id)?.admittedAt !== undefined),
  leaveList: (draw) =>
    ofTree(draw, 'leaveList', (list, { id }) => isIn(list, id)) ??
    ofTree(draw, 'leaveList', (list, { id }) => standingOf(list, id)?.joinedAt !== undefined),
  removeSilent: (draw) => {
    const pair = onePair(draw, (list, { id }) => isIn(list, id));
    return pair && removal(pair);
  },
  settle: (draw) => {
    const list = oneOf(draw, [...draw.past.lists.values()]);
    return list && { act: 'settle', by: 'stranger', listId: list.id };
  },
  voidList: (draw) => {
    const list = oneOf(draw, [...draw.past.lists.values()]);
    return list && { act: 'voidList', by: list.owner, listId: list.id };
  },
  offerList: (draw) => {
    const list = oneOf(draw, [...draw.past.lists.values()]);
    const to = draw.random.pick(['heir', 'listOwner', 'stranger']);
    return list && { act: 'offerList', by: list.owner, listId: list.id, to };
  },
  acceptList: (draw) => {
    const list = [...draw.past.lists.values()].find(({ offeredTo }) => offeredTo !== undefined);
    return list?.offeredTo === undefined
      ? undefined
      : { act: 'acceptList', by: list.offeredTo, listId: list.id };
  },
  grantRole: (draw) => drawRole(draw, 'grantRole'),
  revokeRole: (draw) => drawRole(draw, 'revokeRole'),
  rotateKey: (draw) => {
    const to = oneOf(draw, ACCOUNTS) ?? 'spare';
    return { ...drawRole(draw, 'revokeRole'), act: 'rotateKey', to };
  },
};

/** Someone with the role, or else who had it once. */
function holderOf({ random, past }: Draw, issuerId: bigint, role: Role): Account {
  const holders = ACCOUNTS.filter((account) => mayAct(past, issuerId, role, account));
  return oneOf({ random }, holders) ?? `${role}${issuerId.toString()}`;
}

const isIn = (list: List, treeId: bigint): boolean =>
  membersOf(list).some((one) => one.treeId === treeId);

const removal = ([list, tree]: readonly [List, Tree]): Step => ({
  act: 'removeSilent',
  by: 'stranger',
  listId: list.id,
  treeId: tree.id,
});

type Fits = (list: List, tree: Tree) => boolean;

function onePair(draw: Draw, fits: Fits): readonly [List, Tree] | undefined {
  const { lists, trees } = draw.past;
  const pairs = [...lists.values()].flatMap((list) =>
    [...trees.values()].flatMap((tree) => (fits(list, tree) ? [[list, tree] as const] : [])),
  );
  return oneOf(draw, pairs);
}

/** By the list's owner. */
function ofList(draw: Draw, act: 'admit' | 'removeMember', fits: Fits): Step | undefined {
  const [list, tree] = onePair(draw, fits) ?? [];
  return list && tree && { act, by: list.owner, listId: list.id, treeId: tree.id };
}

/** By an owner of the tree. */
function ofTree(draw: Draw, act: 'join' | 'leaveList', fits: Fits): Step | undefined {
  const [list, tree] = onePair(draw, fits) ?? [];
  if (!list || !tree) return undefined;
  const by = holderOf(draw, tree.issuerId, 'owner');
  return { act, by, listId: list.id, treeId: tree.id };
}

function drawRole(draw: Draw, act: 'grantRole'): StepOf<'grantRole'>;
function drawRole(draw: Draw, act: 'revokeRole'): StepOf<'revokeRole'>;
function drawRole(draw: Draw, act: 'grantRole' | 'revokeRole'): Step {
  const { random } = draw;
  const issuerId = random.pick([1n, 2n]);
  const role = random.pick(['publisher', 'publisher', 'guardian'] as const);
  const account =
    act === 'revokeRole'
      ? holderOf(draw, issuerId, role)
      : random.pick(['spare', 'heir', 'stranger']);
  return { act, by: holderOf(draw, issuerId, 'owner'), issuerId, role, account };
}

function drawPublish(draw: Draw): StepOf<'publish'> {
  const tree = oneOf(draw, [...draw.past.trees.values()])!;
  const by = holderOf(draw, tree.issuerId, 'publisher');
  return { act: 'publish', by, publication: drawPublication(draw.random, draw.past, tree) };
}

function drawSigned(draw: Draw): Step {
  const { random, now } = draw;
  const { by: publisher, publication } = drawPublish(draw);
  const later = now + random.pick([0n, 0n, 1n, 100n]);
  const deadline = later > NEVER ? NEVER : later;
  const signedBy = SIGNERS.includes(publisher) ? publisher : 'heir';
  return { act: 'publishBySignature', by: 'stranger', publication, deadline, publisher, signedBy };
}

/** A tree that fits, now and then one that doesn't. */
function treeFor(draw: Draw, fits: (tree: Tree) => boolean): Tree | undefined {
  const trees = [...draw.past.trees.values()];
  return oneOf(draw, draw.random.percent(5) ? trees : trees.filter(fits));
}

function drawFreeze(draw: Draw): Step | undefined {
  const tree = treeFor(draw, (one) => !isFrozen(one));
  if (!tree) return undefined;
  const role = draw.random.pick(['guardian', 'guardian', 'owner'] as const);
  return { act: 'freeze', by: holderOf(draw, tree.issuerId, role), treeId: tree.id };
}

/** The counts may fall: the thief's are thrown away. */
function drawUnfreeze(draw: Draw): Step | undefined {
  const { random, past } = draw;
  const tree = treeFor(draw, isFrozen);
  if (!tree) return undefined;
  const drawn = drawPublication(random, past, tree);
  const fallen = random.percent(50)
    ? { size: random.below(20), revoked: BigInt(random.below(2)) }
    : {};
  const endsEpoch = drawn.endsEpoch || (fallen.revoked ?? 0n) > (latest(tree)?.revoked ?? 0n);
  const publication = { ...drawn, ...fallen, endsEpoch };
  return { act: 'unfreeze', by: holderOf(draw, tree.issuerId, 'owner'), publication };
}

/** The tree's next: of people added, revoked or reinstated, a heartbeat, or what a thief makes of the largest numbers. */
function drawPublication(random: Random, past: History, tree: Tree): Publication {
  const last = latest(tree);
  const [previousRoot, size, revoked] = [last?.root ?? 0n, last?.size ?? 0, last?.revoked ?? 0n];
  const thief = random.percent(5);
  const revokes = revoked < MOST_REVOKED && random.percent(30);
  return {
    treeId: tree.id,
    sequence: (last?.sequence ?? 0n) + 1n,
    previousRoot,
    root: drawRoot(random, past, tree),
    size: thief ? MAX_SIZE : Math.min(MAX_SIZE, size + random.pick([0, 0, 1, 1_000])),
    revoked: thief ? MOST_REVOKED : revokes ? revoked + 1n : revoked,
    endsEpoch: thief || revokes || random.percent(15),
    voids: random.percent(12),
  };
}

/** A new root, the last one again, an earlier one, another tree's, or an end of the field. */
function drawRoot(random: Random, past: History, tree: Tree): bigint {
  const own = tree.made.map(({ publication }) => publication.root);
  const others = [...past.trees.values()].flatMap((one) => latest(one)?.root ?? []);
  const fresh = 1_000n * tree.id + BigInt(tree.made.length + 1);
  const kind = random.below(100);
  if (kind < 45) return fresh;
  if (kind < 65) return own.at(-1) ?? fresh;
  if (kind < 88) return oneOf({ random }, own) ?? fresh;
  if (kind < 94) return oneOf({ random }, others) ?? fresh;
  return random.pick([1n, FIELD_ORDER - 1n]);
}

/** The same step with one thing changed; mostly nobody may take it then. */
export function spoil(random: Random, step: Step): Step {
  const another = oneOf({ random }, ACCOUNTS) ?? 'stranger';
  const ways: Step[] = [{ ...step, by: another }];
  if ('treeId' in step) ways.push({ ...step, treeId: BigInt(random.below(9)) });
  if ('listId' in step) ways.push({ ...step, listId: BigInt(random.below(9)) });
  if ('issuerId' in step) ways.push({ ...step, issuerId: BigInt(random.below(4)) });
  if ('account' in step) ways.push({ ...step, account: another });
  if ('memberSilence' in step) ways.push({ ...step, memberSilence: 0n });
  if ('publication' in step && random.percent(80)) {
    const change = oneOf({ random }, FAULTS)?.(step.publication);
    return { ...step, publication: { ...step.publication, ...change } };
  }
  if (step.act === 'publishBySignature') {
    const signedBy = random.pick(SIGNERS);
    ways.push({ ...step, signedBy }, { ...step, deadline: step.deadline - 101n });
  }
  return oneOf({ random }, ways) ?? step;
}

const FAULTS: readonly ((publication: Publication) => Partial<Publication>)[] = [
  ({ sequence }) => ({ sequence: sequence + 1n }),
  ({ sequence }) => ({ sequence: sequence - 1n }),
  ({ previousRoot }) => ({ previousRoot: previousRoot + 1n }),
  () => ({ root: 0n }),
  () => ({ root: FIELD_ORDER }),
  () => ({ root: 2n ** 256n - 1n }),
  () => ({ size: 0 }),
  () => ({ size: MAX_SIZE + 1 }),
  () => ({ size: 2 ** 32 - 1 }),
  () => ({ revoked: 0n }),
  () => ({ revoked: MOST_REVOKED, endsEpoch: false }),
  () => ({ treeId: 99n }),
];
