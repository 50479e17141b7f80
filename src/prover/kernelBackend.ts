/**
 * The backend on the kernel (src/kernel): the key of a set of artifacts is converted for the first proof and kept for the
 * others, in an instance of its own.
 * @module
 */
import { proveGroth16, type ProofPhase } from '../kernel/groth16.ts';
import { loadKernel, type Kernel, type KernelBuild } from '../kernel/kernel.ts';
import { createProvingKey, type ProvingKey } from '../kernel/provingKey.ts';
import type { Artifacts } from './artifacts.ts';
import type { Backend } from './backend.ts';
import { checkProof } from './proof.ts';

/** How the kernel is loaded. */
export type KernelBackendOptions = {
  /** The fastest that works here, if left out. */
  readonly build?: KernelBuild | undefined;
  /**
   * Whether V8's flag for relaxed SIMD may be set, which doubles the speed on Node 20 and changes nothing elsewhere. It holds for
   * the whole process: a program may want it, a library shouldn't.
   */
  readonly engineFlags?: boolean | undefined;
};

/** How much of a proof's time is gone when a phase begins. */
const DONE_BEFORE: Readonly<Record<ProofPhase, number>> = {
  B2: 0,
  A: 0.32,
  B1: 0.49,
  quotient: 0.61,
  C: 0.67,
  assembly: 0.99,
};

/**
 * Makes a backend. It keeps some 15 MB for the key of each set of artifacts, as long as the set itself is kept; a key takes a
 * tenth of a second, once.
 * @throws {InvalidInput} (the backend) for a key that is not one, or is damaged @throws {ProverFailed}
 * @example const backend = createKernelBackend({ engineFlags: true });
 */
export function createKernelBackend(options: KernelBackendOptions = {}): Backend {
  const keys = new WeakMap<Artifacts, Promise<ProvingKey>>();
  const keyOf = (artifacts: Artifacts): Promise<ProvingKey> => {
    const known = keys.get(artifacts);
    if (known !== undefined) return known;
    const key = kernelFor(options).then(async (kernel) =>
      createProvingKey(kernel, await artifacts.zkey()),
    );
    keys.set(artifacts, key);
    key.catch(() => keys.delete(artifacts));
    return key;
  };
  return async (artifacts, witness, { signal, onProgress } = {}) => {
    signal?.throwIfAborted();
    const key = await keyOf(artifacts);
    const { proof, publicSignals } = await proveGroth16(key, witness, {
      signal,
      onPhase: (phase) => onProgress?.(DONE_BEFORE[phase]),
    });
    onProgress?.(1);
    return { proof: checkProof(proof), signals: publicSignals };
  };
}

async function kernelFor({ build, engineFlags = false }: KernelBackendOptions): Promise<Kernel> {
  if (build !== undefined || !engineFlags) return loadKernel(build);
  return loadKernel('fma').catch(() => loadKernel('i64'));
}
