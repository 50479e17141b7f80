/**
 * Random sequences of steps: mostly such as would be taken, some with one thing wrong, at times that lie on some
 * boundary or beside it. What would be taken is asked of the model; what happens is not.
 * @module
 */
import { NEVER } from '../../src/protocol/field.ts';
import type { Freshness } from '../../src/verifier/rootRule.ts';
import { GENESIS } from './anvil.ts';
import { makeRandom, type Random } from './circuits/random.ts';
import { take } from './rootActs.ts';
import { beginHistory, lastPublishedAt, noticeFrom, type History } from './rootModel.ts';
import { NOTICES, SILENCES, drawStep, spoil, type Habits } from './rootDraws.ts';
import type { Step } from './rootSteps.ts';

/** Steps in one block. */
export type Block = { readonly at: bigint; readonly steps: readonly Step[] };

/** What a seed leads to. */
export type Sequence = { readonly seed: number; readonly blocks: readonly Block[] };

/** The most that a reader can allow; of staleness it is a number like any other. */
const LONGEST = NEVER;

/** Every reader that a root is shown to; the first takes all that the source published and didn't void. */
export const READERS: readonly Freshness[] = [
  [LONGEST, NEVER],
  [0n, NEVER],
  [1n, NEVER],
  [60n, NEVER],
  [3_600n, NEVER],
  [LONGEST, 0n],
  [LONGEST, 1n],
  [LONGEST, 60n],
  [LONGEST, 3_600n],
  [LONGEST, NEVER - 1n],
  [0n, 0n],
  [0n, 3_600n],
  [60n, 3_600n],
  [3_600n, 60n],
].map(([maxStaleness = 0n, maxSilence = 0n]) => ({ maxStaleness, maxSilence }));

const WINDOWS = [0n, 1n, 60n, 3_600n];

type Draft = {
  readonly random: Random;
  readonly past: History;
  readonly blocks: Block[];
  readonly habits: Habits;
  now: bigint;
};

/** The sequence of a seed, always the same. */
export function drawSequence(seed: number): Sequence {
  const random = makeRandom(seed);
  // The last seconds that u40 holds come up in a few of them.
  const now = random.percent(8) ? NEVER - BigInt(10 + random.below(30_000)) : GENESIS + 1_000n;
  const habits = drawHabits(random);
  const draft: Draft = { random, past: beginHistory(), blocks: [], habits, now };
  drawBeginning(draft);
  const length = 12 + random.below(10);
  for (let i = 0; i < length; i += 1) drawBlock(draft);
  return { seed, blocks: draft.blocks };
}

/** What a sequence is mostly about, so that rare things come up often somewhere. */
function drawHabits(random: Random): Habits {
  const weight = (): number => random.pick([0, 1, 1, 3, 8]);
  return {
    weights: {
      ...{ publish: 2 + weight(), publishBySignature: random.below(2), freeze: weight() },
      ...{ unfreeze: weight() + 1, admit: weight(), join: weight(), settle: weight() },
      ...{ removeMember: random.below(3), leaveList: random.below(3), removeSilent: weight() },
      ...{ voidList: random.below(2), offerList: random.below(2), acceptList: random.below(3) },
      ...{ createTree: random.below(2), createList: random.below(2), grantRole: random.below(2) },
      ...{ revokeRole: random.below(2), rotateKey: random.below(2) },
    },
    wrong: random.pick([0, 10, 25]),
    pairs: random.pick([10, 30, 80]),
    edges: random.pick([30, 60, 90]),
  };
}

/** A block of steps, and a second that passes. */
function add(draft: Draft, steps: readonly Step[]): void {
  for (const step of steps) take(draft.past, step, draft.now);
  draft.blocks.push({ at: draft.now, steps });
  draft.now += 1n;
}

/** Trees, lists, first publications, and some memberships on their way. */
function drawBeginning(draft: Draft): void {
  const { random, past } = draft;
  const crowded = random.percent(4);
  const trees = crowded ? 17 : 1 + random.below(4);
  const lists = crowded ? 1 : random.pick([0, 1, 2, 3, 5, 6]);
  const making: Step[] = [];
  for (let i = 0; i < trees; i += 1) {
    const issuerId = random.pick([1n, 1n, 2n]);
    making.push({ act: 'createTree', by: `owner${issuerId.toString()}`, issuerId });
  }
  for (let i = 0; i < lists; i += 1) {
    const [notice, memberSilence] = [random.pick(NOTICES), random.pick(SILENCES)];
    making.push({ act: 'createList', by: 'listOwner', notice, memberSilence });
  }
  add(draft, making);
  add(draft, drawFirstPublications(draft));
  add(draft, drawEntries(draft, crowded ? 96 : 60));
  if (!random.percent(70)) return;
  add(
    draft,
    [...past.lists.keys()].map((listId) => ({ act: 'settle', by: 'stranger', listId })),
  );
}

/** Admissions and consents of so many of a hundred trees and lists. */
function drawEntries({ random, past }: Draft, share: number): readonly Step[] {
  return [...past.lists.keys()].flatMap((listId) =>
    [...past.trees.values()].flatMap(({ id: treeId, issuerId }): readonly Step[] => {
      if (!random.percent(share)) return [];
      const joining: Step = { act: 'join', by: `owner${issuerId.toString()}`, listId, treeId };
      const admitting: Step = { act: 'admit', by: 'listOwner', listId, treeId };
      return random.percent(50) ? [joining, admitting] : [admitting, joining];
    }),
  );
}

function drawFirstPublications({ random, past }: Draft): readonly Step[] {
  return [...past.trees.values()].flatMap(({ id: treeId, issuerId }): Step[] => {
    if (random.percent(10)) return [];
    const first = { treeId, sequence: 1n, previousRoot: 0n, root: 1_000n * treeId + 1n, size: 10 };
    const publication = { ...first, revoked: 0n, endsEpoch: false, voids: false };
    return [{ act: 'publish', by: `publisher${issuerId.toString()}`, publication }];
  });
}

/** One step, or several in the same second; now and then none: only time passes. */
function drawBlock(draft: Draft): void {
  const { random, past, habits } = draft;
  draft.now = drawTime(draft);
  const count = random.percent(habits.pairs) ? 2 + random.below(2) : random.percent(90) ? 1 : 0;
  const steps: Step[] = [];
  for (let i = 0; i < count; i += 1) {
    const last = steps.at(-1);
    const again = last !== undefined && random.percent(habits.wrong);
    const drawn = again ? last : drawStep({ random, past, habits, now: draft.now });
    const step = random.percent(habits.wrong) ? spoil(random, drawn) : drawn;
    take(past, step, draft.now);
    steps.push(step);
  }
  draft.blocks.push({ at: draft.now, steps });
}

/** The next block's second: at a boundary or one beside it, the same second again, or somewhat later. */
function drawTime(draft: Draft): bigint {
  const { random, habits, now } = draft;
  const fits = (time: bigint): boolean => time >= now && time <= NEVER;
  const edges = random.percent(habits.edges)
    ? boundaries(draft).flatMap((time) => [time - 1n, time, time + 1n].filter(fits))
    : [];
  const [first, ...others] = edges;
  if (first !== undefined) return random.pick([first, ...others]);
  const last = NEVER - BigInt(random.below(3));
  const later = now + BigInt(random.pick([0, 1, 1 + random.below(60), random.below(8_000)]));
  const time = random.percent(2) ? last : later;
  return fits(time) ? time : now;
}

/** The seconds at which something turns: a window of a reader, a notice, a list's patience. */
function boundaries({ past }: Draft): readonly bigint[] {
  const turns: bigint[] = [];
  for (const happened of past.sources.values())
    for (const { at } of happened) turns.push(...WINDOWS.map((window) => at + window));
  for (const { notice, memberSilence, memberships } of past.lists.values()) {
    for (const membership of memberships) {
      turns.push((noticeFrom(membership) ?? 0n) + notice);
      turns.push(lastPublishedAt(past, membership.treeId) + memberSilence);
    }
  }
  return turns;
}
