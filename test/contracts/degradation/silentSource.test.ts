/**
 * "Issuer's service down: roots stay accepted until `maxSilence`, which each gate chose." And what a list owes to the other
 * members when one of them has fallen silent.
 */
import { expect } from 'chai';
import { expectPayable, expectRefused, type MadeClaim } from '../../support/batches.ts';
import {
  createTree,
  makeClaim,
  newestRoot,
  openCampaign,
  publish,
  sendClaim,
  type OpenCampaign,
} from '../../support/campaigns.ts';
import { BECAUSE, by, expectRevert, type World } from '../../support/contracts.ts';
import {
  OFF,
  ask,
  publishSecond,
  secondIssuer,
  storyChain,
  type Issuer,
} from '../../support/degradation.ts';
import { createList, enter, eventsOf, settle } from '../../support/lists.ts';

/** What the gates allow, and the list's patience with a member. */
const [SILENCE, PATIENCE, STALENESS] = [3_600, 7_200, 1_800];

describe('degradation: a silent source', () => {
  const chain = storyChain();
  let world: World;
  /** The issuer who falls silent, and one who doesn't. */
  let treeId: bigint;
  let second: Issuer;
  let listId: bigint;
  let [alone, listed, patient]: [OpenCampaign, OpenCampaign, OpenCampaign] = [] as never;
  let spoke: bigint;
  before(async () => {
    world = await chain.world();
    const { anvil, roots, cast } = world;
    treeId = await createTree(world);
    second = await secondIssuer(world);
    await publishSecond(world, second);
    await publish(world, treeId);
    listId = await createList(world, { silence: PATIENCE });
    await enter(world, listId, treeId);
    const args = [listId, second.treeId, ...BECAUSE] as const;
    await anvil.mined(roots.write.admit(args, by(cast.listOwner)));
    await anvil.mined(roots.write.join(args, by(second.account)));
    await settle(world, listId);
    const asked = { maxSilence: SILENCE, maxStaleness: STALENESS, proofLifetime: 14_400 };
    alone = await openCampaign(world, { ...asked, source: treeId });
    listed = await openCampaign(world, { ...asked, source: listId });
    patient = await openCampaign(world, { ...asked, source: treeId, maxSilence: OFF });
    await publish(world, treeId);
    spoke = await anvil.now();
  });

  const after = (seconds: number): Promise<void> => chain.anvil.goTo(spoke + BigInt(seconds));

  describe('given an issuer whose service is down', () => {
    let made: readonly (readonly [OpenCampaign, MadeClaim])[];
    before(async () => {
      made = [
        [alone, await makeClaim(world, alone)],
        [patient, await makeClaim(world, patient)],
      ];
    });

    it('its roots are accepted until the last second of `maxSilence`', async () => {
      await after(SILENCE - 1);
      for (const [campaign, claim] of made) await expectPayable(world, campaign, claim);
    });

    it('and refused in the next, but by a gate that allows any silence', async () => {
      await after(SILENCE);
      const silent = ['SilentSource', treeId, Number(spoke), SILENCE] as const;
      await expectRefused(world, alone, made[0]![1], silent);
      await expectRefused(world, alone, await makeClaim(world, alone), silent);
      await expectPayable(world, patient, made[1]![1]);
    });

    it('a heartbeat, which repeats the root, revives them: the same proof is paid', async () => {
      const { root } = await world.roots.read.getTree([treeId]);
      await publish(world, treeId, { root });
      spoke = await chain.anvil.now();
      const [campaign, claim] = made[0]!;
      expect(await newestRoot(world, treeId)).to.equal(claim.claim.statement.root);
      await expectPayable(world, campaign, claim);
      await after(SILENCE - 1);
      await sendClaim(world, campaign, claim);
    });
  });

  describe('given a list with that issuer, and another who speaks', () => {
    let old: MadeClaim;
    before(async () => {
      await publish(world, treeId);
      spoke = await chain.anvil.now();
    });

    it('the list is as silent as its most silent member, however much the other says', async () => {
      for (const seconds of [1_000, 2_000, SILENCE - 2]) {
        await chain.anvil.nextAt(spoke + BigInt(seconds));
        await publishSecond(world, second);
      }
      await after(SILENCE - 1);
      old = await makeClaim(world, listed);
      await expectPayable(world, listed, old);
      await after(SILENCE);
      await publishSecond(world, second);
      const silent = ['SilentSource', listId, Number(spoke), SILENCE] as const;
      await expectRefused(world, listed, old, silent);
      await expectRefused(world, listed, await makeClaim(world, listed), silent);
      const own = await newestRoot(world, second.treeId);
      await ask(world, second.treeId, own, 0, SILENCE);
    });

    it('nobody can take it off before the patience of the list is over', async () => {
      await chain.anvil.nextAt(spoke + BigInt(PATIENCE - 1_000));
      await publishSecond(world, second);
      await after(PATIENCE - 1);
      const { roots, cast } = world;
      const removing = roots.simulate.removeSilent([listId, treeId], by(cast.stranger));
      const patience = [treeId, Number(spoke), PATIENCE];
      await expectRevert(removing, 'MemberNotSilent', patience);
      const other = roots.simulate.removeSilent([listId, second.treeId], by(cast.stranger));
      const talking = [second.treeId, Number(spoke) + PATIENCE - 1_000, PATIENCE];
      await expectRevert(other, 'MemberNotSilent', talking);
    });

    describe('when anyone takes it off, in the first second in which that is allowed', () => {
      let earlier: Awaited<ReturnType<typeof facts>>;
      let removedAt: number;
      before(async () => {
        earlier = await facts();
        await chain.anvil.nextAt(spoke + BigInt(PATIENCE));
        const { roots, cast } = world;
        const removing = roots.write.removeSilent([listId, treeId], by(cast.stranger));
        const events = eventsOf(await chain.anvil.mined(removing)).map(([name]) => name);
        expect(events).to.deep.equal(['MemberRemoved', 'EpochEnded', 'RootRecorded']);
        removedAt = Number(await chain.anvil.now());
      });

      const facts = async () => {
        const of = async (source: bigint) => {
          const { root, epoch, generation, lastPublishedAt } = await world.roots.read.getList([
            source,
          ]);
          return { root, epoch, generation, lastPublishedAt };
        };
        return { own: await of(treeId), other: await of(second.treeId), list: await of(listId) };
      };

      it('the list speaks again, by its other member, whose holders are paid', async () => {
        const { list, other } = await facts();
        expect(list.lastPublishedAt).to.equal(other.lastPublishedAt);
        expect(list.lastPublishedAt).to.be.greaterThan(earlier.list.lastPublishedAt);
        await sendClaim(world, listed, await makeClaim(world, listed));
      });

      it('what was proved under its earlier roots is stale, not void', async () => {
        const { root } = old.claim.statement;
        const { list } = await facts();
        expect(list.epoch).to.equal(earlier.list.epoch + 1);
        expect(list.generation).to.equal(earlier.list.generation);
        await expectPayable(world, listed, old);
        await chain.anvil.goTo(BigInt(removedAt + STALENESS - 1));
        await expectPayable(world, listed, old);
        await chain.anvil.goTo(BigInt(removedAt + STALENESS));
        await expectRefused(world, listed, old, ['StaleRoot', root, removedAt, STALENESS]);
        await expectPayable(world, listed, await makeClaim(world, listed));
      });

      it('nothing else ended: neither tree lost a root, and who trusts the silent one alone goes on', async () => {
        const { own, other } = await facts();
        expect({ own, other }).to.deep.equal({ own: earlier.own, other: earlier.other });
        await expectPayable(world, patient, await makeClaim(world, patient));
      });

      it('the issuer comes back to life for whoever trusts it, and to the list by consent only', async () => {
        await publish(world, treeId);
        await expectPayable(world, alone, await makeClaim(world, alone));
        const { members } = await world.roots.read.getList([listId]);
        expect(members.map((member) => member.treeId).filter((id) => id !== 0n)).to.deep.equal([
          second.treeId,
        ]);
        await enter(world, listId, treeId);
        await settle(world, listId);
        expect((await world.roots.read.getList([listId])).members[0]).to.deep.include({
          treeId,
          inForce: true,
        });
      });
    });
  });
});
