/**
 * An issuer as the chain has it: who acts for it, to whom it is offered, which trees it has.
 * @module
 */
import {
  encodeEventTopics,
  getAddress,
  numberToHex,
  sliceHex,
  type Address,
  type LogTopic,
} from 'viem';
import { issuerRegistryAbi } from './abis.ts';
import { findTrees } from './affectedFacts.ts';
import type { ReadClient } from './client.ts';
import type { Deployment } from './deployment.ts';
import { latestBlock } from './distributor.ts';
import { scanLogs } from './eventScan.ts';
import { getOfferedOwner, holdsRole, type IssuerRole } from './issuers.ts';

/** An issuer, its roles as they are now. */
export type IssuerFacts = {
  readonly issuerId: bigint;
  readonly owners: readonly Address[];
  readonly publishers: readonly Address[];
  readonly guardians: readonly Address[];
  /** Who may accept ownership. */
  readonly offeredTo: Address | undefined;
  readonly treeIds: readonly bigint[];
};

/**
 * Reads an issuer. Who ever had a role is found by the events, who has it now is what the contract says.
 * @returns no owner where there is no such issuer
 * @throws {ChainUnavailable}
 */
export async function getIssuer(
  client: ReadClient,
  issuer: { readonly deployment: Deployment; readonly issuerId: bigint },
): Promise<IssuerFacts> {
  const { issuerId } = issuer;
  const ever = await everAppointed(client, issuer);
  const holders = async (role: IssuerRole): Promise<readonly Address[]> => {
    const held: Address[] = [];
    for (const account of ever)
      if (await holdsRole(client, { ...issuer, role, account })) held.push(account);
    return held;
  };
  return {
    issuerId,
    owners: await holders('owner'),
    publishers: await holders('publisher'),
    guardians: await holders('guardian'),
    offeredTo: await getOfferedOwner(client, issuer),
    treeIds: await findTrees(client, issuer),
  };
}

/** Every account that was given a role of the issuer at some time, once. */
async function everAppointed(
  client: ReadClient,
  { deployment, issuerId }: { readonly deployment: Deployment; readonly issuerId: bigint },
): Promise<readonly Address[]> {
  const { number: to } = await latestBlock(client);
  const granted = encodeEventTopics({ abi: issuerRegistryAbi, eventName: 'RoleGranted' });
  const topics: LogTopic[] = [granted[0], numberToHex(issuerId, { size: 32 })];
  const filter = { address: deployment.contracts.IssuerRegistry, topics };
  const accounts = new Set<Address>();
  const range = { from: BigInt(deployment.block ?? 0), to };
  for await (const { logs } of scanLogs({ client }, filter, range))
    for (const log of logs) accounts.add(getAddress(sliceHex(log.topics[3] ?? '0x', 12)));
  return [...accounts];
}
