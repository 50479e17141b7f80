/**
 * An attestation: an issuer's statement about a commitment, one leaf of the tree (PROTOCOL.md section 2, "Attestation").
 * @module
 */
import { invalidInput } from '../errors.ts';
import { NEVER, platformRandom, randomField, toField, toTime, toUint } from './field.ts';
import type { Field, IntegerInput, RandomSource } from './field.ts';
import { hashLeaf, type LeafPreimage } from './hash.ts';
import type { Schema } from './schema.ts';
import { encodeValues, type ValueInput, type Values } from './value.ts';

/** Seconds of a UTC day. */
export const DAY = 86_400n;

/** Valid at `t` iff `issuedAt <= t <= expiresAt`. Its salt and values are personal data. */
export type Attestation = {
  readonly schemaId: Field;
  /** The holder's identity commitment. */
  readonly commitment: Field;
  /** Unix seconds, u40; floored to the UTC day. */
  readonly issuedAt: bigint;
  /** Unix seconds, u40; `NEVER` for no expiry. */
  readonly expiresAt: bigint;
  /** Random, one per attestation: hides the values from whoever knows the commitment. */
  readonly salt: Field;
  /** u96 each, by slot. */
  readonly values: Values;
};

/**
 * Makes an attestation. `issuedAt` is floored to the UTC day: a one-second window singles a person out.
 * @param parameters.issuedAt  Unix seconds
 * @param parameters.expiresAt Unix seconds; `NEVER` if left out
 * @param parameters.salt      a random field element; drawn from the platform's CSPRNG if left out
 * @throws {InvalidInput} naming the field, the value and the rule
 */
export function createAttestation(parameters: {
  readonly schema: Schema;
  readonly commitment: IntegerInput;
  readonly issuedAt: IntegerInput;
  readonly expiresAt?: IntegerInput;
  readonly values: Readonly<Record<string, ValueInput>>;
  readonly salt?: IntegerInput;
  readonly random?: RandomSource;
}): Attestation {
  const { schema, salt, random = platformRandom } = parameters;
  const issuedAt = toTime(parameters.issuedAt, 'issuedAt');
  return checkAttestation({
    schemaId: schema.id,
    commitment: parameters.commitment,
    issuedAt: issuedAt - (issuedAt % DAY),
    expiresAt: parameters.expiresAt ?? NEVER,
    salt: salt ?? randomField(random),
    values: encodeValues(schema, parameters.values),
  });
}

/**
 * Parses and range-checks an attestation from outside.
 * @throws {InvalidInput}
 */
export function checkAttestation(input: {
  readonly schemaId: IntegerInput;
  readonly commitment: IntegerInput;
  readonly issuedAt: IntegerInput;
  readonly expiresAt: IntegerInput;
  readonly salt: IntegerInput;
  readonly values: readonly IntegerInput[];
}): Attestation {
  const issuedAt = toTime(input.issuedAt, 'issuedAt');
  const expiresAt = toTime(input.expiresAt, 'expiresAt');
  if (expiresAt < issuedAt)
    throw invalidInput(
      'expiresAt',
      expiresAt,
      `must not be before issuedAt (${issuedAt.toString()})`,
    );
  if (input.values.length !== 4)
    throw invalidInput('values', input.values.length, 'must be four slots');
  const slot = (i: number): bigint => toUint(input.values[i], `values[${i}]`, 96);
  return {
    schemaId: toField(input.schemaId, 'schemaId'),
    commitment: toField(input.commitment, 'commitment'),
    issuedAt,
    expiresAt,
    salt: toSalt(input.salt),
    values: [slot(0), slot(1), slot(2), slot(3)],
  };
}

/** The leaf: `H_9(schemaId, commitment, issuedAt, expiresAt, salt, v0, v1, v2, v3)`. */
export function hashAttestation(attestation: Attestation): Field {
  return hashLeaf(preimageOf(attestation));
}

/** What the leaf is the hash of: nine elements, all of them far below r or checked to be. */
export function preimageOf({ values, ...attestation }: Attestation): LeafPreimage {
  const { schemaId, commitment, issuedAt, expiresAt, salt } = attestation;
  return [schemaId, commitment, issuedAt, expiresAt, salt, ...values];
}

/** A salt is never repeated in a message: it hides the values. */
function toSalt(value: IntegerInput): Field {
  try {
    return toField(value, 'salt');
  } catch {
    throw invalidInput('salt', undefined, 'must be a field element, as a bigint or decimal digits');
  }
}
