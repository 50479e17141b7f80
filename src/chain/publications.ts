/**
 * What became of a tree on-chain, in order: its publications, freezes and unfreezings, read from the events.
 * @module
 */
import {
  BaseError,
  HttpRequestError,
  encodeEventTopics,
  formatLog,
  isAddressEqual,
  numberToHex,
  parseEventLogs,
  type Address,
  type Hex,
  type ParseEventLogsReturnType,
} from 'viem';
import { getBlock, getBlockNumber, getContractEvents } from 'viem/actions';
import { EligoError } from '../errors.ts';
import type { Publication } from '../protocol/publication.ts';
import { rootRegistryAbi } from './abis.ts';
import type { ReadClient } from './client.ts';
import type { Deployment } from './deployment.ts';
import { answerOf, fromRevert } from './reverts.ts';
import { getTree } from './roots.ts';

/** Where and when something happened. */
type Moment = {
  readonly block: bigint;
  /** The block's, Unix seconds. */
  readonly time: bigint;
  readonly transaction: Hex;
};

/** Something that happened to a tree. */
export type TreeEvent = Moment &
  (
    | {
        readonly kind: 'published';
        readonly publication: Publication;
        readonly publisher: Address;
      }
    | { readonly kind: 'frozen' | 'unfrozen'; readonly by: Address }
  );

const EVENTS = ['Published', 'TreeFrozen', 'TreeUnfrozen'] as const;

/** After so many answers in a row, twice as many blocks are asked for again. */
const PATIENCE = 16;

/** Blocks whose times are asked for at once. */
const BLOCKS_AT_ONCE = 16;

/**
 * Reads all that happened to a tree, in order.
 * @param parameters.fromBlock  where to begin; nothing may have happened to the tree before; 0 if left out
 * @param parameters.onProgress told the last block that was looked at
 * @throws {ContractReverted} `UnknownTree`
 * @throws {ChainUnavailable} if the node doesn't answer, or leaves publications out
 */
export async function getTreeEvents(
  client: ReadClient,
  parameters: {
    readonly deployment: Deployment;
    readonly treeId: bigint;
    readonly fromBlock?: bigint;
    readonly onProgress?: (block: bigint) => void;
  },
): Promise<readonly TreeEvent[]> {
  const { deployment, treeId, fromBlock = 0n, onProgress } = parameters;
  // First, so that whatever is published meanwhile is no gap.
  const { sequence } = await getTree(client, parameters);
  const latest = await answerOf(getBlockNumber(client, { cacheTime: 0 }));
  const ask = (from: bigint, to: bigint): Promise<readonly RawEvent[]> =>
    askFor(client, { address: deployment.contracts.RootRegistry, treeId, from, to });
  const found = await scan(ask, { from: fromBlock, to: latest, onProgress });
  refuseGaps(found, sequence);
  const times = await timesOf(client, new Set(found.map(({ block }) => block)));
  return found.map((event) => ({ ...event, time: times.get(event.block) ?? 0n }));
}

type RawEvent = TreeEvent extends infer event
  ? event extends Moment
    ? Omit<event, 'time'>
    : never
  : never;

/** A publication that is on chain, and where. */
export type MinedPublication = {
  readonly publication: Publication;
  readonly hash: Hex;
  readonly block: bigint;
};

/**
 * The publication that the chain has under a number, undefined if it hasn't one in these blocks.
 * @throws {ChainUnavailable} @throws {ContractReverted} if the node refuses even a single block
 */
export async function findPublication(
  client: ReadClient,
  parameters: {
    readonly deployment: Deployment;
    readonly treeId: bigint;
    readonly sequence: bigint;
    readonly fromBlock: bigint;
    readonly toBlock: bigint;
  },
): Promise<MinedPublication | undefined> {
  const { deployment, treeId, sequence } = parameters;
  const address = deployment.contracts.RootRegistry;
  const ask = (fromBlock: bigint, toBlock: bigint) =>
    getContractEvents(client, {
      ...{ address, abi: rootRegistryAbi, eventName: 'Published', strict: true },
      ...{ args: { treeId, sequence }, fromBlock, toBlock },
    });
  const found = await scan(ask, { from: parameters.fromBlock, to: parameters.toBlock });
  const event = found.find(
    (log) =>
      isAddressEqual(log.address, address) &&
      log.args.publication.treeId === treeId &&
      log.args.publication.sequence === sequence,
  );
  if (!event) return undefined;
  const { publication } = event.args;
  return { publication, hash: event.transactionHash, block: event.blockNumber };
}

/**
 * Asks for events of as many blocks as the node lets through: everything first, half of it after each refusal.
 * @param ask         asks for the blocks `from` to `to`, both included
 * @param range.onProgress told the last block that was looked at
 * @throws {ChainUnavailable} @throws {ContractReverted} if the node refuses even a single block
 */
export async function scan<T>(
  ask: (from: bigint, to: bigint) => Promise<readonly T[]>,
  range: {
    readonly from: bigint;
    readonly to: bigint;
    readonly onProgress?: ((block: bigint) => void) | undefined;
  },
): Promise<readonly T[]> {
  const found: T[] = [];
  let next = range.from;
  let width = range.to - range.from + 1n;
  let answers = 0;
  while (next <= range.to) {
    const end = next + width - 1n < range.to ? next + width - 1n : range.to;
    try {
      found.push(...(await ask(next, end)));
    } catch (error) {
      if (width <= 1n || !mayBeTooMuch(error)) throw fromRevert(error);
      width = (end - next + 2n) / 2n;
      answers = 0;
      continue;
    }
    range.onProgress?.(end);
    next = end + 1n;
    answers += 1;
    if (answers % PATIENCE === 0) width *= 2n;
  }
  return found;
}

/** Nodes have no common way to say that a range is too wide; but one that isn't there, or lets nobody in, is no such. */
function mayBeTooMuch(error: unknown): boolean {
  if (!(error instanceof BaseError)) return false;
  const answer = error.walk((inner) => inner instanceof HttpRequestError);
  if (!(answer instanceof HttpRequestError)) return true;
  return answer.status !== undefined && ![401, 403, 404].includes(answer.status);
}

async function askFor(
  client: ReadClient,
  question: {
    readonly address: Address;
    readonly treeId: bigint;
    readonly from: bigint;
    readonly to: bigint;
  },
): Promise<readonly RawEvent[]> {
  const { address, treeId, from, to } = question;
  const names = EVENTS.flatMap((eventName) =>
    encodeEventTopics({ abi: rootRegistryAbi, eventName }),
  );
  const answer = await client.request({
    method: 'eth_getLogs',
    params: [
      {
        address,
        fromBlock: numberToHex(from),
        toBlock: numberToHex(to),
        topics: [names as Hex[], numberToHex(treeId, { size: 32 })],
      },
    ],
  });
  return answer.flatMap((log) => {
    // What a node adds unasked isn't this tree's. Blocks up to a number that it named are mined.
    if (!isAddressEqual(log.address, address)) return [];
    const [event] = parseEventLogs({
      abi: rootRegistryAbi,
      eventName: [...EVENTS],
      logs: [formatLog(log)],
    });
    if (event?.args.treeId !== treeId) return [];
    const { blockNumber: block, transactionHash: transaction } = event;
    return [{ block, transaction, ...contentOf(event) }];
  });
}

type RegistryEvent = ParseEventLogsReturnType<
  typeof rootRegistryAbi,
  [...typeof EVENTS],
  true
>[number];

function contentOf(event: RegistryEvent) {
  switch (event.eventName) {
    case 'Published': {
      const { publication, publisher } = event.args;
      return { kind: 'published', publication, publisher } as const;
    }
    case 'TreeFrozen':
      return { kind: 'frozen', by: event.args.by } as const;
    case 'TreeUnfrozen':
      return { kind: 'unfrozen', by: event.args.by } as const;
  }
}

/** Publications are numbered without gaps: a node that has forgotten some gives itself away. */
function refuseGaps(events: readonly RawEvent[], atLeast: bigint): void {
  let expected = 1n;
  for (const event of events) {
    if (event.kind !== 'published') continue;
    if (event.publication.sequence !== expected) break;
    expected += 1n;
  }
  const whole = events.filter(({ kind }) => kind === 'published').length === Number(expected - 1n);
  if (whole && expected > atLeast) return;
  throw new EligoError(
    'ChainUnavailable',
    `the node's events lack publication ${expected.toString()} of the tree: ask one that keeps all of them, from a block early enough`,
    { sequence: expected },
  );
}

async function timesOf(
  client: ReadClient,
  blocks: ReadonlySet<bigint>,
): Promise<ReadonlyMap<bigint, bigint>> {
  const numbers = [...blocks];
  const times = new Map<bigint, bigint>();
  for (let i = 0; i < numbers.length; i += BLOCKS_AT_ONCE) {
    const some = numbers.slice(i, i + BLOCKS_AT_ONCE);
    const found = await answerOf(
      Promise.all(some.map((blockNumber) => getBlock(client, { blockNumber }))),
    );
    for (const { number, timestamp } of found) times.set(number, timestamp);
  }
  return times;
}
