/**
 * What the tests of src/tree hold trees against: the reference of the page, a slow twin that hashes every node with the
 * protocol's own hash, and a hasher that counts.
 * @module
 */
import { IncrementalMerkleTree } from '@zk-kit/incremental-merkle-tree';
import { bytesToField, fieldToBytes, type Field } from '../../src/protocol/field.ts';
import { hashNode, type Children } from '../../src/protocol/hash.ts';
import { siblingsOf, type Siblings } from '../../src/protocol/merklePath.ts';
import type { Hasher } from '../../src/tree/hasher.ts';
import { referencePoseidon } from '../../scripts/vectors/reference.ts';

/** Field elements, one after the other. */
export function packed(fields: readonly bigint[]): Uint8Array {
  return Uint8Array.from(fields.flatMap((field) => [...fieldToBytes(field as Field)]));
}

/** The inverse of `packed`. */
export function unpacked(nodes: Uint8Array): readonly Field[] {
  return Array.from({ length: nodes.length / 32 }, (_, i) =>
    bytesToField(nodes.subarray(32 * i, 32 * i + 32), 'node'),
  );
}

/** A leaf that is no other's. */
export const leafOf = (n: number): Field => (2n ** 200n + BigInt(n)) as Field;

/** Leaves number 0 to `count - 1`. */
export const someLeaves = (count: number): readonly Field[] =>
  Array.from({ length: count }, (_, n) => leafOf(n));

/** The tree of the page's reference, arity 4, with siblings as the circuit takes them. */
export async function referenceTree(depth: number, leaves: readonly Field[]) {
  const poseidon = await referencePoseidon();
  const hash = (children: bigint[]): bigint => poseidon(children);
  const tree = new IncrementalMerkleTree(hash, depth, 0n, 4, [...leaves]);
  return {
    root: () => tree.root,
    insert: (leaf: bigint) => {
      tree.insert(leaf);
    },
    update: (position: number, leaf: bigint) => {
      tree.update(position, leaf);
    },
    siblings: (position: number) =>
      tree
        .createProof(position)
        .siblings.map(([a, b, c], level) =>
          Math.floor(position / 4 ** level) % 4 < 2 ? [a, b, c] : [c, a, b],
        ),
  };
}

/** The slow twin: a tree of few leaves at any positions, each node hashed anew with the protocol's own hash. */
export function slowTwin(leaves: ReadonlyMap<number, Field>, depth: number) {
  const empties = [0n as Field];
  const levels: ReadonlyMap<number, Field>[] = [leaves];
  const family = (level: number, index: number): Children => {
    const child = (place: number): Field =>
      levels[level]!.get(index - (index % 4) + place) ?? empties[level]!;
    return [child(0), child(1), child(2), child(3)];
  };
  for (let level = 0; level < depth; level++) {
    const empty = empties[level]!;
    empties.push(hashNode([empty, empty, empty, empty]));
    const above = [...levels[level]!.keys()].map(
      (index) => [Math.floor(index / 4), hashNode(family(level, index))] as const,
    );
    levels.push(new Map(above));
  }
  return {
    root: levels[depth]!.get(0) ?? empties[depth]!,
    siblings: (position: number): readonly Siblings[] =>
      Array.from({ length: depth }, (_, level) => {
        const index = Math.floor(position / 4 ** level);
        return siblingsOf(family(level, index), index % 4);
      }),
  };
}

/** The number of nodes above these leaves, each counted once. */
export function nodesAbove(indices: readonly number[], depth: number): number {
  let sum = 0;
  for (let level = 1; level <= depth; level++)
    sum += new Set(indices.map((index) => Math.floor(index / 4 ** level))).size;
  return sum;
}

/** A hasher that counts the nodes it hashes, and the most of one call. */
export function countingHasher(hasher: Hasher) {
  let [nodes, most] = [0, 0];
  return {
    hasher: {
      ...hasher,
      nodes: (children: Uint8Array) => {
        nodes += children.length / 128;
        most = Math.max(most, children.length / 128);
        return hasher.nodes(children);
      },
    },
    /** The nodes hashed since it was last asked. */
    count: (): number => {
      const counted = nodes;
      nodes = 0;
      return counted;
    },
    most: () => most,
  };
}
