/**
 * Bringing one publication to the chain, whatever interrupts it: it is looked for first, its transaction is signed and kept
 * before it is sent, and sent again until the chain has it deep enough. Whoever submits it, it counts.
 * @module
 */
import { setTimeout } from 'node:timers/promises';
import { isAddressEqual, type Abi } from 'viem';
import { getBlock, getBlockNumber, simulateContract } from 'viem/actions';
import { EligoError } from '../errors.ts';
import { rootRegistryAbi } from '../chain/abis.ts';
import type { WriteClient } from '../chain/client.ts';
import { toCause, type Because } from '../chain/governance.ts';
import { findPublication, type MinedPublication } from '../chain/publications.ts';
import { answerOf } from '../chain/reverts.ts';
import {
  broadcast,
  fateOf,
  senderOf,
  signCall,
  signReplacement,
  type SignedTransaction,
} from '../chain/transactions.ts';
import type { Publication } from '../protocol/publication.ts';
import {
  setConfirmed,
  setSigned,
  setState,
  type StoredPublication,
} from '../store/publications.ts';
import type { Issuer } from './issuer.ts';

/** Blocks that are looked at again, and before the one at which it was prepared: a reorganisation can move it there. */
const LOOK_BACK = 256n;

/** How a publication is brought to the chain. */
export type SettleOptions = {
  /** Blocks that it must be deep, its own counted; 1 if left out. */
  readonly confirmations?: number;
  /** Sends a transaction that is stuck again, with higher fees under the same nonce. */
  readonly bump?: boolean;
  /** Sends what isn't signed yet as the end of a freeze: why it ends. By an owner of the issuer. */
  readonly unfreezing?: Because | undefined;
  /** Ends the waiting, not the publication. */
  readonly signal?: AbortSignal;
  /** Told what it is waiting for. */
  readonly onStep?: (what: string) => void;
};

/**
 * After so many a transaction is displaced for certain. A node may count a transaction in before it shows its receipt, and
 * several nodes behind one address don't agree at once; to sign anew too early costs the gas of a refusal.
 */
const CERTAIN = 5;

/** A publication on its way: as the store has it, and how often in a row its transaction looked displaced. */
type Journey = { readonly publication: StoredPublication; readonly doubts: number };

/**
 * Brings a publication to the chain that is unfinished, or that the chain lost.
 * @returns it as `confirmed`, or as `overtaken` where the chain has another under its number
 * @throws {PublicationPending} if `signal` fired before
 * @throws {ContractReverted} with the registry's reason; the publication stays written down
 */
export async function settle(
  issuer: Issuer,
  client: WriteClient,
  publication: StoredPublication,
  options: SettleOptions,
): Promise<StoredPublication> {
  const { db } = issuer.store;
  const { sequence } = publication;
  let journey = await begin(issuer, client, publication, options);
  let fromBlock = lookBack(publication.preparedBlock, 0n);
  for (;;) {
    const toBlock = await answerOf(getBlockNumber(client, { cacheTime: 0 }));
    const found = await findPublication(client, { ...issuer, sequence, fromBlock, toBlock });
    if (found && !isSame(found.publication, toPublication(issuer, publication)))
      return setState(db, sequence, 'overtaken');
    if (found) {
      if (isDeep(found, toBlock, options)) return confirm(issuer, client, found);
    } else {
      journey = await advance(issuer, client, journey, options);
      // All before was looked at: nodes limit how many blocks they are asked for.
      fromBlock = lookBack(toBlock, fromBlock);
    }
    if (options.signal?.aborted === true) throw pending(journey.publication);
    await setTimeout(client.pollingInterval);
  }
}

/** @param least the result is no lower */
function lookBack(block: bigint, least: bigint): bigint {
  const first = block - LOOK_BACK;
  return first > least ? first : least;
}

/** Takes up the transaction that was kept, or a replacement for it. */
async function begin(
  issuer: Issuer,
  client: WriteClient,
  publication: StoredPublication,
  { bump = false }: SettleOptions,
): Promise<Journey> {
  const transaction = bump ? await ownTransaction(client, publication) : undefined;
  if (!transaction) return { publication, doubts: 0 };
  const replacement = await signReplacement(client, transaction);
  const kept = await setSigned(issuer.store.db, publication.sequence, replacement);
  return { publication: kept, doubts: 0 };
}

/**
 * The transaction that was kept, if it is of the client's account. What another account signed may never be mined, for
 * lack of Ether or of the role: this one signs anew, and of the two the chain takes one.
 */
async function ownTransaction(
  client: WriteClient,
  { transaction }: StoredPublication,
): Promise<SignedTransaction | undefined> {
  if (!transaction) return undefined;
  return isAddressEqual(await senderOf(transaction), client.account.address)
    ? transaction
    : undefined;
}

/** Signs what isn't signed, sends what isn't known, signs anew what can't be mined any more. */
async function advance(
  issuer: Issuer,
  client: WriteClient,
  { publication, doubts }: Journey,
  options: SettleOptions,
): Promise<Journey> {
  const { db } = issuer.store;
  const { sequence } = publication;
  const transaction = await ownTransaction(client, publication);
  if (!transaction) {
    const call = callOf(issuer, publication, options.unfreezing);
    await answerOf(simulateContract(client, call));
    const signed = await signCall(client, call);
    return { publication: await setSigned(db, sequence, signed), doubts: 0 };
  }
  const fate = await fateOf(client, client.account.address, transaction);
  switch (fate.state) {
    case 'unknown':
      options.onStep?.(`sending ${transaction.hash}`);
      await broadcast(client, transaction);
      return { publication, doubts: 0 };
    case 'waiting':
      options.onStep?.(`waiting for ${transaction.hash}`);
      return { publication, doubts: 0 };
    case 'mined':
      if (fate.receipt.status === 'success') return { publication, doubts: 0 };
      break;
    case 'displaced':
      if (doubts + 1 < CERTAIN) return { publication, doubts: doubts + 1 };
  }
  return { publication: await setState(db, sequence, 'prepared'), doubts: 0 };
}

function isDeep(
  { block }: MinedPublication,
  latest: bigint,
  { confirmations = 1, onStep }: SettleOptions,
): boolean {
  const depth = latest - block + 1n;
  if (depth >= BigInt(confirmations)) return true;
  onStep?.(`${depth.toString()} of ${confirmations} confirmations`);
  return false;
}

async function confirm(
  issuer: Issuer,
  client: WriteClient,
  { hash, block, publication }: MinedPublication,
): Promise<StoredPublication> {
  const { timestamp } = await answerOf(getBlock(client, { blockNumber: block }));
  return setConfirmed(issuer.store.db, publication.sequence, { hash, block, time: timestamp });
}

function callOf(issuer: Issuer, stored: StoredPublication, unfreezing: Because | undefined) {
  const contract = {
    address: issuer.deployment.contracts.RootRegistry,
    abi: rootRegistryAbi as Abi,
  };
  const publication = toPublication(issuer, stored);
  return unfreezing
    ? { ...contract, functionName: 'unfreeze', args: [publication, ...toCause(unfreezing)] }
    : { ...contract, functionName: 'publish', args: [publication] };
}

function isSame(found: Publication, own: Publication): boolean {
  return (Object.keys(own) as (keyof Publication)[]).every((key) => found[key] === own[key]);
}

/** As the contract takes it. */
export function toPublication(
  { treeId }: Issuer,
  publication: Omit<StoredPublication, 'state' | 'transaction' | 'mined'>,
): Publication {
  const { sequence, previousRoot, root, size, revoked } = publication;
  const { endsEpoch, voids, logHead, manifestHash } = publication;
  return {
    ...{ treeId, sequence, previousRoot, root, size, revoked },
    ...{ endsEpoch, voids, logHead, manifestHash },
  };
}

function pending({ sequence, transaction }: StoredPublication): EligoError {
  const sent = transaction ? ` in transaction ${transaction.hash}` : '';
  return new EligoError(
    'PublicationPending',
    `publication ${sequence.toString()} is not confirmed yet${sent}: the next \`issuer publish\` goes on from here`,
    { sequence, transaction: transaction?.hash },
  );
}
