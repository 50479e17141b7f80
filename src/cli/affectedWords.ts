/**
 * Whom an act of governance affects, in words.
 * @module
 */
import type { Affected, AffectedCampaign, AffectedList, Holders } from '../chain/affected.ts';
import type { AffectedMember, Fate } from '../chain/affectedLists.ts';
import { describeToken } from './campaignWords.ts';
import { moment, table } from './output.ts';

/** How many people stand behind a tree; of one's own, how many attestations are live. */
export type KnownHolders = Holders & { readonly live?: number };

export type KnownAffected = Omit<Affected, 'holders'> & {
  readonly holders: readonly KnownHolders[];
};

/** The lists, the campaigns, the holders, a table each. */
export function describeAffected({ lists, campaigns, holders }: KnownAffected): readonly string[] {
  const isTouched = lists.some(({ roots, records }) => roots !== 'kept' || records);
  return [
    ...(lists.length > 0
      ? [
          table(
            ['list', 'epoch', 'roots so far', 'its trees'],
            lists.map((list) => [
              nameOf(list),
              String(list.epoch),
              fateOfRoots(list),
              list.members.map(describeMember).join('\n') || 'none',
            ]),
          ),
        ]
      : []),
    ...(campaigns.length > 0
      ? [
          table(
            ['campaign', 'goes by', 'can still pay', 'proofs that are made', 'afterwards'],
            campaigns.map((campaign) => [
              `${campaign.campaignId.toString()} (${campaign.state})`,
              `list ${campaign.source.toString()}`,
              describePayable(campaign),
              describeProofs(campaign),
              describeAfter(campaign),
            ]),
          ),
        ]
      : ['No campaign that is not over goes by these lists.']),
    ...(holders.length > 0
      ? [
          table(
            ['tree', 'holders'],
            holders.map((of) => [of.treeId.toString(), describeHolders(of)]),
          ),
        ]
      : []),
    ...(isTouched ? [] : ['No root changes: proofs go on as before.']),
  ];
}

function nameOf({ listId, ofTree }: AffectedList): string {
  return ofTree ? `${listId.toString()} (the tree's own)` : listId.toString();
}

const FATES: Readonly<Record<Fate, string>> = {
  void: 'void at once',
  stale: 'stale: the epoch ends',
  kept: 'go on counting',
};

function fateOfRoots({ root, roots, records, keepsNewest }: AffectedList): string {
  if (root === 0n) return records ? 'none counts; a new one will' : 'none counts';
  if (roots !== 'kept' && keepsNewest) return `${FATES[roots]}, but for the newest`;
  return records ? `${FATES[roots]}, and a new one` : FATES[roots];
}

const STANDINGS: Readonly<Record<AffectedMember['standing'], string>> = {
  loses: 'counts no more',
  gains: 'counts from then on',
  again: 'counts; proofs are to be made again',
  same: 'as before',
  waits: 'waits',
};

function describeMember({ treeId, standing, inForceFrom }: AffectedMember): string {
  const words =
    standing === 'waits'
      ? inForceFrom === undefined
        ? 'waits for the other side'
        : `waits for its notice until ${moment(inForceFrom)}`
      : STANDINGS[standing];
  return `tree ${treeId.toString()}: ${words}`;
}

function describePayable({ budget, leftOfWindow, token }: AffectedCampaign): string {
  const window =
    leftOfWindow === undefined ? '' : `, ${leftOfWindow.toString()} of it in this window`;
  return `${budget.toString()} of ${describeToken(token)}${window}`;
}

function describeProofs({ proofs, until, keepsNewest }: AffectedCampaign): string {
  if (proofs === 'kept') return 'go on';
  const newest = keepsNewest ? '; on the newest root they go on' : '';
  return `${until === undefined ? 'refused at once' : `refused from ${moment(until)}`}${newest}`;
}

function describeAfter({ claimable, silentFrom }: AffectedCampaign): string {
  if (!claimable) return 'nobody can claim';
  return silentFrom === undefined
    ? 'claims go on'
    : `claims go on; silent from ${moment(silentFrom)}, unless it publishes`;
}

function describeHolders({ live, atLeast, size, revoked }: KnownHolders): string {
  if (live !== undefined) return `${live.toString()} live attestations`;
  return `at least ${atLeast.toString()}: ${size.toString()} positions, ${revoked.toString()} revocations`;
}
