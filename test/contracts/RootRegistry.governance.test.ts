/**
 * RootRegistry, the acts of owners and guardians: each says why, a list is handed over in two steps, and no thief's
 * publication, departure or haste outlasts what an owner may do (PROTOCOL.md section 4).
 */
import { expect } from 'chai';
import { zeroAddress, zeroHash, type Address, type TransactionReceipt } from 'viem';
import { NEVER } from '../../src/protocol/field.ts';
import { createTrustList } from '../../src/tree/trustList.ts';
import { GENESIS, startAnvil, type Anvil } from '../support/anvil.ts';
import { createTree, newestRoot, nextPublication, publish } from '../support/campaigns.ts';
import {
  BECAUSE,
  ROLE,
  by,
  expectRevert,
  makeWorld,
  testContracts,
  type World,
} from '../support/contracts.ts';
import { createList, enter, eventsOf, makeMembers, settle } from '../support/lists.ts';

const OFF = Number(NEVER);
const DAY = 86_400n;
const why = { reason: BECAUSE[0], evidence: BECAUSE[1] };

const write = (roots: World['roots'], act: 'removeMember' | 'leaveList') =>
  act === 'removeMember' ? roots.write.removeMember : roots.write.leaveList;

describe('RootRegistry: governance', () => {
  let anvil: Anvil;
  let clock = GENESIS;
  before(async () => {
    anvil = await startAnvil();
  });
  after(() => anvil.stop());
  beforeEach(() => {
    clock += DAY;
  });

  /** A world at `clock` with so many lists, and so many trees in force in each. */
  async function makeLists({ lists = 1, members = 2, silence = OFF } = {}) {
    const world = await makeWorld(anvil, await testContracts());
    await anvil.goTo(clock);
    const listIds: bigint[] = [];
    for (let i = 0; i < lists; i += 1) listIds.push(await createList(world, { silence }));
    const treeIds = await makeMembers(world, listIds, members);
    const listId = listIds[0] ?? 0n;
    const root = listId === 0n ? 0n : await newestRoot(world, listId);
    return { world, listId, listIds, treeIds, root };
  }

  const check = (
    { roots }: World,
    source: bigint,
    root: bigint,
    staleness: number,
    silence = OFF,
  ) => roots.read.checkRoot([source, root, staleness, silence]);
  const expectVoid = (world: World, source: bigint, root: bigint) =>
    expectRevert(check(world, source, root, OFF), 'UnknownRoot', [source, root]);
  const first = (receipt: TransactionReceipt) => eventsOf(receipt)[0];
  const treeRoot = async ({ roots }: World, treeId: bigint): Promise<bigint> =>
    (await roots.read.getTree([treeId])).root;

  describe('every act says why', () => {
    it('freeze and unfreeze', async () => {
      const { world, treeIds } = await makeLists({ lists: 0 });
      const { roots, cast } = world;
      const treeId = treeIds[0]!;
      const frozen = roots.write.freeze([treeId, ...BECAUSE], by(cast.guardian));
      const told = { treeId, by: cast.guardian, ...why };
      expect(first(await anvil.mined(frozen))).to.deep.equal(['TreeFrozen', told]);
      const next = await nextPublication(world, treeId);
      const unfrozen = roots.write.unfreeze([next, ...BECAUSE], by(cast.owner));
      const after = { treeId, by: cast.owner, ...why };
      expect(first(await anvil.mined(unfrozen))).to.deep.equal(['TreeUnfrozen', after]);
    });

    it('a publication that voids: a correction, for which the log stands', async () => {
      const { world, treeIds } = await makeLists({ lists: 0 });
      const { roots, cast } = world;
      const treeId = treeIds[0]!;
      const logHead = `0x${'a1'.repeat(32)}` as const;
      const send = async (voids: boolean) => {
        const next = await nextPublication(world, treeId, { voids, logHead });
        const receipt = await anvil.mined(roots.write.publish([next], by(cast.publisher)));
        return eventsOf(receipt).filter(([name]) => name === 'TreeVoided');
      };
      expect(await send(false)).to.deep.equal([]);
      const told = {
        treeId,
        sequence: 3n,
        reason: 4,
        evidence: logHead,
      };
      expect(await send(true)).to.deep.equal([['TreeVoided', told]]);
    });

    it('and one that voids nothing, because the tree is frozen, claims nothing', async () => {
      const { world, treeIds } = await makeLists({ lists: 0 });
      const { roots, cast } = world;
      await anvil.mined(roots.write.freeze([treeIds[0]!, ...BECAUSE], by(cast.guardian)));
      const next = await nextPublication(world, treeIds[0]!, { voids: true });
      const receipt = await anvil.mined(roots.write.publish([next], by(cast.publisher)));
      expect(eventsOf(receipt).map(([name]) => name)).to.deep.equal(['Published']);
    });

    it('admit and join', async () => {
      const { world, listId } = await makeLists({ members: 1 });
      const { roots, cast } = world;
      const treeId = await createTree(world);
      await publish(world, treeId);
      const args = [listId, treeId, ...BECAUSE] as const;
      expect(first(await anvil.mined(roots.write.admit(args, by(cast.listOwner))))).to.deep.equal([
        'MemberAdmitted',
        { listId, treeId, place: 1, by: cast.listOwner, ...why },
      ]);
      expect(first(await anvil.mined(roots.write.join(args, by(cast.owner))))).to.deep.equal([
        'MemberJoined',
        { listId, treeId, by: cast.owner, ...why },
      ]);
    });

    for (const [act, removal, actor] of [
      ['removeMember', 0, 'listOwner'],
      ['leaveList', 1, 'owner'],
    ] as const) {
      it(act, async () => {
        const { world, listId, treeIds } = await makeLists();
        const { roots, cast } = world;
        const treeId = treeIds[0]!;
        const args = [listId, treeId, ...BECAUSE] as const;
        const receipt = await anvil.mined(write(roots, act)(args, by(cast[actor])));
        const told = { listId, treeId, removal, by: cast[actor], ...why };
        expect(first(receipt)).to.deep.equal(['MemberRemoved', told]);
      });
    }

    it('removeSilent, whose reason and evidence are the silence', async () => {
      const { world, listId, treeIds } = await makeLists({ silence: 60 });
      const { roots, cast } = world;
      const treeId = treeIds[0]!;
      await anvil.goTo((await anvil.now()) + 60n);
      const receipt = await anvil.mined(
        roots.write.removeSilent([listId, treeId], by(cast.stranger)),
      );
      const told = { removal: 2, by: cast.stranger, reason: 6, evidence: zeroHash };
      expect(first(receipt)).to.deep.equal(['MemberRemoved', { listId, treeId, ...told }]);
    });

    it('voidList', async () => {
      const { world, listId } = await makeLists();
      const { roots, cast } = world;
      const receipt = await anvil.mined(
        roots.write.voidList([listId, ...BECAUSE], by(cast.listOwner)),
      );
      expect(first(receipt)).to.deep.equal(['ListVoided', { listId, by: cast.listOwner, ...why }]);
    });
  });

  describe('a list changes hands', () => {
    const offer = ({ roots, cast }: World, listId: bigint, account: Address) =>
      anvil.mined(roots.write.offerList([listId, account, ...BECAUSE], by(cast.listOwner)));
    const tryAccept = ({ roots }: World, listId: bigint, account: Address) =>
      roots.simulate.acceptList([listId], by(account));

    it('by an offer and its acceptance, each an event', async () => {
      const { world, listId, treeIds, root } = await makeLists();
      const { roots, cast } = world;
      const { listOwner, holder } = cast;
      expect(eventsOf(await offer(world, listId, holder))).to.deep.equal([
        ['ListOffered', { listId, account: holder, by: listOwner, ...why }],
      ]);
      const { owner, offeredTo } = await roots.read.getList([listId]);
      expect({ owner, offeredTo }).to.deep.equal({ owner: listOwner, offeredTo: holder });
      const accepted = await anvil.mined(roots.write.acceptList([listId], by(holder)));
      expect(eventsOf(accepted)).to.deep.equal([
        ['ListAccepted', { listId, account: holder, from: listOwner }],
      ]);
      const after = await roots.read.getList([listId]);
      expect([after.owner, after.offeredTo]).to.deep.equal([holder, zeroAddress]);
      await check(world, listId, root, 0);
      const remove = (account: Address) =>
        roots.simulate.removeMember([listId, treeIds[0]!, ...BECAUSE], by(account));
      await remove(holder);
      await expectRevert(remove(listOwner), 'NotListOwner', [listId, listOwner]);
    });

    it('and does not where it is offered to a wrong address: the owner offers it again', async () => {
      const { world, listId } = await makeLists({ members: 0 });
      const { roots, cast } = world;
      const nobody = '0x000000000000000000000000000000000000dEaD';
      await offer(world, listId, nobody);
      await roots.simulate.createList([0, 1], by(cast.listOwner));
      await offer(world, listId, cast.holder);
      await tryAccept(world, listId, cast.holder);
      await expectRevert(tryAccept(world, listId, nobody), 'ListNotOffered', [listId, nobody]);
    });

    it('by nobody else, and by nobody once it is withdrawn (S32)', async () => {
      const { world, listId } = await makeLists({ members: 0 });
      const { cast } = world;
      const { listOwner, owner, stranger, holder } = cast;
      await expectRevert(tryAccept(world, listId, holder), 'ListNotOffered', [listId, holder]);
      await offer(world, listId, holder);
      await tryAccept(world, listId, holder);
      for (const account of [listOwner, owner, stranger]) {
        await expectRevert(tryAccept(world, listId, account), 'ListNotOffered', [listId, account]);
      }
      await offer(world, listId, zeroAddress);
      await expectRevert(tryAccept(world, listId, holder), 'ListNotOffered', [listId, holder]);
    });

    it("never where it is a tree's own, or doesn't exist", async () => {
      const { world, treeIds } = await makeLists();
      const { roots, cast } = world;
      for (const listId of [treeIds[0]!, 77n]) {
        const args = [listId, cast.holder, ...BECAUSE] as const;
        const offering = roots.simulate.offerList(args, by(cast.owner));
        await expectRevert(offering, 'UnknownList', [listId]);
        await expectRevert(tryAccept(world, listId, cast.owner), 'UnknownList', [listId]);
        const voiding = roots.simulate.voidList([listId, ...BECAUSE], by(cast.owner));
        await expectRevert(voiding, 'UnknownList', [listId]);
      }
    });

    for (const actor of ['owner', 'publisher', 'guardian', 'stranger'] as const) {
      it(`by no offer of the ${actor} (S32)`, async () => {
        const { world, listId } = await makeLists({ members: 0 });
        const { roots, cast } = world;
        const args = [listId, cast.holder, ...BECAUSE] as const;
        await roots.simulate.offerList(args, by(cast.listOwner));
        const call = roots.simulate.offerList(args, by(cast[actor]));
        await expectRevert(call, 'NotListOwner', [listId, cast[actor]]);
      });
    }
  });

  describe('voidList', () => {
    it('refuses every earlier root, and records the present one', async () => {
      const { world, listId, treeIds, root } = await makeLists();
      const { roots, cast } = world;
      await publish(world, treeIds[0]!, { root: 42n });
      const present = await newestRoot(world, listId);
      await check(world, listId, root, 0);
      await anvil.mined(roots.write.voidList([listId, ...BECAUSE], by(cast.listOwner)));
      await expectVoid(world, listId, root);
      await check(world, listId, present, 0);
      const { epoch, generation, members } = await roots.read.getList([listId]);
      expect({ epoch, generation }).to.deep.equal({ epoch: 0, generation: 2 });
      expect(members.filter(({ inForce }) => inForce)).to.have.length(2);
      for (const treeId of treeIds) await check(world, treeId, await newestRoot(world, treeId), 0);
    });

    it('reaches a thief who left before the list could remove the tree (S24)', async () => {
      const { world, listId, treeIds } = await makeLists();
      const { roots, cast } = world;
      const stolen = treeIds[0]!;
      await publish(world, stolen, { root: 666n });
      const forged = await newestRoot(world, listId);
      const args = [listId, stolen, ...BECAUSE] as const;
      const remove = () => roots.simulate.removeMember(args, by(cast.listOwner));
      await remove();
      await anvil.mined(roots.write.leaveList(args, by(cast.owner)));
      await expectRevert(remove(), 'NotAdmitted', [listId, stolen]);
      await check(world, listId, forged, OFF);
      await anvil.mined(roots.write.voidList([listId, ...BECAUSE], by(cast.listOwner)));
      await expectVoid(world, listId, forged);
      const rest = await newestRoot(world, listId);
      const other = await treeRoot(world, treeIds[1]!);
      expect(rest).to.equal((await createTrustList({ roots: [undefined, other] })).root);
      await check(world, listId, rest, 0);
    });

    it('reaches one that a stranger removed for silence just before', async () => {
      const { world, listId, treeIds } = await makeLists({ silence: 60 });
      const { roots, cast } = world;
      await publish(world, treeIds[0]!, { root: 666n });
      const forged = await newestRoot(world, listId);
      await anvil.goTo((await anvil.now()) + 60n);
      const silent = roots.write.removeSilent([listId, treeIds[0]!], by(cast.stranger));
      await anvil.mined(silent);
      await check(world, listId, forged, OFF);
      await anvil.mined(roots.write.voidList([listId, ...BECAUSE], by(cast.listOwner)));
      await expectVoid(world, listId, forged);
    });

    it('puts in force whose notice is over', async () => {
      const { world, listId } = await makeLists();
      const { roots, cast } = world;
      const treeId = await createTree(world);
      await publish(world, treeId);
      await enter(world, listId, treeId);
      await anvil.mined(roots.write.voidList([listId, ...BECAUSE], by(cast.listOwner)));
      const list = await roots.read.getList([listId]);
      expect(list.members[2]).to.deep.include({ treeId, inForce: true });
      const trees = list.members.slice(0, 3).map(({ treeId: id }) => treeRoot(world, id));
      expect(list.root).to.equal((await createTrustList({ roots: await Promise.all(trees) })).root);
    });

    for (const actor of ['owner', 'publisher', 'guardian', 'stranger'] as const) {
      it(`reverts for the ${actor} (S32)`, async () => {
        const { world, listId } = await makeLists({ members: 0 });
        const { roots, cast } = world;
        await roots.simulate.voidList([listId, ...BECAUSE], by(cast.listOwner));
        const call = roots.simulate.voidList([listId, ...BECAUSE], by(cast[actor]));
        await expectRevert(call, 'NotListOwner', [listId, cast[actor]]);
      });
    }
  });

  describe('a thief with a publishing key (S24)', () => {
    it('can get ahead of an unfreezing, until the key has lost its role', async () => {
      const { world, treeIds } = await makeLists({ lists: 0 });
      const { issuers, roots, cast } = world;
      const treeId = treeIds[0]!;
      await anvil.mined(roots.write.freeze([treeId, ...BECAUSE], by(cast.guardian)));
      const unfreezing = async () => {
        const next = await nextPublication(world, treeId, { root: 5n });
        return () => roots.simulate.unfreeze([next, ...BECAUSE], by(cast.owner));
      };
      const raced = await unfreezing();
      await raced();
      await publish(world, treeId, { root: 666n });
      await expectRevert(raced(), 'WrongSequence', [3n, 2n]);

      const rotation = [1n, ROLE.publisher, cast.publisher, cast.holder, ...BECAUSE] as const;
      await anvil.mined(issuers.write.rotateKey(rotation, by(cast.owner)));
      const again = await nextPublication(world, treeId, { root: 667n });
      const late = roots.simulate.publish([again], by(cast.publisher));
      await expectRevert(late, 'NotPublisher', [1n, cast.publisher]);
      await (
        await unfreezing()
      )();
    });

    it('publishes on after an unfreezing that forgot to take the key: so take it first', async () => {
      const { world, treeIds } = await makeLists({ lists: 0 });
      const { roots, cast } = world;
      const treeId = treeIds[0]!;
      await anvil.mined(roots.write.freeze([treeId, ...BECAUSE], by(cast.guardian)));
      const next = await nextPublication(world, treeId, { root: 5n });
      await anvil.mined(roots.write.unfreeze([next, ...BECAUSE], by(cast.owner)));
      await check(world, treeId, await publish(world, treeId, { root: 666n }), 0);
    });

    it("is put out of the list by the list's owner at once, without the issuer", async () => {
      const { world, listId, treeIds } = await makeLists();
      const { roots, cast } = world;
      await publish(world, treeIds[0]!, { root: 666n });
      const forged = await newestRoot(world, listId);
      await check(world, listId, forged, 0);
      const args = [listId, treeIds[0]!, ...BECAUSE] as const;
      await anvil.mined(roots.write.removeMember(args, by(cast.listOwner)));
      await expectVoid(world, listId, forged);
      await publish(world, treeIds[0]!, { root: 667n });
      const other = await treeRoot(world, treeIds[1]!);
      const rest = (await createTrustList({ roots: [undefined, other] })).root;
      expect(await newestRoot(world, listId)).to.equal(rest);
    });

    it("publishes what its list's owner voided once more, and it counts again: so remove, don't only void", async () => {
      const { world, listId, treeIds } = await makeLists();
      const { roots, cast } = world;
      await publish(world, treeIds[0]!, { root: 666n });
      const forged = await newestRoot(world, listId);
      await anvil.mined(roots.write.voidList([listId, ...BECAUSE], by(cast.listOwner)));
      await check(world, listId, forged, 0);
    });
  });

  describe('a tree in four lists', () => {
    it('ends the epoch of each with its own, and voids each with its own', async () => {
      const { world, listIds, treeIds } = await makeLists({ lists: 4 });
      const treeId = treeIds[1]!;
      const before = await Promise.all(listIds.map((id) => newestRoot(world, id)));
      await publish(world, treeId, { endsEpoch: true });
      const endedAt = Number(await anvil.now());
      for (const [i, listId] of listIds.entries()) {
        const stale = [before[i], endedAt, 0];
        await expectRevert(check(world, listId, before[i]!, 0), 'StaleRoot', stale);
        await check(world, listId, before[i]!, 1);
      }
      await publish(world, treeId, { voids: true });
      for (const [i, listId] of listIds.entries()) {
        await expectVoid(world, listId, before[i]!);
        await check(world, listId, await newestRoot(world, listId), 0);
      }
    });

    it('frozen, leaves all of them at once, and comes back to all', async () => {
      const { world, listIds, treeIds } = await makeLists({ lists: 4 });
      const { roots, cast } = world;
      const treeId = treeIds[0]!;
      const before = await Promise.all(listIds.map((id) => newestRoot(world, id)));
      await anvil.mined(roots.write.freeze([treeId, ...BECAUSE], by(cast.guardian)));
      const other = await treeRoot(world, treeIds[1]!);
      const rest = (await createTrustList({ roots: [undefined, other] })).root;
      for (const [i, listId] of listIds.entries()) {
        await expectVoid(world, listId, before[i]!);
        expect(await newestRoot(world, listId)).to.equal(rest);
      }
      const next = await nextPublication(world, treeId, { root: 5n });
      await anvil.mined(roots.write.unfreeze([next, ...BECAUSE], by(cast.owner)));
      const whole = (await createTrustList({ roots: [5n, other] })).root;
      for (const listId of listIds) {
        expect(await newestRoot(world, listId)).to.equal(whole);
        await expectVoid(world, listId, rest);
      }
    });

    it('takes force in each after its own notice', async () => {
      const world = await makeWorld(anvil, await testContracts());
      await anvil.goTo(clock);
      const treeId = await createTree(world);
      await publish(world, treeId);
      const notices = [100, 200] as const;
      const listIds: bigint[] = [];
      for (const notice of notices) listIds.push(await createList(world, { notice }));
      await anvil.nextAt(clock + 1_000n);
      for (const listId of listIds) await enter(world, listId, treeId);
      const since = await Promise.all(
        listIds.map(async (id) => (await world.roots.read.getList([id])).members[0].since),
      );
      const inForce = async () =>
        Promise.all(
          listIds.map(async (id) => (await world.roots.read.getList([id])).members[0].inForce),
        );
      await anvil.nextAt(BigInt(since[0]! + 100));
      await publish(world, treeId);
      expect(await inForce()).to.deep.equal([true, false]);
      await anvil.nextAt(BigInt(since[1]! + 199));
      await publish(world, treeId);
      expect(await inForce()).to.deep.equal([true, false]);
      await anvil.nextAt(BigInt(since[1]! + 200));
      await publish(world, treeId);
      expect(await inForce()).to.deep.equal([true, true]);
    });
  });

  describe("a list's silence", () => {
    const spoke = async ({ roots }: World, listId: bigint): Promise<number> =>
      (await roots.read.getList([listId])).lastPublishedAt;

    /** Two members, the first of which spoke 100 s before the second. */
    async function makeTalk() {
      const made = await makeLists({ silence: 5_000 });
      await anvil.nextAt(clock + 1_000n);
      await publish(made.world, made.treeIds[0]!);
      await anvil.nextAt(clock + 1_100n);
      await publish(made.world, made.treeIds[1]!);
      expect(await spoke(made.world, made.listId)).to.equal(Number(clock) + 1_000);
      return made;
    }

    it('grows when one joins who has not spoken for longer', async () => {
      const { world, listId } = await makeLists({ members: 1 });
      const treeId = await createTree(world);
      await anvil.nextAt(clock + 500n);
      await publish(world, treeId);
      await anvil.nextAt(clock + 1_000n);
      await publish(world, (await world.roots.read.getList([listId])).members[0].treeId);
      await enter(world, listId, treeId);
      expect(await spoke(world, listId)).to.equal(Number(clock) + 1_000);
      await settle(world, listId);
      expect(await spoke(world, listId)).to.equal(Number(clock) + 500);
    });

    for (const act of ['removeMember', 'leaveList', 'removeSilent'] as const) {
      it(`shrinks when the oldest goes: ${act}`, async () => {
        const { world, listId, treeIds } = await makeTalk();
        const { roots, cast } = world;
        const args = [listId, treeIds[0]!] as const;
        if (act === 'removeSilent') {
          await anvil.nextAt(clock + 6_000n);
          await anvil.mined(roots.write.removeSilent(args, by(cast.stranger)));
        } else {
          const actor = act === 'removeMember' ? cast.listOwner : cast.owner;
          await anvil.mined(write(roots, act)([...args, ...BECAUSE], by(actor)));
        }
        expect(await spoke(world, listId)).to.equal(Number(clock) + 1_100);
        const root = await newestRoot(world, listId);
        await check(world, listId, root, 0, OFF - 1);
      });
    }
  });

  it('lets no list be a member of a list', async () => {
    const { world, listIds } = await makeLists({ lists: 2, members: 1 });
    const { roots, cast } = world;
    const args = [listIds[0]!, listIds[1]!, ...BECAUSE] as const;
    await expectRevert(roots.simulate.join(args, by(cast.owner)), 'UnknownTree', [listIds[1]]);
    await expectRevert(roots.simulate.admit(args, by(cast.listOwner)), 'UnknownTree', [listIds[1]]);
  });
});
