/**
 * The circuit's inputs, and the witness that the compiled circuit calculates from them.
 * @module
 */
import { WitnessCalculatorBuilder } from 'circom_runtime';
import { EligoError } from '../errors.ts';
import type { Attestation } from '../protocol/attestation.ts';
import type { Field } from '../protocol/field.ts';
import type { MerklePath } from '../protocol/merklePath.ts';
import type { Terms } from '../protocol/terms.ts';

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
  /** @throws {WitnessRejected} naming the templates that refuse the inputs */
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
  const program = instantiate(wasm);
  programs.set(wasm, program);
  return program;
}

async function instantiate(wasm: Uint8Array): Promise<WitnessProgram> {
  let messages: string[] = [];
  const module = await WebAssembly.compile(wasm as Uint8Array<ArrayBuffer>);
  const instance = await WebAssembly.instantiate(module, {
    runtime: {
      exceptionHandler: (code: number) => {
        throw new Error(messages.length > 0 ? messages.join('\n') : `code ${code}`);
      },
      printErrorMessage: () => messages.push(readMessage(instance)),
      writeBufferMessage: () => undefined,
      showSharedRWMemory: () => undefined,
    },
  });
  const calculator = await WitnessCalculatorBuilder(instance);
  const run = async (inputs: WitnessInputs): Promise<Witness> => {
    messages = [];
    try {
      return await calculator.calculateWTNSBin(toCircuitInputs(inputs), false);
    } catch (error) {
      throw new EligoError(
        'WitnessRejected',
        `the circuit refuses these inputs (${placeOf(error)})`,
      );
    }
  };
  // The program has one memory, and the calculator awaits between writing inputs and reading the witness: one at a time.
  let busy: Promise<unknown> = Promise.resolve();
  return {
    calculate: (inputs) => {
      const done = busy.then(() => run(inputs));
      busy = done.catch(() => undefined);
      return done;
    },
  };
}

/** Reads one message out of the program, character by character. */
function readMessage(instance: WebAssembly.Instance): string {
  const next = instance.exports['getMessageChar'] as () => number;
  let message = '';
  for (let code = next(); code !== 0; code = next()) message += String.fromCharCode(code);
  return message;
}

/** Which templates refused, from the one that asserts outwards; never a value. */
function placeOf(error: unknown): string {
  const text = error instanceof Error ? error.message : '';
  const templates = [...text.matchAll(/in template (\w+?)_\d+ line: (\d+)/g)].map(
    ([, name = '']) => name,
  );
  return templates.length > 0 ? templates.join(' in ') : 'an assertion failed';
}
