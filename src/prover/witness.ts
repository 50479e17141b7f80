/**
 * The circuit's inputs, and the witness that follows from them.
 * @module
 */
import { loadWitnessPlan } from '../kernel/witnessPlan.ts';
import type { Attestation } from '../protocol/attestation.ts';
import type { Field } from '../protocol/field.ts';
import type { MerklePath } from '../protocol/merklePath.ts';
import type { Terms } from '../protocol/terms.ts';
import { readPlan } from './packedPlan.ts';

/** Everything the circuit is given. All of it but `context` stays private. */
export type WitnessInputs = {
  readonly secret: Field;
  readonly attestation: Attestation;
  /** In the depth-16 tree. */
  readonly path: MerklePath;
  readonly terms: Terms;
  readonly scope: Field;
  readonly context: Field;
  readonly checkedAt: bigint;
  readonly claimIndex: bigint;
};

/** The inputs under the names that the circuit gives its signals, arrays flattened. */
export function toCircuitInputs(inputs: WitnessInputs): Record<string, readonly bigint[]> {
  const { attestation, path, terms } = inputs;
  return {
    context: [inputs.context],
    secret: [inputs.secret],
    'attestation.schemaId': [attestation.schemaId],
    'attestation.issuedAt': [attestation.issuedAt],
    'attestation.expiresAt': [attestation.expiresAt],
    'attestation.salt': [attestation.salt],
    'attestation.values': attestation.values,
    position: [path.position],
    siblings: path.siblings.flat(),
    checkedAt: [inputs.checkedAt],
    claimIndex: [inputs.claimIndex],
    scope: [inputs.scope],
    'terms.schemaId': [terms.schemaId],
    'terms.issuedAfter': [terms.issuedAfter],
    'terms.issuedBefore': [terms.issuedBefore],
    'terms.mode': [terms.mode],
    'terms.setLow': [terms.setLow],
    'terms.setHigh': [terms.setHigh],
    'terms.step': [terms.step],
    'terms.lo': terms.lo,
    'terms.hi': terms.hi,
  };
}

/** A witness in the .wtns format. It holds the secret: keep it in memory, drop it early. */
export type Witness = Uint8Array;

/** Calculates witnesses; built once a circuit and used again. */
export type WitnessProgram = {
  /** @throws {WitnessRejected} naming the templates that refuse the inputs @throws {InvalidInput} for another circuit */
  readonly calculate: (inputs: WitnessInputs) => Promise<Witness>;
};

const programs = new WeakMap<Uint8Array, Promise<WitnessProgram>>();

/**
 * Makes a witness program of a plan. The same bytes give the same program, which is made once.
 * @param plan    packed: `artifacts.plan()`
 * @param circuit sha256 of the r1cs that it must be made for: `artifacts.circuit`
 * @throws {ArtifactMismatch} for what is no plan of this circuit
 */
export function loadWitnessProgram(plan: Uint8Array, circuit: string): Promise<WitnessProgram> {
  const known = programs.get(plan);
  if (known) return known;
  const program = makeProgram(plan, circuit);
  programs.set(plan, program);
  program.catch(() => programs.delete(plan));
  return program;
}

async function makeProgram(plan: Uint8Array, circuit: string): Promise<WitnessProgram> {
  const { calculate } = await loadWitnessPlan(readPlan(plan, circuit));
  return {
    calculate: (inputs) =>
      new Promise((resolve) => {
        resolve(calculate(toCircuitInputs(inputs)));
      }),
  };
}
