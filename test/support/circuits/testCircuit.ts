/**
 * A compiled template with everything that a test does to it: the honest witness program, the forge, snarkjs' own
 * judgement. Compiled once for each content under build/test-circuits, loaded once a process; nothing in it changes.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WitnessCalculatorBuilder } from 'circom_runtime';
import { wtns } from 'snarkjs';
import {
  compileCircuit,
  type CircuitInstance,
  type CompiledCircuit,
  type Optimization,
} from '../../../scripts/circuits.ts';
import { readR1cs, writeR1csWithout, type R1cs } from '../../../scripts/witness/r1cs.ts';
import { planWitness, type Plan } from '../../../scripts/witness/rules.ts';
import { readSymbols, type Symbols } from '../../../scripts/witness/symbols.ts';
import { forge, type Forged, type Inputs, type Wires } from './forge.ts';
import { writeWitness } from './wtns.ts';

/** Where compiled test circuits are kept. */
export const cache = join(import.meta.dirname, '../../../build/test-circuits');

/** A template of `circuits/`, for a test. */
export function template(
  file: string,
  name: string,
  params: readonly number[] = [],
  publicInputs: readonly string[] = [],
): CircuitInstance {
  return { file, template: name, params, public: publicInputs };
}

/** One build, read. */
export type Build = {
  readonly compiled: CompiledCircuit;
  readonly r1cs: R1cs;
  readonly symbols: Symbols;
};

/** A template under test. */
export type TestCircuit = Build & {
  readonly plan: Plan;
  /** The honest witness, by the program that circom made. @throws {Error} in the program's words */
  readonly calculate: (inputs: Inputs) => Promise<readonly bigint[]>;
  /** A wire of the honest witness. */
  readonly calculateWire: (inputs: Inputs, name: string) => Promise<bigint>;
  readonly forge: (inputs: Inputs, wires?: Wires) => Forged;
};

const builds = new Map<string, Promise<Build>>();
const circuits = new Map<string, Promise<TestCircuit>>();

/** Compiles and reads one build. */
export function loadBuild(instance: CircuitInstance, optimization: Optimization): Promise<Build> {
  return remember(builds, JSON.stringify([instance, optimization]), async () => {
    const compiled = await compileCircuit({ instance, cache, optimization });
    const r1cs = await readR1cs(compiled.r1cs);
    return { compiled, r1cs, symbols: await readSymbols(compiled.sym, r1cs) };
  });
}

/** The circuit at optimization 0, where every signal is a wire and every check a constraint. */
export function loadCircuit(instance: CircuitInstance): Promise<TestCircuit> {
  return remember(circuits, JSON.stringify(instance), async () => {
    const build = await loadBuild(instance, 0);
    const plan = planWitness(build.r1cs, build.symbols, instance.template);
    const calculate = await loadCalculator(build.compiled.wasm);
    return {
      ...build,
      plan,
      calculate,
      calculateWire: async (inputs, name) => (await calculate(inputs))[build.symbols.wireOf(name)]!,
      forge: (inputs, wires) => forge({ ...build, plan }, inputs, wires),
    };
  });
}

/**
 * The witness program of a build: the calculator that snarkjs uses, compiled once and used again.
 * @param path a .wasm file
 */
export async function loadCalculator(
  path: string,
): Promise<(inputs: Inputs) => Promise<readonly bigint[]>> {
  const messages: string[] = [];
  const module = await WebAssembly.compile(await readFile(path));
  const instance = await WebAssembly.instantiate(module, {
    runtime: {
      exceptionHandler: () => {
        throw new Error(messages.splice(0).join('; '));
      },
      printErrorMessage: () => messages.push(readMessage(instance)),
      writeBufferMessage: () => undefined,
      showSharedRWMemory: () => undefined,
    },
  });
  const calculator = await WitnessCalculatorBuilder(instance);
  return (inputs) =>
    calculator.calculateWitness(
      Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, [value].flat()])),
      false,
    );
}

/** What `snarkjs wtns check` says of a witness. */
export async function checkWithSnarkjs(
  r1cs: Uint8Array | string,
  values: readonly bigint[],
): Promise<boolean> {
  const silent = { info: () => undefined, warn: () => undefined };
  return wtns.check(r1cs, writeWitness(values), silent);
}

/** The circuit's r1cs file without one constraint. */
export function withoutConstraint(build: Build, position: number): Uint8Array {
  return writeR1csWithout(build.r1cs, position);
}

/** The values of a witness at optimization 0, for the wires that another build of the same circuit has left. */
export function translate(from: Build, to: Build, values: readonly bigint[]): readonly bigint[] {
  const byLabel = new Map(from.r1cs.labels.map((label, wire) => [label, values[wire]!]));
  return to.r1cs.labels.map((label) => byLabel.get(label)!);
}

function remember<T>(
  known: Map<string, Promise<T>>,
  key: string,
  make: () => Promise<T>,
): Promise<T> {
  const found = known.get(key) ?? make();
  known.set(key, found);
  return found;
}

function readMessage(instance: WebAssembly.Instance): string {
  const next = instance.exports['getMessageChar'] as () => number;
  let message = '';
  for (let code = next(); code !== 0; code = next()) message += String.fromCharCode(code);
  return message;
}
