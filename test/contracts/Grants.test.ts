/** Grants: plans, and what becomes of the grants under them. */
import { expect } from 'chai';
import {
  encodeErrorResult,
  encodeFunctionData,
  parseAbi,
  parseEventLogs,
  zeroAddress,
  zeroHash,
  type Address,
} from 'viem';
import { grantsAbi } from '../../src/chain/abis.ts';
import { GENESIS, startAnvil, type Anvil } from '../support/anvil.ts';
import { by, deploy, expectRevert, handle, testContracts } from '../support/contracts.ts';
import {
  AMOUNT,
  COIN,
  REASON,
  STREAM,
  clawBack,
  makeGrant,
  makeGrantWorld,
  makePlan,
  planParams,
  release,
  supply,
  type GrantWorld,
  type PlanParams,
} from '../support/grants.ts';

const NEVER = 2 ** 40 - 1;
const DAY = 86_400n;

/** test/contracts/doubles. */
const GREEDY_ABI = parseAbi([
  'struct Tranche { uint40 start; uint40 end; uint16 bips; uint32 steps; }',
  'struct PlanParams { address token; address owner; uint40 start; bool transferable; uint40 clawbackNotice; Tranche[] tranches; }',
  'function createPlan(PlanParams params)',
  'function makeGrant() returns (uint64)',
  'function makeAnother()',
]);
const CALLBACK_ABI = parseAbi(['function callBack(address target, bytes call)']);

describe('Grants', () => {
  let anvil: Anvil;
  let clock = GENESIS;
  before(async function () {
    this.timeout(300_000);
    await testContracts();
    anvil = await startAnvil();
  });
  after(() => anvil.stop());
  beforeEach(() => {
    clock += DAY;
  });

  const makeWorld = (tokenName?: string) => makeGrantWorld(anvil, tokenName);

  /** A plan and a grant under it, made at `clock`. */
  async function makeBoth(changes: Partial<PlanParams> = {}, tokenName?: string) {
    const world = await makeWorld(tokenName);
    const planId = await makePlan(world, changes);
    const grantId = await makeGrant(world, planId, { at: clock });
    return { ...world, world, planId, grantId };
  }

  /** What is done so many seconds after `clock`. */
  const releaseAt = (world: GrantWorld, grantId: bigint, second: bigint) =>
    release(world, grantId, clock + second);
  const clawBackAt = (world: GrantWorld, grantId: bigint, second: bigint) =>
    clawBack(world, grantId, clock + second);

  describe('createPlan', () => {
    it('counts ids from 1, keeps everything, and emits everything', async () => {
      const world = await makeWorld();
      const { grants, cast } = world;
      const params = { ...planParams(world), start: 7, transferable: false };
      for (const id of [1n, 2n]) {
        const hash = await grants.write.createPlan([params], by(cast.maker));
        const { logs } = await anvil.mined(hash);
        const [event] = parseEventLogs({ abi: grantsAbi, logs, eventName: 'PlanCreated' });
        expect(event!.args).to.deep.equal({
          planId: id,
          maker: cast.maker,
          token: params.token,
          params,
        });
      }
      expect(await grants.read.planCount()).to.equal(2n);
      const { tranches, ...rest } = params;
      expect(await grants.read.getPlan([2n])).to.deep.equal({ ...rest, maker: cast.maker });
      expect(await grants.read.getTranches([2n])).to.deep.equal(tranches);
    });

    it('keeps schedules of each length, odd or even, as they were given', async () => {
      const world = await makeWorld();
      for (const count of [1, 2, 3, 64]) {
        const tranches = Array.from({ length: count }, (_, i) => ({
          start: 2 ** 39 + i,
          end: 2 ** 39 + i + 1,
          bips: i === 0 ? 10_000 - (count - 1) : 1,
          steps: i === 0 ? 2 ** 32 - 1 : i,
        }));
        const planId = await makePlan(world, { tranches });
        expect(await world.grants.read.getTranches([planId])).to.deep.equal(tranches);
      }
    });

    it('takes the coin, which has no code', async () => {
      const world = await makeWorld();
      const planId = await makePlan(world, { token: COIN });
      expect((await world.grants.read.getPlan([planId])).token).to.equal(COIN);
    });

    const refused: readonly (readonly [
      what: string,
      changes: Partial<PlanParams>,
      error: string,
      args: readonly unknown[],
    ])[] = [
      ['a token without code', { token: zeroAddress }, 'InvalidPlan', ['token', 0n]],
      ['nobody who could claw back', { owner: zeroAddress }, 'InvalidPlan', ['owner', 0n]],
      ['no schedule', { tranches: [] }, 'InvalidSchedule', ['tranches', 0n, 0n]],
      [
        'a schedule of a part',
        { tranches: [{ ...STREAM[0]!, bips: 9_999 }] },
        'InvalidSchedule',
        ['bips', 1n, 9_999n],
      ],
    ];
    for (const [what, changes, error, args] of refused) {
      it(`reverts for ${what}`, async () => {
        const world = await makeWorld();
        const create = (more: Partial<PlanParams>) =>
          world.grants.simulate.createPlan(
            [{ ...planParams(world), ...more }],
            by(world.cast.maker),
          );
        await create({});
        await expectRevert(create(changes), error, args);
      });
    }

    it('needs no owner where nobody can claw back', async () => {
      const world = await makeWorld();
      await makePlan(world, { owner: zeroAddress, clawbackNotice: NEVER });
    });

    it('is unknown before it is made', async () => {
      const world = await makeWorld();
      const planId = await makePlan(world);
      for (const read of [world.grants.read.getPlan, world.grants.read.getTranches]) {
        await read([planId]);
        await expectRevert(read([planId + 1n]), 'UnknownPlan', [planId + 1n]);
        await expectRevert(read([0n]), 'UnknownPlan', [0n]);
      }
    });
  });

  describe('grant', () => {
    /** A plan, and a supply for one grant under it. */
    async function makeReady(changes: Partial<PlanParams> = {}) {
      const world = await makeWorld();
      const planId = await makePlan(world, changes);
      await supply(world, AMOUNT);
      const args = [planId, world.cast.recipient, AMOUNT] as const;
      return { ...world, world, planId, args };
    }

    it('takes the amount, counts from 1, and begins now', async () => {
      const { grants, token, cast, planId, args } = await makeReady();
      await anvil.nextAt(clock);
      const { logs } = await anvil.mined(grants.write.grant(args, by(cast.maker)));
      const [event] = parseEventLogs({ abi: grantsAbi, logs, eventName: 'Granted' });
      expect(event!.args).to.deep.equal({
        grantId: 1n,
        planId,
        recipient: cast.recipient,
        total: AMOUNT,
        start: Number(clock),
      });
      expect(await grants.read.getGrant([1n])).to.deep.equal({
        recipient: cast.recipient,
        planId,
        start: Number(clock),
        total: AMOUNT,
        released: 0n,
        granted: 0n,
        stopsAt: 0,
      });
      expect(await grants.read.grantCount()).to.equal(1n);
      expect(await token.read.balanceOf([grants.address])).to.equal(AMOUNT);
      expect(await token.read.balanceOf([cast.maker])).to.equal(0n);
    });

    for (const [when, offset, vested] of [
      ['past', -400, 400n],
      ['future', 400, 0n],
    ] as const) {
      it(`begins at the plan's start, in the ${when}`, async () => {
        const start = Number(clock) + offset;
        const { grants, grantId } = await makeBoth({ start });
        expect((await grants.read.getGrant([grantId])).start).to.equal(start);
        expect(await grants.read.vestedOf([grantId])).to.equal(vested);
      });
    }

    it('takes the coin that comes with the call', async () => {
      const { grants, grantId } = await makeBoth({ token: COIN });
      expect(await anvil.client.getBalance({ address: grants.address })).to.equal(AMOUNT);
      expect((await grants.read.getGrant([grantId])).total).to.equal(AMOUNT);
    });

    it('counts what arrives of a token that keeps a part', async () => {
      const { grants, token, grantId } = await makeBoth({}, 'TollToken');
      expect((await grants.read.getGrant([grantId])).total).to.equal(900n);
      expect(await token.read.balanceOf([grants.address])).to.equal(900n);
    });

    it('is made by the maker, not even by the owner', async () => {
      const { grants, cast, planId, args } = await makeReady();
      const call = (account: Address) => grants.simulate.grant(args, by(account));
      await call(cast.maker);
      for (const account of [cast.owner, cast.recipient, cast.stranger])
        await expectRevert(call(account), 'NotPlanMaker', [planId, account]);
    });

    it('reverts for no recipient, and under no plan', async () => {
      const { grants, cast, planId, args } = await makeReady();
      const call = (id: bigint, to: Address) =>
        grants.simulate.grant([id, to, AMOUNT], by(cast.maker));
      await call(...([args[0], args[1]] as const));
      await expectRevert(call(planId, zeroAddress), 'InvalidRecipient', [zeroAddress]);
      await expectRevert(call(planId + 1n, cast.recipient), 'UnknownPlan', [planId + 1n]);
    });

    it('reverts for coin that a token has no use for', async () => {
      const { grants, cast, args } = await makeReady();
      const call = (value: bigint) => grants.simulate.grant(args, { ...by(cast.maker), value });
      await call(0n);
      await expectRevert(call(1n), 'WrongValue', [1n, 0n]);
    });

    it('reverts for more coin or less than the amount', async () => {
      const { grants, cast, args } = await makeReady({ token: COIN });
      const call = (value: bigint) => grants.simulate.grant(args, { ...by(cast.maker), value });
      await call(AMOUNT);
      for (const value of [0n, AMOUNT - 1n, AMOUNT + 1n])
        await expectRevert(call(value), 'WrongValue', [value, AMOUNT]);
    });

    it('takes no more than is allowed', async () => {
      const { grants, cast, planId, args } = await makeReady();
      await grants.simulate.grant(args, by(cast.maker));
      const more = [planId, cast.recipient, AMOUNT + 1n] as const;
      await expectRevert(
        grants.simulate.grant(more, by(cast.maker)),
        'ERC20InsufficientAllowance',
        [grants.address, AMOUNT, AMOUNT + 1n],
      );
    });

    it('counts no transfer twice: the maker can’t make another grant in the middle', async () => {
      const world = await makeWorld('CallbackToken');
      const { folder, grants, token, cast } = world;
      const makerAt = await deploy(anvil, folder, 'GreedyMaker', [grants.address]);
      const maker = handle(anvil, makerAt, GREEDY_ABI);
      const calling = handle(anvil, token.address, CALLBACK_ABI);
      await anvil.mined(token.write.mint([makerAt, 200n], by(cast.maker)));
      await anvil.mined(maker.write.createPlan([planParams(world)], by(cast.maker)));
      await maker.simulate.makeGrant(by(cast.maker));
      const another = encodeFunctionData({ abi: GREEDY_ABI, functionName: 'makeAnother' });
      await anvil.mined(calling.write.callBack([makerAt, another], by(cast.maker)));
      const call = maker.simulate.makeGrant(by(cast.maker));
      await expectRevert(call, 'ReentrancyGuardReentrantCall');
    });
  });

  describe('release', () => {
    it('pays what has vested and wasn’t paid, to the recipient, whoever asks', async () => {
      const { world, grants, token, cast, grantId } = await makeBoth();
      for (const [second, amount, released] of [
        [1n, 1n, 1n],
        [400n, 399n, 400n],
        [999n, 599n, 999n],
        [5_000n, 1n, 1_000n],
      ] as const) {
        const { logs } = await releaseAt(world, grantId, second);
        const [event] = parseEventLogs({ abi: grantsAbi, logs, eventName: 'Released' });
        expect(event!.args).to.deep.equal({ grantId, recipient: cast.recipient, amount });
        expect(await token.read.balanceOf([cast.recipient])).to.equal(released);
        expect((await grants.read.getGrant([grantId])).released).to.equal(released);
        expect(await token.read.balanceOf([grants.address])).to.equal(AMOUNT - released);
      }
    });

    it('pays what `releasable` says', async () => {
      const { world, grants, cast, grantId } = await makeBoth();
      await releaseAt(world, grantId, 250n);
      await anvil.goTo(clock + 400n);
      expect(await grants.read.vestedOf([grantId])).to.equal(400n);
      expect(await grants.read.releasable([grantId])).to.equal(150n);
      const { result } = await grants.simulate.release([grantId], by(cast.stranger));
      expect(result).to.equal(150n);
    });

    it('reverts where nothing is due: at first, twice in a second, and when all is paid', async () => {
      const { world, grants, cast, grantId } = await makeBoth();
      const call = () => grants.simulate.release([grantId], by(cast.stranger));
      await expectRevert(call(), 'NothingToRelease', [grantId]);
      await anvil.goTo(clock + 1n);
      await call();
      await releaseAt(world, grantId, 1_000n);
      await expectRevert(call(), 'NothingToRelease', [grantId]);
    });

    it('pays nothing before the plan’s start, even of a cliff at its first second', async () => {
      const tranches = [{ start: 0, end: 0, bips: 10_000, steps: 0 }];
      const start = Number(clock) + 500;
      const { world, grants, token, cast, grantId } = await makeBoth({ start, tranches });
      await anvil.goTo(clock + 499n);
      const call = grants.simulate.release([grantId], by(cast.stranger));
      await expectRevert(call, 'NothingToRelease', [grantId]);
      await releaseAt(world, grantId, 500n);
      expect(await token.read.balanceOf([cast.recipient])).to.equal(AMOUNT);
    });

    it('pays the coin', async () => {
      const { world, cast, grantId } = await makeBoth({ token: COIN });
      const before = await anvil.client.getBalance({ address: cast.recipient });
      await releaseAt(world, grantId, 600n);
      expect(await anvil.client.getBalance({ address: cast.recipient })).to.equal(before + 600n);
    });

    it('pays the coin once to a recipient that asks again in the middle', async () => {
      const world = await makeWorld();
      const { folder, grants } = world;
      const planId = await makePlan(world, { token: COIN });
      const recipient = await deploy(anvil, folder, 'GreedyRecipient', [grants.address]);
      await makeGrant(world, planId, { at: clock });
      const grantId = await makeGrant(world, planId, { recipient, at: clock + 1n });
      await releaseAt(world, grantId, 601n);
      expect(await anvil.client.getBalance({ address: recipient })).to.equal(600n);
      const refusal = await anvil.client.readContract({
        address: recipient,
        abi: parseAbi(['function refusal() view returns (bytes)']),
        functionName: 'refusal',
      });
      expect(refusal).to.equal(
        encodeErrorResult({ abi: grantsAbi, errorName: 'NothingToRelease', args: [grantId] }),
      );
    });

    it('reverts where the recipient can’t take the coin', async () => {
      const world = await makeWorld();
      const { grants, token, cast } = world;
      const planId = await makePlan(world, { token: COIN });
      const grantId = await makeGrant(world, planId, { recipient: token.address, at: clock });
      const other = await makeGrant(world, planId, { at: clock + 1n });
      await anvil.goTo(clock + 600n);
      const call = (id: bigint) => grants.simulate.release([id], by(cast.stranger));
      await call(other);
      await expectRevert(call(grantId), 'PaymentFailed', [token.address, 600n]);
    });

    it('loses nothing while a token doesn’t move', async () => {
      const { world, grants, token, cast, grantId } = await makeBoth({}, 'StoppingToken');
      const abi = parseAbi(['function stop(bool stopped)']);
      const stopping = handle(anvil, token.address, abi).write;
      await anvil.mined(stopping.stop([true], by(cast.stranger)));
      await anvil.goTo(clock + 600n);
      const call = grants.simulate.release([grantId], by(cast.stranger));
      await expectRevert(call, 'UnclearPayment', [token.address]);
      await anvil.mined(stopping.stop([false], by(cast.stranger)));
      await releaseAt(world, grantId, 700n);
      expect(await token.read.balanceOf([cast.recipient])).to.equal(700n);
    });

    it('pays a token that lies from nothing that is another’s', async () => {
      const { world, folder, grants, token, cast, grantId } = await makeBoth();
      const liar = await deploy(anvil, folder, 'LyingToken');
      const planId = await makePlan(world, { token: liar });
      const lie = await makeGrant(world, planId, { at: clock + 1n });
      await releaseAt(world, lie, 501n);
      expect((await grants.read.getGrant([lie])).released).to.equal(500n);
      expect(await token.read.balanceOf([cast.recipient])).to.equal(0n);
      await releaseAt(world, grantId, 1_000n);
      expect(await token.read.balanceOf([cast.recipient])).to.equal(AMOUNT);
    });

    it('is unknown before it is made', async () => {
      const { grants, cast, grantId } = await makeBoth();
      await anvil.goTo(clock + 1n);
      for (const ask of [
        (id: bigint) => grants.simulate.release([id], by(cast.stranger)),
        (id: bigint) => grants.read.getGrant([id]),
        (id: bigint) => grants.read.vestedOf([id]),
        (id: bigint) => grants.read.releasable([id]),
      ]) {
        await ask(grantId);
        await expectRevert(ask(grantId + 1n), 'UnknownGrant', [grantId + 1n]);
        await expectRevert(ask(0n), 'UnknownGrant', [0n]);
      }
    });
  });

  describe('transferGrant', () => {
    it('hands on what wasn’t paid yet', async () => {
      const { world, grants, token, cast, grantId } = await makeBoth();
      await releaseAt(world, grantId, 300n);
      await anvil.nextAt(clock + 400n);
      const hash = await grants.write.transferGrant([grantId, cast.other], by(cast.recipient));
      const { logs } = await anvil.mined(hash);
      const [event] = parseEventLogs({ abi: grantsAbi, logs, eventName: 'GrantTransferred' });
      expect(event!.args).to.deep.equal({ grantId, from: cast.recipient, to: cast.other });
      await releaseAt(world, grantId, 500n);
      expect(await token.read.balanceOf([cast.recipient])).to.equal(300n);
      expect(await token.read.balanceOf([cast.other])).to.equal(200n);
    });

    it('is the present recipient’s right alone', async () => {
      const { grants, cast, grantId } = await makeBoth();
      const call = (account: Address) =>
        grants.simulate.transferGrant([grantId, cast.stranger], by(account));
      await call(cast.recipient);
      for (const account of [cast.maker, cast.owner, cast.other])
        await expectRevert(call(account), 'NotRecipient', [grantId, account]);
      await anvil.mined(grants.write.transferGrant([grantId, cast.other], by(cast.recipient)));
      await call(cast.other);
      await expectRevert(call(cast.recipient), 'NotRecipient', [grantId, cast.recipient]);
    });

    it('reverts where the plan doesn’t allow it', async () => {
      const { world, grants, cast, grantId } = await makeBoth();
      const fixed = await makePlan(world, { transferable: false });
      const other = await makeGrant(world, fixed, { at: clock + 10n });
      const call = (id: bigint) =>
        grants.simulate.transferGrant([id, cast.other], by(cast.recipient));
      await call(grantId);
      await expectRevert(call(other), 'NotTransferable', [other]);
    });

    it('reverts for nobody, and of no grant', async () => {
      const { grants, cast, grantId } = await makeBoth();
      const call = (id: bigint, to: Address) =>
        grants.simulate.transferGrant([id, to], by(cast.recipient));
      await call(grantId, cast.other);
      await expectRevert(call(grantId, zeroAddress), 'InvalidRecipient', [zeroAddress]);
      await expectRevert(call(grantId + 1n, cast.other), 'UnknownGrant', [grantId + 1n]);
    });
  });

  describe('clawback', () => {
    it('pays back what won’t vest within the notice, at once, and says why', async () => {
      const { world, grants, token, cast, planId, grantId } = await makeBoth();
      const { logs } = await clawBackAt(world, grantId, 300n);
      const [event] = parseEventLogs({ abi: grantsAbi, logs, eventName: 'ClawedBack' });
      const stopsAt = Number(clock) + 400;
      expect(event!.args).to.deep.equal({
        grantId,
        planId,
        to: cast.other,
        amount: 600n,
        kept: 400n,
        stopsAt,
        reason: REASON,
      });
      expect(await token.read.balanceOf([cast.other])).to.equal(600n);
      const { total, granted, stopsAt: stops } = await grants.read.getGrant([grantId]);
      expect([total, granted, stops]).to.deep.equal([400n, AMOUNT, stopsAt]);
    });

    it('leaves what has vested, and what vests within the notice, on the same schedule', async () => {
      const { world, grants, token, cast, grantId } = await makeBoth();
      await releaseAt(world, grantId, 100n);
      await clawBackAt(world, grantId, 300n);
      for (const [second, vested] of [
        [300n, 300n],
        [399n, 399n],
        [400n, 400n],
        [401n, 400n],
        [5_000n, 400n],
      ] as const) {
        await anvil.goTo(clock + second);
        expect(await grants.read.vestedOf([grantId]), `second ${second}`).to.equal(vested);
      }
      await releaseAt(world, grantId, 5_001n);
      expect(await token.read.balanceOf([cast.recipient])).to.equal(400n);
      expect(await token.read.balanceOf([grants.address])).to.equal(0n);
    });

    it('stops at once where the notice is 0, and still pays what had vested', async () => {
      const { world, token, cast, grantId } = await makeBoth({ clawbackNotice: 0 });
      await clawBackAt(world, grantId, 300n);
      await releaseAt(world, grantId, 5_000n);
      expect(await token.read.balanceOf([cast.recipient])).to.equal(300n);
    });

    it('takes all of a grant that hasn’t begun, once', async () => {
      const { world, grants, token, cast, grantId } = await makeBoth({
        start: Number(clock) + 5_000,
      });
      await clawBackAt(world, grantId, 1n);
      expect(await token.read.balanceOf([cast.other])).to.equal(AMOUNT);
      await anvil.goTo(clock + 9_000n);
      const release = grants.simulate.release([grantId], by(cast.stranger));
      await expectRevert(release, 'NothingToRelease', [grantId]);
    });

    it('pays back the coin', async () => {
      const { world, cast, grantId } = await makeBoth({ token: COIN });
      const before = await anvil.client.getBalance({ address: cast.other });
      await clawBackAt(world, grantId, 300n);
      expect(await anvil.client.getBalance({ address: cast.other })).to.equal(before + 600n);
    });

    it('follows the grant, whoever has it', async () => {
      const { world, grants, token, cast, grantId } = await makeBoth();
      await anvil.mined(grants.write.transferGrant([grantId, cast.stranger], by(cast.recipient)));
      await clawBackAt(world, grantId, 300n);
      await releaseAt(world, grantId, 400n);
      expect(await token.read.balanceOf([cast.stranger])).to.equal(400n);
    });

    const calls = (world: GrantWorld, grantId: bigint) => {
      const { grants, cast } = world;
      return ({ account = cast.owner, to = cast.other, reason = REASON, id = grantId } = {}) =>
        grants.simulate.clawback([id, to, reason], by(account));
    };

    it('is the owner’s right alone, needs a reason, somebody to pay and a grant', async () => {
      const { world, cast, planId, grantId } = await makeBoth();
      const call = calls(world, grantId);
      await call();
      for (const account of [cast.maker, cast.recipient, cast.stranger])
        await expectRevert(call({ account }), 'NotPlanOwner', [planId, account]);
      await expectRevert(call({ reason: zeroHash }), 'ReasonMissing', [grantId]);
      await expectRevert(call({ to: zeroAddress }), 'InvalidRecipient', [zeroAddress]);
      await expectRevert(call({ id: grantId + 1n }), 'UnknownGrant', [grantId + 1n]);
    });

    it('is excluded where the plan says never', async () => {
      const { world, grantId } = await makeBoth();
      const fixed = await makePlan(world, { clawbackNotice: NEVER });
      const other = await makeGrant(world, fixed, { at: clock + 10n });
      await calls(world, grantId)();
      await expectRevert(calls(world, other)(), 'ClawbackExcluded', [other]);
    });

    it('comes once', async () => {
      const { world, grantId } = await makeBoth();
      await calls(world, grantId)();
      await clawBackAt(world, grantId, 300n);
      const args = [grantId, Number(clock) + 400];
      await expectRevert(calls(world, grantId)(), 'AlreadyClawedBack', args);
    });

    it('reverts where all vests within the notice', async () => {
      const { world, grantId } = await makeBoth();
      await anvil.goTo(clock + 899n);
      await calls(world, grantId)();
      await anvil.goTo(clock + 900n);
      await expectRevert(calls(world, grantId)(), 'NothingToClawBack', [grantId]);
    });

    it('counts a notice beyond 40 bits', async () => {
      const { world, grants, grantId } = await makeBoth();
      await calls(world, grantId)();
      const start = NEVER;
      const [cliff] = STREAM.map((tranche) => ({ ...tranche, start: NEVER, end: NEVER }));
      const long = { clawbackNotice: NEVER - 1, start };
      const inTime = await makePlan(world, long);
      const late = await makePlan(world, { ...long, tranches: [cliff!] });
      const vesting = await makeGrant(world, inTime, { at: clock + 10n });
      await expectRevert(calls(world, vesting)(), 'NothingToClawBack', [vesting]);
      const never = await makeGrant(world, late, { at: clock + 20n });
      await clawBackAt(world, never, 30n);
      const { total, stopsAt } = await grants.read.getGrant([never]);
      expect([total, stopsAt]).to.deep.equal([0n, Number(clock) + 30 + NEVER - 1]);
    });
  });
});
