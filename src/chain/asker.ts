/**
 * Asking a node that nobody knows, for as long as it takes: where it has had enough (HTTP 429, time-outs, no connection) it
 * is asked again later, as `Retry-After` says.
 * @module
 */
import { setTimeout } from 'node:timers/promises';
import {
  BaseError,
  BlockNotFoundError,
  HttpRequestError,
  LimitExceededRpcError,
  TimeoutError,
  type Hex,
} from 'viem';
import { getBlock, getBlockNumber } from 'viem/actions';
import { EligoError } from '../errors.ts';
import type { ReadClient } from './client.ts';
import { fromRevert } from './reverts.ts';

/** Who is asked, and how waiting is done. */
export type Asker = {
  readonly client: ReadClient;
  /** Ends everything, with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Waits so many milliseconds; the platform's timer if left out. */
  readonly sleep?: Sleep | undefined;
};

export type Sleep = (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;

/** A block that is on the chain. */
export type BlockFacts = {
  readonly number: bigint;
  readonly hash: Hex;
  /** Unix seconds. */
  readonly time: bigint;
};

const ATTEMPTS = 6;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 120_000;

/**
 * Asks until the node answers or has refused for good: where it is busy or gone, a few times more, each time later.
 * @param options.onlyBusy only where it says that it is busy, not where it doesn't answer in time
 */
export async function patiently<T>(
  { signal, sleep = pause }: Asker,
  ask: () => Promise<T>,
  options: { readonly onlyBusy?: boolean } = {},
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    try {
      return await ask();
    } catch (error) {
      const wait = pauseAfter(error, attempt, options.onlyBusy === true);
      if (attempt === ATTEMPTS || wait === undefined) throw error;
      await sleep(wait, signal);
    }
  }
}

/** Waits, as the asker does. @throws the signal's reason, if it fires */
export async function waitFor(
  { signal, sleep = pause }: Asker,
  milliseconds: number,
): Promise<void> {
  await sleep(milliseconds, signal);
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await setTimeout(milliseconds, undefined, signal === undefined ? {} : { signal });
}

/** Milliseconds to wait after an error; undefined if it will not be otherwise later. */
function pauseAfter(error: unknown, attempt: number, onlyBusy: boolean): number | undefined {
  if (!(error instanceof BaseError)) return undefined;
  const later = FIRST_PAUSE_MS * 2 ** (attempt - 1);
  const http = error.walk((inner) => inner instanceof HttpRequestError);
  if (http instanceof HttpRequestError) {
    const seconds = /^\d{1,6}$/.exec(http.headers?.get('Retry-After')?.trim() ?? '');
    if (seconds) return Math.min(Number(seconds[0]) * 1000, LONGEST_PAUSE_MS);
    if (http.status === 429 || http.status === undefined) return later;
    return !onlyBusy && (http.status === 408 || http.status >= 500) ? later : undefined;
  }
  if (onlyBusy) return undefined;
  const passing = error.walk(
    (inner) =>
      inner instanceof TimeoutError ||
      inner instanceof LimitExceededRpcError ||
      inner instanceof BlockNotFoundError,
  );
  return passing ? later : undefined;
}

/** Nodes have no common way to say that a range is too wide; but one that isn't there, or lets nobody in, is no such. */
export function mayBeTooMuch(error: BaseError): boolean {
  const http = error.walk((inner) => inner instanceof HttpRequestError);
  if (!(http instanceof HttpRequestError)) return true;
  return http.status !== undefined && ![401, 403, 404, 429].includes(http.status);
}

/** A block by its number. @throws {ChainUnavailable} if the node doesn't answer, or has none */
export async function blockAt(asker: Asker, blockNumber: bigint): Promise<BlockFacts> {
  const block = await answerTo(asker, () => getBlock(asker.client, { blockNumber }));
  if (block.number !== blockNumber)
    throw unavailable(`gives another block than ${blockNumber.toString()}`);
  return { number: blockNumber, hash: lower(block.hash), time: block.timestamp };
}

/**
 * The number of the last block that is so deep, its own counted; negative if there is none.
 * @throws {ChainUnavailable}
 */
export async function confirmedNumber(asker: Asker, confirmations: number): Promise<bigint> {
  const latest = await answerTo(asker, () => getBlockNumber(asker.client, { cacheTime: 0 }));
  return latest - BigInt(confirmations) + 1n;
}

/** Waits for an answer, patiently. @throws {ChainUnavailable} @throws {ContractReverted} see `fromRevert` */
export async function answerTo<T>(asker: Asker, ask: () => Promise<T>): Promise<T> {
  try {
    return await patiently(asker, ask);
  } catch (error) {
    if (asker.signal?.aborted === true) throw error;
    throw fromRevert(error);
  }
}

/** What a node did that it must not. */
export function unavailable(what: string, cause?: unknown): EligoError {
  return new EligoError('ChainUnavailable', `the node ${what}: ask another one`, {}, cause);
}

/** As it is compared. */
export function lower(hex: Hex): Hex {
  return hex.toLowerCase() as Hex;
}
