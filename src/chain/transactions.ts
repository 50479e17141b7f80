/**
 * Transactions that survive whoever sends them: signed first, kept, then sent, as often as it takes.
 * @module
 */
import {
  TransactionNotFoundError,
  TransactionReceiptNotFoundError,
  encodeFunctionData,
  keccak256,
  parseTransaction,
  recoverTransactionAddress,
  type Abi,
  type Address,
  type Hex,
  type TransactionReceipt,
  type TransactionSerialized,
} from 'viem';
import {
  estimateFeesPerGas,
  getTransaction,
  getTransactionCount,
  getTransactionReceipt,
  prepareTransactionRequest,
  sendRawTransaction,
  signTransaction,
} from 'viem/actions';
import { EligoError } from '../errors.ts';
import type { ReadClient, WriteClient } from './client.ts';
import { answerOf, fromRevert } from './reverts.ts';

/** A transaction that anybody can send. */
export type SignedTransaction = { readonly nonce: bigint; readonly raw: Hex; readonly hash: Hex };

/** What a replacement pays more, in percent: nodes ask for ten at least. */
const BUMP_PERCENT = 25n;

/** What a transaction may use beyond the node's estimate, in percent: a block of another second writes other slots. */
const GAS_MARGIN_PERCENT = 25n;

/** The most that a transaction may ask for (EIP-7825). */
const GAS_CAP = 16_777_216n;

/** The gas limit of a transaction for which a node estimates so much. */
export function gasLimitOf(estimate: bigint): bigint {
  const limit = (estimate * (100n + GAS_MARGIN_PERCENT)) / 100n;
  return limit > GAS_CAP && estimate <= GAS_CAP ? GAS_CAP : limit;
}

/** Signs a call as the account's next transaction. Nothing is sent. */
export async function signCall(
  client: WriteClient,
  call: {
    readonly address: Address;
    readonly abi: Abi;
    readonly functionName: string;
    readonly args: readonly unknown[];
  },
): Promise<SignedTransaction> {
  const { account } = client;
  const nonce = await answerOf(
    getTransactionCount(client, { address: account.address, blockTag: 'pending' }),
  );
  const request = await answerOf(
    prepareTransactionRequest(client, {
      account,
      to: call.address,
      data: encodeFunctionData(call),
      nonce,
      type: 'eip1559',
    }),
  );
  const gas = gasLimitOf(request.gas);
  const raw = await answerOf(signTransaction(client, { ...request, gas, account }));
  return { nonce: BigInt(nonce), raw, hash: keccak256(raw) };
}

/** Who signed a transaction. */
export async function senderOf({ raw }: SignedTransaction): Promise<Address> {
  return recoverTransactionAddress({ serializedTransaction: raw as TransactionSerialized });
}

/**
 * Signs the same transaction under the same nonce with higher fees, today's at least: of the two at most one is mined. By
 * the account that signed the first.
 */
export async function signReplacement(
  client: WriteClient,
  { raw, nonce }: SignedTransaction,
): Promise<SignedTransaction> {
  const before = parseTransaction(raw);
  const today = await answerOf(estimateFeesPerGas(client));
  const raised = (fee: bigint | undefined, market: bigint): bigint => {
    const least = ((fee ?? 0n) * (100n + BUMP_PERCENT)) / 100n + 1n;
    return least > market ? least : market;
  };
  const replacement = await answerOf(
    signTransaction(client, {
      account: client.account,
      type: 'eip1559',
      to: before.to ?? null,
      data: before.data ?? '0x',
      gas: before.gas ?? 0n,
      nonce: Number(nonce),
      chainId: client.chain.id,
      maxFeePerGas: raised(before.maxFeePerGas, today.maxFeePerGas),
      maxPriorityFeePerGas: raised(before.maxPriorityFeePerGas, today.maxPriorityFeePerGas),
    }),
  );
  return { nonce, raw: replacement, hash: keccak256(replacement) };
}

/** How long a transaction is waited for. */
const PATIENCE_MS = 180_000;

/**
 * Waits until a transaction is mined. It asks for the receipt itself, not for new blocks: a node may show a block before
 * the receipts in it, and a quiet chain has no next one.
 * @throws {ChainUnavailable} if it is not mined within three minutes
 */
export async function waitForReceipt(client: ReadClient, hash: Hex): Promise<TransactionReceipt> {
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end) {
    const receipt = await unless(
      TransactionReceiptNotFoundError,
      getTransactionReceipt(client, { hash }),
    );
    if (receipt) return receipt;
    await new Promise((resolve) => setTimeout(resolve, client.pollingInterval));
  }
  throw new EligoError('ChainUnavailable', `the transaction ${hash} is not mined yet`, {
    transaction: hash,
  });
}

/** What is known of a transaction: mined, waiting, gone under a nonce that another one used, or not known. */
export type Fate =
  | { readonly state: 'mined'; readonly receipt: TransactionReceipt }
  | { readonly state: 'waiting' | 'displaced' | 'unknown' };

/** Asks the node what became of a signed transaction. */
export async function fateOf(
  client: ReadClient,
  sender: Address,
  { hash, nonce }: SignedTransaction,
): Promise<Fate> {
  // The count first: a transaction that is mined between the two questions must not look displaced.
  const used = await answerOf(getTransactionCount(client, { address: sender }));
  const receipt = await unless(
    TransactionReceiptNotFoundError,
    getTransactionReceipt(client, { hash }),
  );
  if (receipt) return { state: 'mined', receipt };
  if (BigInt(used) > nonce) return { state: 'displaced' };
  const known = await unless(TransactionNotFoundError, getTransaction(client, { hash }));
  return { state: known ? 'waiting' : 'unknown' };
}

/** Sends a signed transaction. To one that the node has already, it makes no difference. */
export async function broadcast(
  client: ReadClient,
  { raw, hash }: SignedTransaction,
): Promise<void> {
  try {
    await sendRawTransaction(client, { serializedTransaction: raw });
  } catch (error) {
    const known = await unless(TransactionNotFoundError, getTransaction(client, { hash }));
    if (!known) throw fromRevert(error);
  }
}

type Missing = typeof TransactionNotFoundError | typeof TransactionReceiptNotFoundError;

async function unless<T>(missing: Missing, question: Promise<T>): Promise<T | undefined> {
  try {
    return await question;
  } catch (error) {
    if (error instanceof missing) return undefined;
    throw fromRevert(error);
  }
}
