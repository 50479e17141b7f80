/**
 * What tests of circuits assert, in one place.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { circuitsFolder, type CircuitInstance } from '../../../scripts/circuits.ts';
import { R } from '../../../scripts/witness/field.ts';
import { findLooseWires, type Inputs, type Wires } from './forge.ts';
import { findBroken } from '../../../scripts/witness/r1cs.ts';
import { makeRandom, seedOf } from './random.ts';
import {
  checkWithSnarkjs,
  loadBuild,
  translate,
  withoutConstraint,
  type Build,
  type TestCircuit,
} from './testCircuit.ts';

/** A change to a case that passes. */
export type Hostile = {
  /** Inputs to replace. */
  readonly inputs?: Inputs;
  /** Wires to replace; what follows from them is recomputed. */
  readonly wires?: Wires;
};

/** Above so many constraints snarkjs takes half a second a witness: there a test of its own asks it once. */
const SNARKJS_LIMIT = 5_000;

/** Expects snarkjs to judge as the forge does. */
async function expectVerdict(
  r1cs: Uint8Array | string,
  values: readonly bigint[],
  accepted: boolean,
): Promise<void> {
  const verdict = await checkWithSnarkjs(r1cs, values);
  expect(verdict, 'snarkjs accepts').to.equal(accepted);
}

/** Expects the honest witness program, the forge and snarkjs to accept, wire for wire alike. */
export async function expectAccepted(circuit: TestCircuit, inputs: Inputs): Promise<void> {
  const forged = circuit.forge(inputs);
  expect(forged.broken, 'an honest witness breaks nothing').to.deep.equal([]);
  const honest = await circuit.calculate(inputs);
  const differing = circuit.symbols.byWire.filter((_, i) => forged.values[i] !== honest[i]);
  expect(differing, 'wires that the forge makes otherwise').to.deep.equal([]);
  if (circuit.compiled.constraints <= SNARKJS_LIMIT) {
    await expectVerdict(circuit.compiled.r1cs, honest, true);
  }
}

/**
 * Expects a hostile witness to be refused by one constraint and by nothing else: the untouched case passes; with the
 * change and all that follows from it, exactly the named constraint is broken, and snarkjs refuses; without that
 * constraint snarkjs accepts the same witness.
 * @param constraint what `describe` says of it
 * @param builds other builds of the same circuit, which must refuse too
 */
export async function expectRefusedBy(
  circuit: TestCircuit,
  honest: Inputs,
  hostile: Hostile,
  constraint: string,
  ...builds: readonly Build[]
): Promise<void> {
  await expectAccepted(circuit, honest);
  const forged = circuit.forge({ ...honest, ...hostile.inputs }, hostile.wires);
  expect(forged.broken, 'the constraints that refuse').to.deep.equal([constraint]);
  if (circuit.compiled.constraints <= SNARKJS_LIMIT) {
    await expectVerdict(circuit.compiled.r1cs, forged.values, false);
    await expectVerdict(withoutConstraint(circuit, forged.positions[0]!), forged.values, true);
  }
  for (const build of builds) {
    const left = translate(circuit, build, forged.values);
    expect(findBroken(build.r1cs, left), 'refused by the simplified build').to.not.be.empty;
  }
}

/** Expects the witness program to refuse inputs, where `honest` differs from them in one thing and is accepted. */
export async function expectProgramRefuses(
  circuit: TestCircuit,
  honest: Inputs,
  changed: Inputs,
  template: string,
): Promise<void> {
  await circuit.calculate(honest);
  let words = '';
  try {
    await circuit.calculate({ ...honest, ...changed });
  } catch (error) {
    words = String(error);
  }
  expect(words, 'what the witness program says').to.match(new RegExp(`in template ${template}_`));
}

/**
 * Expects `x + r` to be the same input as `x`: the program reduces what it is given, so that an alias gives no second
 * witness, and no range check can be passed by one.
 */
export async function expectAliasIsSame(
  circuit: TestCircuit,
  inputs: Inputs,
  name: string,
): Promise<void> {
  const alias = [inputs[name]!].flat().map((value) => value + R);
  const [honest, aliased] = [
    await circuit.calculate(inputs),
    await circuit.calculate({ ...inputs, [name]: alias }),
  ];
  expect(aliased).to.deep.equal(honest);
}

/**
 * Expects the exact number of constraints that the product's way of compiling leaves, and no other number in the
 * template's header. (A header whose number depends on a parameter is read by people only.)
 */
export async function expectCount(instance: CircuitInstance, constraints: number): Promise<void> {
  const { compiled } = await loadBuild(instance, 2);
  expect(compiled.constraints).to.equal(constraints);
  const source = await readFile(join(circuitsFolder, instance.file), 'utf8');
  const [header = ''] =
    new RegExp(`(?:^///.*\\n)+(?=template ${instance.template}\\()`, 'm').exec(source) ?? [];
  const documented = /@constraints\s+(.+)/.exec(header)?.[1];
  expect(documented, `@constraints of ${instance.template}`).to.match(
    instance.params.length === 0 ? new RegExp(`^${constraints}$`) : /./,
  );
}

/** A value for a test's title: `2^96 - 1`, `r - 1`. */
export function titleOf(value: bigint): string {
  if (value > R / 2n) return `r - ${titleOf(R - value)}`;
  const exponent = value.toString(2).length;
  if (exponent > 7 && value === 2n ** BigInt(exponent) - 1n) return `2^${exponent} - 1`;
  for (const offset of [0n, 1n, 2n]) {
    const power = (value - offset).toString(2).length - 1;
    if (power > 7 && value - offset === 2n ** BigInt(power)) {
      return offset === 0n ? `2^${power}` : `2^${power} + ${offset}`;
    }
    if (power > 7 && value + offset === 2n ** BigInt(power + 1)) {
      return `2^${power + 1} - ${offset}`;
    }
  }
  return value.toString();
}

/**
 * Changes one wire of an honest witness at a time, recomputes nothing, and expects some constraint to notice (S10).
 * @param free names of wires whose value means nothing in this witness
 */
export async function expectNoLooseWire(
  circuit: TestCircuit,
  inputs: Inputs,
  free: readonly string[] = [],
): Promise<void> {
  const seed = seedOf(1);
  const honest = await circuit.calculate(inputs);
  const loose = findLooseWires(circuit, honest, makeRandom(seed));
  expect(loose, `loose wires, ELIGO_SEED=${seed}`).to.deep.equal(free);
}

/** The bits of a value, as wires of a component: `name[0]` is the least significant. */
export function bitWires(name: string, value: bigint, width: number): Wires {
  return Object.fromEntries(
    Array.from({ length: width }, (_, i) => [`${name}[${i}]`, (value >> BigInt(i)) & 1n]),
  );
}

/** What `describe` says of the check that a component's bits add up: where it is, with its last dot. */
export function bitsAddUp(width: number, path: string): string {
  return `${path}Uint.Num2Bits: out[0] + 2·out[1] + … + 2^${width - 1}·out[${width - 1}] = in`;
}
