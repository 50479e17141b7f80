/**
 * Whom an act of governance affects: the lists whose roots it voids or makes stale, the campaigns that go by those lists,
 * and the holders behind them.
 * @module
 */
import type { Address } from 'viem';
import { NEVER } from '../protocol/field.ts';
import {
  outcomeOf,
  type AffectedMember,
  type Deed,
  type Fate,
  type KnownList,
  type KnownTree,
  type KnownTrees,
  type Outcome,
} from './affectedLists.ts';

/** A campaign that isn't over. */
export type KnownCampaign = {
  readonly campaignId: bigint;
  readonly source: bigint;
  readonly state: 'open' | 'paused' | 'not open yet';
  readonly token: Address;
  /** Base units that it can still pay. */
  readonly budget: bigint;
  /** Of these in the present window; undefined without a cap on windows. */
  readonly leftOfWindow: bigint | undefined;
  /** Unix seconds. */
  readonly closesAt: bigint;
  readonly maxStaleness: bigint;
  readonly maxSilence: bigint;
};

/** What is on the chain around a deed, at one block. */
export type Surroundings = KnownTrees & {
  /** All that `sourcesOf` names. */
  readonly lists: readonly KnownList[];
  readonly campaigns: readonly KnownCampaign[];
};

/** A list that a deed touches, or could. */
export type AffectedList = {
  readonly listId: bigint;
  /** The list that a tree has of its own. */
  readonly ofTree: boolean;
  /** The newest root now, 0 = none. */
  readonly root: bigint;
  readonly epoch: bigint;
  readonly generation: bigint;
  /** What becomes of the roots that it published before. */
  readonly roots: Fate;
  /** It records a newest root in the same transaction. */
  readonly records: boolean;
  /** Proofs on the newest root go on, whatever becomes of earlier ones. */
  readonly keepsNewest: boolean;
  readonly members: readonly AffectedMember[];
};

/** A campaign that goes by such a list. */
export type AffectedCampaign = KnownCampaign & {
  /** What becomes of proofs that were made and not used yet. */
  readonly proofs: Fate;
  /** Those on the newest root go on, whatever becomes of the others. */
  readonly keepsNewest: boolean;
  /** With `stale`: Unix seconds before which they are taken, if it were done now. */
  readonly until: bigint | undefined;
  /** Unix seconds from which the source is too silent for it; undefined where it takes any silence. */
  readonly silentFrom: bigint | undefined;
  /** Somebody can prove for it afterwards. */
  readonly claimable: boolean;
};

/** How many people stand behind a tree. */
export type Holders = {
  readonly treeId: bigint;
  readonly size: number;
  readonly revoked: bigint;
  /** `size` less `revoked`: a count of events, so that there may be more. */
  readonly atLeast: number;
};

/** Whom a deed affects. */
export type Affected = {
  /** Unix seconds of the block that this was so in. */
  readonly at: bigint;
  readonly lists: readonly AffectedList[];
  readonly campaigns: readonly AffectedCampaign[];
  readonly holders: readonly Holders[];
};

/** The lists that a deed can touch. @param trees the one that it names, or all of the issuer that it names */
export function sourcesOf(deed: Deed, trees: readonly KnownTree[]): readonly bigint[] {
  if ('listId' in deed) return [deed.listId];
  return [...new Set(trees.flatMap(({ treeId, listIds }) => [treeId, ...listIds]))];
}

/** Says whom a deed affects, if the contracts let it through. */
export function affectedBy(deed: Deed, around: Surroundings): Affected {
  const touched = around.lists.map((list) => ({ list, outcome: outcomeOf(deed, list, around) }));
  const lists = touched.map(({ list, outcome }) => toAffectedList(list, outcome));
  const campaigns = around.campaigns.flatMap((campaign) =>
    touched
      .filter(({ list }) => list.listId === campaign.source)
      .map(({ list, outcome }) => ({
        ...campaign,
        ...proofsAfter(campaign, { deed, list, outcome, around }),
      })),
  );
  const behind = new Set(lists.flatMap(({ members }) => members.map(({ treeId }) => treeId)));
  const holders = around.trees.filter(({ treeId }) => behind.has(treeId)).map(toHolders);
  return { at: around.now, lists, campaigns, holders };
}

function toAffectedList(
  list: KnownList,
  { roots, records, keepsNewest, members }: Outcome,
): AffectedList {
  const { listId, ofTree, root, epoch, generation } = list;
  return { listId, ofTree, root, epoch, generation, roots, records, keepsNewest, members };
}

type Case = {
  readonly deed: Deed;
  readonly list: KnownList;
  readonly outcome: Outcome;
  readonly around: KnownTrees;
};

/** What a campaign takes afterwards. A list that falls silent ends proofs though their root would be taken. */
function proofsAfter({ maxStaleness, maxSilence }: KnownCampaign, given: Case) {
  const { now } = given.around;
  const { roots: proofs, keepsNewest, counting } = given.outcome;
  const spoke = lastWord(given);
  const silentFrom =
    maxSilence === NEVER ? undefined : spoke === undefined ? now : spoke + maxSilence;
  const ends = [now + maxStaleness, ...(silentFrom === undefined ? [] : [silentFrom])];
  return {
    proofs,
    keepsNewest,
    until: proofs === 'stale' ? latest(least(ends), now) : undefined,
    silentFrom,
    claimable: counting.length > 0 && (silentFrom === undefined || silentFrom > now),
  };
}

/** The list's `lastPublishedAt` afterwards: the smallest over the trees that count; undefined if none does. */
function lastWord({ deed, outcome, around }: Case): bigint | undefined {
  const times = outcome.counting.map((treeId) => {
    if (deed.kind === 'unfreeze' && deed.treeId === treeId) return around.now;
    return around.trees.find((tree) => tree.treeId === treeId)?.lastPublishedAt ?? 0n;
  });
  return times.length === 0 ? undefined : least(times);
}

function least(times: readonly bigint[]): bigint {
  return times.reduce((a, b) => (a < b ? a : b), 2n * NEVER);
}

function latest(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function toHolders({ treeId, size, revoked }: KnownTree): Holders {
  const left = BigInt(size) - revoked;
  return { treeId, size, revoked, atLeast: left > 0n ? Number(left) : 0 };
}
