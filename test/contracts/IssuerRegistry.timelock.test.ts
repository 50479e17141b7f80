/**
 * A timelock as an issuer's owner and as a list's: OpenZeppelin's. What it is to do is announced, waits, and is carried out
 * by anyone; what can't wait, the guardian does.
 */
import { expect } from 'chai';
import { keccak256, stringToHex } from 'viem';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { createTree, nextPublication, publish, type Publication } from '../support/campaigns.ts';
import { BECAUSE, ROLE, by, expectRevert, makeWorld, testContracts } from '../support/contracts.ts';
import { issuerCall, lockOwner, rootCall, type Call } from '../support/timelock.ts';

describe('IssuerRegistry and RootRegistry under a timelock', () => {
  let anvil: Anvil;
  before(async () => {
    anvil = await startAnvil();
  });
  after(() => anvil.stop());

  /** Issuer 1 and its tree; its only owner is a timelock that obeys `cast.owner` after a day. */
  async function makeLocked() {
    const world = await makeWorld(anvil, await testContracts());
    const treeId = await createTree(world);
    await publish(world, treeId, { size: 10 });
    const { address: lock, ...timelock } = await lockOwner(world);
    return { world, treeId, lock, ...timelock };
  }

  it('takes ownership over by acceptance, after its delay', async () => {
    const { world, lock } = await makeLocked();
    const { issuers, cast } = world;
    expect(await issuers.read.isOwner([1n, lock])).to.equal(true);
    expect(await issuers.read.isOwner([1n, cast.owner])).to.equal(false);
    const alone = issuers.simulate.grantRole([1n, 1, cast.holder, ...BECAUSE], by(cast.owner));
    await expectRevert(alone, 'NotOwner', [1n, cast.owner]);
  });

  it('can be the owner from the beginning', async () => {
    const { world, lock } = await makeLocked();
    const { issuers, cast } = world;
    await anvil.mined(issuers.write.registerIssuer([lock, ''], by(cast.stranger)));
    expect(await issuers.read.isOwner([2n, lock])).to.equal(true);
    expect(await issuers.read.isOwner([2n, cast.stranger])).to.equal(false);
  });

  it('appoints a publisher, rotates a key, dismisses a guardian', async () => {
    const { world, decide } = await makeLocked();
    const { issuers, cast } = world;
    await decide(issuerCall(world, 'grantRole', [1n, ROLE.publisher, cast.holder, ...BECAUSE]));
    expect(await issuers.read.isPublisher([1n, cast.holder])).to.equal(true);
    const rotation = [1n, ROLE.publisher, cast.holder, cast.relayer, ...BECAUSE];
    await decide(issuerCall(world, 'rotateKey', rotation));
    expect(await issuers.read.isPublisher([1n, cast.holder])).to.equal(false);
    expect(await issuers.read.isPublisher([1n, cast.relayer])).to.equal(true);
    await decide(issuerCall(world, 'revokeRole', [1n, ROLE.guardian, cast.guardian, ...BECAUSE]));
    expect(await issuers.read.isGuardian([1n, cast.guardian])).to.equal(false);
  });

  it('anchors a schema', async () => {
    const { world, decide } = await makeLocked();
    const documentHash = keccak256(stringToHex('a schema'));
    await decide(issuerCall(world, 'anchorSchema', [1n, documentHash, 0n, 'ipfs://schema']));
    const { anchoredAt } = await world.issuers.read.getSchema([1n, BigInt(documentHash) >> 8n]);
    expect(anchoredAt).to.equal(Number(await anvil.now()));
  });

  it('freezes, too late to be of use; its guardian does it at once', async () => {
    const { world, treeId, decide } = await makeLocked();
    const { roots, cast } = world;
    await roots.simulate.freeze([treeId, ...BECAUSE], by(cast.guardian));
    await decide(rootCall(world, 'freeze', [treeId, ...BECAUSE]));
    expect((await roots.read.getTree([treeId])).frozen).to.equal(true);
  });

  it('unfreezes what its guardian froze, with the root that it announced', async () => {
    const { world, treeId, decide } = await makeLocked();
    const { roots, cast } = world;
    await anvil.mined(roots.write.freeze([treeId, ...BECAUSE], by(cast.guardian)));
    const publication = await nextPublication(world, treeId, { root: 5n });
    await decide(rootCall(world, 'unfreeze', [publication, ...BECAUSE]));
    const { frozen, root } = await roots.read.getTree([treeId]);
    expect({ frozen, root }).to.deep.equal({ frozen: false, root: 5n });
  });

  it('gets ahead of a thief by taking the key first: nobody can hinder that, nor what follows', async () => {
    const { world, treeId, decide, schedule, tryExecute, execute, wait } = await makeLocked();
    const { issuers, roots, cast } = world;
    const thief = cast.publisher;
    await anvil.mined(roots.write.freeze([treeId, ...BECAUSE], by(cast.guardian)));
    const unfreezing = async (): Promise<Call> =>
      rootCall(world, 'unfreeze', [await nextPublication(world, treeId, { root: 5n }), ...BECAUSE]);
    const steal = (changes: Partial<Publication> = {}) => publish(world, treeId, changes);

    // Announced while the thief still has the key: any publication makes it void.
    const raced = await unfreezing();
    await schedule(raced);
    await wait();
    await tryExecute(raced);
    await steal({ root: 666n });
    await expectRevert(tryExecute(raced), 'WrongSequence', [3n, 2n]);

    const replacement = [1n, ROLE.publisher, thief, cast.holder, ...BECAUSE];
    const rotation = issuerCall(world, 'rotateKey', replacement);
    await schedule(rotation);
    await steal({ root: 667n, size: 4 ** 14 });
    await wait();
    await steal({ root: 668n });
    await execute(rotation);
    expect(await issuers.read.isPublisher([1n, thief])).to.equal(false);
    const last = await nextPublication(world, treeId, { root: 669n });
    const late = roots.simulate.publish([last], by(thief));
    await expectRevert(late, 'NotPublisher', [1n, thief]);
    await decide(await unfreezing());
    expect((await roots.read.getTree([treeId])).root).to.equal(5n);
  });

  it('offers ownership away, and is no owner once that is accepted', async () => {
    const { world, lock, decide } = await makeLocked();
    const { issuers, cast } = world;
    await decide(issuerCall(world, 'offerOwnership', [1n, cast.holder, true, ...BECAUSE]));
    expect(await issuers.read.isOwner([1n, lock])).to.equal(true);
    await anvil.mined(issuers.write.acceptOwnership([1n], by(cast.holder)));
    expect(await issuers.read.isOwner([1n, lock])).to.equal(false);
    expect(await issuers.read.isOwner([1n, cast.holder])).to.equal(true);
  });

  it('takes a list over, admits and removes members', async () => {
    const { world, treeId, lock, decide } = await makeLocked();
    const { roots, cast } = world;
    const listId = (await roots.simulate.createList([0, 1], by(cast.listOwner))).result;
    await anvil.mined(roots.write.createList([0, 1], by(cast.listOwner)));
    await anvil.mined(roots.write.offerList([listId, lock, ...BECAUSE], by(cast.listOwner)));
    await decide(rootCall(world, 'acceptList', [listId]));
    await decide(rootCall(world, 'admit', [listId, treeId, ...BECAUSE]));
    await decide(rootCall(world, 'join', [listId, treeId, ...BECAUSE]));
    await anvil.mined(roots.write.settle([listId], by(cast.stranger)));
    expect((await roots.read.getList([listId])).members[0].inForce).to.equal(true);
    await decide(rootCall(world, 'removeMember', [listId, treeId, ...BECAUSE]));
    expect((await roots.read.getList([listId])).members[0].treeId).to.equal(0n);
  });
});
