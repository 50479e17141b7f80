/**
 * The model of rootModel.ts with a bug planted, and the contracts with the like: what a comparison of the two must notice.
 * @module
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plant } from './contracts.ts';
import type { Model } from './rootJudge.ts';

const project = resolve(import.meta.dirname, '../..');
const RULE = 'src/verifier/rootRule.ts';
const MODEL = 'test/support/rootModel.ts';
const ACTS = 'test/support/rootActs.ts';
const LISTS = 'test/support/rootListActs.ts';
const PICTURE = 'test/support/rootPicture.ts';

/** What a planted model has of its own; all else it shares with the true one. */
const FILES = [RULE, MODEL, ACTS, LISTS, PICTURE];

/** A bug by what it says, wrongly. */
type Plants = Readonly<Record<string, Plant>>;

/** Bugs in the model and in the library's rule. */
export const MODEL_PLANTS: Plants = {
  'a root outlives its epoch by one second more': {
    file: RULE,
    from: 'now >= facts.endedAt + maxStaleness',
    to: 'now > facts.endedAt + maxStaleness',
  },
  'a source may be silent for one second more': {
    file: RULE,
    from: 'now >= facts.lastPublishedAt + maxSilence',
    to: 'now > facts.lastPublishedAt + maxSilence',
  },
  '2^40-1 seconds of silence are a limit like any other': {
    file: RULE,
    from: 'maxSilence !== NEVER && silent',
    to: 'silent',
  },
  'sums wrap at 2^40': {
    file: RULE,
    from: 'now >= facts.endedAt + maxStaleness',
    to: 'now >= BigInt.asUintN(40, facts.endedAt + maxStaleness)',
  },
  'a root counts from its first publication': {
    file: MODEL,
    from: "happened.findLastIndex((one) => one.what === 'published' && one.root === root)",
    to: "happened.findIndex((one) => one.what === 'published' && one.root === root)",
  },
  'a root that is published again stays void': {
    file: MODEL,
    from: "happened.findLastIndex(({ what }) => what === 'voided') < published",
    to: "!happened.slice(happened.findIndex((one) => one.what === 'published' && one.root === root)).some(({ what }) => what === 'voided') && published !== -1",
  },
  'a frozen member is still heard': {
    file: MODEL,
    from: 'return isFrozen(tree) ? [] :',
    to: 'return tree.made.length === 0 ? [] :',
  },
  'the notice runs from the earlier of both words': {
    file: MODEL,
    from: 'admittedAt > joinedAt',
    to: 'admittedAt < joinedAt',
  },
  'the notice lasts one second more': {
    file: LISTS,
    from: 'at < from + list.notice',
    to: 'at <= from + list.notice',
  },
  "a list's epoch goes on when a member's ends": {
    file: LISTS,
    from: 'if (isMember) end(past, list.id, what, at)',
    to: 'if (isMember) end(past, list.id, { ...what, endsEpoch: false }, at)',
  },
  "a member's correction leaves its lists alone": {
    file: LISTS,
    from: 'if (isMember) end(past, list.id, what, at)',
    to: 'if (isMember && !what.voids) end(past, list.id, what, at)',
  },
  'a freeze voids no list': {
    file: ACTS,
    from: 'tellLists(past, treeId, { endsEpoch: false, voids: true }, at)',
    to: 'tellLists(past, treeId, { endsEpoch: false, voids: false }, at)',
  },
  'unfreezing voids nothing': {
    file: ACTS,
    from: '{ endsEpoch: publication.endsEpoch, voids: true }',
    to: 'publication',
  },
  'what is published during a freeze counts': {
    file: ACTS,
    from: 'if (isFrozen(tree)) tree.made.push',
    to: 'if (isFrozen(tree) && next.voids) tree.made.push',
  },
  'a freeze stops publications': {
    file: ACTS,
    from: "if (!tree) return ['UnknownTree'];\n  const last",
    to: "if (!tree || isFrozen(tree)) return ['UnknownTree'];\n  const last",
  },
  'size and revoked may not fall when a freeze ends': {
    file: ACTS,
    from: 'SizeOutOfRange: next.size > MAX_SIZE,',
    to: 'SizeOutOfRange: next.size > MAX_SIZE || next.size < (last?.size ?? 0),',
  },
  "removal by the list's owner only ends the epoch": {
    file: LISTS,
    from: 'depart(past, list, standing!, { endsEpoch: false, voids: true }, at)',
    to: 'depart(past, list, standing!, { endsEpoch: true, voids: false }, at)',
  },
  'leaving ends nothing': {
    file: LISTS,
    from: 'depart(past, list!, standing!, { endsEpoch: true, voids: false }, at)',
    to: 'depart(past, list!, standing!, { endsEpoch: false, voids: false }, at)',
  },
  'patience lasts one second more': {
    file: LISTS,
    from: '|| at < patience',
    to: '|| at <= patience',
  },
  'a tree may be in five lists': {
    file: LISTS,
    from: 'const MOST_LISTS = 4;',
    to: 'const MOST_LISTS = 5;',
  },
};

/** The like, in the contracts. */
export const CONTRACT_PLANTS: Plants = {
  'a root outlives its epoch by one second more': {
    file: 'contracts/libraries/RootHistory.sol',
    from: 'block.timestamp >= uint256(endedAt) + maxStaleness',
    to: 'block.timestamp > uint256(endedAt) + maxStaleness',
  },
  'a source may be silent for one second more': {
    file: 'contracts/libraries/RootHistory.sol',
    from: 'block.timestamp >= uint256(spoke) + maxSilence',
    to: 'block.timestamp > uint256(spoke) + maxSilence',
  },
  'sums wrap at 2^40': {
    file: 'contracts/libraries/RootHistory.sol',
    from: 'block.timestamp >= uint256(endedAt) + maxStaleness',
    to: 'block.timestamp >= uint40(uint256(endedAt) + maxStaleness)',
  },
  'a freeze voids no list': {
    file: 'contracts/RootRegistry.sol',
    from: '_followTree(treeId, false, true);',
    to: '_followTree(treeId, false, false);',
  },
  'a member that comes in or is unfrozen is not heard until it publishes': {
    file: 'contracts/Memberships.sol',
    from: 'list.times.set(place, own.frozen ? 0 : own.lastPublishedAt);',
    to: 'if (own.frozen || list.tree.places[place] != 0) list.times.set(place, own.frozen ? 0 : own.lastPublishedAt);',
  },
  "a list's epoch goes on when a member's ends": {
    file: 'contracts/Memberships.sol',
    from: 'if (endsEpoch) source.endEpoch(listId);',
    to: 'if (endsEpoch && voids) source.endEpoch(listId);',
  },
  'a root counts from its first publication since it was void': {
    file: 'contracts/libraries/RootHistory.sol',
    from: 'self.marks[root] = Mark(state.epoch, state.generation, uint40(block.timestamp));',
    to: 'if (self.marks[root].generation != state.generation) self.marks[root] = Mark(state.epoch, state.generation, uint40(block.timestamp));',
  },
  'the place of a member that left keeps its time': {
    file: 'contracts/Memberships.sol',
    from: 'list.times.set(seat.place, 0);',
    to: 'if (seat.place != 0) list.times.set(seat.place, 0);',
  },
};

/** The model with one bug. @throws if its line isn't there exactly once: the test would be about nothing */
export async function plantedModel(number: number, plant: Plant): Promise<Model> {
  const folder = join(project, `build/planted-models/${number}`);
  await mkdir(folder, { recursive: true });
  for (const file of FILES) {
    const source = await readFile(join(project, file), 'utf8');
    const parts = file === plant.file ? source.split(plant.from) : [source, ''];
    if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times: ${plant.from}`);
    const text = file === plant.file ? parts.join(plant.to) : source;
    await writeFile(join(folder, basename(file)), withImports(text, file));
  }
  const load = (file: string): Promise<unknown> =>
    import(pathToFileURL(join(folder, basename(file))).href);
  return Object.assign({}, ...(await Promise.all([MODEL, ACTS, PICTURE].map(load)))) as Model;
}

/** Imports as they are found from the copy's folder. */
function withImports(text: string, file: string): string {
  const planted = FILES.map((one) => join(project, one));
  return text.replaceAll(/(?<=from ')\.[^']+(?=';)/g, (name) => {
    const target = join(project, dirname(file), name);
    return planted.includes(target) ? `./${basename(target)}` : pathToFileURL(target).href;
  });
}
