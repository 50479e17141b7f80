/** Issuers' roles, freezes and trust lists by the library's actions: each against a chain, with the contract's own errors. */
import { expect } from 'chai';
import { parseEventLogs, zeroHash } from 'viem';
import { issuerRegistryAbi, rootRegistryAbi } from '../../src/chain/abis.ts';
import { connect, type WriteClient } from '../../src/chain/client.ts';
import { deployContracts, type Deployment } from '../../src/chain/deployment.ts';
import { GOVERNANCE_REASONS, toGovernanceReason } from '../../src/chain/governance.ts';
import {
  acceptOwnership,
  getOfferedOwner,
  grantRole,
  holdsRole,
  offerOwnership,
  registerIssuer,
  renounceRole,
  revokeRole,
  rotateKey,
  withdrawOwnership,
} from '../../src/chain/issuers.ts';
import {
  acceptList,
  admit,
  createList,
  getList,
  getListsOf,
  joinList,
  leaveList,
  offerList,
  removeMember,
  removeSilent,
  settleList,
  voidList,
  withdrawList,
} from '../../src/chain/lists.ts';
import { LOCAL_KEYS } from '../../src/chain/localChain.ts';
import {
  freeze,
  getRoot,
  getTree,
  nextPublication,
  publish,
  registerTree,
  unfreeze,
} from '../../src/chain/roots.ts';
import { EligoError } from '../../src/errors.ts';
import { NEVER, type Field } from '../../src/protocol/field.ts';
import { loadArtifacts } from '../../src/prover/artifacts.ts';
import { createTrustList } from '../../src/tree/trustList.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';

const EVIDENCE = `0x${'ee'.repeat(32)}` as const;
const why = { reason: 'key-stolen', evidence: EVIDENCE } as const;

describe('chain: governance', () => {
  let anvil: Anvil;
  let deployment: Deployment;
  /** Owns the issuers and the lists. */
  let owner: WriteClient;
  let other: WriteClient;
  let stranger: WriteClient;
  before(async () => {
    anvil = await startAnvil();
    const as = async (i: number): Promise<WriteClient> => ({
      ...(await connect({ url: anvil.url, privateKey: LOCAL_KEYS[i]! })),
      pollingInterval: 5,
    });
    [owner, other, stranger] = [await as(0), await as(1), await as(2)];
    deployment = await deployContracts(owner, { artifacts: await loadArtifacts() });
  });
  after(() => anvil.stop());

  /** Asserts that an action is refused with the contract's error, by its name. */
  async function expectRefused(action: Promise<unknown>, revert: string): Promise<void> {
    const error: unknown = await action.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof EligoError)) expect.fail(`expected ${revert}`);
    expect(error.data['revert'] ?? error.code, error.message).to.equal(revert);
  }

  async function makeIssuer() {
    const issuerId = await registerIssuer(owner, { deployment, uri: 'https://issuer.example' });
    const account = owner.account.address;
    for (const role of ['publisher', 'guardian'] as const)
      await grantRole(owner, { deployment, issuerId, role, account });
    return { deployment, issuerId };
  }

  async function makeTree() {
    const issuer = await makeIssuer();
    const treeId = await registerTree(owner, issuer);
    await publishNext(treeId, 1n);
    return { ...issuer, treeId };
  }

  async function publishNext(treeId: bigint, root: bigint) {
    const facts = { root: root as Field, size: 1, revoked: 0n };
    const publication = await nextPublication(owner, { deployment, treeId, ...facts });
    return publish(owner, { deployment, publication });
  }

  /** A list with a tree in force. */
  async function makeList({ memberSilence = Number(NEVER) } = {}) {
    const { treeId } = await makeTree();
    const listId = await createList(owner, { deployment, notice: 0, memberSilence });
    await admit(owner, { deployment, listId, treeId });
    await joinList(owner, { deployment, listId, treeId });
    await settleList(stranger, { deployment, listId });
    return { deployment, listId, treeId };
  }

  const isKnown = async (source: bigint, root: bigint): Promise<boolean> =>
    (await getRoot(owner, { deployment, source, root })).known;

  describe('reasons', () => {
    it('are numbers on the chain, and come back by their names', () => {
      for (const [code, reason] of GOVERNANCE_REASONS.entries())
        expect(toGovernanceReason(code)).to.equal(reason);
      expect(() => toGovernanceReason(GOVERNANCE_REASONS.length)).to.throw(EligoError);
    });
  });

  describe('roles', () => {
    it('are granted as planned unless another reason is said', async () => {
      const issuer = await makeIssuer();
      const account = other.account.address;
      const granting = { ...issuer, role: 'guardian', account } as const;
      const { logs } = await grantRole(owner, granting);
      const [event] = parseEventLogs({ abi: issuerRegistryAbi, logs, eventName: 'RoleGranted' });
      expect(event!.args).to.deep.include({ role: 2, account, reason: 0, evidence: zeroHash });
      expect(await holdsRole(stranger, granting)).to.equal(true);
      await expectRefused(grantRole(owner, granting), 'AlreadyHeld');
      await expectRefused(grantRole(stranger, granting), 'NotOwner');
    });

    it('are taken and given up with a reason', async () => {
      const issuer = await makeIssuer();
      const account = owner.account.address;
      const revoking = { ...issuer, role: 'publisher', account, ...why } as const;
      const { logs } = await revokeRole(owner, revoking);
      const [event] = parseEventLogs({ abi: issuerRegistryAbi, logs, eventName: 'RoleRevoked' });
      expect(event!.args).to.deep.include({ role: 1, reason: 2, evidence: EVIDENCE });
      await expectRefused(revokeRole(owner, revoking), 'NotHeld');
      await renounceRole(owner, { ...issuer, role: 'guardian', reason: 'departure' });
      expect(await holdsRole(owner, { ...issuer, role: 'guardian', account })).to.equal(false);
      const last = renounceRole(owner, { ...issuer, role: 'owner', reason: 'departure' });
      await expectRefused(last, 'LastOwner');
    });

    it('pass from key to key', async () => {
      const issuer = await makeIssuer();
      const [from, to] = [owner.account.address, other.account.address];
      await rotateKey(owner, { ...issuer, role: 'publisher', from, to, ...why });
      const holds = (account: typeof from) =>
        holdsRole(owner, { ...issuer, role: 'publisher', account });
      expect([await holds(from), await holds(to)]).to.deep.equal([false, true]);
    });
  });

  describe('ownership', () => {
    it('is offered, withdrawn, offered again and accepted', async () => {
      const issuer = await makeIssuer();
      const account = other.account.address;
      await offerOwnership(owner, { ...issuer, account, replaces: true });
      expect(await getOfferedOwner(stranger, issuer)).to.equal(account);
      await withdrawOwnership(owner, { ...issuer, reason: 'correction' });
      expect(await getOfferedOwner(stranger, issuer)).to.equal(undefined);
      await expectRefused(acceptOwnership(other, issuer), 'NotOffered');
      await offerOwnership(owner, { ...issuer, account, replaces: true });
      await acceptOwnership(other, issuer);
      const held = await Promise.all(
        [owner, other].map((client) =>
          holdsRole(stranger, { ...issuer, role: 'owner', account: client.account.address }),
        ),
      );
      expect(held).to.deep.equal([false, true]);
    });

    it('can begin with somebody else', async () => {
      const account = other.account.address;
      const issuerId = await registerIssuer(owner, { deployment, uri: '', owner: account });
      const issuer = { deployment, issuerId, role: 'owner' } as const;
      expect(await holdsRole(owner, { ...issuer, account })).to.equal(true);
      const mine = { ...issuer, account: owner.account.address };
      expect(await holdsRole(owner, mine)).to.equal(false);
    });
  });

  describe('a freeze', () => {
    it('says why, and so does its end', async () => {
      const { treeId } = await makeTree();
      const frozen = await freeze(owner, { deployment, treeId, ...why });
      const told = parseEventLogs({ abi: rootRegistryAbi, logs: frozen.logs });
      expect(told[0]).to.deep.include({ eventName: 'TreeFrozen' });
      expect(told[0]!.args).to.deep.include({ reason: 2, evidence: EVIDENCE });
      await expectRefused(freeze(owner, { deployment, treeId, ...why }), 'AlreadyFrozen');
      const facts = { root: 2n as Field, size: 1, revoked: 0n };
      const publication = await nextPublication(owner, { deployment, treeId, ...facts });
      const ending = { deployment, publication, reason: 'resolved' } as const;
      await expectRefused(unfreeze(stranger, ending), 'NotOwner');
      await unfreeze(owner, ending);
      expect((await getTree(owner, { deployment, treeId })).frozen).to.equal(false);
    });
  });

  describe('a list', () => {
    it('holds a tree that both owners want, in the root that the library computes', async () => {
      const { listId, treeId } = await makeList();
      const { members, ...list } = await getList(stranger, { deployment, listId });
      const root = (await createTrustList({ roots: [1n] })).root;
      expect(list).to.deep.include({
        ...{ owner: owner.account.address, offeredTo: undefined, notice: 0n },
        ...{ memberSilence: NEVER, root, epoch: 0n, generation: 1n },
      });
      const [{ since, ...member }] = members as [(typeof members)[number]];
      expect(member).to.deep.equal({ place: 0, treeId, inForce: true });
      expect(since).to.be.a('bigint');
      expect(members).to.have.length(1);
      expect(await getListsOf(stranger, { deployment, treeId })).to.deep.equal([listId]);
      const own = await getList(stranger, { deployment, listId: treeId });
      expect(own).to.deep.include({ owner: undefined, members: [] });
    });

    it('has no date for who is admitted and has not joined', async () => {
      const { treeId } = await makeTree();
      const listId = await createList(owner, { deployment, notice: 9, memberSilence: 9 });
      await admit(owner, { deployment, listId, treeId });
      const { members } = await getList(owner, { deployment, listId });
      expect(members).to.deep.equal([{ place: 0, treeId, since: undefined, inForce: false }]);
    });

    it("loses a member by its owner's removal: earlier roots are void", async () => {
      const member = await makeList();
      const { root } = await getList(owner, member);
      expect(await isKnown(member.listId, root)).to.equal(true);
      await expectRefused(removeMember(stranger, { ...member, ...why }), 'NotListOwner');
      await removeMember(owner, { ...member, ...why });
      expect(await isKnown(member.listId, root)).to.equal(false);
      await expectRefused(removeMember(owner, { ...member, ...why }), 'NotAdmitted');
    });

    it('is left by a member, and voided by its owner even then', async () => {
      const member = await makeList();
      const { root } = await getList(owner, member);
      await leaveList(owner, { ...member, reason: 'departure' });
      expect(await isKnown(member.listId, root)).to.equal(true);
      await expectRefused(leaveList(owner, { ...member, reason: 'departure' }), 'NotJoined');
      await voidList(owner, { ...member, ...why });
      expect(await isKnown(member.listId, root)).to.equal(false);
    });

    it('is rid of a silent member by anyone', async () => {
      const member = await makeList({ memberSilence: 3_600 });
      await expectRefused(removeSilent(stranger, member), 'MemberNotSilent');
      await anvil.goTo((await anvil.now()) + 3_600n);
      await removeSilent(stranger, member);
      expect((await getList(owner, member)).members).to.deep.equal([]);
    });

    it('is offered, withdrawn, offered again and accepted', async () => {
      const list = await makeList();
      const account = other.account.address;
      await offerList(owner, { ...list, account });
      expect((await getList(stranger, list)).offeredTo).to.equal(account);
      await withdrawList(owner, { ...list, reason: 'correction' });
      await expectRefused(acceptList(other, list), 'ListNotOffered');
      await offerList(owner, { ...list, account });
      await acceptList(other, list);
      const { owner: now, offeredTo } = await getList(stranger, list);
      expect([now, offeredTo]).to.deep.equal([account, undefined]);
    });

    it('needs some patience', async () => {
      const creating = createList(owner, { deployment, notice: 0, memberSilence: 0 });
      await expectRefused(creating, 'InvalidMemberSilence');
    });
  });
});
