/**
 * Reads and writes .r1cs files (iden3's binary format, version 1): a header, the constraints `A·B = C`, and for each
 * wire the label that the .sym file calls it by. Writing exists to leave one constraint out.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { R, mod } from './field.ts';

/** Terms of a linear combination: wire and factor, in [0, r). Wire 0 is the constant 1. */
export type LinearCombination = readonly (readonly [wire: number, factor: bigint])[];

/** `a · b = c`. */
export type Constraint = {
  readonly a: LinearCombination;
  readonly b: LinearCombination;
  readonly c: LinearCombination;
};

/** A constraint system. Wires: the constant, outputs, public inputs, private inputs, all others. */
export type R1cs = {
  readonly wires: number;
  readonly outputs: number;
  readonly publicInputs: number;
  readonly privateInputs: number;
  readonly constraints: readonly Constraint[];
  /** The label of each wire. */
  readonly labels: readonly number[];
  /** The sections as they stand in the file. */
  readonly sections: ReadonlyMap<number, Uint8Array>;
};

const HEADER = 1;
const CONSTRAINTS = 2;
const LABELS = 3;
const FIELD_BYTES = 32;

/** Reads a file. */
export async function readR1cs(path: string): Promise<R1cs> {
  const sections = splitSections(await readFile(path));
  const header = viewOf(sections, HEADER);
  if (header.getUint32(0, true) !== FIELD_BYTES) throw new Error('field elements of 32 bytes only');
  if (readField(header, 4) !== R) throw new Error('the field is not BN254’s');
  const [wires, outputs, publicInputs, privateInputs] = [36, 40, 44, 48].map((at) =>
    header.getUint32(at, true),
  ) as [number, number, number, number];
  return {
    wires,
    outputs,
    publicInputs,
    privateInputs,
    constraints: readConstraints(viewOf(sections, CONSTRAINTS), header.getUint32(60, true)),
    labels: readLabels(viewOf(sections, LABELS), wires),
    sections,
  };
}

/** The same system as a file's content, without one constraint. */
export function writeR1csWithout(r1cs: R1cs, omitted: number): Uint8Array {
  const header = Buffer.from(sectionOf(r1cs, HEADER));
  header.writeUInt32LE(r1cs.constraints.length - 1, 60);
  const whole = Buffer.from(sectionOf(r1cs, CONSTRAINTS));
  const start = byteLength(r1cs.constraints.slice(0, omitted));
  const end = byteLength(r1cs.constraints.slice(0, omitted + 1));
  const constraints = Buffer.concat([whole.subarray(0, start), whole.subarray(end)]);
  const sections = [
    section(HEADER, header),
    section(CONSTRAINTS, constraints),
    section(LABELS, sectionOf(r1cs, LABELS)),
  ];
  return Buffer.concat([Buffer.from('r1cs'), uint32(1), uint32(sections.length), ...sections]);
}

function sectionOf({ sections }: R1cs, id: number): Uint8Array {
  const content = sections.get(id);
  if (content === undefined) throw new Error(`an r1cs file has a section ${id}`);
  return content;
}

/** The value of a linear combination. */
export function evaluate(combination: LinearCombination, values: readonly bigint[]): bigint {
  let sum = 0n;
  for (const [wire, factor] of combination) sum += factor * (values[wire] ?? 0n);
  return mod(sum);
}

/** Does the constraint hold? */
export function holds({ a, b, c }: Constraint, values: readonly bigint[]): boolean {
  const product = a.length === 0 || b.length === 0 ? 0n : evaluate(a, values) * evaluate(b, values);
  return mod(product - evaluate(c, values)) === 0n;
}

/** Positions of the constraints that don't hold. */
export function findBroken(r1cs: R1cs, values: readonly bigint[]): readonly number[] {
  return r1cs.constraints.flatMap((constraint, i) => (holds(constraint, values) ? [] : [i]));
}

/** The wires in a constraint, without the constant. */
export function wiresOf({ a, b, c }: Constraint): ReadonlySet<number> {
  return new Set([...a, ...b, ...c].map(([wire]) => wire).filter((wire) => wire !== 0));
}

function splitSections(bytes: Buffer): ReadonlyMap<number, Uint8Array> {
  if (bytes.toString('latin1', 0, 4) !== 'r1cs') throw new Error('not an r1cs file');
  const sections = new Map<number, Uint8Array>();
  let at = 12;
  for (let left = bytes.readUInt32LE(8); left > 0; left--) {
    const size = Number(bytes.readBigUInt64LE(at + 4));
    sections.set(bytes.readUInt32LE(at), bytes.subarray(at + 12, at + 12 + size));
    at += 12 + size;
  }
  return sections;
}

function viewOf(sections: ReadonlyMap<number, Uint8Array>, id: number): DataView {
  const bytes = sections.get(id);
  if (!bytes) throw new Error(`section ${id} is missing`);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function readField(view: DataView, at: number): bigint {
  let value = 0n;
  for (let i = 3; i >= 0; i--) value = (value << 64n) | view.getBigUint64(at + 8 * i, true);
  return value;
}

function readConstraints(view: DataView, count: number): readonly Constraint[] {
  let at = 0;
  const readCombination = (): LinearCombination => {
    const terms = view.getUint32(at, true);
    at += 4;
    return Array.from({ length: terms }, () => {
      const term = [view.getUint32(at, true), readField(view, at + 4)] as const;
      at += 4 + FIELD_BYTES;
      return term;
    });
  };
  return Array.from({ length: count }, () => ({
    a: readCombination(),
    b: readCombination(),
    c: readCombination(),
  }));
}

function readLabels(view: DataView, wires: number): readonly number[] {
  return Array.from({ length: wires }, (_, wire) => Number(view.getBigUint64(8 * wire, true)));
}

function byteLength(constraints: readonly Constraint[]): number {
  const terms = constraints.reduce((n, { a, b, c }) => n + a.length + b.length + c.length, 0);
  return constraints.length * 3 * 4 + terms * (4 + FIELD_BYTES);
}

function section(id: number, body: Uint8Array): Uint8Array {
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(body.length));
  return Buffer.concat([uint32(id), size, body]);
}

function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
