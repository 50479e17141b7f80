/**
 * Forged witnesses. The witness program refuses dishonest inputs, and so hides what the constraints alone would accept.
 * `forge` takes a circuit's O0 build, sets chosen wires to hostile values and recomputes everything that follows from
 * them, each wire by the one constraint that makes it. What then fails is exactly the check that stood in the way.
 *
 * Only two things can't be read off the constraints, since circomlib assigns them with `<--`: the bits of `Num2Bits`
 * and `IsZero`'s inverse. Both can be overridden like any other wire.
 * @module
 */
import { R, inverse, mod } from './field.ts';
import { evaluate, findBroken, wiresOf, type Constraint, type R1cs } from './r1cs.ts';
import { describe, type Symbols } from './symbols.ts';
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

/** How a wire is made from wires that are known before it. */
export type Rule =
  | {
      readonly kind: 'constraint';
      readonly wire: number;
      readonly from: Constraint;
      readonly scale: bigint;
      /** Which constraint it is. */
      readonly position: number;
    }
  | { readonly kind: 'bit'; readonly wire: number; readonly of: number; readonly index: bigint }
  | { readonly kind: 'inverse'; readonly wire: number; readonly of: number };

/** The rules of all wires but the inputs, in an order in which each finds what it needs. */
export type Plan = readonly Rule[];

/**
 * Finds for each wire the rule that makes it.
 * @param r1cs a build at optimization 0
 * @throws if a wire follows from nothing: then the inputs don't determine the witness
 */
export function planWitness(r1cs: R1cs, symbols: Symbols, mainTemplate: string): Plan {
  const known = new Set<number>();
  const plan: Rule[] = [];
  const hints = findHints(symbols, mainTemplate);
  const hinted = new Set([...hints.values()].flat().map((rule) => rule.wire));
  const constraints = r1cs.constraints.map((constraint, position) => {
    const wires = wiresOf(constraint);
    return { constraint, position, wires, unknown: new Set(wires) };
  });
  const users = new Map<number, (typeof constraints)[number][]>();
  for (const entry of constraints) {
    for (const wire of entry.wires) users.set(wire, [...(users.get(wire) ?? []), entry]);
  }

  const ready: (typeof constraints)[number][] = [];
  const learn = (wire: number): void => {
    if (known.has(wire)) return;
    known.add(wire);
    for (const hint of hints.get(wire) ?? []) {
      plan.push(hint);
      learn(hint.wire);
    }
    for (const entry of users.get(wire) ?? []) {
      entry.unknown.delete(wire);
      if (entry.unknown.size === 1) ready.push(entry);
    }
  };
  const solve = (entry: (typeof constraints)[number]): void => {
    const [wire] = entry.unknown;
    if (wire === undefined || known.has(wire) || hinted.has(wire)) return;
    const rule = solveFor(wire, entry.constraint, entry.position);
    if (!rule) return;
    plan.push(rule);
    learn(wire);
  };
  const propagate = (): void => {
    for (let entry = ready.pop(); entry; entry = ready.pop()) solve(entry);
  };

  const firstInput = 1 + r1cs.outputs;
  for (let i = 0; i < r1cs.publicInputs + r1cs.privateInputs; i++) learn(firstInput + i);
  propagate();
  // `x === 0` says nothing of where x comes from; so a constant is taken as an origin only where nothing else is left.
  constraints.filter(({ wires }) => wires.size === 1).forEach(solve);
  propagate();

  const lost = symbols.byWire.filter((_, wire) => wire !== 0 && !known.has(wire));
  if (lost.length > 0) throw new Error(`not determined by the inputs: ${lost.join(', ')}`);
  return plan;
}

/** The rules that constraints don't give, by the wire that they start from. */
function findHints(symbols: Symbols, mainTemplate: string): ReadonlyMap<number, Rule[]> {
  const hints = new Map<number, Rule[]>();
  const add = (of: number, rule: Rule): void => {
    hints.set(of, [...(hints.get(of) ?? []), rule]);
  };
  symbols.byWire.forEach((name, wire) => {
    const [, path = '', signal = '', index = '0'] =
      /^(?:(.*)\.)?(out|inv)(?:\[(\d+)\])?$/.exec(name) ?? [];
    const template = path === '' ? mainTemplate : /(\w+)[^.]*$/.exec(path)?.[1];
    const input = (): number => symbols.wireOf(path === '' ? 'in' : `${path}.in`);
    if (template === 'Num2Bits' && signal === 'out') {
      add(input(), { kind: 'bit', wire, of: input(), index: BigInt(index) });
    }
    if (template === 'IsZero' && signal === 'inv') {
      add(input(), { kind: 'inverse', wire, of: input() });
    }
  });
  return hints;
}

/** A constraint makes a wire only if the wire stands alone: in C, and neither in A nor in B. */
function solveFor(wire: number, constraint: Constraint, position: number): Rule | undefined {
  const { a, b, c } = constraint;
  if ([...a, ...b].some(([other]) => other === wire)) return undefined;
  const factor = c.find(([other]) => other === wire)?.[1];
  if (factor === undefined) return undefined;
  const from = { a, b, c: c.filter(([other]) => other !== wire) };
  const scale = factor === 1n || factor === R - 1n ? factor : inverse(factor);
  return { kind: 'constraint', wire, from, scale, position };
}

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
