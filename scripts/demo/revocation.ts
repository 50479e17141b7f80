/**
 * Chapter 5: a revocation counts from the transaction that carries it, for whoever asked for that; a freeze counts for all.
 * @module
 */
import { createTestClient, http, type Hex, type TransactionReceipt } from 'viem';
import { getTransactionReceipt, simulateContract, writeContract } from 'viem/actions';
import { distributorAbi, errorsAbi, rootRegistryAbi } from '../../src/chain/abis.ts';
import { toClaimArguments } from '../../src/chain/campaigns.ts';
import { fromRevert } from '../../src/chain/reverts.ts';
import { freeze, nextPublication, unfreeze } from '../../src/chain/roots.ts';
import { hashAttestation } from '../../src/protocol/attestation.ts';
import { EMPTY_LEAF } from '../../src/tree/tree.ts';
import type { Campaigns } from './claimant.ts';
import type { Cast } from './issuer.ts';
import type { Story } from './story.ts';
import { proveClaim, sendClaim, short, type Holder, type ReadyClaim, type World } from './world.ts';

const ENOUGH_GAS = 1_000_000n;

/** Tells the chapter. */
export async function theRevocation(
  story: Story,
  world: World,
  cast: Cast,
  campaigns: Campaigns,
): Promise<void> {
  const { issuer, holders, policy } = cast;
  const proveFor = (holder: Holder, campaignId: bigint): Promise<ReadyClaim> =>
    proveClaim(world, { holder, tree: issuer.tree, policy, campaignId });
  const strict = await proveFor(holders.revoked, campaigns.strict);
  const lenient = await proveFor(holders.revoked, campaigns.lenient);

  const position = issuer.tree.indexOf(hashAttestation(holders.revoked.attestation));
  issuer.tree.update([{ position, leaf: EMPTY_LEAF }]);
  const receipts = await story.step(
    '5',
    'the issuer revokes a holder, whose claims stand right behind it in the block',
    async () => {
      const mined = await publishThenClaim(world, cast, [strict, lenient]);
      return {
        what: `block ${mined.publication.blockNumber.toString()}`,
        gas: mined.publication.gasUsed,
        result: mined,
      };
    },
  );
  const [atStrict, atLenient] = receipts.claims;
  await story.refused(
    '5',
    'his proof of the old root, at the strict campaign, in that very block',
    'StaleRoot',
    () => outcomeOf(world, strict, atStrict),
  );
  await story.step(
    '5',
    'the old root, at the campaign that allows an hour, in that very block',
    async () => {
      await outcomeOf(world, lenient, atLenient);
      return { what: 'paid 100', gas: atLenient?.gasUsed };
    },
  );
  await theFreeze(story, world, cast, campaigns);
}

async function theFreeze(
  story: Story,
  world: World,
  cast: Cast,
  campaigns: Campaigns,
): Promise<void> {
  const { owner, deployment } = world;
  const { issuer, holders, policy } = cast;
  const { tree, treeId } = issuer;
  const proofs = {
    strict: await proveClaim(world, {
      holder: holders.frozen,
      tree,
      policy,
      campaignId: campaigns.strict,
    }),
    lenient: await proveClaim(world, {
      holder: holders.frozen,
      tree,
      policy,
      campaignId: campaigns.lenient,
    }),
  };
  await story.step('5', 'a guardian freezes the tree', async () => {
    const { gasUsed } = await freeze(owner, { deployment, treeId, reason: 'key-stolen' });
    return { what: 'every earlier root is void', gas: gasUsed };
  });
  for (const [name, ready] of Object.entries(proofs)) {
    await story.refused(
      '5',
      `a proof of the newest root, at the ${name} campaign`,
      'SourceFrozen',
      () => sendClaim(world, ready),
    );
  }
  await story.step('5', 'the owner unfreezes it, naming the root that counts', async () => {
    const publication = await nextPublication(owner, {
      deployment,
      treeId,
      root: tree.root(),
      size: tree.size(),
      revoked: 1n,
    });
    const { gasUsed } = await unfreeze(owner, {
      ...{ deployment, publication },
      reason: 'resolved',
    });
    return { what: `root ${short(tree.root())}`, gas: gasUsed };
  });
}

/** Mines one block that holds the publication of the revocation and then the claims. */
async function publishThenClaim(
  world: World,
  { issuer }: Cast,
  claims: readonly ReadyClaim[],
): Promise<{ publication: TransactionReceipt; claims: readonly TransactionReceipt[] }> {
  const { owner, submitter, deployment, chain } = world;
  const { tree, treeId } = issuer;
  const next = await nextPublication(owner, {
    deployment,
    treeId,
    root: tree.root(),
    size: tree.size(),
    revoked: 1n,
  });
  const miner = createTestClient({ mode: 'anvil', chain: owner.chain, transport: http(chain.url) });
  await miner.setAutomine(false);
  const publication = await writeContract(owner, {
    address: deployment.contracts.RootRegistry,
    abi: rootRegistryAbi,
    functionName: 'publish',
    args: [next],
    gas: ENOUGH_GAS,
  });
  const sent: Hex[] = [];
  for (const ready of claims) {
    sent.push(await writeContract(submitter, { ...claimCall(world, ready), gas: ENOUGH_GAS }));
  }
  await miner.mine({ blocks: 1 });
  await miner.setAutomine(true);
  const receipt = (hash: Hex): Promise<TransactionReceipt> =>
    getTransactionReceipt(owner, { hash });
  const mined = {
    publication: await receipt(publication),
    claims: await Promise.all(sent.map(receipt)),
  };
  if (mined.claims.some(({ blockNumber }) => blockNumber !== mined.publication.blockNumber)) {
    throw new Error('publication and claims must stand in one block');
  }
  return mined;
}

/** How a mined claim ended. @throws {EligoError} named as what the contract says at that block */
async function outcomeOf(
  world: World,
  ready: ReadyClaim,
  receipt: TransactionReceipt | undefined,
): Promise<void> {
  if (receipt?.status === 'success') return;
  try {
    await simulateContract(world.submitter, {
      ...claimCall(world, ready),
      blockNumber: receipt?.blockNumber ?? 0n,
    });
  } catch (error) {
    throw fromRevert(error);
  }
  throw new Error('the claim reverted and would not now');
}

function claimCall({ deployment }: World, ready: ReadyClaim) {
  return {
    address: deployment.contracts.Distributor,
    abi: [...distributorAbi, ...errorsAbi] as unknown as typeof distributorAbi,
    functionName: 'claim',
    args: toClaimArguments(ready),
  } as const;
}
