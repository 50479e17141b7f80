/**
 * `eligo campaign`: does a campaign do what its document says?
 * @module
 */
import type { Command } from 'commander';
import type { Campaign } from '../chain/campaigns.ts';
import type { Policy } from '../protocol/policy.ts';
import {
  compileTerms,
  computePolicy,
  computeTermsHash,
  disclosedSlot,
  termsToFields,
  type Terms,
} from '../protocol/terms.ts';
import { checkCampaign, hashPolicyDocument } from '../verifier/campaign.ts';
import { CAMPAIGN_FLAGS, readGate } from './gate.ts';
import { facts, moment, shorten, table } from './output.ts';
import { TERM_NAMES, readPolicy } from './policy.ts';
import { addVerb, type Context, type Surroundings } from './verb.ts';

/** Adds `campaign check`. */
export function addCampaign(program: Command, around: Surroundings): void {
  const noun = program.command('campaign').description('distributions on-chain');
  addVerb(noun, around, {
    name: 'check',
    summary: 'compare a campaign on-chain with the document that it claims to follow',
    required: {
      ...CAMPAIGN_FLAGS,
      '--policy <file>': 'the policy document',
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
  const { campaign } = await readGate(context);
  const rows = compare(campaign, policy);
  const drawn = table(
    ['what', 'the chain', 'the document', ''],
    rows.map((row) => [row.what, shorten(row.chain), shorten(row.document), row.same ? '' : '≠']),
  );
  try {
    checkCampaign(campaign, policy);
  } catch (error) {
    note(drawn);
    throw error;
  }
  result({ matches: true, campaign, rows }, [
    ...facts(describe(campaign)),
    drawn,
    'The campaign follows the document.',
  ]);
}

type Row = {
  readonly what: string;
  readonly chain: string;
  readonly document: string;
  readonly same: boolean;
};

/** Side by side; the verdict is `checkCampaign`'s. */
function compare(campaign: Campaign, policy: Policy): readonly Row[] {
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
function fittingAmount(terms: Terms, { amountKind }: Campaign): string {
  if (terms.step > 0n) return 'metered';
  if (amountKind === 'disclosed' && disclosedSlot(terms) !== undefined) return amountKind;
  return 'fixed';
}

function fittingIndex(terms: Terms, { index }: Campaign): string {
  if (terms.step > 0n) return 'metered';
  return index.kind === 'metered' ? 'count or period' : index.kind;
}

function describe(campaign: Campaign): Record<string, string> {
  return {
    campaign: campaign.id.toString(),
    owner: campaign.owner,
    guardian: campaign.guardian,
    token: campaign.token,
    source: campaign.source.toString(),
    document: campaign.documentURI,
    opens: moment(campaign.opensAt),
    closes: moment(campaign.closesAt),
    paused: String(campaign.paused),
    budget: campaign.budget.toString(),
    maxStaleness: campaign.maxStaleness.toString(),
    maxSilence: campaign.maxSilence.toString(),
    proofLifetime: campaign.proofLifetime.toString(),
  };
}
