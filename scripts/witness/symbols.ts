/**
 * Names of wires, from a .sym file. circom calls an anonymous component `AtMost_98_3700` after its place in the source;
 * here it is `AtMost`, or `AtMost#0`, `AtMost#1` in the order of the source where a template has several, so that a
 * test's names survive an edit elsewhere in the file.
 * @module
 */
import { readFile } from 'node:fs/promises';
import type { Constraint, LinearCombination, R1cs } from './r1cs.ts';
import { R } from './field.ts';

/** A circuit's names. `main.` is left out. */
export type Symbols = {
  /** The name of each label, before and after any simplification. */
  readonly byLabel: ReadonlyMap<number, string>;
  /** The name of each wire of this build. */
  readonly byWire: readonly string[];
  /** The wire that a name stands for. @throws if there is none */
  readonly wireOf: (name: string) => number;
};

/** Reads a .sym file. */
export async function readSymbols(path: string, r1cs: R1cs): Promise<Symbols> {
  const lines = (await readFile(path, 'utf8')).trim().split('\n');
  const raw = lines.map((line) => {
    const [label = '', , , name = ''] = line.split(',');
    return { label: Number(label), segments: name.split('.').slice(1) };
  });
  const rename = renamer(raw.map(({ segments }) => segments));
  const byLabel = new Map(raw.map(({ label, segments }) => [label, rename(segments)]));
  const byWire = r1cs.labels.map((label) => (label === 0 ? '1' : (byLabel.get(label) ?? '')));
  const wires = new Map(byWire.map((name, wire) => [name, wire]));
  const wireOf = (name: string): number => {
    const wire = wires.get(name);
    if (wire === undefined) throw new Error(`no wire is called ${name}`);
    return wire;
  };
  return { byLabel, byWire, wireOf };
}

const ANONYMOUS = /^([A-Z]\w*)_\d+_(\d+)((?:\[\d+\])*)$/;

/** Maps paths as circom writes them to readable ones. */
function renamer(paths: readonly (readonly string[])[]): (segments: readonly string[]) => string {
  // For each parent and template: where in the source its anonymous components stand.
  const places = new Map<string, Set<number>>();
  const keyOf = (parent: readonly string[], template: string): string =>
    `${parent.join('.')}/${template}`;
  for (const segments of paths) {
    segments.forEach((segment, depth) => {
      const [, template, place] = ANONYMOUS.exec(segment) ?? [];
      if (template === undefined) return;
      const key = keyOf(segments.slice(0, depth), template);
      places.set(key, (places.get(key) ?? new Set()).add(Number(place)));
    });
  }
  return (segments) =>
    segments
      .map((segment, depth) => {
        const [, template, place, index = ''] = ANONYMOUS.exec(segment) ?? [];
        if (template === undefined) return segment;
        const known = [...(places.get(keyOf(segments.slice(0, depth), template)) ?? [])];
        const rank = known.sort((a, b) => a - b).indexOf(Number(place));
        return `${template}${known.length > 1 ? `#${rank}` : ''}${index}`;
      })
      .join('.');
}

/**
 * A constraint in words, such as `Uint.Num2Bits: out[0] * (out[0] - 1) = 0`. The component that all its wires share
 * stands before the colon; a linear one has its longer side on the left; the middle of a long sum is left out.
 */
export function describe(constraint: Constraint, symbols: Symbols): string {
  const names = [constraint.a, constraint.b, constraint.c]
    .flat()
    .filter(([wire]) => wire !== 0)
    .map(([wire]) => symbols.byWire[wire] ?? '');
  const component = sharedComponent(names);
  const nameOf = (wire: number): string =>
    (symbols.byWire[wire] ?? '').slice(component === '' ? 0 : component.length + 1);
  const text = formula(constraint, nameOf);
  return component === '' ? text : `${component}: ${text}`;
}

function formula({ a, b, c }: Constraint, nameOf: (wire: number) => string): string {
  if (a.length === 0 || b.length === 0) {
    const positive = c.filter(([, factor]) => !isNegative(factor));
    const negative = negate(c.filter(([, factor]) => isNegative(factor)));
    const [left, right] =
      positive.length < negative.length ? [negative, positive] : [positive, negative];
    return `${sum(left, nameOf)} = ${sum(right, nameOf)}`;
  }
  // circom likes to write -a · b = -c.
  const turned = a.every(([, factor]) => isNegative(factor));
  const [left, right] = turned ? [negate(a), negate(c)] : [a, c];
  const factors = [left, b].map((side) =>
    side.length > 1 ? `(${sum(side, nameOf)})` : sum(side, nameOf),
  );
  return `${factors.join(' * ')} = ${sum(right, nameOf)}`;
}

const LONGEST_SUM = 4;

function sum(combination: LinearCombination, nameOf: (wire: number) => string): string {
  const terms = [...combination]
    .sort(([one], [other]) => (one || Infinity) - (other || Infinity))
    .map(([wire, factor]) => {
      const size = isNegative(factor) ? R - factor : factor;
      const name = wire === 0 ? '' : nameOf(wire);
      const amount = size === 1n && name !== '' ? '' : shortNumber(size);
      return {
        sign: isNegative(factor) ? '-' : '+',
        text: [amount, name].filter((part) => part !== '').join('·'),
      };
    });
  const shown =
    terms.length > LONGEST_SUM
      ? [...terms.slice(0, 2), { sign: '+', text: '…' }, ...terms.slice(-1)]
      : terms;
  const [first, ...others] = shown;
  if (!first) return '0';
  return [
    `${first.sign === '-' ? '-' : ''}${first.text}`,
    ...others.map(({ sign, text }) => `${sign} ${text}`),
  ].join(' ');
}

function shortNumber(value: bigint): string {
  const exponent = value.toString(2).length - 1;
  if (exponent > 3 && value === 1n << BigInt(exponent)) return `2^${exponent}`;
  return value < 1n << 40n ? value.toString() : `0x${value.toString(16).slice(0, 8)}…`;
}

function isNegative(factor: bigint): boolean {
  return factor > R / 2n;
}

function negate(combination: LinearCombination): LinearCombination {
  return combination.map(([wire, factor]) => [wire, R - factor]);
}

function sharedComponent(names: readonly string[]): string {
  const paths = names.map((name) => name.split('.').slice(0, -1));
  const [first = []] = paths;
  const length = first.findIndex((segment, i) => paths.some((path) => path[i] !== segment));
  return (length < 0 ? first : first.slice(0, length)).join('.');
}
