/**
 * What turns a witness into a proof. Three are built in; any other function with the same interface may take their place.
 * @module
 */
import { invalidInput } from '../errors.ts';
import type { Artifacts } from './artifacts.ts';
import { createKernelBackend } from './kernelBackend.ts';
import { checkProof, type Proof } from './proof.ts';
import { loadSnarkjs } from './snarkjs.ts';
import type { Witness } from './witness.ts';

/** What a backend may be told. */
export type BackendOptions = {
  /** Ends the work as soon as the backend can; the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the share of the work that is done, rising from 0 to 1. Not every backend knows it. */
  readonly onProgress?: ((done: number) => void) | undefined;
};

/** A proof and its public signals. */
export type Made = { readonly proof: Proof; readonly signals: readonly string[] };

/** Proves: the witness satisfies the circuit of these artifacts. The witness stays the caller's, who wipes it. */
export type Backend = (
  artifacts: Artifacts,
  witness: Witness,
  options?: BackendOptions,
) => Promise<Made>;

/**
 * `kernel`: this package's own, the fastest without a native program. `snarkjs`: the reference. `rapidsnark`: a native program
 * that is installed on the machine (Node only).
 */
export const BACKENDS = ['kernel', 'snarkjs', 'rapidsnark'] as const;

/** A backend that is built in. */
export type BackendName = (typeof BACKENDS)[number];

/** The own prover: keys stay in its memory, one for each set of artifacts. */
export const kernelBackend: Backend = createKernelBackend();

/** The reference prover. It knows no signal and no progress: a proof that is given up runs on. */
export const snarkjsBackend: Backend = async (artifacts, witness, { signal } = {}) => {
  signal?.throwIfAborted();
  const groth16 = await loadSnarkjs();
  const { proof, publicSignals } = await groth16.prove(await artifacts.zkey(), witness);
  signal?.throwIfAborted();
  return { proof: checkProof(proof), signals: publicSignals };
};

/** The native prover, as `createRapidsnarkBackend` finds it. Its module is only loaded here: it needs Node. */
export const rapidsnarkBackend: Backend = async (...parameters) => {
  const { createRapidsnarkBackend } = await import('./rapidsnark.ts');
  return createRapidsnarkBackend()(...parameters);
};

/** The backend of a name; a function is one already. @throws {InvalidInput} for another name */
export function toBackend(backend: BackendName | Backend): Backend {
  if (typeof backend === 'function') return backend;
  const known: Readonly<Record<BackendName, Backend>> = {
    kernel: kernelBackend,
    snarkjs: snarkjsBackend,
    rapidsnark: rapidsnarkBackend,
  };
  if (Object.hasOwn(known, backend)) return known[backend];
  throw invalidInput('backend', backend, `must be a function or one of ${BACKENDS.join(', ')}`);
}
