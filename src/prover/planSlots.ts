/**
 * The slots of a witness plan (packedPlan.ts): what their varints mean, and which hold a number already.
 * @module
 */
import { unzigzag, type ByteReader } from './packedBytes.ts';

/** Takes the varints in the order of the file. Every method throws `ArtifactMismatch`, with the offset of their column. */
export type SlotTracker = {
  /** An input's: there from the start. */
  readonly input: (code: number) => number;
  /** One that a step makes. */
  readonly made: (code: number) => number;
  /** One that a step reads: it is there. */
  readonly read: (code: number) => number;
  /** A slot that was made holds a number from now on. */
  readonly keep: (slot: number) => void;
  /** Is every wire there? */
  readonly refuseMissing: () => void;
};

/** For a plan of so many slots, of which the first are wires. Slot 0 holds the 1. */
export function trackSlots(
  reader: ByteReader,
  { wires, slots }: { readonly wires: number; readonly slots: number },
): SlotTracker {
  const there = new Uint8Array(slots);
  there[0] = 1;
  const [inputs, made, read] = [0, 1, 2].map(() => [0, 0] as [number, number]) as [
    Last,
    Last,
    Last,
  ];
  const next = (last: Last, code: number): number => {
    const sort = (code & 1) as 0 | 1;
    const slot = last[sort] + unzigzag(code >>> 1);
    last[sort] = slot;
    const isThere = sort === 0 ? slot >= 0 && slot < wires : slot >= wires && slot < slots;
    if (!isThere) throw reader.fault(`there is no slot ${slot}`);
    return slot;
  };
  const keep = (slot: number): void => {
    if (there[slot] === 1) throw reader.fault(`slot ${slot} is made twice`);
    there[slot] = 1;
  };
  return {
    input: (code) => {
      const slot = next(inputs, code);
      keep(slot);
      return slot;
    },
    made: (code) => next(made, code),
    read: (code) => {
      const slot = next(read, code);
      if (there[slot] !== 1) throw reader.fault(`slot ${slot} is read before it is made`);
      return slot;
    },
    keep,
    refuseMissing: () => {
      const missing = there.subarray(0, wires).indexOf(0);
      if (missing >= 0) throw reader.fault(`wire ${missing} is not made`);
    },
  };
}

/** The slot before, of wires and of others. */
type Last = [wires: number, others: number];
