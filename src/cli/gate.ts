/**
 * A claim against a campaign on-chain, before it is sent: every check of PROTOCOL.md section 5 but the proof, in its order,
 * on what the chain says now.
 * @module
 */
import { EligoError, invalidInput } from '../errors.ts';
import { claimContext, getCampaign, isSpent, type Campaign } from '../chain/campaigns.ts';
import { connect, getChainTime, type ReadClient } from '../chain/client.ts';
import { readDeployment, type Deployment } from '../chain/deployment.ts';
import { getRoot } from '../chain/roots.ts';
import { zeroAddress, type Address, type Hex } from 'viem';
import type { Policy } from '../protocol/policy.ts';
import type { Action, Statement } from '../protocol/statement.ts';
import { checkCampaign } from '../verifier/campaign.ts';
import { checkClaim } from '../verifier/verify.ts';
import { uintFlag, type Context, type Flags } from './verb.ts';

/** The flags that name a node and what is deployed on it. */
export const NODE_FLAGS = {
  '--rpc <url>': "the node's HTTP endpoint",
  '--deployment <file>': 'the deployment, as `chain deploy` wrote it',
} as const;

/** The flags that name a campaign. */
export const CAMPAIGN_FLAGS = {
  ...NODE_FLAGS,
  '--campaign <id>': "the campaign's number",
} as const;

/** The flags that say what a claim does. */
export const ACTION_FLAGS = {
  '--recipient <address>': 'who is paid',
  '--min-amount <number>': 'base units that the claim must be worth, before the fee; 0 if left out',
  '--fee <number>': 'base units for whoever submits; 0 if left out',
  '--fee-to <address>': 'who gets the fee; whoever submits if left out',
  '--hook-data <hex>': 'bytes for a hook; none if left out',
} as const;

/** A node and what is deployed on it. */
export type Node = { readonly client: ReadClient; readonly deployment: Deployment };

/** A campaign as the chain has it, and the second that the chain has reached. */
export type OpenGate = Node & { readonly campaign: Campaign; readonly now: bigint };

/** Connects to the node of `--rpc`, whatever chain it is on. @throws {ChainUnavailable} @throws {InvalidInput} */
export async function connectNode({ flags, read }: Context): Promise<Node> {
  const deployment = readDeployment(await read(flags.text('--deployment'), '--deployment'));
  return { client: await connect({ url: readUrl(flags) }), deployment };
}

/** Connects to the node of `--rpc`, which must be on the deployment's chain. @throws {ChainUnavailable} @throws {InvalidInput} */
async function readNode(context: Context): Promise<Node> {
  const { client, deployment } = await connectNode(context);
  if (client.chain.id.toString() !== deployment.chainId) {
    const rule = `must be the node's chain, ${client.chain.id}`;
    throw invalidInput('deployment.chainId', deployment.chainId, rule);
  }
  return { client, deployment };
}

/** The node's address. @throws {InvalidInput} */
export function readUrl(flags: Flags): string {
  const url = flags.text('--rpc');
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw invalidInput('--rpc', undefined, 'must be an http or https URL');
  return url;
}

/** Reads the campaign of `--campaign`. @throws {UnknownCampaign} */
export async function readGate(context: Context): Promise<OpenGate> {
  const campaignId = uintFlag(context.flags, '--campaign', 64);
  if (campaignId === undefined) throw invalidInput('--campaign', 'missing', 'is needed here');
  const node = await readNode(context);
  const campaign = await getCampaign(node.client, { deployment: node.deployment, campaignId });
  return { ...node, campaign, now: await getChainTime(node.client) };
}

/** What the claim does. Its parts are checked where they are hashed. @throws {InvalidInput} */
export function readAction(flags: Flags): Action {
  return {
    recipient: flags.text('--recipient') as Address,
    minAmount: uintFlag(flags, '--min-amount', 256) ?? 0n,
    fee: uintFlag(flags, '--fee', 256) ?? 0n,
    feeTo: (flags.find('--fee-to') ?? zeroAddress) as Address,
    hookData: (flags.find('--hook-data') ?? '0x') as Hex,
  };
}

/** The campaign does what the document says, and pays now. @throws {EligoError} */
export function checkOpen({ campaign, now }: OpenGate, policy: Policy): void {
  checkCampaign(campaign, policy);
  if (campaign.paused)
    throw new EligoError('CampaignPaused', `campaign ${campaign.id.toString()} is paused`);
  const { opensAt, closesAt } = campaign;
  if (now < opensAt || now > closesAt) {
    throw new EligoError(
      'CampaignClosed',
      `the campaign pays from ${opensAt.toString()} to ${closesAt.toString()}, it is ${now.toString()}`,
      { opensAt, closesAt, now },
    );
  }
}

/** The campaign would pay this statement now, if it is proved. @throws {EligoError} */
export async function checkPayable(
  gate: OpenGate,
  statement: Statement,
  action: Action,
): Promise<{ readonly amount: bigint }> {
  const { client, deployment, campaign, now } = gate;
  const { nullifier, root } = statement;
  checkClaim(statement, campaign, {
    now,
    context: claimContext({ deployment, campaignId: campaign.id, action }),
    root: await getRoot(client, { deployment, source: campaign.source, root }),
    spent: await isSpent(client, { deployment, nullifier }),
  });
  return { amount: checkAmount(campaign, statement, action) };
}

function checkAmount(
  { amountKind, rate, budget }: Campaign,
  { disclosed }: Statement,
  { fee, minAmount }: Action,
): bigint {
  const amount = amountKind === 'disclosed' ? rate * disclosed : rate;
  const refuse = (
    code: 'FeeTooHigh' | 'AmountTooLow' | 'BudgetExceeded',
    message: string,
  ): never => {
    throw new EligoError(code, message, { amount, fee, minAmount, budget });
  };
  const pays = `the claim pays ${amount.toString()}`;
  if (fee > amount) refuse('FeeTooHigh', `${pays}, the fee is ${fee.toString()}`);
  if (amount < minAmount) refuse('AmountTooLow', `${pays}, it asks for ${minAmount.toString()}`);
  if (amount > budget) refuse('BudgetExceeded', `${pays}, ${budget.toString()} are left`);
  return amount;
}
