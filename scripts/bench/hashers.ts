/**
 * What hashes in the benchmarks: circomlibjs' Poseidon as a tree's hasher, and ours as the libraries beside us take it.
 * @module
 */
import { buildPoseidon } from 'circomlibjs';
import { bytesToField, fieldToBytes, type Field } from '../../src/protocol/field.ts';
import type { Arity } from '../../src/protocol/poseidon.ts';
import type { Poseidon } from '../../src/kernel/poseidon.ts';
import { CHILDREN, PREIMAGE, type Hasher } from '../../src/tree/hasher.ts';
import { NODE_BYTES } from '../../src/tree/nodes.ts';

/** What is used of circomlibjs' hash: it takes and gives Montgomery form, which `F` converts to and from little-endian. */
export type WasmPoseidon = ((inputs: Uint8Array) => Uint8Array) & {
  readonly F: {
    readonly toMontgomery: (littleEndian: Uint8Array) => Uint8Array;
    readonly fromMontgomery: (montgomery: Uint8Array) => Uint8Array;
  };
};

/** circomlibjs' Poseidon in WebAssembly. */
export async function circomlibjsPoseidon(): Promise<WasmPoseidon> {
  return (await buildPoseidon()) as unknown as WasmPoseidon;
}

/** A tree's hasher of it. */
export function circomlibjsHasher(poseidon: WasmPoseidon): Hasher {
  return {
    nodes: (children) => hashAll(poseidon, children, CHILDREN),
    leaves: (preimages) => hashAll(poseidon, preimages, PREIMAGE),
  };
}

/** Ours for a tree of bigints: it converts faster than circomlibjs itself does. */
export function ofBigints(poseidon: Poseidon, arity: Arity): (inputs: bigint[]) => bigint {
  const bytes = new Uint8Array(arity * NODE_BYTES);
  return (inputs) => {
    inputs.forEach((input, i) => {
      bytes.set(fieldToBytes(input as Field), i * NODE_BYTES);
    });
    return bytesToField(poseidon.hash(arity, bytes), 'hash');
  };
}

function hashAll(poseidon: WasmPoseidon, bytes: Uint8Array, arity: number): Uint8Array {
  const width = arity * NODE_BYTES;
  const hashes = new Uint8Array(bytes.length / arity);
  const inputs = new Uint8Array(width);
  for (let i = 0; i * width < bytes.length; i++) {
    for (let j = 0; j < width; j += NODE_BYTES) {
      const from = i * width + j;
      const element = reversed(bytes.subarray(from, from + NODE_BYTES));
      inputs.set(poseidon.F.toMontgomery(element), j);
    }
    hashes.set(reversed(poseidon.F.fromMontgomery(poseidon(inputs))), i * NODE_BYTES);
  }
  return hashes;
}

function reversed(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes).reverse();
}
