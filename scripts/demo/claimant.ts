/**
 * Chapters 2 and 3: a claimant is paid once, whoever copies the proof gets nothing, and growth disturbs nobody.
 * @module
 */
import Table from 'cli-table3';
import { hashAttestation } from '../../src/protocol/attestation.ts';
import { SIGNALS, toSignals } from '../../src/protocol/statement.ts';
import type { Cast } from './issuer.ts';
import type { Story } from './story.ts';
import {
  TOKEN,
  freshAddress,
  gasSpent,
  openCampaign,
  payTo,
  proveClaim,
  publishTree,
  sendClaim,
  short,
  type Holder,
  type ReadyClaim,
  type World,
} from './world.ts';

const HOUR = 3_600n;

/** Campaigns by what they allow. */
export type Campaigns = {
  readonly strict: bigint;
  readonly lenient: bigint;
  readonly metered: bigint;
};

/** Opens the campaigns of the story. */
export async function theCampaigns(
  story: Pick<Story, 'step'>,
  world: World,
  cast: Pick<Cast, 'issuer' | 'policy' | 'meteredPolicy'>,
): Promise<Campaigns> {
  const { policy, meteredPolicy, issuer } = cast;
  const common = { source: issuer.treeId, budget: 1_000n * TOKEN };
  return story.step(
    '2',
    'three campaigns open; each is funded and checked against its policy document',
    async () => {
      const before = await gasSpent(world);
      const result = {
        strict: await openCampaign(world, { ...common, policy, maxStaleness: 0n }),
        lenient: await openCampaign(world, { ...common, policy, maxStaleness: HOUR }),
        metered: await openCampaign(world, { ...common, policy: meteredPolicy, maxStaleness: 0n }),
      };
      const what = 'strict (maxStaleness 0), lenient (an hour), metered (notes of 100)';
      return { what, gas: (await gasSpent(world)) - before, result };
    },
  );
}

/** Chapter 2. @returns the table of what the chain saw and what nobody did */
export async function theClaimant(
  story: Story,
  world: World,
  cast: Cast,
  campaigns: Campaigns,
): Promise<string> {
  const { holders, policy, issuer } = cast;
  const ready = await story.step('2', 'a claimant proves eligibility', async () => ({
    what: 'a proof of 256 bytes and five public signals',
    result: await proveClaim(world, {
      holder: holders.claimant,
      tree: issuer.tree,
      policy,
      campaignId: campaigns.strict,
    }),
  }));
  await story.step(
    '2',
    'the contract verifies it and pays 100 tokens to an address never seen before',
    () => sendClaim(world, ready),
  );
  return signalsTable(ready, holders.claimant);
}

/** Chapter 3. */
export async function theCopies(
  story: Story,
  world: World,
  cast: Cast,
  campaigns: Campaigns,
): Promise<void> {
  const { holders, policy, issuer, newcomers } = cast;
  const proveFor = (holder: Holder): Promise<ReadyClaim> =>
    proveClaim(world, { holder, tree: issuer.tree, policy, campaignId: campaigns.strict });

  const again = await proveFor(holders.claimant);
  await story.refused('3', 'the same person again', 'NullifierSpent', () =>
    sendClaim(world, again),
  );
  const early = await proveFor(holders.early);
  await story.refused(
    '3',
    'a thief sends the proof of somebody else for his own address',
    'WrongContext',
    () => sendClaim(world, { ...early, action: payTo(freshAddress()) }),
  );
  await story.step(
    '3',
    `the issuer attests ${newcomers.length} more and publishes a new root`,
    async () => {
      issuer.tree.append(newcomers.map(hashAttestation));
      return { what: `root ${short(issuer.tree.root())}`, gas: await publishTree(world, issuer) };
    },
  );
  await story.step('3', 'that proof, made before they were added, sent as its owner made it', () =>
    sendClaim(world, early),
  );
}

function signalsTable(ready: ReadyClaim, { person }: Holder): string {
  const table = new Table({
    head: ['public: what the chain sees', 'private: what nobody learns'],
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    style: { head: [], border: [] },
  });
  const signals = toSignals(ready.statement);
  const secrets = [
    `which holder it is, and the listed address ${person.address}`,
    `the country, ${person.country}`,
    `the tier, ${person.tier}`,
    `the amount, ${(person.amount / TOKEN).toString()} tokens`,
    'secret, salt, position and path in the tree, days of issue and expiry',
  ];
  const { disclosed, shown, checkedAt } = ready.statement;
  const opened = `disclosed ${disclosed.toString()}, claim ${shown.toString()}, at ${new Date(Number(checkedAt) * 1000).toISOString()}`;
  SIGNALS.forEach((name, i) => {
    table.push([
      `${name.padEnd(10)}${name === 'outcome' ? opened : short(signals[i] ?? 0n)}`,
      secrets[i] ?? '',
    ]);
  });
  return table.toString();
}
