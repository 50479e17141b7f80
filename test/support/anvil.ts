/**
 * A local chain for one test file: the anvil binary on a free port. Time moves only when a test says so.
 * @module
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
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

const require = createRequire(import.meta.url);

/** The second at which a test's chain begins: the first of a UTC day, in 2026. */
export const GENESIS = 1_767_225_600n;

export type AnvilOptions = {
  /** Arguments beside the fixed ones, such as `--order fifo`. */
  readonly args?: readonly string[];
  readonly chainId?: number;
};

export type Anvil = Awaited<ReturnType<typeof startAnvil>>;

/** Starts a chain; `stop` ends it, in the file's `after`. */
export async function startAnvil({ args = [], chainId = foundry.id }: AnvilOptions = {}) {
  const bin =
    process.env['ANVIL_BIN'] ?? require.resolve('@foundry-rs/anvil-linux-amd64/bin/anvil');
  // Old states are not asked for, and a chain that keeps them slows down by the hundred blocks.
  const fixed = [
    '--port',
    '0',
    '--hardfork',
    'osaka',
    '--timestamp',
    String(GENESIS),
    '--prune-history',
  ];
  const child = spawn(bin, [...fixed, '--chain-id', String(chainId), ...args]);
  const url = await new Promise<string>((ready, failed) => {
    let said = '';
    child.once('error', failed);
    child.once('exit', (code) => {
      failed(new Error(`anvil ended with ${code ?? 'a signal'}: ${said}`));
    });
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const address = /Listening on (\S+)/.exec(said)?.[1];
      if (address !== undefined) ready(`http://${address}`);
    });
  });
  const client = createClient(url, chainId);
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
    stop(): void {
      child.removeAllListeners('exit');
      child.kill();
    },
  };
}

function createClient(url: string, chainId: number) {
  return createTestClient({
    chain: { ...foundry, id: chainId },
    mode: 'anvil',
    transport: http(url),
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
