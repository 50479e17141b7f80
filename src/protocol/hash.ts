/**
 * The hash table of PROTOCOL.md section 1: one Poseidon arity hashes one kind of object, and nothing else is hashed
 * into the field. `K` makes field elements of documents and encodings.
 * @module
 */
import { poseidon1 } from 'poseidon-lite/poseidon1';
import { poseidon2 } from 'poseidon-lite/poseidon2';
import { poseidon3 } from 'poseidon-lite/poseidon3';
import { poseidon4 } from 'poseidon-lite/poseidon4';
import { poseidon9 } from 'poseidon-lite/poseidon9';
import { poseidon15 } from 'poseidon-lite/poseidon15';
import type { Hex } from 'viem';
import { keccak256, stringToBytes } from './evm.ts';
import type { Field } from './field.ts';

/** Identity commitment: `H_1(secret)`. */
export function hashCommitment(secret: Field): Field {
  return poseidon1([secret]) as Field;
}

/** Policy: `H_2(scope, terms)`. */
export function hashPolicy(scope: Field, termsHash: Field): Field {
  return poseidon2([scope, termsHash]) as Field;
}

/** Nullifier: `H_3(scope, secret, claimIndex)`. */
export function hashNullifier(scope: Field, secret: Field, claimIndex: bigint): Field {
  return poseidon3([scope, secret, claimIndex]) as Field;
}

/** The four children of a tree node, in order. */
export type Children = readonly [Field, Field, Field, Field];

/** Tree node: `H_4(child0, child1, child2, child3)`. */
export function hashNode(children: Children): Field {
  return poseidon4([...children]) as Field;
}

/** Nine elements below r. */
export type LeafPreimage = readonly bigint[] & { readonly length: 9 };

/** Attestation leaf: `H_9(schemaId, commitment, issuedAt, expiresAt, salt, v0, v1, v2, v3)`. */
export function hashLeaf(preimage: LeafPreimage): Field {
  return poseidon9([...preimage]) as Field;
}

/** Terms: `H_15` over the fifteen, in the order of `termsToFields`. */
export function hashTerms(terms: readonly bigint[] & { readonly length: 15 }): Field {
  return poseidon15([...terms]) as Field;
}

/** `K(bytes) = uint256(keccak256(bytes)) >> 8`: 248 bits, so always canonical, without modular bias. */
export function hashBytes(bytes: Uint8Array | Hex): Field {
  return (BigInt(keccak256(bytes)) >> 8n) as Field;
}

/** `K` of UTF-8 text. */
export function hashText(text: string): Field {
  return hashBytes(stringToBytes(text));
}
