/**
 * Distributor.claim: what it pays, and every check of PROTOCOL.md section 5 in its order. Each refusal changes one
 * thing of a claim that the same campaign would pay.
 */
import { expect } from 'chai';
import {
  encodeFunctionData,
  getAddress,
  keccak256,
  parseEventLogs,
  zeroAddress,
  type Abi,
} from 'viem';
import { distributorAbi } from '../../src/chain/abis.ts';
import { FIELD_ORDER } from '../../src/protocol/field.ts';
import { computeContext, hashAction } from '../../src/protocol/statement.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { deployMeddlingToken, deployMoodyToken, refusalOf, treat } from '../support/batches.ts';
import {
  AMOUNT,
  METERED,
  createCampaign,
  fund,
  makeAction,
  makeClaim,
  nextPublication,
  openCampaign,
  openTerms,
  policyOf,
  prove,
  publish,
  sendClaim,
  signalsOf,
  tryClaim,
  type CampaignParams,
  type ClaimChanges,
} from '../support/campaigns.ts';
import {
  BECAUSE,
  ROLE,
  by,
  deploy,
  expectRevert,
  makeWorld,
  readArtifact,
  testContracts,
} from '../support/contracts.ts';
import { simulateProof } from '../support/trapdoor.ts';

describe('Distributor: claim', () => {
  let anvil: Anvil;
  before(async function () {
    this.timeout(300_000);
    await testContracts();
    anvil = await startAnvil({ args: ['--order', 'fifo'] });
  });
  after(() => anvil.stop());

  /** A campaign, and a claim on it that would be paid. */
  async function makeWorldWithCampaign(
    changes: Partial<CampaignParams> = {},
    said: ClaimChanges = {},
  ) {
    const world = await makeWorld(anvil, await testContracts());
    const campaign = await openCampaign(world, changes);
    const made = await makeClaim(world, campaign, said);
    return { world, campaign, ...made };
  }

  describe('given a claim that meets every check', () => {
    it('pays the recipient, spends the nullifier, and takes the amount from the budget', async () => {
      const { world, campaign, claim, action } = await makeWorldWithCampaign();
      const { distributor, token, cast } = world;
      const { logs } = await sendClaim(world, campaign, { claim, action });
      const [event] = parseEventLogs({ abi: distributorAbi, logs, eventName: 'Claimed' });
      expect(event!.args).to.deep.equal({
        campaignId: campaign.id,
        nullifier: claim.statement.nullifier,
        recipient: getAddress(cast.holder),
        amount: 100n,
        root: claim.statement.root,
      });
      expect(parseEventLogs({ abi: distributorAbi, logs, eventName: 'FeePaid' })).to.have.length(0);
      expect(await token.read.balanceOf([cast.holder])).to.equal(100n);
      expect(await distributor.read.isSpent([claim.statement.nullifier])).to.equal(true);
      expect((await distributor.read.getCampaign([campaign.id])).budget).to.equal(99_900n);
    });

    it('pays disclosed times unit', async () => {
      const { world, campaign, claim, action } = await makeWorldWithCampaign(
        { amountKind: AMOUNT.disclosed, policy: policyOf(openTerms({ 3: 1n })), unit: 3n },
        { disclosed: 250n },
      );
      await sendClaim(world, campaign, { claim, action });
      expect(await world.token.read.balanceOf([world.cast.holder])).to.equal(750n);
    });

    it('pays nothing for a disclosed 0, where the claimant agreed', async () => {
      const { world, campaign, claim, action } = await makeWorldWithCampaign(
        { amountKind: AMOUNT.disclosed, policy: policyOf(openTerms({ 3: 1n })), unit: 3n },
        { disclosed: 0n },
      );
      await sendClaim(world, campaign, { claim, action });
      expect(await world.token.read.balanceOf([world.cast.holder])).to.equal(0n);
    });

    it('pays what the table of tiers has at the disclosed place, times unit; nothing beyond its end', async () => {
      const tiers = [7n, 0n, 12n];
      const { world, campaign } = await makeWorldWithCampaign({
        amountKind: AMOUNT.tiered,
        policy: policyOf(openTerms({ 3: 1n })),
        tiers,
        unit: 3n,
      });
      const places = [
        [0n, 21n],
        [1n, 0n],
        [2n, 36n],
        [3n, 0n],
        [256n, 0n],
        [2n ** 96n - 1n, 0n],
      ] as const;
      for (const [disclosed, amount] of places) {
        const made = await makeClaim(world, campaign, { disclosed });
        const { logs } = await sendClaim(world, campaign, made);
        const [event] = parseEventLogs({ abi: distributorAbi, logs, eventName: 'Claimed' });
        expect(event!.args.amount, String(disclosed)).to.equal(amount);
      }
      const expecting = await makeClaim(world, campaign, {
        disclosed: 3n,
        action: { minAmount: 1n },
      });
      await expectRevert(tryClaim(world, campaign, expecting), 'AmountTooLow', [0n, 1n]);
    });

    it('pays a metered note under each nullifier', async () => {
      const changes = {
        amountKind: AMOUNT.metered,
        policy: policyOf(openTerms({ 6: 50n })),
        unit: 2n,
        cap: 0,
      };
      const { world, campaign } = await makeWorldWithCampaign(changes);
      for (let note = 0; note < 4; note += 1) {
        await sendClaim(world, campaign, await makeClaim(world, campaign, { shown: METERED }));
      }
      expect(await world.token.read.balanceOf([world.cast.holder])).to.equal(400n);
    });

    it('gives the fee to the named account, and to whoever submits where none is named', async () => {
      const { world, campaign } = await makeWorldWithCampaign();
      const { token, cast } = world;
      const named = { fee: 7n, feeTo: cast.stranger };
      const first = await makeClaim(world, campaign, { action: named });
      const { logs } = await sendClaim(world, campaign, first);
      const [paid] = parseEventLogs({ abi: distributorAbi, logs, eventName: 'FeePaid' });
      expect(paid!.args).to.deep.equal({
        campaignId: campaign.id,
        nullifier: first.claim.statement.nullifier,
        to: getAddress(cast.stranger),
        fee: 7n,
      });
      await sendClaim(world, campaign, await makeClaim(world, campaign, { action: { fee: 9n } }));
      expect(await token.read.balanceOf([cast.stranger])).to.equal(7n);
      expect(await token.read.balanceOf([cast.relayer])).to.equal(9n);
      expect(await token.read.balanceOf([cast.holder])).to.equal(184n);
    });

    it('takes a proof made before members were added', async () => {
      const { world, campaign, claim, action } = await makeWorldWithCampaign({ maxStaleness: 0 });
      await publish(world, campaign.treeId, { size: 5 });
      await sendClaim(world, campaign, { claim, action });
    });

    it('by period, takes one claim in each', async () => {
      const { world, campaign } = await makeWorldWithCampaign({ cap: 0, periodLength: 600 });
      const now = await anvil.now();
      const minute = now - (now % 60n);
      for (const checkedAt of [minute, minute + 600n]) {
        await anvil.goTo(checkedAt + 59n);
        const period = Number(checkedAt / 600n);
        const at = { shown: period, checkedAt: Number(checkedAt) };
        await sendClaim(world, campaign, await makeClaim(world, campaign, at));
      }
    });
  });

  describe('the campaign', () => {
    it('must exist (S13)', async () => {
      const { world, campaign, claim, action } = await makeWorldWithCampaign();
      await tryClaim(world, campaign, { claim, action });
      for (const id of [0n, 77n]) {
        const call = tryClaim(world, { ...campaign, id }, { claim, action });
        await expectRevert(call, 'UnknownCampaign', [id]);
      }
    });

    it('must be open: from its first second to its last, both included (S26)', async () => {
      const start = Number(await anvil.now()) + 10_000;
      const opensAt = start - (start % 60) + 60;
      const closesAt = opensAt + 300;
      const world = await makeWorld(anvil, await testContracts());
      const campaign = await openCampaign(world, { opensAt, closesAt });
      await anvil.goTo(BigInt(opensAt) - 1n);
      const claim = await makeClaim(world, campaign);
      const closed = (now: number) => [campaign.id, opensAt, closesAt, BigInt(now)];
      await expectRevert(tryClaim(world, campaign, claim), 'CampaignClosed', closed(opensAt - 1));
      for (const now of [opensAt, opensAt + 1, closesAt - 1, closesAt]) {
        await anvil.goTo(BigInt(now));
        await tryClaim(world, campaign, claim);
      }
      await anvil.goTo(BigInt(closesAt) + 1n);
      await expectRevert(tryClaim(world, campaign, claim), 'CampaignClosed', closed(closesAt + 1));
    });
  });

  describe('the statement', () => {
    for (const field of ['nullifier', 'root', 'policy', 'context'] as const) {
      it(`must be canonical: ${field} + r, + 2r (S2)`, async () => {
        const { world, campaign, claim, action } = await makeWorldWithCampaign();
        await tryClaim(world, campaign, { claim, action });
        for (const times of [1n, 2n]) {
          const alias = claim.statement[field] + times * FIELD_ORDER;
          const aliased = { ...claim, statement: { ...claim.statement, [field]: alias } };
          const call = tryClaim(world, campaign, { claim: aliased, action });
          await expectRevert(call, 'SignalOutOfRange', [field, alias]);
        }
      });
    }

    it('must hold its fields in their widths: a wider one is no call (S2)', async () => {
      const { world, campaign, claim, action } = await makeWorldWithCampaign();
      await tryClaim(world, campaign, { claim, action });
      const data = encodeFunctionData({
        abi: distributorAbi,
        functionName: 'claim',
        args: [campaign.id, claim, action],
      });
      // Words after the selector: the campaign, then nullifier, root, policy, disclosed, shown, checkedAt.
      for (const [word, bits] of [
        [4, 96],
        [5, 32],
        [6, 40],
      ] as const) {
        const at = 10 + 64 * word;
        const wide = BigInt(`0x${data.slice(at, at + 64)}`) + 2n ** BigInt(bits);
        const changed = `${data.slice(0, at)}${wide.toString(16).padStart(64, '0')}${data.slice(at + 64)}`;
        const call = anvil.client.call({
          to: world.distributor.address,
          data: changed as `0x${string}`,
        });
        expect(await call.then(() => 'passed', String)).to.contain('execution reverted');
      }
    });

    for (const field of ['nullifier', 'root', 'policy'] as const) {
      it(`must not be zero: ${field} (S13, S18)`, async () => {
        const { world, campaign, claim, action } = await makeWorldWithCampaign();
        await tryClaim(world, campaign, { claim, action });
        const zero = prove({ ...claim.statement, [field]: 0n });
        await expectRevert(tryClaim(world, campaign, { claim: zero, action }), 'SignalOutOfRange', [
          field,
          0n,
        ]);
      });
    }

    it('must be of a whole minute', async () => {
      const { world, campaign, claim, action } = await makeWorldWithCampaign();
      await tryClaim(world, campaign, { claim, action });
      const checkedAt = claim.statement.checkedAt - 1;
      const odd = prove({ ...claim.statement, checkedAt });
      const call = tryClaim(world, campaign, { claim: odd, action });
      await expectRevert(call, 'SignalOutOfRange', ['checkedAt', BigInt(checkedAt)]);
    });

    it("must be of this campaign, even where another's policy is the same (S16)", async () => {
      const { world, campaign, claim, action } = await makeWorldWithCampaign();
      const id = await createCampaign(world, campaign.params);
      await fund(world, id, 1_000n);
      await tryClaim(world, campaign, { claim, action });
      const twin = await makeClaim(world, { ...campaign, id });
      await tryClaim(world, { ...campaign, id }, twin);
      const call = tryClaim(world, { ...campaign, id }, { claim, action });
      await expectRevert(call, 'WrongPolicy', [
        twin.claim.statement.policy,
        claim.statement.policy,
      ]);
    });

    it('must be of this contract (S16)', async () => {
      const { world, campaign, claim, action } = await makeWorldWithCampaign();
      const args = [world.roots.address, world.grants.address];
      const address = await deploy(anvil, world.folder, 'Distributor', args, world.libraries);
      const other = { ...world, distributor: { ...world.distributor, address } };
      const create = { ...by(world.cast.integrator), address, abi: distributorAbi } as const;
      await anvil.mined(
        anvil.client.writeContract({
          ...create,
          functionName: 'createCampaign',
          args: [campaign.params],
        }),
      );
      await tryClaim(world, campaign, { claim, action });
      const { claim: twin } = await makeClaim(other, campaign);
      const call = anvil.client.simulateContract({
        ...by(world.cast.relayer),
        address,
        abi: world.distributor.abi,
        functionName: 'claim',
        args: [campaign.id, claim, action],
      });
      await expectRevert(call, 'WrongPolicy', [twin.statement.policy, claim.statement.policy]);
    });

    it('must be of this chain (S16)', async () => {
      const { world, campaign, claim, action } = await makeWorldWithCampaign();
      await tryClaim(world, campaign, { claim, action });
      const setChainId = (id: number) =>
        anvil.client.request<never>({ method: 'anvil_setChainId', params: [id] } as never);
      await setChainId(31338);
      try {
        const gate = world.distributor.address;
        const actionHash = hashAction(action);
        const expected = computeContext({ chainId: 31338, gate, id: campaign.id, actionHash });
        const call = tryClaim(world, campaign, { claim, action });
        await expectRevert(call, 'WrongContext', [expected, claim.statement.context]);
      } finally {
        await setChainId(31337);
      }
    });

    it('must say what was proved, each signal in its place (S5)', async () => {
      const { world, campaign, claim, action } = await makeWorldWithCampaign();
      await tryClaim(world, campaign, { claim, action });
      const signals = signalsOf(claim.statement);
      for (let i = 0; i < signals.length; i += 1) {
        for (let j = i + 1; j < signals.length; j += 1) {
          const swapped = [...signals];
          [swapped[i], swapped[j]] = [signals[j]!, signals[i]!];
          const proof = simulateProof(swapped);
          const call = tryClaim(world, campaign, { claim: { ...claim, proof }, action });
          await expectRevert(call, 'InvalidProof');
        }
      }
    });

    it('must have a proof: for each field, one of another value proves nothing', async () => {
      const { world, campaign, claim, action } = await makeWorldWithCampaign({ cap: 2 });
      await tryClaim(world, campaign, { claim, action });
      const { statement } = claim;
      for (const changes of [
        { nullifier: statement.nullifier + 1n },
        { disclosed: 1n },
        { shown: 1 },
        { checkedAt: statement.checkedAt - 60 },
      ]) {
        const forged = { proof: claim.proof, statement: { ...statement, ...changes } };
        await expectRevert(tryClaim(world, campaign, { claim: forged, action }), 'InvalidProof');
      }
    });
  });

  describe('the action (S15, S25)', () => {
    const changes = {
      recipient: { recipient: '0x000000000000000000000000000000000000dEaD' },
      'least amount': { minAmount: 1n },
      fee: { fee: 1n },
      'fee taker': { feeTo: '0x000000000000000000000000000000000000dEaD' },
      'hook data': { hookData: '0x01' },
    } as const;
    for (const [what, change] of Object.entries(changes)) {
      it(`must be what the claimant agreed to: ${what}`, async () => {
        const { world, campaign, claim, action } = await makeWorldWithCampaign();
        await tryClaim(world, campaign, { claim, action });
        const other = makeAction(action.recipient, change);
        const expected = computeContext({
          chainId: 31337,
          gate: world.distributor.address,
          id: campaign.id,
          actionHash: hashAction(other),
        });
        const call = tryClaim(world, campaign, { claim, action: other });
        await expectRevert(call, 'WrongContext', [expected, claim.statement.context]);
      });
    }

    it('is done for its owner whoever sends it: a thief only pays the gas', async () => {
      const { world, campaign, claim, action } = await makeWorldWithCampaign();
      const { distributor, token, cast } = world;
      await anvil.mined(distributor.write.claim([campaign.id, claim, action], by(cast.stranger)));
      expect(await token.read.balanceOf([cast.holder])).to.equal(100n);
      expect(await token.read.balanceOf([cast.stranger])).to.equal(0n);
    });

    it('is hashed as one tuple, and bound as it stands', () => {
      const action = makeAction('0x00000000000000000000000000000000000000AA', {
        hookData: '0x0102',
      });
      expect(hashAction(action)).to.equal(
        keccak256(
          `0x${['20', 'aa', '0', '0', zeroAddress.slice(2), 'a0', '2']
            .map((word) => word.padStart(64, '0'))
            .join('')}${'0102'.padEnd(64, '0')}`,
        ),
      );
    });
  });

  describe('the root', () => {
    it('is refused in the very block that ends its epoch, where the campaign allows no staleness (S14)', async () => {
      const { world, campaign } = await makeWorldWithCampaign({ maxStaleness: 0 });
      const { roots, distributor, cast } = world;
      const [early, late] = [await makeClaim(world, campaign), await makeClaim(world, campaign)];
      const revoking = await nextPublication(world, campaign.treeId, {
        revoked: 1n,
        endsEpoch: true,
      });
      await anvil.client.setAutomine(false);
      const sent = [
        await distributor.write.claim([campaign.id, early.claim, early.action], by(cast.relayer)),
        await roots.write.publish([revoking], by(cast.publisher)),
        await distributor.write.claim([campaign.id, late.claim, late.action], by(cast.relayer)),
      ] as const;
      await anvil.client.mine({ blocks: 1 });
      await anvil.client.setAutomine(true);
      const [first, second] = [await anvil.mined(sent[0]), await anvil.mined(sent[1])];
      const third = await anvil.client.getTransactionReceipt({ hash: sent[2] });
      expect([second.blockNumber, third.blockNumber]).to.deep.equal([
        first.blockNumber,
        first.blockNumber,
      ]);
      expect(third.status).to.equal('reverted');
      const stale = [late.claim.statement.root, Number(await anvil.now()), 0];
      await expectRevert(tryClaim(world, campaign, late), 'StaleRoot', stale);
    });

    it('is taken for an hour longer where the campaign allows an hour, and by none once frozen', async () => {
      const { world, campaign, claim, action } = await makeWorldWithCampaign({
        maxStaleness: 3_600,
        proofLifetime: 7_200,
      });
      await publish(world, campaign.treeId, { revoked: 1n, endsEpoch: true });
      const endedAt = await anvil.now();
      await anvil.goTo(endedAt + 3_599n);
      await tryClaim(world, campaign, { claim, action });
      await anvil.goTo(endedAt + 3_600n);
      const stale = [claim.statement.root, Number(endedAt), 3_600];
      await expectRevert(tryClaim(world, campaign, { claim, action }), 'StaleRoot', stale);
      await anvil.mined(
        world.roots.write.freeze([campaign.treeId, ...BECAUSE], by(world.cast.guardian)),
      );
      await expectRevert(tryClaim(world, campaign, { claim, action }), 'SourceFrozen', [
        campaign.treeId,
      ]);
    });

    it('is the one that another party published in the same transaction, if it did', async () => {
      const world = await makeWorld(anvil, await testContracts());
      const campaign = await openCampaign(world, { maxStaleness: 0 });
      const { claim, action } = await makeClaim(world, campaign);
      await tryClaim(world, campaign, { claim, action });
      const bundler = await deploy(anvil, world.folder, 'Bundler');
      const { abi: bundlerAbi } = await readArtifact(world.folder, 'Bundler');
      const abi: Abi = [...bundlerAbi, ...world.distributor.abi];
      const appointment = [1n, ROLE.publisher, bundler, ...BECAUSE] as const;
      await anvil.mined(world.issuers.write.grantRole(appointment, by(world.cast.owner)));
      const bundle = async (endsEpoch: boolean) =>
        anvil.client.simulateContract({
          ...by(world.cast.relayer),
          address: bundler,
          abi,
          functionName: 'publishThenClaim',
          args: [
            world.roots.address,
            await nextPublication(world, campaign.treeId, { endsEpoch }),
            world.distributor.address,
            campaign.id,
            claim,
            action,
          ],
        });
      await bundle(false);
      const stale = bundle(true);
      await expectRevert(stale, 'StaleRoot', [claim.statement.root, Number(await anvil.now()), 0]);
    });
  });

  describe('the claim index', () => {
    it('must be below the cap', async () => {
      const { world, campaign, claim, action } = await makeWorldWithCampaign(
        { cap: 2 },
        { shown: 1 },
      );
      await tryClaim(world, campaign, { claim, action });
      const beyond = await makeClaim(world, campaign, { shown: 2 });
      await expectRevert(tryClaim(world, campaign, beyond), 'ClaimIndexClosed', [2, 2n]);
    });

    it('must be hidden where notes are metered', async () => {
      const changes = {
        amountKind: AMOUNT.metered,
        policy: policyOf(openTerms({ 6: 50n })),
        cap: 0,
      };
      const { world, campaign, claim, action } = await makeWorldWithCampaign(changes, {
        shown: METERED,
      });
      await tryClaim(world, campaign, { claim, action });
      const shown = await makeClaim(world, campaign, { shown: 0 });
      await expectRevert(tryClaim(world, campaign, shown), 'ClaimIndexClosed', [
        0,
        BigInt(METERED),
      ]);
    });
  });

  describe('the nullifier', () => {
    it('is spent once, whatever proof, recipient or relayer comes with it (S3)', async () => {
      const { world, campaign, claim, action } = await makeWorldWithCampaign({ cap: 5 });
      const { nullifier } = claim.statement;
      await sendClaim(world, campaign, { claim, action });
      const proof = simulateProof(signalsOf(claim.statement), 7n, 9n);
      const elsewhere = { recipient: world.cast.stranger };
      for (const again of [
        { claim, action },
        { claim: { ...claim, proof }, action },
        await makeClaim(world, campaign, { nullifier, action: elsewhere, shown: 1 }),
      ]) {
        await expectRevert(tryClaim(world, campaign, again), 'NullifierSpent', [nullifier]);
      }
      await tryClaim(world, campaign, await makeClaim(world, campaign, { action: elsewhere }));
    });

    it('is spent before the token is called', async () => {
      const world = await makeWorld(anvil, await testContracts());
      const token = await deployMeddlingToken(world);
      const campaign = await openCampaign(world, { token: token.address });
      const { claim, action } = await makeClaim(world, campaign);
      await tryClaim(world, campaign, { claim, action });
      const args = [campaign.id, claim, action] as const;
      const inner = encodeFunctionData({ abi: distributorAbi, functionName: 'claim', args });
      await anvil.mined(
        token.write.meddle([world.distributor.address, inner], by(world.cast.stranger)),
      );
      await sendClaim(world, campaign, { claim, action });
      const { nullifier } = claim.statement;
      expect(await token.read.answer()).to.equal(refusalOf('NullifierSpent', [nullifier]));
      expect(await token.read.balanceOf([world.cast.holder])).to.equal(100n);
    });
  });

  describe('the amount', () => {
    it('must cover the fee', async () => {
      const { world, campaign } = await makeWorldWithCampaign();
      await tryClaim(world, campaign, await makeClaim(world, campaign, { action: { fee: 100n } }));
      const dear = await makeClaim(world, campaign, { action: { fee: 101n } });
      await expectRevert(tryClaim(world, campaign, dear), 'FeeTooHigh', [101n, 100n]);
    });

    it('must be what the claimant expects, before the fee', async () => {
      const { world, campaign } = await makeWorldWithCampaign();
      const expecting = (minAmount: bigint) =>
        makeClaim(world, campaign, { action: { minAmount, fee: 60n } });
      await tryClaim(world, campaign, await expecting(100n));
      const call = tryClaim(world, campaign, await expecting(101n));
      await expectRevert(call, 'AmountTooLow', [100n, 101n]);
    });

    it('must be left in the budget', async () => {
      const { world, campaign, claim, action } = await makeWorldWithCampaign({ unit: 100_000n });
      await tryClaim(world, campaign, { claim, action });
      const dear = await openCampaign(world, { unit: 100_001n });
      const call = tryClaim(world, dear, await makeClaim(world, dear));
      await expectRevert(call, 'BudgetExceeded', [100_001n, 100_000n]);
    });

    it("is never taken from another campaign's budget", async () => {
      const { world, campaign } = await makeWorldWithCampaign({ unit: 60_000n });
      await openCampaign(world);
      await sendClaim(world, campaign, await makeClaim(world, campaign));
      const call = tryClaim(world, campaign, await makeClaim(world, campaign));
      await expectRevert(call, 'BudgetExceeded', [60_000n, 40_000n]);
    });

    it('cannot wrap: the largest disclosed value times the largest unit is only too much', async () => {
      const { world, campaign } = await makeWorldWithCampaign({
        amountKind: AMOUNT.disclosed,
        policy: policyOf(openTerms({ 3: 1n })),
        unit: 2n ** 120n - 1n,
      });
      const disclosed = 2n ** 96n - 1n;
      const call = tryClaim(world, campaign, await makeClaim(world, campaign, { disclosed }));
      const amount = disclosed * (2n ** 120n - 1n);
      await expectRevert(call, 'BudgetExceeded', [amount, 100_000n]);
    });
  });

  describe('the payment', () => {
    for (const [mood, error] of [
      ['reverting', 'PaymentFailed'],
      ['refusing', 'UnclearPayment'],
    ] as const) {
      it(`must go through: a token that is ${mood} to one of those who are paid`, async () => {
        const world = await makeWorld(anvil, await testContracts());
        const token = await deployMoodyToken(world);
        const campaign = await openCampaign(world, { token: token.address });
        const action = { fee: 7n, feeTo: world.cast.stranger };
        const made = await makeClaim(world, campaign, { action });
        for (const [who, amount] of [
          [world.cast.stranger, 7n],
          [world.cast.holder, 93n],
        ] as const) {
          await tryClaim(world, campaign, made);
          await treat(world, token, who, mood);
          const args = mood === 'refusing' ? [token.address] : [getAddress(who), amount];
          await expectRevert(tryClaim(world, campaign, made), error, args);
          await treat(world, token, who, 'willing');
        }
      });
    }
  });

  describe('the largest tier', () => {
    it('times the largest unit is only too much', async () => {
      const { world, campaign } = await makeWorldWithCampaign({
        amountKind: AMOUNT.tiered,
        policy: policyOf(openTerms({ 3: 1n })),
        tiers: [0n, 2n ** 128n - 1n],
        unit: 2n ** 120n - 1n,
      });
      await tryClaim(world, campaign, await makeClaim(world, campaign));
      const call = tryClaim(world, campaign, await makeClaim(world, campaign, { disclosed: 1n }));
      const amount = (2n ** 128n - 1n) * (2n ** 120n - 1n);
      await expectRevert(call, 'BudgetExceeded', [amount, 100_000n]);
    });
  });

  describe('the order of the checks', () => {
    it('is that of PROTOCOL.md section 5: of two faults the earlier is named', async () => {
      const { world, campaign, claim, action } = await makeWorldWithCampaign();
      const { statement } = claim;
      const faults: readonly (readonly [string, Partial<typeof statement>])[] = [
        ['SignalOutOfRange', { nullifier: 0n }],
        ['WrongPolicy', { policy: 5n }],
        ['WrongContext', { context: 5n }],
        ['ProofFromFuture', { checkedAt: statement.checkedAt + 6_000 }],
        ['UnknownRoot', { root: 5n }],
        ['ClaimIndexClosed', { shown: 1 }],
      ];
      for (let i = 0; i < faults.length; i += 1) {
        const said = faults
          .slice(i)
          .reduce((all, [, fault]) => ({ ...all, ...fault }), { ...statement });
        const call = tryClaim(world, campaign, { claim: { ...claim, statement: said }, action });
        const message = await call.then(() => 'passed', String);
        expect(message).to.contain(`${faults[i]![0]}(`);
      }
      const spent = await makeClaim(world, campaign);
      await sendClaim(world, campaign, spent);
      const broken = { ...spent.claim, proof: claim.proof };
      const again = tryClaim(world, campaign, { claim: broken, action: spent.action });
      await expectRevert(again, 'NullifierSpent', [spent.claim.statement.nullifier]);
    });
  });
});
