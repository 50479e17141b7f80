/**
 * Calculating witnesses from a plan: which number of a circuit's witness is made of which others, and how. The work is done by
 * assembly/plan.ts, in an instance of the kernel that nothing else uses; its memory is put back after every run, so that no
 * secret stays in it.
 * @module
 */
import { EligoError, invalidInput } from '../errors.ts';
import { FIELD_BYTES, FIELD_ORDER } from '../protocol/field.ts';
import { malformed, putNumber, type FileKind } from './binary.ts';
import type { Pointer } from './exports.ts';
import { loadKernel, type Kernel, type KernelBuild } from './kernel.ts';
import { orOutOfMemory } from './provingKey.ts';
import { makeWitness } from './wtns.ts';

/** Each input by its full name, arrays flattened. Numbers of 0 and more: they are reduced mod r. */
export type CircuitInputs = Readonly<Record<string, readonly bigint[]>>;

/** A plan whose indices and order have been checked: src/prover/packedPlan.ts does. */
export type WitnessPlan = {
  /** Numbers of a witness: the slots that come first. */
  readonly wires: number;
  /** All numbers that are made or given. Slot 0 is 1. */
  readonly slots: number;
  readonly inputs: readonly { readonly name: string; readonly count: number }[];
  /** Of the inputs' numbers, one after the other. */
  readonly inputSlots: Uint32Array;
  /** What refuses: checks name one by its index. */
  readonly places: readonly string[];
  /** The distinct factors, 32 bytes each, little-endian; the first is 1. */
  readonly factors: Uint8Array;
  /** The steps, in words: assembly/plan.ts says which. */
  readonly program: Uint32Array;
};

/** Calculates witnesses, one at a time. */
export type PlanRunner = {
  /**
   * @returns a witness in the .wtns format
   * @throws {InvalidInput} for an input that is not the circuit's, or has too few or too many numbers
   * @throws {WitnessRejected} naming the template that refuses the inputs, and those that it is in
   */
  readonly calculate: (inputs: CircuitInputs) => Uint8Array;
};

const PLAN: FileKind = { name: 'witness plan', magic: '', versions: [] };

/** Where a plan is in the module's memory. */
type Place = {
  readonly slots: Pointer;
  readonly factors: Pointer;
  readonly program: Pointer;
  readonly end: Pointer;
  /** For numbers on their way in and out. */
  readonly numbers: Pointer;
};

/**
 * Loads a plan into an instance of its own.
 * @param build of the kernel; the fastest that works here, if left out
 * @throws {InvalidInput} if a factor is not below the order @throws {ProverFailed} if there isn't memory enough
 * @example const { calculate } = await loadWitnessPlan(readPlan(bytes, circuit));
 */
export async function loadWitnessPlan(plan: WitnessPlan, build?: KernelBuild): Promise<PlanRunner> {
  const kernel = await loadKernel(build);
  const { memory, mark } = kernel.exports;
  const start = new Uint8Array(memory.buffer).slice(0, mark());
  const place = orOutOfMemory(() => putPlan(kernel, plan));
  /** Clears what a run writes: slots, numbers, and all that the module's functions have of their own. */
  const wipe = (): void => {
    const bytes = new Uint8Array(memory.buffer);
    bytes.set(start);
    bytes.fill(0, place.slots, place.factors);
    bytes.fill(0, place.numbers, mark());
  };
  wipe();
  return {
    calculate: (inputs) => {
      const numbers = listInputs(plan, inputs);
      try {
        return run(kernel, plan, place, numbers);
      } finally {
        wipe();
      }
    },
  };
}

function putPlan({ exports }: Kernel, plan: WitnessPlan): Place {
  const { allocate, release, ELEMENT } = exports;
  const { wires, slots, factors, program } = plan;
  const count = factors.length / FIELD_BYTES;
  const place = {
    slots: allocate(slots * ELEMENT.value),
    factors: allocate(count * ELEMENT.value),
    program: allocate(program.byteLength),
    numbers: allocate(wires * FIELD_BYTES),
  };
  const scratch = allocate(factors.length);
  const bytes = new Uint8Array(exports.memory.buffer);
  bytes.set(factors, scratch);
  if (exports.countCanonical(scratch, count) < count)
    throw malformed(PLAN, undefined, 'must have factors below the order');
  exports.putNumbers(place.factors, scratch, count);
  release(scratch);
  new Uint32Array(exports.memory.buffer, place.program, program.length).set(program);
  return { ...place, end: place.program + program.byteLength };
}

/** The numbers in the order of their slots. */
function listInputs(plan: WitnessPlan, inputs: CircuitInputs): readonly bigint[] {
  const expected = plan.inputs.reduce((sum, { count }) => sum + count, 0);
  const given = Object.values(inputs).reduce((sum, values) => sum + values.length, 0);
  if (given !== expected) throw invalidInput('inputs', given, `must be ${expected} numbers`);
  const names = new Set(plan.inputs.map(({ name }) => name));
  const strange = Object.keys(inputs).find((name) => !names.has(name));
  if (strange !== undefined)
    throw invalidInput('inputs', strange, 'must name inputs of the circuit');
  return plan.inputs.flatMap(({ name, count }) => {
    const values = inputs[name] ?? [];
    if (values.length !== count)
      throw invalidInput(name, values.length, `must be ${count} numbers`);
    return values;
  });
}

function run(
  { exports }: Kernel,
  plan: WitnessPlan,
  place: Place,
  inputs: readonly bigint[],
): Uint8Array {
  const { slots, factors, program, end, numbers } = place;
  const { buffer } = exports.memory;
  const view = new DataView(buffer);
  const put = (slot: number, value: bigint): void => {
    putNumber(view, numbers, value % FIELD_ORDER);
    exports.putNumbers(slots + slot * exports.ELEMENT.value, numbers, 1);
  };
  put(0, 1n);
  inputs.forEach((value, i) => {
    put(plan.inputSlots[i] ?? NaN, value);
  });
  const refused = exports.runPlan(program, end, slots, factors);
  if (refused !== 0) {
    const name = plan.places[view.getUint32(refused + 4, true)] ?? '';
    throw new EligoError('WitnessRejected', `the circuit refuses these inputs (${name})`);
  }
  exports.takeNumbers(numbers, slots, plan.wires);
  const { file, values } = makeWitness(plan.wires);
  values.set(new Uint8Array(buffer, numbers, values.length));
  return file;
}
