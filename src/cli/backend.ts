/**
 * The backend that a command proves with.
 * @module
 */
import { invalidInput } from '../errors.ts';
import { BACKENDS, toBackend, type Backend, type BackendName } from '../prover/backend.ts';
import { createKernelBackend } from '../prover/kernelBackend.ts';
import type { Flags } from './verb.ts';

/** Added to each verb that proves. */
export const BACKEND_FLAGS = {
  '--backend <name>':
    'kernel, snarkjs, or rapidsnark (a program on the PATH, or the one that ELIGO_RAPIDSNARK names); kernel if left out',
} as const;

/** The backend of `--backend`. This is a program, so the kernel may turn on what the engine has. @throws {InvalidInput} */
export function readBackend(flags: Flags): Backend {
  const name = flags.find('--backend') ?? 'kernel';
  if (!isBackend(name))
    throw invalidInput('--backend', name, `must be one of ${BACKENDS.join(', ')}`);
  if (name !== 'kernel') return toBackend(name);
  return createKernelBackend({ engineFlags: process.env['ELIGO_KERNEL'] === undefined });
}

function isBackend(name: string): name is BackendName {
  return (BACKENDS as readonly string[]).includes(name);
}
