/**
 * Makes a circuit's witness plan from its constraints.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { packPlan } from '../../src/prover/packPlan.ts';
import { sha256 } from '../../src/prover/sha256.ts';
import { planWitness } from './rules.ts';
import { readR1cs, wiresOf, type Constraint } from './r1cs.ts';
import { readSymbols, type Symbols } from './symbols.ts';
import { inputWires, makeSteps } from './steps.ts';

/** Paths of a circuit's files. */
export type PlanSources = {
  /** The name of the main component's template. */
  readonly template: string;
  /** The build at optimization 0. */
  readonly whole: { readonly r1cs: string; readonly sym: string };
  /** The r1cs that proofs are made for. */
  readonly production: string;
};

/**
 * Makes a plan: the same bytes from the same files.
 * @throws if the inputs don't determine the witness, or the two builds are not of the same circuit
 */
export async function makeWitnessPlan({
  template,
  whole,
  production,
}: PlanSources): Promise<Uint8Array> {
  const r1cs = await readR1cs(production);
  const o0 = await readR1cs(whole.r1cs);
  const symbols = await readSymbols(whole.sym, o0);
  const rules = planWitness(o0, symbols, template);
  const placeOf = (constraint: Constraint): string => describePlace(constraint, symbols, template);
  const { steps, slots, inputs } = makeSteps({ whole: o0, rules, production: r1cs, placeOf });
  return packPlan({
    r1cs: await sha256(await readFile(production)),
    wires: r1cs.wires,
    slots,
    inputs: nameInputs(inputWires(o0).map((wire) => symbols.byWire[wire] ?? '')),
    inputSlots: inputs,
    steps,
  });
}

/** Arrays are one input: `siblings[0][2]` is a number of `siblings`. */
function nameInputs(
  names: readonly string[],
): readonly { readonly name: string; readonly count: number }[] {
  const counts = new Map<string, number>();
  for (const indexed of names) {
    const name = indexed.replace(/(\[\d+\])+$/, '');
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => ({ name, count }));
}

/**
 * The template that a constraint is in, and those that it is used in, outwards: `Num2Bits in Uint in AtMost in ValidAt`. Known
 * are those of anonymous components, which circom calls after their templates, and the main one; others are left out.
 */
function describePlace(constraint: Constraint, symbols: Symbols, main: string): string {
  const paths = [...wiresOf(constraint)].map((wire) =>
    (symbols.byWire[wire] ?? '').split('.').slice(0, -1),
  );
  const [first = []] = paths;
  const end = first.findIndex((segment, i) => paths.some((path) => path[i] !== segment));
  const shared = end < 0 ? first : first.slice(0, end);
  const templates = shared.filter((segment) => /^[A-Z]/.test(segment));
  return [main, ...templates.map((segment) => segment.replace(/\W.*$/, ''))].reverse().join(' in ');
}
