/**
 * A subtree: the one algorithm of every tree here. It has a depth and stands on nodes of a level (`base`); a whole tree is
 * the subtree of depth 14 on level 0, a block of the stored tree one of depth 5 or 4. It keeps one array of bytes a level,
 * and of it only what is used. A batch rehashes each node above its changes exactly once, a level in few calls.
 * @module
 */
import { invalidInput } from '../errors.ts';
import { joinBytes } from '../protocol/codec.ts';
import { siblingsOf, type Siblings } from '../protocol/merklePath.ts';
import { CHILDREN, type Hasher } from './hasher.ts';
import { NODE_BYTES, checkNodes, fieldAt } from './nodes.ts';

/** Levels of a subtree, and the level that its leaves have in the whole tree. */
export type Shape = { readonly depth: number; readonly base: number };

/** Leaves to write, by index: in any order, the last of several wins. `nodes` holds 32 bytes an index. */
export type Changes = {
  readonly indices: Uint16Array | Uint32Array;
  readonly nodes: Uint8Array;
};

/** A subtree. Nodes are given and taken as 32 bytes each; whoever brings them in has checked that they are canonical. */
export type Subtree = {
  /** The number of leaves used: one more than the last index written. */
  readonly size: () => number;
  readonly root: () => Uint8Array;
  /** The used leaves, one after the other: a view, which the next change may leave behind. */
  readonly leaves: () => Uint8Array;
  /** What stands beside a leaf's path, lowest level first. The index is below the capacity. */
  readonly siblings: (index: number) => readonly Siblings[];
  /** Writes leaves; what is skipped before a new one is empty. @throws {InvalidInput} beyond the capacity */
  readonly write: (changes: Changes) => void;
  /** Writes leaves behind the last. @throws {InvalidInput} if they don't fit */
  readonly append: (nodes: Uint8Array) => void;
  /**
   * The used nodes of every level, leaves first, the root last; of an unused subtree nothing. The length tells the number
   * of leaves, because each leaf adds a node at least.
   */
  readonly toBlock: () => Uint8Array<ArrayBuffer>;
};

/** No tree here is deeper: the circuit's has 16 levels. */
const DEEPEST = 16;

/** Nodes hashed in one call: half a megabyte of children. */
const SLICE = 4_096;

/** What changes in a subtree, and what its unused nodes are. */
type State = {
  size: number;
  readonly levels: Uint8Array[];
  readonly empties: readonly Uint8Array[];
};

const known = new WeakMap<Hasher, readonly Uint8Array[]>();

/** Roots of the empty trees of depth 0 to 16, which a hasher computes once. */
export function emptyNodes(hasher: Hasher): readonly Uint8Array[] {
  const found = known.get(hasher);
  if (found) return found;
  const nodes: Uint8Array[] = [new Uint8Array(NODE_BYTES)];
  for (let level = 0; level < DEEPEST; level++) {
    const children = new Uint8Array(CHILDREN * NODE_BYTES);
    for (let i = 0; i < CHILDREN; i++) children.set(nodes[level] as Uint8Array, i * NODE_BYTES);
    nodes.push(hasher.nodes(children));
  }
  known.set(hasher, nodes);
  return nodes;
}

/**
 * Makes a subtree.
 * @param options.block what `toBlock` gave; it is copied. Its inner nodes are believed: `checkBlock` doubts them
 * @throws {InvalidInput} if the block can't be one of this depth
 * @example
 * const subtree = createSubtree({ depth: 5, base: 0 }, hasher);
 * subtree.append(leaves);
 */
export function createSubtree(
  options: Shape & { readonly block?: Uint8Array | undefined },
  hasher: Hasher,
): Subtree {
  const { depth, base } = options;
  const block = new Uint8Array(options.block ?? []);
  const size = countLeaves(block, depth);
  const empties = emptyNodes(hasher).slice(base, base + depth + 1);
  const state: State = { size, levels: cut(block, size, depth), empties };
  return {
    size: () => state.size,
    root: () => nodeAt(state, depth, 0),
    leaves: () => usedPart(state, 0),
    siblings: (index) => siblingsAt(state, index),
    write: (changes) => {
      write(state, changes, hasher);
    },
    append: (nodes) => {
      const count = nodes.length / NODE_BYTES;
      const indices = Uint32Array.from({ length: count }, (_, i) => state.size + i);
      write(state, { indices, nodes }, hasher);
    },
    toBlock: () => joinBytes(state.levels.map((_, level) => usedPart(state, level))),
  };
}

/** The used leaves of what `toBlock` gave, as a view. @throws {InvalidInput} if the block can't be one of this depth */
export function leavesOfBlock(block: Uint8Array, depth: number): Uint8Array {
  return block.subarray(0, countLeaves(block, depth) * NODE_BYTES);
}

function write(state: State, changes: Changes, hasher: Hasher): void {
  const { levels, empties } = state;
  const [depth, capacity] = [levels.length - 1, CHILDREN ** (levels.length - 1)];
  const { nodes } = changes;
  const indices = Uint32Array.from(changes.indices);
  if (nodes.length !== indices.length * NODE_BYTES)
    throw invalidInput('nodes', nodes.length, `must be ${NODE_BYTES} bytes an index`);
  const end = indices.reduce((most, index) => Math.max(most, index + 1), 0);
  if (end > capacity)
    throw invalidInput('indices', end - 1, `a subtree of depth ${depth} has ${capacity} leaves`);
  const size = Math.max(state.size, end);
  levels.forEach((level, i) => {
    const [used, wanted] = [usedAt(state.size, i), usedAt(size, i)];
    levels[i] = grown(level, used, wanted, CHILDREN ** (depth - i), empties[i] as Uint8Array);
  });
  state.size = size;
  place(levels[0] as Uint8Array, indices, nodes);
  rehash(state, sortedOnce(indices), hasher);
}

function siblingsAt(state: State, index: number): readonly Siblings[] {
  return Array.from({ length: state.levels.length - 1 }, (_, level) => {
    const at = Math.floor(index / CHILDREN ** level);
    const family = at - (at % CHILDREN);
    const child = (place: number) => fieldAt(nodeAt(state, level, family + place), 0);
    return siblingsOf([child(0), child(1), child(2), child(3)], at % CHILDREN);
  });
}

/** A copy of one node. */
function nodeAt(state: State, level: number, index: number): Uint8Array {
  const used = index < usedAt(state.size, level);
  const nodes = (used ? state.levels : state.empties)[level] as Uint8Array;
  const start = used ? index * NODE_BYTES : 0;
  return nodes.slice(start, start + NODE_BYTES);
}

/** The number of nodes used at a level above so many leaves. */
function usedAt(leaves: number, level: number): number {
  return Math.ceil(leaves / CHILDREN ** level);
}

function usedPart(state: State, level: number): Uint8Array {
  return (state.levels[level] as Uint8Array).subarray(0, usedAt(state.size, level) * NODE_BYTES);
}

/** The number of leaves of a block. @throws {InvalidInput} for bytes that no number of leaves gives, or a node above r */
function countLeaves(block: Uint8Array, depth: number): number {
  checkNodes(block, 'block');
  const nodes = block.length / NODE_BYTES;
  const nodesOf = (leaves: number): number => {
    let sum = 0;
    for (let level = 0; level <= depth; level++) sum += usedAt(leaves, level);
    return sum;
  };
  let [low, high] = [0, CHILDREN ** depth];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (nodesOf(middle) < nodes) low = middle + 1;
    else high = middle;
  }
  if (nodesOf(low) !== nodes)
    throw invalidInput('block', block.length, `must be a whole subtree of depth ${depth}`);
  return low;
}

function cut(block: Uint8Array, leaves: number, depth: number): Uint8Array[] {
  let offset = 0;
  return Array.from({ length: depth + 1 }, (_, level) => {
    const start = offset;
    offset += usedAt(leaves, level) * NODE_BYTES;
    return block.subarray(start, offset);
  });
}

/** A level with room for `wanted` nodes, the new ones empty. Room doubles, so that appending one by one stays cheap. */
function grown(
  level: Uint8Array,
  used: number,
  wanted: number,
  most: number,
  empty: Uint8Array,
): Uint8Array {
  let roomy = level;
  if (wanted * NODE_BYTES > level.length) {
    roomy = new Uint8Array(Math.min(most, Math.max(wanted, 2 * used)) * NODE_BYTES);
    roomy.set(level.subarray(0, used * NODE_BYTES));
  }
  for (let i = used; i < wanted; i++) roomy.set(empty, i * NODE_BYTES);
  return roomy;
}

function place(level: Uint8Array, indices: Uint32Array, nodes: Uint8Array): void {
  indices.forEach((index, i) => {
    level.set(nodes.subarray(i * NODE_BYTES, (i + 1) * NODE_BYTES), index * NODE_BYTES);
  });
}

/** Hashes what stands above these leaves (ascending), level by level. */
function rehash(state: State, changed: Uint32Array, hasher: Hasher): void {
  let indices = changed;
  for (let level = 0; level + 1 < state.levels.length; level++) {
    indices = sortedOnce(indices.map((index) => Math.floor(index / CHILDREN)));
    for (let from = 0; from < indices.length; from += SLICE) {
      const parents = indices.subarray(from, from + SLICE);
      const empty = state.empties[level] as Uint8Array;
      const children = gather(usedPart(state, level), empty, parents);
      place(state.levels[level + 1] as Uint8Array, parents, hasher.nodes(children));
    }
  }
}

/** The children of these parents. What lies beyond the used nodes is empty. */
function gather(used: Uint8Array, empty: Uint8Array, parents: Uint32Array): Uint8Array {
  const width = CHILDREN * NODE_BYTES;
  const children = new Uint8Array(parents.length * width);
  parents.forEach((parent, i) => {
    const held = used.subarray(parent * width, (parent + 1) * width);
    children.set(held, i * width);
    for (let end = held.length; end < width; end += NODE_BYTES)
      children.set(empty, i * width + end);
  });
  return children;
}

/** Ascending, each once. */
function sortedOnce(indices: Uint32Array): Uint32Array {
  const sorted = indices.slice().sort();
  return sorted.filter((index, i) => i === 0 || index !== sorted[i - 1]);
}
