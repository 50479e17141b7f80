/**
 * A claim against a campaign on-chain, before it is sent: every check of PROTOCOL.md section 5 but the proof, in its order,
 * on what the chain says now.
 * @module
 */
import { EligoError, invalidInput } from '../errors.ts';
import { claimContext, getCampaign, isSpent, type Campaign } from '../chain/campaigns.ts';
import { connect, getChainTime, type ReadClient, type WriteClient } from '../chain/client.ts';
import { readDeployment, type Deployment } from '../chain/deployment.ts';
import { getRoot } from '../chain/roots.ts';
import { getAddress, isAddress, zeroAddress, type Address, type Hex } from 'viem';
import type { Policy } from '../protocol/policy.ts';
import type { Action, Statement } from '../protocol/statement.ts';
import { checkAmount } from '../verifier/amount.ts';
import { checkCampaign } from '../verifier/campaign.ts';
import { checkClaim } from '../verifier/verify.ts';
import { readPrivateKey } from './privateKey.ts';
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

/** The flag that names who signs. */
export const KEY_FLAG = {
  '--key-file <file>':
    'holds the private key of the account that signs and pays, - for standard input',
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

/** A node, as an account that signs. */
export type Signer = Node & { readonly client: WriteClient };

/** A campaign as the chain has it, and the second that the chain has reached. */
export type OpenGate = Node & { readonly campaign: Campaign; readonly now: bigint };

/** Connects to the node of `--rpc`, whatever chain it is on. @throws {ChainUnavailable} @throws {InvalidInput} */
export async function connectNode({ flags, read }: Context): Promise<Node> {
  const deployment = readDeployment(await read(flags.text('--deployment'), '--deployment'));
  return { client: await connect({ url: readUrl(flags) }), deployment };
}

/** Connects to the node of `--rpc`, which must be on the deployment's chain. @throws {ChainUnavailable} @throws {InvalidInput} */
export async function readNode(context: Context): Promise<Node> {
  const node = await connectNode(context);
  refuseOtherChain(node);
  return node;
}

/** Connects as the account of `--key-file`. @throws {ChainUnavailable} @throws {InvalidInput} */
export async function connectSigner(context: Context): Promise<Signer> {
  const { flags, read } = context;
  const url = readUrl(flags);
  const deployment = readDeployment(await read(flags.text('--deployment'), '--deployment'));
  const keyText = await read(flags.text('--key-file'), '--key-file');
  const client = await connect({ url, privateKey: readPrivateKey(keyText, '--key-file') });
  refuseOtherChain({ client, deployment });
  return { client, deployment };
}

function refuseOtherChain({ client, deployment }: Node): void {
  if (client.chain.id.toString() === deployment.chainId) return;
  const rule = `must be the node's chain, ${client.chain.id}`;
  throw invalidInput('deployment.chainId', deployment.chainId, rule);
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
  const campaignId = campaignFlag(context.flags);
  const { client, deployment } = await readNode(context);
  const campaign = await getCampaign(client, { deployment, campaignId });
  return { client, deployment, campaign, now: await getChainTime(client) };
}

/** Reads the campaign of `--campaign`, as the account of `--key-file`. @throws {UnknownCampaign} */
export async function readOwnGate(context: Context): Promise<OpenGate & Signer> {
  const campaignId = campaignFlag(context.flags);
  const { client, deployment } = await connectSigner(context);
  const campaign = await getCampaign(client, { deployment, campaignId });
  return { client, deployment, campaign, now: await getChainTime(client) };
}

/** The campaign's number. @throws {InvalidInput} */
export function campaignFlag(flags: Flags): bigint {
  const campaignId = uintFlag(flags, '--campaign', 64);
  if (campaignId === undefined) throw invalidInput('--campaign', 'missing', 'is needed here');
  return campaignId;
}

/** An address, but not the zero address. @throws {InvalidInput} */
export function addressFlag(flags: Flags, flag: string): Address {
  const text = flags.text(flag);
  if (isAddress(text) && BigInt(text) !== 0n) return getAddress(text);
  throw invalidInput(
    flag,
    text,
    'must be an address other than 0, with a right checksum if it has one',
  );
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
  const { disclosed } = statement;
  return { amount: checkAmount({ pay: campaign, funds: campaign, disclosed, action }) };
}
