import { expect } from 'chai';
import { stringToHex } from 'viem';
import { getBalance } from 'viem/actions';
import { exampleTokenAbi } from '../../src/chain/abis.ts';
import {
  COIN,
  claim,
  claimBatch,
  findClaim,
  getCampaign,
  type Schedule,
} from '../../src/chain/campaigns.ts';
import {
  clawbackGrant,
  findGrants,
  getGrant,
  release,
  transferGrant,
} from '../../src/chain/grants.ts';
import { read } from '../../src/chain/send.ts';
import { NEVER } from '../../src/protocol/field.ts';
import { vestedAt } from '../../src/protocol/vesting.ts';
import {
  DAY,
  makeClaim,
  openCampaign,
  startTwinWorld,
  type TwinWorld,
} from '../support/twinWorld.ts';
import { rejected } from '../support/world.ts';

const REASON = stringToHex('a reason', { size: 32 });
const UNKNOWN = 9_999n;

/** A tenth at once, the rest by the day over nine days. */
const schedule = (changes: Partial<Schedule> = {}): Schedule => ({
  ...{ start: 0n, transferable: true, clawbackNotice: 2n * DAY },
  tranches: [
    { start: 0n, end: 0n, bips: 1_000n, steps: 0n },
    { start: 0n, end: 9n * DAY, bips: 9_000n, steps: 9n },
  ],
  ...changes,
});

describe('chain/grants', () => {
  let twin: TwinWorld;
  before(async () => {
    twin = await startTwinWorld();
  });
  after(() => twin.anvil.stop());

  const at = (grantId: bigint) => ({ deployment: twin.deployment, grantId });
  const show = (grantId: bigint) => getGrant(twin.stranger, at(grantId));
  const held = (): Promise<bigint> =>
    read(twin.stranger, {
      ...{ address: twin.token, abi: exampleTokenAbi, functionName: 'balanceOf' },
      args: [twin.holder.account.address],
    });

  /** Claims 1,000 base units as a grant for the holder. */
  const grant = async (changes: Partial<Schedule> = {}, fee = 0n) => {
    const campaignId = await openCampaign(twin, { unit: 1_000n, schedule: schedule(changes) });
    const made = await makeClaim(twin, campaignId, { action: { fee } });
    const paid = await claim(twin.relayer, { deployment: twin.deployment, campaignId, ...made });
    return { ...paid, campaignId, made, grantId: paid.grantId ?? UNKNOWN };
  };

  describe('a claim on a campaign with a schedule', () => {
    it('makes a grant of what the fee leaves, under the plan of the campaign', async () => {
      const { grantId, campaignId, amount, fee, made } = await grant({}, 100n);
      expect({ amount, fee }).to.deep.equal({ amount: 1_000n, fee: 100n });
      const campaign = await getCampaign(twin.stranger, {
        deployment: twin.deployment,
        campaignId,
      });
      const { transferable, clawbackNotice, tranches } = schedule();
      expect(campaign.schedule).to.deep.equal(schedule());
      expect(await show(grantId)).to.deep.equal({
        ...{ id: grantId, planId: campaign.planId, recipient: twin.holder.account.address },
        ...{ token: twin.token, maker: twin.deployment.contracts.Distributor },
        ...{ owner: twin.integrator.account.address, start: await twin.anvil.now() },
        ...{ total: 900n, vested: 90n, released: 0n, releasable: 90n },
        ...{ transferable, clawbackNotice, tranches, clawedBack: undefined },
      });
      const { nullifier } = made.statement;
      const found = await findClaim(twin.stranger, { deployment: twin.deployment, nullifier });
      expect(found).to.include({ grantId, amount: 1_000n, fee: 100n });
    });

    it('makes none where the fee takes all', async () => {
      expect(await grant({}, 999n))
        .to.have.property('grantId')
        .that.is.not.equal(UNKNOWN);
      expect(await grant({}, 1_000n)).to.have.property('grantId', UNKNOWN);
    });

    it('names each grant of a batch', async () => {
      const campaignId = await openCampaign(twin, { schedule: schedule() });
      const claims = [await makeClaim(twin, campaignId), await makeClaim(twin, campaignId)];
      const batch = { deployment: twin.deployment, campaignId, claims };
      const { outcomes } = await claimBatch(twin.relayer, batch);
      const ids = outcomes.map((outcome) => (outcome.paid ? (outcome.grantId ?? 0n) : 0n));
      expect(ids[1]).to.equal((ids[0] ?? 0n) + 1n);
      expect((await show(ids[1] ?? 0n)).total).to.equal(100n);
    });
  });

  describe('release', () => {
    it('pays what vestedAt says, day by day, by anyone to the recipient', async () => {
      const { grantId } = await grant();
      const { start, tranches, total } = await show(grantId);
      let paid = 0n;
      for (const elapsed of [0n, DAY - 1n, DAY, 4n * DAY + 5n, 9n * DAY, 20n * DAY]) {
        if (elapsed > 0n) await twin.anvil.goTo(start + elapsed);
        const { vested, released, releasable } = await show(grantId);
        expect(vested).to.equal(vestedAt({ total, tranches, elapsed }));
        expect({ released, releasable }).to.deep.equal({
          released: paid,
          releasable: vested - paid,
        });
        if (releasable === 0n) {
          const error = await rejected(release(twin.stranger, at(grantId)));
          expect(error).to.deep.include({ code: 'NothingToRelease', data: { grantId } });
          continue;
        }
        const before = await held();
        const { amount, recipient } = await release(twin.stranger, at(grantId));
        expect({ amount, recipient }).to.deep.equal({
          ...{ amount: vested - paid, recipient: twin.holder.account.address },
        });
        expect(await held()).to.equal(before + amount);
        paid = vested;
      }
      expect(paid).to.equal(total);
    });

    it('pays in the coin', async () => {
      const campaignId = await openCampaign(twin, { token: COIN, schedule: schedule() });
      const made = await makeClaim(twin, campaignId);
      const one = { deployment: twin.deployment, campaignId };
      const { grantId } = await claim(twin.relayer, { ...one, ...made });
      const { address } = twin.holder.account;
      const before = await getBalance(twin.stranger, { address });
      expect((await show(grantId ?? UNKNOWN)).token).to.equal(COIN);
      expect((await release(twin.stranger, at(grantId ?? UNKNOWN))).amount).to.equal(10n);
      expect(await getBalance(twin.stranger, { address })).to.equal(before + 10n);
    });

    it('knows no grant that nobody made', async () => {
      expect((await rejected(show(UNKNOWN))).code).to.equal('UnknownGrant');
      expect((await rejected(release(twin.stranger, at(UNKNOWN)))).code).to.equal('UnknownGrant');
    });
  });

  describe('transferGrant and findGrants', () => {
    it('hand a grant on, and find it with whom it is', async () => {
      const [first, second] = [await grant(), await grant()];
      const [from, to] = [twin.holder.account.address, twin.stranger.account.address];
      const of = async (recipient: typeof from) => {
        const ids = await findGrants(twin.relayer, { deployment: twin.deployment, recipient });
        return ids.filter((id) => id >= first.grantId);
      };
      expect(await of(from)).to.deep.equal([first.grantId, second.grantId]);
      expect(await of(to)).to.deep.equal([]);
      await transferGrant(twin.holder, { ...at(first.grantId), to });
      expect(await of(from)).to.deep.equal([second.grantId]);
      expect(await of(to)).to.deep.equal([first.grantId]);
      await transferGrant(twin.stranger, { ...at(first.grantId), to: from });
      expect(await of(from)).to.deep.equal([first.grantId, second.grantId]);
      expect(await of(to)).to.deep.equal([]);
      expect((await release(twin.relayer, at(first.grantId))).recipient).to.equal(from);
    });

    it('are refused to others, and under a plan that forbids it', async () => {
      const to = twin.stranger.account.address;
      const [free, bound] = [await grant(), await grant({ transferable: false })];
      const stolen = await rejected(transferGrant(twin.stranger, { ...at(free.grantId), to }));
      expect(stolen.code).to.equal('NotRecipient');
      const forbidden = await rejected(transferGrant(twin.holder, { ...at(bound.grantId), to }));
      expect(forbidden.code).to.equal('NotTransferable');
      await transferGrant(twin.holder, { ...at(free.grantId), to });
    });
  });

  describe('clawbackGrant', () => {
    it('takes back what does not vest within the notice; the rest vests on', async () => {
      const { grantId } = await grant();
      const { start, tranches } = await show(grantId);
      await twin.anvil.nextAt(start + 3n * DAY);
      const to = twin.deployment.contracts.RootRegistry;
      const { amount, kept, stopsAt } = await clawbackGrant(twin.integrator, {
        ...at(grantId),
        ...{ to, reason: REASON },
      });
      expect(stopsAt).to.equal(start + 5n * DAY);
      expect(kept).to.equal(vestedAt({ total: 1_000n, tranches, elapsed: 5n * DAY }));
      expect(amount).to.equal(1_000n - kept);
      expect(await show(grantId)).to.deep.include({
        ...{ total: kept, vested: 400n, clawedBack: { granted: 1_000n, stopsAt } },
      });
      await twin.anvil.goTo(start + 30n * DAY);
      expect((await release(twin.stranger, at(grantId))).amount).to.equal(kept);
    });

    const refused = [
      ['NotPlanOwner', {}, 'stranger', REASON],
      ['ReasonMissing', {}, 'integrator', stringToHex('', { size: 32 })],
      ['ClawbackExcluded', { clawbackNotice: NEVER }, 'integrator', REASON],
    ] as const;
    for (const [code, changes, who, reason] of refused) {
      it(`is refused by ${code}`, async () => {
        const to = twin.integrator.account.address;
        const { grantId } = await grant(changes);
        const error = await rejected(clawbackGrant(twin[who], { ...at(grantId), to, reason }));
        expect(error.code).to.equal(code);
        const good = await grant();
        await clawbackGrant(twin.integrator, { ...at(good.grantId), to, reason: REASON });
        const again = clawbackGrant(twin.integrator, { ...at(good.grantId), to, reason: REASON });
        expect((await rejected(again)).code).to.equal('AlreadyClawedBack');
      });
    }
  });
});
