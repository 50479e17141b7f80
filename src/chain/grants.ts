/**
 * Grants: what a claim pays where its campaign has a schedule. Read, released, handed on, clawed back (IGrants.sol has the
 * units).
 * @module
 */
import { isAddressEqual, type Address, type Hex, type TransactionReceipt } from 'viem';
import { getContractEvents } from 'viem/actions';
import type { Tranche } from '../protocol/vesting.ts';
import { grantsAbi } from './abis.ts';
import { readTranche } from './campaignParts.ts';
import type { ReadClient, WriteClient } from './client.ts';
import type { Deployment } from './deployment.ts';
import { search } from './distributor.ts';
import { ownEventOf, read, send } from './send.ts';

/** A grant as it stands. Amounts are base units of the token, times Unix seconds. */
export type Grant = {
  readonly id: bigint;
  readonly planId: bigint;
  readonly recipient: Address;
  /** `COIN` for the chain's own. */
  readonly token: Address;
  /** Who made it; a campaign's grants are the distributor's. */
  readonly maker: Address;
  /** May claw it back, where the plan lets anybody. */
  readonly owner: Address;
  readonly start: bigint;
  /** What it pays when all has vested. */
  readonly total: bigint;
  /** What has vested, paid or not. */
  readonly vested: bigint;
  readonly released: bigint;
  /** What a release would pay now. */
  readonly releasable: bigint;
  readonly transferable: boolean;
  /** Seconds for which it vests on after a clawback; `NEVER` = it can't be clawed back. */
  readonly clawbackNotice: bigint;
  readonly tranches: readonly Tranche[];
  /** Where it was clawed back: its total before, which the schedule goes on to divide, and when it stops. */
  readonly clawedBack: { readonly granted: bigint; readonly stopsAt: bigint } | undefined;
};

type OneGrant = { readonly deployment: Deployment; readonly grantId: bigint };

/** Reads a grant with its plan. @throws {UnknownGrant} */
export async function getGrant(
  client: ReadClient,
  { deployment, grantId }: OneGrant,
): Promise<Grant> {
  const contract = grants(deployment);
  const args = [grantId] as const;
  const grant = await read(client, { ...contract, functionName: 'getGrant', args });
  const { planId, stopsAt, granted, recipient, total, released } = grant;
  const [vested, plan, tranches] = await Promise.all([
    read(client, { ...contract, functionName: 'vestedOf', args }),
    read(client, { ...contract, functionName: 'getPlan', args: [planId] }),
    read(client, { ...contract, functionName: 'getTranches', args: [planId] }),
  ]);
  const { token, maker, owner, transferable, clawbackNotice } = plan;
  return {
    ...{ id: grantId, planId, recipient, token, maker, owner, transferable },
    start: BigInt(grant.start),
    ...{ total, vested, released, releasable: vested - released },
    clawbackNotice: BigInt(clawbackNotice),
    tranches: tranches.map(readTranche),
    clawedBack: stopsAt === 0 ? undefined : { granted, stopsAt: BigInt(stopsAt) },
  };
}

/**
 * Finds the grants that are an account's now, made for it or handed on to it.
 * @returns their ids, ascending
 */
export async function findGrants(
  client: ReadClient,
  parameters: { readonly deployment: Deployment; readonly recipient: Address },
): Promise<readonly bigint[]> {
  const { deployment, recipient } = parameters;
  const contract = { ...grants(deployment), strict: true } as const;
  const made = await search(client, deployment, (range) =>
    getContractEvents(client, {
      ...{ ...contract, ...range, eventName: 'Granted' },
      args: { recipient },
    }),
  );
  const received = await search(client, deployment, (range) =>
    getContractEvents(client, {
      ...{ ...contract, ...range, eventName: 'GrantTransferred' },
      args: { to: recipient },
    }),
  );
  const ids = [...new Set([...made, ...received].map(({ args }) => args.grantId))];
  const present: bigint[] = [];
  for (const grantId of ids.sort((a, b) => (a < b ? -1 : 1))) {
    const question = { ...grants(deployment), functionName: 'getGrant' } as const;
    const grant = await read(client, { ...question, args: [grantId] });
    if (isAddressEqual(grant.recipient, recipient)) present.push(grantId);
  }
  return present;
}

/** Pays what has vested and wasn't paid yet to the grant's recipient. By anyone. @throws {NothingToRelease} */
export async function release(
  client: WriteClient,
  { deployment, grantId }: OneGrant,
): Promise<{
  readonly receipt: TransactionReceipt;
  readonly recipient: Address;
  /** Base units. */
  readonly amount: bigint;
}> {
  const contract = grants(deployment);
  const receipt = await send(client, { ...contract, functionName: 'release', args: [grantId] });
  const { recipient, amount } = ownEventOf(receipt, contract, 'Released').args;
  return { receipt, recipient, amount };
}

/** Hands a grant on, with all that it hasn't paid yet. By its recipient. @throws {NotTransferable} @throws {NotRecipient} */
export async function transferGrant(
  client: WriteClient,
  { deployment, grantId, to }: OneGrant & { readonly to: Address },
): Promise<TransactionReceipt> {
  const args = [grantId, to] as const;
  return send(client, { ...grants(deployment), functionName: 'transferGrant', args });
}

/**
 * Takes back what will not have vested when the plan's notice is over. By the plan's owner, once.
 * @param parameters.to     who gets it
 * @param parameters.reason 32 bytes that say why, not 0
 * @throws {NotPlanOwner} @throws {ClawbackExcluded} @throws {AlreadyClawedBack} @throws {NothingToClawBack}
 */
export async function clawbackGrant(
  client: WriteClient,
  parameters: OneGrant & { readonly to: Address; readonly reason: Hex },
): Promise<{
  readonly receipt: TransactionReceipt;
  /** Base units that were taken back. */
  readonly amount: bigint;
  /** Base units: the grant's total from now on. */
  readonly kept: bigint;
  /** Unix seconds after which nothing vests. */
  readonly stopsAt: bigint;
}> {
  const { deployment, grantId, to, reason } = parameters;
  const contract = grants(deployment);
  const args = [grantId, to, reason] as const;
  const receipt = await send(client, { ...contract, functionName: 'clawback', args });
  const { amount, kept, stopsAt } = ownEventOf(receipt, contract, 'ClawedBack').args;
  return { receipt, amount, kept, stopsAt: BigInt(stopsAt) };
}

function grants(deployment: Deployment): {
  readonly address: Address;
  readonly abi: typeof grantsAbi;
} {
  return { address: deployment.contracts.Grants, abi: grantsAbi };
}
