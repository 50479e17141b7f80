/**
 * Writing a witness plan: packedPlan.ts describes what it is.
 * @module
 */
import { putNumber } from '../kernel/binary.ts';
import { joinBytes } from '../protocol/codec.ts';
import { FIELD_BYTES } from '../protocol/field.ts';
import { pushVarint, u32, zigzag } from './packedBytes.ts';
import {
  KINDS,
  PLAN_MAGIC,
  PLAN_VERSION,
  readPlan,
  type Combination,
  type Step,
} from './packedPlan.ts';
import { fromHex } from './sha256.ts';

/** What a plan is written from. */
export type PlanParts = {
  /** sha256 of the r1cs, in hex. */
  readonly r1cs: string;
  readonly wires: number;
  readonly slots: number;
  readonly inputs: readonly { readonly name: string; readonly count: number }[];
  /** Of their numbers, in order. */
  readonly inputSlots: readonly number[];
  readonly steps: readonly Step[];
};

/**
 * Packs a plan, and reads what came out.
 * @throws {ArtifactMismatch} if the parts make no plan
 */
export function packPlan(parts: PlanParts): Uint8Array {
  const { r1cs, wires, slots, inputs, steps } = parts;
  const places = [...new Set(steps.flatMap((step) => (step.kind === 'check' ? [step.place] : [])))];
  const given: number[] = [];
  parts.inputSlots.forEach(slotWriter(given, wires));
  const { factors, columns } = packSteps(steps, places, wires);
  const packed = joinBytes([
    new TextEncoder().encode(PLAN_MAGIC),
    u32(PLAN_VERSION),
    fromHex(r1cs),
    ...[wires, slots, steps.length].map(u32),
    ...[varint(inputs.length), ...inputs.flatMap(({ name, count }) => [text(name), varint(count)])],
    Uint8Array.from(given),
    ...[varint(places.length), ...places.map(text)],
    ...[u32(factors.length / FIELD_BYTES), factors],
    ...columns,
  ]);
  readPlan(packed, r1cs);
  return packed;
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  pushVarint(bytes, value);
  return Uint8Array.from(bytes);
}

function text(value: string): Uint8Array {
  const bytes = new TextEncoder().encode(value);
  return joinBytes([varint(bytes.length), bytes]);
}

function packSteps(
  steps: readonly Step[],
  places: readonly string[],
  wires: number,
): { readonly factors: Uint8Array; readonly columns: readonly Uint8Array[] } {
  const empty = (): number[] => [];
  const columns = {
    kinds: empty(),
    numbers: empty(),
    lengths: empty(),
    slots: empty(),
    indices: empty(),
  };
  const dictionary = new Map([[1n, 0]]);
  const pushMade = slotWriter(columns.slots, wires);
  const pushRead = slotWriter(columns.slots, wires);
  let index = -1;
  for (const step of steps) {
    columns.kinds.push(KINDS.indexOf(step.kind));
    if (step.kind === 'bits') pushVarint(columns.numbers, step.targets.length);
    if (step.kind === 'check') pushVarint(columns.numbers, places.indexOf(step.place));
    targetsOf(step).forEach(pushMade);
    for (const sum of sumsOf(step)) {
      pushVarint(columns.lengths, sum.length);
      for (const [slot, factor] of sum) {
        pushRead(slot);
        const found = dictionary.get(factor) ?? dictionary.size;
        dictionary.set(factor, found);
        pushVarint(columns.indices, zigzag(found - index - 1));
        index = found;
      }
    }
  }
  const factors = new Uint8Array(dictionary.size * FIELD_BYTES);
  const view = new DataView(factors.buffer);
  for (const [factor, at] of dictionary) putNumber(view, at * FIELD_BYTES, factor);
  return { factors, columns: Object.values(columns).map((column) => Uint8Array.from(column)) };
}

/** Wires and other slots are counted apart: where a template is used again, the differences are the same again. */
function slotWriter(bytes: number[], wires: number): (slot: number) => void {
  const last = [0, 0];
  return (slot) => {
    const sort = slot < wires ? 0 : 1;
    pushVarint(bytes, 2 * zigzag(slot - (last[sort] ?? 0)) + sort);
    last[sort] = slot;
  };
}

function targetsOf(step: Step): readonly number[] {
  if (step.kind === 'check') return [];
  return step.kind === 'bits' ? step.targets : [step.target];
}

function sumsOf(step: Step): readonly Combination[] {
  return 'of' in step ? [step.of] : [step.a, step.b, step.c];
}
