/**
 * Witnesses of the eligibility circuit, as a backend is given them.
 * @module
 */
import type { Backend } from '../../src/prover/backend.ts';
import { prove } from '../../src/prover/prove.ts';
import type { Witness } from '../../src/prover/witness.ts';
import { makeWorld, proveParameters } from './world.ts';

/** The witness of a holder. */
export async function holderWitness(index = 0): Promise<Witness> {
  const parameters = await proveParameters(await makeWorld(), index);
  let kept: Witness = new Uint8Array();
  const backend: Backend = (_, witness) => {
    kept = witness.slice();
    return Promise.reject(new Error('enough'));
  };
  await prove({ ...parameters, backend }).catch(() => undefined);
  if (kept.length === 0) throw new Error('no witness was made');
  return kept;
}
