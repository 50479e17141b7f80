/**
 * Nodes as bytes: a field element is 32 bytes, big-endian, canonical, and many of them stand one after the other. A
 * million leaves are 32 MB so, and go to a thread or a file as they are.
 * @module
 */
import { invalidInput } from '../errors.ts';
import {
  FIELD_BYTES,
  FIELD_ORDER,
  bytesToField,
  fieldToBytes,
  type Field,
} from '../protocol/field.ts';

/** Bytes of a node. */
export const NODE_BYTES = FIELD_BYTES;

const ORDER_BYTES = fieldToBytes(FIELD_ORDER as Field);

/** Field elements as the bytes of nodes. @param read gives the element of an index, and is called in order */
export function packFields(count: number, read: (index: number) => Field): Uint8Array {
  const bytes = new Uint8Array(count * NODE_BYTES);
  for (let i = 0; i < count; i++) bytes.set(fieldToBytes(read(i)), i * NODE_BYTES);
  return bytes;
}

/** The field element of the node at an index. @throws {InvalidInput} if it isn't canonical */
export function fieldAt(nodes: Uint8Array, index: number): Field {
  return bytesToField(nodes.subarray(index * NODE_BYTES, (index + 1) * NODE_BYTES), 'node');
}

/**
 * Checks nodes that come from outside: whole ones, each below r. No bigint is made, so that a block costs microseconds.
 * @param name what the error names
 * @throws {InvalidInput}
 */
export function checkNodes(nodes: Uint8Array, name: string): void {
  if (nodes.length % NODE_BYTES !== 0)
    throw invalidInput(name, nodes.length, `must be a multiple of ${NODE_BYTES} bytes`);
  for (let i = 0; i < nodes.length / NODE_BYTES; i++) {
    if (!isCanonical(nodes, i * NODE_BYTES))
      throw invalidInput(`${name}[${i}]`, undefined, 'must be a field element below r, big-endian');
  }
}

function isCanonical(nodes: Uint8Array, offset: number): boolean {
  for (let i = 0; i < NODE_BYTES; i++) {
    const difference = (nodes[offset + i] ?? 0) - (ORDER_BYTES[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
