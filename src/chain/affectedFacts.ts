/**
 * What is on the chain around an act of governance, read at one block from what the contracts store: no event is needed, so
 * that a node which has forgotten some leaves nobody out.
 * @module
 */
import { encodeEventTopics, numberToHex, type Abi, type ContractFunctionReturnType } from 'viem';
import { affectedBy, sourcesOf, type Affected, type KnownCampaign } from './affected.ts';
import type { Deed, KnownList, KnownTree } from './affectedLists.ts';
import { unavailable, type Asker } from './asker.ts';
import { rootRegistryAbi } from './abis.ts';
import { readCaps, type Answer } from './campaignParts.ts';
import type { ReadClient } from './client.ts';
import type { Deployment } from './deployment.ts';
import { campaignLabel, distributor, latestBlock } from './distributor.ts';
import { scanLogs } from './eventScan.ts';
import { getList, toTrustListFacts } from './lists.ts';
import { readMany } from './readMany.ts';
import { getTree } from './roots.ts';
import { read } from './send.ts';

/** Where and when is read. */
type Snapshot = {
  readonly asker: Asker;
  readonly deployment: Deployment;
  readonly block: bigint;
  /** Unix seconds. */
  readonly now: bigint;
};

type RegistryAnswer<name extends 'getTree' | 'getList' | 'getListsOf'> = ContractFunctionReturnType<
  typeof rootRegistryAbi,
  'view',
  name
>;

/**
 * Whom a deed affects, by what the latest block says. Campaigns are those of the deployment's distributor: of gates that
 * somebody else deployed nobody knows.
 * @throws {ContractReverted} `UnknownTree`, `UnknownList` @throws {ChainUnavailable}
 */
export async function findAffected(
  client: ReadClient,
  parameters: { readonly deployment: Deployment; readonly deed: Deed },
): Promise<Affected> {
  const { deployment, deed } = parameters;
  const { number: block, time: now } = await latestBlock(client);
  const at = { asker: { client }, deployment, block, now };
  const named = await readTrees(at, await treesNamedBy(at, deed));
  const lists = await readLists(at, sourcesOf(deed, named));
  const members = lists.flatMap((list) =>
    list.ofTree ? [list.listId] : list.members.map(({ treeId }) => treeId),
  );
  const others = [...new Set(members)].filter((id) => !named.some(({ treeId }) => treeId === id));
  const trees = [...named, ...(await readTrees(at, others))];
  const sources = new Set(lists.map(({ listId }) => listId));
  const campaigns = await readCampaigns(at, (source) => sources.has(source));
  return affectedBy(deed, { now, trees, lists, campaigns });
}

/** The campaigns of these sources that are not over. */
export async function findCampaigns(
  client: ReadClient,
  parameters: { readonly deployment: Deployment; readonly sources: readonly bigint[] },
): Promise<readonly KnownCampaign[]> {
  const { deployment, sources } = parameters;
  const { number: block, time: now } = await latestBlock(client);
  return readCampaigns({ asker: { client }, deployment, block, now }, (source) =>
    sources.includes(source),
  );
}

/** The trees of an issuer, in the order in which they were made. */
export async function findTrees(
  client: ReadClient,
  parameters: { readonly deployment: Deployment; readonly issuerId: bigint },
): Promise<readonly bigint[]> {
  const { deployment, issuerId } = parameters;
  const { number: to } = await latestBlock(client);
  const [topic] = encodeEventTopics({ abi: rootRegistryAbi, eventName: 'TreeCreated' });
  const topics = [topic, null, numberToHex(issuerId, { size: 32 })];
  const filter = { address: deployment.contracts.RootRegistry, topics };
  const treeIds: bigint[] = [];
  const range = { from: BigInt(deployment.block ?? 0), to };
  for await (const { logs } of scanLogs({ client }, filter, range))
    treeIds.push(...logs.map((log) => BigInt(log.topics[1] ?? 0)));
  return treeIds;
}

async function treesNamedBy(
  { asker, deployment }: Snapshot,
  deed: Deed,
): Promise<readonly bigint[]> {
  if ('treeId' in deed) return [deed.treeId];
  if (deed.kind !== 'roles') return [];
  return findTrees(asker.client, { deployment, issuerId: deed.issuerId });
}

async function readTrees(at: Snapshot, treeIds: readonly bigint[]): Promise<readonly KnownTree[]> {
  const { client } = at.asker;
  const trees = await askRegistry(at, 'getTree', treeIds);
  const owns = await askRegistry(at, 'getList', treeIds);
  const joined = await askRegistry(at, 'getListsOf', treeIds);
  return Promise.all(
    treeIds.map(async (treeId, i) => {
      const [facts, own, listIds = []] = [trees[i], owns[i], joined[i]];
      if (!facts || !own) {
        await getTree(client, { ...at, treeId }); // asked alone, it says by its own error what is wrong
        throw unavailable(`says nothing of tree ${treeId.toString()}`);
      }
      return {
        ...facts,
        treeId,
        listIds: listIds.filter((listId) => listId !== 0n),
        lastPublishedAt: BigInt(own.lastPublishedAt),
      };
    }),
  );
}

async function readLists(at: Snapshot, listIds: readonly bigint[]): Promise<readonly KnownList[]> {
  const { client } = at.asker;
  const lists = await askRegistry(at, 'getList', listIds);
  return Promise.all(
    listIds.map(async (listId, i) => {
      const facts = lists[i];
      if (!facts) {
        await getList(client, { ...at, listId });
        throw unavailable(`says nothing of list ${listId.toString()}`);
      }
      const list = toTrustListFacts(facts);
      return { ...list, listId, ofTree: list.owner === undefined };
    }),
  );
}

async function readCampaigns(
  at: Snapshot,
  isWanted: (source: bigint) => boolean,
): Promise<readonly KnownCampaign[]> {
  const { asker, deployment, block } = at;
  const contract = distributor(deployment);
  const count = await read(asker.client, { ...contract, functionName: 'campaignCount', args: [] });
  const ids = Array.from({ length: Number(count) }, (_, i) => BigInt(i + 1));
  const ask = (functionName: string, args: readonly (readonly unknown[])[]) =>
    readMany(asker, { ...contract, abi: contract.abi, functionName, block }, args);
  const rules = (await ask(
    'getRule',
    ids.map((id) => [campaignLabel(id)]),
  )) as (Answer<'getRule'> | undefined)[];
  const wanted = ids.flatMap((campaignId, i) => {
    const acceptance = rules[i]?.acceptance;
    if (!acceptance) throw unavailable(`says nothing of campaign ${campaignId.toString()}`);
    return isWanted(acceptance.source) ? [{ campaignId, acceptance }] : [];
  });
  const states = (await ask(
    'getCampaign',
    wanted.map(({ campaignId }) => [campaignId]),
  )) as (Answer<'getCampaign'> | undefined)[];
  return wanted.flatMap(({ campaignId, acceptance }, i) => {
    const state = states[i];
    if (!state) throw unavailable(`says nothing of campaign ${campaignId.toString()}`);
    if (at.now > BigInt(state.closesAt)) return [];
    return [toKnown(campaignId, { acceptance, state, now: at.now })];
  });
}

function toKnown(
  campaignId: bigint,
  known: {
    readonly acceptance: Answer<'getRule'>['acceptance'];
    readonly state: Answer<'getCampaign'>;
    readonly now: bigint;
  },
): KnownCampaign {
  const { acceptance, state, now } = known;
  const opened = now < BigInt(state.opensAt) ? 'not open yet' : 'open';
  return {
    campaignId,
    source: acceptance.source,
    state: state.paused ? 'paused' : opened,
    token: state.token,
    budget: state.budget,
    leftOfWindow: readCaps(state, now).leftOfWindow,
    closesAt: BigInt(state.closesAt),
    maxStaleness: BigInt(acceptance.maxStaleness),
    maxSilence: BigInt(acceptance.maxSilence),
  };
}

async function askRegistry<const name extends 'getTree' | 'getList' | 'getListsOf'>(
  { asker, deployment, block }: Snapshot,
  functionName: name,
  ids: readonly bigint[],
): Promise<readonly (RegistryAnswer<name> | undefined)[]> {
  const address = deployment.contracts.RootRegistry;
  const question = { address, abi: rootRegistryAbi as Abi, functionName, block };
  const answers = await readMany(
    asker,
    question,
    ids.map((id) => [id]),
  );
  return answers as readonly (RegistryAnswer<name> | undefined)[];
}
