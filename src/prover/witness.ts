/**
 * The circuit's inputs, and the witness that the compiled circuit calculates from them.
 * @module
 */
import { EligoError } from '../errors.ts';
import type { Attestation } from '../protocol/attestation.ts';
import type { Field } from '../protocol/field.ts';
import type { MerklePath } from '../protocol/merklePath.ts';
import type { Terms } from '../protocol/terms.ts';
import { loadCircuitProgram } from './witnessProgram.ts';

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
 * The witness program of a compiled circuit. The same bytes give the same program, which is compiled once.
 * @param wasm what circom compiled
 */
export function loadWitnessProgram(wasm: Uint8Array): Promise<WitnessProgram> {
  const known = programs.get(wasm);
  if (known) return known;
  const program = compile(wasm);
  programs.set(wasm, program);
  return program;
}

async function compile(wasm: Uint8Array): Promise<WitnessProgram> {
  const program = await loadCircuitProgram(wasm);
  return {
    // Asynchronous, for callers that give the work to somebody else.
    calculate: async (inputs) => {
      const circuitInputs = toCircuitInputs(inputs);
      try {
        return await Promise.resolve(program.calculate(circuitInputs));
      } catch (error) {
        if (error instanceof EligoError) throw error;
        throw new EligoError(
          'WitnessRejected',
          `the circuit refuses these inputs (${placeOf(error)})`,
        );
      }
    },
  };
}

/** Which templates refused, from the one that asserts outwards; never a value. */
function placeOf(error: unknown): string {
  const text = error instanceof Error ? error.message : '';
  const templates = [...text.matchAll(/in template (\w+?)_\d+ line: (\d+)/g)].map(
    ([, name = '']) => name,
  );
  return templates.length > 0 ? templates.join(' in ') : 'an assertion failed';
}
