/**
 * The steps of a witness plan (src/prover/packedPlan.ts), out of the constraints of a circuit's O0 build: there every signal
 * is a wire, and each follows from those before it by one constraint, or is a hint. The numbers that a plan makes are those
 * of the production build, and sums that several others are made from.
 * @module
 */
import type { Combination, Product, Step } from '../../src/prover/packedPlan.ts';
import { R, mod } from './field.ts';
import type { Plan, Rule } from './rules.ts';
import type { Constraint, LinearCombination, R1cs } from './r1cs.ts';

/** What steps are made of. */
export type StepSources = {
  /** The O0 build. */
  readonly whole: R1cs;
  /** The rule of each of its wires. */
  readonly rules: Plan;
  /** The build that proofs are made for. */
  readonly production: R1cs;
  /** Where a constraint of the O0 build stands, for people. */
  readonly placeOf: (constraint: Constraint) => string;
};

/** The steps, how many slots they need (wires of the production build, then others), and those of the inputs, in order. */
export type Steps = {
  readonly steps: readonly Step[];
  readonly slots: number;
  readonly inputs: readonly number[];
};

/** A sum of numbers times factors; slot 0 is the 1. No factor is 0. */
type Expression = ReadonlyMap<number, bigint>;

/** Where a wire of the O0 build is in a plan. */
type Places = {
  readonly slotOf: (wire: number) => number | undefined;
  /** Whether something must be made of it. */
  readonly isNeeded: (wire: number) => boolean;
  /** Whether it is put in where it is used: it is used once, or is another one times a factor. */
  readonly isInlined: (rule: Rule) => boolean;
};

/** Makes the steps. @throws if a wire of the production build is none of the O0 build's, or is not made */
export function makeSteps(sources: StepSources): Steps {
  const { whole, rules, production } = sources;
  const places = findPlaces(sources);
  const expressions = new Map<number, Expression>([[0, new Map([[0, 1n]])]]);
  const steps: Step[] = [];
  let slots = production.wires;
  const sum = (combination: LinearCombination): Expression => combine(combination, expressions);
  /** The wire is a number of the plan from now on. */
  const keep = (wire: number): number => {
    const slot = places.slotOf(wire) ?? slots++;
    expressions.set(wire, single(slot));
    return slot;
  };
  // An input that must equal another has no wire of its own in the production build.
  const inputs = inputWires(whole).map(keep);
  for (const [i, rule] of rules.entries()) {
    if (rule.kind === 'bit') {
      if (rule.index !== 0n) continue; // with the first
      const of = toCombination(sum([[rule.of, 1n]]));
      steps.push({ kind: 'bits', of, targets: bitsFrom(rules, i).map(keep) });
    } else if (!places.isNeeded(rule.wire)) continue;
    else if (rule.kind === 'inverse') {
      const of = toCombination(sum([[rule.of, 1n]]));
      steps.push({ kind: 'inverse', of, target: keep(rule.wire) });
    } else {
      const { a, b, c } = toProduct(rule, sum);
      if (a.length === 0 && places.isInlined(rule)) expressions.set(rule.wire, new Map(c));
      else if (a.length === 0) steps.push({ kind: 'sum', of: c, target: keep(rule.wire) });
      else steps.push({ kind: 'product', a, b, c, target: keep(rule.wire) });
    }
  }
  return { steps: [...steps, ...findChecks(sources, expressions, steps)], slots, inputs };
}

/** After the 1 and the outputs. */
export function inputWires({ outputs, publicInputs, privateInputs }: R1cs): readonly number[] {
  return Array.from({ length: publicInputs + privateInputs }, (_, i) => 1 + outputs + i);
}

/** By the labels, which both builds have of the same signals. */
function findPlaces({ whole, rules, production }: StepSources): Places {
  const slots = new Map(production.labels.map((label, wire) => [label, wire]));
  const slotOf = (wire: number): number | undefined => slots.get(whole.labels[wire] ?? NaN);
  const known = new Set(whole.labels);
  const strange = production.labels.find((label) => !known.has(label));
  if (strange !== undefined) throw new Error(`the O0 build has no label ${strange}`);
  const uses = countUses({ whole, rules }, slotOf);
  const isInlined = (rule: Rule): boolean =>
    slotOf(rule.wire) === undefined &&
    isLinear(rule) &&
    (uses[rule.wire] === 1 || isMultiple(rule));
  return { slotOf, isInlined, isNeeded: (wire) => (uses[wire] ?? 0) > 0 };
}

/** How often each wire is used by what is made, checked, or put in for others; once more if the production build has it. */
function countUses(
  { whole, rules }: Pick<StepSources, 'whole' | 'rules'>,
  slotOf: (wire: number) => number | undefined,
): readonly number[] {
  const uses = whole.labels.map((_, wire) => Number(slotOf(wire) !== undefined));
  const use = (wire: number, times: number): void => {
    uses[wire] = (uses[wire] ?? 0) + times;
  };
  for (const { a, b, c } of unusedConstraints(whole, rules))
    for (const [wire] of [...a, ...b, ...c]) use(wire, 1);
  for (const rule of rules.toReversed()) {
    const times = uses[rule.wire] ?? 0;
    if (times === 0 && rule.kind !== 'bit') continue;
    const alias = slotOf(rule.wire) === undefined && isMultiple(rule);
    for (const wire of wiresOf(rule)) use(wire, alias ? times : 1);
  }
  return uses;
}

/** The wires that a rule reads, without the 1. */
function wiresOf(rule: Rule): readonly number[] {
  if (rule.kind !== 'constraint') return [rule.of];
  const { a, b, c } = rule.from;
  return [...a, ...b, ...c].map(([wire]) => wire).filter((wire) => wire !== 0);
}

function isLinear(rule: Rule): boolean {
  return rule.kind === 'constraint' && (rule.from.a.length === 0 || rule.from.b.length === 0);
}

/** Is it another wire times a factor? */
function isMultiple(rule: Rule): boolean {
  return isLinear(rule) && rule.kind === 'constraint' && rule.from.c.length <= 1;
}

/** The constraints that make no wire: they are checks. */
function unusedConstraints(whole: R1cs, rules: Plan): readonly Constraint[] {
  const used = new Set(rules.map((rule) => (rule.kind === 'constraint' ? rule.position : -1)));
  return whole.constraints.filter((_, position) => !used.has(position));
}

/** The wires of all bits of a number, which follow one another. */
function bitsFrom(rules: Plan, first: number): readonly number[] {
  const wires: number[] = [];
  const of = (at: number): number | undefined => {
    const rule = rules[at];
    return rule?.kind === 'bit' && rule.index === BigInt(at - first) ? rule.of : undefined;
  };
  for (let at = first; of(at) !== undefined && of(at) === of(first); at++)
    wires.push(rules[at]?.wire ?? NaN);
  return wires;
}

/** `w = a b + c`; a and b are empty where one of them is a constant. */
function toProduct(
  { from, scale }: Extract<Rule, { readonly kind: 'constraint' }>,
  sum: (combination: LinearCombination) => Expression,
): Product {
  const { a, b, c } = splitProduct(sum(from.a), sum(from.b), times(sum(from.c), R - 1n));
  return {
    a: toCombination(times(a, scale)),
    b: toCombination(b),
    c: toCombination(times(c, scale)),
  };
}

/** The product with constant factors multiplied out. */
function splitProduct(
  a: Expression,
  b: Expression,
  c: Expression,
): Record<'a' | 'b' | 'c', Expression> {
  const none: Expression = new Map();
  for (const [constant, other] of [
    [a, b],
    [b, a],
  ] as const) {
    if ([...constant.keys()].some((slot) => slot !== 0)) continue;
    return { a: none, b: none, c: plus(c, times(other, constant.get(0) ?? 0n)) };
  }
  return { a, b, c };
}

/**
 * The constraints that make no wire, as `a b + c = 0`. Those that hold whatever the inputs are left out: of a bit that it is
 * one, and of a sum that it is itself. Each comes after all that is made: nothing can be read of what a check refuses.
 */
function findChecks(
  { whole, rules, placeOf }: StepSources,
  expressions: ReadonlyMap<number, Expression>,
  steps: readonly Step[],
): readonly Step[] {
  const bits = new Set(steps.flatMap((step) => (step.kind === 'bits' ? step.targets : [])));
  return unusedConstraints(whole, rules).flatMap((constraint): readonly Step[] => {
    const [left, right, sum] = [constraint.a, constraint.b, constraint.c].map((combination) =>
      combine(combination, expressions),
    ) as [Expression, Expression, Expression];
    const { a, b, c } = splitProduct(left, right, times(sum, R - 1n));
    if (a.size === 0 && c.size === 0) return [];
    const [bit, ...others] = new Set([...a.keys(), ...b.keys(), ...c.keys()].filter(Boolean));
    if (bit !== undefined && others.length === 0 && bits.has(bit)) {
      const at = (value: bigint) => (e: Expression) =>
        (e.get(0) ?? 0n) + value * (e.get(bit) ?? 0n);
      const holds = (value: bigint): boolean =>
        mod(at(value)(a) * at(value)(b) + at(value)(c)) === 0n;
      if (holds(0n) && holds(1n)) return [];
    }
    const [factor, other, rest] = [a, b, c].map(toCombination) as [
      Combination,
      Combination,
      Combination,
    ];
    return [{ kind: 'check', place: placeOf(constraint), a: factor, b: other, c: rest }];
  });
}

function single(slot: number): Expression {
  return new Map([[slot, 1n]]);
}

function combine(
  combination: LinearCombination,
  expressions: ReadonlyMap<number, Expression>,
): Expression {
  const sum = new Map<number, bigint>();
  for (const [wire, factor] of combination) {
    const expression = expressions.get(wire);
    if (!expression) throw new Error(`wire ${wire} is read before it is made`);
    for (const [slot, value] of expression) sum.set(slot, (sum.get(slot) ?? 0n) + factor * value);
  }
  return times(sum, 1n);
}

function plus(a: Expression, b: Expression): Expression {
  const sum = new Map(a);
  for (const [slot, value] of b) sum.set(slot, (sum.get(slot) ?? 0n) + value);
  return times(sum, 1n);
}

function times(a: Expression, factor: bigint): Expression {
  const products = [...a].map(([slot, value]) => [slot, mod(value * factor)] as const);
  return new Map(products.filter(([, value]) => value !== 0n));
}

function toCombination(a: Expression): Combination {
  return [...a].sort(([one], [other]) => one - other);
}
