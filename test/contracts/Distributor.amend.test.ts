/**
 * Distributor.amend: other terms, document, amount and cap, after the notice that the campaign fixed; and what claims
 * under either policy get before, at and after the second in which it comes in force.
 */
import { expect } from 'chai';
import { getAddress, parseEventLogs, type Address, type Hex } from 'viem';
import { distributorAbi } from '../../src/chain/abis.ts';
import { FIELD_ORDER, toField } from '../../src/protocol/field.ts';
import { hashPolicy } from '../../src/protocol/hash.ts';
import { computeScope } from '../../src/protocol/statement.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import {
  expectPayable,
  expectRefused,
  paidIn,
  refusalOf,
  sendBatch,
  tryBatch,
} from '../support/batches.ts';
import {
  AMOUNT,
  METERED,
  makeClaim,
  openCampaign,
  openTerms,
  policyOf,
  sendClaim,
  type CampaignParams,
  type ClaimChanges,
} from '../support/campaigns.ts';
import { by, expectRevert, makeWorld, testContracts } from '../support/contracts.ts';

const NOTICE = 900;
const FIRST = policyOf(openTerms());
const SECOND = policyOf(openTerms({ 7: 1n }));
const THIRD = policyOf(openTerms({ 7: 2n }));
type Policy = typeof FIRST;

describe('Distributor: amend', () => {
  let anvil: Anvil;
  before(async function () {
    this.timeout(300_000);
    await testContracts();
    anvil = await startAnvil();
  });
  after(() => anvil.stop());

  /** A campaign of 100 tokens a person with a notice of 900 s, and `start`, a whole minute to come. */
  async function makeAmendable(changes: Partial<CampaignParams> = {}) {
    const world = await makeWorld(anvil, await testContracts());
    const campaign = await openCampaign(world, { notice: NOTICE, policy: FIRST, ...changes });
    const { distributor, cast } = world;
    const now = await anvil.now();
    const start = Number(now - (now % 60n)) + 600;
    const label: Hex = `0x${campaign.id.toString(16).padStart(64, '0')}`;
    const scope = computeScope({ chainId: 31337, gate: distributor.address, label });
    /** A policy's hash under this campaign. */
    const hashOf = (policy: Policy): bigint =>
      hashPolicy(scope, toField(policy.termsHash, 'termsHash'));
    /** Announces at a second; the receipt's logs. */
    const announce = async (policy: Policy, unit: bigint, cap: number, at: number) => {
      await anvil.nextAt(BigInt(at));
      const args = [campaign.id, policy, unit, cap] as const;
      return (await anvil.mined(distributor.write.amend(args, by(cast.integrator)))).logs;
    };
    const claimUnder = (policy: Policy, said: ClaimChanges = {}) =>
      makeClaim(world, { ...campaign, params: { ...campaign.params, policy } }, said);
    const payable = async (policy: Policy, said: ClaimChanges = {}) =>
      expectPayable(world, campaign, await claimUnder(policy, said));
    const refused = async (
      policy: Policy,
      said: ClaimChanges,
      error: readonly [string, ...unknown[]],
    ) => expectRefused(world, campaign, await claimUnder(policy, said), error);
    /** Asserts that a claim is taken for another policy than the one in force. */
    const wrong = (inForce: Policy, given: Policy, said: ClaimChanges = {}) =>
      refused(given, said, ['WrongPolicy', hashOf(inForce), hashOf(given)]);
    /** What a claim under this policy is paid now. */
    const paidUnder = async (policy: Policy, said: ClaimChanges = {}): Promise<bigint> => {
      const { logs } = await sendClaim(world, campaign, await claimUnder(policy, said));
      return parseEventLogs({ abi: distributorAbi, logs, eventName: 'Claimed' })[0]!.args.amount;
    };
    const ruleNow = async () => (await distributor.read.getRule([label])).policy;
    const amendmentNow = () => distributor.read.getAmendment([label]);
    return {
      ...{ world, campaign, start, label, hashOf, announce, claimUnder, payable, refused, wrong },
      ...{ paidUnder, ruleNow, amendmentNow },
    };
  }

  describe('an announcement', () => {
    it('says what comes, and when', async () => {
      const { world, campaign, start, label, hashOf, announce } = await makeAmendable();
      const logs = await announce(SECOND, 70n, 3, start);
      const [rule] = parseEventLogs({ abi: distributorAbi, logs, eventName: 'RuleAmended' });
      expect(rule!.args).to.deep.equal({
        label,
        terms: SECOND.termsHash,
        policy: hashOf(SECOND),
        indexLimit: 3,
        inForceAt: start + NOTICE,
      });
      const [event] = parseEventLogs({ abi: distributorAbi, logs, eventName: 'CampaignAmended' });
      expect(event!.args).to.deep.equal({
        campaignId: campaign.id,
        unit: 70n,
        cap: 3,
        inForceAt: start + NOTICE,
        document: SECOND,
      });
      const args = [campaign.id, SECOND, 70n, 3] as const;
      const { result } = await world.distributor.simulate.amend(args, by(world.cast.integrator));
      expect(result).to.equal(Number(await anvil.now()) + NOTICE);
    });

    it('changes nothing before its second, and everything from then on', async () => {
      const { world, campaign, start, hashOf, announce, ruleNow, amendmentNow } =
        await makeAmendable();
      const none = { predecessor: 0n, pending: 0n, changedAt: 0, inForceAt: 0, pendingLimit: 0 };
      expect(await amendmentNow()).to.deep.equal(none);
      await announce(SECOND, 70n, 3, start);
      const inForceAt = start + NOTICE;
      const before = await world.distributor.read.getCampaign([campaign.id]);
      expect([before.rate, before.pendingRate]).to.deep.equal([100n, 70n]);
      for (const now of [start, inForceAt - 1]) {
        if (now !== start) await anvil.goTo(BigInt(now));
        expect(await ruleNow()).to.equal(hashOf(FIRST));
        const pending = { ...none, pending: hashOf(SECOND), inForceAt, pendingLimit: 3 };
        expect(await amendmentNow()).to.deep.equal(pending);
        expect(await world.distributor.read.getCampaign([campaign.id])).to.deep.equal(before);
      }
      await anvil.goTo(BigInt(inForceAt));
      expect(await ruleNow()).to.equal(hashOf(SECOND));
      expect(await amendmentNow()).to.deep.equal({
        ...none,
        predecessor: hashOf(FIRST),
        changedAt: inForceAt,
      });
      expect(await world.distributor.read.getCampaign([campaign.id])).to.deep.equal({
        ...before,
        rate: 70n,
        pendingRate: 0n,
      });
    });

    it('is taken while the campaign is paused', async () => {
      const { world, campaign, start, announce } = await makeAmendable();
      const pausing = [campaign.id, `0x${'ab'.repeat(32)}`] as const;
      await anvil.mined(world.distributor.write.pause(pausing, by(world.cast.guardian)));
      await announce(SECOND, 70n, 1, start);
    });
  });

  describe('a claim under the announced policy (S26)', () => {
    it('is refused until the last second of the notice, and then paid at the new rate', async () => {
      const { start, announce, payable, wrong, paidUnder } = await makeAmendable();
      await announce(SECOND, 70n, 1, start);
      const inForceAt = start + NOTICE;
      for (const now of [start + 1, inForceAt - 1]) {
        await anvil.goTo(BigInt(now));
        await payable(FIRST);
        await wrong(FIRST, SECOND);
      }
      await anvil.goTo(BigInt(inForceAt));
      await payable(SECOND);
      await payable(SECOND, { checkedAt: inForceAt - 60 });
      expect(await paidUnder(SECOND)).to.equal(70n);
    });
  });

  describe('a claim under the predecessor (S26)', () => {
    it('is paid at the old rate before the moment, at the new one from then on', async () => {
      const { start, announce, paidUnder } = await makeAmendable();
      await announce(SECOND, 70n, 1, start);
      const inForceAt = BigInt(start + NOTICE);
      const checkedAt = start + NOTICE - 60;
      await anvil.goTo(inForceAt - 30n);
      await anvil.nextAt(inForceAt - 1n);
      expect(await paidUnder(FIRST, { checkedAt })).to.equal(100n);
      await anvil.nextAt(inForceAt);
      expect(await paidUnder(FIRST, { checkedAt })).to.equal(70n);
    });

    it('is taken if it was checked before the moment, until it expires', async () => {
      const { start, announce, payable, refused, wrong } = await makeAmendable();
      await announce(SECOND, 70n, 1, start);
      const inForceAt = start + NOTICE;
      const last = { checkedAt: inForceAt - 60 };
      await anvil.goTo(BigInt(inForceAt));
      await payable(FIRST, last);
      await wrong(SECOND, FIRST, { checkedAt: inForceAt });
      await anvil.goTo(BigInt(inForceAt) + 540n);
      await payable(FIRST, last);
      await wrong(SECOND, FIRST, { checkedAt: inForceAt });
      await wrong(SECOND, FIRST, { checkedAt: inForceAt + 60 });
      await anvil.goTo(BigInt(inForceAt) + 541n);
      const expired = ['ProofExpired', last.checkedAt, 600, BigInt(inForceAt) + 541n] as const;
      await refused(FIRST, last, expired);
    });

    it('is taken beside one under its successor in one batch; one too late is skipped', async () => {
      const { world, campaign, start, hashOf, announce, claimUnder } = await makeAmendable();
      await announce(SECOND, 70n, 1, start);
      const inForceAt = start + NOTICE;
      await anvil.goTo(BigInt(inForceAt));
      const made = [
        await claimUnder(FIRST, { checkedAt: inForceAt - 60 }),
        await claimUnder(SECOND),
        await claimUnder(FIRST, { checkedAt: inForceAt }),
        await claimUnder(FIRST, { checkedAt: inForceAt - 120 }),
      ];
      const late = refusalOf('WrongPolicy', [hashOf(SECOND), hashOf(FIRST)]);
      expect(await tryBatch(world, campaign, made)).to.deep.equal(['0x', '0x', late, '0x']);
      const { logs } = await sendBatch(world, campaign, made);
      expect(paidIn(logs)).to.have.length(3);
      expect(await world.token.read.balanceOf([world.cast.holder])).to.equal(210n);
    });

    it('spends its nullifier for its successor too: the scope stays', async () => {
      const { start, announce, claimUnder, payable, refused, world, campaign } =
        await makeAmendable();
      const old = await claimUnder(FIRST);
      await sendClaim(world, campaign, old);
      const { nullifier } = old.claim.statement;
      await announce(SECOND, 70n, 1, start);
      await anvil.goTo(BigInt(start + NOTICE));
      await refused(SECOND, { nullifier }, ['NullifierSpent', nullifier]);
      await payable(SECOND);
    });
  });

  describe('another announcement', () => {
    it('replaces the one that is pending, and the notice starts again', async () => {
      const { start, hashOf, announce, payable, wrong, paidUnder, amendmentNow } =
        await makeAmendable();
      await announce(SECOND, 70n, 1, start);
      const again = start + NOTICE - 1;
      await announce(THIRD, 50n, 2, again);
      const inForceAt = again + NOTICE;
      expect(await amendmentNow()).to.deep.equal({
        predecessor: 0n,
        pending: hashOf(THIRD),
        changedAt: 0,
        inForceAt,
        pendingLimit: 2,
      });
      for (const now of [start + NOTICE, inForceAt - 1]) {
        await anvil.goTo(BigInt(now));
        await payable(FIRST);
        await wrong(FIRST, SECOND);
        await wrong(FIRST, THIRD);
      }
      expect(await paidUnder(FIRST)).to.equal(100n);
      await anvil.goTo(BigInt(inForceAt) + 1n);
      await payable(THIRD, { shown: 1 });
      await wrong(THIRD, SECOND, { checkedAt: inForceAt - (inForceAt % 60) });
      expect(await paidUnder(THIRD)).to.equal(50n);
    });

    it('in the second in which the first comes in force leaves both live, and the third to come', async () => {
      const { start, hashOf, announce, payable, wrong, paidUnder, ruleNow, amendmentNow } =
        await makeAmendable();
      await announce(SECOND, 70n, 1, start);
      const first = start + NOTICE;
      await announce(THIRD, 50n, 1, first);
      const second = first + NOTICE;
      expect(await ruleNow()).to.equal(hashOf(SECOND));
      const amendment = {
        predecessor: hashOf(FIRST),
        pending: hashOf(THIRD),
        changedAt: first,
        inForceAt: second,
        pendingLimit: 1,
      };
      expect(await amendmentNow()).to.deep.equal(amendment);
      await payable(FIRST, { checkedAt: first - 60 });
      await wrong(SECOND, FIRST, { checkedAt: first });
      await payable(SECOND);
      await wrong(SECOND, THIRD);
      expect(await paidUnder(SECOND)).to.equal(70n);

      await anvil.goTo(BigInt(second));
      expect(await amendmentNow()).to.deep.equal({
        predecessor: hashOf(SECOND),
        pending: 0n,
        changedAt: second,
        inForceAt: 0,
        pendingLimit: 0,
      });
      await payable(SECOND, { checkedAt: second - 60 });
      await wrong(THIRD, SECOND, { checkedAt: second });
      await wrong(THIRD, FIRST, { checkedAt: second - 600 });
      expect(await paidUnder(THIRD)).to.equal(50n);
    });

    it('may be of what is in force already: then only the amount changes', async () => {
      const { start, hashOf, announce, payable, paidUnder, amendmentNow } = await makeAmendable();
      await announce(FIRST, 70n, 1, start);
      await anvil.goTo(BigInt(start + NOTICE));
      expect((await amendmentNow()).predecessor).to.equal(hashOf(FIRST));
      await payable(FIRST, { checkedAt: start + NOTICE - 60 });
      expect(await paidUnder(FIRST)).to.equal(70n);
    });
  });

  describe('the cap', () => {
    it('rises for both policies in the second in which the amendment comes in force', async () => {
      const { start, announce, payable, refused } = await makeAmendable({ cap: 1 });
      await announce(SECOND, 100n, 3, start);
      await anvil.goTo(BigInt(start + NOTICE - 1));
      await refused(FIRST, { shown: 1 }, ['ClaimIndexClosed', 1, 1n]);
      await anvil.goTo(BigInt(start + NOTICE));
      await payable(FIRST, { shown: 2, checkedAt: start + NOTICE - 60 });
      await payable(SECOND, { shown: 2 });
      await refused(SECOND, { shown: 3 }, ['ClaimIndexClosed', 3, 3n]);
    });

    it('falls likewise', async () => {
      const { start, announce, payable, refused } = await makeAmendable({ cap: 3 });
      await announce(SECOND, 100n, 1, start);
      await anvil.goTo(BigInt(start + NOTICE - 1));
      await payable(FIRST, { shown: 2 });
      await anvil.goTo(BigInt(start + NOTICE));
      const earlier = { checkedAt: start + NOTICE - 60 };
      await refused(FIRST, { ...earlier, shown: 2 }, ['ClaimIndexClosed', 2, 1n]);
      await refused(SECOND, { shown: 1 }, ['ClaimIndexClosed', 1, 1n]);
      await payable(SECOND);
    });

    it('by period there is none, and the periods keep their length and their start', async () => {
      const periods = { cap: 0, periodLength: 1_800, periodStart: 1_767_225_600 };
      const { world, campaign, start, label, announce, payable, refused } =
        await makeAmendable(periods);
      const { distributor, cast } = world;
      const args = [campaign.id, SECOND, 70n, 1] as const;
      const capped = distributor.simulate.amend(args, by(cast.integrator));
      await expectRevert(capped, 'InvalidRule', ['indexLimit', 1n]);
      await announce(SECOND, 70n, 0, start);
      await anvil.goTo(BigInt(start + NOTICE));
      const { acceptance } = await distributor.read.getRule([label]);
      expect([acceptance.periodStart, acceptance.indexLimit]).to.deep.equal([1_767_225_600, 1_800]);
      const period = Math.floor((start + NOTICE - periods.periodStart) / 1_800);
      await payable(SECOND, { shown: period });
      const closed = ['ClaimIndexClosed', period + 1, BigInt(period)] as const;
      await refused(SECOND, { shown: period + 1 }, closed);
    });
  });

  describe('what is not an amendment', () => {
    async function makeAmend(changes: Partial<CampaignParams> = {}) {
      const { world, campaign } = await makeAmendable(changes);
      const amend = (
        { policy = SECOND, unit = 70n, cap = campaign.params.cap, id = campaign.id },
        actor: Address = world.cast.integrator,
      ) => world.distributor.simulate.amend([id, policy, unit, cap], by(actor));
      return { world, campaign, amend };
    }
    type Change = { policy?: Policy; unit?: bigint; cap?: number; id?: bigint };
    const disclosing = policyOf(openTerms({ 3: 1n }));
    const cases: readonly (readonly [
      what: string,
      changes: Partial<CampaignParams>,
      good: Change,
      bad: Change,
      error: string,
      args: readonly unknown[],
    ])[] = [
      ['of an unknown campaign', {}, {}, { id: 77n }, 'UnknownCampaign', [77n]],
      ['to a unit of 0', {}, { unit: 1n }, { unit: 0n }, 'InvalidCampaign', ['unit', 0n]],
      ['to no cap', {}, { cap: 1 }, { cap: 0 }, 'InvalidRule', ['indexLimit', 0n]],
      [
        'to a cap of 2^32-1',
        {},
        { cap: METERED - 1 },
        { cap: METERED },
        'InvalidRule',
        ['indexLimit', BigInt(METERED)],
      ],
      [
        'without a hash of terms',
        {},
        {},
        { policy: { ...SECOND, termsHash: 0n } },
        'InvalidRule',
        ['terms', 0n],
      ],
      [
        'to a hash of terms that is r',
        {},
        { policy: { ...SECOND, termsHash: FIELD_ORDER - 1n } },
        { policy: { ...SECOND, termsHash: FIELD_ORDER } },
        'InvalidRule',
        ['terms', FIELD_ORDER],
      ],
      [
        'to terms that are not canonical',
        {},
        {},
        { policy: { ...SECOND, terms: openTerms({ 3: 5n }) } },
        'TermOutOfRange',
        ['mode', 5n],
      ],
      [
        'to a meter',
        {},
        {},
        { policy: policyOf(openTerms({ 6: 9n })) },
        'CampaignMismatch',
        ['step', 9n],
      ],
      [
        'from an amount that is disclosed to one that is not',
        { amountKind: AMOUNT.disclosed, policy: disclosing },
        { policy: policyOf(openTerms({ 3: 2n })) },
        { policy: SECOND },
        'CampaignMismatch',
        ['disclose', 0n],
      ],
      [
        'from tiers to none',
        { amountKind: AMOUNT.tiered, tiers: [1n], policy: disclosing },
        { policy: policyOf(openTerms({ 3: 2n })) },
        { policy: SECOND },
        'CampaignMismatch',
        ['disclose', 0n],
      ],
    ];
    for (const [what, changes, good, bad, error, args] of cases) {
      it(`reverts ${what}`, async () => {
        const { amend } = await makeAmend(changes);
        await amend(good);
        await expectRevert(amend({ ...good, ...bad }), error, args);
      });
    }
    it('reverts where the campaign fixed no notice', async () => {
      const { amend } = await makeAmend();
      await amend({});
      const fixed = await makeAmend({ notice: 0 });
      await expectRevert(fixed.amend({}), 'NotAmendable', [fixed.campaign.id]);
    });

    it('reverts where the campaign is metered: a smaller note later would pay twice', async () => {
      const policy = policyOf(openTerms({ 6: 50n }));
      const metered = { amountKind: AMOUNT.metered, policy, cap: 0, notice: 0 };
      const { campaign, amend } = await makeAmend(metered);
      await expectRevert(amend({ policy }), 'NotAmendable', [campaign.id]);
    });

    it('reverts for all but the owner (S32)', async () => {
      const { world, campaign, amend } = await makeAmend();
      const { cast } = world;
      await amend({}, cast.integrator);
      for (const actor of [
        cast.guardian,
        cast.owner,
        cast.publisher,
        cast.relayer,
        cast.stranger,
      ]) {
        await expectRevert(amend({}, actor), 'NotCampaignOwner', [campaign.id, getAddress(actor)]);
      }
    });
  });

  it('pays tiers by the same table, times the new unit', async () => {
    const policy = policyOf(openTerms({ 3: 1n }));
    const tiers = [5n, 8n];
    const tiered = { amountKind: AMOUNT.tiered, tiers, policy, unit: 10n };
    const { world, campaign, start, announce, paidUnder } = await makeAmendable(tiered);
    const next = policyOf(openTerms({ 3: 2n }));
    await announce(next, 3n, 1, start);
    expect(await paidUnder(policy, { disclosed: 1n })).to.equal(80n);
    await anvil.goTo(BigInt(start + NOTICE));
    expect(await paidUnder(next, { disclosed: 1n })).to.equal(24n);
    expect(await world.distributor.read.getTiers([campaign.id])).to.deep.equal(tiers);
  });
});
