/**
 * RootRegistry, one tree: its publications, and which of its roots a reader accepts (PROTOCOL.md section 4). Each time
 * rule is met one second before, at, and one second after its boundary.
 */
import { expect } from 'chai';
import { parseEventLogs, type Address, type Hex } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { rootRegistryAbi } from '../../src/chain/abis.ts';
import { FIELD_ORDER, NEVER } from '../../src/protocol/field.ts';
import { hashNode } from '../../src/protocol/hash.ts';
import type { Field } from '../../src/protocol/field.ts';
import { GENESIS, startAnvil, type Anvil } from '../support/anvil.ts';
import {
  createTree,
  newestRoot,
  nextPublication,
  publish,
  type Publication,
} from '../support/campaigns.ts';
import {
  BECAUSE,
  ROLE,
  by,
  deploy,
  expectRevert,
  makeWorld,
  testContracts,
  type World,
} from '../support/contracts.ts';

const OFF = Number(NEVER);
const DAY = 86_400n;

describe('RootRegistry', () => {
  let anvil: Anvil;
  let clock = GENESIS;
  before(async () => {
    anvil = await startAnvil();
  });
  after(() => anvil.stop());
  // Every test has a day of its own, whatever the seconds of the machine that runs it.
  beforeEach(() => {
    clock += DAY;
  });

  /** A world whose tree has published once, at `clock`. */
  async function makeTree() {
    const world = await makeWorld(anvil, await testContracts());
    const treeId = await createTree(world);
    await anvil.nextAt(clock);
    const root = await publish(world, treeId, { size: 10 });
    return { world, treeId, root };
  }

  /** Whether a reader accepts, at this second. */
  async function check(
    world: World,
    source: bigint,
    root: bigint,
    staleness: number,
    silence = OFF,
  ) {
    await world.roots.read.checkRoot([source, root, staleness, silence]);
  }

  describe('createTree', () => {
    it('counts ids from 1 and gives the tree a list under its id', async () => {
      const { roots, cast } = await makeWorld(anvil, await testContracts());
      const { logs } = await anvil.mined(roots.write.createTree([1n], by(cast.owner)));
      const [event] = parseEventLogs({ abi: rootRegistryAbi, logs });
      expect(event!.eventName).to.equal('TreeCreated');
      expect(event!.args).to.deep.equal({ treeId: 1n, issuerId: 1n });
      expect(await roots.read.isSource([1n])).to.equal(true);
      expect(await roots.read.isSource([2n])).to.equal(false);
      const { issuerId, sequence, root, frozen } = await roots.read.getTree([1n]);
      expect({ issuerId, sequence, root, frozen }).to.deep.equal({
        issuerId: 1n,
        sequence: 0n,
        root: 0n,
        frozen: false,
      });
    });

    for (const actor of ['publisher', 'guardian', 'stranger'] as const) {
      it(`reverts for the ${actor} (S32)`, async () => {
        const { roots, cast } = await makeWorld(anvil, await testContracts());
        await roots.simulate.createTree([1n], by(cast.owner));
        const call = roots.simulate.createTree([1n], by(cast[actor]));
        await expectRevert(call, 'NotOwner', [1n, cast[actor]]);
      });
    }

    it('reverts for an issuer that does not exist', async () => {
      const { roots, cast } = await makeWorld(anvil, await testContracts());
      await expectRevert(roots.simulate.createTree([2n], by(cast.owner)), 'NotOwner', [
        2n,
        cast.owner,
      ]);
    });
  });

  describe('publish', () => {
    it('records the publication, and the root of a list of one', async () => {
      const { world, treeId } = await makeTree();
      const { roots, cast } = world;
      const publication = await nextPublication(world, treeId, {
        root: 99n,
        size: 12,
        revoked: 3n,
        endsEpoch: true,
        logHead: `0x${'11'.repeat(32)}`,
        manifestHash: `0x${'22'.repeat(32)}`,
      });
      const { logs } = await anvil.mined(roots.write.publish([publication], by(cast.publisher)));
      const [published] = parseEventLogs({ abi: rootRegistryAbi, logs, eventName: 'Published' });
      expect(published!.args).to.deep.equal({
        treeId,
        sequence: 2n,
        root: 99n,
        publisher: cast.publisher,
        publication,
      });
      expect(await roots.read.getTree([treeId])).to.deep.equal({
        issuerId: 1n,
        sequence: 2n,
        size: 12,
        revoked: 3n,
        root: 99n,
        frozen: false,
      });
      expect(await newestRoot(world, treeId)).to.equal(listOfOne(99n));
      const [recorded] = parseEventLogs({ abi: rootRegistryAbi, logs, eventName: 'RootRecorded' });
      expect(recorded!.args).to.deep.equal({
        source: treeId,
        root: listOfOne(99n),
        epoch: 1,
        generation: 1,
      });
    });

    const refused: readonly (readonly [
      string,
      Partial<Publication>,
      string,
      readonly unknown[],
    ])[] = [
      ['a number that was', { sequence: 1n }, 'WrongSequence', [2n, 1n]],
      ['a number with a gap', { sequence: 3n }, 'WrongSequence', [2n, 3n]],
      ['no number', { sequence: 0n }, 'WrongSequence', [2n, 0n]],
      ['another previous root', { previousRoot: 5n }, 'WrongPreviousRoot', [1001n, 5n]],
      ['root 0 (S13)', { root: 0n }, 'RootOutOfRange', [0n]],
      ['root r (S2)', { root: FIELD_ORDER }, 'RootOutOfRange', [FIELD_ORDER]],
      ['root 2^256-1', { root: 2n ** 256n - 1n }, 'RootOutOfRange', [2n ** 256n - 1n]],
      ['a smaller size', { size: 9 }, 'SizeOutOfRange', [10, 9]],
      ['a size beyond the tree', { size: 4 ** 14 + 1 }, 'SizeOutOfRange', [10, 4 ** 14 + 1]],
      ['a revocation without the end of the epoch', { revoked: 1n }, 'EpochMustEnd', [0n, 1n]],
      ['a tree that does not exist', { treeId: 77n }, 'UnknownTree', [77n]],
    ];
    for (const [what, changes, error, args] of refused) {
      it(`reverts for ${what} (S24)`, async () => {
        const { world, treeId } = await makeTree();
        const { roots, cast } = world;
        const good = await nextPublication(world, treeId);
        await roots.simulate.publish([good], by(cast.publisher));
        await expectRevert(
          roots.simulate.publish([{ ...good, ...changes }], by(cast.publisher)),
          error,
          args,
        );
      });
    }

    it('reverts for a smaller count of revocations', async () => {
      const { world, treeId } = await makeTree();
      const { roots, cast } = world;
      await publish(world, treeId, { revoked: 2n, endsEpoch: true });
      const good = await nextPublication(world, treeId);
      await roots.simulate.publish([good], by(cast.publisher));
      const call = roots.simulate.publish([{ ...good, revoked: 1n }], by(cast.publisher));
      await expectRevert(call, 'RevokedFell', [2n, 1n]);
    });

    it('takes the largest values', async () => {
      const { world, treeId } = await makeTree();
      const largest = {
        root: FIELD_ORDER - 1n,
        size: 4 ** 14,
        revoked: 2n ** 64n - 1n,
        endsEpoch: true,
      };
      await publish(world, treeId, largest);
      await publish(world, treeId, { root: 5n });
    });

    for (const actor of ['owner', 'guardian', 'stranger', 'listOwner'] as const) {
      it(`reverts for the ${actor} (S32)`, async () => {
        const { world, treeId } = await makeTree();
        const { roots, cast } = world;
        const good = await nextPublication(world, treeId);
        await roots.simulate.publish([good], by(cast.publisher));
        const call = roots.simulate.publish([good], by(cast[actor]));
        await expectRevert(call, 'NotPublisher', [1n, cast[actor]]);
      });
    }

    it("reverts for another issuer's publisher (S32)", async () => {
      const { world, treeId } = await makeTree();
      const { roots, issuers, cast } = world;
      await anvil.mined(issuers.write.registerIssuer([cast.stranger, ''], by(cast.stranger)));
      const appointment = [2n, ROLE.publisher, cast.stranger, ...BECAUSE] as const;
      await anvil.mined(issuers.write.grantRole(appointment, by(cast.stranger)));
      const call = roots.simulate.publish(
        [await nextPublication(world, treeId)],
        by(cast.stranger),
      );
      await expectRevert(call, 'NotPublisher', [1n, cast.stranger]);
    });
  });

  describe('publishBySignature', () => {
    const account = privateKeyToAccount(generatePrivateKey());

    /** A tree that `publisher` may publish on, and what he would sign. */
    async function makeSigned(publisher: Address = account.address) {
      const { world, treeId } = await makeTree();
      const { issuers, roots, cast } = world;
      const appointment = [1n, ROLE.publisher, publisher, ...BECAUSE] as const;
      await anvil.mined(issuers.write.grantRole(appointment, by(cast.owner)));
      const publication = await nextPublication(world, treeId);
      const deadline = Number((await anvil.now()) + 100n);
      const signature = await sign(roots.address, publication, deadline);
      const send = (
        changes: { p?: Partial<Publication>; deadline?: number; who?: Address; sig?: Hex } = {},
      ) =>
        roots.simulate.publishBySignature(
          [
            { ...publication, ...changes.p },
            changes.deadline ?? deadline,
            changes.who ?? publisher,
            changes.sig ?? signature,
          ],
          by(cast.stranger),
        );
      return { world, publication, deadline, signature, send, publisher };
    }

    function sign(registry: Address, publication: Publication, deadline: number, chainId = 31337) {
      return account.signTypedData({
        domain: { name: 'Eligo', version: '1', chainId, verifyingContract: registry },
        types: { Publication: PUBLICATION_TYPE },
        primaryType: 'Publication',
        message: { ...publication, deadline },
      });
    }

    it('publishes in the name of the signer, sent by anyone', async () => {
      const { world, publication, deadline, signature } = await makeSigned();
      const { logs } = await anvil.mined(
        world.roots.write.publishBySignature(
          [publication, deadline, account.address, signature],
          by(world.cast.stranger),
        ),
      );
      const [event] = parseEventLogs({ abi: rootRegistryAbi, logs, eventName: 'Published' });
      expect(event!.args.publisher).to.equal(account.address);
    });

    it('publishes once', async () => {
      const { world, publication, deadline, signature, send } = await makeSigned();
      const args = [publication, deadline, account.address, signature] as const;
      await anvil.mined(world.roots.write.publishBySignature(args, by(world.cast.stranger)));
      await expectRevert(send(), 'WrongSequence', [3n, 2n]);
    });

    it('takes the signature of a contract (ERC-1271)', async () => {
      const contract = await deploy(anvil, await testContracts(), 'ContractAccount', [
        account.address,
      ]);
      const { send } = await makeSigned(contract);
      await send();
      await expectRevert(send({ sig: `0x${'00'.repeat(65)}` }), 'InvalidSignature', [contract]);
    });

    it('takes it until the deadline and not a second longer (S26)', async () => {
      const { send, deadline } = await makeSigned();
      await anvil.goTo(BigInt(deadline) - 1n);
      await send();
      await anvil.goTo(BigInt(deadline));
      await send();
      await anvil.goTo(BigInt(deadline) + 1n);
      await expectRevert(send(), 'DeadlinePassed', [deadline, BigInt(deadline) + 1n]);
    });

    const fields: Partial<Publication> = {
      root: 5n,
      size: 11,
      revoked: 1n,
      endsEpoch: true,
      voids: true,
      logHead: `0x${'01'.repeat(32)}`,
      manifestHash: `0x${'01'.repeat(32)}`,
      sequence: 3n,
      previousRoot: 1n,
      treeId: 2n,
    };
    for (const [field, value] of Object.entries(fields)) {
      it(`reverts for a changed field: ${field}`, async () => {
        const { send, publisher } = await makeSigned();
        await send();
        await expectRevert(send({ p: { [field]: value } }), 'InvalidSignature', [publisher]);
      });
    }

    it('reverts for a changed deadline', async () => {
      const { send, deadline, publisher } = await makeSigned();
      await send();
      await expectRevert(send({ deadline: deadline + 1 }), 'InvalidSignature', [publisher]);
    });

    it('reverts for a signature over another chain or registry (S16)', async () => {
      const { world, publication, deadline, send, publisher } = await makeSigned();
      await send();
      for (const sig of [
        await sign(world.roots.address, publication, deadline, 1),
        await sign(world.issuers.address, publication, deadline),
      ]) {
        await expectRevert(send({ sig }), 'InvalidSignature', [publisher]);
      }
    });

    it('reverts for a signer who is not a publisher (S32)', async () => {
      const { world, send } = await makeSigned();
      await send();
      const dismissal = [1n, ROLE.publisher, account.address, ...BECAUSE] as const;
      await anvil.mined(world.issuers.write.revokeRole(dismissal, by(world.cast.owner)));
      await expectRevert(send(), 'NotPublisher', [1n, account.address]);
    });
  });

  describe('checkRoot', () => {
    describe('given a root in force', () => {
      it('accepts it, and no other of the source', async () => {
        const { world, treeId, root } = await makeTree();
        await check(world, treeId, root, 0);
        for (const other of [root + 1n, 0n, 1001n]) {
          await expectRevert(check(world, treeId, other, OFF), 'UnknownRoot', [treeId, other]);
        }
      });

      it('accepts it of no other source', async () => {
        const { world, root } = await makeTree();
        const other = await createTree(world);
        for (const source of [other, 0n, 77n]) {
          await expectRevert(check(world, source, root, OFF), 'UnknownRoot', [source, root]);
        }
      });
    });

    describe('given additions since', () => {
      it('accepts the older root for every reader, for as long as nothing is revoked', async () => {
        const { world, treeId, root } = await makeTree();
        await publish(world, treeId, { size: 11 });
        await publish(world, treeId, { size: 12 });
        await anvil.goTo(clock + 10_000n);
        await check(world, treeId, root, 0);
      });
    });

    describe('given a revocation since (S14)', () => {
      const ended = async () => {
        const made = await makeTree();
        await anvil.nextAt(clock + 1_000n);
        await publish(made.world, made.treeId, { revoked: 1n, endsEpoch: true });
        return { ...made, endedAt: clock + 1_000n };
      };

      it('refuses the older root at once for a strict reader', async () => {
        const { world, treeId, root, endedAt } = await ended();
        expect(await anvil.now()).to.equal(endedAt);
        await expectRevert(check(world, treeId, root, 0), 'StaleRoot', [root, Number(endedAt), 0]);
      });

      for (const staleness of [1, 3_600]) {
        it(`refuses it ${staleness} s after the end of its epoch for a reader that allows so many`, async () => {
          const { world, treeId, root, endedAt } = await ended();
          const refuse = () => check(world, treeId, root, staleness);
          const stale = [root, Number(endedAt), staleness];
          await refuse();
          if (staleness > 1) await anvil.goTo(endedAt + BigInt(staleness) - 1n);
          await refuse();
          await anvil.goTo(endedAt + BigInt(staleness));
          await expectRevert(refuse(), 'StaleRoot', stale);
          await anvil.goTo(endedAt + BigInt(staleness) + 1n);
          await expectRevert(refuse(), 'StaleRoot', stale);
        });
      }

      it('never refuses it for a reader that allows 2^40-1: the sum does not wrap', async () => {
        const { world, treeId, root, endedAt } = await ended();
        await anvil.goTo(endedAt + 10_000n);
        await check(world, treeId, root, OFF);
      });

      it('accepts the newer root', async () => {
        const { world, treeId } = await ended();
        await check(world, treeId, await newestRoot(world, treeId), 0);
      });

      it('counts from the end of its own epoch, not of a later one', async () => {
        const { world, treeId, root, endedAt } = await ended();
        await anvil.nextAt(endedAt + 500n);
        await publish(world, treeId, { revoked: 2n, endsEpoch: true });
        await anvil.goTo(endedAt + 999n);
        await check(world, treeId, root, 1_000);
        await anvil.goTo(endedAt + 1_000n);
        await expectRevert(check(world, treeId, root, 1_000), 'StaleRoot', [
          root,
          Number(endedAt),
          1_000,
        ]);
      });

      it('accepts it again once it is published again (A, B, A)', async () => {
        const { world, treeId, root } = await ended();
        await publish(world, treeId, { root: 1001n });
        await check(world, treeId, root, 0);
      });
    });

    describe('given idle years before the revocation', () => {
      it('gives the older root its full time (S14)', async () => {
        const { world, treeId, root } = await makeTree();
        const endedAt = clock + 20_000n;
        await anvil.nextAt(endedAt);
        await publish(world, treeId, { revoked: 1n, endsEpoch: true });
        await anvil.goTo(endedAt + 99n);
        await check(world, treeId, root, 100);
      });
    });

    describe('given a voiding', () => {
      it('refuses every earlier root, whatever the reader allows', async () => {
        const { world, treeId, root } = await makeTree();
        const second = await publish(world, treeId);
        await publish(world, treeId, { voids: true });
        for (const old of [root, second]) {
          await expectRevert(check(world, treeId, old, OFF), 'UnknownRoot', [treeId, old]);
        }
        await check(world, treeId, await newestRoot(world, treeId), 0);
      });

      it('accepts one again that is published again', async () => {
        const { world, treeId, root } = await makeTree();
        await publish(world, treeId, { voids: true });
        await publish(world, treeId, { root: 1001n });
        await check(world, treeId, root, 0);
      });

      it('keeps the root that it repeats', async () => {
        const { world, treeId, root } = await makeTree();
        await publish(world, treeId, { root: 1001n, voids: true });
        await check(world, treeId, root, 0);
      });
    });

    describe('given silence', () => {
      for (const silence of [1, 3_600]) {
        it(`refuses the source ${silence} s after its last word (S26)`, async () => {
          const { world, treeId, root } = await makeTree();
          const ask = () => check(world, treeId, root, 0, silence);
          const last = clock + BigInt(silence);
          if (silence > 1) await anvil.goTo(last - 1n);
          await ask();
          await anvil.goTo(last);
          await expectRevert(ask(), 'SilentSource', [treeId, Number(clock), silence]);
          await anvil.goTo(last + 1n);
          await expectRevert(ask(), 'SilentSource', [treeId, Number(clock), silence]);
        });
      }

      it('refuses at once for a reader that allows none', async () => {
        const { world, treeId, root } = await makeTree();
        await expectRevert(check(world, treeId, root, 0, 0), 'SilentSource', [
          treeId,
          Number(clock),
          0,
        ]);
      });

      it('is broken by a heartbeat, which repeats the root', async () => {
        const { world, treeId, root } = await makeTree();
        await anvil.nextAt(clock + 3_600n);
        await publish(world, treeId, { root: 1001n });
        await check(world, treeId, root, 0, 3_600);
      });

      it('is nothing to a reader that allows 2^40-1', async () => {
        const { world, treeId, root } = await makeTree();
        await anvil.goTo(clock + 50_000n);
        await check(world, treeId, root, 0, OFF);
        await check(world, treeId, root, 0, OFF - 1);
      });

      it('is judged after staleness', async () => {
        const { world, treeId, root } = await makeTree();
        await anvil.nextAt(clock + 10n);
        await publish(world, treeId, { endsEpoch: true });
        await expectRevert(check(world, treeId, root, 0, 0), 'StaleRoot', [
          root,
          Number(clock + 10n),
          0,
        ]);
      });
    });
  });

  describe('freeze', () => {
    for (const actor of ['guardian', 'owner'] as const) {
      it(`refuses the tree's roots from then on, by the ${actor}`, async () => {
        const { world, treeId, root } = await makeTree();
        const { roots, cast } = world;
        await check(world, treeId, root, OFF);
        await anvil.mined(roots.write.freeze([treeId, ...BECAUSE], by(cast[actor])));
        await expectRevert(check(world, treeId, root, OFF), 'SourceFrozen', [treeId]);
        await expectRevert(check(world, treeId, 5n, OFF), 'SourceFrozen', [treeId]);
      });
    }

    for (const actor of ['publisher', 'stranger', 'listOwner'] as const) {
      it(`reverts for the ${actor} (S32)`, async () => {
        const { world, treeId } = await makeTree();
        const { roots, cast } = world;
        await roots.simulate.freeze([treeId, ...BECAUSE], by(cast.guardian));
        await expectRevert(
          roots.simulate.freeze([treeId, ...BECAUSE], by(cast[actor])),
          'NotGuardian',
          [1n, cast[actor]],
        );
      });
    }

    it('reverts for a tree that is frozen, or does not exist', async () => {
      const { world, treeId } = await makeTree();
      const { roots, cast } = world;
      await anvil.mined(roots.write.freeze([treeId, ...BECAUSE], by(cast.guardian)));
      await expectRevert(
        roots.simulate.freeze([treeId, ...BECAUSE], by(cast.guardian)),
        'AlreadyFrozen',
        [treeId],
      );
      await expectRevert(
        roots.simulate.freeze([77n, ...BECAUSE], by(cast.guardian)),
        'UnknownTree',
        [77n],
      );
    });

    it('does not stop publications; they are recorded and enter no list', async () => {
      const { world, treeId } = await makeTree();
      const { roots, cast } = world;
      await anvil.mined(roots.write.freeze([treeId, ...BECAUSE], by(cast.guardian)));
      expect(
        await publish(world, treeId, { root: 5n, size: 11, revoked: 1n, endsEpoch: true }),
      ).to.equal(0n);
      const { sequence, root, size, revoked, frozen } = await roots.read.getTree([treeId]);
      expect({ sequence, root, size, revoked, frozen }).to.deep.equal({
        sequence: 2n,
        root: 5n,
        size: 11,
        revoked: 1n,
        frozen: true,
      });
      expect((await roots.read.getRoot([treeId, listOfOne(5n)])).known).to.equal(false);
    });
  });

  describe('unfreeze', () => {
    const freezeTree = async () => {
      const made = await makeTree();
      await anvil.mined(
        made.world.roots.write.freeze([made.treeId, ...BECAUSE], by(made.world.cast.guardian)),
      );
      return made;
    };

    it('accepts the root that it names, and none from before or during the freeze', async () => {
      const { world, treeId, root } = await freezeTree();
      const { roots, cast } = world;
      await publish(world, treeId, { root: 5n });
      const good = await nextPublication(world, treeId, { root: 6n });
      await anvil.mined(roots.write.unfreeze([good, ...BECAUSE], by(cast.owner)));
      await check(world, treeId, listOfOne(6n), 0, 1);
      for (const old of [root, listOfOne(5n)]) {
        await expectRevert(check(world, treeId, old, OFF), 'UnknownRoot', [treeId, old]);
      }
      await publish(world, treeId, { root: 7n });
      await check(world, treeId, listOfOne(7n), 0);
    });

    it('accepts a root from before the freeze where it names that one', async () => {
      const { world, treeId, root } = await freezeTree();
      const good = await nextPublication(world, treeId, { root: 1001n });
      await anvil.mined(world.roots.write.unfreeze([good, ...BECAUSE], by(world.cast.owner)));
      await check(world, treeId, root, 0);
    });

    it("lets size and revoked fall, so that a thief's numbers bind nobody", async () => {
      const { world, treeId } = await freezeTree();
      const { roots, cast } = world;
      await publish(world, treeId, { size: 4 ** 14, revoked: 2n ** 64n - 1n, endsEpoch: true });
      const good = await nextPublication(world, treeId, { size: 10, revoked: 1n });
      await expectRevert(roots.simulate.publish([good], by(cast.publisher)), 'SizeOutOfRange', [
        4 ** 14,
        10,
      ]);
      await anvil.mined(roots.write.unfreeze([good, ...BECAUSE], by(cast.owner)));
      await publish(world, treeId, { size: 11 });
    });

    for (const [what, changes, error, args] of [
      ['a number with a gap', { sequence: 3n }, 'WrongSequence', [2n, 3n]],
      ['another previous root', { previousRoot: 5n }, 'WrongPreviousRoot', [1001n, 5n]],
      ['root 0', { root: 0n }, 'RootOutOfRange', [0n]],
      ['a size beyond the tree', { size: 4 ** 14 + 1 }, 'SizeOutOfRange', [10, 4 ** 14 + 1]],
      ['a revocation without the end of the epoch', { revoked: 1n }, 'EpochMustEnd', [0n, 1n]],
      ['a tree that does not exist', { treeId: 77n }, 'UnknownTree', [77n]],
    ] as const) {
      it(`reverts for ${what}`, async () => {
        const { world, treeId } = await freezeTree();
        const { roots, cast } = world;
        const good = await nextPublication(world, treeId);
        await roots.simulate.unfreeze([good, ...BECAUSE], by(cast.owner));
        await expectRevert(
          roots.simulate.unfreeze([{ ...good, ...changes }, ...BECAUSE], by(cast.owner)),
          error,
          args,
        );
      });
    }

    for (const actor of ['publisher', 'guardian', 'stranger'] as const) {
      it(`reverts for the ${actor} (S32)`, async () => {
        const { world, treeId } = await freezeTree();
        const { roots, cast } = world;
        const good = await nextPublication(world, treeId);
        await roots.simulate.unfreeze([good, ...BECAUSE], by(cast.owner));
        await expectRevert(
          roots.simulate.unfreeze([good, ...BECAUSE], by(cast[actor])),
          'NotOwner',
          [1n, cast[actor]],
        );
      });
    }

    it('reverts for a tree that is not frozen', async () => {
      const { world, treeId } = await makeTree();
      const call = world.roots.simulate.unfreeze(
        [await nextPublication(world, treeId), ...BECAUSE],
        by(world.cast.owner),
      );
      await expectRevert(call, 'NotFrozen', [treeId]);
    });
  });

  describe('getRoot', () => {
    it('says what a reader needs to judge for itself', async () => {
      const { world, treeId, root } = await makeTree();
      const { roots } = world;
      const current = {
        frozen: false,
        known: true,
        current: true,
        publishedAt: Number(clock),
        endedAt: 0,
      };
      expect(await roots.read.getRoot([treeId, root])).to.deep.equal({
        ...current,
        lastPublishedAt: Number(clock),
      });
      await anvil.nextAt(clock + 50n);
      await publish(world, treeId, { endsEpoch: true });
      expect(await roots.read.getRoot([treeId, root])).to.deep.equal({
        ...current,
        current: false,
        endedAt: Number(clock) + 50,
        lastPublishedAt: Number(clock) + 50,
      });
    });
  });
});

const PUBLICATION_TYPE = [
  { name: 'treeId', type: 'uint64' },
  { name: 'sequence', type: 'uint64' },
  { name: 'previousRoot', type: 'uint256' },
  { name: 'root', type: 'uint256' },
  { name: 'size', type: 'uint32' },
  { name: 'revoked', type: 'uint64' },
  { name: 'endsEpoch', type: 'bool' },
  { name: 'voids', type: 'bool' },
  { name: 'logHead', type: 'bytes32' },
  { name: 'manifestHash', type: 'bytes32' },
  { name: 'deadline', type: 'uint40' },
] as const;

/** The root of a list whose first place holds this tree, derived from nothing. */
function listOfOne(treeRoot: bigint): bigint {
  let empty = 0n as Field;
  let node = treeRoot as Field;
  for (let level = 0; level < 14; level += 1) empty = hashNode([empty, empty, empty, empty]);
  for (let level = 14; level < 16; level += 1) {
    node = hashNode([node, empty, empty, empty]);
    empty = hashNode([empty, empty, empty, empty]);
  }
  return node;
}
