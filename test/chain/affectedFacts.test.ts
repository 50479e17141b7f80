/** What is said of an act before it is done, held against what the contracts then do. */
import { expect } from 'chai';
import { isAddressEqual, parseEventLogs, type TransactionReceipt } from 'viem';
import { rootRegistryAbi } from '../../src/chain/abis.ts';
import type { Affected } from '../../src/chain/affected.ts';
import type { Deed } from '../../src/chain/affectedLists.ts';
import { findAffected } from '../../src/chain/affectedFacts.ts';
import { getChainTime, type WriteClient } from '../../src/chain/client.ts';
import { grantRole } from '../../src/chain/issuers.ts';
import {
  admit,
  createList,
  getList,
  joinList,
  leaveList,
  removeMember,
  removeSilent,
  settleList,
  voidList,
} from '../../src/chain/lists.ts';
import { freeze, getRoot, getTree, nextPublication, unfreeze } from '../../src/chain/roots.ts';
import { EligoError } from '../../src/errors.ts';
import type { Field } from '../../src/protocol/field.ts';
import { checkRoot } from '../../src/verifier/rootRule.ts';
import {
  NOTICE,
  PATIENCE,
  openGovernanceWorld,
  type GovernanceWorld,
} from '../support/governanceWorld.ts';

const why = { reason: 'correction' } as const;

describe('chain: whom an act affects', () => {
  let world: GovernanceWorld;

  before(async () => {
    world = await openGovernanceWorld();
  });
  after(() => world.chain.stop());
  afterEach(() => world.reset());

  const sources = (): bigint[] => [1n, 2n, world.both, world.second];

  async function stateOf(listId: bigint) {
    const { owner, deployment } = { owner: world.cast.owner, deployment: world.deployment };
    const { epoch, generation, root, members } = await getList(owner, { deployment, listId });
    const counting = new Set<bigint>();
    for (const { treeId, inForce } of members)
      if (inForce && !(await getTree(owner, { deployment, treeId })).frozen) counting.add(treeId);
    if (members.length === 0 && root !== 0n) counting.add(listId);
    return { epoch, generation, root, counting };
  }

  /** Foretells a deed, does it, and compares for every source and every campaign. */
  async function compare(deed: Deed, act: () => Promise<TransactionReceipt>): Promise<Affected> {
    const { cast, deployment } = world;
    const before = new Map<bigint, Awaited<ReturnType<typeof stateOf>>>();
    for (const id of sources()) before.set(id, await stateOf(id));
    const affected = await findAffected(cast.stranger, { deployment, deed });
    const receipt = await act();
    const logs = receipt.logs.filter(({ address }) =>
      isAddressEqual(address, deployment.contracts.RootRegistry),
    );
    const recorded = parseEventLogs({ abi: rootRegistryAbi, logs, eventName: 'RootRecorded' });
    for (const id of sources()) {
      const [then, now] = [before.get(id)!, await stateOf(id)];
      const foretold = affected.lists.find(({ listId }) => listId === id);
      const fate =
        now.generation > then.generation ? 'void' : now.epoch > then.epoch ? 'stale' : 'kept';
      const records = recorded.some(({ args }) => args.source === id);
      expect(foretold?.roots ?? 'kept', `roots of ${id.toString()}`).to.equal(fate);
      expect(foretold?.records ?? false, `records of ${id.toString()}`).to.equal(records);
      if (!foretold) continue;
      if (foretold.keepsNewest) expect(now.root).to.equal(then.root);
      else if (fate !== 'kept' && then.root !== 0n) expect(now.root).not.to.equal(then.root);
      expect(foretold).to.include({ epoch: then.epoch, generation: then.generation });
      for (const { treeId, standing } of foretold.members) {
        const [counted, counts] = [then.counting.has(treeId), now.counting.has(treeId)];
        const seen = counts
          ? counted
            ? foretold.keepsNewest || fate === 'kept'
              ? ['same']
              : ['again']
            : ['gains']
          : counted
            ? ['loses']
            : ['same', 'waits'];
        expect(seen, `tree ${treeId.toString()} in ${id.toString()}`).to.include(standing);
      }
    }
    await compareCampaigns(affected, before);
    return affected;
  }

  /** Whether a reader takes a root at a second. */
  async function takes(
    { source, maxStaleness, maxSilence }: Affected['campaigns'][number],
    root: bigint,
    at: bigint,
  ): Promise<boolean> {
    const { cast, deployment } = world;
    const facts = await getRoot(cast.stranger, { deployment, source, root });
    try {
      checkRoot(facts, { maxStaleness, maxSilence }, at);
      return true;
    } catch (error) {
      expect(error).to.be.instanceOf(EligoError);
      return false;
    }
  }

  async function compareCampaigns(
    affected: Affected,
    before: ReadonlyMap<bigint, { readonly root: bigint }>,
  ): Promise<void> {
    const now = await getChainTime(world.cast.stranger);
    const late = now - affected.at; // the act's own block comes later than the one that was read
    for (const campaign of affected.campaigns) {
      const root = before.get(campaign.source)?.root ?? 0n;
      if (root === 0n) continue;
      const name = `campaign ${campaign.campaignId.toString()}`;
      const { proofs, until } = campaign;
      if (proofs === 'stale' && !campaign.keepsNewest) {
        const end = until! + (until! > affected.at && campaign.silentFrom !== until ? late : 0n);
        expect(await takes(campaign, root, end), `${name} at its end`).to.equal(false);
        if (until! > affected.at)
          expect(await takes(campaign, root, end - 1n), `${name} before`).to.equal(true);
      } else {
        const silent = campaign.silentFrom !== undefined && campaign.silentFrom <= now;
        const expected = (proofs === 'kept' || campaign.keepsNewest) && !silent;
        expect(await takes(campaign, root, now), name).to.equal(expected);
      }
    }
  }

  const idsOf = (affected: Affected) => ({
    lists: affected.lists.map(({ listId }) => listId),
    campaigns: affected.campaigns.map(({ campaignId }) => campaignId),
    holders: affected.holders.map(({ treeId, atLeast }) => [treeId, atLeast]),
  });

  const freezing = () => freeze(world.cast.guardian, { ...deployed(), treeId: 1n, ...why });
  const deployed = () => ({ deployment: world.deployment });

  describe('a freeze', () => {
    it('voids the tree and the lists that hold it, and names no other', async () => {
      const affected = await compare({ kind: 'freeze', treeId: 1n }, freezing);
      expect(idsOf(affected)).to.deep.equal({
        lists: [1n, world.both],
        campaigns: [1n, 2n],
        // Five positions less two revocations; and whoever shares a list.
        holders: [
          [1n, 3],
          [2n, 3],
        ],
      });
      expect(affected.campaigns.map(({ claimable }) => claimable)).to.deep.equal([false, true]);
      expect(affected.campaigns[1]).to.include({ budget: 2_000n, state: 'open', proofs: 'void' });
      const [own, list] = affected.lists;
      expect(own!.members.map(({ standing }) => standing)).to.deep.equal(['loses']);
      expect(list!.members.map(({ standing }) => standing)).to.deep.equal(['loses', 'again']);
    });

    it('puts a due membership of a frozen tree in force, and it counts nothing', async () => {
      const listId = await waitingList();
      await world.pass(NOTICE);
      const affected = await compare({ kind: 'freeze', treeId: 1n }, freezing);
      const list = affected.lists.find((one) => one.listId === listId)!;
      expect(list).to.include({ roots: 'void', records: true });
      expect(list.members[0]!.standing).to.equal('same');
    });

    it('leaves a list alone in which the tree still waits', async () => {
      const listId = await waitingList();
      const affected = await compare({ kind: 'freeze', treeId: 1n }, freezing);
      const list = affected.lists.find((one) => one.listId === listId)!;
      expect(list).to.include({ roots: 'kept', records: false });
      expect(list.members[0]).to.include({ standing: 'waits' });
    });

    it('ends with the same lists void again, and the tree counting', async () => {
      await freezing();
      const publication = await nextPublication(world.cast.owner, {
        ...{ ...deployed(), treeId: 1n, root: 900n as Field, size: 1, revoked: 0n },
      });
      const affected = await compare({ kind: 'unfreeze', treeId: 1n }, () =>
        unfreeze(world.cast.owner, { ...deployed(), publication, ...why }),
      );
      expect(affected.lists.map(({ roots }) => roots)).to.deep.equal(['void', 'void']);
      expect(affected.campaigns.every(({ claimable }) => claimable)).to.equal(true);
    });
  });

  /** A list that tree 1 has joined and that waits for its notice. */
  async function waitingList(): Promise<bigint> {
    const { cast } = world;
    const terms = { notice: Number(NOTICE), memberSilence: Number(PATIENCE) };
    const listId = await createList(cast.listOwner, { ...deployed(), ...terms });
    await admit(cast.listOwner, { ...deployed(), listId, treeId: 1n });
    await joinList(cast.owner, { ...deployed(), listId, treeId: 1n });
    return listId;
  }

  describe('a tree that comes', () => {
    const one = () => ({ listId: world.second, treeId: 1n });
    const admitting = () => admit(world.cast.listOwner, { ...deployed(), ...one() });
    const joining = () => joinList(world.cast.owner, { ...deployed(), ...one() });

    it('waits for consent, then for the notice, in either order', async () => {
      const first = await compare({ kind: 'admit', ...one() }, admitting);
      expect(idsOf(first)).to.deep.equal({
        lists: [world.second],
        campaigns: [3n],
        holders: [
          [1n, 3],
          [2n, 3],
        ],
      });
      const waits = { treeId: 1n, standing: 'waits', inForceFrom: undefined };
      expect(first.lists[0]!.members[1]).to.deep.equal(waits);
      const second = await compare({ kind: 'join', ...one() }, joining);
      const inForceFrom = second.at + NOTICE;
      expect(second.lists[0]!.members[1]).to.deep.equal({ ...waits, inForceFrom });
      await world.reset();
      const alone = await compare({ kind: 'join', ...one() }, joining);
      expect(alone.lists[0]!.members[1]).to.deep.equal(waits);
      const last = await compare({ kind: 'admit', ...one() }, admitting);
      expect(last.lists[0]!.members[1]!.inForceFrom).to.equal(last.at + NOTICE);
    });

    it('counts from the settlement after its notice, and voids nothing', async () => {
      const settling = () =>
        settleList(world.cast.stranger, { ...deployed(), listId: world.second });
      const deed = { kind: 'settle', listId: world.second } as const;
      await admitting();
      await joining();
      const early = await compare(deed, settling);
      expect(early.lists[0]).to.include({ roots: 'kept', records: false });
      await world.pass(NOTICE);
      const due = await compare(deed, settling);
      expect(due.lists[0]).to.include({ roots: 'kept', records: true });
      expect(due.lists[0]!.members[1]!.standing).to.equal('gains');
    });
  });

  describe('a tree that goes', () => {
    const one = () => ({ listId: world.both, treeId: 1n });

    it('is removed by the list: its roots are void', async () => {
      const affected = await compare({ kind: 'remove', ...one() }, () =>
        removeMember(world.cast.listOwner, { ...deployed(), ...one(), ...why }),
      );
      expect(idsOf(affected)).to.deep.include({ lists: [world.both], campaigns: [2n] });
      expect(affected.campaigns[0]).to.include({
        proofs: 'void',
        until: undefined,
        claimable: true,
      });
    });

    it('leaves: roots are stale, and readers that allow it go on', async () => {
      const affected = await compare({ kind: 'leave', ...one() }, () =>
        leaveList(world.cast.owner, { ...deployed(), ...one(), ...why }),
      );
      expect(affected.campaigns[0]).to.include({ proofs: 'stale', until: affected.at + 600n });
    });

    it('is removed for silence: the same; and a source without trees falls silent', async () => {
      await world.pass(PATIENCE);
      const two = { listId: world.both, treeId: 2n };
      const removing = (treeId: bigint) => () =>
        removeSilent(world.cast.stranger, { ...deployed(), ...one(), treeId });
      const first = await compare({ kind: 'removeSilent', ...two }, removing(2n));
      expect(first.campaigns[0]).to.include({ proofs: 'stale', until: first.at + 600n });
      const last = await compare({ kind: 'removeSilent', ...one() }, removing(1n));
      expect(last.campaigns[0]).to.include({ proofs: 'stale', until: last.at, claimable: false });
    });

    it('touches no root if it was not in force', async () => {
      const waiting = { listId: world.second, treeId: 1n };
      await admit(world.cast.listOwner, { ...deployed(), ...waiting });
      await compare({ kind: 'remove', ...waiting }, () =>
        removeMember(world.cast.listOwner, { ...deployed(), ...waiting, ...why }),
      );
    });
  });

  it('a voided list records its root again', async () => {
    const listId = world.both;
    const affected = await compare({ kind: 'void', listId }, () =>
      voidList(world.cast.listOwner, { ...deployed(), listId, ...why }),
    );
    expect(affected.lists[0]).to.include({ roots: 'void', keepsNewest: true });
    expect(affected.lists[0]!.members.map(({ standing }) => standing)).to.deep.equal([
      ...['same', 'same'],
    ]);
  });

  it('a frozen tree that goes takes no root with it but the earlier ones', async () => {
    await freezing();
    const one = { listId: world.both, treeId: 1n };
    const affected = await compare({ kind: 'remove', ...one }, () =>
      removeMember(world.cast.listOwner, { ...deployed(), ...one, ...why }),
    );
    expect(affected.lists[0]).to.include({ roots: 'void', keepsNewest: true });
  });

  it('roles move no root, and reach every tree of the issuer', async () => {
    const { owner, stranger } = world.cast as { owner: WriteClient; stranger: WriteClient };
    const { issuerId } = world.one;
    const account = stranger.account.address;
    const affected = await compare({ kind: 'roles', issuerId }, () =>
      grantRole(owner, { ...deployed(), issuerId, role: 'publisher', account }),
    );
    expect(idsOf(affected)).to.deep.include({ lists: [1n, world.both], campaigns: [1n, 2n] });
  });

  it('says by its name what does not exist', async () => {
    const ask = (deed: Deed) => findAffected(world.cast.owner, { ...deployed(), deed });
    const named = async (deed: Deed): Promise<unknown> =>
      ask(deed).then(
        () => 'nothing',
        (error: unknown) => (error as EligoError).data['revert'],
      );
    expect(await named({ kind: 'settle', listId: 99n })).to.equal('UnknownList');
    expect(await named({ kind: 'freeze', treeId: 99n })).to.equal('UnknownTree');
    expect(await named({ kind: 'freeze', treeId: 1n })).to.equal('nothing');
  });
});
