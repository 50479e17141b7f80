/**
 * RootRegistry, trust lists: who gets in and out, and what a list's roots are worth after it (PROTOCOL.md sections 2
 * and 4). The roots are compared with `createTrustList`, the library's own reckoning.
 */
import { expect } from 'chai';
import { parseEventLogs, zeroAddress, type Hex } from 'viem';
import { rootRegistryAbi } from '../../src/chain/abis.ts';
import { NEVER, type Field } from '../../src/protocol/field.ts';
import { hashNode } from '../../src/protocol/hash.ts';
import { createTrustList } from '../../src/tree/trustList.ts';
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
  by,
  deploy,
  expectRevert,
  handle,
  makeWorld,
  testContracts,
  type World,
} from '../support/contracts.ts';

const OFF = Number(NEVER);
const NOTICE = 3_600;
const SILENCE = 7_200;
const DAY = 86_400n;

const ofPlace = (at: number, root: bigint | undefined): readonly (bigint | undefined)[] =>
  Array.from({ length: at + 1 }, (_, place) => (place === at ? root : undefined));

async function listRoot(roots: readonly (bigint | undefined)[]): Promise<bigint> {
  return (await createTrustList({ roots })).root;
}

describe('RootRegistry: trust lists', () => {
  let anvil: Anvil;
  let clock = GENESIS;
  before(async () => {
    anvil = await startAnvil({ args: ['--order', 'fifo'] });
  });
  after(() => anvil.stop());
  beforeEach(() => {
    clock += DAY;
  });

  async function makeList({ notice = NOTICE, silence = SILENCE } = {}) {
    const world = await makeWorld(anvil, await testContracts());
    const { roots, cast } = world;
    await anvil.nextAt(clock);
    const { logs } = await anvil.mined(
      roots.write.createList([notice, silence], by(cast.listOwner)),
    );
    const [event] = parseEventLogs({ abi: rootRegistryAbi, logs, eventName: 'ListCreated' });
    return { world, listId: event!.args.listId };
  }

  async function publishedTree(world: World): Promise<bigint> {
    const treeId = await createTree(world);
    await publish(world, treeId);
    return treeId;
  }

  const admit = ({ roots, cast }: World, listId: bigint, treeId: bigint) =>
    anvil.mined(roots.write.admit([listId, treeId, ...BECAUSE], by(cast.listOwner)));
  const join = ({ roots, cast }: World, listId: bigint, treeId: bigint) =>
    anvil.mined(roots.write.join([listId, treeId, ...BECAUSE], by(cast.owner)));
  const settle = ({ roots, cast }: World, listId: bigint) =>
    anvil.mined(roots.write.settle([listId], by(cast.stranger)));

  /** A list with these many members in force, at `clock` plus the notice and an hour. */
  async function makeMembers(count: number, options: { notice?: number; silence?: number } = {}) {
    const { world, listId } = await makeList({ notice: 0, ...options });
    const treeIds: bigint[] = [];
    for (let i = 0; i < count; i += 1) {
      const treeId = await publishedTree(world);
      await admit(world, listId, treeId);
      await join(world, listId, treeId);
      treeIds.push(treeId);
    }
    await settle(world, listId);
    return { world, listId, treeIds, root: await newestRoot(world, listId) };
  }

  const treeRoot = async (world: World, treeId: bigint): Promise<bigint> =>
    (await world.roots.read.getTree([treeId])).root;
  const check = (world: World, source: bigint, root: bigint, staleness: number, silence = OFF) =>
    world.roots.read.checkRoot([source, root, staleness, silence]);
  const memberOf = async (world: World, listId: bigint, place: number) =>
    (await world.roots.read.getList([listId])).members[place]!;

  describe('the constants and libraries', () => {
    it('are the roots of empty trees of depth 14 and 15', async () => {
      const harness = await makeHarness();
      let empty = 0n as Field;
      for (let level = 0; level < 14; level += 1) empty = hashNode([empty, empty, empty, empty]);
      const above = hashNode([empty, empty, empty, empty]);
      expect(await harness.read.emptyRoots()).to.deep.equal([empty, above]);
    });

    for (const place of [0, 3, 4, 15]) {
      it(`hash a tree in place ${place} as the library does (S29)`, async () => {
        const harness = await makeHarness();
        const { result } = await harness.simulate.setPlace([BigInt(place), 5n]);
        expect(result).to.equal(await listRoot(ofPlace(place, 5n)));
        if (place === 0) expect(await harness.read.rootOfOne([5n])).to.equal(result);
      });
    }

    it('hash any sequence of changes as the library does (S29)', async () => {
      const harness = await makeHarness();
      const present: (bigint | undefined)[] = Array.from({ length: 16 }, () => undefined);
      let seed = 1n;
      const draw = (below: bigint): bigint => (seed = (seed * 48_271n) % 2_147_483_647n) % below;
      for (let i = 0; i < 24; i += 1) {
        const place = draw(16n);
        const root = draw(3n) === 0n ? 0n : draw(1_000_000n) + 1n;
        present[Number(place)] = root === 0n ? undefined : root;
        const { result } = await harness.simulate.setPlace([place, root]);
        expect(result).to.equal(await listRoot(present));
        await anvil.mined(harness.write.setPlace([place, root], by(anvil.accounts[0]!)));
      }
    });

    it('find the smallest of sixteen times, and none', async () => {
      const harness = await makeHarness();
      const times = Array.from({ length: 16 }, () => 0);
      const set = async (place: number, time: number): Promise<number> => {
        times[place] = time;
        const { result } = await harness.simulate.setTime([BigInt(place), time]);
        await anvil.mined(harness.write.setTime([BigInt(place), time], by(anvil.accounts[0]!)));
        return result;
      };
      const least = (): number => Math.min(...times.filter((time) => time !== 0), Infinity);
      for (const [place, time] of [
        [15, OFF],
        [5, 700],
        [6, 500],
        [12, 600],
        [0, 400],
        [0, 0],
        [6, 0],
        [12, 1],
      ] as const) {
        expect(await set(place, time)).to.equal(least());
      }
      for (const place of [15, 5, 12]) await set(place, 0);
      expect(await set(0, 0)).to.equal(0);
    });

    async function makeHarness() {
      const folder = await testContracts();
      const libraries = {
        PoseidonT3: await deploy(anvil, folder, 'PoseidonT3'),
        PoseidonT5: await deploy(anvil, folder, 'PoseidonT5'),
      };
      return handle(
        anvil,
        await deploy(anvil, folder, 'LibraryHarness', [], libraries),
        HARNESS_ABI,
      );
    }
  });

  describe('createList', () => {
    it('gives the list to the sender, empty', async () => {
      const { world, listId } = await makeList();
      const list = await world.roots.read.getList([listId]);
      const { members, ...facts } = list;
      expect(facts).to.deep.equal({
        owner: world.cast.listOwner,
        offeredTo: zeroAddress,
        notice: NOTICE,
        memberSilence: SILENCE,
        root: 0n,
        epoch: 0,
        generation: 1,
        lastPublishedAt: 0,
      });
      expect(members.every(({ treeId }) => treeId === 0n)).to.equal(true);
    });

    it('draws its id from the counter of trees', async () => {
      const { world, listId } = await makeList();
      expect(await createTree(world)).to.equal(listId + 1n);
    });

    it('reverts for a silence of none', async () => {
      const { roots, cast } = (await makeList()).world;
      await roots.simulate.createList([0, 1], by(cast.stranger));
      await expectRevert(
        roots.simulate.createList([0, 0], by(cast.stranger)),
        'InvalidMemberSilence',
        [0],
      );
    });
  });

  describe('admit and join', () => {
    for (const order of ['admitted, then joined', 'joined, then admitted']) {
      it(`count the notice from the later of both: ${order} (S26)`, async () => {
        const { world, listId } = await makeList();
        const treeId = await publishedTree(world);
        const steps = order.startsWith('admitted') ? [admit, join] : [join, admit];
        await anvil.nextAt(clock + 100n);
        await steps[0]!(world, listId, treeId);
        const since = clock + 5_000n;
        await anvil.nextAt(since);
        await steps[1]!(world, listId, treeId);
        expect(await memberOf(world, listId, 0)).to.deep.equal({
          treeId,
          since: Number(since),
          inForce: false,
        });

        await anvil.nextAt(since + BigInt(NOTICE) - 1n);
        await settle(world, listId);
        expect((await memberOf(world, listId, 0)).inForce).to.equal(false);
        expect(await newestRoot(world, listId)).to.equal(0n);
        await anvil.nextAt(since + BigInt(NOTICE));
        await settle(world, listId);
        expect((await memberOf(world, listId, 0)).inForce).to.equal(true);
        const root = await listRoot([await treeRoot(world, treeId)]);
        expect(await newestRoot(world, listId)).to.equal(root);
        await check(world, listId, root, 0);
      });
    }

    it('wait for both: neither alone ever takes force', async () => {
      const { world, listId } = await makeList({ notice: 0 });
      const [admitted, joined] = [await publishedTree(world), await publishedTree(world)];
      await admit(world, listId, admitted);
      await join(world, listId, joined);
      await settle(world, listId);
      await publish(world, admitted);
      await publish(world, joined);
      expect(await newestRoot(world, listId)).to.equal(0n);
    });

    it("take force with a member's publication, in the same transaction", async () => {
      const { world, listId, treeIds } = await makeMembers(1, { notice: NOTICE });
      // With a notice nothing is in force yet; the tree's own publication brings it in.
      expect(await newestRoot(world, listId)).to.equal(0n);
      const now = await anvil.now();
      await anvil.nextAt(now + BigInt(NOTICE));
      await publish(world, treeIds[0]!, { root: 42n });
      expect(await newestRoot(world, listId)).to.equal(await listRoot([42n]));
    });

    it('put two in force whose notices ended, and leave a third that waits', async () => {
      const { world, listId } = await makeList();
      const trees = [
        await publishedTree(world),
        await publishedTree(world),
        await publishedTree(world),
      ];
      for (const [i, treeId] of trees.entries()) {
        await admit(world, listId, treeId);
        await anvil.nextAt(clock + 2_000n * BigInt(i + 1));
        await join(world, listId, treeId);
      }
      await anvil.nextAt(clock + 4_000n + BigInt(NOTICE));
      await settle(world, listId);
      const [a, b] = [await treeRoot(world, trees[0]!), await treeRoot(world, trees[1]!)];
      expect(await newestRoot(world, listId)).to.equal(await listRoot([a, b]));
      await anvil.nextAt(clock + 6_000n + BigInt(NOTICE));
      await settle(world, listId);
      const c = await treeRoot(world, trees[2]!);
      expect(await newestRoot(world, listId)).to.equal(await listRoot([a, b, c]));
    });

    it('keep an older root in force: adding members ends no epoch', async () => {
      const { world, listId, root } = await makeMembers(1);
      const second = await publishedTree(world);
      await admit(world, listId, second);
      await join(world, listId, second);
      await settle(world, listId);
      await check(world, listId, root, 0);
      expect(await newestRoot(world, listId)).to.not.equal(root);
    });

    it('never wrap: a notice of 2^40-1 is still waiting', async () => {
      const { world, listId } = await makeMembers(1, { notice: OFF });
      await settle(world, listId);
      expect((await memberOf(world, listId, 0)).inForce).to.equal(false);
    });

    it('admit reverts for others than the owner (S32)', async () => {
      const { world, listId } = await makeList();
      const { roots, cast } = world;
      const treeId = await publishedTree(world);
      await roots.simulate.admit([listId, treeId, ...BECAUSE], by(cast.listOwner));
      for (const actor of [cast.owner, cast.publisher, cast.guardian, cast.stranger]) {
        await expectRevert(
          roots.simulate.admit([listId, treeId, ...BECAUSE], by(actor)),
          'NotListOwner',
          [listId, actor],
        );
      }
    });

    it('admit reverts for a list or tree that does not exist; a list is no tree, a tree no list', async () => {
      const { world, listId } = await makeList();
      const { roots, cast } = world;
      const treeId = await publishedTree(world);
      const admission = (list: bigint, tree: bigint) =>
        roots.simulate.admit([list, tree, ...BECAUSE], by(cast.listOwner));
      await admission(listId, treeId);
      await expectRevert(admission(77n, treeId), 'UnknownList', [77n]);
      await expectRevert(admission(treeId, treeId), 'UnknownList', [treeId]);
      await expectRevert(admission(listId, 77n), 'UnknownTree', [77n]);
      await expectRevert(admission(listId, listId), 'UnknownTree', [listId]);
    });

    it('admit reverts for a tree that has a place', async () => {
      const { world, listId } = await makeList();
      const treeId = await publishedTree(world);
      await admit(world, listId, treeId);
      const again = world.roots.simulate.admit(
        [listId, treeId, ...BECAUSE],
        by(world.cast.listOwner),
      );
      await expectRevert(again, 'AlreadyAdmitted', [listId, treeId]);
    });

    it('admit reverts for a seventeenth', async () => {
      const { world, listId } = await makeList();
      for (let i = 0; i < 16; i += 1) await admit(world, listId, await createTree(world));
      const treeId = await createTree(world);
      const call = world.roots.simulate.admit(
        [listId, treeId, ...BECAUSE],
        by(world.cast.listOwner),
      );
      await expectRevert(call, 'ListFull', [listId]);
    });

    it("join reverts for others than the tree's owner (S32)", async () => {
      const { world, listId } = await makeList();
      const { roots, cast } = world;
      const treeId = await publishedTree(world);
      await roots.simulate.join([listId, treeId, ...BECAUSE], by(cast.owner));
      for (const actor of [cast.listOwner, cast.publisher, cast.guardian, cast.stranger]) {
        await expectRevert(
          roots.simulate.join([listId, treeId, ...BECAUSE], by(actor)),
          'NotOwner',
          [1n, actor],
        );
      }
    });

    it('join reverts for a tree that has published nothing', async () => {
      const { world, listId } = await makeList();
      const treeId = await createTree(world);
      const call = () =>
        world.roots.simulate.join([listId, treeId, ...BECAUSE], by(world.cast.owner));
      await expectRevert(call(), 'NothingPublished', [treeId]);
      await publish(world, treeId);
      await call();
    });

    it('join reverts for a fifth list, a second time, and an unknown list', async () => {
      const { world, listId } = await makeList();
      const { roots, cast } = world;
      const treeId = await publishedTree(world);
      const joining = (list: bigint) =>
        roots.simulate.join([list, treeId, ...BECAUSE], by(cast.owner));
      await join(world, listId, treeId);
      await expectRevert(joining(listId), 'AlreadyJoined', [listId, treeId]);
      await expectRevert(joining(77n), 'UnknownList', [77n]);
      let last = 0n;
      for (let i = 0; i < 4; i += 1) {
        const { logs } = await anvil.mined(roots.write.createList([0, 1], by(cast.listOwner)));
        last = parseEventLogs({ abi: rootRegistryAbi, logs, eventName: 'ListCreated' })[0]!.args
          .listId;
        if (i < 3) await join(world, last, treeId);
      }
      await expectRevert(joining(last), 'TooManyLists', [treeId]);
      await anvil.mined(roots.write.leaveList([listId, treeId, ...BECAUSE], by(cast.owner)));
      await joining(last);
    });

    it('settle reverts for a list that does not exist', async () => {
      const { world } = await makeList();
      await expectRevert(
        world.roots.simulate.settle([77n], by(world.cast.stranger)),
        'UnknownList',
        [77n],
      );
    });
  });

  describe("a member's publication", () => {
    it('moves the list in the same transaction', async () => {
      const { world, listId, treeIds, root } = await makeMembers(2);
      await publish(world, treeIds[1]!, { root: 42n });
      const first = await treeRoot(world, treeIds[0]!);
      expect(await newestRoot(world, listId)).to.equal(await listRoot([first, 42n]));
      await check(world, listId, root, 0);
    });

    it("ends the list's epoch with its own", async () => {
      const { world, listId, treeIds, root } = await makeMembers(2);
      const endedAt = clock + 10_000n;
      await anvil.nextAt(endedAt);
      await publish(world, treeIds[1]!, { endsEpoch: true, revoked: 1n });
      await expectRevert(check(world, listId, root, 0), 'StaleRoot', [root, Number(endedAt), 0]);
      await check(world, listId, root, 1);
      await check(world, listId, await newestRoot(world, listId), 0);
    });

    it('voids the list with its own', async () => {
      const { world, listId, treeIds, root } = await makeMembers(2);
      await publish(world, treeIds[1]!, { voids: true });
      await expectRevert(check(world, listId, root, OFF), 'UnknownRoot', [listId, root]);
      await check(world, listId, await newestRoot(world, listId), 0);
    });

    it('leaves lists alone that it only waits for', async () => {
      const { world, listId, root } = await makeMembers(1);
      const waiting = await publishedTree(world);
      await admit(world, listId, waiting);
      await publish(world, waiting, { endsEpoch: true, voids: true });
      await check(world, listId, root, 0);
      expect(await newestRoot(world, listId)).to.equal(root);
    });

    it('repeats root and list root in a heartbeat', async () => {
      const { world, listId, treeIds, root } = await makeMembers(1);
      await publish(world, treeIds[0]!, { root: await treeRoot(world, treeIds[0]!) });
      expect(await newestRoot(world, listId)).to.equal(root);
    });

    it('goes through four lists at once', async () => {
      const { world, listId, treeIds } = await makeMembers(1);
      const { roots, cast } = world;
      const lists = [listId];
      for (let i = 0; i < 3; i += 1) {
        const { logs } = await anvil.mined(roots.write.createList([0, OFF], by(cast.listOwner)));
        const id = parseEventLogs({ abi: rootRegistryAbi, logs, eventName: 'ListCreated' })[0]!.args
          .listId;
        await admit(world, id, treeIds[0]!);
        await join(world, id, treeIds[0]!);
        lists.push(id);
      }
      expect(await roots.read.getListsOf([treeIds[0]!])).to.deep.equal(lists);
      await publish(world, treeIds[0]!, { root: 42n });
      for (const id of lists) expect(await newestRoot(world, id)).to.equal(await listRoot([42n]));
    });
  });

  describe('silence', () => {
    it('of a list is the silence of its oldest member (S26)', async () => {
      const { world, listId, treeIds } = await makeMembers(3);
      for (const [i, treeId] of treeIds.entries()) {
        await anvil.nextAt(clock + 10_000n * BigInt(i + 1));
        await publish(world, treeId);
      }
      const root = await newestRoot(world, listId);
      const ask = () => check(world, listId, root, 0, 30_000);
      const { lastPublishedAt } = await world.roots.read.getList([listId]);
      expect(lastPublishedAt).to.equal(Number(clock + 10_000n));
      await anvil.goTo(clock + 39_999n);
      await ask();
      await anvil.goTo(clock + 40_000n);
      await expectRevert(ask(), 'SilentSource', [listId, Number(clock + 10_000n), 30_000]);
      await anvil.goTo(clock + 40_001n);
      await expectRevert(ask(), 'SilentSource', [listId, Number(clock + 10_000n), 30_000]);
      await publish(world, treeIds[0]!, { root: await treeRoot(world, treeIds[0]!) });
      await check(world, listId, root, 0, 30_000);
    });

    it('does not count a frozen member, and counts it again afterwards', async () => {
      const { world, listId, treeIds } = await makeMembers(2);
      const { roots, cast } = world;
      const spoke = async (): Promise<number> =>
        (await roots.read.getList([listId])).lastPublishedAt;
      await anvil.nextAt(clock + 10_000n);
      await publish(world, treeIds[0]!);
      await anvil.nextAt(clock + 20_000n);
      await publish(world, treeIds[1]!);
      expect(await spoke()).to.equal(Number(clock + 10_000n));
      await anvil.mined(roots.write.freeze([treeIds[0]!, ...BECAUSE], by(cast.guardian)));
      expect(await spoke()).to.equal(Number(clock + 20_000n));
      await anvil.nextAt(clock + 15_000n + 15_000n);
      const next = await nextPublication(world, treeIds[0]!);
      await anvil.mined(roots.write.unfreeze([next, ...BECAUSE], by(cast.owner)));
      expect(await spoke()).to.equal(Number(clock + 20_000n));
      await publish(world, treeIds[1]!);
      expect(await spoke()).to.equal(Number(clock + 30_000n));
    });

    it('is total with no member left, whatever a reader allows but 2^40-1', async () => {
      const { world, listId, treeIds } = await makeMembers(1);
      await anvil.mined(
        world.roots.write.freeze([treeIds[0]!, ...BECAUSE], by(world.cast.guardian)),
      );
      const root = await newestRoot(world, listId);
      expect(root).to.equal(await listRoot([]));
      await expectRevert(check(world, listId, root, 0, OFF - 1), 'SilentSource', [
        listId,
        0,
        OFF - 1,
      ]);
      await check(world, listId, root, 0, OFF);
    });
  });

  describe("a member's freeze", () => {
    it('voids the list and empties the place; the other members go on', async () => {
      const { world, listId, treeIds, root } = await makeMembers(2);
      const { roots, cast } = world;
      await anvil.mined(roots.write.freeze([treeIds[0]!, ...BECAUSE], by(cast.guardian)));
      await expectRevert(check(world, listId, root, OFF), 'UnknownRoot', [listId, root]);
      const other = await treeRoot(world, treeIds[1]!);
      const rest = await listRoot([undefined, other]);
      expect(await newestRoot(world, listId)).to.equal(rest);
      await check(world, listId, rest, 0);
      await publish(world, treeIds[1]!, { root: 42n });
      expect(await newestRoot(world, listId)).to.equal(await listRoot([undefined, 42n]));
    });

    it('lets its publications into no list, neither their roots nor their ends nor their voids', async () => {
      const { world, listId, treeIds } = await makeMembers(2);
      const { roots, cast } = world;
      await anvil.mined(roots.write.freeze([treeIds[0]!, ...BECAUSE], by(cast.guardian)));
      const before = await roots.read.getList([listId]);
      await publish(world, treeIds[0]!, { root: 66n, endsEpoch: true, voids: true, revoked: 9n });
      expect(await roots.read.getList([listId])).to.deep.equal(before);
    });

    it('ends with the root that the owner names, and voids the list once more', async () => {
      const { world, listId, treeIds } = await makeMembers(2);
      const { roots, cast } = world;
      await anvil.mined(roots.write.freeze([treeIds[0]!, ...BECAUSE], by(cast.guardian)));
      const during = await newestRoot(world, listId);
      const publication = await nextPublication(world, treeIds[0]!, { root: 43n });
      await anvil.mined(roots.write.unfreeze([publication, ...BECAUSE], by(cast.owner)));
      const second = await treeRoot(world, treeIds[1]!);
      expect(await newestRoot(world, listId)).to.equal(await listRoot([43n, second]));
      await expectRevert(check(world, listId, during, OFF), 'UnknownRoot', [listId, during]);
    });

    it('does not keep it from coming into force, empty', async () => {
      const { world, listId } = await makeList({ notice: 0 });
      const { roots, cast } = world;
      const treeId = await publishedTree(world);
      await admit(world, listId, treeId);
      await join(world, listId, treeId);
      await anvil.mined(roots.write.freeze([treeId, ...BECAUSE], by(cast.guardian)));
      expect((await memberOf(world, listId, 0)).inForce).to.equal(true);
      expect(await newestRoot(world, listId)).to.equal(await listRoot([]));
      const publication = await nextPublication(world, treeId, { root: 44n });
      await anvil.mined(roots.write.unfreeze([publication, ...BECAUSE], by(cast.owner)));
      expect(await newestRoot(world, listId)).to.equal(await listRoot([44n]));
    });
  });

  describe('removal', () => {
    it('by the list voids its earlier roots', async () => {
      const { world, listId, treeIds, root } = await makeMembers(2);
      const { roots, cast } = world;
      const { logs } = await anvil.mined(
        roots.write.removeMember([listId, treeIds[0]!, ...BECAUSE], by(cast.listOwner)),
      );
      const [event] = parseEventLogs({ abi: rootRegistryAbi, logs, eventName: 'MemberRemoved' });
      expect(event!.args).to.deep.equal({
        listId,
        treeId: treeIds[0],
        removal: 0,
        by: cast.listOwner,
        reason: BECAUSE[0],
        evidence: BECAUSE[1],
      });
      await expectRevert(check(world, listId, root, OFF), 'UnknownRoot', [listId, root]);
      const rest = await listRoot([undefined, await treeRoot(world, treeIds[1]!)]);
      expect(await newestRoot(world, listId)).to.equal(rest);
      await check(world, listId, rest, 0);
      expect(await roots.read.getListsOf([treeIds[0]!])).to.deep.equal([0n, 0n, 0n, 0n]);
    });

    it("by the tree's owner ends the list's epoch", async () => {
      const { world, listId, treeIds, root } = await makeMembers(2);
      const { roots, cast } = world;
      await anvil.nextAt(clock + 10_000n);
      await anvil.mined(roots.write.leaveList([listId, treeIds[0]!, ...BECAUSE], by(cast.owner)));
      await expectRevert(check(world, listId, root, 0), 'StaleRoot', [
        root,
        Number(clock + 10_000n),
        0,
      ]);
      await check(world, listId, root, 1);
      const rest = await listRoot([undefined, await treeRoot(world, treeIds[1]!)]);
      expect(await newestRoot(world, listId)).to.equal(rest);
    });

    it("for silence, by anyone, ends the list's epoch once the silence is long enough (S26)", async () => {
      const { world, listId, treeIds } = await makeMembers(2);
      const { roots, cast } = world;
      const spoke = clock + 10_000n;
      await anvil.nextAt(spoke);
      await publish(world, treeIds[0]!);
      const root = await newestRoot(world, listId);
      const call = () => roots.simulate.removeSilent([listId, treeIds[0]!], by(cast.stranger));
      await anvil.goTo(spoke + BigInt(SILENCE) - 1n);
      await expectRevert(call(), 'MemberNotSilent', [treeIds[0], Number(spoke), SILENCE]);
      await anvil.goTo(spoke + BigInt(SILENCE));
      await call();
      await anvil.nextAt(spoke + BigInt(SILENCE) + 1n);
      await anvil.mined(roots.write.removeSilent([listId, treeIds[0]!], by(cast.stranger)));
      const endedAt = Number(spoke) + SILENCE + 1;
      await expectRevert(check(world, listId, root, 0), 'StaleRoot', [root, endedAt, 0]);
      await check(world, listId, root, 1);
    });

    it('for silence takes a tree that stays frozen, however much it publishes', async () => {
      const { world, listId, treeIds } = await makeMembers(1);
      const { roots, cast } = world;
      await anvil.nextAt(clock + 10_000n);
      await publish(world, treeIds[0]!);
      await anvil.mined(roots.write.freeze([treeIds[0]!, ...BECAUSE], by(cast.guardian)));
      await anvil.nextAt(clock + 10_000n + BigInt(SILENCE) - 1n);
      await publish(world, treeIds[0]!);
      const call = () => roots.simulate.removeSilent([listId, treeIds[0]!], by(cast.stranger));
      await expectRevert(call(), 'MemberNotSilent', [treeIds[0], Number(clock) + 10_000, SILENCE]);
      await anvil.goTo(clock + 10_000n + BigInt(SILENCE));
      await call();
    });

    it('for silence never happens in a list of patience 2^40-1', async () => {
      const { world, listId, treeIds } = await makeMembers(1, { silence: OFF });
      const { roots, cast } = world;
      const { lastPublishedAt } = await roots.read.getList([listId]);
      await anvil.goTo(clock + 50_000n);
      const call = roots.simulate.removeSilent([listId, treeIds[0]!], by(cast.stranger));
      await expectRevert(call, 'MemberNotSilent', [treeIds[0], lastPublishedAt, OFF]);
    });

    it('of one who is not in force yet touches no root', async () => {
      const { world, listId, root } = await makeMembers(1);
      const { roots, cast } = world;
      for (const remove of [
        (treeId: bigint) =>
          roots.write.removeMember([listId, treeId, ...BECAUSE], by(cast.listOwner)),
        (treeId: bigint) => roots.write.leaveList([listId, treeId, ...BECAUSE], by(cast.owner)),
      ]) {
        const treeId = await publishedTree(world);
        await admit(world, listId, treeId);
        await join(world, listId, treeId);
        await anvil.mined(remove(treeId));
        await settle(world, listId);
        await check(world, listId, root, 0);
        expect(await newestRoot(world, listId)).to.equal(root);
      }
    });

    it('undoes admission and consent: coming back takes both, and the notice', async () => {
      const { world, listId, treeIds } = await makeMembers(1);
      const { roots, cast } = world;
      await anvil.mined(
        roots.write.removeMember([listId, treeIds[0]!, ...BECAUSE], by(cast.listOwner)),
      );
      await admit(world, listId, treeIds[0]!);
      await settle(world, listId);
      expect((await memberOf(world, listId, 0)).inForce).to.equal(false);
      await join(world, listId, treeIds[0]!);
      await settle(world, listId);
      expect((await memberOf(world, listId, 0)).inForce).to.equal(true);
    });

    it('frees the place for another', async () => {
      const { world, listId, treeIds } = await makeMembers(2);
      const { roots, cast } = world;
      await anvil.mined(roots.write.leaveList([listId, treeIds[0]!, ...BECAUSE], by(cast.owner)));
      const third = await publishedTree(world);
      await admit(world, listId, third);
      expect((await memberOf(world, listId, 0)).treeId).to.equal(third);
    });

    it('reverts for the wrong people (S32)', async () => {
      const { world, listId, treeIds } = await makeMembers(1);
      const { roots, cast } = world;
      const args = [listId, treeIds[0]!, ...BECAUSE] as const;
      await roots.simulate.removeMember(args, by(cast.listOwner));
      await roots.simulate.leaveList(args, by(cast.owner));
      for (const actor of [cast.owner, cast.publisher, cast.guardian, cast.stranger]) {
        await expectRevert(roots.simulate.removeMember(args, by(actor)), 'NotListOwner', [
          listId,
          actor,
        ]);
      }
      for (const actor of [cast.listOwner, cast.publisher, cast.guardian, cast.stranger]) {
        await expectRevert(roots.simulate.leaveList(args, by(actor)), 'NotOwner', [1n, actor]);
      }
    });

    it('reverts for who has no place, gave no consent, or is not in force', async () => {
      const { world, listId } = await makeList();
      const { roots, cast } = world;
      const treeId = await publishedTree(world);
      const remove = () =>
        roots.simulate.removeMember([listId, treeId, ...BECAUSE], by(cast.listOwner));
      const leave = () => roots.simulate.leaveList([listId, treeId, ...BECAUSE], by(cast.owner));
      const silent = () => roots.simulate.removeSilent([listId, treeId], by(cast.stranger));
      await expectRevert(remove(), 'NotAdmitted', [listId, treeId]);
      await expectRevert(leave(), 'NotJoined', [listId, treeId]);
      await admit(world, listId, treeId);
      await remove();
      await expectRevert(leave(), 'NotJoined', [listId, treeId]);
      await join(world, listId, treeId);
      await leave();
      await anvil.goTo(clock + 60_000n);
      await expectRevert(silent(), 'NotMember', [listId, treeId]);
      await settle(world, listId);
      await silent();
    });

    it("reverts for a tree's own list, which never changes members", async () => {
      const { world, treeIds } = await makeMembers(2);
      const { roots, cast } = world;
      const [own, other] = treeIds as [bigint, bigint];
      await expectRevert(
        roots.simulate.removeMember([own, own, ...BECAUSE], by(cast.owner)),
        'UnknownList',
        [own],
      );
      await expectRevert(
        roots.simulate.leaveList([own, own, ...BECAUSE], by(cast.owner)),
        'UnknownList',
        [own],
      );
      await expectRevert(
        roots.simulate.removeSilent([own, own], by(cast.stranger)),
        'UnknownList',
        [own],
      );
      await expectRevert(
        roots.simulate.join([own, other, ...BECAUSE], by(cast.owner)),
        'UnknownList',
        [own],
      );
      await expectRevert(roots.simulate.settle([own], by(cast.stranger)), 'UnknownList', [own]);
      expect((await roots.read.getList([own])).owner).to.equal(zeroAddress);
    });
  });

  describe('two publications in one block (S14, S24)', () => {
    it('count in their order: a root can be published, ended and void in the same second', async () => {
      const { world, listId, treeIds } = await makeMembers(1);
      const { roots, cast } = world;
      const treeId = treeIds[0]!;
      const first = await nextPublication(world, treeId, { root: 71n });
      const after = (p: Publication, changes: Partial<Publication>): Publication => ({
        ...p,
        previousRoot: p.root,
        sequence: p.sequence + 1n,
        ...changes,
      });
      const second = after(first, { root: 72n, endsEpoch: true });
      const third = after(second, { root: 73n, voids: true, endsEpoch: false });
      const fourth = after(third, { root: 72n, voids: false });
      await anvil.client.setAutomine(false);
      const hashes: Hex[] = [];
      for (const p of [first, second, third, fourth])
        hashes.push(await roots.write.publish([p], by(cast.publisher)));
      await anvil.client.mine({ blocks: 1 });
      await anvil.client.setAutomine(true);
      const blocks = new Set<bigint>();
      for (const hash of hashes) blocks.add((await anvil.mined(hash)).blockNumber);
      expect(blocks.size).to.equal(1);
      for (const source of [listId, treeId]) {
        await expectRevert(check(world, source, await listRoot([71n]), OFF), 'UnknownRoot', [
          source,
          await listRoot([71n]),
        ]);
        await check(world, source, await listRoot([72n]), 0);
        await check(world, source, await listRoot([73n]), 0);
      }
    });
  });
});

const HARNESS_ABI = [
  {
    type: 'function',
    name: 'setPlace',
    stateMutability: 'nonpayable',
    inputs: [
      { name: 'place', type: 'uint256' },
      { name: 'root', type: 'uint256' },
    ],
    outputs: [{ name: 'listRoot', type: 'uint256' }],
  },
  {
    type: 'function',
    name: 'setTime',
    stateMutability: 'nonpayable',
    inputs: [
      { name: 'place', type: 'uint256' },
      { name: 'time', type: 'uint40' },
    ],
    outputs: [{ name: 'least', type: 'uint40' }],
  },
  {
    type: 'function',
    name: 'rootOfOne',
    stateMutability: 'pure',
    inputs: [{ name: 'treeRoot', type: 'uint256' }],
    outputs: [{ name: '', type: 'uint256' }],
  },
  {
    type: 'function',
    name: 'emptyRoots',
    stateMutability: 'pure',
    inputs: [],
    outputs: [
      { name: '', type: 'uint256' },
      { name: '', type: 'uint256' },
    ],
  },
] as const;
