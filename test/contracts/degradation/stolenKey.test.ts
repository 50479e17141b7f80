/**
 * "Issuer's publishing key stolen: guardian freezes the tree: every earlier root is void at once and for good; only the
 * owner, who may be a timelock, unfreezes (naming a new root) or rotates; payout caps per window bound what was lost before."
 */
import { expect } from 'chai';
import { createTrustList } from '../../../src/tree/trustList.ts';
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
  type Publication,
} from '../../support/campaigns.ts';
import { BECAUSE, ROLE, by, expectRevert, type World } from '../../support/contracts.ts';
import {
  OFF,
  READERS,
  ask,
  expectAccepted,
  expectVoid,
  publishSecond,
  secondIssuer,
  storyChain,
  type Issuer,
} from '../../support/degradation.ts';
import { createList, enter, eventsOf, settle } from '../../support/lists.ts';
import { issuerCall, lockOwner, rootCall, type Timelock } from '../../support/timelock.ts';

const HOUR = 3_600n;
/** Three claims of 100 an hour. */
const CAPS = { perPeriod: 0n, perWindow: 300n, windowLength: Number(HOUR) };
/** The largest numbers that a publication takes: nothing honest can follow them. */
const EXTREME = { size: 4 ** 14, revoked: 2n ** 64n - 1n, endsEpoch: true };

describe('degradation: a stolen publishing key', () => {
  const chain = storyChain();
  let world: World;
  let lock: Timelock;
  let second: Issuer;
  /** The tree whose key is stolen, and the lists that hold it beside the other issuer's tree. */
  let treeId: bigint;
  let listIds: readonly bigint[];
  /** One that trusts the tree alone, and one that trusts a list; both allow any staleness. */
  let [alone, listed]: [OpenCampaign, OpenCampaign] = [] as never;
  /** Every root that ever counted, by source: own list and lists. */
  const seen = new Map<bigint, Set<bigint>>();

  before(async () => {
    world = await chain.world();
    treeId = await createTree(world);
    await publish(world, treeId, { size: 10, revoked: 1n, endsEpoch: true });
    second = await secondIssuer(world);
    await publishSecond(world, second);
    listIds = [await createList(world), await createList(world)];
    for (const listId of listIds) await enterBoth(listId);
    const asked = { caps: CAPS, proofLifetime: 14_400, maxStaleness: OFF };
    alone = await openCampaign(world, { ...asked, source: treeId });
    listed = await openCampaign(world, { ...asked, source: listIds[0]! });
    lock = await lockOwner(world);
    await publish(world, treeId, { size: 12 });
    await noteRoots();
  });

  async function enterBoth(listId: bigint): Promise<void> {
    const { anvil, roots, cast } = world;
    await enter(world, listId, treeId);
    const args = [listId, second.treeId, ...BECAUSE] as const;
    await anvil.mined(roots.write.admit(args, by(cast.listOwner)));
    await anvil.mined(roots.write.join(args, by(second.account)));
    await settle(world, listId);
  }

  async function noteRoots(): Promise<void> {
    for (const source of [treeId, ...listIds]) {
      const roots = seen.get(source) ?? new Set();
      seen.set(source, roots.add(await newestRoot(world, source)));
    }
  }

  const steal = async (changes: Partial<Publication>): Promise<void> => {
    await publish(world, treeId, changes);
    await noteRoots();
  };
  const treeNow = () => world.roots.read.getTree([treeId]);
  const budget = async ({ id }: OpenCampaign): Promise<bigint> =>
    (await world.distributor.read.getCampaign([id])).budget;
  const loot = () => world.token.read.balanceOf([world.cast.publisher]);
  /** A claim under the newest root, paid to the thief. */
  const forge = (campaign: OpenCampaign): Promise<MadeClaim> =>
    makeClaim(world, campaign, { action: { recipient: world.cast.publisher } });
  /** The root of a list in which the tree's place is empty. */
  const restRoot = async (): Promise<bigint> => {
    const { root } = await world.roots.read.getTree([second.treeId]);
    return (await createTrustList({ roots: [undefined, root] })).root;
  };

  /** The honest holders' claims, made before anything happened. */
  let honest: readonly (readonly [OpenCampaign, MadeClaim])[];

  describe('given a thief who publishes a root with a forged member and extreme numbers', () => {
    before(async () => {
      const now = await chain.anvil.now();
      await chain.anvil.goTo(now - (now % HOUR) + HOUR);
      honest = [
        [alone, await makeClaim(world, alone)],
        [listed, await makeClaim(world, listed)],
      ];
      await steal({ root: 666n, ...EXTREME });
    });

    it('the forged member is believed: nobody on the chain can know', async () => {
      for (const campaign of [alone, listed])
        await expectPayable(world, campaign, await forge(campaign));
    });

    it('the thief gets what the cap lets pass in the window, and not a unit more', async () => {
      for (const [i, campaign] of [alone, listed].entries()) {
        for (let claims = 0; claims < 3; claims += 1)
          await sendClaim(world, campaign, await forge(campaign));
        const spent = await forge(campaign);
        await expectRefused(world, campaign, spent, ['BudgetExceeded', 100n, 0n]);
        expect(await loot()).to.equal(300n * BigInt(i + 1));
        expect(await budget(campaign)).to.equal(100_000n - 300n);
      }
    });

    it('in the next window as much again: two windows, two caps', async () => {
      await chain.anvil.goTo((await chain.anvil.now()) + HOUR);
      for (const campaign of [alone, listed]) {
        for (let claims = 0; claims < 3; claims += 1)
          await sendClaim(world, campaign, await forge(campaign));
        const spent = await forge(campaign);
        await expectRefused(world, campaign, spent, ['BudgetExceeded', 100n, 0n]);
      }
      expect(await loot()).to.equal(1_200n);
    });
  });

  describe('when the guardian freezes the tree, in the third window', () => {
    let forged: readonly (readonly [OpenCampaign, MadeClaim])[];
    before(async () => {
      await chain.anvil.goTo((await chain.anvil.now()) + HOUR);
      forged = [
        [alone, await forge(alone)],
        [listed, await forge(listed)],
      ];
      for (const [campaign, claim] of [...forged, ...honest])
        await expectPayable(world, campaign, claim);
      for (const source of [treeId, ...listIds])
        await expectAccepted(world, source, await newestRoot(world, source));
      const { roots, cast } = world;
      await chain.anvil.mined(roots.write.freeze([treeId, ...BECAUSE], by(cast.guardian)));
    });

    it("every root of the tree's own list is refused at once, by every reader", async () => {
      expect(seen.get(treeId)).to.have.length(2);
      for (const root of seen.get(treeId)!)
        for (const staleness of READERS)
          await expectRevert(ask(world, treeId, root, staleness), 'SourceFrozen', [treeId]);
    });

    it('every root of every list that holds it is void, by every reader', async () => {
      for (const listId of listIds) {
        expect(seen.get(listId)).to.have.length(2);
        for (const root of seen.get(listId)!) await expectVoid(world, listId, root);
      }
    });

    it('the thief is paid nothing more, and the loss is what two caps let pass', async () => {
      const [[, own], [, through]] = forged as [
        [OpenCampaign, MadeClaim],
        [OpenCampaign, MadeClaim],
      ];
      await expectRefused(world, alone, own, ['SourceFrozen', treeId]);
      const { root } = through.claim.statement;
      await expectRefused(world, listed, through, ['UnknownRoot', listIds[0], root]);
      expect(await loot()).to.equal(2n * 2n * 300n);
      for (const campaign of [alone, listed]) expect(await budget(campaign)).to.equal(99_400n);
    });

    it('honest proofs of the tree go down with it', async () => {
      const [[, own], [, through]] = honest as [
        [OpenCampaign, MadeClaim],
        [OpenCampaign, MadeClaim],
      ];
      await expectRefused(world, alone, own, ['SourceFrozen', treeId]);
      const { root } = through.claim.statement;
      await expectRefused(world, listed, through, ['UnknownRoot', listIds[0], root]);
    });

    it('the lists go on with their other member, whose holders are paid', async () => {
      for (const listId of listIds) {
        expect(await newestRoot(world, listId)).to.equal(await restRoot());
        await expectAccepted(world, listId, await restRoot());
      }
      await expectPayable(world, listed, await makeClaim(world, listed));
      await expectAccepted(world, second.treeId, await newestRoot(world, second.treeId));
    });
  });

  describe('while it is frozen', () => {
    it("the thief's publications are recorded, and enter nothing", async () => {
      const [{ sequence }, generation] = [await treeNow(), await generations()];
      const next = await nextPublication(world, treeId, {
        root: 667n,
        endsEpoch: true,
        voids: true,
      });
      const { anvil, roots, cast } = world;
      const receipt = await anvil.mined(roots.write.publish([next], by(cast.publisher)));
      expect(eventsOf(receipt).map(([name]) => name)).to.deep.equal(['Published']);
      const after = await treeNow();
      expect([after.sequence, after.root]).to.deep.equal([sequence + 1n, 667n]);
      expect(await generations()).to.deep.equal(generation);
      const own = (await createTrustList({ roots: [667n] })).root;
      await expectRevert(ask(world, treeId, own, OFF), 'SourceFrozen', [treeId]);
      const { root } = await roots.read.getTree([second.treeId]);
      const forged = (await createTrustList({ roots: [667n, root] })).root;
      for (const listId of listIds) await expectVoid(world, listId, forged);
    });

    it('the other issuer publishes as ever, a revocation too, and the lists follow', async () => {
      const before = await restRoot();
      await publishSecond(world, second, { revoked: 1n, endsEpoch: true });
      expect(await restRoot()).not.to.equal(before);
      for (const listId of listIds) {
        await expectAccepted(world, listId, await restRoot());
        const endedAt = Number(await chain.anvil.now());
        await expectRevert(ask(world, listId, before), 'StaleRoot', [before, endedAt, 0]);
      }
    });

    it('only the owner ends it: not the guardian, not the thief, not who was the owner', async () => {
      const { roots, cast } = world;
      const next = await nextPublication(world, treeId, { root: 5n });
      for (const account of [
        cast.guardian,
        cast.publisher,
        cast.owner,
        cast.listOwner,
        cast.stranger,
      ]) {
        const call = roots.simulate.unfreeze([next, ...BECAUSE], by(account));
        await expectRevert(call, 'NotOwner', [1n, account]);
      }
      await roots.simulate.unfreeze([next, ...BECAUSE], by(lock.address));
    });

    const generations = async () =>
      Promise.all(
        [treeId, ...listIds].map(async (id) => {
          const { root, epoch, generation } = await world.roots.read.getList([id]);
          return { root, epoch, generation };
        }),
      );
  });

  describe('when the owner, a timelock, takes the key from the thief', () => {
    it("the thief's publications are refused, those of the new key taken", async () => {
      const { issuers, roots, cast } = world;
      const [thief, successor] = [cast.publisher, cast.holder];
      const next = await nextPublication(world, treeId);
      const publishing = (account: typeof thief) => roots.simulate.publish([next], by(account));
      await publishing(thief);
      const rotation = [1n, ROLE.publisher, thief, successor, ...BECAUSE];
      await lock.decide(issuerCall(world, 'rotateKey', rotation));
      expect(await issuers.read.isPublisher([1n, thief])).to.equal(false);
      await expectRevert(publishing(thief), 'NotPublisher', [1n, thief]);
      await publishing(successor);
    });
  });

  describe('when it unfreezes the tree, naming a root', () => {
    const honestNumbers = { root: 5n, size: 12, revoked: 1n };
    let during: bigint;
    before(async () => {
      during = await restRoot();
      const { roots, cast } = world;
      const next = await nextPublication(world, treeId, honestNumbers);
      // In any other publication the thief's numbers would bind for good.
      const bound = roots.simulate.publish([next], by(cast.holder));
      await expectRevert(bound, 'SizeOutOfRange', [EXTREME.size, 12]);
      await lock.decide(rootCall(world, 'unfreeze', [next, ...BECAUSE]));
    });

    it('size and count of revocations fall to what is honest, and bind again', async () => {
      const { size, revoked, root, frozen } = await treeNow();
      expect({ size, revoked, root, frozen }).to.deep.equal({ ...honestNumbers, frozen: false });
      const { roots, cast } = world;
      const publishing = async (changes: Partial<Publication>) =>
        roots.simulate.publish([await nextPublication(world, treeId, changes)], by(cast.holder));
      await publishing({});
      await expectRevert(publishing({ size: 11 }), 'SizeOutOfRange', [12, 11]);
      await expectRevert(publishing({ revoked: 0n }), 'RevokedFell', [1n, 0n]);
    });

    it('the root that it names counts, in its own list and in every other', async () => {
      const own = (await createTrustList({ roots: [5n] })).root;
      await expectAccepted(world, treeId, own);
      const { root } = await world.roots.read.getTree([second.treeId]);
      const both = (await createTrustList({ roots: [5n, root] })).root;
      for (const listId of listIds) await expectAccepted(world, listId, both);
    });

    it('nothing older does: neither what the thief published nor what was honest before', async () => {
      for (const [source, roots] of seen)
        for (const root of roots) await expectVoid(world, source, root);
      for (const listId of listIds) await expectVoid(world, listId, during);
      const frozen = (await createTrustList({ roots: [667n] })).root;
      await expectVoid(world, treeId, frozen);
    });

    it('holders prove again and are paid; the thief has no root to prove under', async () => {
      for (const campaign of [alone, listed]) {
        await expectPayable(world, campaign, await makeClaim(world, campaign));
        const { source } = campaign.params;
        for (const root of seen.get(source)!) {
          const old = await makeClaim(world, campaign, { root });
          await expectRefused(world, campaign, old, ['UnknownRoot', source, root]);
        }
      }
      expect(await loot()).to.equal(1_200n);
    });

    it('the new key publishes on', async () => {
      const { roots, cast } = world;
      const next = await nextPublication(world, treeId, { size: 13 });
      await chain.anvil.mined(roots.write.publish([next], by(cast.holder)));
      await expectAccepted(world, treeId, await newestRoot(world, treeId));
    });
  });
});
