/**
 * Forged witnesses. The witness program refuses dishonest inputs, and so hides what the constraints alone would accept.
 * `forge` takes a circuit's O0 build, sets chosen wires to hostile values and recomputes everything that follows from
 * them, each wire by the one constraint that makes it. What then fails is exactly the check that stood in the way.
 * The rules are those of scripts/witness/rules.ts, and any wire can be overridden.
 * @module
 */
import { inverse, mod } from '../../../scripts/witness/field.ts';
import {
  evaluate,
  findBroken,
  wiresOf,
  type Constraint,
  type R1cs,
} from '../../../scripts/witness/r1cs.ts';
import type { Plan, Rule } from '../../../scripts/witness/rules.ts';
import { describe, type Symbols } from '../../../scripts/witness/symbols.ts';
import type { Random } from './random.ts';

/** Values by the names of inputs; arrays flattened, a bus's field as `bus.field`. */
export type Inputs = Readonly<Record<string, bigint | readonly bigint[]>>;

/** Values by the names of wires. */
export type Wires = Readonly<Record<string, bigint>>;

/** A witness and what refuses it. */
export type Forged = {
  readonly values: readonly bigint[];
  /** Positions of the constraints that don't hold. */
  readonly positions: readonly number[];
  /** The same in words, see `describe`. */
  readonly broken: readonly string[];
  /** A wire's value. */
  readonly at: (name: string) => bigint;
};

/**
 * Makes a witness: inputs as given, wires as overridden, everything else by its rule.
 * @param wires hostile values, by name
 */
export function forge(
  circuit: { readonly r1cs: R1cs; readonly symbols: Symbols; readonly plan: Plan },
  inputs: Inputs,
  wires: Wires = {},
): Forged {
  const { r1cs, symbols, plan } = circuit;
  const values = new Array<bigint>(r1cs.wires).fill(0n);
  values[0] = 1n;
  for (const [wire, value] of readInputs(r1cs, symbols, inputs)) values[wire] = value;
  const overrides = new Map(
    Object.entries(wires).map(([name, value]) => [symbols.wireOf(name), mod(value)]),
  );
  for (const [wire, value] of overrides) values[wire] = value;
  for (const rule of plan) {
    if (!overrides.has(rule.wire)) values[rule.wire] = apply(rule, values);
  }
  const positions = findBroken(r1cs, values);
  return {
    values,
    positions,
    broken: positions.map((position) => describe(r1cs.constraints[position]!, symbols)),
    at: (name) => values[symbols.wireOf(name)]!,
  };
}

function apply(rule: Rule, values: readonly bigint[]): bigint {
  switch (rule.kind) {
    case 'bit':
      return (values[rule.of]! >> rule.index) & 1n;
    case 'inverse':
      return inverse(values[rule.of]!);
    case 'constraint': {
      const { a, b, c } = rule.from;
      const product = a.length === 0 ? 0n : evaluate(a, values) * evaluate(b, values);
      return mod((product - evaluate(c, values)) * rule.scale);
    }
  }
}

function readInputs(
  r1cs: R1cs,
  symbols: Symbols,
  inputs: Inputs,
): readonly (readonly [wire: number, value: bigint])[] {
  const first = 1 + r1cs.outputs;
  const left = new Map(Object.entries(inputs).map(([name, value]) => [name, [value].flat()]));
  const assigned = Array.from({ length: r1cs.publicInputs + r1cs.privateInputs }, (_, i) => {
    const wire = first + i;
    const name = symbols.byWire[wire]!.replace(/(\[\d+\])+$/, '');
    const value = left.get(name)?.shift();
    if (value === undefined) throw new Error(`no value for the input ${symbols.byWire[wire]!}`);
    return [wire, mod(value)] as const;
  });
  const surplus = [...left].filter(([, values]) => values.length > 0).map(([name]) => name);
  if (surplus.length > 0) throw new Error(`too many values for ${surplus.join(', ')}`);
  return assigned;
}

/**
 * Changes one wire at a time and recomputes nothing.
 * @param values an honest witness
 * @returns the names of the wires whose change no constraint noticed
 */
export function findLooseWires(
  circuit: { readonly r1cs: R1cs; readonly symbols: Symbols },
  values: readonly bigint[],
  random: Random,
): readonly string[] {
  const { r1cs, symbols } = circuit;
  const users = Array.from({ length: r1cs.wires }, (): Constraint[] => []);
  for (const constraint of r1cs.constraints) {
    for (const wire of wiresOf(constraint)) users[wire]!.push(constraint);
  }
  const changed = [...values];
  return symbols.byWire.filter((_, wire) => {
    if (wire === 0) return false;
    const honest = values[wire]!;
    const hostile = [honest + 1n, honest - 1n, honest + 1n + random.bits(250)].map(mod);
    const loose = hostile.some((value) => {
      changed[wire] = value;
      return users[wire]!.every((constraint) => {
        const { a, b, c } = constraint;
        return mod(evaluate(a, changed) * evaluate(b, changed) - evaluate(c, changed)) === 0n;
      });
    });
    changed[wire] = honest;
    return loose;
  });
}
