/**
 * The backend on the kernel (src/kernel): the key of a set of artifacts is converted for the first proof and kept for the
 * others, in an instance of its own.
 * @module
 */
import { proveGroth16, type ProofOptions, type ProofPhase } from '../kernel/groth16.ts';
import { loadKernel, type Kernel, type KernelBuild } from '../kernel/kernel.ts';
import { createProvingKey } from '../kernel/provingKey.ts';
import { shareProvingKey } from '../kernel/twoThreads.ts';
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
  /**
   * 1 or 2: the second is a worker's, and takes about half of the work where a core is idle. It ends with the process. 1 if
   * left out.
   */
  readonly threads?: 1 | 2 | undefined;
};

/** A key that is ready. */
type Prover = (witness: Uint8Array, options: ProofOptions) => ReturnType<typeof proveGroth16>;

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
  const provers = new WeakMap<Artifacts, Promise<Prover>>();
  const proverOf = (artifacts: Artifacts): Promise<Prover> => {
    const known = provers.get(artifacts);
    if (known !== undefined) return known;
    const prover = kernelFor(options).then(async (kernel) =>
      proverOn(kernel, await artifacts.zkey(), options.threads),
    );
    provers.set(artifacts, prover);
    prover.catch(() => provers.delete(artifacts));
    return prover;
  };
  return async (artifacts, witness, { signal, onProgress } = {}) => {
    signal?.throwIfAborted();
    const make = await proverOf(artifacts);
    const { proof, publicSignals } = await make(witness, {
      signal,
      onPhase: (phase) => onProgress?.(DONE_BEFORE[phase]),
    });
    onProgress?.(1);
    return { proof: checkProof(proof), signals: publicSignals };
  };
}

function proverOn(kernel: Kernel, zkey: Uint8Array, threads: 1 | 2 = 1): Prover {
  if (threads === 2) return shareProvingKey(kernel, zkey).prove;
  const key = createProvingKey(kernel, zkey);
  return (witness, options) => proveGroth16(key, witness, options);
}

async function kernelFor({ build, engineFlags = false }: KernelBackendOptions): Promise<Kernel> {
  if (build !== undefined || !engineFlags) return loadKernel(build);
  return loadKernel('fma').catch(() => loadKernel('i64'));
}
