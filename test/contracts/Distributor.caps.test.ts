/** Distributor, bounded: what a campaign pays in each window and each period, to the second and to the base unit. */
import { expect } from 'chai';
import { getAddress, type Address, type Hex } from 'viem';
import { GENESIS, startAnvil, type Anvil } from '../support/anvil.ts';
import {
  deployMoodyToken,
  expectPayable,
  expectRefused,
  paidIn,
  refusalOf,
  sendBatch,
  treat,
  tryBatch,
  type MadeClaim,
} from '../support/batches.ts';
import {
  AMOUNT,
  makeClaim,
  openCampaign,
  openTerms,
  policyOf,
  sendClaim,
  tryClaim,
  type CampaignParams,
  type ClaimChanges,
} from '../support/campaigns.ts';
import { expectRevert, makeWorld, testContracts, type World } from '../support/contracts.ts';

const HOUR = 3_600;
/** 250 in each hour of the clock. */
const HOURLY = { perPeriod: 0n, perWindow: 250n, windowLength: HOUR };
const DISCLOSING = {
  amountKind: AMOUNT.disclosed,
  policy: policyOf(openTerms({ 3: 1n })),
  unit: 1n,
};
const PERIODS = { cap: 0, periodStart: Number(GENESIS), periodLength: 1_800 };

describe('Distributor: caps', () => {
  let anvil: Anvil;
  before(async function () {
    this.timeout(300_000);
    await testContracts();
    anvil = await startAnvil();
  });
  after(() => anvil.stop());

  /** A campaign of 100 tokens a person, and the second at which the next hour of the clock begins. */
  async function makeCapped(changes: Partial<CampaignParams>, world?: World) {
    world ??= await makeWorld(anvil, await testContracts());
    const campaign = await openCampaign(world, { proofLifetime: 1_800, ...changes });
    const now = await anvil.now();
    const hour = now - (now % BigInt(HOUR)) + BigInt(HOUR);
    const { getCampaign } = world.distributor.read;
    const capsNow = async () => {
      const { window, paidInWindow } = await getCampaign([campaign.id]);
      return { window, paidInWindow };
    };
    const claim = (said: ClaimChanges = {}) => makeClaim(world, campaign, said);
    const claims = async (count: number): Promise<readonly MadeClaim[]> => {
      const made: MadeClaim[] = [];
      for (let i = 0; i < count; i += 1) made.push(await claim());
      return made;
    };
    /** Sends a claim at a second. */
    const payAt = async (at: bigint, said: ClaimChanges = {}) => {
      await anvil.goTo(at - 1n);
      const made = await claim(said);
      await anvil.nextAt(at);
      return sendClaim(world, campaign, made);
    };
    return { world, campaign, hour, capsNow, claim, claims, payAt };
  }

  describe('for each window', () => {
    it('stop at the last base unit, and begin anew at the first second of the next', async () => {
      const { world, campaign, hour, capsNow, claim, payAt } = await makeCapped({ caps: HOURLY });
      await payAt(hour);
      await payAt(hour + 1n);
      const window = Number(hour) / HOUR;
      expect(await capsNow()).to.deep.equal({ window, paidInWindow: 200n });
      await anvil.goTo(hour + 3_599n);
      await expectRefused(world, campaign, await claim(), ['BudgetExceeded', 100n, 50n]);
      await anvil.goTo(hour + 3_600n);
      await expectPayable(world, campaign, await claim());
      await payAt(hour + 3_601n);
      expect(await capsNow()).to.deep.equal({ window: window + 1, paidInWindow: 100n });
    });

    it('count what was paid in the last second of a window to that window', async () => {
      const { world, campaign, hour, capsNow, claim, payAt } = await makeCapped({ caps: HOURLY });
      await payAt(hour + 3_598n);
      await payAt(hour + 3_599n);
      await expectRefused(world, campaign, await claim(), ['BudgetExceeded', 100n, 50n]);
      await payAt(hour + 3_600n);
      await payAt(hour + 3_601n);
      const window = Number(hour) / HOUR + 1;
      expect(await capsNow()).to.deep.equal({ window, paidInWindow: 200n });
      await expectRefused(world, campaign, await claim(), ['BudgetExceeded', 100n, 50n]);
    });

    it('are used up by whatever amounts, and by no refused claim', async () => {
      const changes = { ...DISCLOSING, caps: HOURLY };
      const { world, campaign, hour, capsNow, claim, payAt } = await makeCapped(changes);
      await payAt(hour, { disclosed: 249n });
      const two = await claim({ disclosed: 2n });
      await expectRefused(world, campaign, two, ['BudgetExceeded', 2n, 1n]);
      await payAt(hour + 2n, { disclosed: 1n });
      expect((await capsNow()).paidInWindow).to.equal(250n);
      const one = await claim({ disclosed: 1n });
      await expectRefused(world, campaign, one, ['BudgetExceeded', 1n, 0n]);
      await expectPayable(world, campaign, await claim({ disclosed: 0n }));
    });

    it('bound a batch as they bound claims one by one', async () => {
      const { world, campaign, hour, capsNow, claims } = await makeCapped({ caps: HOURLY });
      await anvil.goTo(hour);
      const made = await claims(4);
      const full = refusalOf('BudgetExceeded', [100n, 50n]);
      const expected: readonly Hex[] = ['0x', '0x', full, full];
      expect(await tryBatch(world, campaign, made)).to.deep.equal(expected);
      await sendBatch(world, campaign, made);
      expect((await capsNow()).paidInWindow).to.equal(200n);
      await expectRefused(world, campaign, made[2]!, ['BudgetExceeded', 100n, 50n]);
      await anvil.goTo(hour + 3_600n);
      expect(await tryBatch(world, campaign, await claims(2))).to.deep.equal([]);
    });

    it('do not lift the budget: the least of all counts', async () => {
      const caps = { ...HOURLY, perWindow: 200_000n };
      const { world, campaign, claim } = await makeCapped({ ...DISCLOSING, caps });
      await expectPayable(world, campaign, await claim({ disclosed: 100_000n }));
      const dear = await claim({ disclosed: 100_001n });
      await expectRefused(world, campaign, dear, ['BudgetExceeded', 100_001n, 100_000n]);
    });

    it('can be of one second, or of all time', async () => {
      for (const windowLength of [1, 2 ** 40 - 1]) {
        const caps = { ...HOURLY, windowLength };
        const { world, campaign, hour, claim, payAt } = await makeCapped({ caps });
        await payAt(hour);
        await payAt(hour + 1n);
        await anvil.goTo(hour + 2n);
        const third = await claim();
        if (windowLength === 1) await expectPayable(world, campaign, third);
        else await expectRefused(world, campaign, third, ['BudgetExceeded', 100n, 50n]);
      }
    });
  });

  describe('for each period', () => {
    const caps = { perPeriod: 250n, perWindow: 0n, windowLength: 0 };

    it('count by the number that a claim shows, not by when it is paid', async () => {
      const { world, campaign, hour, claim } = await makeCapped({ ...PERIODS, caps });
      const period = Number((hour - GENESIS) / 1_800n);
      const before = { checkedAt: Number(hour) - 60, shown: period - 1 };
      const after = { checkedAt: Number(hour), shown: period };
      await anvil.goTo(hour);
      for (const said of [before, after]) {
        await expectPayable(world, campaign, await claim(said));
        await sendClaim(world, campaign, await claim(said));
        await sendClaim(world, campaign, await claim(said));
        const third = await claim(said);
        await expectRefused(world, campaign, third, ['BudgetExceeded', 100n, 50n]);
      }
    });

    it('bound a batch, each period for itself', async () => {
      const { world, campaign, hour, claim } = await makeCapped({ ...PERIODS, caps });
      const period = Number((hour - GENESIS) / 1_800n);
      await anvil.goTo(hour);
      const made: MadeClaim[] = [];
      for (let i = 0; i < 3; i += 1) {
        made.push(await claim({ checkedAt: Number(hour) - 60, shown: period - 1 }));
        made.push(await claim({ checkedAt: Number(hour), shown: period }));
      }
      const full = refusalOf('BudgetExceeded', [100n, 50n]);
      const expected: readonly Hex[] = ['0x', '0x', '0x', '0x', full, full];
      expect(await tryBatch(world, campaign, made)).to.deep.equal(expected);
    });

    it('stand beside those for each window: the least of all counts', async () => {
      const { world, campaign, hour, claim } = await makeCapped({
        ...PERIODS,
        caps: { perPeriod: 350n, perWindow: 450n, windowLength: HOUR },
      });
      const period = Number((hour - GENESIS) / 1_800n);
      const first = { checkedAt: Number(hour), shown: period };
      await anvil.goTo(hour);
      for (let i = 0; i < 3; i += 1) await sendClaim(world, campaign, await claim(first));
      const fourth = await claim(first);
      await expectRefused(world, campaign, fourth, ['BudgetExceeded', 100n, 50n]);
      await anvil.goTo(hour + 1_800n);
      const second = { checkedAt: Number(hour) + 1_800, shown: period + 1 };
      await sendClaim(world, campaign, await claim(second));
      const fifth = await claim(second);
      await expectRefused(world, campaign, fifth, ['BudgetExceeded', 100n, 50n]);
    });
  });

  describe('given a payment that fails', () => {
    const both = { perPeriod: 250n, perWindow: 250n, windowLength: HOUR };

    it('count nothing of it: as much is paid afterwards as if it had not been tried', async () => {
      const world = await makeWorld(anvil, await testContracts());
      const token = await deployMoodyToken(world);
      const changes = { ...PERIODS, caps: both, token: token.address };
      const { campaign, hour, capsNow, claim } = await makeCapped(changes, world);
      const shown = Number((hour - GENESIS) / 1_800n);
      const said = (i: number): ClaimChanges => ({
        shown,
        checkedAt: Number(hour),
        action: { recipient: personAt(i) },
      });
      await anvil.goTo(hour);
      const made = [await claim(said(1)), await claim(said(2)), await claim(said(3))];
      await treat(world, token, personAt(1), 'reverting');

      await expectRevert(tryClaim(world, campaign, made[0]!), 'PaymentFailed', [personAt(1), 100n]);
      const { logs } = await sendBatch(world, campaign, made);
      const nullifiers = made.map((one) => one.claim.statement.nullifier);
      expect(paidIn(logs)).to.deep.equal([nullifiers[1]]);
      expect((await capsNow()).paidInWindow).to.equal(100n);

      await treat(world, token, personAt(1), 'willing');
      await expectPayable(world, campaign, made[2]!);
      await sendClaim(world, campaign, made[0]!);
      await expectRefused(world, campaign, made[2]!, ['BudgetExceeded', 100n, 50n]);
      expect((await capsNow()).paidInWindow).to.equal(200n);
    });

    it('begin a new window with nothing, where all of its first batch fails', async () => {
      const world = await makeWorld(anvil, await testContracts());
      const token = await deployMoodyToken(world);
      const changes = { caps: HOURLY, token: token.address };
      const { campaign, hour, capsNow, claim, payAt } = await makeCapped(changes, world);
      await payAt(hour);
      await payAt(hour + 1n);
      await anvil.goTo(hour + 3_600n);
      const made = await claim({ action: { recipient: personAt(1) } });
      await treat(world, token, personAt(1), 'reverting');
      await sendBatch(world, campaign, [made]);
      const window = Number(hour) / HOUR + 1;
      expect(await capsNow()).to.deep.equal({ window, paidInWindow: 0n });
    });
  });
});

/** People who own nothing yet. */
function personAt(i: number): Address {
  return getAddress(`0x${(0x1000 + i).toString(16).padStart(40, '0')}`);
}
