/**
 * The holder's secret, and what may be seen of it (PROTOCOL.md section 2, "Identity").
 * @module
 */
import { platformRandom, randomField, toField, toSecretField, toUint } from './field.ts';
import type { Field, IntegerInput, RandomSource } from './field.ts';
import { hashCommitment, hashNullifier } from './hash.ts';

/** A holder. `secret` must never leave the holder's machine; issuers get `commitment` only. */
export type Identity = {
  /** Uniform in `[1, r)`. */
  readonly secret: Field;
  /** `H_1(secret)`. */
  readonly commitment: Field;
};

/**
 * Makes an identity from 64 random bytes, or takes one up again from its secret.
 * @param options.secret a secret that was kept
 * @param options.random the source of bytes; the platform's CSPRNG unless given
 * @throws {InvalidInput} if the secret is not in `[1, r)`; the message does not show it
 * @example const identity = createIdentity();
 */
export function createIdentity(
  options: { readonly secret?: IntegerInput; readonly random?: RandomSource } = {},
): Identity {
  const secret =
    options.secret === undefined
      ? drawSecret(options.random ?? platformRandom)
      : toSecretField(options.secret, 'secret');
  return { secret, commitment: hashCommitment(secret) };
}

function drawSecret(random: RandomSource): Field {
  let secret = randomField(random);
  while (secret === 0n) secret = randomField(random);
  return secret;
}

/**
 * The nullifier of a claim: the same for every attestation of this secret, unlinkable between scopes and claim indices.
 * @param parameters.claimIndex u32
 * @throws {InvalidInput}
 */
export function computeNullifier(parameters: {
  readonly scope: IntegerInput;
  readonly secret: IntegerInput;
  readonly claimIndex: IntegerInput;
}): Field {
  return hashNullifier(
    toField(parameters.scope, 'scope'),
    toSecretField(parameters.secret, 'secret'),
    toUint(parameters.claimIndex, 'claimIndex', 32),
  );
}
