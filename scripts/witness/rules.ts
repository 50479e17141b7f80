/**
 * How each wire of a circuit is made: by the one constraint that has no other unknown wire. Only two things can't be read off
 * the constraints, since circomlib assigns them with `<--`: the bits of `Num2Bits` and `IsZero`'s inverse.
 * @module
 */
import { R, inverse } from './field.ts';
import { wiresOf, type Constraint, type R1cs } from './r1cs.ts';
import type { Symbols } from './symbols.ts';

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
