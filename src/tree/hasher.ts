/**
 * What a tree hashes with: many nodes or leaves at a time, in bytes, so that a faster one (WebAssembly lanes, worker
 * threads) fits in.
 * @module
 */
import { buildPoseidon } from 'circomlibjs';
import { invalidInput } from '../errors.ts';
import { NODE_BYTES } from './nodes.ts';

/**
 * Hashes of PROTOCOL.md section 1. Field elements are 32 bytes, big-endian, canonical; neither checks that they are. An
 * answer is an array of its own, which the caller may keep or send away.
 */
export type Hasher = {
  /** `H_4`: four children a node, in order; the answer is one node each. @throws {InvalidInput} unless they are whole */
  readonly nodes: (children: Uint8Array) => Uint8Array;
  /** `H_9`: nine elements a leaf, in order; the answer is one leaf each. @throws {InvalidInput} unless they are whole */
  readonly leaves: (preimages: Uint8Array) => Uint8Array;
};

/** Elements under a node. */
export const CHILDREN = 4;

/** Elements of a leaf's preimage. */
export const PREIMAGE = 9;

/** What is used of circomlibjs' hash: it takes and gives Montgomery form, which `F` converts to and from little-endian. */
type WasmPoseidon = ((inputs: Uint8Array) => Uint8Array) & {
  readonly F: {
    readonly toMontgomery: (littleEndian: Uint8Array) => Uint8Array;
    readonly fromMontgomery: (montgomery: Uint8Array) => Uint8Array;
  };
};

let shared: Promise<Hasher> | undefined;

/** The hasher of circomlibjs (WebAssembly), built once a process. */
export function loadHasher(): Promise<Hasher> {
  shared ??= buildPoseidon().then((poseidon) => fromPoseidon(poseidon as unknown as WasmPoseidon));
  return shared;
}

function fromPoseidon(poseidon: WasmPoseidon): Hasher {
  return {
    nodes: (children) => hashAll(poseidon, children, CHILDREN, 'children'),
    leaves: (preimages) => hashAll(poseidon, preimages, PREIMAGE, 'preimages'),
  };
}

function hashAll(
  poseidon: WasmPoseidon,
  bytes: Uint8Array,
  arity: number,
  name: string,
): Uint8Array {
  const width = arity * NODE_BYTES;
  if (bytes.length % width !== 0)
    throw invalidInput(name, bytes.length, `must be a multiple of ${width} bytes`);
  const hashes = new Uint8Array((bytes.length / width) * NODE_BYTES);
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

/** A copy, whatever kind of array is given: a Buffer's `slice` would be a view. */
function reversed(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes).reverse();
}
