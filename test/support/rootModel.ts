/**
 * The root lifecycle of PROTOCOL.md section 4, told as slowly as it can be: everything that ever happened is kept, and
 * whatever is asked is found by reading it again. Whether a root is accepted is left to the library's `checkRoot`, so
 * that what agrees with this model agrees with the library. Section 4 names no place in a list and not all that touches
 * one; where it is silent, contracts/interfaces/ITrustLists.sol speaks.
 * @module
 */
import { EligoError } from '../../src/errors.ts';
import type { Field } from '../../src/protocol/field.ts';
import { hashNode } from '../../src/protocol/hash.ts';
import { checkRoot, type Freshness, type RootFacts } from '../../src/verifier/rootRule.ts';
import type { Account, Publication, Role } from './rootSteps.ts';

/** What happened to the roots of one source. */
export type Happening =
  | { readonly what: 'published'; readonly root: bigint; readonly at: bigint }
  | { readonly what: 'epoch ended' | 'voided'; readonly at: bigint };

/** A publication, and whether it counts: it was not made during a freeze. */
type Made = { readonly publication: Publication; readonly at: bigint; readonly counts: boolean };

export type Tree = {
  readonly id: bigint;
  readonly issuerId: bigint;
  readonly made: Made[];
  readonly freezes: { readonly at: bigint; endedAt?: bigint }[];
};

/** One stay of a tree in a list, from the first owner's word on. */
export type Membership = {
  readonly treeId: bigint;
  place?: number;
  admittedAt?: bigint;
  joinedAt?: bigint;
  inForceAt?: bigint;
  goneAt?: bigint;
};

export type List = {
  readonly id: bigint;
  readonly notice: bigint;
  readonly memberSilence: bigint;
  readonly memberships: Membership[];
  owner: Account;
  offeredTo: Account | undefined;
};

/** Everything that ever happened. Ids of trees and lists come from one counter; a tree's own list has the tree's id. */
export type History = {
  readonly trees: Map<bigint, Tree>;
  readonly lists: Map<bigint, List>;
  readonly sources: Map<bigint, Happening[]>;
  readonly roles: Set<string>;
};

const ISSUERS = [1n, 2n];

export const roleOf = (issuerId: bigint, role: Role, account: Account): string =>
  `${role} ${account} of issuer ${issuerId.toString()}`;

/** Two issuers, each with one account in each role, and nothing else. */
export function beginHistory(): History {
  const roles = ISSUERS.flatMap((id) =>
    (['owner', 'publisher', 'guardian'] as const).map((role) =>
      roleOf(id, role, `${role}${id.toString()}`),
    ),
  );
  return { trees: new Map(), lists: new Map(), sources: new Map(), roles: new Set(roles) };
}

/** Ids are counted from 1. */
export const nextId = (past: History): bigint => BigInt(past.sources.size + 1);

// What is so now.

export const latest = (tree: Tree): Publication | undefined => tree.made.at(-1)?.publication;

export const isFrozen = (tree: Tree): boolean =>
  tree.freezes.some(({ endedAt }) => endedAt === undefined);

export const mayAct = (past: History, issuerId: bigint, role: Role, account: Account): boolean =>
  past.roles.has(roleOf(issuerId, role, account));

/** What last counted of a tree. */
export const lastCounted = (tree: Tree): Made | undefined =>
  tree.made.findLast(({ counts }) => counts);

/** The tree's standing with a list, from either owner's word until it is gone. */
export const standingOf = (list: List, treeId: bigint): Membership | undefined =>
  list.memberships.find((one) => one.treeId === treeId && one.goneAt === undefined);

export const membersOf = (list: List): readonly Membership[] =>
  list.memberships.filter(({ inForceAt, goneAt }) => inForceAt !== undefined && !goneAt);

export const listsJoined = (past: History, treeId: bigint): readonly List[] =>
  [...past.lists.values()].filter((list) => standingOf(list, treeId)?.joinedAt !== undefined);

/** The second from which the notice runs: the later of admission and consent; none until there are both. */
export function noticeFrom({ admittedAt, joinedAt }: Membership): bigint | undefined {
  if (admittedAt === undefined || joinedAt === undefined) return undefined;
  return admittedAt > joinedAt ? admittedAt : joinedAt;
}

const membersHeard = (past: History, list: List): readonly (Membership & { made: Made })[] =>
  membersOf(list).flatMap((member) => {
    const tree = past.trees.get(member.treeId)!;
    return isFrozen(tree) ? [] : [{ ...member, made: lastCounted(tree)! }];
  });

/** When a source last published: of a list, the smallest over its members in force and not frozen. */
export function lastPublishedAt(past: History, source: bigint): bigint {
  const tree = past.trees.get(source);
  if (tree) return lastCounted(tree)?.at ?? 0n;
  const times = membersHeard(past, past.lists.get(source)!).map(({ made }) => made.at);
  return times.reduce((least, time) => (time < least ? time : least), times[0] ?? 0n);
}

/** The root of the members in force and not frozen, each in its place; of a tree's own list, of the tree alone. */
export function presentRoot(past: History, source: bigint): Field {
  const tree = past.trees.get(source);
  if (tree) return listRoot([lastCounted(tree)!.publication.root]);
  const roots: bigint[] = [];
  for (const { place, made } of membersHeard(past, past.lists.get(source)!))
    roots[place!] = made.publication.root;
  return listRoot(roots);
}

/** A quaternary tree of depth 2 above the trees' roots, that of an empty tree where there is none. */
function listRoot(roots: readonly (bigint | undefined)[]): Field {
  const place = (i: number): Field => (roots[i] as Field | undefined) ?? EMPTY_TREE;
  const group = (i: number): Field =>
    hashOnce([place(4 * i), place(4 * i + 1), place(4 * i + 2), place(4 * i + 3)]);
  return hashOnce([group(0), group(1), group(2), group(3)]);
}

/** The same few nodes come up in thousands of sequences. */
const nodes = new Map<string, Field>();
function hashOnce(children: readonly [Field, Field, Field, Field]): Field {
  const key = children.join();
  const node = nodes.get(key) ?? hashNode(children);
  nodes.set(key, node);
  return node;
}

const EMPTY_TREE = Array.from({ length: 14 }).reduce<Field>(
  (below) => hashOnce([below, below, below, below]),
  0n as Field,
);

// What a reader makes of it.

/** All that the rule asks about one root of a source. */
export function factsOf(past: History, source: bigint, root: bigint): RootFacts {
  const happened = past.sources.get(source)!;
  const published = happened.findLastIndex((one) => one.what === 'published' && one.root === root);
  const known = happened.findLastIndex(({ what }) => what === 'voided') < published;
  const ended = happened.slice(published).find(({ what }) => what === 'epoch ended');
  const tree = past.trees.get(source);
  return {
    frozen: tree !== undefined && isFrozen(tree),
    known,
    current: known && ended === undefined,
    endedAt: known ? (ended?.at ?? 0n) : 0n,
    lastPublishedAt: lastPublishedAt(past, source),
  };
}

/** The library's verdict on these facts: the name of an error, or that the root is accepted. */
export function verdictOn(facts: RootFacts, freshness: Freshness, now: bigint): string {
  try {
    checkRoot(facts, freshness, now);
    return 'accepted';
  } catch (error) {
    if (error instanceof EligoError) return error.code;
    throw error;
  }
}

/** The newest root that isn't void, 0 = none. */
export function newestRoot(past: History, source: bigint): bigint {
  const last = past.sources.get(source)!.at(-1);
  return last?.what === 'published' ? last.root : 0n;
}

/** How often a source's epoch ended, or its roots were voided. */
export const countOf = (past: History, source: bigint, what: Happening['what']): number =>
  past.sources.get(source)!.filter((one) => one.what === what).length;

/** When a source published a root last, of one that isn't void. */
export function publishedAt(past: History, source: bigint, root: bigint): bigint {
  if (!factsOf(past, source, root).known) return 0n;
  const isOf = (one: Happening): boolean => one.what === 'published' && one.root === root;
  return past.sources.get(source)!.findLast(isOf)!.at;
}
