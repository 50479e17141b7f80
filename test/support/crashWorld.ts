/**
 * What the killed issuer and those who look after it share.
 * @module
 */
import { hashLeaf, hashNode, type Children } from '../../src/protocol/hash.ts';
import { bytesToField, fieldToBytes, type Field } from '../../src/protocol/field.ts';
import { defineSchema } from '../../src/protocol/schema.ts';
import type { Hasher } from '../../src/tree/hasher.ts';

export const crashSchema = defineSchema({
  eligo: 'schema/1',
  name: 'Membership',
  version: '1',
  description: 'Somebody is a member',
  fields: [{ name: 'member', type: 'bool', description: 'A member', set: true }],
});

/** Numbers in [0, 1) from a seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The protocol's own hash: slower by the hash, but there at once, and a process that is killed hashes little. */
export const slowHasher: Hasher = {
  nodes: (children) => hashEach(children, 4, (node) => hashNode(node as unknown as Children)),
  leaves: (preimages) => hashEach(preimages, 9, (leaf) => hashLeaf(leaf as never)),
};

function hashEach(
  bytes: Uint8Array,
  arity: number,
  hash: (elements: readonly Field[]) => Field,
): Uint8Array {
  const width = 32 * arity;
  const count = bytes.length / width;
  const hashes = new Uint8Array(32 * count);
  for (let i = 0; i < count; i++) {
    const elements = Array.from({ length: arity }, (_, j) => {
      const start = i * width + 32 * j;
      return bytesToField(bytes.subarray(start, start + 32), 'element');
    });
    hashes.set(fieldToBytes(hash(elements)), 32 * i);
  }
  return hashes;
}
