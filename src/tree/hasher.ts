/**
 * What a tree hashes its nodes with: many at a time, so that a faster one (WebAssembly lanes, worker threads) fits in.
 * @module
 */
import { buildPoseidon } from 'circomlibjs';
import type { Field } from '../protocol/field.ts';

/** Hashes nodes: `children` holds four field elements a node, in order; the answer one each. */
export type NodeHasher = (children: readonly Field[]) => readonly Field[];

/** What is used of circomlibjs' hash, whose field is untyped: digests are Montgomery bytes until `toObject`. */
type WasmPoseidon = ((inputs: readonly bigint[]) => Uint8Array) & {
  readonly F: { readonly toObject: (digest: Uint8Array) => bigint };
};

let shared: Promise<NodeHasher> | undefined;

/** The hasher of circomlibjs (WebAssembly), built once a process: H_4 of PROTOCOL.md section 1. */
export function loadHasher(): Promise<NodeHasher> {
  shared ??= buildPoseidon().then((poseidon) => fromPoseidon(poseidon as unknown as WasmPoseidon));
  return shared;
}

function fromPoseidon(poseidon: WasmPoseidon): NodeHasher {
  return (children) => {
    const parents: Field[] = [];
    for (let i = 0; i < children.length; i += 4) {
      parents.push(poseidon.F.toObject(poseidon(children.slice(i, i + 4))) as Field);
    }
    return parents;
  };
}
