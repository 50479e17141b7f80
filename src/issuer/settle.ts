/**
 * Bringing one publication to the chain, whatever interrupts it: it is looked for first, its transaction is signed and kept
 * before it is sent, and sent again until the chain has it deep enough. Whoever submits it, it counts.
 * @module
 */
import { setTimeout } from 'node:timers/promises';
import { isAddressEqual } from 'viem';
import { getBlock, getBlockNumber, simulateContract } from 'viem/actions';
import { EligoError } from '../errors.ts';
import { rootRegistryAbi } from '../chain/abis.ts';
import type { WriteClient } from '../chain/client.ts';
import { answerOf } from '../chain/reverts.ts';
import { findPublication, type MinedPublication, type Publication } from '../chain/roots.ts';
import {
  broadcast,
  fateOf,
  senderOf,
  signCall,
  signReplacement,
  type SignedTransaction,
} from '../chain/transactions.ts';
import {
  latestPublication,
  setConfirmed,
  setSigned,
  setState,
  type StoredPublication,
} from '../store/publications.ts';
import type { Issuer } from './issuer.ts';

/** Blocks before the one at which it was prepared: after a reorganisation it can be mined in one of these. */
const LOOK_BACK = 256n;

/** How a publication is brought to the chain. */
export type SettleOptions = {
  /** Blocks that it must be deep, its own counted; 1 if left out. */
  readonly confirmations?: number;
  /** Sends a transaction that is stuck again, with higher fees under the same nonce. */
  readonly bump?: boolean;
  /** Ends the waiting, not the publication. */
  readonly signal?: AbortSignal;
  /** Told what it is waiting for. */
  readonly onStep?: (what: string) => void;
};

/** How often in a row a transaction looked displaced. */
type Doubts = { inARow: number };

/**
 * After so many a transaction is displaced for certain. A node may count a transaction in before it shows its receipt, and
 * several nodes behind one address don't agree at once; to sign anew too early costs the gas of a refusal.
 */
const CERTAIN = 5;

/**
 * Brings an unfinished publication to the chain.
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
  const { sequence, preparedBlock } = publication;
  const fromBlock = preparedBlock > LOOK_BACK ? preparedBlock - LOOK_BACK : 0n;
  let transaction = await ownTransaction(client, publication);
  if (transaction && options.bump === true) {
    transaction = await signReplacement(client, transaction);
    await setSigned(db, sequence, transaction);
  }
  const doubts: Doubts = { inARow: 0 };
  for (;;) {
    const found = await findPublication(client, { ...issuer, sequence, fromBlock });
    if (found && !isSame(found.publication, toPublication(issuer, publication))) {
      await setState(db, sequence, 'overtaken');
      return reread(issuer);
    }
    if (found) {
      if (await isDeep(client, found, options)) return confirm(issuer, client, found);
    } else {
      transaction = await advance(issuer, client, {
        ...{ publication, transaction, doubts, options },
      });
    }
    if (options.signal?.aborted === true) throw pending(sequence, transaction);
    await setTimeout(client.pollingInterval);
  }
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
  state: {
    readonly publication: StoredPublication;
    readonly transaction: SignedTransaction | undefined;
    readonly doubts: Doubts;
    readonly options: SettleOptions;
  },
): Promise<SignedTransaction | undefined> {
  const { publication, transaction, doubts, options } = state;
  const { db } = issuer.store;
  if (!transaction) {
    const call = callOf(issuer, publication);
    await answerOf(simulateContract(client, call));
    const signed = await signCall(client, call);
    await setSigned(db, publication.sequence, signed);
    return signed;
  }
  const fate = await fateOf(client, client.account.address, transaction);
  doubts.inARow = fate.state === 'displaced' ? doubts.inARow + 1 : 0;
  switch (fate.state) {
    case 'unknown':
      options.onStep?.(`sending ${transaction.hash}`);
      await broadcast(client, transaction);
      return transaction;
    case 'waiting':
      options.onStep?.(`waiting for ${transaction.hash}`);
      return transaction;
    case 'mined':
      if (fate.receipt.status === 'success') return transaction;
      await setState(db, publication.sequence, 'prepared');
      return undefined;
    case 'displaced':
      if (doubts.inARow < CERTAIN) return transaction;
      await setState(db, publication.sequence, 'prepared');
      return undefined;
  }
}

async function isDeep(
  client: WriteClient,
  { block }: MinedPublication,
  { confirmations = 1, onStep }: SettleOptions,
): Promise<boolean> {
  const depth = (await answerOf(getBlockNumber(client, { cacheTime: 0 }))) - block + 1n;
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
  await setConfirmed(issuer.store.db, publication.sequence, { hash, block, time: timestamp });
  return reread(issuer);
}

async function reread(issuer: Issuer): Promise<StoredPublication> {
  const publication = await latestPublication(issuer.store.db);
  if (publication) return publication;
  throw new EligoError('StoreMismatch', 'the store lost a publication');
}

function callOf(issuer: Issuer, publication: StoredPublication) {
  return {
    address: issuer.deployment.contracts.RootRegistry,
    abi: rootRegistryAbi,
    functionName: 'publish',
    args: [toPublication(issuer, publication)],
  } as const;
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

function pending(sequence: bigint, transaction: SignedTransaction | undefined): EligoError {
  const sent = transaction ? ` in transaction ${transaction.hash}` : '';
  return new EligoError(
    'PublicationPending',
    `publication ${sequence.toString()} is not confirmed yet${sent}: the next \`issuer publish\` goes on from here`,
    { sequence, transaction: transaction?.hash },
  );
}
