/**
 * "Rules need to change: amendment after the notice the campaign fixed at creation; the contract keeps the scope; both
 * policies shown side by side; metered campaigns can't be amended." The side by side is `eligo campaign diff`.
 */
import { expect } from 'chai';
import { parseEventLogs, type Hex } from 'viem';
import { distributorAbi } from '../../../src/chain/abis.ts';
import { toField } from '../../../src/protocol/field.ts';
import { hashPolicy } from '../../../src/protocol/hash.ts';
import { expectPayable, expectRefused, type MadeClaim } from '../../support/batches.ts';
import {
  AMOUNT,
  campaignParams,
  makeClaim,
  openCampaign,
  openTerms,
  policyOf,
  sendClaim,
  type ClaimChanges,
  type OpenCampaign,
} from '../../support/campaigns.ts';
import { by, expectRevert, type World } from '../../support/contracts.ts';
import { storyChain } from '../../support/degradation.ts';

const [NOTICE, LIFETIME] = [900, 600];
const OLD = policyOf(openTerms());
const NEW = policyOf(openTerms({ 7: 1n }));
const OTHER = policyOf(openTerms({ 7: 2n }));
type Policy = typeof OLD;

describe('degradation: rules that need to change', () => {
  const chain = storyChain();
  let world: World;
  let campaign: OpenCampaign;
  let label: Hex;
  let scope: bigint;
  before(async () => {
    world = await chain.world();
    campaign = await openCampaign(world, { notice: NOTICE, proofLifetime: LIFETIME, policy: OLD });
    label = `0x${campaign.id.toString(16).padStart(64, '0')}`;
    scope = await world.distributor.read.computeScope([label]);
  });

  const under = (policy: Policy, said: ClaimChanges = {}): Promise<MadeClaim> =>
    makeClaim(world, { ...campaign, params: { ...campaign.params, policy } }, said);
  const hashOf = (policy: Policy): bigint =>
    hashPolicy(toField(scope, 'scope'), toField(policy.termsHash, 'termsHash'));
  const amend = (policy: Policy, unit: bigint, id = campaign.id) =>
    [id, policy, unit, campaign.params.cap] as const;
  const owner = () => by(world.cast.integrator);
  const ruleNow = () => world.distributor.read.getRule([label]);
  const refuses = async (policy: Policy, inForce: Policy, said: ClaimChanges = {}) => {
    const wrong = ['WrongPolicy', hashOf(inForce), hashOf(policy)] as const;
    await expectRefused(world, campaign, await under(policy, said), wrong);
  };
  const paid = async (made: MadeClaim): Promise<bigint> => {
    const { logs } = await sendClaim(world, campaign, made);
    return parseEventLogs({ abi: distributorAbi, logs, eventName: 'Claimed' })[0]!.args.amount;
  };

  /** Somebody who claims under the old rules, and the second at which the new ones come in force. */
  let early: MadeClaim;
  let inForceAt: number;

  describe('when the owner announces other rules', () => {
    before(async () => {
      early = await under(OLD);
      expect(await paid(early)).to.equal(100n);
      const { anvil, distributor } = world;
      const now = await anvil.now();
      await anvil.nextAt(now - (now % 60n) + 600n);
      await anvil.mined(distributor.write.amend(amend(OTHER, 50n), owner()));
      // The announcement is replaced; the notice starts again.
      await anvil.nextAt(now - (now % 60n) + 1_200n);
      const { logs } = await anvil.mined(distributor.write.amend(amend(NEW, 70n), owner()));
      const [event] = parseEventLogs({ abi: distributorAbi, logs, eventName: 'CampaignAmended' });
      inForceAt = event!.args.inForceAt;
      expect(event!.args).to.deep.include({ unit: 70n, document: NEW });
    });

    it('they wait for the notice that the campaign fixed, to the second', async () => {
      const now = Number(await chain.anvil.now());
      expect(inForceAt).to.equal(now + NOTICE);
      for (const second of [now, inForceAt - 1]) {
        if (second !== now) await chain.anvil.goTo(BigInt(second));
        expect((await ruleNow()).policy).to.equal(hashOf(OLD));
        await expectPayable(world, campaign, await under(OLD));
        for (const policy of [NEW, OTHER]) await refuses(policy, OLD);
      }
    });

    it('nobody but the owner announces, and nobody cuts the notice short', async () => {
      const { distributor, cast } = world;
      const [args, stranger] = [amend(NEW, 70n), cast.stranger];
      const call = distributor.simulate.amend(args, by(stranger));
      await expectRevert(call, 'NotCampaignOwner', [campaign.id, stranger]);
      const { result } = await distributor.simulate.amend(args, owner());
      expect(result).to.equal(Number(await chain.anvil.now()) + NOTICE);
    });
  });

  describe('when the notice is over', () => {
    /** Made under the old rules, before the new ones came in force; and one that says it was made after. */
    let [flying, late]: [MadeClaim, MadeClaim] = [] as never;
    before(async () => {
      flying = await under(OLD, { checkedAt: inForceAt - 60 });
      await chain.anvil.goTo(BigInt(inForceAt));
      late = await under(OLD, { checkedAt: inForceAt });
    });

    it('the new rules count, and pay what they say', async () => {
      expect((await ruleNow()).policy).to.equal(hashOf(NEW));
      expect(await paid(await under(NEW))).to.equal(70n);
      await refuses(OTHER, NEW);
    });

    it('a proof that was in flight is paid at the new amount, one made later is refused', async () => {
      const wrong = ['WrongPolicy', hashOf(NEW), hashOf(OLD)] as const;
      await expectRefused(world, campaign, late, wrong);
      const least = await under(OLD, { checkedAt: inForceAt - 60, action: { minAmount: 71n } });
      await expectRefused(world, campaign, least, ['AmountTooLow', 70n, 71n]);
      await expectPayable(world, campaign, flying);
      expect(await paid(flying)).to.equal(70n);
    });

    it('and at the longest until it expires: then the old rules are over', async () => {
      const checkedAt = inForceAt - 60;
      const last = await under(OLD, { checkedAt });
      await chain.anvil.goTo(BigInt(checkedAt + LIFETIME));
      await expectPayable(world, campaign, last);
      await chain.anvil.goTo(BigInt(checkedAt + LIFETIME + 1));
      const now = BigInt(checkedAt + LIFETIME + 1);
      await expectRefused(world, campaign, last, ['ProofExpired', checkedAt, LIFETIME, now]);
      await refuses(OLD, NEW);
      await expectPayable(world, campaign, await under(NEW));
    });

    it('who has claimed under the old rules has claimed: the scope is the same', async () => {
      expect(await world.distributor.read.computeScope([label])).to.equal(scope);
      for (const { claim } of [early, flying]) {
        const { nullifier } = claim.statement;
        const again = await under(NEW, { nullifier });
        await expectRefused(world, campaign, again, ['NullifierSpent', nullifier]);
      }
      await expectPayable(world, campaign, await under(NEW));
    });

    it('what may not change has not: source, freshness, lifetime, kind of index', async () => {
      const { acceptance } = await ruleNow();
      const { source, maxStaleness, maxSilence, proofLifetime } = campaign.params;
      expect(acceptance).to.deep.equal({
        ...{ source, maxStaleness, maxSilence, proofLifetime },
        ...{ indexKind: 0, periodStart: 0, indexLimit: 1 },
      });
    });
  });

  describe('given a campaign that can not be amended', () => {
    it('because it is metered: a smaller note later would pay twice', async () => {
      const policy = policyOf(openTerms({ 6: 50n }));
      const metered = await openCampaign(world, { policy, amountKind: AMOUNT.metered, cap: 0 });
      const { simulate } = world.distributor;
      const args = [metered.id, policy, 50n, 0] as const;
      await expectRevert(simulate.amend(args, owner()), 'NotAmendable', [metered.id]);
      await simulate.amend(amend(NEW, 70n), owner());
    });

    it('nor opened as one that could be', async () => {
      const policy = policyOf(openTerms({ 6: 50n }));
      const params = {
        ...(await campaignParams(world, campaign.params.source)),
        ...{ policy, amountKind: AMOUNT.metered, cap: 0 },
      };
      const create = (notice: number) =>
        world.distributor.simulate.createCampaign([{ ...params, notice }], owner());
      await create(0);
      await expectRevert(create(NOTICE), 'CampaignMismatch', ['notice', BigInt(NOTICE)]);
    });

    it('because it fixed no notice', async () => {
      const fixed = await openCampaign(world, { notice: 0 });
      const { simulate } = world.distributor;
      const call = simulate.amend(amend(NEW, 70n, fixed.id), owner());
      await expectRevert(call, 'NotAmendable', [fixed.id]);
    });
  });
});
