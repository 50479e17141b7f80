/**
 * The salts of an import: HKDF-SHA-256 of its secret seed and the row's number (PROTOCOL.md section 2, "Attestation"), so
 * that an import which goes on after an interruption gives the same leaves.
 * @module
 */
import { hkdfSync } from 'node:crypto';
import { invalidInput } from '../../errors.ts';
import {
  platformRandom,
  randomBytes,
  reduceWide,
  type Field,
  type RandomSource,
} from '../../protocol/field.ts';

const SEED_BYTES = 32;

/** Draws a seed. Secret. */
export function drawSeed(random: RandomSource = platformRandom): Uint8Array {
  return randomBytes(random, SEED_BYTES);
}

/** The salt of a row. @throws {InvalidInput} for a seed of another length */
export function importSalt(seed: Uint8Array, ordinal: number): Field {
  if (seed.length !== SEED_BYTES) throw invalidInput('seed', undefined, 'must be 32 bytes');
  const info = `eligo/import-salt/1/${ordinal}`;
  return reduceWide(new Uint8Array(hkdfSync('sha256', seed, '', info, 64)));
}
