/**
 * The hash table of PROTOCOL.md section 1.
 * @module
 */
import { R, file, k, keccakText, type Json, type Poseidon } from './reference.ts';

const ARITIES = [
  [1, 'identity commitment'],
  [2, 'policy'],
  [3, 'nullifier'],
  [4, 'tree node'],
  [9, 'attestation leaf'],
  [15, 'terms'],
] as const;

/** Poseidon at the arities in use, and `K`, at the edges of the field. */
export function hashVectors(poseidon: Poseidon): Json {
  const fill = (n: number, value: (i: number) => bigint): bigint[] =>
    Array.from({ length: n }, (_, i) => value(i));
  const inputs = (n: number): bigint[][] => [
    fill(n, () => 0n),
    fill(n, () => 1n),
    fill(n, (i) => BigInt(i + 1)),
    fill(n, () => R - 1n),
    fill(n, (i) => (i === 0 ? R - 1n : 0n)),
    fill(n, (i) => (i === n - 1 ? 2n ** 248n - 1n : 2n ** 128n - BigInt(i))),
  ];
  return file({
    poseidon: ARITIES.flatMap(([n, object]) =>
      inputs(n).map((given) => ({
        source: `PROTOCOL.md section 1, H_${n} (${object}); circomlibjs 0.1.7`,
        arity: n.toString(),
        inputs: given,
        output: poseidon(given),
      })),
    ),
    keccak: ['', 'abc', 'eligo', 'a'.repeat(135), 'a'.repeat(136), 'a'.repeat(137), 'é€😀'].map(
      (given) => ({
        source:
          'PROTOCOL.md section 1, K; Keccak of scripts/vectors.ts ("" and "abc" as Ethereum publishes them)',
        utf8: given,
        keccak256: keccakText(given),
        k: k(keccakText(given)),
      }),
    ),
  });
}
