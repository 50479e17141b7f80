/**
 * Secrets, commitments, nullifiers.
 * @module
 */
import { HIDDEN, R, file, word, type Json, type Poseidon } from './reference.ts';
import { SCOPE, SECRET, SECRETS } from './inputs.ts';

/** `H_1`, `H_3` and the reduction of 64 bytes. */
export function identityVectors(poseidon: Poseidon): Json {
  const wide = [
    '00'.repeat(64),
    `${'00'.repeat(63)}01`,
    'ff'.repeat(64),
    word(0n) + word(R),
    word(R) + word(7n),
    Array.from({ length: 64 }, (_, i) => (i + 1).toString(16).padStart(2, '0')).join(''),
  ];
  return file({
    commitments: SECRETS.map((secret) => ({
      source: 'PROTOCOL.md section 2, Identity: H_1(secret); circomlibjs',
      secret,
      commitment: poseidon([secret]),
    })),
    reductions: wide.map((hex) => ({
      source: 'PROTOCOL.md section 2, Identity: 64 bytes, big-endian, mod r; 0 is drawn again',
      bytes: `0x${hex}`,
      reduced: BigInt(`0x${hex}`) % R,
    })),
    nullifiers: (
      [
        [SCOPE, SECRET, 0n],
        [SCOPE, SECRET, 1n],
        [SCOPE, SECRET, HIDDEN],
        [SCOPE, 1n, 0n],
        [R - 1n, R - 1n, HIDDEN],
      ] as const
    ).map(([scope, secret, claimIndex]) => ({
      source: 'PROTOCOL.md section 1, nullifier: H_3(scope, secret, claimIndex); circomlibjs',
      scope,
      secret,
      claimIndex,
      nullifier: poseidon([scope, secret, claimIndex]),
    })),
  });
}
