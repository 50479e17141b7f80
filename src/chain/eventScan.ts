/**
 * Long scans of a contract's events through a node that nobody knows: any range of blocks, asked for in pieces that grow
 * while the node is willing and halve when it isn't, none left out.
 *
 * A node is not believed. What it gives for a range must be of this contract, these events and these blocks, each once and
 * in order; and what it gives for the two halves of the range must be the same again, since many a node cuts a long answer
 * short without a word. Nothing helps against a node that lies twice in the same way: ask one of your own.
 * @module
 */
import {
  BaseError,
  isAddressEqual,
  isHex,
  numberToHex,
  type Address,
  type Hex,
  type LogTopic,
  type RpcLog,
} from 'viem';
import { EligoError } from '../errors.ts';
import { lower, mayBeTooMuch, patiently, unavailable, type Asker } from './asker.ts';
import { fromRevert } from './reverts.ts';

/** An event as it stands on the chain. */
export type ChainLog = {
  readonly block: bigint;
  readonly blockHash: Hex;
  /** Its place in the block. */
  readonly index: number;
  readonly transaction: Hex;
  readonly topics: readonly Hex[];
  readonly data: Hex;
};

/** Which events: topics as `eth_getLogs` takes them. */
export type LogFilter = { readonly address: Address; readonly topics: readonly LogTopic[] };

/** Blocks `from` to `to`, both included, and all their events. */
export type ScannedRange = {
  readonly from: bigint;
  readonly to: bigint;
  readonly logs: readonly ChainLog[];
};

/** Blocks that are asked for first. */
const FIRST_WIDTH = 2_000n;
const WIDEST = 1_000_000n;

/** After a refusal, so many answers in a row before more is asked for again. */
const PATIENCE = 16;

/** More events at once are not kept in memory, but for those of a single block. */
const MOST_LOGS = 2_000;

/**
 * All events of a range, piece by piece, in order.
 * @throws {ChainUnavailable} if the node refuses even a single block, or gives what can't be: it says which
 */
export async function* scanLogs(
  asker: Asker,
  filter: LogFilter,
  range: { readonly from: bigint; readonly to: bigint },
): AsyncGenerator<ScannedRange> {
  let from = range.from;
  let width = FIRST_WIDTH;
  let answers = PATIENCE; // grows at once until the first refusal
  while (from <= range.to) {
    const to = smaller(from + width - 1n, range.to);
    const logs = await readRange(asker, filter, from, to);
    if (logs === undefined) {
      width = (to - from + 2n) / 2n;
      answers = 0;
      continue;
    }
    yield { from, to, logs };
    from = to + 1n;
    answers += 1;
    if (answers >= PATIENCE && logs.length * 2 <= MOST_LOGS) width = smaller(width * 2n, WIDEST);
  }
}

/** The events of some blocks; undefined where fewer blocks are to be asked for. */
async function readRange(
  asker: Asker,
  filter: LogFilter,
  from: bigint,
  to: bigint,
): Promise<readonly ChainLog[] | undefined> {
  const single = from === to;
  const ask = (first: bigint, last: bigint) => readLogs(asker, filter, first, last);
  try {
    const logs = await patiently(asker, () => ask(from, to), { onlyBusy: !single });
    if (single) return logs;
    if (logs.length > MOST_LOGS) return undefined;
    const middle = (from + to) / 2n;
    const again = await patiently(
      asker,
      async () => [...(await ask(from, middle)), ...(await ask(middle + 1n, to))],
      { onlyBusy: true },
    );
    if (JSON.stringify(keysOf(logs)) === JSON.stringify(keysOf(again))) return logs;
    if (to - from > 1n) return undefined;
  } catch (error) {
    if (error instanceof EligoError || !(error instanceof BaseError)) throw error;
    if (!single && mayBeTooMuch(error)) return undefined;
    const refusal = fromRevert(error);
    throw unavailable(`refuses the events of block ${from.toString()}: ${refusal.message}`, error);
  }
  throw unavailable(
    `gives other events for blocks ${from.toString()} and ${to.toString()} together than for each alone`,
  );
}

function keysOf(logs: readonly ChainLog[]): readonly string[] {
  return logs.map(({ block, blockHash, index, topics, data }) =>
    [block, blockHash, index, ...topics, data].join(),
  );
}

/** What the node has for some blocks, checked. @throws {ChainUnavailable} naming what can't be */
async function readLogs(
  { client }: Asker,
  filter: LogFilter,
  from: bigint,
  to: bigint,
): Promise<readonly ChainLog[]> {
  const answer: unknown = await client.request({
    method: 'eth_getLogs',
    params: [
      {
        address: filter.address,
        topics: [...filter.topics],
        fromBlock: numberToHex(from),
        toBlock: numberToHex(to),
      },
    ],
  });
  const asked = `blocks ${from.toString()} to ${to.toString()}`;
  if (!Array.isArray(answer)) throw unavailable(`gives no list of events for ${asked}`);
  let before: ChainLog | undefined;
  return answer.map((raw: unknown) => {
    const log = toLog(raw);
    const fault = log === undefined ? 'without its place' : faultOf(log, before, filter, from, to);
    if (log === undefined || fault !== undefined)
      throw unavailable(`gives an event ${fault ?? ''} where it is asked for ${asked}`);
    before = log;
    return log;
  });
}

type RawLog = ChainLog & { readonly address: Address; readonly removed: boolean };

function toLog(raw: unknown): RawLog | undefined {
  const log = Object(raw) as Partial<RpcLog>;
  const { blockNumber, blockHash, logIndex, transactionHash, topics, data, address } = log;
  const whole =
    isHex(blockNumber) &&
    isHex(blockHash) &&
    isHex(logIndex) &&
    isHex(transactionHash) &&
    isHex(data) &&
    /^0x[0-9a-f]{40}$/i.test(String(address)) &&
    Array.isArray(topics) &&
    topics.every((topic) => isHex(topic));
  if (!whole) return undefined;
  return {
    block: BigInt(blockNumber),
    blockHash: lower(blockHash),
    index: Number(logIndex),
    transaction: lower(transactionHash),
    topics: (topics as readonly Hex[]).map(lower),
    data,
    address: address as Address,
    removed: log.removed === true,
  };
}

/** Why the node can't have been asked for this, in words. */
function faultOf(
  log: RawLog,
  before: ChainLog | undefined,
  filter: LogFilter,
  from: bigint,
  to: bigint,
): string | undefined {
  if (!isAddressEqual(log.address, filter.address)) return 'of another contract';
  if (log.block < from || log.block > to) return `of block ${log.block.toString()}`;
  if (log.removed) return 'that was removed';
  if (!filter.topics.every((topic, i) => matches(log.topics[i], topic))) return 'of another kind';
  if (before === undefined || log.block > before.block) return undefined;
  if (log.block < before.block || log.index < before.index) return 'out of order';
  if (log.index === before.index) return 'twice';
  return log.blockHash === before.blockHash ? undefined : 'of a second block with the same number';
}

function matches(topic: Hex | undefined, wanted: LogTopic): boolean {
  if (wanted === null) return true;
  const choices = typeof wanted === 'string' ? [wanted] : wanted;
  return topic !== undefined && choices.some((choice) => lower(choice) === topic);
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
