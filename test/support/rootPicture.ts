/**
 * All that can be read of a registry at one moment, in words: what the model says, to be held against what the
 * contracts say.
 * @module
 */
import {
  countOf,
  factsOf,
  isFrozen,
  lastPublishedAt,
  latest,
  listsJoined,
  membersOf,
  newestRoot,
  noticeFrom,
  publishedAt,
  verdictOn,
  type History,
  type List,
} from './rootModel.ts';
import { READERS } from './rootSequence.ts';

/** A root, and the source that is asked for it. */
export type AskedRoot = { readonly source: bigint; readonly root: bigint };

/** What there is to ask after a block. */
export type Question = {
  readonly trees: readonly bigint[];
  readonly lists: readonly bigint[];
  /** Each root that a source ever published. */
  readonly roots: readonly AskedRoot[];
  /** Each root of a tree or of another source. */
  readonly foreign: readonly AskedRoot[];
};

/** Things by name, each with what is so of it. */
export type Picture = ReadonlyMap<string, string>;

/** What is so of one thing, in words; both sides say it in the same order. */
export const said = (facts: Readonly<Record<string, unknown>>): string =>
  Object.entries(facts)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ');

export const nameOfRoot = ({ source, root }: AskedRoot): string =>
  `root ${root.toString()} of source ${source.toString()}`;

/** Everything, of everything that there is. */
export function questionOf(past: History): Question {
  const published = [...past.sources].map(([source, happened]) => ({
    source,
    roots: new Set(happened.flatMap((one) => (one.what === 'published' ? [one.root] : []))),
  }));
  const treeRoots = [...past.trees.values()].flatMap((tree) => latest(tree)?.root ?? []);
  const every = new Set([0n, ...treeRoots, ...published.flatMap(({ roots }) => [...roots])]);
  return {
    trees: [...past.trees.keys()],
    lists: [...past.lists.keys()],
    roots: published.flatMap(({ source, roots }) => [...roots].map((root) => ({ source, root }))),
    foreign: published.flatMap(({ source, roots }) =>
      [...every].flatMap((root) => (roots.has(root) ? [] : [{ source, root }])),
    ),
  };
}

/** What the model says. */
export function pictureOf(past: History, question: Question, now: bigint): Picture {
  const picture = new Map<string, string>([['time', now.toString()]]);
  for (const id of question.trees) {
    picture.set(`tree ${id.toString()}`, treeInWords(past, id));
    picture.set(`source ${id.toString()}`, sourceInWords(past, id));
  }
  for (const id of question.lists) {
    picture.set(`list ${id.toString()}`, listInWords(past.lists.get(id)!));
    picture.set(`source ${id.toString()}`, sourceInWords(past, id));
  }
  for (const asked of question.roots) {
    const facts = factsOf(past, asked.source, asked.root);
    const at = publishedAt(past, asked.source, asked.root);
    picture.set(nameOfRoot(asked), said({ ...facts, publishedAt: at }));
    const verdicts = READERS.map((reader) => verdictOn(facts, reader, now));
    picture.set(`verdicts on ${nameOfRoot(asked)}`, verdicts.join());
  }
  for (const asked of question.foreign) {
    const verdict = verdictOn(factsOf(past, asked.source, asked.root), READERS[0]!, now);
    picture.set(`verdict on ${nameOfRoot(asked)}`, verdict);
  }
  return picture;
}

function treeInWords(past: History, id: bigint): string {
  const tree = past.trees.get(id)!;
  const { sequence = 0n, size = 0, revoked = 0n, root = 0n } = latest(tree) ?? {};
  const joined = listsJoined(past, id).map((list) => list.id);
  const facts = { issuerId: tree.issuerId, sequence, size, revoked, root };
  return said({ ...facts, frozen: isFrozen(tree), joined: joined.join(' ') });
}

function sourceInWords(past: History, id: bigint): string {
  return said({
    root: newestRoot(past, id),
    epoch: countOf(past, id, 'epoch ended'),
    generation: 1 + countOf(past, id, 'voided'),
    lastPublishedAt: lastPublishedAt(past, id),
  });
}

function listInWords(list: List): string {
  const { owner, offeredTo = '', notice, memberSilence } = list;
  const inForce = new Set(membersOf(list));
  const members = list.memberships
    .filter(({ place, goneAt }) => place !== undefined && goneAt === undefined)
    .sort((one, other) => one.place! - other.place!)
    .map((one) => memberInWords(one.place!, one.treeId, noticeFrom(one), inForce.has(one)));
  return said({ owner, offeredTo, notice, memberSilence, members: members.join('; ') });
}

/** One place of a list. */
export const memberInWords = (
  place: number,
  treeId: bigint,
  since: bigint | number | undefined,
  inForce: boolean,
): string => said({ place, treeId, since: since ?? 0, inForce });
