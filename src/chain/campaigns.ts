/**
 * Campaigns: create, fund, read, claim (PROTOCOL.md section 5; IDistributor.sol has the units).
 * @module
 */
import {
  numberToHex,
  parseAbi,
  zeroAddress,
  type Address,
  type Hex,
  type TransactionReceipt,
} from 'viem';
import { getBlock, getContractEvents } from 'viem/actions';
import { EligoError } from '../errors.ts';
import { toField, type Field } from '../protocol/field.ts';
import type { Policy } from '../protocol/policy.ts';
import { computeContext, computeScope, hashAction, type Action } from '../protocol/statement.ts';
import {
  compileTerms,
  computeTermsHash,
  termsToFields,
  type TermsFields,
} from '../protocol/terms.ts';
import { toContractProof, type ProvenStatement } from '../prover/proof.ts';
import { hashPolicyDocument, type AmountKind, type CampaignFacts } from '../verifier/campaign.ts';
import type { Freshness } from '../verifier/rootRule.ts';
import type { Gate, IndexRule } from '../verifier/verify.ts';
import { distributorAbi } from './abis.ts';
import type { ReadClient, WriteClient } from './client.ts';
import type { Deployment } from './deployment.ts';
import { answerOf } from './reverts.ts';
import { eventOf, read, send } from './send.ts';

const AMOUNT_KINDS: readonly AmountKind[] = ['fixed', 'disclosed', 'metered'];
const INDEX_KINDS: readonly IndexRule['kind'][] = ['count', 'period', 'metered'];

/** A campaign on-chain. */
export type Campaign = CampaignFacts &
  Pick<Gate, keyof Freshness | 'proofLifetime'> & {
    readonly id: bigint;
    readonly owner: Address;
    readonly guardian: Address;
    readonly token: Address;
    /** The list whose attestations count; a tree's id for its own. */
    readonly source: bigint;
    /** Unix seconds, the last at which it pays. */
    readonly closesAt: bigint;
    readonly paused: boolean;
    /** Base units that are left. */
    readonly budget: bigint;
    readonly documentURI: string;
  };

/** What a campaign is created from. Nothing of it can be changed afterwards. */
export type CreateCampaignParameters = Freshness & {
  readonly deployment: Deployment;
  readonly token: Address;
  readonly policy: Policy;
  /** Where the policy document can be read. */
  readonly documentURI: string;
  readonly amountKind: AmountKind;
  /** Base units, u128: see `AmountKind`. */
  readonly unit: bigint;
  readonly source: bigint;
  readonly index: IndexRule;
  /** Seconds, 120 to 2,592,000. */
  readonly proofLifetime: bigint;
  /** Unix seconds. */
  readonly opensAt: bigint;
  /** Unix seconds. */
  readonly closesAt: bigint;
  /** May pause beside the owner. */
  readonly guardian?: Address;
};

/** Creates a campaign, owned by the client's account. @returns its id */
export async function createCampaign(
  client: WriteClient,
  parameters: CreateCampaignParameters,
): Promise<bigint> {
  const { policy, index } = parameters;
  const terms = compileTerms(policy);
  const receipt = await send(client, {
    ...distributor(parameters.deployment),
    functionName: 'createCampaign',
    args: [
      {
        token: parameters.token,
        amountKind: AMOUNT_KINDS.indexOf(parameters.amountKind),
        unit: parameters.unit,
        source: parameters.source,
        maxStaleness: Number(parameters.maxStaleness),
        maxSilence: Number(parameters.maxSilence),
        proofLifetime: Number(parameters.proofLifetime),
        cap: index.kind === 'count' ? Number(index.cap) : 0,
        periodStart: index.kind === 'period' ? Number(index.start) : 0,
        periodLength: index.kind === 'period' ? Number(index.length) : 0,
        opensAt: Number(parameters.opensAt),
        closesAt: Number(parameters.closesAt),
        guardian: parameters.guardian ?? zeroAddress,
        terms: termsToFields(terms) as unknown as FifteenTerms,
        termsHash: computeTermsHash(terms),
        documentHash: hashPolicyDocument(policy),
        documentURI: parameters.documentURI,
      },
    ],
  });
  return eventOf(receipt, distributorAbi, 'CampaignCreated').args.campaignId;
}

// prettier-ignore
type FifteenTerms = readonly [
  bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint,
];

type OneCampaign = { readonly deployment: Deployment; readonly campaignId: bigint };

/** Some tokens answer nothing to `approve`, others a bool: the answer is not read. */
const APPROVE_ABI = parseAbi(['function approve(address spender, uint256 amount)']);

/** Approves the amount and adds it to the campaign's budget. */
export async function fund(
  client: WriteClient,
  parameters: OneCampaign & { readonly token: Address; readonly amount: bigint },
): Promise<TransactionReceipt> {
  const { deployment, campaignId, token, amount } = parameters;
  await send(client, {
    address: token,
    abi: APPROVE_ABI,
    functionName: 'approve',
    args: [deployment.contracts.Distributor, amount],
  });
  return send(client, {
    ...distributor(deployment),
    functionName: 'fund',
    args: [campaignId, amount],
  });
}

/** Reads a campaign: its state, its rule, and the event that announced it. @throws {UnknownCampaign} */
export async function getCampaign(
  client: ReadClient,
  { deployment, campaignId }: OneCampaign,
): Promise<Campaign> {
  const contract = distributor(deployment);
  const state = await read(client, {
    ...contract,
    functionName: 'getCampaign',
    args: [campaignId],
  });
  const rule = await read(client, {
    ...contract,
    functionName: 'getRule',
    args: [campaignLabel(campaignId)],
  });
  const [created] = await answerOf(
    getContractEvents(client, {
      ...contract,
      eventName: 'CampaignCreated',
      args: { campaignId },
      fromBlock: 0n,
      strict: true,
    }),
  );
  if (!created)
    throw new EligoError(
      'UnknownCampaign',
      `campaign ${campaignId.toString()} was never announced`,
    );
  const { params } = created.args;
  const announced = await answerOf(getBlock(client, { blockNumber: created.blockNumber }));
  const { acceptance } = rule;
  return {
    id: campaignId,
    owner: state.owner,
    guardian: state.guardian,
    token: state.token,
    source: acceptance.source,
    maxStaleness: BigInt(acceptance.maxStaleness),
    maxSilence: BigInt(acceptance.maxSilence),
    proofLifetime: BigInt(acceptance.proofLifetime),
    index: readIndex(acceptance),
    opensAt: BigInt(state.opensAt),
    closesAt: BigInt(state.closesAt),
    paused: state.paused,
    amountKind: AMOUNT_KINDS[state.amountKind] ?? 'fixed',
    unit: params.unit,
    rate: state.rate,
    budget: state.budget,
    scope: campaignScope({ deployment, campaignId }),
    policy: toField(rule.policy, 'policy'),
    termsHash: toField(params.termsHash, 'termsHash'),
    terms: params.terms as unknown as TermsFields,
    documentHash: params.documentHash,
    documentURI: params.documentURI,
    announcedAt: announced.timestamp,
  };
}

/** Claims: sends a proof and what it was made to do. By anyone: the proof says who is paid. @returns what was paid */
export async function claim(
  client: WriteClient,
  parameters: OneCampaign & ProvenStatement & { readonly action: Action },
): Promise<{
  readonly receipt: TransactionReceipt;
  readonly amount: bigint;
  readonly fee: bigint;
}> {
  const { deployment, campaignId, statement, proof, action } = parameters;
  const receipt = await send(client, {
    ...distributor(deployment),
    functionName: 'claim',
    args: toClaimArguments({ campaignId, statement, proof, action }),
  });
  const { amount, fee } = eventOf(receipt, distributorAbi, 'Claimed').args;
  return { receipt, amount, fee };
}

/** What a claim is unique within: the gate's scope for the campaign. */
export function campaignScope({ deployment, campaignId }: OneCampaign): Field {
  return computeScope({
    chainId: deployment.chainId,
    gate: deployment.contracts.Distributor,
    label: campaignLabel(campaignId),
  });
}

/** What a claim's proof is bound to. */
export function claimContext(parameters: OneCampaign & { readonly action: Action }): Field {
  const { deployment, campaignId, action } = parameters;
  return computeContext({
    chainId: deployment.chainId,
    gate: deployment.contracts.Distributor,
    id: campaignId,
    actionHash: hashAction(action),
  });
}

/** Whether a nullifier was used at the distributor. */
export async function isSpent(
  client: ReadClient,
  parameters: { readonly deployment: Deployment; readonly nullifier: Field },
): Promise<boolean> {
  return read(client, {
    ...distributor(parameters.deployment),
    functionName: 'isSpent',
    args: [parameters.nullifier],
  });
}

/** The arguments of the contract's `claim`. */
export function toClaimArguments(
  parameters: ProvenStatement & { readonly campaignId: bigint; readonly action: Action },
) {
  const { campaignId, statement, proof, action } = parameters;
  const { nullifier, root, policy, disclosed, shown, checkedAt, context } = statement;
  const fields = {
    nullifier,
    root,
    policy,
    disclosed,
    shown: Number(shown),
    checkedAt: Number(checkedAt),
    context,
  };
  return [campaignId, { statement: fields, proof: toContractProof(proof) }, action] as const;
}

function readIndex(acceptance: {
  readonly indexKind: number;
  readonly periodStart: number;
  readonly indexLimit: number;
}): IndexRule {
  const kind = INDEX_KINDS[acceptance.indexKind];
  if (kind === 'count') return { kind, cap: BigInt(acceptance.indexLimit) };
  if (kind === 'period')
    return { kind, start: BigInt(acceptance.periodStart), length: BigInt(acceptance.indexLimit) };
  return { kind: 'metered' };
}

function campaignLabel(campaignId: bigint): Hex {
  return numberToHex(campaignId, { size: 32 });
}

function distributor(deployment: Deployment): { address: Address; abi: typeof distributorAbi } {
  return { address: deployment.contracts.Distributor, abi: distributorAbi };
}
