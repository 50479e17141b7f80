/**
 * Two trees, two lists and three campaigns on a chain of their own, and everybody who acts in them; each test finds it as it
 * was made.
 */
import { createTestClient, http, publicActions, toHex, type Address, type Hex } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import { COIN, createCampaign, fund } from '../../src/chain/campaigns.ts';
import { connect, type WriteClient } from '../../src/chain/client.ts';
import { deployContracts } from '../../src/chain/deployment.ts';
import { grantRole, registerIssuer } from '../../src/chain/issuers.ts';
import { admit, createList, joinList, settleList } from '../../src/chain/lists.ts';
import { startLocalChain } from '../../src/chain/localChain.ts';
import { nextPublication, publish, registerTree } from '../../src/chain/roots.ts';
import { NEVER, type Field } from '../../src/protocol/field.ts';
import { definePolicy } from '../../src/protocol/policy.ts';
import { defineSchema } from '../../src/protocol/schema.ts';
import { loadArtifacts } from '../../src/prover/artifacts.ts';
import { DAY, NOW, SCHEMA_DRAFT, policyDraft } from './cli.ts';

/** The keys of anvil's accounts, by its published words. */
export function keyOf(i: number): Hex {
  const account = mnemonicToAccount(WORDS, { addressIndex: i });
  return toHex(account.getHdKey().privateKey!);
}

const WORDS = 'test test test test test test test test test test test junk';

/** Of lists: seconds. */
export const NOTICE = 3_600n;
export const PATIENCE = 7n * DAY;
/** Of the campaign on the list. */
export const STALENESS = 600n;

/**
 * Tree 1 is the issuer's and tree 2 another's. List 3 holds both, list 4 holds tree 2 only. Campaign 1 goes by tree 1,
 * campaign 2 by list 3, campaign 3 by list 4.
 */
export async function openGovernanceWorld() {
  const chain = await startLocalChain({ arguments: ['--timestamp', String(NOW)] });
  const as = async (i: number): Promise<WriteClient> => ({
    ...(await connect({ url: chain.url, privateKey: keyOf(i) })),
    pollingInterval: 5,
  });
  const [owner, other, listOwner, guardian, stranger] = await Promise.all([0, 1, 2, 3, 4].map(as));
  const cast = {
    ...{ owner: owner!, other: other!, listOwner: listOwner! },
    ...{ guardian: guardian!, stranger: stranger! },
  };
  const deployment = await deployContracts(cast.owner, { artifacts: await loadArtifacts() });
  const clock = createTestClient({ chain: foundry, mode: 'anvil', transport: http(chain.url) });
  const test = clock.extend(publicActions);

  const makeTree = async (by: WriteClient, size: number, revoked: bigint) => {
    const issuerId = await registerIssuer(by, { deployment, uri: 'https://issuer.example' });
    const account = by.account.address;
    await grantRole(by, { deployment, issuerId, role: 'publisher', account });
    const treeId = await registerTree(by, { deployment, issuerId });
    await publishRoot(by, { treeId, root: 100n + treeId, size, revoked });
    return { issuerId, treeId };
  };
  const publishRoot = async (
    by: WriteClient,
    facts: { treeId: bigint; root: bigint; size: number; revoked: bigint },
  ) => {
    const root = facts.root as Field;
    const publication = await nextPublication(by, { deployment, ...facts, root });
    return publish(by, { deployment, publication });
  };
  const one = await makeTree(cast.owner, 5, 2n);
  const two = await makeTree(cast.other, 3, 0n);
  const account = cast.guardian.account.address;
  await grantRole(cast.owner, { deployment, ...one, role: 'guardian', account });

  const makeList = async (members: readonly (readonly [WriteClient, bigint])[]) => {
    const terms = { notice: Number(NOTICE), memberSilence: Number(PATIENCE) };
    const listId = await createList(cast.listOwner, { deployment, ...terms });
    for (const [by, treeId] of members) {
      await admit(cast.listOwner, { deployment, listId, treeId });
      await joinList(by, { deployment, listId, treeId });
    }
    return listId;
  };
  const both = await makeList([
    [cast.owner, one.treeId],
    [cast.other, two.treeId],
  ]);
  const second = await makeList([[cast.other, two.treeId]]);
  await test.increaseTime({ seconds: Number(NOTICE) });
  for (const listId of [both, second]) await settleList(cast.stranger, { deployment, listId });

  const schema = defineSchema(SCHEMA_DRAFT);
  const policy = definePolicy(policyDraft(schema, NOW), schema);
  const makeCampaign = async (source: bigint, limits: { stale: bigint; silent: bigint }) => {
    const campaignId = await createCampaign(cast.owner, {
      ...{ deployment, token: COIN, policy, source },
      ...{ documentURI: 'https://campaign.example/policy.json', amountKind: 'fixed', unit: 100n },
      ...{ index: { kind: 'count', cap: 1n }, maxStaleness: limits.stale },
      ...{
        maxSilence: limits.silent,
        proofLifetime: 600n,
        opensAt: NOW,
        closesAt: NOW + 30n * DAY,
      },
    });
    await fund(cast.owner, { deployment, campaignId, token: COIN, amount: 1_000n * campaignId });
    return campaignId;
  };
  const strict = { stale: 0n, silent: NEVER };
  const campaigns = [
    await makeCampaign(one.treeId, strict),
    await makeCampaign(both, { stale: STALENESS, silent: 14n * DAY }),
    await makeCampaign(second, strict),
  ];
  let snapshot = await test.snapshot();
  return {
    ...{ chain, deployment, cast, test, schema, publishRoot, one, two, both, second, campaigns },
    addressOf: (who: keyof typeof cast): Address => cast[who].account.address,
    /** Puts everything back as it was made. */
    reset: async (): Promise<void> => {
      await test.revert({ id: snapshot });
      snapshot = await test.snapshot();
    },
    /** Moves the chain's clock on, and mines a block then. */
    pass: async (seconds: bigint): Promise<void> => {
      await test.increaseTime({ seconds: Number(seconds) });
      await test.mine({ blocks: 1 });
    },
  };
}

export type GovernanceWorld = Awaited<ReturnType<typeof openGovernanceWorld>>;
