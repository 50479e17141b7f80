/**
 * Trust lists for the contracts' tests: issuer 1's trees, in lists of the list's owner.
 * @module
 */
import { parseEventLogs, type TransactionReceipt } from 'viem';
import { rootRegistryAbi } from '../../src/chain/abis.ts';
import { NEVER } from '../../src/protocol/field.ts';
import { createTree, publish } from './campaigns.ts';
import { BECAUSE, by, type World } from './contracts.ts';

/** Creates a list without notice and of endless patience, unless a test wants it otherwise. */
export async function createList(
  { anvil, roots, cast }: World,
  { notice = 0, silence = Number(NEVER) } = {},
): Promise<bigint> {
  const { logs } = await anvil.mined(roots.write.createList([notice, silence], by(cast.listOwner)));
  return parseEventLogs({ abi: rootRegistryAbi, logs, eventName: 'ListCreated' })[0]!.args.listId;
}

/** Admits a tree and joins it, by both owners; its notice runs from now. */
export async function enter({ anvil, roots, cast }: World, listId: bigint, treeId: bigint) {
  const args = [listId, treeId, ...BECAUSE] as const;
  await anvil.mined(roots.write.admit(args, by(cast.listOwner)));
  await anvil.mined(roots.write.join(args, by(cast.owner)));
}

/** Puts in force whose notice is over, by a stranger. */
export function settle({ anvil, roots, cast }: World, listId: bigint): Promise<TransactionReceipt> {
  return anvil.mined(roots.write.settle([listId], by(cast.stranger)));
}

/** Makes these many trees that have published, members in force of each of the lists. */
export async function makeMembers(
  world: World,
  listIds: readonly bigint[],
  count: number,
): Promise<readonly bigint[]> {
  const treeIds: bigint[] = [];
  for (let i = 0; i < count; i += 1) {
    const treeId = await createTree(world);
    await publish(world, treeId);
    for (const listId of listIds) await enter(world, listId, treeId);
    treeIds.push(treeId);
  }
  for (const listId of listIds) await settle(world, listId);
  return treeIds;
}

/** What the registry said in a transaction, in order; names alone where that is enough. */
export function eventsOf({ logs }: TransactionReceipt): readonly [string, object][] {
  return parseEventLogs({ abi: rootRegistryAbi, logs }).map(({ eventName, args }) => [
    eventName,
    args,
  ]);
}
