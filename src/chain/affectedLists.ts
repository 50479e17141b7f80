/**
 * What an act of governance does to a list: what becomes of the roots that it published, and of the trees in it. It is
 * decided here as TrustLists.sol, Memberships.sol and RootRegistry.sol decide it (PROTOCOL.md section 4).
 * @module
 */
import type { TrustListFacts } from './lists.ts';
import type { TreeFacts } from './roots.ts';

/** An act, as far as anybody but who does it can notice. */
export type Deed =
  | { readonly kind: 'freeze' | 'unfreeze'; readonly treeId: bigint }
  | {
      readonly kind: 'admit' | 'join' | 'remove' | 'leave' | 'removeSilent';
      readonly listId: bigint;
      readonly treeId: bigint;
    }
  | { readonly kind: 'settle' | 'void' | 'handOver'; readonly listId: bigint }
  /** Who acts for an issuer changes; no root does. */
  | { readonly kind: 'roles'; readonly issuerId: bigint };

/** A tree, and where it is. */
export type KnownTree = TreeFacts & {
  readonly treeId: bigint;
  /** Lists that its owner joined. */
  readonly listIds: readonly bigint[];
  /** Unix seconds of the last publication that counted, 0 = none did. */
  readonly lastPublishedAt: bigint;
};

/** A list, or a tree's own under the tree's id. */
export type KnownList = TrustListFacts & { readonly listId: bigint; readonly ofTree: boolean };

/** What is on the chain around a deed: the trees that it names and those of its lists. */
export type KnownTrees = { readonly now: bigint; readonly trees: readonly KnownTree[] };

/** What becomes of roots that a source published before, and of the proofs that stand on them. */
export type Fate = 'void' | 'stale' | 'kept';

/** What a tree's holders notice of a list. `again`: a proof that isn't used yet has to be made again. */
export type Standing = 'loses' | 'gains' | 'again' | 'same' | 'waits';

/** A tree in a list. */
export type AffectedMember = {
  readonly treeId: bigint;
  readonly standing: Standing;
  /** With `waits`: Unix seconds from which it can be settled; undefined until the other side agrees. */
  readonly inForceFrom: bigint | undefined;
};

/** A list before and after a deed. */
export type Outcome = {
  readonly roots: Fate;
  /** It records a newest root in the same transaction. */
  readonly records: boolean;
  /** The newest root now is still, or again, the newest afterwards: proofs on it go on, whatever becomes of earlier ones. */
  readonly keepsNewest: boolean;
  /** The trees that count afterwards: in force, and not frozen. */
  readonly counting: readonly bigint[];
  readonly members: readonly AffectedMember[];
};

/** What a deed does to a list, if the contracts let it through. */
export function outcomeOf(deed: Deed, list: KnownList, around: KnownTrees): Outcome {
  if (list.ofTree) return ofOwnList(deed, list);
  const { roots, records, inForce } = actOn(deed, list, around.now);
  const counting = inForce.filter((treeId) => !isFrozen(treeId, around, deed));
  const countsNow = (treeId: bigint): boolean =>
    !isFrozen(treeId, around) && isInForce(list, treeId);
  const named = 'treeId' in deed && 'listId' in deed ? [deed.treeId] : [];
  const treeIds = new Set([...list.members.map(({ treeId }) => treeId), ...named]);
  const all = [...treeIds];
  // A list's root is made of the trees that count, each at its place; only a publication changes a tree's own.
  const keepsNewest = all.every((treeId) => countsNow(treeId) === counting.includes(treeId));
  const members = all.map((treeId) => {
    const before = countsNow(treeId);
    const after = counting.includes(treeId);
    const waiting = inForce.includes(treeId) ? undefined : waitOf(deed, list, treeId, around);
    const inForceFrom = waiting?.until;
    if (before || after || !waiting)
      return {
        treeId,
        standing: standingOf({ before, after, falls: roots !== 'kept' && !keepsNewest }),
        inForceFrom: undefined,
      };
    return { treeId, standing: 'waits' as const, inForceFrom };
  });
  return { roots, records, keepsNewest, counting, members };
}

/** A tree's own list never changes members: it only freezes with the tree. */
function ofOwnList(deed: Deed, { listId: treeId, root }: KnownList): Outcome {
  const own = (roots: Fate, standing: Standing, counts: boolean): Outcome => ({
    roots,
    records: deed.kind === 'unfreeze',
    keepsNewest: roots === 'kept',
    counting: counts ? [treeId] : [],
    members: [{ treeId, standing, inForceFrom: undefined }],
  });
  if (deed.kind === 'freeze') return own('void', 'loses', false);
  if (deed.kind === 'unfreeze') return own('void', 'gains', true);
  return own('kept', 'same', root !== 0n);
}

type Effect = {
  readonly roots: Fate;
  readonly records: boolean;
  /** Members in force afterwards, frozen or not. */
  readonly inForce: readonly bigint[];
};

function actOn(deed: Deed, list: KnownList, now: bigint): Effect {
  const inForce = list.members.filter((member) => member.inForce).map(({ treeId }) => treeId);
  const settled = [...inForce, ...dueIn(list, now)];
  const touched = settled.length > inForce.length;
  switch (deed.kind) {
    case 'freeze':
    case 'unfreeze': {
      const holds = settled.includes(deed.treeId);
      return { roots: holds ? 'void' : 'kept', records: holds || touched, inForce: settled };
    }
    case 'settle':
      return { roots: 'kept', records: touched, inForce: settled };
    case 'void':
      return { roots: 'void', records: true, inForce: settled };
    case 'remove':
    case 'leave':
    case 'removeSilent': {
      const holds = inForce.includes(deed.treeId);
      const ended = deed.kind === 'remove' ? 'void' : 'stale';
      const left = inForce.filter((treeId) => treeId !== deed.treeId);
      return { roots: holds ? ended : 'kept', records: holds, inForce: left };
    }
    case 'admit':
    case 'join':
    case 'handOver':
    case 'roles':
      return { roots: 'kept', records: false, inForce };
  }
}

/** Members whose notice is over. */
function dueIn({ members, notice }: KnownList, now: bigint): readonly bigint[] {
  return members
    .filter(({ since, inForce }) => since !== undefined && !inForce && now >= since + notice)
    .map(({ treeId }) => treeId);
}

function isInForce({ members }: KnownList, treeId: bigint): boolean {
  return members.some((member) => member.treeId === treeId && member.inForce);
}

/** @param deed what is done before it is asked; nothing if left out */
function isFrozen(treeId: bigint, { trees }: KnownTrees, deed?: Deed): boolean {
  if (deed && 'treeId' in deed && deed.treeId === treeId) {
    if (deed.kind === 'freeze') return true;
    if (deed.kind === 'unfreeze') return false;
  }
  return trees.find((tree) => tree.treeId === treeId)?.frozen ?? true;
}

function standingOf(change: {
  readonly before: boolean;
  readonly after: boolean;
  readonly falls: boolean;
}): Standing {
  const { before, after, falls } = change;
  if (before && !after) return 'loses';
  if (!before && after) return 'gains';
  return before && falls ? 'again' : 'same';
}

/** Until when a tree waits afterwards that isn't in force then; undefined if it doesn't wait. */
function waitOf(
  deed: Deed,
  { listId, members, notice }: KnownList,
  treeId: bigint,
  { now, trees }: KnownTrees,
): { readonly until: bigint | undefined } | undefined {
  const member = members.find((one) => one.treeId === treeId);
  if (!('treeId' in deed && 'listId' in deed && deed.treeId === treeId)) {
    const since = member?.since;
    return member && { until: since === undefined ? undefined : since + notice };
  }
  const joined = trees.some((tree) => tree.treeId === treeId && tree.listIds.includes(listId));
  if (deed.kind === 'admit') return { until: joined ? now + notice : undefined };
  if (deed.kind === 'join') return { until: member ? now + notice : undefined };
  return undefined;
}
