/**
 * "A batch contains a claim that can't be paid (spent, stale, closed, reverting recipient): that claim is skipped with an
 * event naming the error; the rest are paid."
 */
import { expect } from 'chai';
import { getAddress, numberToHex, type Address, type Hex } from 'viem';
import { GENESIS } from '../../support/anvil.ts';
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
} from '../../support/batches.ts';
import {
  createTree,
  makeClaim,
  newestRoot,
  openCampaign,
  publish,
  sendClaim,
  type ClaimChanges,
  type OpenCampaign,
} from '../../support/campaigns.ts';
import type { World } from '../../support/contracts.ts';
import { storyChain } from '../../support/degradation.ts';

/** One claim a person in each half hour. */
const PERIOD = 1_800;
const NAMES = ['first', 'spent', 'stale', 'closed', 'reverting', 'last'] as const;
type Name = (typeof NAMES)[number];

describe('degradation: claims of a batch that can not be paid', () => {
  const chain = storyChain();
  let world: World;
  let token: Awaited<ReturnType<typeof deployMoodyToken>>;
  let treeId: bigint;
  let campaign: OpenCampaign;
  let made: Record<Name, MadeClaim>;
  let endedAt: number;
  let period: number;

  /** Whom a claim pays. */
  const recipientOf = (name: Name): Address =>
    getAddress(numberToHex(0xbeef00n + BigInt(NAMES.indexOf(name)), { size: 20 }));
  const claimOf = (name: Name, said: ClaimChanges = {}): Promise<MadeClaim> =>
    makeClaim(world, campaign, {
      ...{ shown: period, action: { recipient: recipientOf(name) } },
      ...said,
    });
  const nullifierOf = (name: Name): bigint => made[name].claim.statement.nullifier;
  const batch = (): readonly MadeClaim[] => NAMES.map((name) => made[name]);
  const balanceOf = (name: Name): Promise<bigint> => token.read.balanceOf([recipientOf(name)]);
  const isSpent = (name: Name): Promise<boolean> =>
    world.distributor.read.isSpent([nullifierOf(name)]);

  before(async () => {
    world = await chain.world();
    const { anvil } = world;
    token = await deployMoodyToken(world);
    treeId = await createTree(world);
    await publish(world, treeId);
    const caps = { perPeriod: 1_000n, perWindow: 2_000n, windowLength: 86_400 };
    const periods = { cap: 0, periodStart: Number(GENESIS), periodLength: PERIOD };
    campaign = await openCampaign(world, {
      ...{ source: treeId, token: token.address, maxStaleness: 0, caps, ...periods },
    });
    const now = await anvil.now();
    await anvil.goTo(now - (now % BigInt(PERIOD)) + BigInt(PERIOD) + 60n);
    period = Number(((await anvil.now()) - GENESIS) / BigInt(PERIOD));
    made = Object.fromEntries(
      await Promise.all(NAMES.map(async (name) => [name, await claimOf(name)] as const)),
    ) as Record<Name, MadeClaim>;
  });

  it('while nothing is wrong with any of them, all would be paid', async () => {
    expect(await tryBatch(world, campaign, batch())).to.deep.equal([]);
    for (const one of batch()) await expectPayable(world, campaign, one);
  });

  describe('given one that is spent, one stale, one of a closed period, one whose recipient reverts', () => {
    let refusals: Record<Name, Hex>;
    before(async () => {
      await sendClaim(world, campaign, made.spent);
      const { root } = made.stale.claim.statement;
      await publish(world, treeId, { revoked: 1n, endsEpoch: true });
      endedAt = Number(await chain.anvil.now());
      const fresh = await newestRoot(world, treeId);
      for (const name of ['first', 'spent', 'closed', 'reverting', 'last'] as const) {
        const shown = name === 'closed' ? period - 1 : period;
        made[name] = await claimOf(name, { nullifier: nullifierOf(name), root: fresh, shown });
      }
      await treat(world, token, recipientOf('reverting'), 'reverting');
      refusals = {
        first: '0x',
        spent: refusalOf('NullifierSpent', [nullifierOf('spent')]),
        stale: refusalOf('StaleRoot', [root, endedAt, 0]),
        closed: refusalOf('ClaimIndexClosed', [period - 1, BigInt(period)]),
        reverting: refusalOf('PaymentFailed', [recipientOf('reverting'), 100n]),
        last: '0x',
      };
    });

    it('whoever asks first is told the error of each', async () => {
      const answers = await tryBatch(world, campaign, batch());
      expect(answers).to.deep.equal(NAMES.map((name) => refusals[name]));
    });

    describe('when the batch is sent all the same', () => {
      let budget: bigint;
      before(async () => {
        budget = await budgetOf(world, campaign.id);
        const { logs } = await sendBatch(world, campaign, batch());
        skipped = skippedIn(logs);
        paid = paidIn(logs);
      });
      let skipped: ReturnType<typeof skippedIn>;
      let paid: readonly bigint[];

      it('each of the four is skipped, with an event that names its error', () => {
        const expected = (['spent', 'stale', 'closed', 'reverting'] as const).map(
          (name) => [nullifierOf(name), refusals[name]] as const,
        );
        // That a recipient reverts shows when payments are made, after the others were judged.
        expect(skipped).to.deep.equal(expected);
      });

      it('the others are paid', async () => {
        expect(paid).to.deep.equal([nullifierOf('first'), nullifierOf('last')]);
        for (const name of ['first', 'last'] as const) expect(await balanceOf(name)).to.equal(100n);
      });

      it('nobody is paid who was skipped, and the sums are right', async () => {
        for (const name of ['stale', 'closed', 'reverting'] as const)
          expect(await balanceOf(name)).to.equal(0n);
        expect(await balanceOf('spent')).to.equal(100n);
        expect(await budgetOf(world, campaign.id)).to.equal(budget - 200n);
        const held = await token.read.balanceOf([world.distributor.address]);
        expect(held).to.equal(budget - 200n);
        const { paidInWindow } = await world.distributor.read.getCampaign([campaign.id]);
        expect(paidInWindow).to.equal(300n);
      });

      it('no nullifier is used up by being skipped', async () => {
        const spent = await Promise.all(NAMES.map(async (name) => [name, await isSpent(name)]));
        expect(Object.fromEntries(spent)).to.deep.equal({
          ...{ first: true, spent: true, stale: false },
          ...{ closed: false, reverting: false, last: true },
        });
      });
    });
  });

  describe('when what was wrong is mended', () => {
    it('the stale one is proved again under the root in force, and paid', async () => {
      const root = await newestRoot(world, treeId);
      const again = await claimOf('stale', { nullifier: nullifierOf('stale'), root });
      await expectRefused(world, campaign, made.stale, [
        ...(['StaleRoot', made.stale.claim.statement.root, endedAt, 0] as const),
      ]);
      const { logs } = await sendBatch(world, campaign, [again]);
      expect(paidIn(logs)).to.deep.equal([nullifierOf('stale')]);
      expect(await balanceOf('stale')).to.equal(100n);
    });

    it('the one whose recipient reverted is paid as it stands, once he does no more', async () => {
      const failed = refusalOf('PaymentFailed', [recipientOf('reverting'), 100n]);
      expect(await tryBatch(world, campaign, [made.reverting])).to.deep.equal([failed]);
      await treat(world, token, recipientOf('reverting'), 'willing');
      await sendBatch(world, campaign, [made.reverting]);
      expect(await balanceOf('reverting')).to.equal(100n);
    });

    it('the one of a closed period is paid in the period that is open', async () => {
      const nullifier = nullifierOf('closed') + 10n ** 9n; // of another claim index
      await sendBatch(world, campaign, [await claimOf('closed', { nullifier })]);
      expect(await balanceOf('closed')).to.equal(100n);
    });

    it('the spent one stays spent', async () => {
      const [refusal] = await tryBatch(world, campaign, [made.spent]);
      expect(refusal).to.equal(refusalOf('NullifierSpent', [nullifierOf('spent')]));
      await expectPayable(world, campaign, await claimOf('spent'));
    });
  });
});
