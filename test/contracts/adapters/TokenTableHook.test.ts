/** TokenTableHook, called as an unlocker calls it: after it paid, with its own calldata and sender. */
import { expect } from 'chai';
import {
  concatHex,
  encodeFunctionData,
  parseAbi,
  parseEventLogs,
  toFunctionSelector,
  zeroAddress,
  type Abi,
  type Address,
  type Hex,
} from 'viem';
import { tokenTableHookAbi } from '../../../src/chain/abis.ts';
import { tokenTableAction } from '../../../src/chain/adapters.ts';
import { refusesBadClaims } from '../../support/adapterCases.ts';
import {
  CLAIM_BYTES,
  adapterChain,
  contextOf,
  freeze,
  toBytes,
  type Acceptance,
  type Said,
} from '../../support/adapters.ts';
import { METERED } from '../../support/campaigns.ts';
import { by, expectRevert, handle } from '../../support/contracts.ts';

const DAY = 86_400n;
/** The holder's schedule, and another one of his. */
const [ACTUAL, SECOND] = [7n, 8n];

/** An unlocker of version 2.5.5, and what the host has for the test. */
const UNLOCKER_ABI = parseAbi([
  'struct Preset { uint256[] linearStartTimestampsRelative; uint256 linearEndTimestampRelative; uint256[] linearBips; uint256[] numOfUnlocksForEachLinear; bool stream; }',
  'struct Actual { bytes32 presetId; uint256 startTimestampAbsolute; uint256 amountClaimed; uint256 totalAmount; }',
  'function claim(uint256[] actualIds, address[] claimTos, uint256 batchId, bytes extraData)',
  'function delegateClaim(uint256[] actualIds, uint256 batchId, bytes extraData)',
  'function createPresets(bytes32[] presetIds, Preset[] presets, uint256 batchId, bytes extraData)',
  'function createActuals(address[] recipients, Actual[] actuals, uint256[] recipientIds, uint256 batchId, bytes extraData)',
  'function withdrawDeposit(uint256 amount, bytes extraData)',
  'function cancel(uint256[] actualIds, bool[] shouldWipeClaimableBalance, uint256 batchId, bytes extraData)',
  'function setHook(address hook)',
  'function disableCancel()',
  'function disableHook()',
  'function disableWithdraw()',
  'function hook() view returns (address)',
  'function owner() view returns (address)',
  'function paid(address recipient) view returns (uint256)',
  'function mint(address recipient, uint256 actualId)',
  'function transferOwnership(address newOwner)',
  'function transferFrom(address from, address to, uint256 actualId)',
  'error NotPermissioned()',
]);

const EXAMPLE_ABI = parseAbi([
  'function HOOK() view returns (address)',
  'function install()',
  'error NotPermissioned()',
]);

describe('TokenTableHook', () => {
  const chain = adapterChain();

  /** An unlocker with the hook and two schedules of the holder's; its owner and delegate is the first account. */
  async function open(changes: Partial<Acceptance> = {}) {
    const world = await chain.world(changes);
    const { holder } = world.cast;
    const unlockerAt = await world.put('UnlockerHost');
    const hookAt = await world.put('TokenTableHook', [
      world.roots.address,
      unlockerAt,
      ...world.rule,
    ]);
    const [unlocker, hook] = [
      handle(chain.anvil, unlockerAt, UNLOCKER_ABI),
      handle(chain.anvil, hookAt, tokenTableHookAbi),
    ];
    const owner = await unlocker.read.owner();
    await chain.anvil.mined(unlocker.write.setHook([hookAt], by(owner)));
    for (const id of [ACTUAL, SECOND])
      await chain.anvil.mined(unlocker.write.mint([holder, id], by(owner)));
    const claim = (said: Said = {}, actualId = ACTUAL, recipient = holder) =>
      world.claimFor(hookAt, tokenTableAction({ actualId, recipient }), said);
    const ask = (
      bytes: Hex,
      ids = [ACTUAL],
      tos: readonly Address[] = ids.map(() => zeroAddress),
    ) => unlocker.simulate.claim([ids, tos, 1n, bytes], by(holder));
    const go = async (
      bytes: Hex,
      ids = [ACTUAL],
      tos: readonly Address[] = ids.map(() => zeroAddress),
    ) => chain.anvil.mined(unlocker.write.claim([ids, tos, 1n, bytes], by(holder)));
    return { world, owner, unlocker, hook, claim, ask, go };
  }

  describe('given a claim for schedule and recipient', () => {
    it('lets the owner be paid, spends the nullifier and says which it was', async () => {
      const { hook, unlocker, go, claim, world } = await open();
      const { logs } = await go(toBytes(claim()));
      const { holder: recipient } = world.cast;
      const [event] = parseEventLogs({
        abi: tokenTableHookAbi,
        logs,
        eventName: 'RecipientVerified',
      });
      expect(event!.args).to.deep.equal({ actualId: ACTUAL, recipient, nullifier: 77n });
      expect(await unlocker.read.paid([recipient])).to.equal(1n);
      expect(await hook.read.isSpent([77n])).to.equal(true);
    });

    it('lets another recipient be paid, whom the owner names and the claim too', async () => {
      const { unlocker, go, claim, world } = await open();
      const { relayer } = world.cast;
      await go(toBytes(claim({}, ACTUAL, relayer)), [ACTUAL], [relayer]);
      expect(await unlocker.read.paid([relayer])).to.equal(1n);
    });

    it('lets a delegate claim for the owner', async () => {
      const { unlocker, owner, claim, world } = await open();
      const args = [[ACTUAL], 1n, toBytes(claim())] as const;
      await chain.anvil.mined(unlocker.write.delegateClaim(args, by(owner)));
      expect(await unlocker.read.paid([world.cast.holder])).to.equal(1n);
    });

    it('remembers him, so that the next claim needs none', async () => {
      const { hook, unlocker, owner, ask, go, claim, world } = await open();
      const { holder } = world.cast;
      await expectRevert(ask('0x'), 'NotVerified', [ACTUAL, holder]);
      expect(await hook.read.isVerified([ACTUAL, holder])).to.equal(false);
      await go(toBytes(claim()));
      expect(await hook.read.isVerified([ACTUAL, holder])).to.equal(true);
      await chain.anvil.goTo(chain.clock + DAY / 2n);
      await go('0x');
      await chain.anvil.mined(unlocker.write.delegateClaim([[ACTUAL], 2n, '0x'], by(owner)));
      expect(await unlocker.read.paid([holder])).to.equal(3n);
    });

    it('takes one for each schedule of a call, and looks at none that is not needed', async () => {
      const { hook, go, claim, world } = await open();
      const people = [claim(), claim({ nullifier: 78n }, SECOND)];
      await go(toBytes(people[0]!));
      await go(toBytes(...people), [ACTUAL, SECOND]);
      expect(await hook.read.isVerified([SECOND, world.cast.holder])).to.equal(true);
      await go('0x', [SECOND, ACTUAL]);
    });
  });

  describe('given a rule by period', () => {
    const byPeriod = () => ({
      indexKind: 1,
      indexLimit: 3600,
      periodStart: Number(chain.clock) - 3600,
    });

    it('remembers a recipient until the period ends', async () => {
      const { hook, ask, go, claim, world } = await open(byPeriod());
      const { holder } = world.cast;
      await go(toBytes(claim({ shown: 1 })));
      await chain.anvil.goTo(chain.clock + 3599n);
      await ask('0x');
      await chain.anvil.goTo(chain.clock + 3600n);
      expect(await hook.read.isVerified([ACTUAL, holder])).to.equal(false);
      await expectRevert(ask('0x'), 'NotVerified', [ACTUAL, holder]);
      const next = { shown: 2, nullifier: 78n, checkedAt: Number(chain.clock) + 3600 };
      await go(toBytes(claim(next)));
      await ask('0x');
    });

    it('pays once on a proof of the period that has just ended', async () => {
      const { ask, go, claim, world } = await open(byPeriod());
      await chain.anvil.nextAt(chain.clock + 3600n);
      await go(toBytes(claim({ shown: 1, checkedAt: Number(chain.clock) + 3540 })));
      await expectRevert(ask('0x'), 'NotVerified', [ACTUAL, world.cast.holder]);
    });
  });

  describe('refuses', () => {
    refusesBadClaims(chain, async () => {
      const made = await open();
      const { unlocker, claim, world, ask } = made;
      // A replay is by a recipient who isn't verified: somebody who bought the schedule.
      const go = async (bytes: Hex) => {
        await made.go(bytes);
        const { holder, stranger } = world.cast;
        const args = [holder, stranger, ACTUAL] as const;
        await chain.anvil.mined(unlocker.write.transferFrom(args, by(holder)));
        bought = stranger;
      };
      let bought: Address | undefined;
      return {
        world,
        claim: (said: Said = {}) => claim(said, ACTUAL, bought ?? world.cast.holder),
        ask: (bytes: Hex) =>
          bought === undefined
            ? ask(bytes)
            : unlocker.simulate.claim([[ACTUAL], [zeroAddress], 1n, bytes], by(bought)),
        go,
      };
    });

    it('another recipient, named by the owner', async () => {
      const { hook, ask, claim, world } = await open();
      const { holder, stranger } = world.cast;
      await ask(toBytes(claim()));
      const wanted = [stranger, holder].map((who) =>
        contextOf(hook.address, tokenTableAction({ actualId: ACTUAL, recipient: who })),
      );
      const call = ask(toBytes(claim()), [ACTUAL], [stranger]);
      await expectRevert(call, 'WrongContext', wanted);
    });

    it('another schedule: a copy is worth nothing (S15)', async () => {
      const { hook, unlocker, ask, claim, world, owner } = await open();
      const { holder, stranger } = world.cast;
      await ask(toBytes(claim()));
      const wanted = [SECOND, ACTUAL].map((id) =>
        contextOf(hook.address, tokenTableAction({ actualId: id, recipient: holder })),
      );
      await expectRevert(ask(toBytes(claim()), [SECOND]), 'WrongContext', wanted);
      await chain.anvil.mined(unlocker.write.mint([stranger, 9n], by(owner)));
      const copied = unlocker.simulate.claim(
        [[9n], [zeroAddress], 1n, toBytes(claim())],
        by(stranger),
      );
      const args = [
        contextOf(hook.address, tokenTableAction({ actualId: 9n, recipient: stranger })),
        contextOf(hook.address, tokenTableAction({ actualId: ACTUAL, recipient: holder })),
      ];
      await expectRevert(copied, 'WrongContext', args);
    });

    it('a buyer of the schedule, until he proves for himself', async () => {
      const { unlocker, go, claim, world } = await open();
      const { holder, stranger } = world.cast;
      await go(toBytes(claim()));
      await chain.anvil.mined(unlocker.write.transferFrom([holder, stranger, ACTUAL], by(holder)));
      const buyer = (bytes: Hex) =>
        unlocker.simulate.claim([[ACTUAL], [zeroAddress], 1n, bytes], by(stranger));
      await expectRevert(buyer('0x'), 'NotVerified', [ACTUAL, stranger]);
      await buyer(toBytes(claim({ nullifier: 78n }, ACTUAL, stranger)));
    });

    it('a delegate’s claim on the strength of a proof for somebody else', async () => {
      const { hook, unlocker, owner, claim, world } = await open();
      const { holder, stranger } = world.cast;
      const call = (bytes: Hex) =>
        unlocker.simulate.delegateClaim([[ACTUAL], 1n, bytes], by(owner));
      await call(toBytes(claim()));
      const wanted = [holder, stranger].map((who) =>
        contextOf(hook.address, tokenTableAction({ actualId: ACTUAL, recipient: who })),
      );
      const other = call(toBytes(claim({}, ACTUAL, stranger)));
      await expectRevert(other, 'WrongContext', wanted);
      await expectRevert(call('0x'), 'NotVerified', [ACTUAL, holder]);
    });

    it('one claim for two schedules, and one person for both', async () => {
      const { ask, claim } = await open();
      const both = [ACTUAL, SECOND];
      await ask(toBytes(claim(), claim({ nullifier: 78n }, SECOND)), both);
      const few = ask(toBytes(claim()), both);
      await expectRevert(few, 'MalformedClaims', [BigInt(CLAIM_BYTES)]);
      const same = ask(toBytes(claim(), claim({}, SECOND)), both);
      await expectRevert(same, 'NullifierSpent', [77n]);
    });

    it('another caller than the unlocker', async () => {
      const { hook, unlocker, claim, ask, world } = await open();
      const { holder } = world.cast;
      await ask(toBytes(claim()));
      const data = encodeFunctionData({
        abi: UNLOCKER_ABI,
        functionName: 'claim',
        args: [[ACTUAL], [zeroAddress], 1n, toBytes(claim())],
      });
      const call = hook.simulate.didCall([data, holder], by(holder));
      await expectRevert(call, 'WrongCaller', [unlocker.address, holder]);
    });

    it('a rule that is metered', async () => {
      const world = await chain.world();
      const unlockerAt = await world.put('UnlockerHost');
      const make = (changes: Partial<Acceptance>) =>
        world.put('TokenTableHook', [
          world.roots.address,
          unlockerAt,
          world.rule[0],
          { ...world.acceptance, ...changes },
        ]);
      await make({});
      await make({ indexLimit: METERED - 1 });
      let refused = '';
      await make({ indexKind: 2, indexLimit: 0 }).catch(
        (error: unknown) => (refused = String(error)),
      );
      expect(refused).to.match(/reverted/);
    });
  });

  describe('of the unlocker’s other calls', () => {
    const preset = {
      linearStartTimestampsRelative: [0n],
      linearEndTimestampRelative: 1n,
      linearBips: [10_000n],
      numOfUnlocksForEachLinear: [1n],
      stream: false,
    };
    const actual = {
      presetId: `0x${'01'.repeat(32)}` as const,
      startTimestampAbsolute: 0n,
      amountClaimed: 0n,
      totalAmount: 1n,
    };
    const encode = (functionName: string, args: readonly unknown[]): Hex =>
      encodeFunctionData<Abi>({ abi: UNLOCKER_ABI, functionName, args });
    const passing: readonly (readonly [string, readonly unknown[]])[] = [
      ['createPresets', [[actual.presetId], [preset], 1n, '0x']],
      ['createActuals', [[zeroAddress], [actual], [1n], 1n, '0x']],
      ['withdrawDeposit', [5n, '0x']],
      ['cancel', [[ACTUAL], [true], 1n, '0x']],
      ['disableCancel', []],
      ['disableWithdraw', []],
      ['disableHook', []],
    ];
    for (const [name, args] of passing) {
      it(`${name} passes, though the tree is frozen`, async () => {
        const { world, owner, unlocker } = await open();
        await freeze(world);
        const data = encode(name, args);
        const to = unlocker.address;
        await chain.anvil.mined(
          chain.anvil.client.sendTransaction({ account: owner, to, data, gas: 10n ** 6n }),
        );
      });
    }

    it('setHook passes, on the way in and on the way out', async () => {
      const { owner, unlocker, ask, world } = await open();
      await expectRevert(ask('0x'), 'NotVerified', [ACTUAL, world.cast.holder]);
      await chain.anvil.mined(unlocker.write.setHook([zeroAddress], by(owner)));
      await ask('0x');
    });

    it('one that the hook does not know is refused: it might pay', async () => {
      const { owner, unlocker } = await open();
      const older = parseAbi([
        'function claim(uint256[] actualIds, address[] claimTos, uint256 batchId)',
        'error UnknownCall(bytes4 selector)',
      ]);
      const known = encode('withdrawDeposit', [5n, '0x']);
      await chain.anvil.client.call({ account: owner, to: unlocker.address, data: known });
      const call = chain.anvil.client.simulateContract({
        address: unlocker.address,
        abi: older,
        functionName: 'claim',
        args: [[ACTUAL], [zeroAddress], 1n],
        account: owner,
      });
      await expectRevert(call, 'UnknownCall', [toFunctionSelector(older[0])]);
    });

    it('a calldata that ends too early is refused', async () => {
      const { hook, unlocker, world } = await open();
      const { holder } = world.cast;
      await chain.anvil.client.impersonateAccount({ address: unlocker.address });
      await chain.anvil.client.setBalance({ address: unlocker.address, value: 10n ** 18n });
      const call = (data: Hex) => hook.simulate.didCall([data, holder], by(unlocker.address));
      const whole = encode('claim', [[], [], 1n, '0x']);
      await call(whole);
      await expectRevert(call('0x3ac1'), 'UnknownCall', ['0x3ac10000']);
      const cut = whole.slice(0, -64) as Hex;
      let refused = false;
      await call(cut).catch(() => (refused = true));
      expect(refused).to.equal(true);
      await call(concatHex([whole, '0x0102']));
    });
  });

  describe('the example VerifiedUnlocks', () => {
    it('installs the hook for good: nobody owns the unlocker any more', async () => {
      const world = await chain.world();
      const { holder } = world.cast;
      const unlockerAt = await world.put('UnlockerHost');
      const unlocker = handle(chain.anvil, unlockerAt, UNLOCKER_ABI);
      const owner = await unlocker.read.owner();
      const args = [unlockerAt, world.roots.address, ...world.rule];
      const example = handle(chain.anvil, await world.put('VerifiedUnlocks', args), EXAMPLE_ABI);
      const hook = await example.read.HOOK();
      await chain.anvil.mined(unlocker.write.mint([holder, ACTUAL], by(owner)));
      await expectRevert(example.simulate.install(by(holder)), 'NotPermissioned');
      await chain.anvil.mined(unlocker.write.transferOwnership([example.address], by(owner)));
      await chain.anvil.mined(example.write.install(by(holder)));
      expect(await unlocker.read.hook()).to.equal(hook);
      const remove = unlocker.simulate.setHook([zeroAddress], by(owner));
      await expectRevert(remove, 'NotPermissioned');
      const claim = (bytes: Hex) =>
        unlocker.simulate.claim([[ACTUAL], [zeroAddress], 1n, bytes], by(holder));
      await expectRevert(claim('0x'), 'NotVerified', [ACTUAL, holder]);
      await claim(
        toBytes(world.claimFor(hook, tokenTableAction({ actualId: ACTUAL, recipient: holder }))),
      );
    });
  });
});
