/**
 * snarkjs' proof with an r and s of the test's choice: it draws them from its curve, which it keeps for the whole process.
 * @module
 */
import { groth16 } from 'snarkjs';
import type { RandomSource } from '../../../src/protocol/field.ts';
import { toBytes } from './scalars.ts';

type Curve = {
  readonly Fr: { random: () => Uint8Array; readonly e: (value: bigint) => Uint8Array };
};

/** What snarkjs makes of a key and a witness. The key's curve must have been in use before. */
export async function proveWith(
  zkey: Uint8Array,
  witness: Uint8Array,
  blinding: readonly [r: bigint, s: bigint],
): Promise<{ readonly proof: unknown; readonly publicSignals: readonly string[] }> {
  const { Fr } = (globalThis as unknown as { curve_bn128: Curve }).curve_bn128;
  const original = Fr.random;
  const left = [...blinding];
  Fr.random = () => Fr.e(left.shift()!);
  try {
    const { proof, publicSignals } = await groth16.prove(zkey, witness);
    if (left.length !== 0) throw new Error('snarkjs has not drawn r and s');
    return { proof, publicSignals };
  } finally {
    Fr.random = original;
  }
}

/** Gives these numbers, one a draw. */
export function drawing(...numbers: readonly bigint[]): RandomSource {
  const left = [...numbers];
  return () => new Uint8Array(toBytes(left.shift()!));
}
