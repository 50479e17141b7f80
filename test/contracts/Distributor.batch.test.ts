/**
 * Distributor.claimBatch: three passes. Who can't be paid is skipped with the error that he alone would have met, the
 * rest are paid, and nothing that a submitter, a recipient or a token does costs a claim its money.
 */
import { expect } from 'chai';
import { encodeFunctionData, getAddress, parseEventLogs, type Address, type Hex } from 'viem';
import { distributorAbi } from '../../src/chain/abis.ts';
import { FIELD_ORDER } from '../../src/protocol/field.ts';
import { computeContext, hashAction, type Action } from '../../src/protocol/statement.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import {
  BAD_MOODS,
  batchOf,
  budgetOf,
  deployMeddlingToken,
  deployMoody,
  deployMoodyToken,
  feel,
  paidIn,
  refusalOf,
  revertOf,
  sendBatch,
  skippedIn,
  treat,
  tryBatch,
  type MadeClaim,
} from '../support/batches.ts';
import {
  AMOUNT,
  COIN,
  METERED,
  createCampaign,
  fund,
  makeAction,
  makeClaim,
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
import { makeRandom, seedOf } from '../support/circuits/random.ts';
import { simulateProof } from '../support/trapdoor.ts';

const DISCLOSING = { amountKind: AMOUNT.disclosed, policy: policyOf(openTerms({ 3: 1n })) };
const REASON: Hex = `0x${'ab'.repeat(32)}`;

describe('Distributor: claimBatch', () => {
  let anvil: Anvil;
  before(async function () {
    this.timeout(300_000);
    await testContracts();
    anvil = await startAnvil();
  });
  after(() => anvil.stop());

  /** A campaign, and so many claims on it that would be paid, each by and for another person. */
  async function makeBatch(
    changes: Partial<CampaignParams> = {},
    said: readonly ClaimChanges[] = [{}, {}, {}],
  ) {
    const world = await makeWorld(anvil, await testContracts());
    const campaign = await openCampaign(world, changes);
    return { world, campaign, made: await makeClaims(world, campaign, said) };
  }

  async function makeClaims(
    world: World,
    campaign: OpenCampaign,
    said: readonly ClaimChanges[],
  ): Promise<readonly MadeClaim[]> {
    const made: MadeClaim[] = [];
    for (const [i, changes] of said.entries()) {
      const action = { recipient: personAt(i), ...changes.action };
      made.push(await makeClaim(world, campaign, { ...changes, action }));
    }
    return made;
  }

  const nullifierOf = ({ claim }: MadeClaim): bigint => claim.statement.nullifier;

  describe('given claims that meet every check', () => {
    it('pays each, in their order, and answers with an empty list', async () => {
      const { world, campaign, made } = await makeBatch();
      const { distributor, token } = world;
      expect(await tryBatch(world, campaign, made)).to.deep.equal([]);
      const { logs } = await sendBatch(world, campaign, made);
      const events = parseEventLogs({ abi: distributorAbi, logs, eventName: 'Claimed' });
      expect(events.map(({ args }) => args)).to.deep.equal(
        made.map(({ claim, action }) => ({
          campaignId: campaign.id,
          nullifier: claim.statement.nullifier,
          recipient: getAddress(action.recipient),
          amount: 100n,
          root: claim.statement.root,
        })),
      );
      expect(skippedIn(logs)).to.deep.equal([]);
      for (const { claim, action } of made) {
        expect(await token.read.balanceOf([action.recipient])).to.equal(100n);
        expect(await distributor.read.isSpent([claim.statement.nullifier])).to.equal(true);
      }
      expect(await budgetOf(world, campaign.id)).to.equal(99_700n);
    });

    it('pays one as it pays many', async () => {
      const { world, campaign, made } = await makeBatch({}, [{}]);
      const { logs } = await sendBatch(world, campaign, made);
      expect(paidIn(logs)).to.deep.equal(made.map(nullifierOf));
    });

    it('gives each fee to the account that its claim names, or to whoever submits', async () => {
      const taker = personAt(50);
      const { world, campaign, made } = await makeBatch({}, [
        { action: { fee: 7n, feeTo: taker } },
        { action: { fee: 9n } },
        {},
      ]);
      const { logs } = await sendBatch(world, campaign, made);
      const paid = parseEventLogs({ abi: distributorAbi, logs, eventName: 'FeePaid' });
      expect(paid.map(({ args }) => [args.nullifier, args.to, args.fee])).to.deep.equal([
        [nullifierOf(made[0]!), taker, 7n],
        [nullifierOf(made[1]!), getAddress(world.cast.relayer), 9n],
      ]);
      const { read } = world.token;
      expect(await read.balanceOf([taker])).to.equal(7n);
      expect(await read.balanceOf([world.cast.relayer])).to.equal(9n);
      const rests = made.map(({ action }) => read.balanceOf([action.recipient]));
      expect(await Promise.all(rests)).to.deep.equal([93n, 91n, 100n]);
    });

    it('pays what each discloses', async () => {
      const { world, campaign, made } = await makeBatch({ ...DISCLOSING, unit: 3n }, [
        { disclosed: 5n },
        { disclosed: 0n },
        { disclosed: 11n },
      ]);
      await sendBatch(world, campaign, made);
      const paid = made.map(({ action }) => world.token.read.balanceOf([action.recipient]));
      expect(await Promise.all(paid)).to.deep.equal([15n, 0n, 33n]);
      expect(await budgetOf(world, campaign.id)).to.equal(100_000n - 48n);
    });

    it('pays notes of a meter', async () => {
      const policy = policyOf(openTerms({ 6: 50n }));
      const metered = { amountKind: AMOUNT.metered, policy, unit: 2n, cap: 0 };
      const { world, campaign, made } = await makeBatch(metered, [
        { shown: METERED },
        { shown: METERED },
      ]);
      const { logs } = await sendBatch(world, campaign, made);
      expect(paidIn(logs)).to.deep.equal(made.map(nullifierOf));
    });
  });

  describe('given one claim that is refused among others', () => {
    type Case = {
      readonly changes?: Partial<CampaignParams>;
      /** The claim beside the two good ones. */
      readonly spoil: (world: World, campaign: OpenCampaign) => Promise<MadeClaim>;
      readonly error: string;
      readonly args: (made: MadeClaim, now: bigint, campaign: OpenCampaign) => readonly unknown[];
    };
    /** A claim like one that would be paid, except for what its statement says. */
    const saying =
      (changes: (statement: MadeClaim['claim']['statement']) => object): Case['spoil'] =>
      async (world, campaign) => {
        const { claim, action } = await makeClaim(world, campaign);
        await tryClaim(world, campaign, { claim, action });
        const statement = { ...claim.statement, ...changes(claim.statement) };
        return { claim: prove(statement), action };
      };
    const acting =
      (action: Partial<Action>): Case['spoil'] =>
      (world, campaign) =>
        makeClaim(world, campaign, { action });

    // What the present case's campaign asks of a claim.
    let asked = { policy: 0n, id: 0n, gate: personAt(0) };
    const expectedContext = ({ action }: MadeClaim): bigint => {
      const { id, gate } = asked;
      return computeContext({ chainId: 31337, gate, id, actionHash: hashAction(action) });
    };

    const cases: Readonly<Record<string, Case>> = {
      'a nullifier of 0': {
        spoil: saying(() => ({ nullifier: 0n })),
        error: 'SignalOutOfRange',
        args: () => ['nullifier', 0n],
      },
      "another's nullifier + r": {
        spoil: saying(({ nullifier }) => ({ nullifier: nullifier + FIELD_ORDER })),
        error: 'SignalOutOfRange',
        args: (made) => ['nullifier', nullifierOf(made)],
      },
      'a moment between two minutes': {
        spoil: saying(({ checkedAt }) => ({ checkedAt: checkedAt - 1 })),
        error: 'SignalOutOfRange',
        args: ({ claim }) => ['checkedAt', BigInt(claim.statement.checkedAt)],
      },
      'another policy': {
        spoil: saying(() => ({ policy: 5n })),
        error: 'WrongPolicy',
        args: () => [asked.policy, 5n],
      },
      'another context': {
        spoil: saying(() => ({ context: 5n })),
        error: 'WrongContext',
        args: (made) => [expectedContext(made), 5n],
      },
      'another action': {
        spoil: async (world, campaign) => {
          const { claim, action } = await makeClaim(world, campaign);
          return { claim, action: makeAction(action.recipient, { fee: 1n }) };
        },
        error: 'WrongContext',
        args: (made) => [expectedContext(made), made.claim.statement.context],
      },
      'a proof from the future': {
        spoil: saying(({ checkedAt }) => ({ checkedAt: checkedAt + 6_000 })),
        error: 'ProofFromFuture',
        args: ({ claim }, now) => [claim.statement.checkedAt, now],
      },
      'a proof that has expired': {
        spoil: saying(({ checkedAt }) => ({ checkedAt: checkedAt - 660 })),
        error: 'ProofExpired',
        args: ({ claim }, now) => [claim.statement.checkedAt, 600, now],
      },
      'a root that nobody published': {
        spoil: saying(() => ({ root: 5n })),
        error: 'UnknownRoot',
        args: (_, __, { treeId }) => [treeId, 5n],
      },
      'a stale root': {
        changes: { maxStaleness: 0 },
        spoil: async (world, campaign) => {
          const made = await makeClaim(world, campaign);
          await tryClaim(world, campaign, made);
          await publish(world, campaign.treeId, { revoked: 1n, endsEpoch: true });
          return made;
        },
        error: 'StaleRoot',
        args: ({ claim }, now) => [claim.statement.root, Number(now), 0],
      },
      'an index that is closed': {
        changes: { cap: 3 },
        spoil: saying(() => ({ shown: 3 })),
        error: 'ClaimIndexClosed',
        args: () => [3, 3n],
      },
      'a nullifier that is spent': {
        spoil: async (world, campaign) => {
          const made = await makeClaim(world, campaign, { action: { recipient: personAt(9) } });
          await sendClaim(world, campaign, made);
          return made;
        },
        error: 'NullifierSpent',
        args: (made) => [nullifierOf(made)],
      },
      'a fee beyond its amount': {
        spoil: acting({ fee: 101n }),
        error: 'FeeTooHigh',
        args: () => [101n, 100n],
      },
      'an amount below what it expects': {
        spoil: acting({ minAmount: 101n }),
        error: 'AmountTooLow',
        args: () => [100n, 101n],
      },
    };

    for (const [what, { changes = {}, spoil, error, args }] of Object.entries(cases)) {
      it(`skips ${what}: ${error}`, async () => {
        const { world, campaign } = await makeBatch({ cap: 1, ...changes }, []);
        const bad = await spoil(world, campaign);
        const spentBefore = await world.distributor.read.isSpent([nullifierOf(bad)]);
        const [first, last] = await makeClaims(world, campaign, [{}, {}]);
        asked = {
          policy: first!.claim.statement.policy,
          id: campaign.id,
          gate: world.distributor.address,
        };
        const before = await budgetOf(world, campaign.id);
        const made = [first!, bad, last!];
        // A stale root names the moment at which its epoch ended, all others the present one.
        const endedAt = await anvil.now();

        expect(await tryBatch(world, campaign, [first!, last!])).to.deep.equal([]);
        const answer = await tryBatch(world, campaign, made);
        const now = error === 'StaleRoot' ? endedAt : await anvil.now();
        expect(answer).to.deep.equal(['0x', refusalOf(error, args(bad, now, campaign)), '0x']);

        const { logs, blockNumber } = await sendBatch(world, campaign, made);
        const { timestamp } = await anvil.client.getBlock({ blockNumber });
        const then = error === 'StaleRoot' ? endedAt : timestamp;
        const refusal = refusalOf(error, args(bad, then, campaign));
        expect(skippedIn(logs)).to.deep.equal([[nullifierOf(bad), refusal]]);
        expect(paidIn(logs)).to.deep.equal([nullifierOf(first!), nullifierOf(last!)]);
        expect(await world.distributor.read.isSpent([nullifierOf(bad)])).to.equal(spentBefore);
        expect(await budgetOf(world, campaign.id)).to.equal(before - 200n);
      });
    }

    it('skips the second of two with one nullifier, whatever its proof says (S3)', async () => {
      const { world, campaign, made } = await makeBatch({ cap: 5 }, [{}, {}]);
      const nullifier = nullifierOf(made[0]!);
      const proof = simulateProof(signalsOf(made[0]!.claim.statement), 7n, 9n);
      const [other] = await makeClaims(world, campaign, [{ nullifier, shown: 1 }]);
      const again = [{ ...made[0]!, claim: { ...made[0]!.claim, proof } }, other!];
      for (const twin of again) {
        expect(await tryBatch(world, campaign, [twin, made[1]!])).to.deep.equal([]);
        expect(await tryBatch(world, campaign, [...made, twin])).to.deep.equal([
          '0x',
          '0x',
          refusalOf('NullifierSpent', [nullifier]),
        ]);
      }
      await sendBatch(world, campaign, [...made, ...again]);
      expect(await world.token.read.balanceOf([personAt(0)])).to.equal(100n);
      expect(await budgetOf(world, campaign.id)).to.equal(99_800n);
    });

    it('skips who would be paid from what the earlier ones have used, and pays who needs less', async () => {
      const { world, campaign, made } = await makeBatch({ ...DISCLOSING, unit: 1n }, [
        { disclosed: 60_000n },
        { disclosed: 40_001n },
        { disclosed: 40_000n },
        { disclosed: 1n },
        { disclosed: 0n },
      ]);
      expect(await tryBatch(world, campaign, [made[1]!])).to.deep.equal([]);
      expect(await tryBatch(world, campaign, made)).to.deep.equal([
        '0x',
        refusalOf('BudgetExceeded', [40_001n, 40_000n]),
        '0x',
        refusalOf('BudgetExceeded', [1n, 0n]),
        '0x',
      ]);
      await sendBatch(world, campaign, made);
      expect(await budgetOf(world, campaign.id)).to.equal(0n);
    });

    it("never pays from another campaign's budget", async () => {
      const { world, campaign, made } = await makeBatch({ unit: 60_000n }, [{}, {}]);
      await openCampaign(world);
      await sendBatch(world, campaign, made);
      expect(await world.token.read.balanceOf([personAt(1)])).to.equal(0n);
      expect(await world.token.read.balanceOf([world.distributor.address])).to.equal(140_000n);
    });

    it('skips all, where all are refused, without a look at a proof', async () => {
      const { world, campaign, made } = await makeBatch();
      await sendBatch(world, campaign, made);
      const nonsense = [1n, 1n, 1n, 1n, 1n, 1n, 1n, 1n] as const;
      const again = made.map(({ claim, action }) => ({
        claim: { ...claim, proof: nonsense },
        action,
      }));
      const refusals = made.map((one) => refusalOf('NullifierSpent', [nullifierOf(one)]));
      expect(await tryBatch(world, campaign, again)).to.deep.equal(refusals);
      const { logs } = await sendBatch(world, campaign, again);
      expect(skippedIn(logs).map(([, refusal]) => refusal)).to.deep.equal(refusals);
    });
  });

  describe('given a proof that does not hold', () => {
    for (const place of [0, 1, 2]) {
      it(`reverts with InvalidProof, all of it: claim ${place}`, async () => {
        const { world, campaign, made } = await makeBatch();
        expect(await tryBatch(world, campaign, made)).to.deep.equal([]);
        const other = made[(place + 1) % 3]!.claim.proof;
        const forged = made.map((one, i) =>
          i === place ? { ...one, claim: { ...one.claim, proof: other } } : one,
        );
        await expectRevert(tryBatch(world, campaign, forged), 'InvalidProof');
      });
    }

    it('does not mind the proof of a claim that is skipped', async () => {
      const { world, campaign, made } = await makeBatch();
      const [first, second, third] = made as [MadeClaim, MadeClaim, MadeClaim];
      await sendClaim(world, campaign, second);
      const proof = first.claim.proof;
      const forged = { ...second, claim: { ...second.claim, proof } };
      expect(await tryBatch(world, campaign, [first, forged, third])).to.deep.equal([
        '0x',
        refusalOf('NullifierSpent', [nullifierOf(second)]),
        '0x',
      ]);
    });

    it('swaps no signal for another (S5)', async () => {
      const { world, campaign, made } = await makeBatch({ cap: 2 });
      const [first, second, third] = made as [MadeClaim, MadeClaim, MadeClaim];
      for (const changes of [
        { nullifier: 99n },
        { disclosed: 1n },
        { shown: 1 },
        { checkedAt: first.claim.statement.checkedAt - 60 },
      ]) {
        const { statement, proof } = second.claim;
        const forged = { ...second, claim: { proof, statement: { ...statement, ...changes } } };
        await expectRevert(tryBatch(world, campaign, [first, forged, third]), 'InvalidProof');
      }
      expect(await tryBatch(world, campaign, made)).to.deep.equal([]);
    });
  });

  describe('given a campaign that pays nobody now', () => {
    it('reverts as a single claim does', async () => {
      const { world, campaign, made } = await makeBatch();
      const { distributor, cast } = world;
      expect(await tryBatch(world, campaign, made)).to.deep.equal([]);
      const unknown = { ...campaign, id: 77n };
      await expectRevert(tryBatch(world, unknown, made), 'UnknownCampaign', [77n]);
      await anvil.mined(distributor.write.pause([campaign.id, REASON], by(cast.guardian)));
      await expectRevert(tryBatch(world, campaign, made), 'CampaignPaused', [campaign.id]);
      await anvil.mined(distributor.write.unpause([campaign.id, REASON], by(cast.guardian)));
      expect(await tryBatch(world, campaign, made)).to.deep.equal([]);
      const { opensAt, closesAt } = campaign.params;
      await anvil.goTo(BigInt(closesAt) + 1n);
      const closed = [campaign.id, opensAt, closesAt, BigInt(closesAt) + 1n];
      await expectRevert(tryBatch(world, campaign, made), 'CampaignClosed', closed);
    });
  });

  describe('the call', () => {
    it('must have an action for each claim', async () => {
      const { world, campaign, made } = await makeBatch();
      const [id, claims, actions] = batchOf(campaign, made);
      const call = (args: readonly [typeof id, typeof claims, typeof actions]) =>
        world.distributor.simulate.claimBatch(args, by(world.cast.relayer));
      await call([id, claims, actions]);
      await expectRevert(call([id, claims, actions.slice(1)]), 'LengthMismatch', [3n, 2n]);
      await expectRevert(call([id, claims.slice(1), actions]), 'LengthMismatch', [2n, 3n]);
      await expectRevert(call([id, [], actions.slice(2)]), 'LengthMismatch', [0n, 1n]);
    });

    it('pays nobody where it has no claims, and answers so', async () => {
      const { world, campaign } = await makeBatch({}, []);
      expect(await tryBatch(world, campaign, [])).to.deep.equal([]);
      const { logs } = await sendBatch(world, campaign, []);
      expect(logs).to.deep.equal([]);
    });
  });

  describe('given a payment that fails', () => {
    /** After a batch in which the second of three wasn't paid: it can be, once whatever stood in the way is gone. */
    async function expectSecondSkipped(
      { world, campaign, made }: Awaited<ReturnType<typeof makeBatch>>,
      refusal: Hex,
      mend: () => Promise<void>,
    ) {
      const [first, second, third] = made as [MadeClaim, MadeClaim, MadeClaim];
      const { isSpent } = world.distributor.read;
      const before = await budgetOf(world, campaign.id);
      expect(await tryBatch(world, campaign, made)).to.deep.equal(['0x', refusal, '0x']);
      const receipt = await sendBatch(world, campaign, made);
      expect(skippedIn(receipt.logs)).to.deep.equal([[nullifierOf(second), refusal]]);
      expect(paidIn(receipt.logs)).to.deep.equal([nullifierOf(first), nullifierOf(third)]);
      expect(await isSpent([nullifierOf(second)])).to.equal(false);
      expect(await budgetOf(world, campaign.id)).to.equal(before - 200n);
      await mend();
      await sendClaim(world, campaign, second);
      expect(await isSpent([nullifierOf(second)])).to.equal(true);
      expect(await budgetOf(world, campaign.id)).to.equal(before - 300n);
      return receipt;
    }

    for (const mood of BAD_MOODS) {
      it(`skips that claim, undoes it, and lets it be paid later: a token that is ${mood} to its recipient`, async () => {
        const world = await makeWorld(anvil, await testContracts());
        const token = await deployMoodyToken(world);
        const campaign = await openCampaign(world, { token: token.address });
        const made = await makeClaims(world, campaign, [{}, {}, {}]);
        expect(await tryBatch(world, campaign, made)).to.deep.equal([]);
        await treat(world, token, personAt(1), mood);
        const refusal = refusalOf('PaymentFailed', [personAt(1), 100n]);
        await expectSecondSkipped({ world, campaign, made }, refusal, () =>
          treat(world, token, personAt(1), 'willing'),
        );
        expect(await token.read.balanceOf([personAt(1)])).to.equal(100n);
      });

      it(`pays neither fee nor rest where one of them can't be: a token that is ${mood}`, async () => {
        for (const [refusing, amount] of [
          [personAt(1), 93n],
          [personAt(50), 7n],
        ] as const) {
          const world = await makeWorld(anvil, await testContracts());
          const token = await deployMoodyToken(world);
          const campaign = await openCampaign(world, { token: token.address });
          const action = { fee: 7n, feeTo: personAt(50) };
          const made = await makeClaims(world, campaign, [{}, { action }, {}]);
          expect(await tryBatch(world, campaign, made)).to.deep.equal([]);
          await treat(world, token, refusing, mood);
          const refusal = refusalOf('PaymentFailed', [refusing, amount]);
          const { logs } = await expectSecondSkipped(
            { world, campaign, made },
            refusal,
            async () => {
              const balances = [personAt(1), personAt(50)].map((who) =>
                token.read.balanceOf([who]),
              );
              expect(await Promise.all(balances)).to.deep.equal([0n, 0n]);
              await treat(world, token, refusing, 'willing');
            },
          );
          expect(
            parseEventLogs({ abi: distributorAbi, logs, eventName: 'FeePaid' }),
          ).to.have.length(0);
          expect(await token.read.balanceOf([personAt(50)])).to.equal(7n);
        }
      });

      it(`skips that claim: a recipient of the coin that is ${mood}`, async () => {
        const world = await makeWorld(anvil, await testContracts());
        const wallet = await deployMoody(world, 'MoodyWallet');
        const campaign = await openCampaign(world, { token: COIN });
        const action = { recipient: wallet.address };
        const made = await makeClaims(world, campaign, [{}, { action }, {}]);
        expect(await tryBatch(world, campaign, made)).to.deep.equal([]);
        await feel(world, wallet, mood);
        const refusal = refusalOf('PaymentFailed', [wallet.address, 100n]);
        await expectSecondSkipped({ world, campaign, made }, refusal, () =>
          feel(world, wallet, 'willing'),
        );
        expect(await anvil.client.getBalance({ address: wallet.address })).to.equal(100n);
      });
    }

    it('copies nothing of what a hostile token answers', async () => {
      const gasWith = async (mood: 'burning' | 'bombing', fee: bigint): Promise<bigint> => {
        const world = await makeWorld(anvil, await testContracts());
        const token = await deployMoodyToken(world);
        const campaign = await openCampaign(world, { token: token.address });
        const made = await makeClaims(world, campaign, [{ action: { fee } }]);
        await treat(world, token, personAt(0), mood);
        return (await sendBatch(world, campaign, made)).gasUsed;
      };
      // To burn costs all that a payment may use; to make the bomb less, and its copy would make it more.
      for (const fee of [0n, 7n]) {
        expect(Number(await gasWith('bombing', fee))).to.be.below(
          Number(await gasWith('burning', fee)),
        );
      }
    });

    it('pays by a token that answers nothing', async () => {
      const world = await makeWorld(anvil, await testContracts());
      const token = await deploy(anvil, world.folder, 'SilentToken');
      const campaign = await openCampaign(world, { token });
      const made = await makeClaims(world, campaign, [{}, { action: { fee: 7n } }]);
      expect(await tryBatch(world, campaign, made)).to.deep.equal([]);
    });

    it('takes no token at its word that answers anything but true: it may have paid or not', async () => {
      const world = await makeWorld(anvil, await testContracts());
      const token = await deployMoodyToken(world);
      const campaign = await openCampaign(world, { token: token.address });
      const made = await makeClaims(world, campaign, [{}, {}, {}]);
      const action = { recipient: personAt(1), fee: 7n };
      const paying = await makeClaim(world, campaign, { action });
      expect(await tryBatch(world, campaign, [...made, paying])).to.deep.equal([]);
      await treat(world, token, personAt(1), 'refusing');
      // Where the transfer is a call of its own nothing can undo it but the end of the batch; a fee's payment can be undone.
      await expectRevert(tryBatch(world, campaign, made), 'UnclearPayment', [token.address]);
      expect(await tryBatch(world, campaign, [made[0]!, paying, made[2]!])).to.deep.equal([
        '0x',
        refusalOf('UnclearPayment', [token.address]),
        '0x',
      ]);
      const { logs } = await sendBatch(world, campaign, [made[0]!, paying, made[2]!]);
      expect(paidIn(logs)).to.deep.equal([nullifierOf(made[0]!), nullifierOf(made[2]!)]);
      expect(await budgetOf(world, campaign.id)).to.equal(99_800n);
    });

    it('does not take a token that is no longer there for one that has paid', async () => {
      const { world, campaign, made } = await makeBatch();
      expect(await tryBatch(world, campaign, made)).to.deep.equal([]);
      await anvil.client.setCode({ address: world.token.address, bytecode: '0x' });
      const unclear = [getAddress(world.token.address)];
      await expectRevert(tryBatch(world, campaign, made), 'UnclearPayment', unclear);
    });

    it('looks at nothing twice: what a failed payment leaves is there for the next batch', async () => {
      const world = await makeWorld(anvil, await testContracts());
      const token = await deployMoodyToken(world);
      const campaign = await openCampaign(world, { token: token.address, unit: 60_000n });
      const made = await makeClaims(world, campaign, [{}, {}]);
      await treat(world, token, personAt(0), 'reverting');
      expect(await tryBatch(world, campaign, made)).to.deep.equal([
        refusalOf('PaymentFailed', [personAt(0), 60_000n]),
        refusalOf('BudgetExceeded', [60_000n, 40_000n]),
      ]);
      await sendBatch(world, campaign, made);
      expect(await budgetOf(world, campaign.id)).to.equal(100_000n);
      const { logs } = await sendBatch(world, campaign, [made[1]!]);
      expect(paidIn(logs)).to.deep.equal([nullifierOf(made[1]!)]);
    });
  });

  describe('given little gas', () => {
    /** What becomes of a batch: every claim paid, some skipped, or nothing done. */
    async function outcomeOf(
      world: World,
      campaign: OpenCampaign,
      made: readonly MadeClaim[],
      gas: bigint,
    ) {
      const args = batchOf(campaign, made);
      try {
        const sent = { account: world.cast.relayer, gas };
        const { result } = await world.distributor.simulate.claimBatch(args, sent);
        return result.length === 0 ? 'paid' : 'skipped';
      } catch (error) {
        return String(error).includes('InsufficientGas') ? 'InsufficientGas' : 'reverted';
      }
    }

    /** The largest number that a condition holds for, of those up to `high`; it holds for 0. */
    async function largest(high: bigint, holds: (n: bigint) => Promise<boolean>): Promise<bigint> {
      let low = 0n;
      while (low < high) {
        const middle = (low + high + 1n) / 2n;
        if (await holds(middle)) low = middle;
        else high = middle - 1n;
      }
      return low;
    }

    type Path = {
      readonly inCoin?: boolean;
      readonly schedule?: Schedule;
      readonly said?: Partial<Action>;
    };
    const schedule: Schedule = {
      start: 0,
      transferable: false,
      clawbackNotice: 0,
      tranches: [{ start: 0, end: 0, bips: 10_000, steps: 0 }],
    };
    const paths: Readonly<Record<string, Path>> = {
      'a transfer': {},
      'a fee and a transfer': { said: { fee: 1n } },
      'a transfer, told a lot of hook data': {
        said: { fee: 1n, hookData: `0x${'ab'.repeat(4_000)}` },
      },
      'a grant': { schedule },
      coin: { inCoin: true },
      'a fee and coin': { inCoin: true, said: { fee: 1n } },
    };
    for (const [what, { inCoin = false, said = {}, ...changes }] of Object.entries(paths)) {
      it(`reverts rather than skip a claim that could be paid: ${what}`, async () => {
        const world = await makeWorld(anvil, await testContracts());
        const [token, wallet] = [
          await deployMoodyToken(world),
          await deployMoody(world, 'MoodyWallet'),
        ];
        const campaign = await openCampaign(world, {
          ...changes,
          token: inCoin ? COIN : token.address,
        });
        const action = { ...said, ...(inCoin ? { recipient: wallet.address } : {}) };
        const made = await makeClaims(world, campaign, [{ action }, { action }, { action }]);
        const outcome = (gas: bigint) => outcomeOf(world, campaign, made, gas);
        const ask = async (needs: bigint) => {
          const sent = by(world.cast.stranger);
          const hash = inCoin ? wallet.write.ask([needs], sent) : token.write.ask([needs], sent);
          await anvil.mined(hash);
        };
        // Who is paid, or the token, needs all the gas that a payment can get: with any less it fails.
        const needs = await largest(600_000n, async (n) => {
          await ask(n);
          return (await outcome(15_000_000n)) === 'paid';
        });
        expect(Number(needs)).to.be.above(100_000);
        await ask(needs + 1n);
        expect(await outcome(15_000_000n)).to.equal('skipped');
        await ask(needs);

        const tooLittle = await largest(3_000_000n, async (gas) => (await outcome(gas)) !== 'paid');
        expect(await outcome(tooLittle)).to.equal('InsufficientGas');
        const limits: bigint[] = [];
        for (let gas = 100_000n; gas < 3_000_000n; gas += 25_000n) limits.push(gas);
        for (let d = -30_000n; d < 30_000n; d += 600n) limits.push(tooLittle + d);
        const seen = new Set<string>();
        for (const gas of limits) {
          const found = await outcome(gas);
          seen.add(found);
          expect(found, `with ${gas} gas`).to.not.equal('skipped');
          expect(found === 'paid', `with ${gas} gas`).to.equal(gas > tooLittle);
        }
        expect([...seen]).to.include.members(['paid', 'InsufficientGas', 'reverted']);
      });
    }
  });

  describe('beside the same claims one by one', () => {
    const seed = seedOf(20_262);
    for (let round = 0; round < 6; round += 1) {
      // A failed payment gives back what it held only after the batch has been judged: it goes with a full purse.
      const failing = round % 2 === 0;
      it(`ends the same, ${failing ? 'some payments failing' : 'a purse too small'} (seed ${seed}, round ${round})`, async () => {
        const random = makeRandom(seed + round).below;
        const world = await makeWorld(anvil, await testContracts());
        const token = await deployMoodyToken(world);
        const changes = { ...DISCLOSING, unit: 1n, cap: 2, token: token.address };
        const campaign = await openCampaign(world, changes);
        for (const i of [3, 4, 5]) {
          if (failing) await treat(world, token, personAt(i), BAD_MOODS[random(3)]!);
        }
        const made = await randomClaims(world, campaign, { random, failing });
        const people = [...Array(12).keys()].map(personAt).concat(world.cast.relayer);
        const stateNow = async () => ({
          budget: await budgetOf(world, campaign.id),
          balances: await Promise.all(people.map((who) => token.read.balanceOf([who]))),
          spent: await Promise.all(
            made.map((one) => world.distributor.read.isSpent([nullifierOf(one)])),
          ),
        });

        const id = await anvil.client.snapshot();
        const alone: Hex[] = [];
        for (const one of made) {
          const refusal = await tryClaim(world, campaign, one).then(() => '0x' as const, revertOf);
          alone.push(refusal);
          if (refusal === '0x') await sendClaim(world, campaign, one);
        }
        const expected = await stateNow();
        await anvil.client.revert({ id });

        const answer = await tryBatch(world, campaign, made);
        expect(answer.length === 0 ? made.map(() => '0x') : answer).to.deep.equal(alone);
        const { logs } = await sendBatch(world, campaign, made);
        expect(await stateNow()).to.deep.equal(expected);
        expect(paidIn(logs)).to.have.length(alone.filter((refusal) => refusal === '0x').length);
        expect(
          skippedIn(logs)
            .map(([, refusal]) => refusal)
            .sort(),
        ).to.deep.equal(alone.filter((refusal) => refusal !== '0x').sort());
      });
    }

    type Dice = (n: number) => number;
    async function randomClaims(
      world: World,
      campaign: OpenCampaign,
      { random, failing }: { random: Dice; failing: boolean },
    ): Promise<readonly MadeClaim[]> {
      const made: MadeClaim[] = [];
      for (let i = 0; i < 14; i += 1) {
        const earlier = made[random(made.length || 1)];
        const disclosed = BigInt(random(failing ? 5_000 : 30_000));
        const action = {
          recipient: personAt(failing ? random(6) : random(3)),
          fee: BigInt(random(2) * 7),
        };
        const kinds: (() => Promise<MadeClaim>)[] = [
          () => makeClaim(world, campaign, { disclosed, action }),
          () => makeClaim(world, campaign, { disclosed, action, shown: 1 + random(2) }),
          () =>
            makeClaim(world, campaign, {
              disclosed: BigInt(random(10)),
              action: { ...action, fee: 5n },
            }),
          () =>
            makeClaim(world, campaign, {
              disclosed,
              action: { ...action, minAmount: BigInt(random(30_000)) },
            }),
          async () => ({
            ...(await makeClaim(world, campaign)),
            action: makeAction(personAt(1), { fee: 3n }),
          }),
          async () => makeClaim(world, campaign, { root: 5n, action }),
          async () =>
            failing || !earlier ? makeClaim(world, campaign, { disclosed, action }) : earlier,
        ];
        made.push(await kinds[random(kinds.length)]!());
      }
      return made;
    }
  });

  describe('given a token that calls back in the middle', () => {
    /** What the call in the middle of the first payment answered, and the world after the batch. */
    async function meddle(
      makeCall: (world: World, campaign: OpenCampaign, first: MadeClaim) => Hex | Promise<Hex>,
    ) {
      const world = await makeWorld(anvil, await testContracts());
      const token = await deployMeddlingToken(world);
      const campaign = await openCampaign(world, { token: token.address });
      await anvil.mined(token.write.mint([token.address, 50n], by(world.cast.stranger)));
      const made = await makeClaims(world, campaign, [{}, {}]);
      const call = await makeCall(world, campaign, made[0]!);
      const args = [world.distributor.address, call] as const;
      await anvil.mined(token.write.meddle(args, by(world.cast.stranger)));
      const { logs } = await sendBatch(world, campaign, made);
      expect(paidIn(logs)).to.include.members(made.map(nullifierOf));
      expect(await token.read.balanceOf([personAt(0)])).to.equal(100n);
      expect(await token.read.balanceOf([personAt(1)])).to.equal(100n);
      const held = await token.read.balanceOf([world.distributor.address]);
      expect(await budgetOf(world, campaign.id)).to.equal(held);
      return { world, campaign, token, held, made };
    }
    const abi = distributorAbi;

    const refused: Readonly<Record<string, (campaign: OpenCampaign, made: MadeClaim) => Hex>> = {
      claimBatch: (campaign, made) =>
        encodeFunctionData({ abi, functionName: 'claimBatch', args: batchOf(campaign, [made]) }),
      fund: ({ id }) => encodeFunctionData({ abi, functionName: 'fund', args: [id, 5n] }),
      fundWithPermit: ({ id }) =>
        encodeFunctionData({
          abi,
          functionName: 'fundWithPermit',
          args: [id, 5n, 0n, 27, REASON, REASON],
        }),
      clawback: ({ id }) =>
        encodeFunctionData({ abi, functionName: 'clawback', args: [id, personAt(7)] }),
    };
    for (const [verb, makeCall] of Object.entries(refused)) {
      it(`lets nobody into ${verb}, and pays as if nothing had been tried`, async () => {
        const { token, held } = await meddle((_, campaign, first) => makeCall(campaign, first));
        expect(await token.read.answer()).to.equal(refusalOf('ReentrancyGuardReentrantCall'));
        expect(held).to.equal(99_800n);
      });
    }

    it('lets nobody into payInBatch', async () => {
      const { token } = await meddle((_, { id }, { claim, action }) =>
        encodeFunctionData({
          abi,
          functionName: 'payInBatch',
          args: [id, 1n, claim.statement.root, 99_000n, personAt(7), action],
        }),
      );
      expect(await token.read.answer()).to.equal(refusalOf('NotItself', [token.address]));
    });

    it('pays nobody twice through claim', async () => {
      const { token, made, held } = await meddle((_, { id }, { claim, action }) =>
        encodeFunctionData({ abi, functionName: 'claim', args: [id, claim, action] }),
      );
      const refusal = refusalOf('NullifierSpent', [nullifierOf(made[0]!)]);
      expect(await token.read.answer()).to.equal(refusal);
      expect(held).to.equal(99_800n);
    });

    it("pays another's claim on its way, out of what is left", async () => {
      const { token, held } = await meddle(async (world, campaign) => {
        const action = { recipient: personAt(2) };
        const other = await makeClaim(world, campaign, { action });
        const args = [campaign.id, other.claim, other.action] as const;
        return encodeFunctionData({ abi, functionName: 'claim', args });
      });
      expect(await token.read.succeeded()).to.equal(true);
      expect(held).to.equal(99_700n);
    });

    it('counts once what is funded in the middle of a single claim', async () => {
      const world = await makeWorld(anvil, await testContracts());
      const token = await deployMeddlingToken(world);
      const campaign = await openCampaign(world, { token: token.address });
      await anvil.mined(token.write.mint([token.address, 50n], by(world.cast.stranger)));
      const call = encodeFunctionData({ abi, functionName: 'fund', args: [campaign.id, 50n] });
      const meddling = [world.distributor.address, call] as const;
      await anvil.mined(token.write.meddle(meddling, by(world.cast.stranger)));
      await sendClaim(world, campaign, await makeClaim(world, campaign));
      expect(await token.read.succeeded()).to.equal(true);
      expect(await budgetOf(world, campaign.id)).to.equal(99_950n);
      expect(await token.read.balanceOf([world.distributor.address])).to.equal(99_950n);
    });
  });

  describe('payInBatch', () => {
    it('reverts for everybody but the distributor itself (S32)', async () => {
      const { world, campaign, made } = await makeBatch({}, [{ action: { fee: 1n } }]);
      const { distributor, cast } = world;
      const { action } = made[0]!;
      const args = [campaign.id, 1n, 1n, 100n, cast.relayer, action] as const;
      await distributor.simulate.payInBatch(args, by(distributor.address));
      for (const actor of [cast.integrator, cast.guardian, cast.relayer, cast.stranger]) {
        const call = distributor.simulate.payInBatch(args, by(actor));
        await expectRevert(call, 'NotItself', [getAddress(actor)]);
      }
    });
  });

  it('takes claims on two campaigns apart: one whose twin is elsewhere is skipped (S16)', async () => {
    const { world, campaign, made } = await makeBatch({}, [{}, {}]);
    const id = await createCampaign(world, campaign.params);
    await fund(world, id, 1_000n);
    const twin = await makeClaim(world, { ...campaign, id });
    expect(await tryBatch(world, { ...campaign, id }, [twin])).to.deep.equal([]);
    const { policy } = made[0]!.claim.statement;
    expect(await tryBatch(world, campaign, [made[0]!, twin, made[1]!])).to.deep.equal([
      '0x',
      refusalOf('WrongPolicy', [policy, twin.claim.statement.policy]),
      '0x',
    ]);
  });
});

/** People who own nothing yet. */
function personAt(i: number): Address {
  return getAddress(`0x${(0x1000 + i).toString(16).padStart(40, '0')}`);
}
