/** Distributor, paying by a schedule: a claim makes a grant, and what becomes of it is Grants' own. */
import { expect } from 'chai';
import { getAddress, parseEventLogs, zeroAddress, type Address } from 'viem';
import { distributorAbi, grantsAbi } from '../../src/chain/abis.ts';
import { NEVER } from '../../src/protocol/field.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import {
  budgetOf,
  deployMoodyToken,
  expectPayable,
  expectRefused,
  paidIn,
  refusalOf,
  sendBatch,
  skippedIn,
  treat,
  tryBatch,
  type MadeClaim,
} from '../support/batches.ts';
import {
  COIN,
  createCampaign,
  fund,
  makeClaim,
  openCampaign,
  sendClaim,
  type CampaignParams,
  type ClaimChanges,
  type OpenCampaign,
  type Schedule,
} from '../support/campaigns.ts';
import {
  by,
  deploy,
  expectRevert,
  makeWorld,
  testContracts,
  type World,
} from '../support/contracts.ts';
import { REASON } from '../support/grants.ts';

/** A thousandth of a grant each second, to be clawed back with a notice of 100 s. */
const STREAM: Schedule = {
  start: 0,
  transferable: false,
  clawbackNotice: 100,
  tranches: [{ start: 0, end: 1_000, bips: 10_000, steps: 0 }],
};

describe('Distributor: schedules', () => {
  let anvil: Anvil;
  before(async function () {
    this.timeout(300_000);
    await testContracts();
    anvil = await startAnvil();
  });
  after(() => anvil.stop());

  /** A campaign of 1,000 tokens a person, as a stream of one a second; and a claim on it. */
  async function makeVesting(
    changes: Partial<CampaignParams> = {},
    said: ClaimChanges = {},
    world?: World,
  ) {
    world ??= await makeWorld(anvil, await testContracts());
    const params = { schedule: STREAM, unit: 1_000n, ...changes };
    const campaign = await openCampaign(world, params);
    return { world, campaign, made: await makeClaim(world, campaign, said) };
  }

  /** Sends a claim at a second; the grant that it made. */
  async function claimAt(world: World, campaign: OpenCampaign, made: MadeClaim, at: bigint) {
    await anvil.nextAt(at);
    const { logs } = await sendClaim(world, campaign, made);
    return grantIn(logs);
  }
  type Logs = Awaited<ReturnType<typeof sendClaim>>['logs'];
  const grantIn = (logs: Logs): bigint =>
    parseEventLogs({ abi: distributorAbi, logs, eventName: 'GrantMade' })[0]!.args.grantId;

  async function releaseAt({ grants, cast }: World, grantId: bigint, at: bigint) {
    await anvil.nextAt(at);
    await anvil.mined(grants.write.release([grantId], by(cast.stranger)));
  }

  describe('the plan', () => {
    it('is made with the campaign: the distributor grants under it, the owner may claw back', async () => {
      const { world, campaign } = await makeVesting();
      const { distributor, grants, token, cast } = world;
      const { planId } = await distributor.read.getCampaign([campaign.id]);
      expect(planId).to.equal(1n);
      expect(await grants.read.getPlan([planId])).to.deep.equal({
        token: token.address,
        start: 0,
        clawbackNotice: 100,
        transferable: false,
        maker: distributor.address,
        owner: getAddress(cast.integrator),
      });
      expect(await grants.read.getTranches([planId])).to.deep.equal(STREAM.tranches);
      expect(await distributor.read.GRANTS()).to.equal(grants.address);
    });

    it('takes grants from the distributor alone (S32)', async () => {
      const { world, campaign } = await makeVesting();
      const { grants, distributor, cast } = world;
      const call = (actor: Address) => grants.simulate.grant([1n, cast.holder, 5n], by(actor));
      await call(distributor.address);
      for (const actor of [cast.integrator, cast.guardian, cast.stranger]) {
        await expectRevert(call(actor), 'NotPlanMaker', [1n, getAddress(actor)]);
      }
      expect(await budgetOf(world, campaign.id)).to.equal(100_000n);
    });

    it('is another one for each campaign, and none where a campaign pays at once', async () => {
      const { world, campaign } = await makeVesting();
      const { getCampaign } = world.distributor.read;
      const second = await createCampaign(world, campaign.params);
      const plain = await openCampaign(world);
      expect((await getCampaign([second])).planId).to.equal(2n);
      expect((await getCampaign([plain.id])).planId).to.equal(0n);
    });
  });

  describe('a claim', () => {
    it('makes a grant of its amount for its recipient, and pays nothing yet', async () => {
      const { world, campaign, made } = await makeVesting();
      const { grants, token, distributor, cast } = world;
      const at = (await anvil.now()) + 10n;
      await anvil.nextAt(at);
      const { logs } = await sendClaim(world, campaign, made);
      const { nullifier } = made.claim.statement;
      const [event] = parseEventLogs({ abi: distributorAbi, logs, eventName: 'GrantMade' });
      expect(event!.args).to.deep.equal({ campaignId: campaign.id, nullifier, grantId: 1n });
      const [claimed] = parseEventLogs({ abi: distributorAbi, logs, eventName: 'Claimed' });
      expect(claimed!.args.amount).to.equal(1_000n);
      expect(await grants.read.getGrant([1n])).to.deep.equal({
        recipient: getAddress(cast.holder),
        planId: 1n,
        start: Number(at),
        total: 1_000n,
        released: 0n,
        granted: 0n,
        stopsAt: 0,
      });
      expect(await token.read.balanceOf([cast.holder])).to.equal(0n);
      expect(await token.read.balanceOf([grants.address])).to.equal(1_000n);
      expect(await token.read.balanceOf([distributor.address])).to.equal(99_000n);
      expect(await budgetOf(world, campaign.id)).to.equal(99_000n);
    });

    it('pays its fee at once, and makes a grant of the rest', async () => {
      const { world, campaign, made } = await makeVesting({}, { action: { fee: 300n } });
      const { grants, token, cast } = world;
      const { logs } = await sendClaim(world, campaign, made);
      expect((await grants.read.getGrant([grantIn(logs)])).total).to.equal(700n);
      expect(await token.read.balanceOf([cast.relayer])).to.equal(300n);
    });

    it('makes no grant where all of it is the fee', async () => {
      const { world, campaign, made } = await makeVesting({}, { action: { fee: 1_000n } });
      const { logs } = await sendClaim(world, campaign, made);
      expect(paidIn(logs)).to.deep.equal([made.claim.statement.nullifier]);
      expect(await world.grants.read.grantCount()).to.equal(0n);
      expect(await world.token.read.balanceOf([world.cast.relayer])).to.equal(1_000n);
    });

    it('vests second by second from then on', async () => {
      const { world, campaign, made } = await makeVesting();
      const { token, cast } = world;
      const at = (await anvil.now()) + 10n;
      const grantId = await claimAt(world, campaign, made, at);
      for (const second of [1n, 250n, 1_000n]) {
        await releaseAt(world, grantId, at + second);
        expect(await token.read.balanceOf([cast.holder])).to.equal(second);
      }
    });

    it('vests from the start that the campaign set, for all claims alike', async () => {
      const start = (await anvil.now()) + 500n;
      const schedule = { ...STREAM, start: Number(start) };
      const { world, campaign, made } = await makeVesting({ schedule });
      const early = await claimAt(world, campaign, made, start - 100n);
      const late = await claimAt(world, campaign, await makeClaim(world, campaign), start + 100n);
      await anvil.goTo(start + 200n);
      for (const grantId of [early, late]) {
        expect(await world.grants.read.releasable([grantId])).to.equal(200n);
      }
    });

    it('of a token that keeps a part of each transfer is granted what arrives', async () => {
      const world = await makeWorld(anvil, await testContracts());
      const token = await deploy(anvil, world.folder, 'TollToken');
      const { campaign, made } = await makeVesting({ token }, {}, world);
      expect(await budgetOf(world, campaign.id)).to.equal(90_000n);
      const { logs } = await sendClaim(world, campaign, made);
      expect((await world.grants.read.getGrant([grantIn(logs)])).total).to.equal(900n);
      expect(await budgetOf(world, campaign.id)).to.equal(89_000n);
    });

    it('in the coin makes a grant of coin', async () => {
      const { world, campaign } = await makeVesting({ token: COIN });
      const { grants, cast } = world;
      const recipient: Address = '0x00000000000000000000000000000000000000AA';
      const action = { fee: 300n, recipient, feeTo: cast.guardian };
      const own = await makeClaim(world, campaign, { action });
      const guardianHad = await anvil.client.getBalance({ address: cast.guardian });
      const at = (await anvil.now()) + 10n;
      const grantId = await claimAt(world, campaign, own, at);
      expect(await anvil.client.getBalance({ address: grants.address })).to.equal(700n);
      const guardianHas = await anvil.client.getBalance({ address: cast.guardian });
      expect(guardianHas - guardianHad).to.equal(300n);
      await releaseAt(world, grantId, at + 1_000n);
      expect(await anvil.client.getBalance({ address: recipient })).to.equal(700n);
    });
  });

  describe('a batch', () => {
    it('makes a grant for each of its claims', async () => {
      const { world, campaign, made } = await makeVesting();
      const all = [made, await makeClaim(world, campaign, { action: { fee: 300n } })];
      const { logs } = await sendBatch(world, campaign, all);
      const granted = parseEventLogs({ abi: grantsAbi, logs, eventName: 'Granted' });
      expect(granted.map(({ args }) => args.total)).to.deep.equal([1_000n, 700n]);
      const made_ = parseEventLogs({ abi: distributorAbi, logs, eventName: 'GrantMade' });
      expect(made_.map(({ args }) => [args.nullifier, args.grantId])).to.deep.equal(
        all.map(({ claim }, i) => [claim.statement.nullifier, BigInt(i + 1)]),
      );
    });

    it('skips a claim that no grant can be made for: a recipient of 0', async () => {
      const { world, campaign, made } = await makeVesting();
      const action = { recipient: zeroAddress, fee: 300n };
      const nobody = await makeClaim(world, campaign, { action });
      await expectPayable(world, campaign, made);
      await expectRefused(world, campaign, nobody, ['PaymentFailed', zeroAddress, 700n]);
      const { logs } = await sendBatch(world, campaign, [nobody, made]);
      expect(paidIn(logs)).to.deep.equal([made.claim.statement.nullifier]);
      expect(await world.token.read.balanceOf([world.cast.relayer])).to.equal(0n);
      expect(await budgetOf(world, campaign.id)).to.equal(99_000n);
    });

    for (const mood of ['reverting', 'burning', 'bombing'] as const) {
      it(`undoes claims whose grants fail, and pays them later: a token that is ${mood}`, async () => {
        const world = await makeWorld(anvil, await testContracts());
        const token = await deployMoodyToken(world);
        const { campaign, made } = await makeVesting({ token: token.address }, {}, world);
        await expectPayable(world, campaign, made);
        await treat(world, token, world.grants.address, mood);
        const { recipient } = made.action;
        const refusal = refusalOf('PaymentFailed', [recipient, 1_000n]);
        expect(await tryBatch(world, campaign, [made])).to.deep.equal([refusal]);
        const { logs } = await sendBatch(world, campaign, [made]);
        const { nullifier } = made.claim.statement;
        expect(skippedIn(logs)).to.deep.equal([[nullifier, refusal]]);
        expect(await budgetOf(world, campaign.id)).to.equal(100_000n);
        await treat(world, token, world.grants.address, 'willing');
        expect(paidIn((await sendBatch(world, campaign, [made])).logs)).to.deep.equal([nullifier]);
      });
    }
  });

  describe('clawback of a grant', () => {
    it("is the campaign's owner's, where the schedule declared it", async () => {
      const { world, campaign, made } = await makeVesting();
      const { grants, token, cast } = world;
      const at = (await anvil.now()) + 10n;
      const grantId = await claimAt(world, campaign, made, at);
      await anvil.goTo(at + 300n);
      const call = (actor: Address) =>
        grants.simulate.clawback([grantId, cast.stranger, REASON], by(actor));
      await call(cast.integrator);
      for (const actor of [cast.guardian, cast.holder, cast.stranger, world.distributor.address]) {
        await expectRevert(call(actor), 'NotPlanOwner', [1n, getAddress(actor)]);
      }
      await anvil.nextAt(at + 400n);
      const args = [grantId, cast.stranger, REASON] as const;
      await anvil.mined(grants.write.clawback(args, by(cast.integrator)));
      // What vests within the notice of 100 s stays.
      expect(await token.read.balanceOf([cast.stranger])).to.equal(500n);
      await releaseAt(world, grantId, at + 1_000n);
      expect(await token.read.balanceOf([cast.holder])).to.equal(500n);
    });

    it("is nobody's, where the schedule excluded it", async () => {
      const schedule = { ...STREAM, clawbackNotice: Number(NEVER) };
      const { world, campaign, made } = await makeVesting({ schedule });
      const { logs } = await sendClaim(world, campaign, made);
      const { grants, cast } = world;
      const args = [grantIn(logs), cast.stranger, REASON] as const;
      const call = grants.simulate.clawback(args, by(cast.integrator));
      await expectRevert(call, 'ClawbackExcluded', [1n]);
    });
  });

  it('hands a grant on only where the schedule lets it', async () => {
    for (const transferable of [true, false]) {
      const { world, campaign, made } = await makeVesting({
        schedule: { ...STREAM, transferable },
      });
      await sendClaim(world, campaign, made);
      const { grants, cast } = world;
      const call = grants.simulate.transferGrant([1n, cast.stranger], by(cast.holder));
      if (transferable) await call;
      else await expectRevert(call, 'NotTransferable', [1n]);
    }
  });

  it("never touches another campaign's budget, nor a grant after closing", async () => {
    const { world, campaign, made } = await makeVesting({ unit: 60_000n });
    const { token, distributor, grants, cast } = world;
    const other = await openCampaign(world);
    await fund(world, other.id, 1_000n);
    await sendClaim(world, campaign, made);
    const second = await makeClaim(world, campaign);
    await expectRefused(world, campaign, second, ['BudgetExceeded', 60_000n, 40_000n]);
    await anvil.goTo(BigInt(campaign.params.closesAt) + 1n);
    const args = [campaign.id, cast.stranger] as const;
    await anvil.mined(distributor.write.clawback(args, by(cast.integrator)));
    expect(await token.read.balanceOf([cast.stranger])).to.equal(40_000n);
    expect(await token.read.balanceOf([grants.address])).to.equal(60_000n);
    expect(await token.read.balanceOf([distributor.address])).to.equal(101_000n);
  });
});
