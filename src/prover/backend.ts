/**
 * What turns a witness into a proof. One interface, so that a faster prover takes snarkjs' place without a change elsewhere.
 * @module
 */
import { groth16 } from 'snarkjs';
import type { Artifacts } from './artifacts.ts';
import { checkProof, type Proof } from './proof.ts';
import type { Witness } from './witness.ts';

/** Proves: the witness satisfies the circuit of these artifacts. */
export type Backend = (
  artifacts: Artifacts,
  witness: Witness,
) => Promise<{ proof: Proof; signals: readonly string[] }>;

/** The reference prover. */
export const snarkjsBackend: Backend = async (artifacts, witness) => {
  const { proof, publicSignals } = await groth16.prove(artifacts.zkey, witness);
  return { proof: checkProof(proof), signals: publicSignals };
};

/** Ends the worker threads that snarkjs keeps: call it when a program is done proving and verifying. */
export async function stopWorkers(): Promise<void> {
  await (
    globalThis as { curve_bn128?: { terminate(): Promise<void> } | null }
  ).curve_bn128?.terminate();
}
