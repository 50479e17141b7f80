/** "An issuer contradicts another: the trust list decides who is believed, in public and with notice." */
import { expect } from 'chai';
import { createAttestation, hashAttestation } from '../../../src/protocol/attestation.ts';
import { defineSchema } from '../../../src/protocol/schema.ts';
import { createTree as buildTree } from '../../../src/tree/tree.ts';
import { createTrustList } from '../../../src/tree/trustList.ts';
import { expectPayable, expectRefused } from '../../support/batches.ts';
import {
  createTree,
  makeClaim,
  newestRoot,
  openCampaign,
  publish,
  sendClaim,
  type OpenCampaign,
} from '../../support/campaigns.ts';
import { by, expectRevert, type World } from '../../support/contracts.ts';
import {
  OFF,
  expectAccepted,
  expectVoid,
  publishSecond,
  secondIssuer,
  storyChain,
  type Issuer,
} from '../../support/degradation.ts';
import { createList, eventsOf } from '../../support/lists.ts';
import { schemaDocument } from '../../support/world.ts';

const NOTICE = 86_400;
/** `Breach`, and the hash of the reasons that the list's owner published. */
const WHY = [5, `0x${'d0'.repeat(32)}`] as const;

describe('degradation: two issuers who contradict each other', () => {
  const chain = storyChain();
  let world: World;
  let first: bigint;
  let second: Issuer;
  let listId: bigint;
  let campaign: OpenCampaign;
  /** The two trees' roots: of one person, one says this country, the other that. */
  let [says, denies]: [bigint, bigint] = [0n, 0n];

  /** A tree with one attestation: of the same holder under the same schema, but for the country. */
  async function rootSaying(country: string): Promise<bigint> {
    const schema = defineSchema(schemaDocument());
    const values = { country, tier: 'full', born: '1990-01-01', allocation: '1' };
    const attestation = createAttestation({
      ...{ schema, commitment: 5n, issuedAt: 1_767_225_600n, salt: 7n, values },
    });
    return (await buildTree({ leaves: [hashAttestation(attestation)] })).root();
  }

  before(async () => {
    world = await chain.world();
    const { anvil, roots, cast } = world;
    [says, denies] = [await rootSaying('DE'), await rootSaying('FR')];
    first = await createTree(world);
    await publish(world, first, { root: says, size: 1 });
    second = await secondIssuer(world);
    await publishSecond(world, second, { root: denies, size: 1 });
    listId = await createList(world, { notice: NOTICE });
    await anvil.mined(roots.write.admit([listId, first, ...WHY], by(cast.listOwner)));
    await anvil.mined(roots.write.join([listId, first, ...WHY], by(cast.owner)));
    await anvil.goTo((await anvil.now()) + BigInt(NOTICE));
    await anvil.mined(roots.write.settle([listId], by(cast.stranger)));
    campaign = await openCampaign(world, {
      source: listId,
      maxStaleness: OFF,
      proofLifetime: 86_400,
    });
    policy = await policyNow();
  });

  /** All that the campaign asks, but for the time. */
  const policyNow = async () => {
    const label = `0x${campaign.id.toString(16).padStart(64, '0')}` as const;
    const { getRule, getAmendment, computeScope } = world.distributor.read;
    return Promise.all([getRule([label]), getAmendment([label]), computeScope([label])]);
  };
  let policy: Awaited<ReturnType<typeof policyNow>>;
  const listOf = async (...members: readonly (bigint | undefined)[]): Promise<bigint> =>
    (await createTrustList({ roots: members })).root;

  describe('given a list that believes the first', () => {
    it('a proof by the first is paid; none by the second can be made under its root', async () => {
      expect(says).not.to.equal(denies);
      expect(await newestRoot(world, listId)).to.equal(await listOf(says));
      await sendClaim(world, campaign, await makeClaim(world, campaign));
      const other = await listOf(denies);
      const claim = await makeClaim(world, campaign, { root: other });
      await expectRefused(world, campaign, claim, ['UnknownRoot', listId, other]);
    });

    it('neither issuer can silence the other: each publishes, joins and leaves for itself', async () => {
      const { roots, cast } = world;
      const me = second.account;
      const taking = roots.simulate.removeMember([listId, first, ...WHY], by(me));
      await expectRevert(taking, 'NotListOwner', [listId, me]);
      const leaving = roots.simulate.leaveList([listId, first, ...WHY], by(me));
      await expectRevert(leaving, 'NotOwner', [1n, me]);
      await roots.simulate.leaveList([listId, first, ...WHY], by(cast.owner));
      const freezing = roots.simulate.freeze([first, ...WHY], by(me));
      await expectRevert(freezing, 'NotGuardian', [1n, me]);
      await roots.simulate.freeze([second.treeId, ...WHY], by(me));
    });
  });

  describe('when its owner admits the second', () => {
    let since: bigint;
    let both: bigint;
    before(async () => {
      both = await listOf(says, denies);
      const { anvil, roots, cast } = world;
      const args = [listId, second.treeId, ...WHY] as const;
      const receipt = await anvil.mined(roots.write.admit(args, by(cast.listOwner)));
      const [reason, evidence] = WHY;
      expect(eventsOf(receipt)).to.deep.equal([
        [
          'MemberAdmitted',
          { listId, treeId: second.treeId, place: 1, by: cast.listOwner, reason, evidence },
        ],
      ]);
    });

    it('nothing follows without the consent of the second', async () => {
      const { anvil, roots, cast } = world;
      await anvil.goTo((await anvil.now()) + BigInt(2 * NOTICE));
      await anvil.mined(roots.write.settle([listId], by(cast.stranger)));
      expect(await newestRoot(world, listId)).to.equal(await listOf(says));
      await anvil.mined(roots.write.join([listId, second.treeId, ...WHY], by(second.account)));
      since = await anvil.now();
    });

    it('for the notice everybody is told, and nothing changes', async () => {
      const { anvil, roots, cast } = world;
      await anvil.nextAt(since + BigInt(NOTICE) - 1n);
      await anvil.mined(roots.write.settle([listId], by(cast.stranger)));
      expect(await newestRoot(world, listId)).to.equal(await listOf(says));
      await expectVoid(world, listId, both);
    });

    it('then both are believed, and no proof in flight is lost', async () => {
      const { anvil, roots, cast } = world;
      const flying = await makeClaim(world, campaign);
      await anvil.nextAt(since + BigInt(NOTICE));
      await anvil.mined(roots.write.settle([listId], by(cast.stranger)));
      expect(await newestRoot(world, listId)).to.equal(both);
      await expectAccepted(world, listId, both);
      await sendClaim(world, campaign, await makeClaim(world, campaign));
      await sendClaim(world, campaign, flying);
    });
  });

  describe('when its owner removes the first', () => {
    it('it is done in public, at once, with a reason and its evidence', async () => {
      const { anvil, roots, cast } = world;
      const older = [
        await makeClaim(world, campaign),
        await makeClaim(world, campaign, { root: await listOf(says) }),
      ];
      for (const claim of older) await expectPayable(world, campaign, claim);
      const args = [listId, first, ...WHY] as const;
      const receipt = await anvil.mined(roots.write.removeMember(args, by(cast.listOwner)));
      const [reason, evidence] = WHY;
      const told = { listId, treeId: first, removal: 0, by: cast.listOwner, reason, evidence };
      expect(eventsOf(receipt)[0]).to.deep.equal(['MemberRemoved', told]);
      for (const claim of older) {
        const { root } = claim.claim.statement;
        await expectRefused(world, campaign, claim, ['UnknownRoot', listId, root]);
        await expectVoid(world, listId, root);
      }
    });

    it('what the second says is what the list says, and is paid', async () => {
      expect(await newestRoot(world, listId)).to.equal(await listOf(undefined, denies));
      await sendClaim(world, campaign, await makeClaim(world, campaign));
    });

    it('who trusts the first alone still can', async () => {
      await expectAccepted(world, first, await newestRoot(world, first));
      await publish(world, first);
      expect(await newestRoot(world, listId)).to.equal(await listOf(undefined, denies));
    });

    it('and through all of it the campaign asked the same: policy, scope, source and limits', async () => {
      expect(await policyNow()).to.deep.equal(policy);
    });
  });
});
