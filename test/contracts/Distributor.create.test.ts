/** Distributor: creating, funding, pausing and winding up a campaign; each refusal changes one thing of a good one. */
import { expect } from 'chai';
import {
  encodeFunctionData,
  getAddress,
  parseEventLogs,
  zeroAddress,
  zeroHash,
  type Hex,
} from 'viem';
import { distributorAbi } from '../../src/chain/abis.ts';
import { FIELD_ORDER, NEVER, toField } from '../../src/protocol/field.ts';
import { hashPolicy } from '../../src/protocol/hash.ts';
import { computeScope } from '../../src/protocol/statement.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { deployMeddlingToken, refusalOf } from '../support/batches.ts';
import {
  AMOUNT,
  COIN,
  METERED,
  campaignParams,
  createCampaign,
  createTree,
  fund,
  makeClaim,
  openCampaign,
  openTerms,
  policyOf,
  publish,
  tryClaim,
  type CampaignParams,
  type Schedule,
} from '../support/campaigns.ts';
import { by, deploy, expectRevert, makeWorld, testContracts } from '../support/contracts.ts';

const MAX_VALUE = 2n ** 96n - 1n;
/** An account that is no contract. */
const NOBODY = '0x00000000000000000000000000000000000000AA';
const NO_CAPS = { perPeriod: 0n, perWindow: 0n, windowLength: 0 };
const vesting: Schedule = {
  start: 5,
  transferable: true,
  clawbackNotice: 0,
  tranches: [{ start: 0, end: 100, bips: 10_000, steps: 0 }],
};

/** A campaign that is refused, and the one beside it that isn't. */
type Refused = readonly [
  what: string,
  good: Partial<CampaignParams>,
  bad: Partial<CampaignParams>,
  error: string,
  args: readonly unknown[],
];

const REASON: Hex = `0x${'ab'.repeat(32)}`;

describe('Distributor: campaigns', () => {
  let anvil: Anvil;
  before(async function () {
    this.timeout(300_000);
    await testContracts();
    anvil = await startAnvil();
  });
  after(() => anvil.stop());

  async function makeParams(changes: Partial<CampaignParams> = {}) {
    const world = await makeWorld(anvil, await testContracts());
    const treeId = await createTree(world);
    await publish(world, treeId);
    const params = { ...(await campaignParams(world, treeId)), ...changes };
    const create = (more: Partial<CampaignParams> = {}) =>
      world.distributor.simulate.createCampaign(
        [{ ...params, ...more }],
        by(world.cast.integrator),
      );
    return { world, params, create };
  }

  describe('createCampaign', () => {
    it('counts ids from 1, and emits everything, the fifteen terms included', async () => {
      const { world, params } = await makeParams();
      const { distributor, cast } = world;
      const { logs } = await anvil.mined(
        distributor.write.createCampaign([params], by(cast.integrator)),
      );
      const [created] = parseEventLogs({ abi: distributorAbi, logs, eventName: 'CampaignCreated' });
      const label: Hex = `0x${'1'.padStart(64, '0')}`;
      const scope = computeScope({ chainId: 31337, gate: distributor.address, label });
      const policy = hashPolicy(scope, toField(params.policy.termsHash, 'termsHash'));
      const emitted = {
        ...params,
        token: getAddress(params.token),
        guardian: getAddress(params.guardian),
      };
      expect(created!.args).to.deep.equal({
        campaignId: 1n,
        owner: getAddress(cast.integrator),
        token: getAddress(params.token),
        planId: 0n,
        params: emitted,
      });
      const [rule] = parseEventLogs({ abi: distributorAbi, logs, eventName: 'RuleSet' });
      expect(rule!.args).to.deep.include({ label, scope, terms: params.policy.termsHash, policy });
      expect((await distributor.read.getRule([label])).policy).to.equal(policy);
      expect(await distributor.read.campaignCount()).to.equal(1n);
    });

    it('keeps what a claim needs', async () => {
      const { world, params: plain } = await makeParams();
      const params = {
        ...plain,
        notice: 900,
        caps: { perPeriod: 0n, perWindow: 2n ** 128n - 1n, windowLength: Number(NEVER) },
        hook: { target: world.token.address, gasLimit: 1_000_000, mandatory: true },
      };
      const id = await createCampaign(world, params);
      expect(await world.distributor.read.getCampaign([id])).to.deep.equal({
        token: getAddress(params.token),
        opensAt: params.opensAt,
        closesAt: params.closesAt,
        amountKind: AMOUNT.fixed,
        paused: false,
        rate: 100n,
        budget: 0n,
        owner: getAddress(world.cast.integrator),
        guardian: getAddress(world.cast.guardian),
        notice: 900,
        planId: 0n,
        pendingRate: 0n,
        caps: params.caps,
        window: 0,
        paidInWindow: 0n,
        hook: { ...params.hook, target: getAddress(world.token.address) },
      });
      expect(await world.distributor.read.getTiers([id])).to.deep.equal([]);
    });

    it('reckons a note as step times unit', async () => {
      const { world, params } = await makeParams({
        amountKind: AMOUNT.metered,
        policy: policyOf(openTerms({ 6: 7n })),
        unit: 11n,
        cap: 0,
      });
      const id = await createCampaign(world, params);
      expect((await world.distributor.read.getCampaign([id])).rate).to.equal(77n);
    });

    const metered = {
      amountKind: AMOUNT.metered,
      policy: policyOf(openTerms({ 6: 100n })),
      cap: 0,
    };
    const disclosed = { amountKind: AMOUNT.disclosed, policy: policyOf(openTerms({ 3: 2n })) };
    const tiered = { ...disclosed, amountKind: AMOUNT.tiered, tiers: [5n] };
    const period = { cap: 0, periodLength: 600, periodStart: 5 };
    const taken: Record<string, Partial<CampaignParams>> = {
      'a fixed amount that discloses a tier': { policy: policyOf(openTerms({ 3: 4n })) },
      'a disclosed amount': disclosed,
      'a metered amount': metered,
      'a set and a disclosure': { policy: policyOf(openTerms({ 3: 12n })) },
      'a period': period,
      'no guardian': { guardian: zeroAddress },
      'the largest terms': {
        policy: policyOf(
          openTerms({
            0: FIELD_ORDER - 1n,
            1: NEVER,
            4: 2n ** 128n - 1n,
            5: 2n ** 128n - 1n,
            7: MAX_VALUE,
          }),
        ),
      },
      'the largest unit': { unit: 2n ** 120n - 1n },
      'the largest cap': { cap: METERED - 1 },
      'the largest note': {
        ...metered,
        policy: policyOf(openTerms({ 6: 2n ** 96n - 1n })),
        unit: 2n ** 24n,
      },
      'an opening in the past': { opensAt: 0 },
      'the last closing': { closesAt: Number(NEVER) - 1 },
      'a silence of one second': { maxSilence: 1 },
      'a notice as long as a proof lives': { notice: 600 },
      'the longest notice': { notice: 2 ** 24 - 1 },
      'one tier': { ...tiered, tiers: [0n] },
      '256 tiers': { ...tiered, tiers: Array.from({ length: 256 }, () => 2n ** 128n - 1n) },
      'the coin': { token: COIN },
      'a cap for each period': { ...period, caps: { ...NO_CAPS, perPeriod: 1n } },
      'a cap for each window': { caps: { ...NO_CAPS, perWindow: 1n, windowLength: 1 } },
      'a schedule': { schedule: vesting },
      'a schedule that nobody claws back': {
        schedule: { ...vesting, clawbackNotice: Number(NEVER) },
      },
    };
    for (const [what, changes] of Object.entries(taken)) {
      it(`takes ${what}`, async () => {
        const { create } = await makeParams(changes);
        await create();
      });
    }

    const refused: readonly Refused[] = [
      ['a token without code', {}, { token: zeroAddress }, 'InvalidCampaign', ['token', 0n]],
      ['a unit of 0', {}, { unit: 0n }, 'InvalidCampaign', ['unit', 0n]],
      [
        'a note beyond 120 bits',
        metered,
        { policy: policyOf(openTerms({ 6: MAX_VALUE })), unit: 2n ** 25n },
        'InvalidCampaign',
        ['unit', 2n ** 25n],
      ],
      [
        'a closing before the opening',
        {},
        { opensAt: 9_000_000_001, closesAt: 9_000_000_000 },
        'InvalidCampaign',
        ['closesAt', 9_000_000_000n],
      ],
      [
        'a closing in the past',
        {},
        { opensAt: 0, closesAt: 1 },
        'InvalidCampaign',
        ['closesAt', 1n],
      ],
      [
        'a start of periods without a length',
        {},
        { periodStart: 1 },
        'InvalidCampaign',
        ['periodStart', 1n],
      ],
      ['no cap', {}, { cap: 0 }, 'InvalidRule', ['indexLimit', 0n]],
      ['a cap of 2^32-1', {}, { cap: METERED }, 'InvalidRule', ['indexLimit', BigInt(METERED)]],
      [
        'a period shorter than a proof lives',
        period,
        { periodLength: 599 },
        'InvalidRule',
        ['indexLimit', 599n],
      ],
      ['a lifetime of 119 s', {}, { proofLifetime: 119 }, 'InvalidRule', ['proofLifetime', 119n]],
      ['an unknown source', {}, { source: 77n }, 'InvalidRule', ['source', 77n]],
      [
        'no hash of terms',
        {},
        { policy: { ...policyOf(openTerms()), termsHash: 0n } },
        'InvalidRule',
        ['terms', 0n],
      ],
      [
        'a hash of terms that is r',
        {},
        { policy: { ...policyOf(openTerms()), termsHash: FIELD_ORDER } },
        'InvalidRule',
        ['terms', FIELD_ORDER],
      ],
      [
        'a meter without a step',
        metered,
        { policy: policyOf(openTerms()) },
        'CampaignMismatch',
        ['step', 0n],
      ],
      [
        'a step without a meter',
        {},
        { policy: policyOf(openTerms({ 6: 1n })) },
        'CampaignMismatch',
        ['step', 1n],
      ],
      [
        'a meter that discloses',
        metered,
        { policy: policyOf(openTerms({ 3: 1n, 6: 100n })) },
        'CampaignMismatch',
        ['disclose', 1n],
      ],
      [
        'a meter by period',
        metered,
        { periodLength: 600 },
        'CampaignMismatch',
        ['periodLength', 600n],
      ],
      ['a meter with a cap', metered, { cap: 1 }, 'CampaignMismatch', ['cap', 1n]],
      ['a period with a cap', period, { cap: 1 }, 'CampaignMismatch', ['cap', 1n]],
      [
        'a disclosed amount that nothing discloses',
        disclosed,
        { policy: policyOf(openTerms({ 3: 8n })) },
        'CampaignMismatch',
        ['disclose', 0n],
      ],
    ];
    const refusedParts: readonly Refused[] = [
      ['no silence at all', {}, { maxSilence: 0 }, 'InvalidRule', ['maxSilence', 0n]],
      [
        'a closing that never comes',
        {},
        { closesAt: Number(NEVER) },
        'InvalidCampaign',
        ['closesAt', NEVER],
      ],
      [
        'a notice shorter than a proof lives',
        { notice: 600 },
        { notice: 599 },
        'InvalidCampaign',
        ['notice', 599n],
      ],
      ['a notice where metered', metered, { notice: 900 }, 'CampaignMismatch', ['notice', 900n]],
      ['no tiers where tiered', tiered, { tiers: [] }, 'InvalidCampaign', ['tiers', 0n]],
      ['tiers where not tiered', disclosed, { tiers: [5n] }, 'InvalidCampaign', ['tiers', 1n]],
      [
        '257 tiers',
        tiered,
        { tiers: Array.from({ length: 257 }, () => 1n) },
        'InvalidCampaign',
        ['tiers', 257n],
      ],
      [
        'tiers that nothing discloses',
        tiered,
        { policy: policyOf(openTerms()) },
        'CampaignMismatch',
        ['disclose', 0n],
      ],
      [
        'a cap for periods without periods',
        {},
        { caps: { ...NO_CAPS, perPeriod: 1n } },
        'InvalidCampaign',
        ['caps.perPeriod', 1n],
      ],
      [
        'a cap for windows of no length',
        {},
        { caps: { ...NO_CAPS, perWindow: 1n } },
        'InvalidCampaign',
        ['caps.windowLength', 0n],
      ],
      [
        'windows without a cap',
        {},
        { caps: { ...NO_CAPS, windowLength: 9 } },
        'InvalidCampaign',
        ['caps.windowLength', 9n],
      ],
      [
        'a hook without code',
        {},
        { hook: { target: NOBODY, gasLimit: 1, mandatory: false } },
        'InvalidCampaign',
        ['hook.target', BigInt(NOBODY)],
      ],
      [
        'gas for no hook',
        {},
        { hook: { target: zeroAddress, gasLimit: 1, mandatory: false } },
        'InvalidCampaign',
        ['hook.gasLimit', 1n],
      ],
      [
        'a mandatory nothing',
        {},
        { hook: { target: zeroAddress, gasLimit: 0, mandatory: true } },
        'InvalidCampaign',
        ['hook.gasLimit', 0n],
      ],
      ...[
        { start: 1, transferable: false, clawbackNotice: 0, tranches: [] },
        { start: 0, transferable: true, clawbackNotice: 0, tranches: [] },
        { start: 0, transferable: false, clawbackNotice: 1, tranches: [] },
      ].map((schedule): Refused => [
        `a schedule without tranches: ${JSON.stringify(schedule)}`,
        {},
        { schedule },
        'InvalidCampaign',
        ['schedule.tranches', 0n],
      ]),
      [
        'a schedule of less than all',
        { schedule: vesting },
        { schedule: { ...vesting, tranches: [{ start: 0, end: 100, bips: 9_999, steps: 0 }] } },
        'InvalidSchedule',
        ['bips', 1n, 9_999n],
      ],
    ];
    for (const [what, good, bad, error, args] of [...refused, ...refusedParts]) {
      it(`reverts for ${what}`, async () => {
        const { create } = await makeParams(good);
        await create();
        await expectRevert(create(bad), error, args);
      });
    }

    it('gives a hook from 1 to 1,000,000 gas', async () => {
      const { world, create } = await makeParams();
      const hookOf = (gasLimit: number) => ({
        hook: { target: world.token.address, gasLimit, mandatory: false },
      });
      for (const gasLimit of [1, 1_000_000]) await create(hookOf(gasLimit));
      for (const gasLimit of [0, 1_000_001]) {
        const refusal = ['hook.gasLimit', BigInt(gasLimit)];
        await expectRevert(create(hookOf(gasLimit)), 'InvalidCampaign', refusal);
      }
    });

    it('keeps the table of tiers', async () => {
      const tiers = [0n, 2n ** 128n - 1n, 7n];
      const { world, params } = await makeParams({ ...tiered, tiers });
      const id = await createCampaign(world, params);
      expect(await world.distributor.read.getTiers([id])).to.deep.equal(tiers);
      await expectRevert(world.distributor.read.getTiers([id + 1n]), 'UnknownCampaign', [id + 1n]);
    });

    const terms: readonly (readonly [string, number, bigint])[] = [
      ['schemaId', 0, FIELD_ORDER],
      ['issuedAfter', 1, NEVER + 1n],
      ['issuedBefore', 2, NEVER + 1n],
      ['mode', 3, 5n],
      ['mode', 3, 13n],
      ['mode', 3, 16n],
      ['setLow', 4, 2n ** 128n],
      ['setHigh', 5, 2n ** 128n],
      ['step', 6, 2n ** 96n],
      ['hi', 8, 2n ** 96n],
      ['hi', 14, 2n ** 96n],
    ];
    for (const [term, index, value] of terms) {
      it(`reverts for a term that is not canonical: ${term} ${value} (S2)`, async () => {
        const { create } = await makeParams();
        await create();
        // The hash is another one's: the contract can't compute it, and the range is what it checks.
        const policy = { ...policyOf(openTerms()), terms: openTerms({ [index]: value }) };
        const bad = create({ policy });
        await expectRevert(bad, 'TermOutOfRange', [term, value]);
      });
    }

    for (const slot of [0, 1, 2, 3]) {
      it(`reverts for a range that is empty: slot ${slot}`, async () => {
        const { create } = await makeParams({
          policy: policyOf(openTerms({ [7 + 2 * slot]: 5n, [8 + 2 * slot]: 5n })),
        });
        await create();
        const empty = openTerms({ [7 + 2 * slot]: 6n, [8 + 2 * slot]: 5n });
        await expectRevert(create({ policy: policyOf(empty) }), 'TermOutOfRange', ['lo', 6n]);
      });
    }
  });

  describe('fund', () => {
    it('adds to the budget, by anyone', async () => {
      const { world, params } = await makeParams();
      const id = await createCampaign(world, params);
      await fund(world, id, 700n);
      await fund(world, id, 5n);
      expect((await world.distributor.read.getCampaign([id])).budget).to.equal(705n);
      expect(await world.token.read.balanceOf([world.distributor.address])).to.equal(705n);
    });

    it('counts what arrives of a token that keeps a part', async () => {
      const toll = await deploy(anvil, await testContracts(), 'TollToken');
      const { world, params } = await makeParams();
      const { token, distributor, cast } = world;
      const id = await createCampaign(world, { ...params, token: toll });
      const at = { ...by(cast.stranger), address: toll, abi: token.abi };
      const { client } = anvil;
      await anvil.mined(
        client.writeContract({ ...at, functionName: 'mint', args: [cast.stranger, 1_000n] }),
      );
      await anvil.mined(
        client.writeContract({
          ...at,
          functionName: 'approve',
          args: [distributor.address, 1_000n],
        }),
      );
      const { logs } = await anvil.mined(distributor.write.fund([id, 1_000n], by(cast.stranger)));
      const [funded] = parseEventLogs({ abi: distributorAbi, logs, eventName: 'Funded' });
      expect(funded!.args).to.deep.equal({
        campaignId: id,
        from: getAddress(cast.stranger),
        amount: 900n,
      });
      expect((await distributor.read.getCampaign([id])).budget).to.equal(900n);
    });

    it('cannot be entered again from inside a transfer, and so counts nothing twice', async () => {
      const { world, params } = await makeParams();
      const token = await deployMeddlingToken(world);
      const id = await createCampaign(world, { ...params, token: token.address });
      const { distributor, cast } = world;
      await fund(world, id, 5n, token.address);
      const args = [id, 5n] as const;
      const inner = encodeFunctionData({ abi: distributorAbi, functionName: 'fund', args });
      await anvil.mined(token.write.mint([token.address, 5n], by(cast.stranger)));
      await anvil.mined(token.write.meddle([distributor.address, inner], by(cast.stranger)));
      await fund(world, id, 7n, token.address);
      expect(await token.read.answer()).to.equal(refusalOf('ReentrancyGuardReentrantCall'));
      expect((await distributor.read.getCampaign([id])).budget).to.equal(12n);
    });

    it('reverts for a campaign that does not exist (S13)', async () => {
      const { world } = await makeParams();
      const call = world.distributor.simulate.fund([1n, 5n], by(world.cast.stranger));
      await expectRevert(call, 'UnknownCampaign', [1n]);
    });

    it('reverts once the campaign is over', async () => {
      const { world, params } = await makeParams();
      const id = await createCampaign(world, params);
      const { distributor, token, cast } = world;
      await anvil.mined(token.write.mint([cast.stranger, 5n], by(cast.stranger)));
      await anvil.mined(token.write.approve([distributor.address, 5n], by(cast.stranger)));
      const call = () => distributor.simulate.fund([id, 5n], by(cast.stranger));
      await anvil.goTo(BigInt(params.closesAt));
      await call();
      const later = BigInt(params.closesAt) + 1n;
      await anvil.goTo(later);
      await expectRevert(call(), 'CampaignClosed', [id, params.opensAt, params.closesAt, later]);
    });
  });

  describe('pause and unpause', () => {
    for (const actor of ['integrator', 'guardian'] as const) {
      it(`stop claims and let them go on, with a reason, by the ${actor}`, async () => {
        const world = await makeWorld(anvil, await testContracts());
        const campaign = await openCampaign(world);
        const { distributor, cast } = world;
        const claim = await makeClaim(world, campaign);
        const { logs } = await anvil.mined(
          distributor.write.pause([campaign.id, REASON], by(cast[actor])),
        );
        const [paused] = parseEventLogs({ abi: distributorAbi, logs, eventName: 'Paused' });
        expect(paused!.args).to.deep.equal({
          campaignId: campaign.id,
          by: getAddress(cast[actor]),
          reason: REASON,
        });
        await expectRevert(tryClaim(world, campaign, claim), 'CampaignPaused', [campaign.id]);
        await fund(world, campaign.id, 5n);
        await publish(world, campaign.treeId);
        await anvil.mined(distributor.write.unpause([campaign.id, REASON], by(cast[actor])));
        await tryClaim(world, campaign, claim);
      });
    }

    it('do not hold back what is left after closing', async () => {
      const world = await makeWorld(anvil, await testContracts());
      const campaign = await openCampaign(world);
      const { distributor, cast } = world;
      await anvil.mined(distributor.write.pause([campaign.id, REASON], by(cast.guardian)));
      await anvil.goTo(BigInt(campaign.params.closesAt) + 1n);
      await anvil.mined(
        distributor.write.clawback([campaign.id, cast.integrator], by(cast.integrator)),
      );
    });

    for (const verb of ['pause', 'unpause'] as const) {
      it(`${verb} reverts for others (S32)`, async () => {
        const { world, params } = await makeParams();
        const id = await createCampaign(world, params);
        const { distributor, cast } = world;
        const { pause, unpause } = distributor.simulate;
        const act = verb === 'pause' ? pause : unpause;
        await act([id, zeroHash], by(cast.guardian));
        for (const actor of [
          cast.owner,
          cast.publisher,
          cast.listOwner,
          cast.holder,
          cast.stranger,
        ]) {
          const call = act([id, zeroHash], by(actor));
          await expectRevert(call, 'NotCampaignGuardian', [id, getAddress(actor)]);
        }
        const unknown = act([77n, zeroHash], by(cast.guardian));
        await expectRevert(unknown, 'UnknownCampaign', [77n]);
      });
    }
  });

  describe('clawback', () => {
    it('returns what nobody claimed, once, from the second after closing (S26)', async () => {
      const world = await makeWorld(anvil, await testContracts());
      const { id, params } = await openCampaign(world);
      const { distributor, token, cast } = world;
      const call = () => distributor.simulate.clawback([id, cast.holder], by(cast.integrator));
      const closing = BigInt(params.closesAt);
      for (const now of [closing - 1n, closing]) {
        await anvil.goTo(now);
        await expectRevert(call(), 'CampaignNotOver', [id, params.closesAt, now]);
      }
      await anvil.goTo(closing + 1n);
      await call();
      for (const amount of [100_000n, 0n]) {
        const { logs } = await anvil.mined(
          distributor.write.clawback([id, cast.holder], by(cast.integrator)),
        );
        const [event] = parseEventLogs({ abi: distributorAbi, logs, eventName: 'ClawedBack' });
        expect(event!.args).to.deep.equal({ campaignId: id, to: getAddress(cast.holder), amount });
      }
      expect(await token.read.balanceOf([cast.holder])).to.equal(100_000n);
    });

    it("leaves other campaigns' money alone", async () => {
      const world = await makeWorld(anvil, await testContracts());
      const [first, second] = [await openCampaign(world), await openCampaign(world)];
      const { distributor, token, cast } = world;
      await anvil.goTo(BigInt(first.params.closesAt) + 1n);
      await anvil.mined(distributor.write.clawback([first.id, cast.holder], by(cast.integrator)));
      expect(await token.read.balanceOf([distributor.address])).to.equal(100_000n);
      expect((await distributor.read.getCampaign([second.id])).budget).to.equal(100_000n);
    });

    it('reverts for others (S32), and for a campaign that does not exist', async () => {
      const world = await makeWorld(anvil, await testContracts());
      const { id, params } = await openCampaign(world);
      const { distributor, cast } = world;
      await anvil.goTo(BigInt(params.closesAt) + 1n);
      const call = (campaign: bigint, actor: Hex) =>
        distributor.simulate.clawback([campaign, cast.holder], by(actor));
      await call(id, cast.integrator);
      for (const actor of [cast.guardian, cast.owner, cast.stranger]) {
        await expectRevert(call(id, actor), 'NotCampaignOwner', [id, getAddress(actor)]);
      }
      await expectRevert(call(77n, cast.integrator), 'UnknownCampaign', [77n]);
    });
  });

  it('getCampaign reverts for a campaign that does not exist (S13)', async () => {
    const { world } = await makeParams();
    await expectRevert(world.distributor.read.getCampaign([0n]), 'UnknownCampaign', [0n]);
  });
});
