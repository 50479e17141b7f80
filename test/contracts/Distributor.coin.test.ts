/** Distributor: money that isn't an approved ERC-20. The chain's own coin, in and out, and allowances by signature. */
import { expect } from 'chai';
import { getAddress, parseAbi, parseEventLogs, parseSignature, type Address, type Hex } from 'viem';
import { distributorAbi } from '../../src/chain/abis.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import {
  budgetOf,
  deployMoody,
  deployMoodyToken,
  feel,
  sendBatch,
  treat,
} from '../support/batches.ts';
import {
  COIN,
  campaignParams,
  createCampaign,
  createTree,
  fund,
  makeClaim,
  openCampaign,
  publish,
  sendClaim,
  tryClaim,
  type CampaignParams,
} from '../support/campaigns.ts';
import {
  by,
  deploy,
  expectRevert,
  handle,
  makeWorld,
  testContracts,
  type World,
} from '../support/contracts.ts';

const PERMIT_ABI = parseAbi([
  'function mint(address to, uint256 amount)',
  'function balanceOf(address account) view returns (uint256)',
  'function approve(address spender, uint256 amount) returns (bool)',
  'function allowance(address owner, address spender) view returns (uint256)',
  'function nonces(address owner) view returns (uint256)',
  'function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)',
]);
const PERMIT = [
  { name: 'owner', type: 'address' },
  { name: 'spender', type: 'address' },
  { name: 'value', type: 'uint256' },
  { name: 'nonce', type: 'uint256' },
  { name: 'deadline', type: 'uint256' },
] as const;

describe('Distributor: coin and permits', () => {
  let anvil: Anvil;
  before(async function () {
    this.timeout(300_000);
    await testContracts();
    anvil = await startAnvil();
  });
  after(() => anvil.stop());

  /** A campaign without a budget. */
  async function makeEmpty(changes: Partial<CampaignParams> = {}, world?: World) {
    world ??= await makeWorld(anvil, await testContracts());
    const treeId = await createTree(world);
    await publish(world, treeId);
    const params = { ...(await campaignParams(world, treeId)), ...changes };
    const id = await createCampaign(world, params);
    return { world, params, campaign: { id, params, treeId }, id };
  }

  const coinOf = (address: Address): Promise<bigint> => anvil.client.getBalance({ address });
  const newPerson = (i: number): Address =>
    getAddress(`0x${(0x2000 + i).toString(16).padStart(40, '0')}`);

  describe('fund, in the coin', () => {
    it('adds what comes with the call', async () => {
      const { world, id } = await makeEmpty({ token: COIN });
      const { distributor, cast } = world;
      const sent = { ...by(cast.stranger), value: 700n };
      const { logs } = await anvil.mined(distributor.write.fund([id, 700n], sent));
      const [funded] = parseEventLogs({ abi: distributorAbi, logs, eventName: 'Funded' });
      const from = getAddress(cast.stranger);
      expect(funded!.args).to.deep.equal({ campaignId: id, from, amount: 700n });
      expect(await budgetOf(world, id)).to.equal(700n);
      expect(await coinOf(distributor.address)).to.equal(700n);
    });

    it('takes exactly the amount', async () => {
      const { world, id } = await makeEmpty({ token: COIN });
      const { distributor, cast } = world;
      const call = (value: bigint) =>
        distributor.simulate.fund([id, 700n], { ...by(cast.stranger), value });
      await call(700n);
      for (const value of [0n, 699n, 701n]) {
        await expectRevert(call(value), 'WrongValue', [value, 700n]);
      }
    });

    it('takes none where the campaign is of a token', async () => {
      const { world, id } = await makeEmpty();
      const { distributor, token, cast } = world;
      await anvil.mined(token.write.mint([cast.stranger, 5n], by(cast.stranger)));
      await anvil.mined(token.write.approve([distributor.address, 5n], by(cast.stranger)));
      const call = (value: bigint) =>
        distributor.simulate.fund([id, 5n], { ...by(cast.stranger), value });
      await call(0n);
      for (const value of [1n, 5n]) await expectRevert(call(value), 'WrongValue', [value, 0n]);
    });

    it('is the only way in: the distributor takes no coin that is merely sent', async () => {
      const { world } = await makeEmpty({ token: COIN });
      const to = world.distributor.address;
      const call = anvil.client.call({ account: world.cast.stranger, to, value: 1n });
      expect(await call.then(() => 'taken', String)).to.contain('execution reverted');
    });
  });

  describe('claims, in the coin', () => {
    it('are paid with their fees, alone and in a batch', async () => {
      const { world, campaign } = await makeEmpty({ token: COIN });
      const { distributor } = world;
      await fund(world, campaign.id, 1_000n, COIN);
      const [alone, first, second, taker] = [1, 2, 3, 4].map(newPerson) as [
        Address,
        Address,
        Address,
        Address,
      ];
      const claimFor = (recipient: Address, fee: bigint) =>
        makeClaim(world, campaign, { action: { recipient, fee, feeTo: taker } });
      await sendClaim(world, campaign, await claimFor(alone, 10n));
      await sendBatch(world, campaign, [await claimFor(first, 0n), await claimFor(second, 20n)]);
      const balances = await Promise.all([alone, first, second, taker].map(coinOf));
      expect(balances).to.deep.equal([90n, 100n, 80n, 30n]);
      expect(await coinOf(distributor.address)).to.equal(700n);
      expect(await budgetOf(world, campaign.id)).to.equal(700n);
    });

    it('revert alone where the recipient takes none', async () => {
      const { world, campaign } = await makeEmpty({ token: COIN });
      await fund(world, campaign.id, 1_000n, COIN);
      const wallet = await deployMoody(world, 'MoodyWallet');
      const action = { recipient: wallet.address, fee: 10n };
      const made = await makeClaim(world, campaign, { action });
      await tryClaim(world, campaign, made);
      await feel(world, wallet, 'reverting');
      const failed = [wallet.address, 90n];
      await expectRevert(tryClaim(world, campaign, made), 'PaymentFailed', failed);
    });

    it("never come out of another campaign's budget", async () => {
      const world = await makeWorld(anvil, await testContracts());
      const { campaign } = await makeEmpty({ token: COIN }, world);
      const other = await openCampaign(world, { token: COIN });
      await fund(world, campaign.id, 99n, COIN);
      const poor = tryClaim(world, campaign, await makeClaim(world, campaign));
      await expectRevert(poor, 'BudgetExceeded', [100n, 99n]);
      await tryClaim(world, other, await makeClaim(world, other));
    });
  });

  describe('clawback', () => {
    it('returns the coin that nobody claimed', async () => {
      const world = await makeWorld(anvil, await testContracts());
      const campaign = await openCampaign(world, { token: COIN });
      const other = await openCampaign(world, { token: COIN });
      const { distributor, cast } = world;
      await sendClaim(world, campaign, await makeClaim(world, campaign));
      await anvil.goTo(BigInt(other.params.closesAt) + 1n);
      const to = newPerson(5);
      const args = [campaign.id, to] as const;
      await anvil.mined(distributor.write.clawback(args, by(cast.integrator)));
      expect(await coinOf(to)).to.equal(99_900n);
      expect(await budgetOf(world, campaign.id)).to.equal(0n);
      expect(await coinOf(distributor.address)).to.equal(100_000n);
    });

    it('reverts to who takes none, and can be tried again', async () => {
      const world = await makeWorld(anvil, await testContracts());
      const token = await deployMoodyToken(world);
      const wallet = await deployMoody(world, 'MoodyWallet');
      const { distributor, cast } = world;
      const campaigns = [
        await openCampaign(world, { token: COIN }),
        await openCampaign(world, { token: token.address }),
      ];
      await anvil.goTo(BigInt(campaigns[1]!.params.closesAt) + 1n);
      for (const { id } of campaigns) {
        const call = () => distributor.simulate.clawback([id, wallet.address], by(cast.integrator));
        await call();
        await feel(world, wallet, 'reverting');
        await treat(world, token, wallet.address, 'reverting');
        await expectRevert(call(), 'PaymentFailed', [wallet.address, 100_000n]);
        await feel(world, wallet, 'willing');
        await treat(world, token, wallet.address, 'willing');
        await call();
      }
    });
  });

  describe('fundWithPermit', () => {
    /** A campaign in a token that takes permits, a stranger who has 1,000 of it, and his permit for an amount. */
    async function makePermit(amount: bigint) {
      const world = await makeWorld(anvil, await testContracts());
      const { distributor, cast } = world;
      const at = await deploy(anvil, world.folder, 'PermitToken');
      const token = handle(anvil, at, PERMIT_ABI);
      await anvil.mined(token.write.mint([cast.stranger, 1_000n], by(cast.stranger)));
      const made = await makeEmpty({ token: at }, world);
      const deadline = (await anvil.now()) + 3_600n;
      const signature = await anvil.client.signTypedData({
        account: cast.stranger,
        domain: { name: 'Permit', version: '1', chainId: 31337, verifyingContract: at },
        types: { Permit: PERMIT },
        primaryType: 'Permit',
        message: {
          owner: cast.stranger,
          spender: distributor.address,
          value: amount,
          nonce: 0n,
          deadline,
        },
      });
      const { r, s, yParity } = parseSignature(signature);
      const signed = [deadline, 27 + yParity, r, s] as const;
      const fundWith = (
        value: bigint,
        [until, v, r_, s_]: readonly [bigint, number, Hex, Hex] = signed,
        actor = cast.stranger,
      ) => distributor.simulate.fundWithPermit([made.id, value, until, v, r_, s_], by(actor));
      return { ...made, world, token, signed, fundWith };
    }

    it('funds with no allowance before it, and leaves none behind', async () => {
      const { world, id, token, signed } = await makePermit(300n);
      const { distributor, cast } = world;
      const args = [id, 300n, ...signed] as const;
      const { logs } = await anvil.mined(distributor.write.fundWithPermit(args, by(cast.stranger)));
      const [funded] = parseEventLogs({ abi: distributorAbi, logs, eventName: 'Funded' });
      const from = getAddress(cast.stranger);
      expect(funded!.args).to.deep.equal({ campaignId: id, from, amount: 300n });
      expect(await budgetOf(world, id)).to.equal(300n);
      expect(await token.read.balanceOf([cast.stranger])).to.equal(700n);
      expect(await token.read.allowance([cast.stranger, distributor.address])).to.equal(0n);
    });

    it('funds where somebody else has sent the permit before (front-running)', async () => {
      const { world, token, signed, fundWith } = await makePermit(300n);
      const { distributor, cast } = world;
      const args = [cast.stranger, distributor.address, 300n, ...signed] as const;
      await anvil.mined(token.write.permit(args, by(cast.relayer)));
      await fundWith(300n);
    });

    it('reverts with a permit for another amount, until or by somebody else', async () => {
      const { world, signed, fundWith } = await makePermit(300n);
      const { distributor, cast } = world;
      const [deadline, v, r, s] = signed;
      await fundWith(300n);
      const poor = (allowed: bigint, needed: bigint) => [distributor.address, allowed, needed];
      const error = 'ERC20InsufficientAllowance';
      await expectRevert(fundWith(299n), error, poor(0n, 299n));
      await expectRevert(fundWith(300n, [deadline + 1n, v, r, s]), error, poor(0n, 300n));
      await expectRevert(fundWith(300n, [deadline, 55 - v, r, s]), error, poor(0n, 300n));
      await expectRevert(fundWith(300n, signed, cast.holder), error, poor(0n, 300n));
    });

    it('needs no good permit where there is an allowance, and takes no more than that', async () => {
      const { world, token, signed, fundWith } = await makePermit(300n);
      const { distributor, cast } = world;
      const args = [distributor.address, 200n] as const;
      await anvil.mined(token.write.approve(args, by(cast.stranger)));
      const [deadline, v, r] = signed;
      const nonsense = [deadline, v, r, r] as const;
      await fundWith(200n, nonsense);
      const poor = [distributor.address, 200n, 201n];
      await expectRevert(fundWith(201n, nonsense), 'ERC20InsufficientAllowance', poor);
    });

    it('reverts where the campaign is over, or there is none, as fund does', async () => {
      const { world, id, params, signed, fundWith } = await makePermit(300n);
      const { distributor, cast } = world;
      await fundWith(300n);
      const elsewhere = [77n, 300n, ...signed] as const;
      const unknown = distributor.simulate.fundWithPermit(elsewhere, by(cast.stranger));
      await expectRevert(unknown, 'UnknownCampaign', [77n]);
      const late = BigInt(params.closesAt) + 1n;
      await anvil.goTo(late);
      const closed = [id, params.opensAt, params.closesAt, late];
      await expectRevert(fundWith(300n), 'CampaignClosed', closed);
    });

    it('is nothing for the coin', async () => {
      const { world, signed, fundWith } = await makePermit(300n);
      await fundWith(300n);
      const { id } = await makeEmpty({ token: COIN }, world);
      const args = [id, 300n, ...signed] as const;
      const call = world.distributor.simulate.fundWithPermit(args, by(world.cast.stranger));
      expect(await call.then(() => 'funded', String)).to.contain('reverted');
      expect(await budgetOf(world, id)).to.equal(0n);
    });
  });
});
