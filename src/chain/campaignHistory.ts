/**
 * What a campaign was created with and what its amendments announced, read from the events.
 * @module
 */
import type { Hex, ParseEventLogsReturnType } from 'viem';
import { getContractEvents } from 'viem/actions';
import type { distributorAbi } from './abis.ts';
import type { ReadClient } from './client.ts';
import { distributor, lostEvents, search, timeOf, type OneCampaign } from './distributor.ts';

/** One state of a campaign's document, as an event announced it. */
export type Version = {
  readonly document: {
    readonly terms: readonly bigint[];
    readonly termsHash: bigint;
    readonly documentHash: Hex;
    readonly documentURI: string;
  };
  readonly unit: bigint;
  /** Unix seconds; 0 for what the campaign was created with. */
  readonly inForceAt: bigint;
  /** Unix seconds. */
  readonly announcedAt: bigint;
};

/** A campaign's creation: what it was created from, and the block. */
export type Creation = {
  readonly params: ParseEventLogsReturnType<
    typeof distributorAbi,
    'CampaignCreated',
    true
  >[number]['args']['params'];
  readonly block: bigint;
};

/** Finds the event that announced a campaign. @throws {ChainUnavailable} if the node has forgotten it */
export async function findCreation(client: ReadClient, one: OneCampaign): Promise<Creation> {
  const { deployment, campaignId } = one;
  const question = { ...distributor(deployment), args: { campaignId }, strict: true } as const;
  const [created] = await search(client, deployment, (range) =>
    getContractEvents(client, { ...question, ...range, eventName: 'CampaignCreated' }),
  );
  if (!created) throw lostEvents(`the creation of campaign ${campaignId.toString()}`);
  return { params: created.args.params, block: created.blockNumber };
}

/** What the campaign was created with. */
export async function firstVersion(
  client: ReadClient,
  { params, block }: Creation,
): Promise<Version> {
  const announcedAt = await timeOf(client, block);
  return { document: params.policy, unit: params.unit, inForceAt: 0n, announcedAt };
}

/**
 * Finds the announced versions that come, or came, in force at these seconds. An announcement that another one replaced
 * comes in force at no second.
 * @returns in the order of `inForceAt`
 * @throws {ChainUnavailable} if the node has forgotten one
 */
export async function findAmendments(
  client: ReadClient,
  one: OneCampaign & { readonly createdIn: bigint; readonly inForceAt: readonly bigint[] },
): Promise<readonly Version[]> {
  const { deployment, campaignId, createdIn } = one;
  const question = { ...distributor(deployment), args: { campaignId }, strict: true } as const;
  const events = await search(
    client,
    deployment,
    (range) => getContractEvents(client, { ...question, ...range, eventName: 'CampaignAmended' }),
    createdIn,
  );
  return Promise.all(
    one.inForceAt.map(async (inForceAt) => {
      // Two announcements of one block have the same moment: the later one replaced the earlier.
      const event = events.findLast(({ args }) => BigInt(args.inForceAt) === inForceAt);
      if (!event) throw lostEvents(`an amendment of campaign ${campaignId.toString()}`);
      const { document, unit } = event.args;
      return { document, unit, inForceAt, announcedAt: await timeOf(client, event.blockNumber) };
    }),
  );
}
