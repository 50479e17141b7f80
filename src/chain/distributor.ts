/**
 * The distributor as the chain actions on campaigns and claims share it.
 * @module
 */
import { numberToHex, type Address, type Hex } from 'viem';
import { getBlock } from 'viem/actions';
import { EligoError } from '../errors.ts';
import type { Field } from '../protocol/field.ts';
import { computeScope } from '../protocol/statement.ts';
import { distributorAbi } from './abis.ts';
import type { ReadClient } from './client.ts';
import type { Deployment } from './deployment.ts';
import { scan } from './publications.ts';
import { answerOf } from './reverts.ts';

/** What stands for the chain's own coin where a token is named (ERC-7528). */
export const COIN: Address = '0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE';

/** A campaign of a deployment. */
export type OneCampaign = { readonly deployment: Deployment; readonly campaignId: bigint };

/** The distributor's address and ABI. */
export function distributor(deployment: Deployment): {
  readonly address: Address;
  readonly abi: typeof distributorAbi;
} {
  return { address: deployment.contracts.Distributor, abi: distributorAbi };
}

/** What the campaign's rule stands under. */
export function campaignLabel(campaignId: bigint): Hex {
  return numberToHex(campaignId, { size: 32 });
}

/** What a claim is unique within: the gate's scope for the campaign. */
export function campaignScope({ deployment, campaignId }: OneCampaign): Field {
  return computeScope({
    chainId: deployment.chainId,
    gate: deployment.contracts.Distributor,
    label: campaignLabel(campaignId),
  });
}

/** The latest block's number and second. */
export async function latestBlock(
  client: ReadClient,
): Promise<{ readonly number: bigint; readonly time: bigint }> {
  const { number, timestamp } = await answerOf(getBlock(client));
  return { number, time: timestamp };
}

/** A block's second. */
export async function timeOf(client: ReadClient, blockNumber: bigint): Promise<bigint> {
  return (await answerOf(getBlock(client, { blockNumber }))).timestamp;
}

/**
 * Asks for events of a deployment, from its first block to the latest, as many at once as the node lets through.
 * @param ask  asks for the blocks `fromBlock` to `toBlock`, both included
 * @param from where to begin, if something later than the deployment is known
 */
export async function search<T>(
  client: ReadClient,
  deployment: Deployment,
  ask: (range: { readonly fromBlock: bigint; readonly toBlock: bigint }) => Promise<readonly T[]>,
  from = BigInt(deployment.block ?? 0),
): Promise<readonly T[]> {
  const { number: to } = await latestBlock(client);
  return scan((fromBlock, toBlock) => ask({ fromBlock, toBlock }), { from, to });
}

/** The error for events that must be there and aren't: the node has forgotten them. */
export function lostEvents(what: string): EligoError {
  return new EligoError(
    'ChainUnavailable',
    `the node's events lack ${what}: ask one that keeps all of them, with the deployment's own block`,
  );
}
