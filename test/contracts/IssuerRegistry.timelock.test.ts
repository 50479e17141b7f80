/**
 * A timelock as an issuer's owner and as a list's: OpenZeppelin's. What it is to do is announced, waits, and is carried out
 * by anyone; what can't wait, the guardian does.
 */
import { expect } from 'chai';
import {
  encodeFunctionData,
  keccak256,
  stringToHex,
  parseAbi,
  zeroAddress,
  zeroHash,
  type Abi,
  type Hex,
} from 'viem';
import { issuerRegistryAbi, rootRegistryAbi } from '../../src/chain/abis.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { createTree, nextPublication, publish, type Publication } from '../support/campaigns.ts';
import {
  BECAUSE,
  ROLE,
  by,
  deploy,
  expectRevert,
  handle,
  makeWorld,
  testContracts,
  type World,
} from '../support/contracts.ts';

const DELAY = 86_400n;
const ISSUERS: Abi = issuerRegistryAbi;
const ROOTS: Abi = rootRegistryAbi;

const TIMELOCK_ABI = parseAbi([
  'function schedule(address target, uint256 value, bytes data, bytes32 predecessor, bytes32 salt, uint256 delay)',
  'function execute(address target, uint256 value, bytes payload, bytes32 predecessor, bytes32 salt) payable',
  'error TimelockUnexpectedOperationState(bytes32 operationId, bytes32 expectedStates)',
]);

describe('IssuerRegistry and RootRegistry under a timelock', () => {
  let anvil: Anvil;
  before(async () => {
    anvil = await startAnvil();
  });
  after(() => anvil.stop());

  type Call = { readonly target: Hex; readonly data: Hex };

  /** Issuer 1 and its tree; its only owner is a timelock that obeys `cast.owner` after a day. */
  async function makeLocked() {
    const world = await makeWorld(anvil, await testContracts());
    const { issuers, cast, folder } = world;
    const treeId = await createTree(world);
    await publish(world, treeId, { size: 10 });
    const people = [[cast.owner], [zeroAddress], zeroAddress] as const;
    const address = await deploy(anvil, folder, 'TimelockController', [DELAY, ...people]);
    const lock = handle(anvil, address, TIMELOCK_ABI);
    const offer = [1n, address, true, ...BECAUSE] as const;
    await anvil.mined(issuers.write.offerOwnership(offer, by(cast.owner)));

    const operation = ({ target, data }: Call) => [target, 0n, data, zeroHash, zeroHash] as const;
    const schedule = (call: Call) =>
      anvil.mined(lock.write.schedule([...operation(call), DELAY], by(cast.owner)));
    const tryExecute = (call: Call) => lock.simulate.execute(operation(call), by(cast.stranger));
    const execute = (call: Call) =>
      anvil.mined(lock.write.execute(operation(call), by(cast.stranger)));
    const wait = async () => anvil.goTo((await anvil.now()) + DELAY);
    /** Announces, is refused before the time, waits, is carried out. */
    const decide = async (call: Call) => {
      await schedule(call);
      const early: unknown = await tryExecute(call).catch((error: unknown) => error);
      expect(String(early)).to.match(/TimelockUnexpectedOperationState/);
      await wait();
      return execute(call);
    };
    await decide(issuerCall(world, 'acceptOwnership', [1n]));
    return { world, treeId, lock: address, decide, schedule, tryExecute, execute, wait };
  }

  const issuerCall = (
    { issuers }: World,
    functionName: string,
    args: readonly unknown[],
  ): Call => ({
    target: issuers.address,
    data: encodeFunctionData({ abi: ISSUERS, functionName, args }),
  });
  const rootCall = ({ roots }: World, functionName: string, args: readonly unknown[]): Call => ({
    target: roots.address,
    data: encodeFunctionData({ abi: ROOTS, functionName, args }),
  });

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
