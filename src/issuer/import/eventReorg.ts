/**
 * Reorganisations: blocks that were read, and are no longer of the chain.
 *
 * The cursor keeps the hashes of the newest blocks and what was read in them. If one isn't the chain's any more, reading
 * goes back to the newest that still is; what stood above is compared with what stands there now:
 * - an attestation that did not come back, or came back saying something else, is revoked;
 * - a revocation that did not come back leaves its attestation standing: it is given again;
 * - what came back as it was is passed over: nobody's leaf changes for it.
 *
 * What comes back in a later block than the comparison reaches is given again when that block is read. If no kept block is
 * of the chain any more, it ends with an error: it is another chain, or the source must be imported anew.
 * @module
 */
import { EligoError } from '../../errors.ts';
import { blockAt, unavailable } from '../../chain/asker.ts';
import { scanLogs, type ChainLog } from '../../chain/eventScan.ts';
import {
  openRevocations,
  rewind,
  KEPT_BLOCKS,
  type Cursor,
  type Mark,
  type Step,
} from './eventCursor.ts';
import { readRange, targetAt, type ReadRange, type Target } from './eventPass.ts';
import { idsOf, recordsOf, type OpenedSource } from './eventRecords.ts';
import { contentOf } from './eventSource.ts';
import type { ImportRecord } from './record.ts';

/** So often blocks may vanish while they are compared, before the node is not believed. */
const ATTEMPTS = 5;

/** What became of a cursor: the records that undo what vanished, and where to go on. */
export type Reconciled = { readonly records: readonly ImportRecord[]; readonly cursor: Cursor };

/**
 * Compares what was read with the chain.
 * @param head the last block with enough confirmations, not before the cursor's newest
 * @returns undefined if nothing that was read has vanished
 * @throws {ChainUnavailable} if nothing that was read is left
 */
export async function reconcile(
  source: OpenedSource,
  cursor: Cursor,
  head: bigint,
): Promise<Reconciled | undefined> {
  const { marks, target } = cursor;
  const standing = await newestStanding(source, marks);
  if (standing === undefined) throw nothingLeft(source, marks[0]);
  const above = marks.filter(({ block }) => BigInt(block) > BigInt(standing.block));
  const targetGone = target !== null && !(await stands(source, target, head));
  if (above.length === 0 && !targetGone) return undefined;
  const given = above.flatMap(({ steps }) => steps);
  // What the target showed revoked was left out, but no revocation was given for it yet.
  const vanished = [...given, ...(target?.steps ?? [])];
  const reach = BigInt(target?.block ?? cursor.next) + KEPT_BLOCKS;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const at = await targetAt(source, head < reach ? head : reach);
    const anew = await readAnew(source, rewind(cursor, standing), at);
    const undone = anew && (await undo(source, vanished, anew, at));
    // Once more, if even this block vanished meanwhile.
    if (anew === undefined || undone === undefined) continue;
    const more = anew.outcomes.filter(({ step }) => !isBack(given, step));
    const records = [...undone, ...more.flatMap((outcome) => outcome.records)];
    return { records, cursor: { ...anew.cursor, target: null } };
  }
  throw unavailable('changes its blocks whenever they are read');
}

async function newestStanding(
  source: OpenedSource,
  marks: readonly Mark[],
): Promise<Mark | undefined> {
  for (const mark of [...marks].reverse())
    if ((await blockAt(source.asker, BigInt(mark.block))).hash === mark.hash) return mark;
  return undefined;
}

/** Whether a block is of the chain; one above all that is confirmed isn't, as far as anybody knows. */
async function stands({ asker }: OpenedSource, mark: Mark, head: bigint): Promise<boolean> {
  if (BigInt(mark.block) > head) return false;
  return (await blockAt(asker, BigInt(mark.block))).hash === mark.hash;
}

/** All blocks from the cursor's next up to one, as one range: at most twice `KEPT_BLOCKS` and what the scan was ahead. */
async function readAnew(
  source: OpenedSource,
  cursor: Cursor,
  at: Target,
): Promise<ReadRange | undefined> {
  const from = BigInt(cursor.next);
  const logs: ChainLog[] = [];
  if (from > at.number) return { outcomes: [], cursor };
  const ranges = scanLogs(source.asker, source.reader.filter, { from, to: at.number });
  for await (const range of ranges) logs.push(...range.logs);
  return readRange(source, cursor, { from, to: at.number, logs }, at);
}

/** The records that take back what vanished; undefined if the block of reading vanished, too. */
async function undo(
  source: OpenedSource,
  vanished: readonly Step[],
  { outcomes, cursor }: ReadRange,
  at: Target,
): Promise<readonly ImportRecord[] | undefined> {
  const place = `block ${at.number.toString()}, after a reorganisation`;
  const now = outcomes.map(({ step }) => step);
  const gone = vanished.filter((step) => step.kind === 'attest' && !isBack(now, step));
  const revokes = gone.flatMap((step): readonly ImportRecord[] => {
    if (step.kind !== 'attest' || step.records === 0) return [];
    return idsOf(source.prefix, step.id, step.records).map((id) => ({ kind: 'revoke', place, id }));
  });
  const goneIds = new Set(gone.map(({ id }) => id));
  const freed = vanished.filter(
    (step) => step.kind === 'revoke' && !isBack(now, step) && !goneIds.has(step.id),
  );
  const ids = [...new Set(freed.map(({ id }) => id))];
  const held = await source.reader.hold(ids, at.number);
  const revocations = openRevocations(cursor);
  const restored = ids.flatMap((nativeId) => {
    const one = held.get(nativeId);
    const taken = one && source.reader.copies && revocations.has(contentOf(one));
    if (one === undefined || taken === true) return [];
    const id = `${source.prefix}/${nativeId}`;
    return recordsOf(source, { id, place, held: one }, at).filter(({ kind }) => kind === 'attest');
  });
  const still = await blockAt(source.asker, at.number);
  return still.hash === at.hash ? [...revokes, ...restored] : undefined;
}

function isBack(steps: readonly Step[], step: Step): boolean {
  return steps.some(
    (other) =>
      other.kind === step.kind &&
      other.id === step.id &&
      (other.kind === 'revoke' || step.kind === 'revoke' || other.content === step.content),
  );
}

function nothingLeft({ prefix }: OpenedSource, oldest: Mark | undefined): EligoError {
  const message =
    `of ${prefix} nothing that was read is left on the chain, back to block ${oldest?.block ?? '0'}: ` +
    'either the node is of another chain, or the source must be imported anew';
  return new EligoError('ChainUnavailable', message, { source: prefix });
}
