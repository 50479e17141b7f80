/**
 * The verifying key, and the check that nobody can forge under it for want of a set-up.
 * @module
 */
import { EligoError } from '../errors.ts';
import { BASE_FIELD_ORDER } from './proof.ts';

/** A Groth16 verifying key in snarkjs' JSON shape; affine coordinates with a trailing 1. */
export type VerifyingKey = {
  readonly protocol: string;
  readonly curve: string;
  readonly nPublic: number;
  readonly vk_alpha_1: readonly string[];
  readonly vk_beta_2: readonly (readonly string[])[];
  readonly vk_gamma_2: readonly (readonly string[])[];
  readonly vk_delta_2: readonly (readonly string[])[];
  readonly IC: readonly (readonly string[])[];
};

/** The first coordinate of the generator of G2 (EIP-197), real part first: of gamma, and of delta before anybody contributed. */
const G2_GENERATOR_X = [
  '10857046999023057135944570762232829481370756359578518086990519993285655852781',
  '11559732032986387107991004021392285783925812861821192530917403151452391805634',
] as const;

/**
 * Refuses a key with which anybody can forge: while phase 2 was never run, gamma equals delta, and (alpha, beta, -vk_x)
 * verifies for every statement (threat S1). With delta = -gamma, (alpha, beta, vk_x) does: two points with one first
 * coordinate are equal or opposite, so the first coordinates are compared.
 * @throws {InsecureKey}
 */
export function refuseForgeableKey(key: VerifyingKey): void {
  for (const [x, y, z] of [key.vk_gamma_2, key.vk_delta_2]) {
    if (z?.join() !== '1,0' || ![x, y].flat().every(isCanonical)) {
      throw new EligoError(
        'InsecureKey',
        "the key writes gamma or delta in another form than affine coordinates below the base field's order: whether they are equal can't be seen",
      );
    }
  }
  const deltaX = key.vk_delta_2[0];
  if ([key.vk_gamma_2[0], G2_GENERATOR_X].some((x) => x?.join() === deltaX?.join())) {
    throw new EligoError(
      'InsecureKey',
      'the key has gamma = ±delta or an untouched delta: its set-up was never contributed to, anybody can forge with it',
    );
  }
}

function isCanonical(coordinate: string | undefined): boolean {
  return /^(0|[1-9][0-9]*)$/.test(coordinate ?? '') && BigInt(coordinate ?? '') < BASE_FIELD_ORDER;
}
