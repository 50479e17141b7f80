/**
 * A local chain for one test file: the anvil binary on a free port. Time moves only when a test says so.
 * @module
 */
import { setImmediate } from 'node:timers/promises';
import {
  TransactionReceiptNotFoundError,
  createTestClient,
  http,
  publicActions,
  walletActions,
  type Address,
  type Hash,
  type TransactionReceipt,
} from 'viem';
import { foundry } from 'viem/chains';
import { startLocalChain } from '../../src/chain/localChain.ts';

/** The second at which a test's chain begins: the first of a UTC day, in 2026. */
export const GENESIS = 1_767_225_600n;

export type AnvilOptions = {
  /** Arguments beside the fixed ones, such as `--order fifo`. */
  readonly args?: readonly string[];
  readonly chainId?: number;
  /** Whether old states can be asked for. */
  readonly keepsStates?: boolean;
};

export type Anvil = Awaited<ReturnType<typeof startAnvil>>;

/** Starts a chain; `stop` ends it, in the file's `after`. */
export async function startAnvil({
  args = [],
  chainId = foundry.id,
  keepsStates = false,
}: AnvilOptions = {}) {
  const { url, stop } = await startLocalChain({
    // Old states are rarely asked for, and a chain that keeps them slows down by the hundred blocks.
    arguments: [
      '--timestamp',
      String(GENESIS),
      ...(keepsStates ? [] : ['--prune-history']),
      '--chain-id',
      String(chainId),
      ...args,
    ],
  });
  const client = createClient(url, chainId);
  // A block is of the second of the one before it; otherwise the machine's clock moves the chain's too.
  await client.setBlockTimestampInterval({ interval: 0 });
  const accounts = await client.getAddresses();

  return {
    url,
    client,
    accounts,
    /** Mines a block at this second, so that calls see it as now. */
    async goTo(time: bigint): Promise<void> {
      await client.setNextBlockTimestamp({ timestamp: time });
      await client.mine({ blocks: 1 });
    },
    /** Gives the next transaction's block this second. */
    async nextAt(time: bigint): Promise<void> {
      await client.setNextBlockTimestamp({ timestamp: time });
    },
    /** The latest block's second. */
    async now(): Promise<bigint> {
      return (await client.getBlock()).timestamp;
    },
    /** The receipt of a transaction that succeeded. */
    async mined(hash: Hash | Promise<Hash>): Promise<TransactionReceipt> {
      const receipt = await receiptOf(client, await hash);
      if (receipt.status !== 'success') throw new Error(`transaction ${await hash} reverted`);
      return receipt;
    },
    stop,
  };
}

function createClient(url: string, chainId: number) {
  return createTestClient({
    chain: { ...foundry, id: chainId },
    mode: 'anvil',
    // A request that is given up would be sent again, and mine twice: mocha's limit is the limit.
    transport: http(url, { timeout: 0 }),
    pollingInterval: 5,
    cacheTime: 0,
  })
    .extend(publicActions)
    .extend(walletActions);
}

/** anvil mines a moment after it has answered; viem's own waiting was seen to hang on a chain whose time is set. */
async function receiptOf(
  client: ReturnType<typeof createClient>,
  hash: Hash,
): Promise<TransactionReceipt> {
  for (;;) {
    try {
      return await client.getTransactionReceipt({ hash });
    } catch (error) {
      if (!(error instanceof TransactionReceiptNotFoundError)) throw error;
      await setImmediate();
    }
  }
}

/** An account of the chain by its number. */
export function accountOf(anvil: Anvil, index: number): Address {
  const account = anvil.accounts[index];
  if (account === undefined) throw new Error(`the chain has no account ${index}`);
  return account;
}
