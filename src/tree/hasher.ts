/**
 * What a tree hashes with: many nodes or leaves at a time, in bytes, which the kernel's lanes take side by side.
 * @module
 */
import { loadKernel } from '../kernel/kernel.ts';
import { createPoseidon } from '../kernel/poseidon.ts';

/**
 * Hashes of PROTOCOL.md section 1. Field elements are 32 bytes, big-endian. An answer is an array of its own, which the
 * caller may keep or send away.
 */
export type Hasher = {
  /**
   * `H_4`: four children a node, in order; the answer is one node each.
   * @throws {InvalidInput} unless they are whole and canonical
   */
  readonly nodes: (children: Uint8Array) => Uint8Array;
  /**
   * `H_9`: nine elements a leaf, in order; the answer is one leaf each.
   * @throws {InvalidInput} unless they are whole and canonical
   */
  readonly leaves: (preimages: Uint8Array) => Uint8Array;
};

/** Elements under a node. */
export const CHILDREN = 4;

/** Elements of a leaf's preimage. */
export const PREIMAGE = 9;

let shared: Promise<Hasher> | undefined;

/**
 * The hasher of this thread, made once, with a kernel of its own.
 * @throws {InvalidInput} if the environment asks for a kernel that doesn't run here
 */
export function loadHasher(): Promise<Hasher> {
  shared ??= loadKernel().then((kernel) => {
    const poseidon = createPoseidon(kernel);
    return {
      nodes: (children) => poseidon.hash(CHILDREN, children, 'children'),
      leaves: (preimages) => poseidon.hash(PREIMAGE, preimages, 'preimages'),
    };
  });
  return shared;
}
