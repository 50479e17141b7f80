/**
 * Leaves for the benchmarks of trees.
 * @module
 */
import { randomFillSync } from 'node:crypto';
import { NODE_BYTES } from '../../src/tree/nodes.ts';

/** So many field elements, 32 bytes each. */
export function randomLeaves(count: number): Uint8Array {
  const leaves = randomFillSync(new Uint8Array(count * NODE_BYTES));
  for (let i = 0; i < count; i++) leaves[i * NODE_BYTES] = 0; // below r
  return leaves;
}
