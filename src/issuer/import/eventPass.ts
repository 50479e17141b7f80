/**
 * One range of blocks of a source: its events, what the contract holds, the records, and the cursor behind them.
 * @module
 */
import { blockAt, unavailable, type BlockFacts } from '../../chain/asker.ts';
import type { ScannedRange } from '../../chain/eventScan.ts';
import {
  KEPT_BLOCKS,
  advance,
  lastMark,
  openRevocations,
  type Cursor,
  type Mark,
  type Step,
} from './eventCursor.ts';
import { outcomesOf, type OpenedSource, type Outcome } from './eventRecords.ts';
import type { SourceEvent } from './eventSource.ts';

/** A range that was read whole. */
export type ReadRange = {
  readonly outcomes: readonly Outcome[];
  /** The cursor behind it. */
  readonly cursor: Cursor;
};

/** The block at which contracts are read. */
export type Target = BlockFacts & {
  /** Revocations from this second on could still be undone by a reorganisation; Unix seconds. */
  readonly recent: bigint;
};

/** Makes a confirmed block the one at which contracts are read. @throws {ChainUnavailable} */
export async function targetAt({ asker }: OpenedSource, number: bigint): Promise<Target> {
  const facts = await blockAt(asker, number);
  const { time } = await blockAt(asker, number > KEPT_BLOCKS ? number - KEPT_BLOCKS : 0n);
  return { ...facts, recent: time };
}

/**
 * Reads a range.
 * @returns undefined if a reorganisation came meanwhile: nothing of it counts
 * @throws {ChainUnavailable} if the node leaves attestations out, or its state lacks what its events name
 */
export async function readRange(
  source: OpenedSource,
  cursor: Cursor,
  range: ScannedRange,
  target: Target,
): Promise<ReadRange | undefined> {
  const events = source.reader.eventsOf(range.logs);
  refuseGaps(events, lastMark(cursor).counter, range);
  const revocations = openRevocations(cursor);
  const outcomes = await outcomesOf(source, events, { at: target, revocations });
  const end = await blockAt(source.asker, range.to);
  const still = end.number === target.number ? end : await blockAt(source.asker, target.number);
  const other = range.logs.some(
    ({ block, blockHash }) => block === end.number && blockHash !== end.hash,
  );
  if (still.hash !== target.hash || other) return undefined;
  const marks = marksOf(outcomes, end, lastMark(cursor).counter);
  const moved = advance({ ...cursor, revoked: revocations.list() }, marks);
  return { outcomes, cursor: { ...moved, target: targetOf(moved, outcomes, target) } };
}

/** Attestations that are numbered without gaps show what a node leaves out. */
function refuseGaps(
  events: readonly SourceEvent[],
  before: string | null,
  { from, to }: ScannedRange,
): void {
  let last = before === null ? undefined : BigInt(before);
  for (const { counter } of events) {
    if (counter === undefined) continue;
    if (last !== undefined && counter !== last + 1n) {
      const asked = `blocks ${from.toString()} to ${to.toString()}`;
      const gap = `attestation ${counter.toString()} after ${last.toString()}`;
      throw unavailable(`leaves events out of ${asked}: it gives ${gap}`);
    }
    last = counter;
  }
}

/** A mark for each block with events that a reorganisation could still undo, and one for the last. */
function marksOf(
  outcomes: readonly Outcome[],
  end: BlockFacts,
  before: string | null,
): readonly Mark[] {
  const marks = new Map<bigint, Mark>();
  let counter = before;
  const put = (block: bigint, hash: BlockFacts['hash'], steps: readonly Step[]): void => {
    const there = marks.get(block)?.steps ?? [];
    marks.set(block, { block: block.toString(), hash, counter, steps: [...there, ...steps] });
  };
  for (const { event, step } of outcomes) {
    counter = event.counter?.toString() ?? counter;
    const { block, blockHash } = event.log;
    if (block > end.number - KEPT_BLOCKS) put(block, blockHash, [step]);
  }
  put(end.number, end.hash, []);
  return [...marks.values()];
}

/**
 * The target as the cursor keeps it until all blocks up to it are read. What was left out because it was revoked, by a
 * revocation that lies further on and could still vanish, is kept with it as if that were read already.
 */
function targetOf(
  cursor: Cursor,
  outcomes: readonly Outcome[],
  { number, hash, recent }: Target,
): Mark | null {
  if (BigInt(cursor.next) > number) return null;
  const steps = outcomes.flatMap(({ event, held }): readonly Step[] =>
    event.kind === 'attest' && held?.revoked === true && held.revokedAt >= recent
      ? [{ kind: 'revoke', id: event.nativeId }]
      : [],
  );
  const block = number.toString();
  return { block, hash, counter: null, steps: [...(cursor.target?.steps ?? []), ...steps] };
}
