/**
 * `eligo campaign show`: a campaign as it stands.
 * @module
 */
import type { Command } from 'commander';
import type { Campaign, PendingAmendment } from '../chain/campaigns.ts';
import {
  describeCaps,
  describeIndex,
  describePay,
  describeSchedule,
  describeSpan,
  describeToken,
  tierRows,
} from './campaignWords.ts';
import { CAMPAIGN_FLAGS, readGate } from './gate.ts';
import { facts, moment, table } from './output.ts';
import { addVerb, type Context, type Surroundings } from './verb.ts';

/** Adds `campaign show`. */
export function addCampaignShow(noun: Command, around: Surroundings): void {
  addVerb(noun, around, {
    name: 'show',
    summary: 'show a campaign as it stands: budget, caps, schedule, what is about to change',
    required: CAMPAIGN_FLAGS,
    example:
      'campaign show --rpc http://127.0.0.1:8545 --deployment deployment.json --campaign 1 --json',
    act: show,
  });
}

async function show(context: Context): Promise<void> {
  const { campaign, now } = await readGate(context);
  const state = stateOf(campaign, now);
  context.result({ state, now, campaign }, [
    ...facts({ state, ...describeCampaign(campaign) }),
    ...(campaign.tiers.length > 0 ? [tierTable(campaign)] : []),
    ...describeSchedule(campaign.schedule),
    ...describeHistory(campaign),
  ]);
}

function stateOf({ paused, closesAt, opensAt }: Campaign, now: bigint): string {
  if (now > closesAt) return 'over';
  if (paused) return 'paused';
  return now < opensAt ? 'not open yet' : 'open';
}

/** A campaign's facts by name. */
export function describeCampaign(campaign: Campaign): Record<string, string | undefined> {
  const { notice, planId, hook } = campaign;
  return {
    campaign: campaign.id.toString(),
    owner: campaign.owner,
    guardian: campaign.guardian,
    token: describeToken(campaign.token),
    pays: describePay(campaign),
    claims: describeIndex(campaign.index),
    source: campaign.source.toString(),
    document: campaign.documentURI,
    opens: moment(campaign.opensAt),
    closes: moment(campaign.closesAt),
    paused: String(campaign.paused),
    budget: campaign.budget.toString(),
    caps: describeCaps(campaign.caps),
    'left of this window': campaign.leftOfWindow?.toString(),
    'a revoked root lives': describeSpan(campaign.maxStaleness),
    'the source may be silent': describeSpan(campaign.maxSilence),
    'a proof lives': describeSpan(campaign.proofLifetime),
    'notice of amendments': notice === 0n ? 'none: nothing can be amended' : describeSpan(notice),
    plan: planId?.toString(),
    hook: hook && `${hook.target} (${hook.mandatory ? 'mandatory' : 'may fail'})`,
  };
}

/** The table of a tiered campaign, without the labels that its document has. */
function tierTable(campaign: Campaign): string {
  const rows = tierRows(campaign, undefined);
  return table(
    ['disclosed', 'pays'],
    rows.map(({ value, amount }) => [value, amount.toString()]),
  );
}

function describeHistory({ pending, predecessor }: Campaign): readonly string[] {
  return [
    ...(predecessor ? [`Amended: its terms are in force since ${moment(predecessor.until)}.`] : []),
    ...(pending ? describeAmendment(pending) : []),
  ];
}

function describeAmendment(pending: PendingAmendment): readonly string[] {
  return [
    'An amendment is announced; `eligo campaign diff` shows what it changes.',
    ...facts({
      'in force': moment(pending.inForceAt),
      pays: describePay(pending),
      claims: describeIndex(pending.index),
      document: pending.documentURI,
    }),
  ];
}
