/**
 * Claims on their way: which were paid before, which would be refused, and what is left to send.
 * @module
 */
import { isAddressEqual, type Address, type Hex } from 'viem';
import {
  claim,
  claimBatch,
  findClaim,
  isSpent,
  simulateBatch,
  type MadeClaim,
  type OneCampaign,
  type Payment,
  type Refusal,
} from '../chain/campaigns.ts';
import type { ReadClient, WriteClient } from '../chain/client.ts';
import { EligoError, exitCodes } from '../errors.ts';
import type { NamedClaim } from './claimInput.ts';

/** What became of a claim, or would. */
export type Fate =
  | ({ readonly status: 'paid'; readonly transaction: Hex; readonly recipient: Address } & Payment)
  | {
      readonly status: 'paid before';
      readonly transaction: Hex;
      readonly recipient: Address;
      readonly time: bigint;
      readonly amount: bigint;
      readonly fee: bigint;
      readonly grantId?: bigint | undefined;
    }
  | { readonly status: 'would be paid' }
  | { readonly status: 'refused'; readonly refused: string; readonly message: string };

/** As many claims as a block surely has room for. */
export const BATCH = 64;

/** Who is asked about where nobody has said who would submit: some tokens pay no fee to the zero address. */
const NOBODY: Address = '0x000000000000000000000000000000000000dEaD';

/** A claim that was paid before; undefined if it wasn't, or if another campaign's was. */
export async function findPaid(
  client: ReadClient,
  one: OneCampaign,
  { statement }: NamedClaim,
): Promise<Fate | undefined> {
  const { deployment, campaignId } = one;
  const { nullifier } = statement;
  if (!(await isSpent(client, { deployment, nullifier }))) return undefined;
  const made = await findClaim(client, { deployment, nullifier });
  return made?.campaignId === campaignId ? paidBefore(made) : undefined;
}

function paidBefore({ transaction, recipient, time, amount, fee, grantId }: MadeClaim): Fate {
  return { status: 'paid before', transaction, recipient, time, amount, fee, grantId };
}

/** What a submission would answer now, claim by claim. @throws {UnknownCampaign} @throws {ChainUnavailable} */
export async function tryClaims(
  client: ReadClient,
  one: OneCampaign,
  claims: readonly NamedClaim[],
): Promise<readonly Fate[]> {
  const submitter = client.account?.address ?? NOBODY;
  const ask = async (asked: readonly NamedClaim[]): Promise<readonly Fate[]> => {
    const refusals = await simulateBatch(client, { ...one, claims: asked, submitter });
    return refusals.map((refusal) => (refusal ? refused(refusal) : { status: 'would be paid' }));
  };
  try {
    return await ask(claims);
  } catch (error) {
    const fate = fateOf(error);
    // One proof that doesn't hold stops the others: each is asked about alone.
    if (fate.refused !== 'InvalidProof' || claims.length === 1) return claims.map(() => fate);
    const fates: Fate[] = [];
    for (const alone of claims) {
      fates.push(...(await ask([alone]).catch((other: unknown) => [fateOf(other)])));
    }
    return fates;
  }
}

/** What a refusal of all claims is to each of them. @throws what isn't a verdict */
function fateOf(error: unknown): Extract<Fate, { readonly status: 'refused' }> {
  if (!(error instanceof EligoError) || exitCodes[error.code] !== 1) throw error;
  // These say nothing of a claim: there is no campaign, or the account that sends has no money for the gas.
  if (error.code === 'UnknownCampaign' || error.code === 'ContractReverted') throw error;
  return { status: 'refused', refused: error.code, message: error.message };
}

function refused({ refused: code, message }: Omit<Refusal, 'paid'>): Fate {
  return { status: 'refused', refused: code, message };
}

/**
 * Sends claims that would be paid, in one transaction.
 * @returns what became of each
 */
export async function sendClaims(
  client: WriteClient,
  one: OneCampaign,
  claims: readonly NamedClaim[],
): Promise<readonly Fate[]> {
  const [only, ...more] = claims;
  if (!only) return [];
  if (more.length === 0) return [await sendOne(client, one, only)];
  const { outcomes, receipt } = await claimBatch(client, { ...one, claims });
  const fates: Fate[] = [];
  for (const [i, outcome] of outcomes.entries()) {
    const sent = claims[i] ?? only;
    if (outcome.paid && receipt) {
      const { amount, fee, grantId } = outcome;
      const { transactionHash: transaction } = receipt;
      const { recipient } = sent.action;
      fates.push({ status: 'paid', transaction, recipient, amount, fee, grantId });
    } else if (!outcome.paid) fates.push(await afterRefusal(client, one, sent, refused(outcome)));
  }
  return fates;
}

async function sendOne(client: WriteClient, one: OneCampaign, sent: NamedClaim): Promise<Fate> {
  try {
    const { receipt, amount, fee, grantId } = await claim(client, { ...one, ...sent });
    const { transactionHash: transaction } = receipt;
    const { recipient } = sent.action;
    return { status: 'paid', transaction, recipient, amount, fee, grantId };
  } catch (error) {
    return afterRefusal(client, one, sent, fateOf(error));
  }
}

/** Somebody else may have submitted the same claim in between: then it is paid all the same. */
async function afterRefusal(
  client: ReadClient,
  one: OneCampaign,
  sent: NamedClaim,
  fate: Fate,
): Promise<Fate> {
  if (fate.status !== 'refused' || fate.refused !== 'NullifierSpent') return fate;
  return (await findPaid(client, one, sent)) ?? fate;
}

/** It was paid before, but not to whom this proof says: its holder made another one. */
export function paidElsewhere(fate: Fate, { action }: NamedClaim): boolean {
  return fate.status === 'paid before' && !isAddressEqual(fate.recipient, action.recipient);
}
