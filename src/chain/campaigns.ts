/**
 * Campaigns: create, fund, amend, pause, claw back (PROTOCOL.md section 5; IDistributor.sol has the units). What is read of
 * them, and claims on them, come through here too.
 * @module
 */
import { isAddressEqual, parseAbi, zeroAddress, type Address, type Hex } from 'viem';
import type { TransactionReceipt } from 'viem';
import type { Policy } from '../protocol/policy.ts';
import { compileTerms, computeTermsHash, termsToFields } from '../protocol/terms.ts';
import type { AmountKind } from '../verifier/amount.ts';
import { hashPolicyDocument } from '../verifier/campaign.ts';
import type { Freshness } from '../verifier/rootRule.ts';
import type { IndexRule } from '../verifier/verify.ts';
import {
  AMOUNT_KINDS,
  readIndex,
  toContractSchedule,
  type Caps,
  type Hook,
  type Schedule,
} from './campaignParts.ts';
import type { ReadClient, WriteClient } from './client.ts';
import type { Deployment } from './deployment.ts';
import { COIN, campaignLabel, distributor, type OneCampaign } from './distributor.ts';
import { signPermit } from './permits.ts';
import { ownEventOf, read, send } from './send.ts';

export {
  getAmendment,
  getCampaign,
  type Amendment,
  type Campaign,
  type PendingAmendment,
} from './campaignFacts.ts';
export type { Caps, Hook, Schedule } from './campaignParts.ts';
export {
  claim,
  claimBatch,
  claimContext,
  findClaim,
  isSpent,
  simulateBatch,
  toClaimArguments,
  type ClaimOutcome,
  type ClaimToSend,
  type MadeClaim,
  type Payment,
  type Refusal,
} from './claims.ts';
export { COIN, campaignScope, type OneCampaign } from './distributor.ts';

/** What a campaign is created from. */
export type CreateCampaignParameters = Freshness & {
  readonly deployment: Deployment;
  /** An ERC-20 that doesn't rebase, or `COIN`. */
  readonly token: Address;
  readonly policy: Policy;
  /** Where the policy document can be read. */
  readonly documentURI: string;
  readonly amountKind: AmountKind;
  /** Base units, u120: see `AmountKind`. */
  readonly unit: bigint;
  /** Tiered: the table, 1 to 256 entries. */
  readonly tiers?: readonly bigint[];
  readonly source: bigint;
  readonly index: IndexRule;
  /** Seconds, 120 to 2,592,000. */
  readonly proofLifetime: bigint;
  /**
   * Seconds between the announcement of an amendment and its coming in force, not below `proofLifetime`; nothing can be
   * amended if left out.
   */
  readonly notice?: bigint;
  /** Unix seconds. */
  readonly opensAt: bigint;
  /** Unix seconds. */
  readonly closesAt: bigint;
  /** May pause beside the owner. */
  readonly guardian?: Address;
  /** No bounds if left out. */
  readonly caps?: Partial<Caps>;
  /** Claims are paid at once if left out. */
  readonly schedule?: Schedule | undefined;
  readonly hook?: Hook | undefined;
};

/** Creates a campaign, owned by the client's account. @returns its id */
export async function createCampaign(
  client: WriteClient,
  parameters: CreateCampaignParameters,
): Promise<bigint> {
  const contract = distributor(parameters.deployment);
  const receipt = await send(client, {
    ...contract,
    functionName: 'createCampaign',
    args: [toContractCampaign(parameters)],
  });
  return ownEventOf(receipt, contract, 'CampaignCreated').args.campaignId;
}

/** What the contract creates a campaign from. */
function toContractCampaign(parameters: CreateCampaignParameters) {
  const { token, policy, documentURI, index, caps = {}, hook } = parameters;
  return {
    token,
    amountKind: AMOUNT_KINDS.indexOf(parameters.amountKind),
    unit: parameters.unit,
    tiers: parameters.tiers ?? [],
    source: parameters.source,
    maxStaleness: Number(parameters.maxStaleness),
    maxSilence: Number(parameters.maxSilence),
    proofLifetime: Number(parameters.proofLifetime),
    notice: Number(parameters.notice ?? 0n),
    cap: index.kind === 'count' ? Number(index.cap) : 0,
    periodStart: index.kind === 'period' ? Number(index.start) : 0,
    periodLength: index.kind === 'period' ? Number(index.length) : 0,
    opensAt: Number(parameters.opensAt),
    closesAt: Number(parameters.closesAt),
    guardian: parameters.guardian ?? zeroAddress,
    caps: {
      perPeriod: caps.perPeriod ?? 0n,
      perWindow: caps.perWindow ?? 0n,
      windowLength: Number(caps.windowLength ?? 0n),
    },
    schedule: toContractSchedule(parameters.schedule),
    hook: hook
      ? { ...hook, gasLimit: Number(hook.gasLimit) }
      : { target: zeroAddress, gasLimit: 0, mandatory: false },
    policy: toContractPolicy(policy, documentURI),
  };
}

// prettier-ignore
type FifteenTerms = readonly [
  bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint,
];

function toContractPolicy(policy: Policy, documentURI: string) {
  const terms = compileTerms(policy);
  return {
    terms: termsToFields(terms) as unknown as FifteenTerms,
    termsHash: computeTermsHash(terms),
    documentHash: hashPolicyDocument(policy),
    documentURI,
  };
}

/** Some tokens answer nothing to `approve`, others a bool: the answer is not read. */
const APPROVE_ABI = parseAbi(['function approve(address spender, uint256 amount)']);

/**
 * Adds to a campaign's budget, from the client's account. Of the coin, the amount goes with the call; a token's transfer
 * is approved first, by a transaction of its own or by a signature.
 * @param parameters.token  the campaign's
 * @param parameters.amount base units
 * @param parameters.permit approve by a signature (ERC-2612)
 * @returns what arrived, base units: less where the token takes a fee
 * @throws {InvalidInput} if a permit is asked for that the token doesn't take
 */
export async function fund(
  client: WriteClient,
  parameters: OneCampaign & {
    readonly token: Address;
    readonly amount: bigint;
    readonly permit?: boolean;
  },
): Promise<{ readonly receipt: TransactionReceipt; readonly received: bigint }> {
  const contract = distributor(parameters.deployment);
  const receipt = await sendFunds(client, parameters);
  return { receipt, received: ownEventOf(receipt, contract, 'Funded').args.amount };
}

async function sendFunds(
  client: WriteClient,
  parameters: Parameters<typeof fund>[1],
): Promise<TransactionReceipt> {
  const { deployment, campaignId, token, amount, permit } = parameters;
  const contract = distributor(deployment);
  const spender = contract.address;
  if (permit === true) {
    const { deadline, v, r, s } = await signPermit(client, { token, spender, amount });
    const args = [campaignId, amount, deadline, v, r, s] as const;
    return send(client, { ...contract, functionName: 'fundWithPermit', args });
  }
  const isCoin = isAddressEqual(token, COIN);
  if (!isCoin) {
    const args = [spender, amount] as const;
    await send(client, { address: token, abi: APPROVE_ABI, functionName: 'approve', args });
  }
  return send(client, {
    ...contract,
    functionName: 'fund',
    args: [campaignId, amount],
    value: isCoin ? amount : 0n,
  });
}

/**
 * Announces another document, amount or cap; they come in force after the campaign's notice. An announcement that is still
 * pending is replaced. By the campaign's owner.
 * @param parameters.unit base units, as at creation: from then on all claims are paid by it
 * @param parameters.cap  claims a person; the one in force if left out, none where claims are by period
 * @returns Unix seconds from which it is in force
 */
export async function amend(
  client: WriteClient,
  parameters: OneCampaign & {
    readonly policy: Policy;
    readonly documentURI: string;
    readonly unit: bigint;
    readonly cap?: bigint | undefined;
  },
): Promise<{ readonly receipt: TransactionReceipt; readonly inForceAt: bigint }> {
  const { deployment, campaignId, policy, documentURI, unit } = parameters;
  const contract = distributor(deployment);
  const cap = parameters.cap ?? (await presentCap(client, parameters));
  const receipt = await send(client, {
    ...contract,
    functionName: 'amend',
    args: [campaignId, toContractPolicy(policy, documentURI), unit, Number(cap)],
  });
  const { inForceAt } = ownEventOf(receipt, contract, 'CampaignAmended').args;
  return { receipt, inForceAt: BigInt(inForceAt) };
}

async function presentCap(
  client: ReadClient,
  { deployment, campaignId }: OneCampaign,
): Promise<bigint> {
  const { acceptance } = await read(client, {
    ...distributor(deployment),
    functionName: 'getRule',
    args: [campaignLabel(campaignId)],
  });
  const index = readIndex(acceptance);
  return index.kind === 'count' ? index.cap : 0n;
}

type WithReason = OneCampaign & {
  /** 32 bytes that say why, as they are emitted. */
  readonly reason: Hex;
};

/** Stops claims, and nothing but claims. By the campaign's owner or guardian. */
export async function pause(
  client: WriteClient,
  { deployment, campaignId, reason }: WithReason,
): Promise<TransactionReceipt> {
  const args = [campaignId, reason] as const;
  return send(client, { ...distributor(deployment), functionName: 'pause', args });
}

/** Lets claims go on. By the campaign's owner or guardian. */
export async function unpause(
  client: WriteClient,
  { deployment, campaignId, reason }: WithReason,
): Promise<TransactionReceipt> {
  const args = [campaignId, reason] as const;
  return send(client, { ...distributor(deployment), functionName: 'unpause', args });
}

/** Takes back what nobody claimed, after closing. By the campaign's owner. @returns base units */
export async function clawback(
  client: WriteClient,
  parameters: OneCampaign & { readonly to: Address },
): Promise<{ readonly receipt: TransactionReceipt; readonly amount: bigint }> {
  const contract = distributor(parameters.deployment);
  const args = [parameters.campaignId, parameters.to] as const;
  const receipt = await send(client, { ...contract, functionName: 'clawback', args });
  return { receipt, amount: ownEventOf(receipt, contract, 'ClawedBack').args.amount };
}
