/**
 * `eligo campaign check`: does a campaign do what its document says, now or from an amendment on?
 * @module
 */
import type { Command } from 'commander';
import type { PendingAmendment } from '../chain/campaigns.ts';
import type { Policy } from '../protocol/policy.ts';
import {
  compileTerms,
  computePolicy,
  computeTermsHash,
  disclosedSlot,
  termsToFields,
  type Terms,
} from '../protocol/terms.ts';
import { checkCampaign, hashPolicyDocument, type CampaignFacts } from '../verifier/campaign.ts';
import { describeCampaign } from './campaignShow.ts';
import { tierRows } from './campaignWords.ts';
import { CAMPAIGN_FLAGS, readGate, type OpenGate } from './gate.ts';
import { facts, moment, shorten, table } from './output.ts';
import { TERM_NAMES, readPolicy } from './policyWords.ts';
import { addVerb, type Context, type Surroundings } from './verb.ts';

/** Adds `campaign check`. */
export function addCampaignCheck(noun: Command, around: Surroundings): void {
  addVerb(noun, around, {
    name: 'check',
    summary: 'compare a campaign on-chain with the document that it claims to follow',
    required: {
      ...CAMPAIGN_FLAGS,
      '--policy <file>': 'the policy document; the one in force, or the one that is announced',
      '--schema <file>': 'the schema that it is over',
    },
    example:
      'campaign check --rpc http://127.0.0.1:8545 --deployment deployment.json --campaign 1 --policy policy.json --schema schema.json',
    act: check,
  });
}

async function check(context: Context): Promise<void> {
  const { result, note } = context;
  const policy = await readPolicy(context);
  const gate = await readGate(context);
  const { campaign } = gate;
  const version = versionOf(gate, policy);
  const inForceAt = version === 'pending' ? campaign.pending?.inForceAt : undefined;
  const found = inForceAt === undefined ? campaign : (campaign.pending ?? campaign);
  const rows = compare(found, policy);
  const drawn = table(
    ['what', 'the chain', 'the document', ''],
    rows.map((row) => [row.what, shorten(row.chain), shorten(row.document), row.same ? '' : '≠']),
  );
  try {
    checkCampaign(found, policy);
  } catch (error) {
    note(drawn);
    sayPredecessor(context, gate, policy);
    throw error;
  }
  const pays = tierRows(found, policy.disclose);
  result({ matches: true, version, inForceAt, campaign, rows, pays }, [
    ...facts(describeCampaign(campaign)),
    drawn,
    ...(pays.length > 0
      ? [
          table(
            [policy.disclose?.name ?? 'value', 'pays'],
            pays.map(({ value, amount }) => [value, String(amount)]),
          ),
        ]
      : []),
    inForceAt === undefined
      ? 'The campaign follows the document.'
      : `The document is announced: the campaign follows it from ${moment(inForceAt)} on.`,
  ]);
}

/** Which of the two the document is meant for: whichever it differs from least. */
function versionOf({ campaign }: OpenGate, policy: Policy): 'present' | 'pending' {
  const { pending } = campaign;
  if (!pending) return 'present';
  const differences = (facts: CampaignFacts | PendingAmendment): number =>
    compare(facts, policy).filter(({ same }) => !same).length;
  return differences(pending) < differences(campaign) ? 'pending' : 'present';
}

/** A document that was amended since is no stranger's. */
function sayPredecessor({ note }: Context, { campaign }: OpenGate, policy: Policy): void {
  const { predecessor, scope } = campaign;
  if (predecessor?.policy !== computePolicy(scope, compileTerms(policy))) return;
  note(`The document was in force until ${moment(predecessor.until)}, when it was amended.`);
}

type Row = {
  readonly what: string;
  readonly chain: string;
  readonly document: string;
  readonly same: boolean;
};

/** Side by side; the verdict is `checkCampaign`'s. */
function compare(campaign: CampaignFacts, policy: Policy): readonly Row[] {
  const terms = compileTerms(policy);
  const fields = termsToFields(terms);
  const row = (what: string, chain: unknown, document: unknown): Row => ({
    what,
    chain: String(chain),
    document: String(document),
    same: String(chain) === String(document),
  });
  return [
    ...TERM_NAMES.map((name, i) => row(name, campaign.terms[i], fields[i])),
    row('terms hash', campaign.termsHash, computeTermsHash(terms)),
    row('policy', campaign.policy, computePolicy(campaign.scope, terms)),
    row('document hash', campaign.documentHash, hashPolicyDocument(policy)),
    row('kind of amount', campaign.amountKind, fittingAmount(terms, campaign)),
    row('claim index', campaign.index.kind, fittingIndex(terms, campaign)),
    row(
      'pays at a time',
      campaign.rate,
      terms.step > 0n ? terms.step * campaign.unit : campaign.unit,
    ),
  ];
}

/** The campaign's own kind where the document leaves the choice. */
function fittingAmount(terms: Terms, { amountKind }: CampaignFacts): string {
  if (terms.step > 0n) return 'metered';
  const reads = amountKind === 'disclosed' || amountKind === 'tiered';
  return reads && disclosedSlot(terms) !== undefined ? amountKind : 'fixed';
}

function fittingIndex(terms: Terms, { index }: CampaignFacts): string {
  if (terms.step > 0n) return 'metered';
  return index.kind === 'metered' ? 'count or period' : index.kind;
}
