/**
 * What a tree hashes its nodes with: many at a time, so that a faster one (WebAssembly lanes, worker threads) fits in.
 * @module
 */
import { buildPoseidon } from 'circomlibjs';
import type { Field } from '../protocol/field.ts';

/** Hashes nodes: `children` holds four field elements a node, in order; the answer one each. */
export type NodeHasher = (children: readonly Field[]) => readonly Field[];

let shared: Promise<NodeHasher> | undefined;

/** The hasher of circomlibjs (WebAssembly), built once a process: H_4 of PROTOCOL.md section 1. */
export function loadHasher(): Promise<NodeHasher> {
  shared ??= buildHasher();
  return shared;
}

async function buildHasher(): Promise<NodeHasher> {
  const poseidon = await buildPoseidon();
  return (children) => {
    const parents: Field[] = [];
    for (let i = 0; i < children.length; i += 4) {
      parents.push(poseidon.F.toObject(poseidon(children.slice(i, i + 4))) as Field);
    }
    return parents;
  };
}
