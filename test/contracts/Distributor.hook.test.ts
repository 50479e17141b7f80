/**
 * Distributor, and what a campaign calls after each claim: the hook is told everything, gets the gas that was set aside
 * for it, and keeps nobody's money back unless the campaign says that it may.
 */
import { expect } from 'chai';
import { encodeFunctionData, getAddress, parseAbi, parseEventLogs, type Hex } from 'viem';
import { distributorAbi } from '../../src/chain/abis.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import {
  BAD_MOODS,
  batchOf,
  budgetOf,
  deployMoody,
  expectPayable,
  expectRefused,
  feel,
  paidIn,
  refusalOf,
  revertOf,
  sendBatch,
  skippedIn,
  tryBatch,
  type MadeClaim,
} from '../support/batches.ts';
import {
  COIN,
  makeClaim,
  openCampaign,
  sendClaim,
  type CampaignParams,
  type ClaimChanges,
  type OpenCampaign,
} from '../support/campaigns.ts';
import { by, deploy, handle, makeWorld, testContracts, type World } from '../support/contracts.ts';

const HOOK_EVENTS = parseAbi([
  'event Called(address sender, uint256 campaignId, uint256 nullifier, address recipient, uint256 amount, bytes hookData)',
]);
const MEDDLING_HOOK_ABI = parseAbi([
  'function meddle(bytes call)',
  'function succeeded() view returns (bool)',
  'function answer() view returns (bytes)',
]);
const HOOK_GAS = 100_000;

describe('Distributor: hooks', () => {
  let anvil: Anvil;
  before(async function () {
    this.timeout(300_000);
    await testContracts();
    anvil = await startAnvil();
  });
  after(() => anvil.stop());

  type Changes = Partial<CampaignParams> & { mandatory?: boolean; gasLimit?: number };

  /** A campaign with a hook, and a claim on it that would be paid. */
  async function makeHooked(
    { mandatory = false, gasLimit = HOOK_GAS, ...changes }: Changes = {},
    said: ClaimChanges = {},
  ) {
    const world = await makeWorld(anvil, await testContracts());
    const hook = await deployMoody(world, 'MoodyHook');
    const params = { hook: { target: hook.address, gasLimit, mandatory }, ...changes };
    const campaign = await openCampaign(world, params);
    return { world, hook, campaign, made: await makeClaim(world, campaign, said) };
  }

  type Logs = Awaited<ReturnType<typeof sendClaim>>['logs'];
  const callsIn = (logs: Logs) =>
    parseEventLogs({ abi: HOOK_EVENTS, logs, eventName: 'Called' }).map(({ args }) => args);
  const failuresIn = (logs: Logs) =>
    parseEventLogs({ abi: distributorAbi, logs, eventName: 'HookFailed' }).map(({ args }) => args);
  const nullifierOf = ({ claim }: MadeClaim): bigint => claim.statement.nullifier;

  /** Both ways to send a claim. */
  const doors = {
    claim: sendClaim,
    claimBatch: (world: World, campaign: OpenCampaign, made: MadeClaim) =>
      sendBatch(world, campaign, [made]),
  };

  for (const [door, send] of Object.entries(doors)) {
    describe(`by ${door}`, () => {
      it('is told whose claim it was, what it was worth before the fee, and what the claimant says', async () => {
        const hookData: Hex = `0x${'c0ffee'.repeat(23)}`;
        const said = { action: { fee: 30n, hookData } };
        const { world, campaign, made } = await makeHooked({}, said);
        const { logs } = await send(world, campaign, made);
        expect(callsIn(logs)).to.deep.equal([
          {
            sender: world.distributor.address,
            campaignId: campaign.id,
            nullifier: nullifierOf(made),
            recipient: getAddress(world.cast.holder),
            amount: 100n,
            hookData,
          },
        ]);
        expect(failuresIn(logs)).to.deep.equal([]);
        expect(await world.token.read.balanceOf([world.cast.holder])).to.equal(70n);
        expect(await world.token.read.balanceOf([world.cast.relayer])).to.equal(30n);
      });

      for (const mood of BAD_MOODS) {
        it(`costs nobody his money where it is ${mood}`, async () => {
          const { world, hook, campaign, made } = await makeHooked();
          await feel(world, hook, mood);
          const { logs } = await send(world, campaign, made);
          expect(failuresIn(logs)).to.deep.equal([
            { campaignId: campaign.id, nullifier: nullifierOf(made) },
          ]);
          expect(paidIn(logs)).to.deep.equal([nullifierOf(made)]);
          expect(await world.token.read.balanceOf([world.cast.holder])).to.equal(100n);
          expect(await budgetOf(world, campaign.id)).to.equal(99_900n);
        });
      }

      it('costs nobody his money where it is no longer there', async () => {
        const { world, hook, campaign, made } = await makeHooked();
        await anvil.client.setCode({ address: hook.address, bytecode: '0x' });
        const { logs } = await send(world, campaign, made);
        expect(failuresIn(logs)).to.have.length(1);
        expect(await world.token.read.balanceOf([world.cast.holder])).to.equal(100n);
      });

      it('copies nothing of what it answers', async () => {
        const gasWith = async (mood: 'burning' | 'bombing'): Promise<bigint> => {
          const { world, hook, campaign, made } = await makeHooked({ gasLimit: 500_000 });
          await feel(world, hook, mood);
          return (await send(world, campaign, made)).gasUsed;
        };
        expect(Number(await gasWith('bombing'))).to.be.below(Number(await gasWith('burning')));
      });

      it('is called where the claim is a grant, or in the coin', async () => {
        const schedule = {
          start: 0,
          transferable: false,
          clawbackNotice: 0,
          tranches: [{ start: 0, end: 0, bips: 10_000, steps: 0 }],
        };
        for (const changes of [{ schedule }, { token: COIN }, { token: COIN, schedule }]) {
          const { world, campaign, made } = await makeHooked(changes);
          expect(callsIn((await send(world, campaign, made)).logs)).to.have.length(1);
        }
      });
    });
  }

  describe('a mandatory hook', () => {
    for (const mood of BAD_MOODS) {
      it(`that is ${mood} has its claim refused alone, skipped in a batch, and paid once it is willing`, async () => {
        const { world, hook, campaign, made } = await makeHooked({ mandatory: true });
        const other = await makeClaim(world, campaign);
        await expectPayable(world, campaign, made);
        await feel(world, hook, mood);
        await expectRefused(world, campaign, made, ['MandatoryHookFailed', hook.address]);
        const { logs } = await sendBatch(world, campaign, [made, other]);
        const refusal = refusalOf('MandatoryHookFailed', [hook.address]);
        expect(skippedIn(logs)).to.deep.equal([
          [nullifierOf(made), refusal],
          [nullifierOf(other), refusal],
        ]);
        expect(paidIn(logs)).to.deep.equal([]);
        expect(await world.token.read.balanceOf([world.cast.holder])).to.equal(0n);
        expect(await budgetOf(world, campaign.id)).to.equal(100_000n);
        await feel(world, hook, 'willing');
        await sendBatch(world, campaign, [made, other]);
        expect(await world.token.read.balanceOf([world.cast.holder])).to.equal(200n);
      });
    }

    it('that is no longer there has its claims refused', async () => {
      const { world, hook, campaign, made } = await makeHooked({ mandatory: true });
      await expectPayable(world, campaign, made);
      await anvil.client.setCode({ address: hook.address, bytecode: '0x' });
      await expectRefused(world, campaign, made, ['MandatoryHookFailed', hook.address]);
    });
  });

  describe('its gas', () => {
    /** Asks with so much gas for the whole transaction; the error if there is one. */
    const askWith = {
      claim: ({ distributor, cast }: World, { id }: OpenCampaign, made: MadeClaim, gas: bigint) =>
        distributor.simulate
          .claim([id, made.claim, made.action], { account: cast.relayer, gas })
          .then(() => 'paid', whatStopped),
      claimBatch: (
        { distributor, cast }: World,
        campaign: OpenCampaign,
        made: MadeClaim,
        gas: bigint,
      ) =>
        distributor.simulate
          .claimBatch(batchOf(campaign, [made]), { account: cast.relayer, gas })
          .then(({ result }) => (result.length === 0 ? 'paid' : 'skipped'), whatStopped),
    };
    const PLENTY = 15_000_000n;

    async function ask(world: World, hook: Awaited<ReturnType<typeof deployMoody>>, needs: bigint) {
      await anvil.mined(hook.write.ask([needs], by(world.cast.stranger)));
    }

    it('is its limit, and no more, however much there is', async () => {
      const { world, hook, campaign, made } = await makeHooked({ mandatory: true });
      await ask(world, hook, BigInt(HOOK_GAS) - 5_000n);
      await expectPayable(world, campaign, made);
      await ask(world, hook, BigInt(HOOK_GAS) + 1n);
      await expectRefused(world, campaign, made, ['MandatoryHookFailed', hook.address]);
    });

    for (const [door, outcome] of Object.entries(askWith)) {
      for (const gasLimit of [HOOK_GAS, 1_000_000]) {
        it(`of ${gasLimit} is there in full, or ${door} reverts: a submitter can't make it fail`, async () => {
          const { world, hook, campaign, made } = await makeHooked({ mandatory: true, gasLimit });
          // A hook that needs all that it can get: with any less it fails.
          let [low, high] = [0n, BigInt(gasLimit)];
          while (low < high) {
            const middle = (low + high + 1n) / 2n;
            await ask(world, hook, middle);
            if ((await outcome(world, campaign, made, PLENTY)) === 'paid') low = middle;
            else high = middle - 1n;
          }
          expect(Number(low)).to.be.above(gasLimit - 5_000);
          await ask(world, hook, low);

          let [tooLittle, enough] = [0n, 4_000_000n];
          while (enough - tooLittle > 1n) {
            const middle = (tooLittle + enough) / 2n;
            if ((await outcome(world, campaign, made, middle)) === 'paid') enough = middle;
            else tooLittle = middle;
          }
          const seen = new Set<string>();
          for (let gas = 100_000n; gas < 4_000_000n; gas += 50_000n) {
            seen.add(await outcome(world, campaign, made, gas));
          }
          for (let d = -40_000n; d < 40_000n; d += 500n) {
            seen.add(await outcome(world, campaign, made, enough + d));
          }
          seen.delete('reverted');
          expect([...seen].sort()).to.deep.equal(['InsufficientGas', 'paid']);
        });
      }
    }

    it('is there too where the hook is not mandatory: with the least gas that is taken it works', async () => {
      for (const [door, outcome] of Object.entries(askWith)) {
        const { world, hook, campaign, made } = await makeHooked();
        await ask(world, hook, BigInt(HOOK_GAS) - 5_000n);
        let [tooLittle, enough] = [0n, 4_000_000n];
        while (enough - tooLittle > 1n) {
          const middle = (tooLittle + enough) / 2n;
          if ((await outcome(world, campaign, made, middle)) === 'paid') enough = middle;
          else tooLittle = middle;
        }
        const { distributor, cast } = world;
        const sent = { account: cast.relayer, gas: enough };
        const hash =
          door === 'claim'
            ? await distributor.write.claim([campaign.id, made.claim, made.action], sent)
            : await distributor.write.claimBatch(batchOf(campaign, [made]), sent);
        const { logs } = await anvil.mined(hash);
        expect(failuresIn(logs)).to.deep.equal([]);
        expect(callsIn(logs)).to.have.length(1);
      }
    });
  });

  describe('a hook that calls back', () => {
    async function meddle(makeCall: (campaign: OpenCampaign, made: MadeClaim) => Hex) {
      const world = await makeWorld(anvil, await testContracts());
      const address = await deploy(anvil, world.folder, 'MeddlingHook', [
        world.distributor.address,
      ]);
      const hook = handle(anvil, address, MEDDLING_HOOK_ABI);
      const params = { hook: { target: address, gasLimit: 1_000_000, mandatory: true } };
      const campaign = await openCampaign(world, params);
      const [made, other] = [await makeClaim(world, campaign), await makeClaim(world, campaign)];
      const call = makeCall(campaign, made);
      await anvil.mined(hook.write.meddle([call], by(world.cast.stranger)));
      await sendBatch(world, campaign, [made, other]);
      expect(await world.token.read.balanceOf([world.cast.holder])).to.equal(200n);
      expect(await budgetOf(world, campaign.id)).to.equal(99_800n);
      expect(await hook.read.succeeded()).to.equal(false);
      return { answer: await hook.read.answer(), hook, made };
    }

    it('can claim nothing twice', async () => {
      const { answer, made } = await meddle(({ id }, { claim, action }) =>
        encodeFunctionData({
          abi: distributorAbi,
          functionName: 'claim',
          args: [id, claim, action],
        }),
      );
      expect(answer).to.equal(refusalOf('NullifierSpent', [nullifierOf(made)]));
    });

    it('can neither enter a batch nor make a payment of one', async () => {
      const { answer } = await meddle((campaign, made) =>
        encodeFunctionData({
          abi: distributorAbi,
          functionName: 'claimBatch',
          args: batchOf(campaign, [made]),
        }),
      );
      expect(answer).to.equal(refusalOf('ReentrancyGuardReentrantCall'));
      const paying = await meddle(({ id }, { action }) =>
        encodeFunctionData({
          abi: distributorAbi,
          functionName: 'payInBatch',
          args: [id, 1n, 1n, 99_000n, action.recipient, action],
        }),
      );
      expect(paying.answer).to.equal(refusalOf('NotItself', [paying.hook.address]));
    });
  });

  it('skips in a batch only the claims whose hook fails', async () => {
    const { world, hook, campaign } = await makeHooked({ mandatory: true });
    // With hook data that is longer than the hook's gas can log, it fails for that claim alone.
    const hookData: Hex = `0x${'ff'.repeat(12_000)}`;
    const made = [
      await makeClaim(world, campaign),
      await makeClaim(world, campaign, { action: { hookData } }),
      await makeClaim(world, campaign),
    ];
    const refusal = refusalOf('MandatoryHookFailed', [hook.address]);
    expect(await tryBatch(world, campaign, made)).to.deep.equal(['0x', refusal, '0x']);
    const { logs } = await sendBatch(world, campaign, made);
    expect(paidIn(logs)).to.deep.equal([nullifierOf(made[0]!), nullifierOf(made[2]!)]);
  });
});

/** Why a call reverted: of the errors that a hook or a submitter can bring about, which; or another. */
function whatStopped(error: unknown): string {
  if (String(error).includes('InsufficientGas')) return 'InsufficientGas';
  return String(error).includes('MandatoryHookFailed') ? revertOf(error) : 'reverted';
}
