/**
 * The hash table of PROTOCOL.md section 1: one Poseidon arity hashes one kind of object, and nothing else is hashed
 * into the field. `K` makes field elements of documents and encodings.
 * @module
 */
import type { Hex } from 'viem';
import { keccak256, stringToBytes } from './evm.ts';
import type { Field } from './field.ts';
import { poseidon } from './poseidon.ts';

/** Identity commitment: `H_1(secret)`. */
export function hashCommitment(secret: Field): Field {
  return poseidon(1, [secret]);
}

/** Policy: `H_2(scope, terms)`. */
export function hashPolicy(scope: Field, termsHash: Field): Field {
  return poseidon(2, [scope, termsHash]);
}

/** Nullifier: `H_3(scope, secret, claimIndex)`. */
export function hashNullifier(scope: Field, secret: Field, claimIndex: bigint): Field {
  return poseidon(3, [scope, secret, claimIndex]);
}

/** The four children of a tree node, in order. */
export type Children = readonly [Field, Field, Field, Field];

/** Tree node: `H_4(child0, child1, child2, child3)`. */
export function hashNode(children: Children): Field {
  return poseidon(4, children);
}

/** Nine elements below r. */
export type LeafPreimage = readonly bigint[] & { readonly length: 9 };

/** Attestation leaf: `H_9(schemaId, commitment, issuedAt, expiresAt, salt, v0, v1, v2, v3)`. */
export function hashLeaf(preimage: LeafPreimage): Field {
  return poseidon(9, preimage);
}

/** Terms: `H_15` over the fifteen, in the order of `termsToFields`. */
export function hashTerms(terms: readonly bigint[] & { readonly length: 15 }): Field {
  return poseidon(15, terms);
}

/** `K(bytes) = uint256(keccak256(bytes)) >> 8`: 248 bits, so always canonical, without modular bias. */
export function hashBytes(bytes: Uint8Array | Hex): Field {
  return (BigInt(keccak256(bytes)) >> 8n) as Field;
}

/** `K` of UTF-8 text. */
export function hashText(text: string): Field {
  return hashBytes(stringToBytes(text));
}
