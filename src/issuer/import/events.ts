/**
 * Attestations of other systems as import records: EAS, Sign Protocol, Verax, by their events through an RPC.
 *
 * Only blocks that are deep enough are read, in ranges (chain/eventScan.ts). What an attestation says is read from the
 * contract at one block, the target: the last that is confirmed when a pass begins. The same source, first block and target
 * give the same records in the same order, however the ranges fall; and a node needs no old states, unless a pass takes
 * longer than the node keeps them: then the target moves on.
 *
 * An attestation that was revoked by the target is left out; its revocation, when the scan comes to it, is given all the
 * same and finds nothing.
 *
 * For whoever keeps the records:
 * - What follows the last mark isn't settled. Commit records together with the mark that follows them, and drop those that
 *   no mark follows: reading on from the last mark gives them again.
 * - After a `revoke` an id may come again as `attest`: its revocation vanished with a block, or on the chain that won the
 *   id means something else (eventReorg.ts).
 * @module
 */
import { isAddress, type Address } from 'viem';
import {
  blockAt,
  confirmedNumber,
  unavailable,
  waitFor,
  type Asker,
  type Sleep,
} from '../../chain/asker.ts';
import type { ReadClient } from '../../chain/client.ts';
import { scanLogs } from '../../chain/eventScan.ts';
import { EligoError, invalidInput } from '../../errors.ts';
import { toTime } from '../../protocol/field.ts';
import type { Schema } from '../../protocol/schema.ts';
import { openEas } from './eas.ts';
import { lastMark, readCursor, type Cursor, type Mark } from './eventCursor.ts';
import { planData } from './eventData.ts';
import { readRange, targetAt, type Target } from './eventPass.ts';
import type { OpenedSource } from './eventRecords.ts';
import { reconcile } from './eventReorg.ts';
import type { SourceSystem, SystemParameters, SystemReader } from './eventSource.ts';
import type { Mapping } from './mapping.ts';
import type { ImportRecord } from './record.ts';
import { openSignProtocol } from './signProtocol.ts';
import { openVerax } from './verax.ts';

export { SOURCE_SYSTEMS, type SourceSystem } from './eventSource.ts';
export type { Cursor } from './eventCursor.ts';

/** All records before it belong to blocks that were read whole. */
export type CursorMark = {
  readonly kind: 'mark';
  readonly cursor: Cursor;
  /** The last block that was read. */
  readonly block: bigint;
  /** Whether all confirmed blocks have been read: with `follow` a good moment to issue and to write a manifest. */
  readonly complete: boolean;
};

export type EventsParameters = {
  /** Of the source's chain. */
  readonly client: ReadClient;
  readonly system: SourceSystem;
  /** EAS itself, Sign Protocol's instance, Verax' attestation registry. */
  readonly contract: Address;
  /** The source's schema id: 32 bytes in hex, or Sign Protocol's number. */
  readonly sourceSchema: string;
  /** Whose attestations count; left out, everybody's. */
  readonly attester?: Address | undefined;
  readonly schema: Schema;
  /**
   * Which of the source's fields feed what; by equal names if left out. The account is the recipient and the expiry the
   * attestation's own: a mapping that names fields for them is refused.
   */
  readonly mapping?: Mapping | undefined;
  /** For what has no expiry in the source: Unix seconds, or `NEVER`; undefined excludes it as `no-expiry`. */
  readonly expires: bigint | undefined;
  /** Where to begin without a cursor. */
  readonly fromBlock?: bigint | undefined;
  /** The last block to read; the last one with enough confirmations if left out. */
  readonly toBlock?: bigint | undefined;
  /** Where to go on: the last mark's cursor, as JSON gives it back. */
  readonly cursor?: unknown;
  /** Blocks that a block must be deep before it is read, its own counted: 1 or more. */
  readonly confirmations: number;
  /** Ends reading, with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** How waiting is done; by the platform's timer if left out. */
  readonly sleep?: Sleep | undefined;
  /** Told the last block that was read, and the one up to which is read. */
  readonly onProgress?: ((block: bigint, until: bigint) => void) | undefined;
};

const OPENERS: Readonly<
  Record<SourceSystem, (parameters: SystemParameters) => Promise<SystemReader>>
> = { eas: openEas, 'sign-protocol': openSignProtocol, verax: openVerax };

/**
 * Reads what is confirmed now, and ends.
 * @throws {InvalidInput} if there is no such schema, the mapping doesn't fit it, or the cursor is of another source
 * @throws {ChainUnavailable} if the node doesn't answer, or answers what can't be; it says what
 * @throws the signal's reason, if it fires
 * @example
 * for await (const record of readSourceEvents({ client, system: 'eas', contract, sourceSchema, schema, … }))
 *   if (record.kind === 'mark') await commit(record.cursor);
 */
export async function* readSourceEvents(
  parameters: EventsParameters,
): AsyncGenerator<ImportRecord | CursorMark> {
  const source = await openSource(parameters);
  const cursor = takeUp(source, parameters);
  for await (const record of pass(source, cursor, parameters)) yield record;
}

/**
 * Reads on for ever, as the source goes on. When the signal fires it ends, without an error.
 * @throws {InvalidInput} @throws {ChainUnavailable} as `readSourceEvents`
 */
export async function* followSourceEvents(
  parameters: EventsParameters & {
    /** Milliseconds between two looks at the chain; the client's if left out. */
    readonly pollingInterval?: number | undefined;
  },
): AsyncGenerator<ImportRecord | CursorMark> {
  const { client, signal, pollingInterval = client.pollingInterval, toBlock } = parameters;
  if (toBlock !== undefined)
    throw invalidInput('toBlock', toBlock, 'must be absent: following has no last block');
  try {
    const source = await openSource(parameters);
    let cursor = takeUp(source, parameters);
    for (;;) {
      for await (const record of pass(source, cursor, parameters)) {
        if (record.kind === 'mark') cursor = record.cursor;
        yield record;
      }
      await waitFor(source.asker, pollingInterval);
    }
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
}

async function openSource(parameters: EventsParameters): Promise<OpenedSource> {
  const { client, system, contract, sourceSchema, attester, expires, confirmations } = parameters;
  for (const [name, address] of Object.entries({ contract, attester }))
    if (address !== undefined && !isAddress(address, { strict: false }))
      throw invalidInput(name, address, 'must be an address');
  if (!Number.isSafeInteger(confirmations) || confirmations < 1)
    throw invalidInput('confirmations', confirmations, 'must be 1 or more');
  if (expires !== undefined) toTime(expires, 'expires');
  const asker: Asker = { client, signal: parameters.signal, sleep: parameters.sleep };
  const reader = await OPENERS[system]({ asker, contract, sourceSchema, attester });
  const plan = planData({ ...reader, schema: parameters.schema, mapping: parameters.mapping });
  const prefix = `${system}/${client.chain.id}/${contract.toLowerCase()}`;
  return { asker, reader, plan, contract, attester, expires, prefix };
}

/** What a cursor is good for: everything that makes another source. */
function nameOf({ prefix, reader, attester }: OpenedSource): string {
  return [prefix, reader.schemaId, attester?.toLowerCase() ?? 'anybody'].join('/');
}

function takeUp(source: OpenedSource, { cursor }: EventsParameters): Cursor | undefined {
  return cursor === undefined ? undefined : readCursor(cursor, nameOf(source));
}

/** A cursor before anything is read; undefined while the first block isn't confirmed. A chain's block 0 has no events. */
async function start(
  source: OpenedSource,
  fromBlock: bigint,
  head: bigint,
): Promise<Cursor | undefined> {
  const before = fromBlock > 0n ? fromBlock - 1n : 0n;
  if (before > head) return undefined;
  const { number, hash } = await blockAt(source.asker, before);
  const mark: Mark = { block: number.toString(), hash, counter: null, steps: [] };
  const next = (number + 1n).toString();
  return { source: nameOf(source), next, target: null, marks: [mark], revoked: [] };
}

/** So often in a row blocks may vanish while they are read, before the node is not believed. */
const RESTARTS = 5;

/** All that is confirmed now. */
async function* pass(
  source: OpenedSource,
  kept: Cursor | undefined,
  parameters: EventsParameters,
): AsyncGenerator<ImportRecord | CursorMark> {
  const { fromBlock = 0n, confirmations, toBlock } = parameters;
  let cursor = kept;
  let goal: bigint | undefined;
  for (let restarts = 0; restarts <= RESTARTS; restarts += 1) {
    const confirmed = await confirmedNumber(source.asker, confirmations);
    const head = toBlock === undefined || confirmed < toBlock ? confirmed : toBlock;
    goal ??= head;
    cursor ??= await start(source, fromBlock, head);
    // A node that went back, or is behind others: nothing can be said until it has caught up.
    if (cursor === undefined || head < BigInt(lastMark(cursor).block)) return;
    const reconciled = await reconcile(source, cursor, head);
    if (reconciled) {
      cursor = reconciled.cursor;
      yield* reconciled.records;
      yield markOf(cursor, head);
    }
    const before: string = cursor.next;
    const until = head < goal ? head : goal;
    if (BigInt(before) <= until) cursor = yield* scan(source, cursor, { head, goal }, parameters);
    if (BigInt(cursor.next) > until) return;
    if (cursor.next !== before) restarts = 0;
  }
  throw unavailable('changes its blocks whenever they are read');
}

/** Reads on to the target, or until blocks that were read vanish. @returns the cursor behind what was given */
async function* scan(
  source: OpenedSource,
  from: Cursor,
  { head, goal }: { readonly head: bigint; readonly goal: bigint },
  { onProgress, toBlock }: EventsParameters,
): AsyncGenerator<ImportRecord | CursorMark, Cursor> {
  const target = await targetAt(source, from.target === null ? head : BigInt(from.target.block));
  let cursor = aimAt(from, target);
  const range = { from: BigInt(cursor.next), to: target.number };
  try {
    for await (const scanned of scanLogs(source.asker, source.reader.filter, range)) {
      const read = await readRange(source, cursor, scanned, target);
      if (read === undefined) return cursor;
      cursor = read.cursor;
      for (const { records } of read.outcomes) yield* records;
      yield markOf(cursor, goal);
      onProgress?.(scanned.to, target.number);
    }
    return cursor;
  } catch (error) {
    // The state is gone: what is left is read at a later block.
    const isGone = error instanceof EligoError && error.data['state'] === 'missing';
    if (!isGone || toBlock !== undefined || head <= target.number) throw error;
    return aimAt(cursor, await targetAt(source, head));
  }
}

/** Keeps the target with the cursor, so that reading on reads at the same block. */
function aimAt(cursor: Cursor, { number, hash }: Target): Cursor {
  const steps = cursor.target?.steps ?? [];
  return { ...cursor, target: { block: number.toString(), hash, counter: null, steps } };
}

function markOf(cursor: Cursor, goal: bigint): CursorMark {
  const next = BigInt(cursor.next);
  return { kind: 'mark', cursor, block: next - 1n, complete: next > goal };
}
