import { expect } from 'chai';
import { zeroAddress } from 'viem';
import { affectedBy, type KnownCampaign, type Surroundings } from '../../src/chain/affected.ts';
import type { KnownList, KnownTree } from '../../src/chain/affectedLists.ts';
import { NEVER } from '../../src/protocol/field.ts';

const NOW = 1_000_000n;

const tree = (treeId: bigint, other: Partial<KnownTree> = {}): KnownTree => ({
  ...{ treeId, issuerId: 1n, sequence: 1n, size: 4, revoked: 1n, root: 7n, frozen: false },
  ...{ listIds: [9n], lastPublishedAt: NOW - 100n },
  ...other,
});

const list = (other: Partial<KnownList> = {}): KnownList => ({
  ...{ listId: 9n, ofTree: false, owner: zeroAddress, offeredTo: undefined, notice: 50n },
  ...{ memberSilence: NEVER, root: 8n, epoch: 0n, generation: 1n, lastPublishedAt: NOW - 100n },
  members: [1n, 2n].map((treeId, place) => ({ place, treeId, since: 1n, inForce: true })),
  ...other,
});

const campaign = (other: Partial<KnownCampaign> = {}): KnownCampaign => ({
  ...{ campaignId: 1n, source: 9n, state: 'open', token: zeroAddress, budget: 5n },
  ...{ leftOfWindow: undefined, closesAt: NOW + 1_000n, maxStaleness: 60n, maxSilence: NEVER },
  ...other,
});

const around = (other: Partial<Surroundings> = {}): Surroundings => ({
  ...{ now: NOW, trees: [tree(1n), tree(2n)], lists: [list()], campaigns: [campaign()] },
  ...other,
});

const leave = { kind: 'leave', listId: 9n, treeId: 1n } as const;

/** What becomes of the one campaign. */
const campaignAfter = (world: Surroundings, deed: Parameters<typeof affectedBy>[0] = leave) =>
  affectedBy(deed, world).campaigns[0]!;

describe('whom an act affects, by the numbers', () => {
  it('counts holders as positions less revocations, and never below none', () => {
    const counts = (size: number, revoked: bigint): number =>
      affectedBy(leave, around({ trees: [tree(1n, { size, revoked })] })).holders[0]!.atLeast;
    expect([counts(4, 1n), counts(4, 4n), counts(4, 5n)]).to.deep.equal([3, 0, 0]);
    expect(counts(4 ** 14, 2n ** 64n - 1n)).to.equal(0);
  });

  it('ends stale proofs with the staleness, or with the silence of who is left', () => {
    expect(campaignAfter(around())).to.include({ until: NOW + 60n, silentFrom: undefined });
    const strict = campaign({ maxStaleness: 0n });
    expect(campaignAfter(around({ campaigns: [strict] })).until).to.equal(NOW);
    const silent = (maxSilence: bigint) =>
      campaignAfter(around({ campaigns: [campaign({ maxSilence })] }));
    expect(silent(130n)).to.include({ until: NOW + 30n, silentFrom: NOW + 30n, claimable: true });
    expect(silent(160n)).to.include({ until: NOW + 60n, silentFrom: NOW + 60n });
    expect(silent(100n)).to.include({ until: NOW, silentFrom: NOW, claimable: false });
  });

  it('knows a list without trees as silent, unless any silence is taken', () => {
    const alone = list({ members: [{ place: 0, treeId: 1n, since: 1n, inForce: true }] });
    const any = campaignAfter(around({ lists: [alone] }));
    expect(any).to.include({ until: NOW + 60n, claimable: false });
    const campaigns = [campaign({ maxSilence: NEVER - 1n })];
    const some = campaignAfter(around({ lists: [alone], campaigns }));
    expect(some).to.include({ until: NOW, silentFrom: NOW, claimable: false });
  });

  it('lets a tree that was silent for long silence the list that it comes into', () => {
    const members = [
      { place: 0, treeId: 1n, since: 1n, inForce: true },
      { place: 1, treeId: 2n, since: NOW - 50n, inForce: false },
    ];
    const trees = [tree(1n), tree(2n, { lastPublishedAt: NOW - 900n })];
    const campaigns = [campaign({ maxSilence: 500n })];
    const world = around({ lists: [list({ members })], trees, campaigns });
    const settle = { kind: 'settle', listId: 9n } as const;
    expect(campaignAfter(world, settle)).to.include({ proofs: 'kept', claimable: false });
    const early = around({ ...world, now: NOW - 1n });
    expect(campaignAfter(early, settle)).to.include({ proofs: 'kept', claimable: true });
  });

  it('names no campaign of another source', () => {
    const campaigns = [campaign({ source: 8n })];
    expect(affectedBy(leave, around({ campaigns })).campaigns).to.deep.equal([]);
    expect(affectedBy(leave, around()).campaigns).to.have.length(1);
  });
});
