/**
 * The connection that every chain action takes first: a viem client with a chain and, for writing, an account.
 * @module
 */
import {
  createClient,
  defineChain,
  http,
  type Account,
  type Chain,
  type Client,
  type Transport,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { getBlock, getChainId } from 'viem/actions';
import type { Hex } from 'viem';
import { EligoError } from '../errors.ts';
import { answerOf } from './reverts.ts';

/** Reads. */
export type ReadClient = Client<Transport, Chain>;

/** Reads and writes, as one account. */
export type WriteClient = Client<Transport, Chain, Account>;

/** Chain ids on which development keys are let through: local chains. */
export const DEVELOPMENT_CHAINS: readonly number[] = [31337, 1337];

/**
 * Connects to a node.
 * @throws {ChainUnavailable} if it doesn't answer
 */
export async function connect(options: { readonly url: string }): Promise<ReadClient>;
export async function connect(options: {
  readonly url: string;
  readonly privateKey: Hex;
}): Promise<WriteClient>;
export async function connect(options: {
  readonly url: string;
  readonly privateKey?: Hex;
}): Promise<ReadClient | WriteClient> {
  const { url, privateKey } = options;
  const transport = http(url, { timeout: 10_000, retryCount: 2 });
  let id: number;
  try {
    id = await getChainId(createClient({ transport }));
  } catch (error) {
    const { host } = new URL(url); // the rest may hold a key
    throw new EligoError('ChainUnavailable', `no node answers at ${host}`, { host }, error);
  }
  const chain = defineChain({
    id,
    name: `chain ${id}`,
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  });
  const pollingInterval = DEVELOPMENT_CHAINS.includes(id) ? 50 : 4_000;
  if (privateKey === undefined) return createClient({ chain, transport, pollingInterval });
  return createClient({
    chain,
    transport,
    pollingInterval,
    account: privateKeyToAccount(privateKey),
  });
}

/** The latest block's time, Unix seconds: what `checkedAt` is taken from. */
export async function getChainTime(client: ReadClient): Promise<bigint> {
  return (await answerOf(getBlock(client))).timestamp;
}
