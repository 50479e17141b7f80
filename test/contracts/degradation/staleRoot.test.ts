/**
 * "Revoked while a proof is in flight: refused after `maxStaleness`; the relayer says `StaleRoot` at once, not after gas is
 * spent." What the relayer asks is asked here; the relayer itself has its own tests.
 */
import { expect } from 'chai';
import type { Hash } from 'viem';
import { expectPayable, expectRefused, type MadeClaim } from '../../support/batches.ts';
import {
  createTree,
  makeClaim,
  newestRoot,
  nextPublication,
  openCampaign,
  publish,
  sendClaim,
  type OpenCampaign,
} from '../../support/campaigns.ts';
import type { World } from '../../support/contracts.ts';
import { OFF, storyChain } from '../../support/degradation.ts';

const STALENESS = 3_600;
const GAS = 1_000_000n;

describe('degradation: a root that goes stale while a proof is in flight', () => {
  // Within a block, transactions keep the order in which they came.
  const chain = storyChain(['--order', 'fifo']);
  let world: World;
  let treeId: bigint;
  /** A gate that takes no stale root, one that takes it for an hour, one that always does. */
  let [strict, hourly, endless]: [OpenCampaign, OpenCampaign, OpenCampaign] = [] as never;
  let flying: readonly MadeClaim[];
  let campaigns: readonly OpenCampaign[];
  before(async () => {
    world = await chain.world();
    treeId = await createTree(world);
    await publish(world, treeId, { size: 10 });
    const open = (maxStaleness: number) =>
      openCampaign(world, { source: treeId, maxStaleness, proofLifetime: 14_400 });
    strict = await open(0);
    hourly = await open(STALENESS);
    endless = await open(OFF);
    campaigns = [strict, hourly, endless];
    flying = await Promise.all(campaigns.map((campaign) => makeClaim(world, campaign)));
  });

  describe('when members are added', () => {
    it('no epoch ends: a proof in flight is paid, even where nothing stale is', async () => {
      for (const size of [11, 12]) await publish(world, treeId, { size });
      expect(await newestRoot(world, treeId)).not.to.equal(flying[0]!.claim.statement.root);
      for (const [i, campaign] of campaigns.entries())
        await expectPayable(world, campaign, flying[i]!);
    });
  });

  describe('when somebody is revoked', () => {
    let root: bigint;
    let endedAt: number;
    let statuses: Record<string, string>;

    /** One block: claims on either side of the publication that ends the epoch. */
    before(async () => {
      const { anvil, roots, distributor, cast } = world;
      root = flying[0]!.claim.statement.root;
      const next = await nextPublication(world, treeId, { revoked: 1n, endsEpoch: true });
      const [early, late] = [
        await makeClaim(world, strict, { root }),
        await makeClaim(world, strict, { root }),
      ];
      const patient = await makeClaim(world, hourly, { root });
      const send = (campaign: OpenCampaign, { claim, action }: MadeClaim): Promise<Hash> =>
        distributor.write.claim([campaign.id, claim, action], { account: cast.relayer, gas: GAS });
      await anvil.client.setAutomine(false);
      const hashes = {
        early: await send(strict, early),
        publication: await roots.write.publish([next], { account: cast.publisher, gas: GAS }),
        late: await send(strict, late),
        patient: await send(hourly, patient),
      };
      await anvil.client.mine({ blocks: 1 });
      await anvil.client.setAutomine(true);
      endedAt = Number(await anvil.now());
      const receipts = await Promise.all(
        Object.entries(hashes).map(
          async ([name, hash]) =>
            [name, await anvil.client.getTransactionReceipt({ hash })] as const,
        ),
      );
      expect(new Set(receipts.map(([, { blockNumber }]) => blockNumber)).size).to.equal(1);
      statuses = Object.fromEntries(receipts.map(([name, { status }]) => [name, status]));
    });

    it('in the same block, a strict gate pays before it and refuses after it', () => {
      const { publication, early, late } = statuses;
      expect({ publication, early, late }).to.deep.equal({
        ...{ publication: 'success', early: 'success', late: 'reverted' },
      });
    });

    it('a gate that allows staleness pays on either side', () => {
      expect(statuses['patient']).to.equal('success');
    });

    it('the refusal is told before any gas is spent, by its name', async () => {
      await expectRefused(world, strict, flying[0]!, ['StaleRoot', root, endedAt, 0]);
      await expectPayable(world, strict, await makeClaim(world, strict));
    });

    it('to the last second of `maxStaleness` the proof is paid, and from the next on refused', async () => {
      await chain.anvil.goTo(BigInt(endedAt + STALENESS - 1));
      await expectPayable(world, hourly, flying[1]!);
      await chain.anvil.goTo(BigInt(endedAt + STALENESS));
      await expectRefused(world, hourly, flying[1]!, ['StaleRoot', root, endedAt, STALENESS]);
      await expectPayable(world, endless, flying[2]!);
    });

    it('the holder proves again, under the new root, and is paid', async () => {
      const { nullifier } = flying[1]!.claim.statement;
      const again = await makeClaim(world, hourly, { nullifier });
      expect(again.claim.statement.root).not.to.equal(root);
      await sendClaim(world, hourly, again);
      await expectRefused(world, hourly, again, ['NullifierSpent', nullifier]);
    });
  });
});
